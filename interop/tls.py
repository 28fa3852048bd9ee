#!/usr/bin/env python3
"""TLS as real peers speak it, against the packaged server: curl, openssl s_client, node, python, and peers that misbehave."""

import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import time

from cli import no_trace, run
from harness import Failed, Server, Skipped, Suite, await_descriptors, check, console_noise, fetch

HELLO = b"Hello, World!"
FINGERPRINT = re.compile(r"SHA-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})")
CLOSE_NOTIFY = bytes([21, 3, 3, 0, 2, 1, 0])


class TlsServer(Server):
    """A server with a port for HTTP and one for HTTPS."""

    def __enter__(self):
        self.tls_port = 0
        super().__enter__()
        give_up = time.monotonic() + 20
        while "SHA-256" not in self.stdout() and "--cert" not in self.options and time.monotonic() < give_up:
            time.sleep(0.02)
        python_get(self)
        self.baseline = self.descriptors()
        return self

    def __init__(self, *options):
        super().__init__("--https", "0", *options)

    def await_port(self, port_file):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            lines = port_file.read_text().split() if port_file.exists() else []
            if len(lines) == 2:
                self.port, self.tls_port = int(lines[0]), int(lines[1])
                return
            if self.process.poll() is not None:
                raise Failed("the server ended at start with status %d: %s" % (self.process.returncode, self.stderr()))
            time.sleep(0.02)
        raise Failed("the server wrote no two ports within 60 s: " + self.stderr())


def context(version=None, alpn=("http/1.1",)):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


def raw(server):
    connected = socket.create_connection((server.host, server.tls_port), 20)
    connected.settimeout(20)
    return connected


def to_end(peer):
    data = b""
    while True:
        try:
            more = peer.recv(65536)
        except ConnectionResetError:
            return data, "reset"
        if not more:
            return data, "eof"
        data += more


def python_get(server, made=None, path="/plaintext", session=None):
    with (made or context()).wrap_socket(raw(server), server_hostname="localhost", session=session) as peer:
        peer.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
        data, end = to_end(peer)
        check(end == "eof", "ended by %s" % end)
        head, _, body = data.partition(b"\r\n\r\n")
        check(head.startswith(b"HTTP/1.1 200 "), "not 200: %r" % head[:80])
        return body, peer.version(), peer.session, peer.session_reused


def tool(name):
    found = shutil.which(name)
    if not found:
        raise Skipped("%s is not installed" % name)
    return found


def ended(*arguments, stdin=b"", within=60):
    try:
        done = subprocess.run(arguments, input=stdin, capture_output=True, timeout=within)
    except subprocess.TimeoutExpired:
        raise Failed("did not end within %d s: %s" % (within, " ".join(arguments)))
    return done.returncode, done.stdout, done.stderr


def s_client(server, *options, stdin=b""):
    return ended(tool("openssl"), "s_client", "-connect", "%s:%d" % (server.host, server.tls_port), "-servername", "localhost",
                 *options, stdin=stdin)


def add(suite):
    case = suite.case

    for name, least in (("tls1.2", ["--tls-max", "1.2"]), ("tls1.3", ["--tlsv1.3"])):
        def by_curl(server, least=least):
            url = "https://localhost:%d" % server.tls_port
            to = ["--resolve", "localhost:%d:%s" % (server.tls_port, server.host), "-sS", "-k", "--max-time", "50", *least]
            status, out, err = ended(tool("curl"), *to, url + "/plaintext", url + "/plaintext")
            check(status == 0 and out == HELLO * 2, "status %d, %r %r" % (status, out[:80], err[:200]))
            status, out, err = ended("curl", *to, url + "/bytes/3000000")
            check(status == 0 and len(out) == 3000000, "status %d, %d bytes, %r" % (status, len(out), err[:200]))
            body = b"0123456789" * 100000
            status, out, err = ended("curl", *to, "--data-binary", "@-", "-H", "Expect:", url + "/echo", stdin=body)
            check(status == 0 and out == body, "status %d, %d bytes, %r" % (status, len(out), err[:200]))
        suite.add("curl-" + name, "", by_curl)

    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        def by_python(server, version=version):
            made = context(version)
            body, spoken, session, _ = python_get(server, made)
            check(body == HELLO and spoken.replace(".", "_") == version.name, "%r over %s" % (body, spoken))
            body, _, _, reused = python_get(server, made, session=session)
            check(body == HELLO and reused, "the session was not resumed")
            check(len(python_get(server, made, "/1m")[0]) == 1 << 20, "not 1 MiB")
        suite.add("python-" + version.name.lower(), "", by_python)

        def silent(server, version=version):
            with context(version).wrap_socket(raw(server), server_hostname="localhost") as peer:
                peer.unwrap().close()  # close_notify both ways
        suite.add("silent-" + version.name.lower(), "RFC 8446 6.1", silent)

    @case("node-https", "")
    def _(server):
        script = ("require('https').get({host:'%s',port:%d,path:'/plaintext',rejectUnauthorized:false},r=>{let b='';"
                  "r.on('data',d=>b+=d);r.on('end',()=>{console.log(r.statusCode,b);});});" % (server.host, server.tls_port))
        status, out, err = ended(tool("node"), "-e", script)
        check(status == 0 and out.strip() == b"200 Hello, World!", "status %d, %r %r" % (status, out, err[:300]))

    @case("node-distrusts", "")
    def _(server):
        script = ("require('https').get({host:'%s',port:%d,path:'/'}).on('error',e=>console.log(e.code));" % (server.host, server.tls_port))
        status, out, _ = ended(tool("node"), "-e", script)
        check(b"SELF_SIGNED" in out, "status %d, %r" % (status, out))

    @case("fingerprint", "")
    def _(server):
        printed = FINGERPRINT.search(server.stdout())
        check(printed, "no fingerprint: %r" % server.stdout())
        _, out, _ = s_client(server)
        status, shown, err = ended("openssl", "x509", "-noout", "-fingerprint", "-sha256", stdin=out)
        check(status == 0 and printed.group(1) in shown.decode(), "openssl: %r, printed %s" % (shown, printed.group(1)))

    for version in ("-tls1_2", "-tls1_3"):
        def spoken(server, version=version):
            status, out, err = s_client(server, version, "-alpn", "h2,http/1.1")
            check(status == 0, "status %d: %r" % (status, err[:300]))
            check(b"ALPN protocol: h2" in out, "no ALPN")
            _, old, _ = s_client(server, version, "-alpn", "http/1.1")
            check(b"ALPN protocol: http/1.1" in old, "no ALPN")
            check(b"GCM" in out or b"CHACHA20" in out, "no AEAD")
        suite.add("s_client" + version, "", spoken)

        def resumed(server, version=version):
            with_file = str(pathlib.Path(server.folder.name, "session" + version))
            request = b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            s_client(server, version, "-ign_eof", "-sess_out", with_file, stdin=request)
            _, out, _ = s_client(server, version, "-ign_eof", "-sess_in", with_file, stdin=request)
            check(b"Reused, " in out, "not resumed: %r" % out[-300:])
            check(HELLO in out, "no answer")
        suite.add("resumption" + version, "", resumed)

    for version in ("-tls1", "-tls1_1"):
        def refused(server, version=version):
            status, out, err = s_client(server, version, "-cipher", "ALL:@SECLEVEL=0")
            check(status != 0 and b"alert protocol version" in err, "status %d: %r" % (status, err[:300]))
        suite.add("refused" + version, "RFC 8996", refused)

    @case("refused-suite", "RFC 9325 4.2")
    def _(server):
        status, _, err = s_client(server, "-tls1_2", "-cipher", "AES128-SHA")
        check(status != 0 and b"alert handshake failure" in err, "status %d: %r" % (status, err[:300]))

    @case("renegotiation", "RFC 5246 7.4.1.1")
    def _(server):
        status, out, err = s_client(server, "-tls1_2", stdin=b"R\n")
        check(b"RENEGOTIATING" in out + err, "it was not tried: %r" % out[-200:])
        check(b"verify return" not in (out + err).split(b"RENEGOTIATING")[1], "it was done: %r" % (out + err)[-300:])
        check(python_get(server)[0] == HELLO, "not healthy")

    @case("plain-http", "RFC 9110 15.5.1")
    def _(server):
        for request in (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"):
            with raw(server) as peer:
                peer.sendall(request)
                data, end = to_end(peer)
                check(data.startswith(b"HTTP/1.1 400 ") and b"HTTPS" in data and end == "eof", "%r, %s" % (data, end))

    @case("garbage", "")
    def _(server):
        for garbage in (b"\0" * 100, b"SSH-2.0-x\r\n", b"\x16\x02\x00\x00\x05hello", bytes(range(128, 256)), b"\r\n\r\n\r\n"):
            with raw(server) as peer:
                peer.sendall(garbage)
                data, _ = to_end(peer)
                check(data == b"", "an answer to garbage: %r" % data)

    @case("bad-handshakes", "RFC 8446 6.2")
    def _(server):
        for bad in (b"\x16\x03\x01\x00\x04\x02\0\0\0", b"\x16\x03\x01\x00\x04\x01\0\0\0", b"\x17\x03\x03\x00\x01x"):
            with raw(server) as peer:
                peer.sendall(bad)
                data, _ = to_end(peer)
                check(data[:1] == b"\x15" and data[5:6] == b"\x02", "no fatal alert: %r" % data)
        for alert in (CLOSE_NOTIFY, bytes([21, 3, 3, 0, 2, 2, 40])):
            with raw(server) as peer:
                peer.sendall(alert)
                peer.shutdown(socket.SHUT_WR)
                to_end(peer)

    @case("early-ends", "")
    def _(server):
        outgoing, incoming = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        for size in (0, 1, 5, 50, len(hello) - 1, len(hello)):
            with raw(server) as peer:
                peer.sendall(hello[:size])
                peer.shutdown(socket.SHUT_WR)
                to_end(peer)
        check(python_get(server)[0] == HELLO, "not healthy")

    @case("both-ports", "")
    def _(server):
        check(fetch(server, "/plaintext").body == HELLO, "no plain HTTP")

    @case("cert-and-key", "")
    def _(server):
        folder = pathlib.Path(server.folder.name)
        certificate, key = str(folder / "c.pem"), str(folder / "k.pem")
        status, _, err = ended(tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                               "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=interop", "-addext",
                               "subjectAltName=DNS:localhost")
        check(status == 0, "openssl: %r" % err)
        with TlsServer("--cert", certificate, "--key", key) as own:
            check("SHA-256" not in own.stdout(), "a self-signed certificate is named")
            made = ssl.create_default_context(cafile=certificate)
            check(python_get(own, made)[0] == HELLO, "no answer")
        wrong = {"missing": (str(folder / "no.pem"), key), "swapped": (key, certificate), "not-pem": (__file__, key)}
        for name, (chain, secret) in wrong.items():
            done = run("serve", "--https", "0", "--cert", chain, "--key", secret)
            lines = console_noise(done.stderr)
            check(done.returncode == 2, "%s: status %d" % (name, done.returncode))
            check(lines and "--cert" in lines[0], "%s: %r" % (name, done.stderr[:300]))
            no_trace(done.stderr)
        done = run("serve", "--https", "0", "--cert", certificate)
        check(done.returncode == 2 and "--key" in done.stderr, "status %d, %r" % (done.returncode, done.stderr[:300]))

    @case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @case("end-console-quiet", "")
    def _(server):
        check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:600])
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("tls")
    add(suite)
    suite.main(TlsServer)


if __name__ == "__main__":
    main()
