#!/usr/bin/env python3
"""Clients that people use, over HTTP/2, in the clear and over TLS: curl, nghttp, h2load, node, python's h2, the JDK's HttpClient, a
browser. What they get is compared by its hash, and what the server counts with what they asked."""

import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

from clients import run
from harness import Failed, Skipped, Suite, await_descriptors, check, console_noise, java, pattern, register, unregister
from http2_peers import Millrace

HERE = pathlib.Path(__file__).resolve().parent
BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--ignore-certificate-errors",
           "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")


class Workshop(Millrace):
    def __enter__(self):
        super().__enter__()
        self.files = pathlib.Path(self.folder.name)
        (self.files / "5m").write_bytes(pattern(5 << 20))
        return self

    def url(self, secure, path=""):
        return ("https://localhost:%d" % self.tls_port if secure else "http://%s:%d" % (self.host, self.port)) + path

    def served(self):
        """How many requests have been answered over HTTP/2."""
        return sum(value for name, value in self.metrics().items() if name.startswith('millrace_requests_total{protocol="h2"'))


def sha(data):
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def counted(server, expected):
    """So many requests of HTTP/2, neither more nor less, are counted meanwhile; a client may be gone before the last is counted."""
    before = server.served()
    yield
    seen, give_up = server.served() - before, time.monotonic() + 20
    while seen < expected and time.monotonic() < give_up:
        time.sleep(0.05)
        seen = server.served() - before
    check(seen == expected, "%d requests of HTTP/2 were made, /metrics counts %d" % (expected, seen))


def add(suite):
    for secure in (False, True):
        curl(suite, secure)
        nghttp(suite, secure)
        h2load(suite, secure)
        scripts(suite, secure)
    jdk(suite)
    browser(suite)

    @suite.case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @suite.case("end-no-connection-went-wrong", "")
    def _(server):
        for reason in ("protocol_error", "flood", "limit_exceeded", "internal_error", "handler_error"):
            check(not server.closed(reason), "%d connections ended with %s" % (server.closed(reason), reason))

    @suite.case("end-console-quiet", "")
    def _(server):
        # On a machine with more load than processors a turn of a loop may last seconds; the guard then says so, with a stack.
        noise = re.sub(r"(?m)^.*\n^WARNING: millrace-loop-\d+ has been busy .*\n(    at .*\n)*", "", server.stderr())
        check(not console_noise(noise), "stderr: %r" % noise[:600])
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def curl(suite, secure):
    label = "curl-" + ("tls" if secure else "h2c")
    version = ["--http2", "--insecure"] if secure else ["--http2-prior-knowledge"]

    def silent(server, *arguments):
        if b"HTTP2" not in run("curl", "--version").stdout:
            raise Skipped("curl without HTTP/2")
        to = ["--resolve", "localhost:%d:%s" % (server.tls_port, server.host)]
        return run("curl", "--silent", "--show-error", "--fail", "--max-time", "60", "--noproxy", "*", *to, *version, *arguments)

    def own_faults():
        """Before 8, curl fails with any server when it starts several transfers with prior knowledge at once, and discards a response
        behind which RST_STREAM with NO_ERROR comes, which RFC 9113 8.1 forbids."""
        found = re.search(r"curl (\d+)\.(\d+)", run("curl", "--version").stdout.decode())
        if int(found.group(1)) < 8:
            raise Skipped("curl %s.%s is known to fail here, with any server" % found.groups())

    def case(name):
        return suite.case(label + "-" + name, "")

    @case("download")
    def _(server):
        with counted(server, 3):
            ended = silent(server, "--write-out", "%{http_version}", server.url(secure, "/plaintext"))
            check(ended.stdout == b"Hello, World!2", "%r" % ended.stdout)
            check(sha(silent(server, server.url(secure, "/1m")).stdout) == sha(b"x" * (1 << 20)), "/1m differs")
            check(len(silent(server, server.url(secure, "/bytes/20000000")).stdout) == 20000000, "/bytes/20000000")

    @case("upload")
    def _(server):
        with counted(server, 2):
            ended = silent(server, "--data-binary", "@%s" % (server.files / "5m"), server.url(secure, "/echo"))
            check(sha(ended.stdout) == sha(pattern(5 << 20)), "the echo differs")
            ended = silent(server, "-X", "POST", "-H", "Expect: 100-continue", "-T", str(server.files / "5m"), server.url(secure, "/echo"))
            check(sha(ended.stdout) == sha(pattern(5 << 20)), "the echo differs")

    @case("upload-refused")
    def _(server):
        own_faults()
        ended = silent(server, "--no-fail", "--write-out", "%{http_code}", "--output", os.devnull, "-T", str(server.files / "5m"), server.url(secure, "/plaintext"))
        check(ended.stdout == b"405", "%r" % ended.stdout)

    @case("parallel")
    def _(server):
        if not secure:
            own_faults()
        with counted(server, 200):
            ended = silent(server, "--parallel", "--parallel-max", "50", "--output", os.devnull, "--write-out", "%{http_code} %{size_download}\n",
                           server.url(secure, "/bytes/[10000-10199]"))
            seen = sorted(ended.stdout.split(b"\n")[:-1])
            check(seen == sorted(b"200 %d" % size for size in range(10000, 10200)), "%r" % seen[:5])

    @case("head-and-statuses")
    def _(server):
        ended = silent(server, "--head", server.url(secure, "/1m"))
        check(ended.stdout.startswith(b"HTTP/2 200") and b"content-length: 1048576" in ended.stdout, "%r" % ended.stdout[:300])
        for status in (204, 304, 404, 500):
            ended = silent(server, "--no-fail", "--output", os.devnull, "--write-out", "%{http_code}", server.url(secure, "/status/%d" % status))
            check(ended.stdout == b"%d" % status, "%r" % ended.stdout)

    @case("stream")
    def _(server):
        check(silent(server, server.url(secure, "/stream?chunks=4&ms=20")).stdout, "no stream")

    if not secure:
        @suite.case("curl-h2c-upgrade-is-ignored", "RFC 9113 3.1")
        def _(server):
            # --http2 in the clear asks by Upgrade: h2c, and is content with HTTP/1.1.
            ended = run("curl", "--silent", "--fail", "--max-time", "60", "--http2", "--write-out", "%{http_version}", server.url(False, "/plaintext"))
            check(ended.stdout == b"Hello, World!1.1", "%r" % ended.stdout)


def nghttp(suite, secure):
    label = "nghttp-" + ("tls" if secure else "h2c")

    @suite.case(label + "-download", "")
    def _(server):
        with counted(server, 2):
            check(run("nghttp", "--no-verify-peer", server.url(secure, "/plaintext")).stdout == b"Hello, World!", "/plaintext")
            check(sha(run("nghttp", "--no-verify-peer", server.url(secure, "/1m")).stdout) == sha(b"x" * (1 << 20)), "/1m")

    @suite.case(label + "-upload", "")
    def _(server):
        with counted(server, 2):
            for trailer in ((), ("--trailer", "x-trailer: 1")):
                got = run("nghttp", "--no-verify-peer", "--data", str(server.files / "5m"), *trailer, server.url(secure, "/echo")).stdout
                check(sha(got) == sha(pattern(5 << 20)), "the echo differs")

    @suite.case(label + "-windows-and-padding", "")
    def _(server):
        for options in (("-w", "10"), ("-W", "16", "-w", "14"), ("--padding=256",), ("--header-table-size=0",), ("-m", "20"), ("--continuation",),
                        ("--no-dep",)):
            got = run("nghttp", "--no-verify-peer", *options, server.url(secure, "/1m")).stdout
            times = 20 if "-m" in options else 1
            check(sha(got) == sha(b"x" * (1 << 20) * times), "%s: %d bytes" % (options, len(got)))


def h2load(suite, secure):
    label = "h2load-" + ("tls" if secure else "h2c")

    def load(server, path, requests, *options):
        with counted(server, requests):
            text = run("h2load", "-n", str(requests), *options, server.url(secure, path), within=120).stdout.decode()
        found = re.search(r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", text)
        check(found, text)
        total, _, done, succeeded, failed, errored, timeout = map(int, found.groups())
        check(total == done == succeeded == requests and failed == errored == timeout == 0, found.group(0))
        return text

    @suite.case(label + "-100000", "")
    def _(server):
        load(server, "/plaintext", 100000, "-c8", "-m32")

    @suite.case(label + "-1m", "")
    def _(server):
        text = load(server, "/1m", 300, "-c4", "-m8")
        check("(%d) data" % (300 << 20) in text, text)

    @suite.case(label + "-upload", "")
    def _(server):
        text = load(server, "/echo", 40, "-c4", "-m8", "-d", str(server.files / "5m"))
        check("status codes" in text and " 0 5xx" in text, text)

    @suite.case(label + "-many-connections", "")
    def _(server):
        load(server, "/1k", 10000, "-c64", "-m10")


def scripts(suite, secure):
    label = "tls" if secure else "h2c"

    @suite.case("node-" + label, "")
    def _(server):
        ended = run("node", str(HERE / "http2_client.js"), server.url(secure))
        check(ended.stdout.decode().strip() == "ok", "%r" % ended.stdout)

    @suite.case("python-h2-" + label, "")
    def _(server):
        python = "/usr/bin/python3"
        if not os.path.exists(python) or subprocess.run([python, "-c", "import h2"], capture_output=True).returncode:
            raise Skipped("no python3-h2 on this machine")
        ended = run(python, str(HERE / "http2_client.py"), server.host, str(server.tls_port if secure else server.port), *(["tls"] if secure else []))
        check(ended.stdout.decode().strip() == "ok", "%r" % ended.stdout)


def jdk(suite):
    @suite.case("jdk-tls", "")
    def _(server):
        ended = run(java(), "-Djdk.internal.httpclient.disableHostnameVerification=true", str(HERE / "Http2Client.java"), server.url(True))
        check(ended.stdout.decode().strip() == "ok", "%r" % ended.stdout)


SCRIPT = """(async () => {
  const sha = async buffer => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', buffer)), byte => byte.toString(16).padStart(2, '0')).join('');
  const bytes = async (path, options) => (await fetch(path, options)).arrayBuffer();
  const upload = new Uint8Array(3000000).map((_, index) => index * 31 + (index >> 8));
  const seen = {text: await (await fetch('/plaintext')).text(), large: await sha(await bytes('/1m'))};
  seen.upload = await sha(upload) === await sha(await bytes('/echo', {method: 'POST', body: upload}));
  const sizes = await Promise.all(Array.from({length: 60}, async (_, index) => (await bytes('/bytes/' + index * 500)).byteLength));
  seen.many = sizes.every((size, index) => size === index * 500);
  const stopped = new AbortController();
  await (await fetch('/bytes/1000000000', {signal: stopped.signal})).body.getReader().read();
  stopped.abort();
  seen.status = (await fetch('/status/404')).status;
  seen.protocols = [...new Set(performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol).filter(Boolean))];
  return JSON.stringify(seen);
})()"""


class Browser:
    """A browser without a window, told what to do through its debugging pipe."""

    def __init__(self, program, profile):
        to_it, ours = os.pipe()
        theirs, from_it = os.pipe()
        self.writer, self.reader = os.fdopen(ours, "wb"), os.fdopen(theirs, "rb")
        self.number = 0

        def pipes():
            os.dup2(to_it, 103)
            os.dup2(from_it, 104)
            os.dup2(103, 3)
            os.dup2(104, 4)

        self.log = open(os.path.join(profile, "log"), "wb")
        self.process = subprocess.Popen([program, *BROWSER, "--remote-debugging-pipe", "--user-data-dir=" + profile, "about:blank"],
                                        stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, preexec_fn=pipes, close_fds=False)
        register(self.process.pid)
        os.close(to_it)
        os.close(from_it)
        self.patience = threading.Timer(90, self.process.kill)  # an answer that never comes ends with the process
        self.patience.start()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        try:
            self.ask("Browser.close")
        except (Failed, OSError):
            self.process.kill()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.patience.cancel()
        unregister(self.process.pid)
        self.writer.close()
        self.reader.close()
        self.log.close()

    def message(self):
        got = bytearray()
        while True:
            byte = self.reader.read(1)
            if not byte:
                raise Failed("the browser has ended")
            if byte == b"\0":
                return json.loads(got)
            got += byte

    def ask(self, method, session=None, **values):
        self.number += 1
        sent = {"id": self.number, "method": method, "params": values}
        if session:
            sent["sessionId"] = session
        self.writer.write(json.dumps(sent).encode() + b"\0")
        self.writer.flush()
        while True:
            got = self.message()
            if got.get("id") == self.number:
                check("error" not in got, "%s: %s" % (method, got.get("error")))
                return got["result"]

    def await_event(self, name):
        while self.message().get("method") != name:
            pass


def browser(suite):
    @suite.case("chromium-tls", "")
    def _(server):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not program:
            raise Skipped("no chromium on this machine")
        before = server.served()
        with tempfile.TemporaryDirectory(prefix="millrace-chromium-", ignore_cleanup_errors=True) as profile, Browser(program, profile) as chromium:
            page = chromium.ask("Target.createTarget", url="about:blank")["targetId"]
            session = chromium.ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
            chromium.ask("Page.enable", session)
            chromium.ask("Page.setBypassCSP", session, enabled=True)  # the page itself allows no script
            chromium.ask("Page.navigate", session, url=server.url(True, "/"))
            evaluate = lambda text: chromium.ask("Runtime.evaluate", session, expression=text, awaitPromise=True, returnByValue=True)
            while evaluate("location.protocol")["result"].get("value") != "https:":
                chromium.await_event("Page.loadEventFired")  # the first may be that of the empty page
            told = evaluate(SCRIPT)
        check("exceptionDetails" not in told, "%s" % told)
        seen = json.loads(told["result"]["value"])
        check(seen["text"] == "Hello, World!" and seen["large"] == sha(b"x" * (1 << 20)), "%s" % seen)
        check(seen["upload"] and seen["many"] and seen["status"] == 404, "%s" % seen)
        check(seen["protocols"] == ["h2"], "spoken was %s" % seen["protocols"])
        check(server.served() - before >= 65, "/metrics counts %d requests of HTTP/2" % (server.served() - before))


def main():
    suite = Suite("http2_clients")
    add(suite)
    suite.main(Workshop)


if __name__ == "__main__":
    main()
