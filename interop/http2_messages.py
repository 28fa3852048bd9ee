"""Requests and responses (RFC 9113 section 8): content and its length, trailers, interim responses, CONNECT, and what every
response carries."""

import http2_hpack as hpack
from harness import check, pattern
from http2_connection import Http2
from http2_verdict import REFUSALS, gave_up, good, malformed, promised, reaction, tolerate
from http2_wire import NO_ERROR, PROTOCOL_ERROR, STREAM_CLOSED, continuation, data, headers

SIZES = (0, 1, 13, 1000, 16383, 16384, 16385, 65535, 65536, 65537, 300000, 1000000)
PATHS = ("/", "/plaintext", "/1k", "/1m", "/bytes/0", "/bytes/100000", "/nothing")


def add(suite):
    responses(suite)
    heads(suite)
    statuses(suite)
    uploads(suite)
    lengths(suite)
    trailers(suite)
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


def uploads(suite):
    case = suite.case

    for size in SIZES:
        for lengthy in (True, False):
            @case("echo-%d-bytes%s" % (size, "-with-length" if lengthy else ""), "RFC 9113 8.1")
            def _(target, size=size, lengthy=lengthy):
                body = pattern(size)
                with Http2(target) as conn:
                    fields = [("content-length", str(size))] if lengthy else []
                    good(conn.fetch("/echo", "POST", fields, body=body), body)
                    conn.alive()

    @case("echo-without-data", "RFC 9113 8.1")
    def _(target):
        with Http2(target) as conn:
            for fields in ([], [("content-length", "0")]):
                good(conn.response(conn.request("/echo", "POST", fields)), b"")

    @case("echo-data-of-every-size", "RFC 9113 6.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            body, at = pattern(60000), 0
            for size in (1, 2, 3, 0, 100, 0, 1000, 4096, 9, 16384, 1, 8192, 16384):
                conn.send_body(number, body[at:at + size], end=False)
                if not size:
                    conn.raw(data(number))
                at += size
            conn.send_body(number, body[at:])
            good(conn.response(number), body)

    @case("echo-in-tiny-pieces", "RFC 9113 6.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            for index in range(50):
                conn.sent_data(number, data(number, b"%02d" % index), 2)
            conn.raw(data(number, b"", True))
            good(conn.response(number), b"".join(b"%02d" % index for index in range(50)))

    @case("echo-begins-before-the-upload-ends", "RFC 9113 8.1")
    def _(target):
        target.need("echo-duplex")
        promised(target)
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            stream = conn.streams[number]
            for index in range(20):
                conn.sent_data(number, data(number, b"ball %02d" % index), 7)
                conn.pump(lambda: len(stream.body) >= 7 * (index + 1) or stream.over)
                check(bytes(stream.body[-7:]) == b"ball %02d" % index, conn.seen(number))
            conn.raw(data(number, b"", True))
            conn.response(number)

    @case("echo-8m", "RFC 9113 6.9")
    def _(target):
        body = pattern(8 << 20)
        with Http2(target) as conn:
            good(conn.fetch("/echo", "POST", body=body), body)

    @case("upload-that-is-not-read", "RFC 9113 8.1")
    def _(target):
        # Answered before it is whole; the server may ask to stop with NO_ERROR, and the connection's window comes back.
        target.need("405")
        with Http2(target) as conn:
            conn.await_settings()
            for _ in range(6):
                number = conn.request("/plaintext", "POST", end=False)
                conn.send_body(number, b"x" * 200000)
                stream = conn.await_stream(number)
                check(stream.status == 405 and (stream.ended or stream.reset == NO_ERROR), conn.seen(number))
            conn.alive()
            conn.pump(lambda: conn.send_window >= 32768)
            body = pattern(100000)
            good(conn.fetch("/echo", "POST", body=body), body)

    @case("content-with-get", "RFC 9110 9.3.1")
    def _(target):
        with Http2(target) as conn:
            stream = conn.fetch("/plaintext", "GET", body=b"content")
            check(stream.status == 200 or stream.status in REFUSALS, str(stream))
            conn.alive()


def lengths(suite):
    """RFC 9113 8.1.1: content-length and the sum of DATA differ."""
    rows = [
        ("too-short", "5", lambda n: data(n, b"abc", True)), ("too-long", "5", lambda n: data(n, b"abcdef", True)),
        ("too-long-in-pieces", "5", lambda n: data(n, b"abc") + data(n, b"def") + data(n, b"", True)), ("none-of-5", "5", lambda n: data(n, b"", True)),
        ("some-of-0", "0", lambda n: data(n, b"a", True)), ("one-less", "70000", lambda n: b"".join(data(n, b"x" * 10000) for _ in range(6)) + data(n, b"x" * 5000, True)),
        ("padding-does-not-count", "5", lambda n: data(n, b"abc", True, pad=1)), ("trailers-too-early", "5", lambda n: data(n, b"abc") + headers(n, b"")),
        ("trailers-after-too-much", "5", lambda n: data(n, b"abcdefgh") + headers(n, b"")), ("trailers-instead", "5", lambda n: headers(n, b"")),
        ("far-too-long", "5", lambda n: data(n, b"x" * 16384) + data(n, b"x" * 16384, True)), ("huge", "9223372036854775807", lambda n: data(n, b"abc", True)),
        ("beyond-63-bits", "9223372036854775808", lambda n: data(n, b"abc", True)), ("beyond-64-bits", "18446744073709551619", lambda n: data(n, b"abc", True))]
    for name, length, made in rows:
        @suite.case("length-" + name, "RFC 9113 8.1.1")
        def _(target, length=length, made=made):
            with Http2(target) as conn:
                number = conn.request("/echo", "POST", [("content-length", length)], end=False)
                conn.raw(made(number))
                if length == "0":  # the content may be over, and a response on its way, before the fault can be seen
                    conn.await_stream(number)
                    conn.sync()
                    check(conn.streams[number].reset == PROTOCOL_ERROR or not conn.streams[number].ended or conn.streams[number].status >= 400,
                          conn.seen(number))
                    return
                malformed(conn, number)

        @suite.case("length-%s-unread" % name, "RFC 9113 8.1.1")
        def _(target, length=length, made=made):
            # Where nobody reads the content a response may be faster than the fault.
            target.need("405")
            with Http2(target) as conn:
                number = conn.request("/plaintext", "POST", [("content-length", length)], end=False)
                conn.raw(made(number))
                stream = conn.await_stream(number)
                check(not stream.ended or stream.status in REFUSALS, conn.seen(number))
                conn.sync()
                if not conn.goaways:
                    conn.alive()

    @suite.case("length-right-with-padding-and-trailers", "RFC 9113 8.1.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", [("content-length", "6")], end=False)
            conn.raw(data(number, b"abc", pad=7), data(number), data(number, b"def"), headers(number, hpack.encode([("x-trailer", "1")])))
            good(conn.response(number), b"abcdef")


def trailers(suite):
    case = suite.case

    fine = [("one", [("x-trailer", "value")]), ("none", []), ("many", [("x-%d" % index, "v") for index in range(50)]), ("empty-value", [("x", "")])]
    for name, fields in fine:
        for before in (b"", b"content"):
            @case("trailers-%s%s" % (name, "-after-content" if before else ""), "RFC 9113 8.1")
            def _(target, fields=fields, before=before):
                with Http2(target) as conn:
                    number = conn.request("/echo", "POST", end=False)
                    conn.raw(data(number, before) if before else b"", headers(number, hpack.encode(fields)))
                    good(conn.response(number), before)
                    conn.alive()

    @case("trailers-continued", "RFC 9113 8.1, 6.10")
    def _(target):
        with Http2(target) as conn:
            number, block = conn.request("/echo", "POST", end=False), hpack.encode([("x-trailer", "v" * 50)])
            conn.raw(data(number, b"x"), headers(number, block[:9], more=True), continuation(number, block[9:]))
            good(conn.response(number), b"x")

    @case("trailers-continued-empty", "RFC 9113 8.1, 6.10")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(data(number, b"x"), headers(number, b"", more=True), continuation(number, b""))
            good(conn.response(number), b"x")

    wrong = [
        ("path", [(":path", "/")]), ("method", [(":method", "POST")]), ("status", [(":status", "200")]), ("unknown-pseudo-field", [(":foo", "1")]),
        ("pseudo-field-last", [("x", "1"), (":path", "/")]), ("upper-case", [("X-Trailer", "1")]), ("connection", [("connection", "close")]),
        ("transfer-encoding", [("transfer-encoding", "chunked")]), ("nul", [("x", "a\0b")]), ("crlf", [("x", "a\r\nb: c")]), ("space", [("x", " a")]),
        ("empty-name", [("", "1")])]
    for name, fields in wrong:
        @case("trailers-malformed-" + name, "RFC 9113 8.1, 8.2")
        def _(target, fields=fields):
            with Http2(target) as conn:
                number = conn.request("/echo", "POST", end=False)
                conn.raw(data(number, b"content"), headers(number, hpack.encode(fields)))
                malformed(conn, number)

    @case("trailers-without-end-stream", "RFC 9113 8.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(data(number, b"x"), headers(number, hpack.encode([("x", "1")]), end=False))
            malformed(conn, number)

    @case("headers-twice-without-end-stream", "RFC 9113 8.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(headers(number, hpack.encode(conn.head("/echo", "POST")), end=False))
            malformed(conn, number)

    @case("trailers-then-data", "RFC 9113 5.1")
    def _(target):
        target.need("slow")
        with Http2(target) as conn:
            number = conn.request("/slow?ms=1000", end=False)
            conn.raw(headers(number, hpack.encode([("x", "1")])))
            conn.sync()
            tolerate(conn, reaction(conn, data(number, b"late")), number, False, {STREAM_CLOSED}, {STREAM_CLOSED})

    @case("trailers-large", "RFC 9113 10.5.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            block = hpack.encode([("x", "v" * 15000)] * 5)
            pieces = [block[at:at + 16384] for at in range(0, len(block), 16384)]
            conn.raw(data(number, b"x"), headers(number, pieces[0], more=True),
                     *(continuation(number, piece, more=piece is not pieces[-1]) for piece in pieces[1:]))
            stream = conn.await_stream(number)
            check(not stream.ended or stream.status == 200 and not target.exacting or stream.status in REFUSALS, conn.seen(number))
            if target.exacting:
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
