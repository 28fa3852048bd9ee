#!/usr/bin/env python3
"""Real clients against the packaged server: curl, wrk, ab, python's http.client, node's http, a browser's preconnect."""

import functools
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

from harness import Failed, Server, Skipped, Suite, await_descriptors, check, check_console, fetch, pattern, request

HERE = pathlib.Path(__file__).resolve().parent


class Workshop(Server):
    """A warm server and a folder for the clients' files."""

    def __enter__(self):
        super().__enter__()
        self.files = pathlib.Path(self.folder.name)
        (self.files / "5m").write_bytes(pattern(5 << 20))
        (self.files / "small").write_bytes(b"small body")
        for path in ("/", "/plaintext", "/1m", "/slow?ms=1", "/stream?chunks=2&ms=1"):
            fetch(self, path)
        fetch(self, "/echo", "POST", body=b"warm")
        self.baseline = self.descriptors()
        return self


def run(*arguments, within=90):
    program = shutil.which(arguments[0])
    if not program:
        raise Skipped("no %s on this machine" % arguments[0])
    try:
        ended = subprocess.run([program, *arguments[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=within)
    except subprocess.TimeoutExpired:
        raise Failed("%s did not end within %d s" % (arguments[0], within))
    check(ended.returncode == 0, "%s ended with %d: %r" % (arguments[0], ended.returncode, ended.stderr[-400:]))
    return ended


def add(suite):
    curl(suite)
    load(suite)
    python(suite)
    node(suite)
    browser(suite)

    @suite.case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @suite.case("end-console-quiet", "")
    def _(server):
        check_console(server)


def curl(suite):
    case = suite.case
    silent = functools.partial(run, "curl", "--silent", "--show-error", "--max-time", "60", "--noproxy", "*")

    for version in ("--http1.1", "--http1.0"):
        def plain(server, version=version):
            ended = silent(version, "--fail", server.origin + "/plaintext")
            check(ended.stdout == b"Hello, World!", "stdout %r" % ended.stdout)
            ended = silent(version, "--fail", server.origin + "/1m")
            check(len(ended.stdout) == 1 << 20, "%d bytes of /1m" % len(ended.stdout))
            ended = silent(version, "--fail", server.origin + "/stream?chunks=4&ms=20")
            check(ended.stdout, "no stream")
        suite.add("curl" + version.replace("--", "-"), "", plain)

    @case("curl-every-path", "")
    def _(server):
        for path, size in (("/", None), ("/1k", 1024), ("/bytes/123456", 123456), ("/slow?ms=20", None), ("/status/404", None), ("/nothing", None)):
            ended = silent("--write-out", "%{http_code}", "--output", str(server.files / "out"), server.origin + path)
            expected = b"404" if path in ("/status/404", "/nothing") else b"200"
            check(ended.stdout == expected, "%s: %r" % (path, ended.stdout))
            check(size is None or (server.files / "out").stat().st_size == size, path)

    @case("curl-head", "")
    def _(server):
        ended = silent("--head", "--fail", server.origin + "/1m")
        check(b"content-length: 1048576" in ended.stdout.lower(), "%r" % ended.stdout)

    @case("curl-compressed", "")
    def _(server):
        check(silent("--compressed", "--fail", server.origin + "/plaintext").stdout == b"Hello, World!", "not the text")
        check(len(silent("--compressed", "--fail", server.origin + "/1m").stdout) == 1 << 20, "not 1 MiB")

    @case("curl-upload-expect-5m", "")
    def _(server):
        ended = silent("--http1.1", "--fail", "-H", "Expect: 100-continue", "--expect100-timeout", "50", "--data-binary", "@%s" % (server.files / "5m"),
                       "--verbose", server.origin + "/echo")
        check(ended.stdout == pattern(5 << 20), "the echo differs")
        check(b"< HTTP/1.1 100" in ended.stderr, "no 100 Continue")

    @case("curl-upload-5m-without-expect", "")
    def _(server):
        ended = silent("--fail", "-H", "Expect:", "--data-binary", "@%s" % (server.files / "5m"), server.origin + "/echo")
        check(ended.stdout == pattern(5 << 20), "the echo differs")

    @case("curl-upload-1.0", "")
    def _(server):
        ended = silent("--http1.0", "--fail", "-H", "Expect:", "--data-binary", "@%s" % (server.files / "5m"), server.origin + "/echo")
        check(ended.stdout == pattern(5 << 20), "the echo differs")

    @case("curl-upload-chunked", "")
    def _(server):
        ended = silent("--fail", "-X", "POST", "-H", "Transfer-Encoding: chunked", "-T", str(server.files / "5m"), server.origin + "/echo")
        check(ended.stdout == pattern(5 << 20), "the echo differs")

    @case("curl-upload-refused", "")
    def _(server):
        ended = silent("--write-out", "%{http_code}", "--output", os.devnull, "-T", str(server.files / "5m"), server.origin + "/plaintext")
        check(ended.stdout == b"405", "%r" % ended.stdout)

    @case("curl-keep-alive-reuse", "")
    def _(server):
        urls = [server.origin + path for path in ("/plaintext", "/1k", "/nothing", "/stream?chunks=2&ms=5", "/status/204", "/bytes/100000") * 5]
        arguments = []
        for url in urls:
            arguments += ["--output", os.devnull, url]
        ended = silent("--http1.1", "--write-out", "%{num_connects}\n", *arguments)
        connects = [int(line) for line in ended.stdout.split()]
        check(len(connects) == len(urls) and sum(connects) == 1, "%d connections for %d requests" % (sum(connects), len(connects)))

    @case("curl-parallel", "")
    def _(server):
        ended = silent("--fail", "--parallel", "--parallel-max", "20", "--output", os.devnull, "--write-out", "%{http_code}\n",
                       server.origin + "/bytes/[1000-1099]")
        check(ended.stdout.split() == [b"200"] * 100, "%r" % ended.stdout[:100])

    @case("curl-range-of-a-file", "")
    def _(_):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "file.bin").write_bytes(pattern(100000))
            with Server("--dir", folder) as files:
                for span, expected in (("0-9", pattern(100000)[:10]), ("99990-", pattern(100000)[-10:]), ("-5", pattern(100000)[-5:])):
                    check(silent("--fail", "--range", span, files.origin + "/file.bin").stdout == expected, "range " + span)
                out = pathlib.Path(folder, "resumed")
                out.write_bytes(pattern(100000)[:40000])
                silent("--fail", "--continue-at", "-", "--output", str(out), files.origin + "/file.bin")
                check(out.read_bytes() == pattern(100000), "the resumed download differs")
                multi = silent("--fail", "--range", "0-4,10-14", "--include", files.origin + "/file.bin").stdout
                check(b"multipart/byteranges" in multi and pattern(100000)[10:15] in multi, "no multipart answer")


def load(suite):
    @suite.case("wrk-64-connections", "")
    def _(server):
        ended = run("wrk", "-t", "2", "-c", "64", "-d", "2s", "--timeout", "30s", server.origin + "/plaintext")
        text = ended.stdout.decode()
        check("Socket errors" not in text and "Non-2xx" not in text, text)
        found = re.search(r"(\d+) requests in", text)
        check(found and int(found.group(1)) > 0, text)

    @suite.case("wrk-1m", "")
    def _(server):
        text = run("wrk", "-t", "1", "-c", "16", "-d", "1s", "--timeout", "30s", server.origin + "/1m").stdout.decode()
        check("Socket errors" not in text and "Non-2xx" not in text, text)

    for name, options in (("keep-alive", ["-k"]), ("close", [])):
        def bench(server, options=options):
            text = run("ab", "-q", *options, "-n", "5000", "-c", "20", "-s", "60", server.origin + "/plaintext").stdout.decode()
            value = lambda label: int((re.search(label + r":\s+(\d+)", text) or [0, -1])[1])
            check(value("Complete requests") == 5000 and value("Failed requests") == 0, text)
            check("Non-2xx" not in text and "Write errors" not in text, text)
            if options:
                check(value("Keep-Alive requests") == 5000, "%d of 5000 with keep-alive" % value("Keep-Alive requests"))
        suite.add("ab-" + name, "", bench)


def python(suite):
    @suite.case("python-http-client", "")
    def _(server):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        socket_at_first = None
        for index in range(100):
            connection.request("GET", "/bytes/%d" % (index * 37))
            response = connection.getresponse()
            check(response.status == 200 and len(response.read()) == index * 37, "answer %d" % index)
            socket_at_first = socket_at_first or connection.sock
            check(connection.sock is socket_at_first, "the connection was not kept")
        connection.request("HEAD", "/1m")
        response = connection.getresponse()
        check(response.getheader("Content-Length") == str(1 << 20) and response.read() == b"", "HEAD")
        body = pattern(2 << 20)
        connection.request("POST", "/echo", body[:50000])
        check(connection.getresponse().read() == body[:50000], "echo with a length")
        connection.request("POST", "/echo", iter([body[:10], body[10:20000]]), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        check(connection.getresponse().read() == body[:20000], "chunked echo")
        check(connection.sock is socket_at_first, "the connection was not kept")
        connection.close()

    @suite.case("python-20-threads", "")
    def _(server):
        wrong = []

        def work(number):
            try:
                connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
                for index in range(50):
                    body = pattern(number * 100 + index, number)
                    connection.request("POST", "/echo", body)
                    if connection.getresponse().read() != body:
                        wrong.append("thread %d, request %d" % (number, index))
                connection.close()
            except Exception as cause:
                wrong.append("thread %d: %r" % (number, cause))
        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not wrong, "; ".join(wrong[:3]))


def node(suite):
    for name in ("keep-alive", "upload", "duplex", "expect", "abort"):
        def script(server, name=name):
            ended = run("node", str(HERE / "client.js"), name, str(server.port))
            check(ended.stdout.decode().strip() == "ok", "%r" % ended.stdout)
        suite.add("node-" + name, "", script)


def browser(suite):
    @suite.case("browser-preconnect", "")
    def _(server):
        # Browsers open spare connections and use some of them; the silent ones must not hold up the others.
        fields = ["Connection: keep-alive", "sec-ch-ua: \"Chromium\";v=\"130\"", "sec-ch-ua-mobile: ?0", "Upgrade-Insecure-Requests: 1",
                  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "Sec-Fetch-Site: none",
                  "Sec-Fetch-Mode: navigate", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-US,en;q=0.9",
                  "Cookie: a=b; c=\"d e\"; f=" + "g" * 200]
        sockets = [server.connect() for _ in range(6)]
        try:
            for path, index in (("/", 3), ("/plaintext", 5), ("/favicon.ico", 3), ("/1m", 5), ("/stream?chunks=3&ms=10", 3)):
                sockets[index].send(request(path, fields=fields, host="127.0.0.1:%d" % server.port))
                response = sockets[index].read_response()
                check(response.status == (404 if path == "/favicon.ico" else 200), "%s: %s" % (path, response))
            check(fetch(server, "/plaintext").status == 200, "a new connection gets no answer")
            sockets[0].send(request("/plaintext"))
            check(sockets[0].read_response().status == 200, "a connection that was silent gets no answer")
        finally:
            for connection in sockets:
                connection.close()

    @suite.case("browser-500-silent-connections", "")
    def _(server):
        silent = [server.connect() for _ in range(500)]
        try:
            for _ in range(20):
                check(fetch(server, "/plaintext").status == 200, "no answer")
        finally:
            for connection in silent:
                connection.close()


if __name__ == "__main__":
    clients = Suite("clients")
    add(clients)
    clients.main(Workshop)
