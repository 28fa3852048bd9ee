#!/usr/bin/env python3
"""The client, as the command `get` has it: our own server, python's, openssl's, and servers that do what servers should not."""

import contextlib
import hashlib
import http.server
import pathlib
import socket
import subprocess
import tempfile
import threading
import urllib.request

from certificates import Authority
from cli import no_trace
from harness import Failed, Server, Suite, check, command, pattern

CONTENT = pattern(3_000_000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(*arguments, within=60):
    """Runs `get` to its end; its output is bytes."""
    try:
        ended = subprocess.run([*command(), "get", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=within)
    except subprocess.TimeoutExpired:
        raise Failed("did not end within %d s: get %s" % (within, " ".join(arguments)))
    ended.errors = ended.stderr.decode()
    return ended


def gets(status, *arguments):
    ended = get(*arguments)
    check(ended.returncode == status, "exit status %d, not %d: %r" % (ended.returncode, status, ended.errors[-300:]))
    no_trace(ended.errors)
    return ended


class Scripted:
    """A server that sends the same to everybody after their first bytes, and then does one more thing."""

    def __init__(self, answer, then="close"):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d/" % self.socket.getsockname()[1]
        self.answer, self.then = answer, then
        self.accepted = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                self.accepted += 1
                threading.Thread(target=self.speak, args=(peer,), daemon=True).start()

    def speak(self, peer):
        with contextlib.suppress(OSError), peer:
            while peer.recv(65536):
                peer.sendall(self.answer)
                if self.then == "close":
                    return
                if self.then == "reset":
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@contextlib.contextmanager
def python_server(directory):
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None, "protocol_version": "HTTP/1.1"})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: handler(*a, directory=directory))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d" % server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def same(content, wanted):
    check(hashlib.sha256(content).digest() == hashlib.sha256(wanted).digest(), "%d bytes that differ" % len(content))


def add(suite):
    case = suite.case

    ways = {"h1": ["--http1"], "h2c": ["--h2c"]}
    for way, options in ways.items():
        def downloads(server, options=options):
            same(gets(0, *options, server.origin + "/bytes/200000").stdout, get_reference(server, "/bytes/200000"))

        def echoes(server, options=options):
            with tempfile.NamedTemporaryFile() as file:
                file.write(CONTENT)
                file.flush()
                same(gets(0, *options, "--upload", file.name, server.origin + "/echo").stdout, CONTENT)
                same(gets(0, *options, "--data", "a b", server.origin + "/echo").stdout, b"a b")

        def is_used_again(server, options=options):
            ended = gets(0, *options, "-v", "--repeat", "3", server.origin + "/plaintext")
            check(ended.stdout == b"Hello, World!" * 3, "%r" % ended.stdout)
            check("used again (exchange 3)" in ended.errors, "no session was used again: %r" % ended.errors)
        suite.add("downloads-" + way, "", downloads)
        suite.add("echoes-" + way, "", echoes)
        suite.add("used-again-" + way, "", is_used_again)

    @case("head")
    def head(server):
        check(gets(0, "--method", "HEAD", server.origin + "/plaintext").stdout == b"", "content to HEAD")

    @case("output")
    def output(server):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "out")
            gets(0, "--output", str(path), server.origin + "/plaintext")
            check(path.read_bytes() == b"Hello, World!", "the file is something else")
            gets(23, "--output", str(path / "no" / "such"), server.origin + "/plaintext")

    @case("python")
    def python(_):
        with tempfile.TemporaryDirectory() as directory:
            pathlib.Path(directory, "file").write_bytes(CONTENT)
            with python_server(directory) as url:
                same(gets(0, url + "/file").stdout, CONTENT)
                check("used again (exchange 5)" in gets(0, "-v", "--repeat", "5", url + "/file").errors, "not used again")
                gets(22, "--fail", url + "/missing")
                gets(0, url + "/missing")

    failures = [
        ("refused", 7, lambda: "http://127.0.0.1:1/"),
        ("usage", 2, lambda: "ftp://127.0.0.1/"), ("space", 2, lambda: "http://127.0.0.1/a b"),
    ]
    for name, status, url in failures:
        suite.add("fails-" + name, "", lambda _, status=status, url=url: gets(status, url()))

    scripts = [
        ("nothing", b"", "close", 52), ("garbage", b"220 mail.example ESMTP\r\n", "close", 8),
        ("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Le", "close", 52),
        ("short", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "close", 18),
        ("short-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "close", 18),
        ("bad-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n", "close", 8),
        ("two-lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "close", 8),
        ("interim-without-end", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500, "close", 8),
        ("other-coding", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", "close", 8),
        ("unasked-upgrade", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "close", 8),
        ("fine", OK, "close", 0), ("same-length-twice", OK.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"), "close", 0),
        ("until-close", b"HTTP/1.0 200 OK\r\n\r\nok", "close", 0), ("folded", OK.replace(b"\r\n\r\n", b"\r\nX: a\r\n b\r\n\r\n"), "close", 0),
        ("interim", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, "close", 0),
    ]
    for name, answer, then, status in scripts:
        def scripted(_, answer=answer, then=then, status=status):
            with Scripted(answer, then) as server:
                ended = gets(status, server.url)
                check(status != 0 or ended.stdout == b"ok", "content: %r" % ended.stdout[:100])
        suite.add("server-" + name, "", scripted)

    @case("stray-bytes")
    def stray_bytes(_):
        """What comes behind a response answers no other request, and the next one goes to a fresh connection."""
        with Scripted(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "stay") as server:
            check(gets(0, "--repeat", "3", server.url).stdout == b"okokok", "stray bytes were taken for an answer")
            check(server.accepted == 3, "%d connections" % server.accepted)

    @case("post-is-sent-once")
    def post_is_sent_once(_):
        with Scripted(b"", "close") as server:
            gets(52, "--data", "once", server.url)
            check(server.accepted == 1, "%d connections" % server.accepted)

    @case("timeout")
    def timeout(server):
        gets(28, "--timeout", "1", server.origin + "/slow?ms=60000")

    @case("tls")
    def tls(_):
        with tempfile.TemporaryDirectory() as directory:
            authority = Authority(directory)
            for name in ("localhost", "elsewhere"):
                chain, key = authority.leaf(name)
                with SecureServer("--loops", "1", "--cert", chain, "--key", key) as server:
                    url = "https://localhost:%d/plaintext" % server.port
                    for version in ([], ["--http1"], ["--http2"]):
                        trusted = gets(0 if name == "localhost" else 60, *version, "--cacert", authority.root, url)
                        check(trusted.returncode != 0 or trusted.stdout == b"Hello, World!", "content over TLS")
                        check(gets(0, *version, "--insecure", url).stdout == b"Hello, World!", "content over TLS")
                    gets(60, url)


class SecureServer(Server):
    """A server with TLS only."""

    listen = ("--https", "0")
    scheme = "https"


def get_reference(server, target):
    with urllib.request.urlopen(server.origin + target) as response:
        return response.read()


if __name__ == "__main__":
    suite = Suite("get")
    add(suite)
    suite.main(lambda: Server("--loops", "1"))
