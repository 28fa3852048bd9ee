#!/usr/bin/env python3
"""TLS and HTTP inside of a tunnel, against a proxy written on the public API (Intercepting.java): curl, openssl, python."""

import http.client
import pathlib
import re
import socket
import ssl
import time

from harness import JAR, ROOT, Failed, Server, Skipped, Suite, check, console_noise, fetch, java
from tls import ended, tool


class Proxy(Server):
    """The proxy, with a port in clear and one with TLS."""

    def arguments(self, port_file):
        self.authority = str(port_file.parent / "authority.pem")
        return [java(), "-cp", str(JAR), str(ROOT / "interop" / "Intercepting.java"), str(port_file), self.authority]

    def await_port(self, port_file):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            lines = port_file.read_text().split() if port_file.exists() else []
            if len(lines) == 2:
                self.port, self.tls_port = int(lines[0]), int(lines[1])
                return
            if self.process.poll() is not None:
                raise Failed("the proxy ended at start with status %d: %s" % (self.process.returncode, self.stderr()))
            time.sleep(0.02)
        raise Failed("the proxy wrote no ports within 60 s: " + self.stderr())


def curl(server, *arguments, proxy=None, stdin=b"", trusted=True):
    way = ["-x", proxy or "http://%s:%d" % (server.host, server.port), "--proxy-insecure", "-sS", "--max-time", "50"]
    return ended(tool("curl"), *way, *(["--cacert", server.authority] if trusted else []), *arguments, stdin=stdin)


def closed_in_tunnels(server, reason):
    text = fetch(server, "/metrics").body.decode()
    rows = re.findall(r'millrace_connections_closed_total\{listener="tunnel",reason="%s"[^}]*\} ([0-9.]+)' % reason, text)
    return sum(float(row) for row in rows)


def grows(server, reason, before):
    give_up = time.monotonic() + 20
    while closed_in_tunnels(server, reason) <= before:
        check(time.monotonic() < give_up, "no connection in a tunnel ended with " + reason)
        time.sleep(0.05)


def through(server, host="origin.test", alpn="http/1.1"):
    """A TLS socket of python's to an origin through the proxy."""
    raw = socket.create_connection((server.host, server.port), 20)
    raw.settimeout(20)
    raw.sendall(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host.encode(), host.encode()))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = raw.recv(1)
        check(more, "the end came after %r" % head)
        head += more
    check(head.startswith(b"HTTP/1.1 200 "), "%r" % head)
    made = ssl.create_default_context(cafile=server.authority)
    made.set_alpn_protocols([alpn])
    return made.wrap_socket(raw, server_hostname=host)


def add(suite):
    case = suite.case

    for name, options, version in (
        ("http1", ["--http1.1"], b"HTTP/1.1"),
        ("http2", ["--http2"], b"HTTP/2"),
        ("tls1.2", ["--http1.1", "--tls-max", "1.2"], b"HTTP/1.1"),
    ):
        def by_curl(server, options=options, version=version):
            status, out, err = curl(server, *options, "https://origin.test/", "https://origin.test/")
            check(status == 0 and out == (b"for origin.test:443 by " + version + b"\n") * 2, "%d %r %r" % (status, out[:200], err[:200]))
            status, out, err = curl(server, *options, "https://origin.test:8443/large")
            check(status == 0 and len(out) == 3000000, "%d, %d bytes, %r" % (status, len(out), err[:200]))
            body = bytes(range(256)) * 8000
            status, out, err = curl(server, *options, "-H", "Expect:", "--data-binary", "@-", "https://origin.test/echo", stdin=body)
            check(status == 0 and out == body, "%d, %d bytes, %r" % (status, len(out), err[:200]))
        suite.add("curl-" + name, "", by_curl)

    @case("curl-tls-in-tls", "")
    def _(server):
        proxy = "https://%s:%d" % (server.host, server.tls_port)
        if b"HTTPS-proxy" not in ended(tool("curl"), "--version")[1]:
            raise Skipped("this curl speaks no TLS with proxies")
        status, out, err = curl(server, "https://origin.test/large", proxy=proxy)
        check(status == 0 and len(out) == 3000000, "%d, %d bytes, %r" % (status, len(out), err[:200]))
        body = bytes(range(256)) * 8000
        status, out, err = curl(server, "-H", "Expect:", "--data-binary", "@-", "https://origin.test/echo", proxy=proxy, stdin=body)
        check(status == 0 and out == body, "%d, %d bytes, %r" % (status, len(out), err[:200]))

    @case("curl-in-clear", "")
    def _(server):
        status, out, err = curl(server, "--proxytunnel", "http://origin.test/", "http://origin.test/large")
        check(status == 0 and out.startswith(b"for origin.test:80 by HTTP/1.1\n"), "%d %r %r" % (status, out[:80], err[:200]))
        check(len(out) == 3000031, "%d bytes" % len(out))

    @case("openssl", "")
    def _(server):
        status, out, err = ended(tool("openssl"), "s_client", "-proxy", "%s:%d" % (server.host, server.port), "-connect",
                                 "origin.test:443", "-servername", "origin.test", "-CAfile", server.authority, "-ign_eof", "-quiet",
                                 stdin=b"GET / HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\r\n")
        check(b"for origin.test:443 by HTTP/1.1" in out, "%d %r %r" % (status, out[:300], err[:300]))

    @case("python", "")
    def _(server):
        made = ssl.create_default_context(cafile=server.authority)
        connection = http.client.HTTPSConnection(server.host, server.port, context=made, timeout=30)
        connection.set_tunnel("python.test", 443)
        for _ in range(3):
            connection.request("GET", "/")
            check(connection.getresponse().read() == b"for python.test:443 by HTTP/1.1\n", "another answer")
        connection.close()

    @case("a-client-that-distrusts", "")
    def _(server):
        before = closed_in_tunnels(server, "handshake_rejected")
        status, _, _ = curl(server, "https://origin.test/", trusted=False)
        check(status != 0, "it trusts everybody")
        grows(server, "handshake_rejected", before)

    @case("ends", "")
    def _(server):
        for reason, what in (("client_silent", b""), ("completed", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ("truncated_request", b"GET /")):
            before = closed_in_tunnels(server, reason)
            with through(server) as peer:
                peer.sendall(what)
                if what.endswith(b"\r\n\r\n"):
                    check(peer.recv(65536).startswith(b"HTTP/1.1 200 "), "no answer")
                peer.unwrap().close()
            grows(server, reason, before)
        before = closed_in_tunnels(server, "plaintext_on_tls")
        with socket.create_connection((server.host, server.port), 20) as peer:
            peer.settimeout(20)
            peer.sendall(b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            data = b""
            while b"encryption" not in data:
                more = peer.recv(65536)
                check(more, "the end came after %r" % data)
                data += more
        grows(server, "plaintext_on_tls", before)

    @case("end-console-quiet", "")
    def _(server):
        noise = [line for line in console_noise(server.stderr()) if "WARNING" in line or "ERROR" in line or "SEVERE" in line or "\tat " in line]
        check(not noise, "stderr: %r" % noise[:6])

    @case("end-stops-with-a-goodbye", "")
    def _(server):
        with through(server) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            check(peer.recv(65536).startswith(b"HTTP/1.1 200 "), "no answer")
            server.process.terminate()
            check(peer.recv(65536) == b"", "more than the end")  # without close_notify this raises
        check(server.stop() == 143, "ended otherwise than by the signal")


def main():
    suite = Suite("tunnel")
    add(suite)
    suite.main(Proxy)


if __name__ == "__main__":
    main()
