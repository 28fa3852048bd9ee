#!/usr/bin/env python3
"""How each connection with TLS ends, by real peers: the exact growth of `/metrics`, and of each end the alert that a flight
recording names. What a client did decides, never how fast it was."""

import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time

import tls
from certificates import Authority
from harness import Failed, Server, Skipped, Suite, await_descriptors, check, console_noise, java
from metrics import Metrics, closed, first_bytes, handshakes, requests, together
from tls_socket import TlsSocket, client_context, connected

GET = b"GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SILENT = 500


class RecordedServer(Server):
    """A server with both ports, a certificate of an authority of the checks, and a flight recording from its start on."""

    listen = ("--http", "0", "--https", "0")
    jvm = ("-XX:StartFlightRecording:name=checks,settings=none",)

    def __init__(self):
        self.home = tempfile.TemporaryDirectory(prefix="millrace-endings-")
        self.authority = Authority(self.home.name)
        # a leaf that lacks what only a strict verifier asks for
        chain, key = self.authority.leaf(authority_key=False)
        super().__init__("--cert", chain, "--key", key)
        self.expected = []

    def __enter__(self):
        self.tls_port = 0
        super().__enter__()
        # both versions and a look at everything, so that descriptors are counted warm
        self.metrics = Metrics(self)
        for version in (V12, V13):
            self.converse(client_context(version))
        self.metrics.growth(2)
        self.warm = 2
        self.baseline = self.descriptors()
        return self

    def await_port(self, port_file):
        tls.TlsServer.await_port(self, port_file)

    def converse(self, context, data=GET):
        with_tls = self.open(context)
        with_tls.sendall(data)
        got = b""
        while not got.endswith(b"Hello, World!"):
            more = with_tls.recv(65536)
            check(more, "the end came after %r" % got)
            got += more
        if b"close" not in data:
            with_tls.shutdown(socket.SHUT_WR)
        check(with_tls.recv(1) == b"" and with_tls.goodbye, "no close_notify")
        with_tls.close()

    def closings(self):
        """All ends that the recording tells of until now, in the order of the connections."""
        home = pathlib.Path(java()) if os.sep in java() else pathlib.Path(shutil.which("java"))
        jcmd, jfr = home.resolve().parent / "jcmd", home.resolve().parent / "jfr"
        if not jcmd.exists() or not jfr.exists():
            raise Skipped("jcmd and jfr are not installed beside java: alerts are not compared")
        file = str(pathlib.Path(self.folder.name, "recording.jfr"))
        status, out, err = tls.ended(str(jcmd), str(self.pid), "JFR.dump", "name=checks", "filename=" + file)
        check(status == 0, "JFR.dump: %r %r" % (out[-300:], err[-300:]))
        status, out, err = tls.ended(str(jfr), "print", "--json", "--events", "dev.millrace.Close", file)
        check(status == 0, "jfr print: %r" % err[-300:])
        events = [event["values"] for event in json.loads(out)["recording"]["events"]]
        events = sorted((event for event in events if event["listener"] == "https"), key=lambda event: event["connectionId"])
        check(len({event["connectionId"] for event in events}) == len(events), "two events for one connection")
        return [end(event["reason"], event["phase"], event["detail"], event["initiator"]) for event in events]

    def raw(self):
        return connected(self.host, self.tls_port)

    def open(self, context, name="localhost"):
        return TlsSocket(self.raw(), context, name)

    def expect(self, ends, *growth):
        """So many connections have ended, and exactly this has grown. Each end is (reason, phase, detail)."""
        grown = self.metrics.growth(len(ends))
        wanted = together(*growth)
        for reason, phase, _, initiator in ends:
            wanted = together(wanted, closed(reason, phase, initiator))
        check(grown == wanted, "grown: %s, and not: %s" % (
            sorted((set(grown.items()) - set(wanted.items()))), sorted(set(wanted.items()) - set(grown.items()))))
        self.expected.extend(ends)


def end(reason, phase, detail=None, initiator="peer"):
    return reason, phase, detail, initiator


def reset(plain):
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()


def hello(version=None):
    """The bytes of a first flight."""
    outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(version).wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def refused(server, context, name="localhost"):
    """A handshake that this client must refuse; gives what it says."""
    plain = server.raw()
    try:
        TlsSocket(plain, context, name)
    except ssl.SSLError as cause:
        return str(cause)
    finally:
        plain.close()
    raise Failed("the client refuses nothing")


def silent(suite):
    for version in (V12, V13):
        label = "-" + version.name.lower()

        def by_close_notify(server, version=version):
            peer = server.open(client_context(version))
            peer.goodbye_only()
            check(peer.recv(1) == b"" and peer.goodbye, "no close_notify in answer")
            peer.close()
            server.expect([end("client_silent", "opened")], handshakes("completed"))
        suite.add("silent-close_notify" + label, "RFC 8446 6.1", by_close_notify)

        def by_fin(server, version=version):
            peer = server.open(client_context(version))
            peer.socket.shutdown(socket.SHUT_WR)
            check(peer.recv(1) == b"" and peer.goodbye, "no close_notify in answer")
            peer.close()
            server.expect([end("client_silent", "opened")], handshakes("completed"))
        suite.add("silent-fin" + label, "", by_fin)

        def by_openssl(server, version=version):
            option = "-tls1_2" if version is V12 else "-tls1_3"
            tls.s_client(server, option, "-CAfile", server.authority.root, "-verify_return_error")
            server.expect([end("client_silent", "opened")], handshakes("completed"))
        suite.add("silent-s_client" + label, "", by_openssl)

        def by_reset(server, version=version):
            reset(server.open(client_context(version)))
            server.expect([end("peer_reset", "opened")], handshakes("completed"))
        suite.add("reset" + label, "", by_reset)

        def truncated(server, version=version):
            for how in (lambda peer: peer.shutdown(socket.SHUT_WR), lambda peer: peer.socket.shutdown(socket.SHUT_WR)):
                peer = server.open(client_context(version))
                peer.sendall(GET[:20])
                how(peer)
                check(peer.recv(1) == b"" and peer.goodbye, "no close_notify in answer")
                peer.close()
            server.expect([end("truncated_request", "headers")] * 2, handshakes("completed", 2), first_bytes(2))
        suite.add("truncated" + label, "RFC 9112 8", truncated)

        def completed(server, version=version):
            server.converse(client_context(version))
            server.converse(client_context(version), GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            server.expect([end("completed", "idle"), end("completed", "closing")],
                          handshakes("completed", 2), first_bytes(2), requests(200, 2))
        suite.add("completed" + label, "", completed)

        def leaves_the_handler(server, version=version):
            peer = server.open(client_context(version))
            peer.sendall(b"GET /slow?ms=20000 HTTP/1.1\r\nHost: a\r\n\r\n")
            server.metrics.await_connection(lambda each: each["state"] == "active")
            reset(peer)
            server.expect([end("peer_reset", "handler")], handshakes("completed"), first_bytes())
        suite.add("reset-while-handled" + label, "", leaves_the_handler)
    return suite


def half_way(suite):
    case = suite.case

    @case("peer-silent", "")
    def _(server):
        server.raw().close()
        server.expect([end("peer_silent", "opened")], handshakes("aborted"))

    @case("half-a-hello", "")
    def _(server):
        data = hello()
        for size in (1, 5, 50, len(data) - 1, len(data)):
            with server.raw() as plain:
                plain.sendall(data[:size])
                plain.shutdown(socket.SHUT_WR)
                tls.to_end(plain)
        server.expect([end("handshake_aborted", "handshake")] * 5, handshakes("aborted", 5))

    @case("close_notify-within-the-handshake", "RFC 8446 6.1")
    def _(server):
        with server.raw() as plain:
            plain.sendall(hello() + tls.CLOSE_NOTIFY)
            tls.to_end(plain)
        server.expect([end("handshake_aborted", "handshake", "close_notify")], handshakes("aborted"))

    @case("reset-within-the-handshake", "")
    def _(server):
        plain = server.raw()
        plain.sendall(hello()[:50])
        server.metrics.await_connection(lambda each: each["bytesIn"] == 50)
        reset(plain)
        server.expect([end("peer_reset", "handshake")], handshakes("aborted"))

    @case("old-version", "RFC 8996")
    def _(server):
        for option in ("-tls1", "-tls1_1"):
            status, _, err = tls.s_client(server, option, "-cipher", "ALL:@SECLEVEL=0")
            check(status != 0 and b"alert protocol version" in err, "status %d: %r" % (status, err[:300]))
        server.expect([end("handshake_failed", "handshake", "protocol_version", "local")] * 2, handshakes("failed", 2))

    @case("old-suite", "RFC 9325 4.2")
    def _(server):
        for suites in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"):
            status, _, err = tls.s_client(server, "-tls1_2", "-cipher", suites)
            check(status != 0 and b"alert handshake failure" in err, "%s: status %d: %r" % (suites, status, err[:300]))
        server.expect([end("handshake_failed", "handshake", "handshake_failure", "local")] * 3, handshakes("failed", 3))

    @case("plaintext", "RFC 9110 15.5.1")
    def _(server):
        for data in (GET, b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200000):
            with server.raw() as plain:
                plain.sendall(data)
                answer, how = tls.to_end(plain)
                check(answer.startswith(b"HTTP/1.1 400 ") and b"HTTPS" in answer and how == "eof", "%r, %s" % (answer, how))
        server.expect([end("plaintext_on_tls", "handshake")] * 2, handshakes("failed", 2))

    @case("garbage", "")
    def _(server):
        for data in (b"SSH-2.0-x\r\n", b"\0" * 100, bytes(range(128, 256)) * 100):
            with server.raw() as plain:
                plain.sendall(data)
                check(tls.to_end(plain)[0] == b"", "an answer to garbage")
        server.expect([end("not_tls", "handshake")] * 3, handshakes("failed", 3))


def rejected(suite):
    """Clients that do not like the certificate. In TLS 1.3 their alert comes after the server's Finished."""
    for version in (V12, V13):
        label = "-" + version.name.lower()

        def unknown_ca(server, version=version):
            stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            stranger.minimum_version = stranger.maximum_version = version
            check("certificate verify failed" in refused(server, stranger), "it failed otherwise")
            server.expect([end("handshake_rejected", "handshake", "unknown_ca")], handshakes("rejected"))
        suite.add("rejected-unknown_ca" + label, "", unknown_ca)

        def bad_certificate(server, version=version):
            said = refused(server, client_context(version, trust=server.authority.root), "elsewhere.test")
            check("mismatch" in said.lower(), said)
            server.expect([end("handshake_rejected", "handshake", "bad_certificate")], handshakes("rejected"))
        suite.add("rejected-bad_certificate" + label, "", bad_certificate)

        def certificate_unknown(server, version=version):
            strict = client_context(version, trust=server.authority.root)
            strict.verify_flags |= ssl.VERIFY_X509_STRICT
            said = refused(server, strict)
            check("Authority Key Identifier" in said, said)
            server.expect([end("handshake_rejected", "handshake", "certificate_unknown")], handshakes("rejected"))
        suite.add("rejected-certificate_unknown" + label, "", certificate_unknown)

    @suite.case("rejected-by-curl", "")
    def _(server):
        status, _, _ = tls.ended(tls.tool("curl"), "-sS", "https://127.0.0.1:%d/" % server.tls_port)
        check(status == 60, "status %d" % status)
        server.expect([end("handshake_rejected", "handshake", "unknown_ca")], handshakes("rejected"))

    @suite.case("rejected-by-s_client", "")
    def _(server):
        status, _, err = tls.s_client(server, "-verify_return_error")
        check(status != 0, "it verified: %r" % err[:200])
        server.expect([end("handshake_rejected", "handshake", "unknown_ca")], handshakes("rejected"))


def openssl_commands(suite):
    case = suite.case

    @case("renegotiation", "RFC 5246 7.4.1.1")
    def _(server):
        _, out, err = tls.s_client(server, "-tls1_2", stdin=b"R\n")
        check(b"RENEGOTIATING" in out + err, "it was not tried: %r" % out[-200:])
        server.expect([end("protocol_error", "opened", "no_renegotiation")], handshakes("completed"))

    @case("key-update", "RFC 8446 4.6.3")
    def _(server):
        with Dialogue(server, "-tls1_3") as client:
            for command in ("K", "k"):  # with and without the wish that the server does the same
                client.say(command + "\n")
                client.await_text("KEYUPDATE")
                client.say("GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
                client.await_text("Hello, World!")
            client.say("Q\n")
        server.expect([end("completed", "idle")], handshakes("completed"), first_bytes(), requests(200, 2))

    for option in ("-tls1_2", "-tls1_3"):
        def resumed(server, option=option):
            session = str(pathlib.Path(server.folder.name, "session" + option))
            ask = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            tls.s_client(server, option, "-ign_eof", "-sess_out", session, stdin=ask)
            _, out, _ = tls.s_client(server, option, "-ign_eof", "-sess_in", session, stdin=ask)
            check(b"Reused, " in out and b"Hello, World!" in out, "not resumed: %r" % out[-300:])
            server.expect([end("completed", "closing")] * 2, handshakes("completed"), handshakes("resumed"),
                          first_bytes(2), requests(200, 2))
        suite.add("resumption" + option, "RFC 8446 2.2", resumed)

    @case("early-data-refused", "RFC 8446 4.2.10")
    def _(server):
        session, data = str(pathlib.Path(server.folder.name, "early")), pathlib.Path(server.folder.name, "early-data")
        data.write_bytes(GET)
        ask = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        tls.s_client(server, "-tls1_3", "-ign_eof", "-sess_out", session, stdin=ask)
        _, out, err = tls.s_client(server, "-tls1_3", "-ign_eof", "-sess_in", session, "-early_data", str(data), stdin=ask)
        check(b"Early data was accepted" not in out, "early data can be replayed, and was taken")
        check(b"Hello, World!" in out, "no answer: %r" % err[-300:])
        server.expect([end("completed", "closing")] * 2, handshakes("completed"), handshakes("resumed"),
                      first_bytes(2), requests(200, 2))


class Dialogue:
    """An openssl s_client that is spoken to line by line."""

    def __init__(self, server, *options):
        self.log = pathlib.Path(server.folder.name, "dialogue")
        self.out = open(self.log, "wb")
        self.process = subprocess.Popen(
            [tls.tool("openssl"), "s_client", "-connect", "%s:%d" % (server.host, server.tls_port), "-servername", "localhost",
             *options], stdin=subprocess.PIPE, stdout=self.out, stderr=subprocess.STDOUT)
        self.seen = 0
        self.await_text("Verify return code")

    def __enter__(self):
        return self

    def say(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def await_text(self, text):
        give_up = time.monotonic() + 20
        while True:
            place = self.log.read_bytes().find(text.encode(), self.seen)
            if place >= 0:
                self.seen = place + len(text)
                return
            check(time.monotonic() < give_up and self.process.poll() is None,
                  "s_client never said %r: %r" % (text, self.log.read_bytes()[-400:]))
            time.sleep(0.01)

    def __exit__(self, *ignored):
        try:
            self.process.stdin.close()
            self.process.wait(20)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self.process.kill()
            self.process.wait()
        self.out.close()


def node(suite):
    @suite.case("rejected-by-node", "")
    def _(server):
        # Node says nothing: it just leaves, about when the handshake is over.
        script = ("require('https').get({host:'127.0.0.1',port:%d,path:'/'}).on('error',e=>console.log(e.code));" % server.tls_port)
        _, out, _ = tls.ended(tls.tool("node"), "-e", script)
        check(b"UNABLE_TO" in out or b"SELF_SIGNED" in out, "%r" % out)
        grown = server.metrics.growth(1)
        ways = {"handshake_aborted": ("handshake", "aborted"), "client_silent": ("opened", "completed"),
                "peer_reset": ("opened", "completed")}
        seen = [reason for reason, (phase, result) in ways.items()
                if grown == together(closed(reason, phase), handshakes(result))]
        check(seen, "grown: %s" % grown)
        server.expected.append(end(seen[0], ways[seen[0]][0]))


def many(suite):
    @suite.case("silent-%d-in-a-row" % SILENT, "")
    def _(server):
        context = client_context()
        for index in range(SILENT):
            peer = server.open(context)
            (peer.goodbye_only if index % 2 else lambda: peer.socket.shutdown(socket.SHUT_WR))()
            check(peer.recv(1) == b"" and peer.goodbye, "no close_notify in answer")
            peer.close()
        server.expect([end("client_silent", "opened")] * SILENT, handshakes("completed", SILENT))


def at_the_end(suite):
    @suite.case("end-gauge-is-back", "")
    def _(server):
        grown = server.metrics.fetch()
        server.metrics.looked = grown
        states = {name: value for name, value in grown.items() if name.startswith("millrace_connections{") and value}
        # only the connection that looks
        check(states == {'millrace_connections{state="active"}': 1}, str(states))

    @suite.case("end-events", "")
    def _(server):
        """One close event for each connection, in order, with the alert that made it exact."""
        seen = server.closings()[server.warm:]
        check(len(seen) == len(server.expected), "%d events for %d connections" % (len(seen), len(server.expected)))
        for index, (got, wanted) in enumerate(zip(seen, server.expected)):
            check(got == wanted, "connection %d: %s instead of %s" % (index, got, wanted))

    @suite.case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @suite.case("end-console-quiet", "")
    def _(server):
        noise = [line for line in console_noise(server.stderr()) if not re.match(r"\[[\d.]+s\]\[info\]\[jfr", line)]
        check(not noise, "stderr: %r" % noise[:6])
        server.metrics.close()
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("endings")
    silent(suite)
    half_way(suite)
    rejected(suite)
    openssl_commands(suite)
    node(suite)
    many(suite)
    at_the_end(suite)
    suite.main(RecordedServer)


if __name__ == "__main__":
    main()
