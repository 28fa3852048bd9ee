#!/usr/bin/env python3
"""The public API over HTTP/2 in real use: a gRPC service written on it (grpc/) called by grpc-java, and, frame by frame, what
handlers see and say there: fields, trailers both ways, interim responses, tunnels of extended CONNECT."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import http2_hpack as hpack
from harness import JAR, Failed, Suite, await_descriptors, check, descriptors, java, register, unregister
from http2_connection import Http2
from http2_verdict import good, reaction
from http2_wire import CANCEL, PROTOCOL_ERROR, data, headers

HERE = pathlib.Path(__file__).resolve().parent / "grpc"
SCENES = ("unary", "concurrent", "collect", "repeat", "slow-taker", "echo", "statuses", "deadline", "cancel")
BUILT = HERE / "target" / "grpc.jar"


def build():
    """Builds the project if it is older than its sources; Maven brings grpc-java."""
    sources = [HERE / "pom.xml", JAR, *HERE.glob("src/**/*.java")]
    if BUILT.exists() and (HERE / "target" / "lib").exists() and all(one.stat().st_mtime <= BUILT.stat().st_mtime for one in sources):
        return True
    if not shutil.which("mvn"):
        print("SKIPPED: no mvn on this machine", flush=True)
        return False
    done = subprocess.run(["mvn", "-q", "-B", "-ntp", "-Dmillrace.jar=%s" % JAR, "clean", "verify"], cwd=HERE, stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=600)
    if done.returncode:
        raise Failed("the project grpc does not build: %s" % (done.stdout + done.stderr)[-1500:])
    return True


def program(name, *arguments):
    path = os.pathsep.join([str(BUILT), str(JAR), str(HERE / "target" / "lib" / "*")])
    return [java(), "-cp", path, "dev.millrace.interop." + name, *arguments]


class Service:
    """The server of the project."""

    host, exacting, secure = "127.0.0.1", True, False

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(program("ApiServer"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True)
        register(self.process.pid)
        words = self.process.stdout.readline().split()
        if len(words) != 2:
            self.__exit__()
            raise Failed("the service does not start")
        self.port, self.tls_port = int(words[0]), int(words[1])
        with Http2(self) as conn:
            conn.fetch("/request")
        self.baseline = self.descriptors()
        return self

    def __exit__(self, *ignored):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        unregister(self.process.pid)
        self.process.stdout.close()

    def descriptors(self):
        return descriptors(self.process.pid)

    def errors(self):
        self.log.seek(0)
        return [line for line in self.log.read().splitlines() if line.strip() and not line.startswith("Picked up ")]


def add(suite):
    calls(suite)
    for secure in (False, True):
        api(suite, secure)
    stop(suite)

    @suite.case("end-descriptors-back", "")
    def _(service):
        await_descriptors(service, service.baseline)

    @suite.case("end-no-mistakes", "")
    def _(service):
        check(not service.errors(), "%s" % service.errors()[:5])


def calls(suite):
    """One client for all scenes of a transport: the first case runs it, the others look at what it said."""
    said = {}

    for secure in (False, True):
        for scene in SCENES:
            def case(service, scene=scene, secure=secure):
                if secure not in said:
                    arguments = program("GrpcClient", str(service.tls_port if secure else service.port), "tls" if secure else "clear", *SCENES)
                    try:
                        ended = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
                        said[secure] = ended.stdout
                    except subprocess.TimeoutExpired as cause:
                        said[secure] = (cause.stdout or b"").decode()
                lines = said[secure].splitlines()
                check("ok " + scene in lines, "; ".join(line for line in lines if line.startswith("FAIL " + scene)) or "it was not come to: %r" % lines[-3:])
            suite.add("java-%s-%s" % (scene, "tls" if secure else "clear"), "", case)

    @suite.case("java-cancelled-calls-reach-the-service", "RFC 9113 6.4")
    def _(service):
        service.secure = False
        with Http2(service) as conn:
            # ten deadlines and ten cancelled calls of each transport; the last may still be on its way
            give_up = time.monotonic() + 20
            while (seen := int(bytes(conn.fetch("/cancelled").body))) < 40 and time.monotonic() < give_up:
                time.sleep(0.05)
            check(seen == 40, "%d of 40 cancelled calls were noticed" % seen)


def api(suite, secure):
    label = "api-tls-" if secure else "api-"

    def case(name, where=""):
        def register_case(function):
            def both(service):
                service.secure = secure
                function(service)
            suite.add(label + name, where, both)
            return function
        return register_case

    @case("request-as-a-handler-sees-it", "RFC 9113 8.3.1")
    def _(service):
        with Http2(service) as conn:
            lines = bytes(conn.fetch("/request?a=b", fields=[("x-one", "1"), ("x-one", "2"), ("te", "trailers")]).body).decode().splitlines()
            check(lines[0].startswith("GET %s localhost /request?a=b HTTP" % conn.scheme), lines[0])
            check([line.lower() for line in lines if line.lower().startswith("x-one")] == ["x-one: 1", "x-one: 2"], "%s" % lines)
            check(not any(line.startswith(":") for line in lines), "a pseudo-header field among the headers: %s" % lines)

    @case("cookie-crumbs-are-joined", "RFC 9113 8.2.3")
    def _(service):
        with Http2(service) as conn:
            for kind in (hpack.WITHOUT, hpack.INCREMENTAL, hpack.NEVER):
                number = conn.open()
                fields = conn.head("/request", fields=[("cookie", "a=b"), ("x", "y"), ("cookie", "c=d; e=f"), ("cookie", "g=h")])
                conn.raw(headers(number, hpack.encode(fields, kind)))
                lines = [line for line in bytes(conn.response(number).body).decode().splitlines() if line.lower().startswith("cookie")]
                check([line.split(": ", 1)[1] for line in lines] == ["a=b; c=d; e=f; g=h"], "%s" % lines)

    @case("trailers-both-ways", "RFC 9113 8.1")
    def _(service):
        with Http2(service) as conn:
            number = conn.request("/trailers", "POST", end=False)
            conn.raw(data(number, b"content"), headers(number, hpack.encode([("x-md5", "abc"), ("x-sum", "1")])))
            stream = good(conn.response(number), None)
            check(bytes(stream.body).decode().lower() == "7 bytes\nx-md5: abc\nx-sum: 1\n", "%r" % bytes(stream.body))
            check(stream.trailers == [(b"x-checksum", b"7"), (b"x-upper", b"value")], "%s" % stream.trailers)

    @case("trailers-behind-no-content", "RFC 9113 8.1")
    def _(service):
        with Http2(service) as conn:
            stream = good(conn.fetch("/trailers", "POST", body=b""), b"0 bytes\n")
            check(stream.trailers == [(b"x-checksum", b"0"), (b"x-upper", b"value")], "%s" % stream.trailers)

    @case("early-hints", "RFC 8297")
    def _(service):
        with Http2(service) as conn:
            stream = good(conn.fetch("/early-hints"), b"after the hints")
            check([fields[0][1] for fields in stream.interim] == [b"103"], "%s" % stream.interim)
            check((b"link", b"</style.css>; rel=preload") in stream.interim[0], "%s" % stream.interim)

    @case("sections-larger-than-a-frame", "RFC 9113 4.2, 6.10")
    def _(service):
        # 50,000 bytes of fields, twice: no frame is longer than 16,384 bytes, and nothing comes between those of a section.
        with Http2(service) as conn:
            for _ in range(3):
                numbers = [conn.request("/large-sections"), conn.request("/early-hints"), conn.request("/large-sections")]
                for number in numbers:
                    conn.response(number)
                for stream in (conn.streams[numbers[0]], conn.streams[numbers[2]]):
                    good(stream, b"between")
                    for fields in (stream.fields, stream.trailers):
                        found = dict(fields)
                        check(all(found.get(b"x-large-%d" % index) == b"%d" % (index % 10) * 1000 for index in range(50)), "%d fields" % len(found))
            check(any(one.type == 9 for one in conn.frames), "no CONTINUATION")

    @case("connection-fields-of-a-handler-are-dropped", "RFC 9113 8.2.2")
    def _(service):
        with Http2(service) as conn:  # which refuses any such field
            stream = good(conn.fetch("/connection-fields"), b"stripped")
            check(stream.get("x-upper-case") == "kept", "%s" % stream.fields)
            conn.alive("/early-hints", b"after the hints")

    def tunnel(conn):
        fields = [(":method", "CONNECT"), (":protocol", "shout"), (":scheme", conn.scheme), (":authority", "localhost"), (":path", "/tunnel")]
        number = conn.send_head(fields, end=False, method="CONNECT")
        stream = conn.await_head(number)
        check(stream.status == 200 and not stream.ended, conn.seen(number))
        check(stream.get("content-length") is None, "content-length in a tunnel's head (RFC 9110 9.3.6)")
        return number, stream

    @case("tunnel-of-extended-connect", "RFC 8441 4")
    def _(service):
        with Http2(service) as conn:
            number, stream = tunnel(conn)
            for index in range(50):
                conn.send_body(number, b"word %02d " % index, end=False)
                conn.pump(lambda: len(stream.body) == 8 * (index + 1) or stream.over)
            check(bytes(stream.body) == b"".join(b"WORD %02d " % index for index in range(50)), "%r" % bytes(stream.body[-40:]))
            conn.raw(data(number, b"", True))
            check(conn.await_stream(number).ended, conn.seen(number))
            conn.alive("/early-hints", b"after the hints")

    @case("tunnel-of-a-megabyte", "RFC 8441 4")
    def _(service):
        with Http2(service) as conn:
            number, stream = tunnel(conn)
            conn.send_body(number, b"abcdefgh" * (1 << 17))
            check(conn.await_stream(number).body == b"ABCDEFGH" * (1 << 17), "%d bytes" % len(stream.body))

    @case("tunnels-beside-requests", "RFC 8441 4")
    def _(service):
        with Http2(service) as conn:
            held = [tunnel(conn) for _ in range(10)]
            for index, (number, stream) in enumerate(held):
                conn.send_body(number, b"tunnel %d" % index, end=False)
                good(conn.fetch("/early-hints"), b"after the hints")
            for index, (number, stream) in enumerate(held):
                conn.raw(data(number, b"", True))
                check(bytes(conn.await_stream(number).body) == b"TUNNEL %d" % index, conn.seen(number))

    @case("tunnel-cancelled", "RFC 8441 5")
    def _(service):
        with Http2(service) as conn:
            number, _ = tunnel(conn)
            conn.cancel(number, CANCEL)
            conn.sync()
            conn.alive("/early-hints", b"after the hints")

    @case("tunnel-takes-no-trailers", "RFC 9113 8.5")
    def _(service):
        # Frame types other than DATA and those of stream management MUST be treated as a stream error.
        with Http2(service) as conn:
            number, _ = tunnel(conn)
            seen = reaction(conn, headers(number, hpack.encode([("x-trailer", "1")])))
            check(number in seen.resets and seen.resets[number] == PROTOCOL_ERROR, "%s; %s" % (seen.resets, conn.seen(number)))

    @case("tunnel-path-without-connect", "RFC 8441 4")
    def _(service):
        with Http2(service) as conn:
            check(conn.fetch("/tunnel").status == 405, "GET")


def await_refusal(service):
    """Until nobody listens any more: the stop has begun."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        try:
            with Http2(service) as probe:
                probe.await_end()
        except Failed:
            return
    raise Failed("the service goes on listening")


def stop(suite):
    @suite.case("java-drain", "RFC 9113 6.8")
    def _(_):
        with Service() as own:
            client = subprocess.Popen(program("GrpcClient", str(own.port), "clear", "drain"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL, text=True)
            register(client.pid)
            try:
                line = client.stdout.readline()
                check(line == "open\n", "the client said %r" % line)
                own.process.stdin.write("d")
                own.process.stdin.flush()
                await_refusal(own)
                client.stdin.write("\n")
                client.stdin.flush()
                rest = client.communicate(timeout=60)[0]
                check("ok drain" in rest, "the client said %r" % rest)
                check(own.process.wait(30) == 0, "exit status %s" % own.process.returncode)
            finally:
                client.kill()
                client.wait()
                unregister(client.pid)


def main():
    suite = Suite("grpc")
    add(suite)
    options = suite.arguments()
    if options.list:
        suite.main(Service)
    try:
        if not build():
            suite.skipped += len(suite.cases)
            suite.summarize()
    except Failed as cause:
        print("FAIL grpc/build: %s" % cause, flush=True)
        suite.failed += 1
        suite.summarize()
    suite.main(Service)


if __name__ == "__main__":
    main()
