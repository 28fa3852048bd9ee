"""What the black-box checks share: start the packaged server, speak raw HTTP/1.1 to it, count verdicts.

Only the standard library. The server is the one command of the README, `java -jar target/millrace.jar`; the variable
MILLRACE_COMMAND replaces that prefix, so that the checks can be aimed at anything with the same command line.
"""

import argparse
import collections
import datetime
import fnmatch
import os
import pathlib
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent
JAR = pathlib.Path(os.environ.get("MILLRACE_JAR", ROOT / "target" / "millrace.jar"))

# How long one read may take before the check gives up. Never part of a verdict about speed: only a hang reaches it.
PATIENCE = 20.0
# When many checks hang the server is plainly broken, and the rest need not wait as long each.
IMPATIENT_AFTER = 6
IMPATIENCE = 3.0

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-9][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*)\Z")
FIELD_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")


class Failed(Exception):
    """The verdict that a case failed, with what was seen."""


class Skipped(Exception):
    """The case cannot run on this machine."""


class Ended(Failed):
    """The peer ended the connection before the first byte of a response."""

    def __init__(self, message, reset=False):
        super().__init__(message)
        self.reset = reset


class Malformed(Failed):
    """The peer sent something that is not HTTP/1.1."""


class Truncated(Failed):
    """The peer ended the connection inside a response."""

    def __init__(self, message, response=None):
        super().__init__(message)
        self.response = response


class Hung(Failed):
    """Nothing came for the length of the patience."""


def default_sigint():
    """A shell starts background jobs with SIGINT ignored, and a JVM that finds it so leaves it so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def check(condition, message):
    if not condition:
        raise Failed(message)


def java():
    home = os.environ.get("JAVA_HOME")
    return str(pathlib.Path(home) / "bin" / "java") if home else "java"


def command(jvm=()):
    """The command line up to, not including, `serve`, with options for the JVM."""
    replaced = os.environ.get("MILLRACE_COMMAND")
    if replaced:
        return shlex.split(replaced)
    return [java(), *shlex.split(os.environ.get("MILLRACE_JAVA_OPTS", "")), *jvm, "-jar", str(JAR)]


def register(pid):
    """Leaves a note for `interop/run`, which ends whatever a crashed check left running."""
    directory = os.environ.get("INTEROP_PIDS")
    if directory:
        pathlib.Path(directory, str(pid)).touch()


def unregister(pid):
    directory = os.environ.get("INTEROP_PIDS")
    if directory:
        pathlib.Path(directory, str(pid)).unlink(missing_ok=True)


def console_noise(text):
    """What a console output holds apart from lines that the JVM prints by itself when told to by its environment."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("Picked up ")]


class Server:
    """One server process on a free port of the loopback address; a context manager that always ends it."""

    listen = ("--http", "0")
    scheme = "http"
    jvm = ()

    def __init__(self, *options):
        self.options = options
        self.host = "127.0.0.1"
        self.port = 0
        self.process = None

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="millrace-interop-")
        base = pathlib.Path(self.folder.name)
        port_file = base / "port"
        self.out = open(base / "stdout", "w+b")
        self.err = open(base / "stderr", "w+b")
        self.process = subprocess.Popen(self.arguments(port_file), stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err,
                                        preexec_fn=default_sigint)
        register(self.process.pid)
        try:
            self.await_port(port_file)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def arguments(self, port_file):
        """The command line that starts it."""
        return [*command(self.jvm), "serve", *self.listen, "--port-file", str(port_file), *self.options]

    def await_port(self, port_file):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            text = port_file.read_text() if port_file.exists() else ""
            if text.strip().isdigit() and text.endswith("\n"):
                self.port = int(text)
            elif text.strip().isdigit() and time.monotonic() > give_up - 58:
                self.port = int(text)  # no line end after two seconds: whole, only without one
            if self.port:
                return
            if self.process.poll() is not None:
                raise Failed("the server ended at start with status %d: %s" % (self.process.returncode, self.stderr()))
            time.sleep(0.02)
        raise Failed("the server wrote no port into --port-file within 60 s: " + self.stderr())

    @property
    def pid(self):
        return self.process.pid

    @property
    def origin(self):
        return "%s://%s:%d" % (self.scheme, self.host, self.port)

    def announces(self):
        """What it prints at start beside the line of each listener."""
        return []

    def text_of(self, file):
        return pathlib.Path(file.name).read_text(errors="replace")

    def stdout(self):
        return self.text_of(self.out)

    def stderr(self):
        return self.text_of(self.err)

    def descriptors(self):
        return descriptors(self.pid)

    def stop(self, with_signal=signal.SIGTERM, within=30):
        """Asks the process to end and returns its exit status, or None when it had to be killed."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def __exit__(self, *ignored):
        self.stop()
        unregister(self.process.pid)
        self.out.close()
        self.err.close()
        self.folder.cleanup()

    def connect(self, **options):
        return Connection(self, **options)

    def secured(self, connected):
        """What is spoken through: the connected socket itself, or TLS over it."""
        return connected


class Response:
    def __init__(self, status, reason, fields):
        self.status = status
        self.reason = reason
        self.fields = fields
        self.body = b""
        self.framing = "none"
        self.chunks = []
        self.trailers = []
        self.interim = []

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def tokens(self, name):
        return [part.strip().lower() for value in self.all(name) for part in value.split(",") if part.strip()]

    @property
    def closes(self):
        return "close" in self.tokens("Connection")

    def __str__(self):
        return "%d (%d bytes, %s)" % (self.status, len(self.body), self.framing)


def check_date(text):
    """RFC 9110 5.6.7: IMF-fixdate, the only form that may be generated."""
    try:
        date = datetime.datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")
    except ValueError:
        raise Malformed("not an IMF-fixdate: %r" % text)
    check(date.strftime("%a, %d %b %Y %H:%M:%S GMT") == text, "not an IMF-fixdate: %r" % text)
    return date.replace(tzinfo=datetime.timezone.utc).timestamp()


class Connection:
    """A raw client connection with a strict response parser."""

    hangs = 0

    def __init__(self, server, receive_buffer=None, patience=None, nodelay=True):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if nodelay:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if patience is None:
            patience = IMPATIENCE if Connection.hangs >= IMPATIENT_AFTER else PATIENCE
        self.socket.settimeout(patience)
        self.buffer = bytearray()
        self.ended = False
        self.was_reset = False
        try:
            self.socket.connect((server.host, server.port))
            self.socket = server.secured(self.socket)
        except OSError as cause:
            self.socket.close()
            raise Failed("cannot connect: %s" % cause)

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def finish(self):
        """Half-closes: no more bytes will be sent."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def ready(self):
        """Whether a byte of an answer is there, without waiting."""
        if isinstance(self.socket, socket.socket):
            return bool(self.buffer or select.select([self.socket], [], [], 0)[0])
        return bool(self.buffer) or self.socket.ready()

    def send(self, data):
        """Sends everything; a peer that has gone away shows at the next read, so that its answer is still looked at."""
        try:
            self.socket.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False
        except socket.timeout:
            Connection.hangs += 1
            raise Hung("the server stopped reading")

    def fill(self, size=65536):
        if self.ended:
            return False
        try:
            data = self.socket.recv(size)
        except ConnectionResetError:
            self.was_reset = True
            data = b""
        except socket.timeout:
            Connection.hangs += 1
            raise Hung("nothing came for %g s" % self.socket.gettimeout())
        if not data:
            self.ended = True
            return False
        self.buffer += data
        return True

    def read(self, count):
        """Reads exactly this many bytes."""
        while len(self.buffer) < count:
            if not self.fill(min(1 << 20, max(65536, count - len(self.buffer)))):
                raise Truncated("ended %d bytes before the expected end" % (count - len(self.buffer)))
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_line(self):
        while True:
            end = self.buffer.find(b"\n")
            if end >= 0:
                line = bytes(self.buffer[: end + 1])
                del self.buffer[: end + 1]
                if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
                    raise Malformed("line not ended by CRLF: %r" % line[:80])
                return line[:-2]
            if len(self.buffer) > 1 << 20:
                raise Malformed("endless line: %r" % bytes(self.buffer[:80]))
            if not self.fill():
                raise Truncated("ended inside a line: %r" % bytes(self.buffer[:80]))

    def read_fields(self):
        fields = []
        while True:
            line = self.read_line()
            if not line:
                return fields
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.match(name) or not FIELD_VALUE.match(value):
                raise Malformed("bad field line: %r" % line[:120])
            fields.append((name.decode("ascii"), value.strip(b" \t").decode("latin-1")))

    def read_head(self):
        """One status line and its fields, interim responses included."""
        if not self.buffer and not self.fill():
            raise Ended("reset" if self.was_reset else "closed", self.was_reset)
        line = self.read_line()
        match = STATUS_LINE.match(line)
        if not match:
            raise Malformed("bad status line: %r" % line[:120])
        return Response(int(match.group(1)), match.group(2).decode("latin-1"), self.read_fields())

    def read_response(self, method="GET"):
        """The next final response, with the interim ones that came before it."""
        interim = []
        while True:
            response = self.read_head()
            if response.status >= 200 or response.status == 101:
                break
            check(not response.all("Content-Length") and not response.all("Transfer-Encoding"),
                  "a 1xx response carries framing fields")
            interim.append(response)
        response.interim = interim
        self.read_body(response, method)
        return response

    def read_body(self, response, method="GET"):
        lengths, codings = response.all("Content-Length"), response.tokens("Transfer-Encoding")
        if lengths and codings:
            raise Malformed("Content-Length beside Transfer-Encoding")
        if len(lengths) > 1 or (lengths and not re.fullmatch("[0-9]+", lengths[0])):
            raise Malformed("bad Content-Length %r" % lengths)
        if codings and codings != ["chunked"]:
            raise Malformed("unexpected Transfer-Encoding %r" % codings)
        if response.status == 204 and (lengths or codings):
            raise Malformed("204 with framing fields (RFC 9110 8.6, RFC 9112 6.1)")
        if method == "HEAD" or response.status in (204, 304):
            return
        if method == "CONNECT" and 200 <= response.status < 300:
            return
        if codings:
            response.framing = "chunked"
            self.read_chunked(response)
        elif lengths:
            response.framing = "length"
            try:
                response.body = self.read(int(lengths[0]))
            except Truncated as cause:
                raise Truncated("%s inside the body of a %d" % (cause, response.status), response)
        else:
            response.framing = "eof"
            while self.fill():
                pass
            response.body = bytes(self.buffer)
            self.buffer.clear()
            if self.was_reset:
                raise Truncated("reset inside a close-delimited body of a %d" % response.status, response)

    def read_chunked(self, response):
        pieces = []
        try:
            while True:
                line = self.read_line()
                match = re.match(rb"([0-9A-Fa-f]{1,16})(;.*)?\Z", line)
                if not match:
                    raise Malformed("bad chunk line: %r" % line[:80])
                size = int(match.group(1), 16)
                if size == 0:
                    response.trailers = self.read_fields()
                    break
                pieces.append(self.read(size))
                if self.read(2) != b"\r\n":
                    raise Malformed("no CRLF after chunk data")
        except Truncated as cause:
            response.body = b"".join(pieces)
            raise Truncated("%s inside the chunked body of a %d" % (cause, response.status), response)
        response.body = b"".join(pieces)
        response.chunks = [len(piece) for piece in pieces]

    def await_end(self):
        """Reads up to the peer's end; bytes on the way are a failure."""
        while self.fill():
            pass
        check(not self.buffer, "bytes after the last response: %r" % bytes(self.buffer[:80]))
        return "reset" if self.was_reset else "eof"


class Outcome:
    """All that came back on one connection: the responses in order and how it ended."""

    def __init__(self):
        self.responses = []
        self.end = None
        self.partial = None

    def __str__(self):
        seen = ", ".join(str(response) for response in self.responses) or "no response"
        return "%s, then %s" % (seen, self.end)


def converse(connection, methods=(), count=None):
    """Reads responses until the peer ends the connection (or `count` of them)."""
    outcome = Outcome()
    try:
        while count is None or len(outcome.responses) < count:
            index = len(outcome.responses)
            method = methods[index] if index < len(methods) else "GET"
            outcome.responses.append(connection.read_response(method))
        outcome.end = "open"
    except Ended as cause:
        outcome.end = "reset" if cause.reset else "eof"
    except Truncated as cause:
        outcome.end = "truncated"
        outcome.partial = cause.response
    except Hung:
        outcome.end = "still open"
    return outcome


def fetch(server, target, method="GET", fields=(), body=b"", version="HTTP/1.1", host="interop"):
    """One request on a connection of its own."""
    with server.connect() as connection:
        connection.send(request(target, method, fields, body, version, host))
        return connection.read_response(method)


def request(target, method="GET", fields=(), body=b"", version="HTTP/1.1", host="interop"):
    lines = ["%s %s %s" % (method, target, version)]
    if host is not None:
        lines.append("Host: " + host)
    lines.extend(fields)
    if body:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def pattern(size, seed=7):
    """Bytes that repeat with a period no buffer size shares, so that a lost or doubled block shows."""
    block = bytes((index * 31 + index // 251 * 7 + seed) & 0xFF for index in range(65521))
    return (block * (size // len(block) + 1))[:size]


class Sender(threading.Thread):
    """Sends in the background what may be larger than all the buffers on the way."""

    def __init__(self, connection, *pieces):
        super().__init__(daemon=True)
        self.connection = connection
        self.pieces = pieces
        self.error = None
        self.start()

    def run(self):
        try:
            for piece in self.pieces:
                self.connection.socket.sendall(piece)
        except OSError as cause:
            self.error = cause


class Suite:
    """A list of named cases; each is a function of one context that raises when it fails."""

    def __init__(self, name):
        self.name = name
        self.cases = []
        self.passed = self.failed = self.skipped = 0

    def add(self, name, where, function):
        if any(name == other for other, _, _ in self.cases):
            raise ValueError("two cases named " + name)
        self.cases.append((name, where, function))

    def case(self, name, where=""):
        def register_case(function):
            self.add(name, where, function)
            return function
        return register_case

    def arguments(self, argv=None):
        parser = argparse.ArgumentParser(description="the suite %s of the black-box checks" % self.name)
        parser.add_argument("-v", "--verbose", action="store_true", help="a line for each case, with its time")
        parser.add_argument("-k", "--only", default="*", help="run the cases whose name matches this shell pattern")
        parser.add_argument("-l", "--list", action="store_true", help="list the cases and run none")
        return parser.parse_args(argv)

    def run(self, context, options, cases=None):
        for name, where, function in self.cases if cases is None else cases:
            if not fnmatch.fnmatch(name, options.only):
                continue
            label = "%s/%s%s" % (self.name, name, " [%s]" % where if where else "")
            begun = time.monotonic()
            try:
                function(context)
                verdict = "ok"
                self.passed += 1
            except Skipped as cause:
                self.skipped += 1
                verdict = "skipped"
                print("SKIPPED: %s" % cause, flush=True)
            except Failed as cause:
                self.failed += 1
                verdict = "FAIL"
                print("FAIL %s: %s" % (label, cause), flush=True)
            except Exception as cause:
                self.failed += 1
                verdict = "FAIL"
                line = traceback.extract_tb(cause.__traceback__)[-1].lineno
                print("FAIL %s: %s: %s (line %s)" % (label, type(cause).__name__, cause, line), flush=True)
            if options.verbose:
                print("%-7s %s (%.2f s)" % (verdict, label, time.monotonic() - begun), flush=True)

    def main(self, open_context, argv=None):
        options = self.arguments(argv)
        if options.list:
            for name, where, _ in self.cases:
                print("%s [%s]" % (name, where))
            sys.exit(0)
        try:
            with open_context() as context:
                self.run(context, options)
        except Failed as cause:
            self.failed += 1
            print("FAIL %s/start: %s" % (self.name, cause), flush=True)
        self.summarize()

    def summarize(self):
        extra = ", %d skipped" % self.skipped if self.skipped else ""
        print("%s: %d passed, %d failed%s" % (self.name, self.passed, self.failed, extra), flush=True)
        sys.exit(1 if self.failed else 0)


def check_console(server):
    """The console holds the listening line and nothing else: a peer's fault is never a stack trace."""
    check(not console_noise(server.stderr()), "stderr is not empty: %r" % server.stderr()[:600])
    lines = console_noise(server.stdout())
    check(lines == ["listening " + server.origin, *server.announces()], "unexpected stdout: %r" % "\n".join(lines)[:600])


STATES = dict(enumerate("? ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING".split()))
MEMORY_FILE = "/dev/shm/millrace-"  # a response that came often: bounded, and gone with a garbage collection


def descriptors(pid):
    """What a process has open, as the system names it."""
    found = []
    for entry in os.scandir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink(entry.path))
        except FileNotFoundError:
            pass  # closed meanwhile
    return found


def sockets(open_ones):
    """Those of the network: the JVM itself opens one of this machine's own when somebody looks at its heap."""
    local = {"socket:[%s]" % line.split()[6] for line in pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]}
    return [one for one in open_ones if one.startswith("socket:") and one not in local]


def connection_states():
    """The state of each TCP socket of this machine and its two ends, by the name that a descriptor has."""
    found = {}
    for table in ("tcp", "tcp6"):
        path = pathlib.Path("/proc/net", table)
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            columns = line.split()
            ends = [int(end.rpartition(":")[2], 16) for end in columns[1:3]]
            found["socket:[%s]" % columns[9]] = "%s from port %d to %d" % (STATES.get(int(columns[3], 16), "?"), *ends)
    return found


def await_descriptors(server, baseline, within=50):
    """Waits until the process has no more sockets than at first, and of all else no more than what the JVM opens late: four."""
    give_up = time.monotonic() + within
    while True:
        now = server.descriptors()
        connections = len(sockets(now)) - len(sockets(baseline))
        others = collections.Counter(one for one in now if not one.startswith(("socket:", MEMORY_FILE)))
        others -= collections.Counter(baseline)
        if connections <= 0 and sum(others.values()) <= 4:
            return
        if time.monotonic() > give_up:
            states = connection_states()
            raise Failed("%d sockets more than at first, of these: %s; of other descriptors: %s" % (
                connections, sorted(states.get(one, one) for one in set(sockets(now)) - set(baseline)), dict(others)))
        time.sleep(0.2)
