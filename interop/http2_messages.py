"""Requests and responses (RFC 9113 section 8): what every response carries, HEAD and statuses, interim responses, many at once,
CONNECT."""

import http2_hpack as hpack
from harness import check, pattern
from http2_connection import Http2
from http2_verdict import gave_up, good, malformed, promised
from http2_wire import PROTOCOL_ERROR, data, headers

SIZES = (0, 1, 13, 1000, 16383, 16384, 16385, 65535, 65536, 65537, 300000, 1000000)
PATHS = ("/", "/plaintext", "/1k", "/1m", "/bytes/0", "/bytes/100000", "/nothing")


def add(suite):
    responses(suite)
    heads(suite)
    statuses(suite)
    expectations(suite)
    parallel(suite)
    connect(suite)


def responses(suite):
    case = suite.case

    for size in SIZES:
        @case("get-%d-bytes" % size, "RFC 9113 8.1")
        def _(target, size=size):
            with Http2(target) as conn:
                for _ in range(2):
                    stream = good(conn.fetch("/bytes/%d" % size), None)
                    check(len(stream.body) == size, str(stream))
                conn.alive()

    @case("get-1m-whole", "RFC 9113 8.1")
    def _(target):
        with Http2(target) as conn:
            stream = good(conn.fetch("/1m"), b"x" * (1 << 20))
            check(stream.get("content-length") == str(1 << 20), "content-length %s" % stream.get("content-length"))

    @case("get-5m-in-large-frames", "RFC 9113 4.2")
    def _(target):
        size = 5 << 20 if target.has("bytes") else 1000000
        with Http2(target, wanted={4: 1 << 20, 5: 1 << 18}) as conn:
            conn.grant(0, 1 << 20)
            check(len(good(conn.fetch("/bytes/%d" % size), None).body) == size, "not whole")

    @case("date-and-server", "RFC 9110 6.6.1, 10.2.4")
    def _(target):
        with Http2(target) as conn:
            for path in PATHS:
                stream = conn.fetch(path)
                check(len(stream.all("date")) == 1 and len(stream.all("server")) == 1, "%s: %s" % (path, stream.fields))

    @case("content-length-where-it-is-known", "RFC 9110 8.6")
    def _(target):
        with Http2(target) as conn:
            for path, size in (("/plaintext", "13"), ("/1k", "1024"), ("/1m", "1048576")):
                check(conn.fetch(path).get("content-length") == size, path)

    @case("content-type", "RFC 9110 8.3")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            check(conn.fetch().get("content-type", "").startswith("text/plain"), "/plaintext")
            check(conn.fetch("/").get("content-type", "").startswith("text/html"), "/")

    @case("stream-arrives-in-pieces", "RFC 9113 8.1")
    def _(target):
        target.need("stream")
        with Http2(target) as conn:
            number = conn.request("/stream?chunks=4&ms=30")
            conn.pump(lambda: conn.streams[number].body or conn.streams[number].over)
            check(not conn.streams[number].over, "all came at once")
            stream = good(conn.response(number), None)
            check(len(stream.sizes) >= 4 and stream.get("content-length") is None, str(stream))

    @case("first-response-is-not-held-by-a-slow-one", "RFC 9113 5")
    def _(target):
        target.need("slow")
        with Http2(target) as conn:
            slow, quick = conn.request("/slow?ms=400"), conn.request()
            good(conn.response(quick))
            check(not conn.streams[slow].over, "the slow one was first")
            good(conn.response(slow), None)

    @case("requests-in-one-write", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            numbers = [conn.open() for _ in range(50)]
            conn.raw(*(headers(number, hpack.encode(conn.head("/bytes/%d" % (1000 if number % 4 else 0)))) for number in numbers))
            for number in numbers:
                check(len(good(conn.response(number), None).body) == (1000 if number % 4 else 0), "stream %d" % number)

    @case("requests-in-a-row-1000", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target) as conn:
            for _ in range(10):
                for number in [conn.request() for _ in range(100)]:
                    good(conn.response(number))

    @case("requests-one-byte-at-a-time", "RFC 9113 4.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.open("POST")
            sent = headers(number, hpack.encode(conn.head("/echo", "POST")), end=False, pad=3) + data(number, b"drip", pad=2) + data(number, b"drop", True)
            for byte in sent:
                conn.raw(bytes([byte]))
            good(conn.response(number), b"dripdrop")


def heads(suite):
    for path in PATHS:
        @suite.case("head-%s" % (path.strip("/").replace("/", "-") or "root"), "RFC 9110 9.3.2")
        def _(target, path=path):
            with Http2(target) as conn:
                got, head = conn.fetch(path), conn.fetch(path, "HEAD")
                check(head.status == got.status and not head.body, "HEAD %s, GET %s" % (head, got))
                if target.has("head-length"):
                    check(head.get("content-length") in (None, got.get("content-length")), "content-length %s" % head.get("content-length"))
                conn.alive()

    @suite.case("head-ends-with-its-headers", "RFC 9113 8.1")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            mark = len(conn.frames)
            conn.fetch("/1m", "HEAD")
            check(not [one for one in conn.frames[mark:] if one.type == 0], "DATA after HEAD")

    @suite.case("head-within-others", "RFC 9110 9.3.2")
    def _(target):
        with Http2(target) as conn:
            numbers = [conn.request(path, method) for path in PATHS for method in ("GET", "HEAD")]
            for number in numbers:
                conn.response(number)
            conn.alive()


def statuses(suite):
    for status in (200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 406, 407, 408, 409, 410,
                   411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 511):
        @suite.case("status-%d" % status, "RFC 9113 8.3.2, RFC 9110 15")
        def _(target, status=status):
            target.need("status")
            if status in (421, 425, 505, 502, 503, 504, 408):
                promised(target)  # a proxy may have its own view of these
            with Http2(target) as conn:
                for method in ("GET", "HEAD"):
                    stream = conn.fetch("/status/%d" % status, method)
                    check(stream.status == status, str(stream))
                    check(status not in (204, 205, 304) or not stream.body, "%s: content" % stream)
                conn.alive()

    for status in (100, 101, 102, 103, 199, 99, 600, 999):
        @suite.case("status-%d-is-no-final-one" % status, "RFC 9113 8.1, 8.6")
        def _(target, status=status):
            target.need("status")
            with Http2(target) as conn:
                number = conn.request("/status/%d" % status)
                stream = conn.await_stream(number)
                check(stream.reset is not None or stream.status >= 400, conn.seen(number))
                conn.alive()


def expectations(suite):
    case = suite.case

    @case("expect-100-is-answered", "RFC 9110 10.1.1")
    def _(target):
        target.need("expect")
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", [("expect", "100-continue"), ("content-length", "7")], end=False)
            stream = conn.streams[number]
            conn.pump(lambda: stream.interim or stream.fields is not None or stream.over)
            check(not target.exacting or stream.interim, "no 100: %s" % conn.seen(number))
            conn.raw(data(number, b"content", True))
            good(conn.response(number), b"content")
            check(len(stream.interim) <= 1, "%d interim responses" % len(stream.interim))
            check(not stream.interim or stream.interim[0][0] == (b":status", b"100"), "%s" % stream.interim)
            conn.alive()

    @case("expect-100-not-awaited", "RFC 9110 10.1.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", [("expect", "100-continue")], end=False)
            conn.raw(data(number, b"content", True))
            good(conn.response(number), b"content")

    @case("expect-100-but-refused", "RFC 9110 10.1.1")
    def _(target):
        target.need("405")
        with Http2(target) as conn:
            number = conn.request("/plaintext", "POST", [("expect", "100-continue"), ("content-length", "1000")], end=False)
            stream = conn.await_stream(number)
            check(stream.status == 405, conn.seen(number))
            check(not target.exacting or not stream.interim, "100 though nobody reads it")
            conn.alive()

    @case("expect-100-without-content", "RFC 9110 10.1.1")
    def _(target):
        with Http2(target) as conn:
            stream = good(conn.fetch("/plaintext", fields=[("expect", "100-continue")]))
            check(not target.exacting or not stream.interim, "100 though there is no content")


def parallel(suite):
    case = suite.case

    @case("parallel-100-downloads", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            conn.grant(0, 1 << 20)
            for number in [conn.request("/bytes/100000") for _ in range(100)]:
                check(len(good(conn.response(number), None).body) == 100000, "stream %d" % number)

    @case("parallel-20-uploads-interleaved", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            bodies = {conn.request("/echo", "POST", end=False): pattern(30000, seed) for seed in range(20)}
            for at in range(0, 30000, 1000):
                for number, body in bodies.items():
                    conn.send_body(number, body[at:at + 1000], end=at == 29000)
            for number, body in bodies.items():
                good(conn.response(number), body)

    @case("parallel-mixture", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            conn.grant(0, 1 << 20)
            wanted = {}
            for index in range(60):
                path, size = (("/1k", 1024), ("/plaintext", 13), ("/bytes/65537", 65537), ("/1m", 1 << 20), ("/bytes/0", 0))[index % 5]
                wanted[conn.request(path)] = size
                if index % 7 == 0:
                    wanted.pop(number := conn.request("/1m"), None)
                    conn.cancel(number)
            for number, size in wanted.items():
                check(len(good(conn.response(number), None).body) == size, "stream %d" % number)
            conn.alive()


def connect(suite):
    case = suite.case
    host = (":authority", "localhost:1")

    wrong = [
        ("with-path", [(":method", "CONNECT"), host, (":path", "/")]), ("with-scheme", [(":method", "CONNECT"), (":scheme", "http"), host]),
        ("with-both", [(":method", "CONNECT"), (":scheme", "http"), host, (":path", "/")]), ("without-authority", [(":method", "CONNECT")]),
        ("extended-without-path", [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), host]),
        ("extended-without-scheme", [(":method", "CONNECT"), (":protocol", "websocket"), host, (":path", "/")]),
        ("extended-twice", [(":method", "CONNECT"), (":protocol", "a"), (":protocol", "b"), (":scheme", "http"), host, (":path", "/")]),
        ("extended-empty-protocol", [(":method", "CONNECT"), (":protocol", ""), (":scheme", "http"), host, (":path", "/")]),
        ("extended-with-upgrade", [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), host, (":path", "/"), ("upgrade", "websocket")])]
    for name, fields in wrong:
        @case("connect-malformed-" + name, "RFC 9113 8.5, RFC 8441 4")
        def _(target, fields=fields):
            with Http2(target) as conn:
                number = conn.send_head(fields, end=False, method="CONNECT")
                malformed(conn, number)

    for name, authority in (("without-port", "localhost"), ("with-userinfo", "user@localhost:1"), ("with-bad-port", "localhost:99999"), ("empty", "")):
        @case("connect-authority-" + name, "RFC 9113 8.5, RFC 9110 9.3.6")
        def _(target, authority=authority):
            target.need("connect-answer")
            with Http2(target) as conn:
                malformed(conn, conn.send_head([(":method", "CONNECT"), (":authority", authority)], end=False, method="CONNECT"))

    @case("connect-is-refused", "RFC 9113 8.5")
    def _(target):
        # No proxy, so no tunnel: a status that says so, or a reset.
        target.need("connect-answer")
        with Http2(target) as conn:
            number = conn.send_head([(":method", "CONNECT"), host], end=False, method="CONNECT")
            stream = conn.await_head(number)
            if gave_up(conn, PROTOCOL_ERROR):
                return
            check(stream.reset is not None or stream.status >= 400, conn.seen(number))
            check(not target.exacting or stream.status in (405, 501), conn.seen(number))
            conn.sync()
            conn.alive()

    @case("connect-extended-is-refused", "RFC 8441 4")
    def _(target):
        # The path takes no such protocol.
        with Http2(target) as conn:
            conn.await_settings()
            number = conn.send_head([(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", conn.scheme), (":authority", "localhost"),
                                     (":path", "/plaintext"), ("sec-websocket-version", "13")], end=False, method="CONNECT")
            stream = conn.await_head(number)
            if gave_up(conn, PROTOCOL_ERROR):
                return
            check(stream.reset is not None or stream.status >= 400, conn.seen(number))
            check(not target.exacting or stream.status is not None, conn.seen(number))
            conn.sync()
            conn.alive()

    @case("connect-data-behind-a-refusal", "RFC 9113 8.5")
    def _(target):
        target.need("connect-answer")
        with Http2(target) as conn:
            number = conn.send_head([(":method", "CONNECT"), host], end=False, method="CONNECT")
            conn.raw(*(data(number, b"tunnel?") for _ in range(5)))
            stream = conn.await_head(number)
            if gave_up(conn, PROTOCOL_ERROR):
                return
            check(stream.reset is not None or stream.status >= 400, conn.seen(number))
            conn.sync()
            conn.alive()
