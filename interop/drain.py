#!/usr/bin/env python3
"""A stop by SIGTERM or SIGINT, seen from outside: prompt, nothing that was begun is lost, and the exit status says so.

Every wait is for an event; the bounds of time are generous, and only there to tell a stop that waits for a deadline (which is
set to a minute) from one that does not.
"""

import contextlib
import json
import resource
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

from cli import listening
from harness import Connection, Failed, Sender, Skipped, Suite, check, console_noise, pattern, request
from tls import TlsServer
from tls_socket import TlsSocket, client_context, connected

GRACEFUL, FORCED = 0, 3
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GOAWAY, HEADERS, DATA, RST_STREAM = 4, 6, 7, 1, 0, 3
DEADLINE = 60  # of the stop, where a case does not say otherwise
PROMPT = 20  # anything below DEADLINE


class Stopping(TlsServer):
    """A server that a case stops; its exit is awaited on a thread, so that the case can go on talking meanwhile."""

    def __init__(self, drain=DEADLINE, *options):
        super().__init__("--drain", str(drain), *options)

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def refuses(self):
        """Waits until the stop has begun: nobody listens any more."""
        give_up = time.monotonic() + PROMPT
        while time.monotonic() < give_up:
            with contextlib.suppress(OSError):
                if not listening(self.pid):
                    return
            time.sleep(0.01)
        raise Failed("still listening")

    def term(self, number=signal.SIGTERM):
        self.send_signal(number)
        self.refuses()

    def ends(self, status=GRACEFUL, within=PROMPT):
        try:
            seen = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failed("did not end within %d s" % within)
        check(seen == status, "the exit status is %r, not %d" % (seen, status))
        check(not console_noise(self.stderr()), "stderr: %r" % self.stderr()[:300])

    def tls(self, alpn=("http/1.1",)):
        return TlsSocket(connected(self.host, self.tls_port), client_context(alpn=alpn))

    def secure(self):
        """A connection over TLS with the harness's parser."""
        made = Connection.__new__(Connection)
        made.socket, made.buffer, made.ended, made.was_reset = self.tls(), bytearray(), False, False
        return made


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value


def headers(stream, path, method=b"GET", end=True):
    block = b"".join((literal(b":method", method), literal(b":scheme", b"http"), literal(b":path", path), literal(b":authority", b"a")))
    return frame(HEADERS, 4 | (1 if end else 0), stream, block)


class Http2:
    """Enough of a client to see a connection leave: counts DATA, answers PING when told to."""

    def __init__(self, socket, pong=True):
        self.socket, self.pong = socket, pong
        self.buffer, self.seen, self.content, self.over = b"", [], {}, set()
        self.socket.sendall(PREFACE + frame(SETTINGS) + frame(8, 0, 0, struct.pack(">I", 1 << 30)))

    def frame(self):
        """The next frame, or None at the end of the connection."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            data = self.socket.recv(1 << 16)
            if not data:
                check(not self.buffer, "the end came within a frame")
                return None
            self.buffer += data
        length, kind, flags = int.from_bytes(self.buffer[:3], "big"), self.buffer[3], self.buffer[4]
        stream, payload = int.from_bytes(self.buffer[5:9], "big"), self.buffer[9:9 + length]
        self.buffer = self.buffer[9 + length:]
        if kind == SETTINGS and not flags & 1:
            self.socket.sendall(frame(SETTINGS, 1))
        elif kind == PING and not flags & 1 and self.pong:
            self.socket.sendall(frame(PING, 1, 0, payload))
        elif kind == DATA:
            self.content[stream] = self.content.get(stream, b"") + payload
        if kind in (DATA, HEADERS) and flags & 1:
            self.over.add(stream)
        self.seen.append((kind, stream, payload))
        return kind, stream, payload

    def until(self, wanted):
        while True:
            got = self.frame()
            check(got is not None, "the connection ended; seen %s" % [(kind, stream) for kind, stream, _ in self.seen])
            if wanted(*got):
                return got

    def rest(self):
        while self.frame() is not None:
            pass

    def goaways(self):
        return [(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:8], "big"))
                for kind, _, payload in self.seen if kind == GOAWAY]


def eof(open_socket):
    """Waits for the end in order; bytes before it are a failure."""
    data = open_socket.recv(1)
    check(data == b"", "bytes instead of the end: %r" % data)


def add(suite):
    case = suite.case

    for name, number in (("term", signal.SIGTERM), ("int", signal.SIGINT)):
        def nothing_open(_, number=number):
            with Stopping() as server:
                server.send_signal(number)
                server.ends()
        suite.add("nothing-open-" + name, "", nothing_open)

    @case("silent-and-idle", "")
    def _(_):
        with Stopping() as server, contextlib.ExitStack() as stack:
            silent = [stack.enter_context(socket.create_connection((server.host, server.port), 20)) for _ in range(200)]
            untold = [stack.enter_context(socket.create_connection((server.host, server.tls_port), 20)) for _ in range(100)]
            shaken = [server.tls(alpn) for alpn in (("http/1.1",), ("h2", "http/1.1")) * 20]
            idle = [stack.enter_context(server.connect()) for _ in range(100)]
            for each in idle:
                each.send(request("/plaintext"))
                each.read_response()
            server.send_signal()
            for each in silent + untold:
                eof(each)
            for each in idle:
                check(each.await_end() == "eof", "an idle connection was reset")
            server.ends()
            for each in shaken:
                each.close()

    @case("begun-and-completed", "")
    def _(_):
        text = request("/plaintext")
        with Stopping() as server:
            for at in (1, 20, len(text) - 1):
                check(server.process.poll() is None, "ended early")
            parts = [(server.connect(), at) for at in (1, 4, 20, len(text) - 1)] + [(server.secure(), 1)]
            for connection, at in parts:
                connection.send(text[:at])
            await_bytes(server, 5)
            server.term()
            for connection, at in parts:
                connection.send(text[at:])
                response = connection.read_response()
                check(response.status == 200 and response.closes, "at %d: %s %s" % (at, response, response.fields))
                connection.close()
            server.ends()

    @case("begun-and-left-hanging", "")
    def _(_):
        with Stopping() as server, server.connect() as one, server.connect() as half, server.connect() as preface:
            one.send(b"P")
            half.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
            preface.send(PREFACE[:20])
            await_bytes(server, 3)
            server.term()
            for connection in (one, half, preface):
                response = connection.read_response()
                check(response.status == 408 and response.closes, str(response))
                connection.close()
            server.ends()

    @case("slow-handlers", "")
    def _(_):
        with Stopping() as server, server.connect() as slow, server.connect() as stream, server.connect() as started:
            slow.send(request("/slow?ms=2500"))
            stream.send(request("/stream?chunks=25&ms=100"))
            started.send(request("/stream?chunks=20&ms=100"))
            begun = started.read_head()
            await_bytes(server, 3)
            server.term()
            response = slow.read_response()
            check(response.status == 200 and response.closes, str(response))
            response = stream.read_response()
            check(len(response.chunks) == 25, str(response))
            started.read_body(begun)
            check(len(begun.chunks) == 20, str(begun))
            for connection in (slow, stream, started):
                connection.close()
            server.ends()

    @case("downloads-and-uploads", "")
    def _(_):
        body = pattern(6 << 20)
        with Stopping() as server, server.connect(receive_buffer=16384) as down, server.secure() as secure, server.connect() as up:
            for connection in (down, secure):
                connection.send(request("/bytes/20000000"))
            heads = [connection.read_head() for connection in (down, secure)]
            up.send(request("/echo", "POST", ["Content-Length: %d" % len(body)]))
            first = len(body) // 2
            sender = Sender(up, body[:first])
            echo = up.read_head()
            server.term()
            sender.join()
            Sender(up, body[first:])
            for connection, head in zip((down, secure), heads):
                connection.read_body(head)
                check(len(head.body) == 20000000, "%d bytes" % len(head.body))
            up.read_body(echo)
            check(echo.body == body, "the echo differs")
            for connection in (down, secure, up):
                connection.close()
            server.ends()

    @case("pipelined", "")
    def _(_):
        with Stopping() as server:
            for connection in (server.connect(), server.secure()):
                connection.send(request("/slow?ms=600") + request("/plaintext") * 20 + request("/slow?ms=300") + request("/1k"))
                if connection.socket.__class__ is TlsSocket:
                    secure = connection
                else:
                    clear = connection
            await_bytes(server, 2)
            server.term()
            for connection in (clear, secure):
                all_of_them = [connection.read_response() for _ in range(23)]
                check(all(response.status == 200 for response in all_of_them), "not all are served")
                check([response.closes for response in all_of_them] == [False] * 22 + [True], "the last one alone closes")
                connection.close()
            server.ends()

    @case("expect-continue", "")
    def _(_):
        with Stopping() as server, server.connect() as connection:
            connection.send(request("/echo", "POST", ["Content-Length: 5", "Expect: 100-continue"])[:-4])
            await_bytes(server, 1)
            server.term()
            connection.send(b"\r\n\r\n")
            check(connection.read_head().status == 100, "no 100")
            connection.send(b"hello")
            response = connection.read_response()
            check(response.body == b"hello", str(response))
            connection.close()
            server.ends()

    @case("last-response-is-not-lost", "")
    def _(_):
        """The peer goes on sending after the end was said, and still gets all of the response."""
        with Stopping() as server, server.connect() as connection:
            connection.send(request("/slow?ms=500"))
            await_bytes(server, 1)
            server.term()
            time.sleep(0.1)  # what follows is sent while the answer is being waited for, and not pipelined at once
            connection.send(request("/plaintext") * 3)
            first = connection.read_response()
            check(first.status == 200, str(first))
            with contextlib.suppress(Failed):
                connection.read_response()
            connection.close()
            server.ends()

    @case("peer-does-not-read", "")
    def _(_):
        with Stopping(1) as server, server.connect(receive_buffer=4096) as connection:
            connection.send(request("/bytes/1000000000"))
            connection.read_head()
            server.send_signal()
            server.ends(FORCED)

    @case("forced-at-the-deadline", "")
    def _(_):
        with Stopping(1) as server, server.connect() as connection, server.connect() as upload, server.connect() as idle:
            idle.send(request("/plaintext"))
            idle.read_response()
            connection.send(request("/slow?ms=600000"))
            upload.send(request("/echo", "POST", ["Content-Length: 10"]) + b"half")
            await_bytes(server, 3)
            begun = time.monotonic()
            server.send_signal()
            server.ends(FORCED)
            check(time.monotonic() - begun > 0.9, "before the deadline")

    @case("at-once", "")
    def _(_):
        with Stopping(0) as server, server.connect() as connection, server.connect() as silent:
            connection.send(request("/slow?ms=600000"))
            await_bytes(server, 1)
            server.send_signal()
            server.ends(FORCED)
            eof(silent.socket)

    for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)):
        def twice(_, first=first, second=second):
            with Stopping() as server, server.connect() as connection:
                connection.send(request("/slow?ms=600000"))
                await_bytes(server, 1)
                server.term(first)
                give_up = time.monotonic() + PROMPT
                while server.process.poll() is None and time.monotonic() < give_up:
                    server.send_signal(second)
                    time.sleep(0.2)
                server.ends(FORCED)
        suite.add("second-signal-%d-%d" % (first, second), "", twice)

    @case("a-signal-that-is-ignored-is-no-second", "")
    def _(_):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; the process inherits it
        try:
            server = Stopping().__enter__()
        finally:
            signal.signal(signal.SIGHUP, before)
        with contextlib.closing(server.connect()) as connection:
            try:
                connection.send(request("/slow?ms=2500"))
                await_bytes(server, 1)
                server.term()
                while not connection.ready():
                    server.send_signal(signal.SIGHUP)
                    time.sleep(0.1)
                check(connection.read_response().status == 200, "cut off")
                connection.close()
                server.ends()
            finally:
                server.__exit__(None, None, None)

    @case("handshakes", "")
    def _(_):
        with Stopping() as server:
            hello, stuck = connected(server.host, server.tls_port), connected(server.host, server.tls_port)
            context = client_context()
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            engine = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            with contextlib.suppress(ssl.SSLWantReadError):
                engine.do_handshake()
            first = outgoing.read()
            hello.sendall(first[:50])
            stuck.sendall(first[:50])
            await_bytes(server, 2)
            server.term()
            hello.sendall(first[50:])
            while True:
                incoming.write(hello.recv(65536))
                try:
                    engine.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    continue
            engine.write(request("/plaintext"))
            hello.sendall(outgoing.read())  # the end of the handshake and a request in one
            got = b""
            while b"Hello, World!" not in got:
                data = hello.recv(65536)
                check(data, "the end came instead of the response")
                incoming.write(data)
                with contextlib.suppress(ssl.SSLWantReadError):
                    got += engine.read(65536)
            check(b"Connection: close" in got, repr(got))
            hello.close()
            eof(stuck)
            server.ends()

    @case("http2-idle", "RFC 9113 6.8")
    def _(_):
        with Stopping() as server:
            peers = [Http2(connected(server.host, server.port)), Http2(server.tls(("h2",))), Http2(connected(server.host, server.port), pong=False)]
            for peer in peers:
                peer.socket.sendall(headers(1, b"/plaintext"))
                peer.until(lambda *_: 1 in peer.over)
            server.send_signal()
            for peer in peers:
                peer.rest()
                check(peer.goaways() == [(0x7fffffff, 0), (1, 0)], "GOAWAY %s" % peer.goaways())
            server.ends()

    @case("http2-busy", "RFC 9113 6.8")
    def _(_):
        with Stopping() as server:
            peer = Http2(connected(server.host, server.port))
            peer.socket.sendall(headers(1, b"/slow?ms=1500") + headers(3, b"/echo", b"POST", False))
            await_bytes(server, 1)
            time.sleep(0.1)
            server.term()
            peer.until(lambda kind, *_: kind == PING)
            peer.socket.sendall(headers(5, b"/plaintext"))  # on its way when GOAWAY came
            peer.until(lambda kind, *_: len(peer.goaways()) == 2)
            peer.socket.sendall(headers(7, b"/plaintext"))
            peer.until(lambda kind, stream, _: kind == RST_STREAM and stream == 7)
            peer.socket.sendall(frame(DATA, 1, 3, b"hello"))
            peer.until(lambda *_: {1, 3} <= peer.over)
            check(peer.content[3] == b"hello", repr(peer.content))
            check(peer.goaways()[1][0] in (3, 5), "GOAWAY %s" % peer.goaways())
            if peer.goaways()[1][0] == 5:
                check(peer.content.get(5) == b"Hello, World!", "stream 5 was heard, and not served")
            peer.socket.close()
            server.ends()

    @case("http2-half-a-preface", "RFC 9113 3.4")
    def _(_):
        with Stopping() as server:
            made = connected(server.host, server.port)
            made.sendall(PREFACE[:10])
            await_bytes(server, 1)
            server.term()
            made.sendall(PREFACE[10:] + frame(SETTINGS) + headers(1, b"/plaintext"))
            peer = Http2.__new__(Http2)
            peer.socket, peer.pong, peer.buffer, peer.seen, peer.content, peer.over = made, True, b"", [], {}, set()
            peer.until(lambda *_: 1 in peer.over)
            check(peer.content[1] == b"Hello, World!", repr(peer.content))
            made.close()
            server.ends()

    @case("connects-meanwhile", "")
    def _(_):
        """Connections that come while the stop begins are served, closed or refused, and never left hanging."""
        with Stopping() as server:
            outcomes, stop = [], threading.Event()

            def keep_coming():
                while not stop.is_set():
                    try:
                        with socket.create_connection((server.host, server.port), 10) as made:
                            made.sendall(request("/plaintext", fields=["Connection: close"]))
                            got = b""
                            while data := made.recv(65536):
                                got += data
                            outcomes.append("served" if got.endswith(b"Hello, World!") else "closed" if not got else "cut: %r" % got[-60:])
                    except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
                        outcomes.append("refused")
                    except OSError as cause:
                        outcomes.append("hung: %s" % cause)

            threads = [threading.Thread(target=keep_coming) for _ in range(4)]
            for thread in threads:
                thread.start()
            while len(outcomes) < 200:
                time.sleep(0.01)
            server.send_signal()
            server.ends()
            stop.set()
            for thread in threads:
                thread.join()
            check(set(outcomes) <= {"served", "closed", "refused"}, "outcomes: %s" % sorted(set(outcomes)))

    @case("readiness", "")
    def _(_):
        with Stopping(DEADLINE, "--drain-delay", "2") as server, server.connect() as kept:
            kept.send(request("/health"))
            check(kept.read_response().status == 200, "not healthy")
            server.send_signal()
            give_up = time.monotonic() + PROMPT
            while True:
                kept.send(request("/health"))
                response = kept.read_response()
                if response.status == 503:
                    break
                check(time.monotonic() < give_up, "/health goes on saying 200")
            check(not response.closes, "closed before the delay is over")
            with server.connect() as late:
                late.send(request("/plaintext"))
                check(late.read_response().status == 200, "a late connection is not served")
            kept.await_end()
            server.ends()

    @case("descriptors-run-out", "")
    def _(_):
        """500 connects with 64 descriptors: nobody is lost for good, one line says so, and live connections go on."""
        with Stopping(DEADLINE) as server, server.connect() as live:
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (len(server.descriptors()) + 20,) * 2)
            many = [socket.create_connection((server.host, server.port), 20) for _ in range(500)]
            for each in many:
                each.sendall(request("/plaintext", fields=["Connection: close"]))
            live.send(request("/plaintext"))
            check(live.read_response().status == 200, "a live connection is not served")
            for each in many:
                check(each.recv(65536).startswith(b"HTTP/1.1 200"), "a connection was lost")
                each.close()
            lines = [line for line in server.stderr().splitlines() if "accepting" in line]
            check(len(lines) <= 1, "%d lines in the log" % len(lines))
            live.send(request("/plaintext"))
            check(live.read_response().status == 200, "a live connection is not served")

    @case("curl-and-h2load", "")
    def _(_):
        if not shutil.which("h2load"):
            raise Skipped("h2load is not installed")
        with Stopping() as server:
            load = subprocess.Popen(["h2load", "-n", "400", "-c", "4", "-m", "10", "http://%s:%d/slow?ms=20" % (server.host, server.port)],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                await_bytes(server, 4)
                server.send_signal()
                server.ends()
                output = load.communicate(timeout=60)[0]
            finally:
                load.kill()
                load.wait()
            check(" 0 timeout" in output, output[-600:])


def await_bytes(server, count):
    """Waits until so many connections of the server have brought bytes that it has read."""
    give_up = time.monotonic() + PROMPT
    while time.monotonic() < give_up:
        with server.connect() as probe:
            probe.send(request("/connections", fields=["Accept: application/json"]))
            try:
                rows = json.loads(probe.read_response().body)
            except ValueError:
                raise Failed("/connections is no JSON")
        rows = rows["connections"] if isinstance(rows, dict) else rows
        if sum(1 for row in rows if (row.get("bytesIn") or row.get("bytes_in") or 0) > 0) >= count + 1:  # this one, too
            return
        time.sleep(0.02)
    raise Failed("the bytes of %d connections have not arrived" % count)


if __name__ == "__main__":
    suite = Suite("drain")
    add(suite)
    suite.main(contextlib.nullcontext)
