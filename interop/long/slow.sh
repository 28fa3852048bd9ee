#!/usr/bin/env bash
# slowhttptest in its four modes against the packaged jar, while a good client measures what the others leave it.
# Usage: slow.sh [CONNECTIONS=1000] [SECONDS=30]
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
jar=${MILLRACE_JAR:-$here/../../target/millrace.jar}
count=${1:-1000}
seconds=${2:-30}

command -v slowhttptest > /dev/null || { echo "SKIPPED: no slowhttptest on this machine"; exit 0; }
ulimit -n "$(ulimit -Hn)" 2> /dev/null

scratch=$(mktemp -d "${TMPDIR:-/tmp}/millrace-slow.XXXXXX") || exit 1
server=
attacker=
finish() {
  [ -n "$attacker" ] && kill "$attacker" 2> /dev/null
  [ -n "$server" ] && kill "$server" 2> /dev/null && wait "$server" 2> /dev/null
  rm -rf "$scratch"
}
trap finish EXIT

if [ -n "${MILLRACE_COMMAND:-}" ]; then
  read -r -a command <<< "$MILLRACE_COMMAND"
else
  command=("${JAVA_HOME:+$JAVA_HOME/bin/}java" -jar "$jar")
fi
"${command[@]}" serve --http 0 --port-file "$scratch/port" > "$scratch/stdout" 2> "$scratch/stderr" &
server=$!
for _ in $(seq 300); do
  [ -s "$scratch/port" ] && break
  kill -0 "$server" 2> /dev/null || { echo "the server did not start"; cat "$scratch/stderr"; exit 1; }
  sleep 0.2
done
port=$(tr -d '[:space:]' < "$scratch/port")
url="http://127.0.0.1:$port"

# A good client: a new connection every 50 ms for the given time; prints count, errors, p50, p99, max.
good_client() {
  python3 - "$port" "$1" << 'PYTHON'
import http.client, sys, time
port, seconds = int(sys.argv[1]), float(sys.argv[2])
times, errors, end = [], 0, time.monotonic() + seconds
while time.monotonic() < end:
    begun = time.monotonic()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/plaintext")
        errors += connection.getresponse().read() != b"Hello, World!"
        connection.close()
        times.append(time.monotonic() - begun)
    except OSError:
        errors += 1
    time.sleep(0.05)
times.sort()
at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000 if times else float("nan")
print("%d requests, %d errors, p50 %.2f ms, p99 %.2f ms, max %.2f ms" % (len(times), errors, at(0.5), at(0.99), at(1)))
sys.exit(1 if errors or not times else 0)
PYTHON
}

status=0
echo "alone: $(good_client 5)"
attack() {
  local name=$1
  shift
  slowhttptest -c "$count" -l "$seconds" -r "$count" -p 5 "$@" > "$scratch/$name" 2>&1 &
  attacker=$!
  sleep 2
  if ! line=$(good_client "$((seconds - 4))"); then
    status=1
    echo "FAIL slow/$name: $line"
  else
    echo "$name: $line"
  fi
  wait "$attacker"
  attacker=
  sed -E 's/\x1b\[[0-9;]*m//g' "$scratch/$name" | grep -E '^(closed|connected|error|Exit status|service available)' | tail -n 5 | sed 's/^/  /'
}
attack headers -H -i 10 -t GET -x 24 -u "$url/plaintext"
attack body -B -i 10 -s 8192 -t POST -x 10 -u "$url/echo"
attack read -X -w 512 -y 1024 -n 5 -z 32 -k 3 -u "$url/1m"
attack ranges -R -a 10 -b 3000 -t HEAD -u "$url/1m"

if [ -s "$scratch/stderr" ]; then
  status=1
  echo "FAIL slow/console: $(head -c 600 "$scratch/stderr")"
fi
exit $status
