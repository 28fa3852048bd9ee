"""The content of requests (RFC 9113 sections 8.1 and 8.1.1): of any size, in any pieces, with and without a length, its trailers."""

import http2_hpack as hpack
from harness import check, pattern
from http2_connection import Http2
from http2_verdict import REFUSALS, good, malformed, promised, reaction, tolerate
from http2_wire import NO_ERROR, PROTOCOL_ERROR, STREAM_CLOSED, continuation, data, headers, rst_stream

SIZES = (0, 1, 13, 1000, 16383, 16384, 16385, 65535, 65536, 65537, 300000, 1000000)


def add(suite):
    uploads(suite)
    lengths(suite)
    trailers(suite)


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

    @case("upload-goes-on-after-an-early-response", "RFC 9113 8.1")
    def _(target):
        # What a client still sends after a whole response is no error, however it ends: the end, trailers, or our reset.
        promised(target)  # others may wait for the whole request, even where nobody reads it
        with Http2(target) as conn:
            conn.await_settings()
            for last in (lambda number: data(number, b"", True), lambda number: headers(number, hpack.encode([("x-trailer", "1")])),
                         lambda number: rst_stream(number)):
                number = conn.request("/plaintext", "POST", end=False)
                stream = conn.await_stream(number)
                check(stream.status == 405 and (stream.ended or stream.reset == NO_ERROR), conn.seen(number))
                conn.raw(data(number, b"late"), data(number, b"later"), last(number))
                conn.sync()
                conn.alive()

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
