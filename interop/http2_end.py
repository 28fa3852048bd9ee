"""How a connection ends (RFC 9113 5.4.3 and 6.8): GOAWAY from us, ends half-way, and the server's graceful stop."""

import time

import http2_hpack as hpack
from harness import check, pattern
from http2_connection import Http2
from http2_verdict import ended_with, good, promised, reaction
from http2_wire import MOST, NO_ERROR, PING, PROTOCOL_ERROR, SETTINGS, data, frame, goaway, headers


def add(suite):
    by_us(suite)
    half_way(suite)
    graceful(suite)


def by_us(suite):
    case = suite.case

    rows = [("no-error", goaway(0, NO_ERROR)), ("with-debug-data", goaway(0, NO_ERROR, b"debug " * 1000)), ("largest-last-stream", goaway(MOST - 1)),
            ("reserved-bit", goaway((MOST - 1) | 1 << 31)), ("twice", goaway(MOST - 1) + goaway(0))]
    for name, sent in rows:
        @case("goaway-%s-lets-responses-finish" % name, "RFC 9113 6.8")
        def _(target, sent=sent):
            with Http2(target) as conn:
                number, other = conn.request("/1m"), conn.request("/echo", "POST", end=False)
                conn.raw(sent, data(other, b"content", True))
                check(len(good(conn.response(number), None).body) == 1 << 20, "not whole")
                good(conn.response(other), b"content")

    @case("goaway-of-a-stream-of-ours", "RFC 9113 6.8")
    def _(target):
        # 2^31-1 is what a server says when it begins to shut down; from a client it names no stream of the server's.
        with Http2(target) as conn:
            seen = reaction(conn, goaway(MOST))
            if not seen.ended:
                conn.alive()
            elif conn.goaways or target.exacting:  # who has no more use for the connection SHOULD say so, too
                ended_with(conn, {NO_ERROR, PROTOCOL_ERROR})

    for code in (1, 2, 8, 11, 0xFE, 0xFFFFFFFF):
        @case("goaway-with-code-0x%x" % code, "RFC 9113 6.8, 7")
        def _(target, code=code):
            # What a peer in trouble still gets is the server's choice; it must not take it for an error of its own.
            with Http2(target) as conn:
                conn.raw(goaway(0, code, b"trouble"))
                seen = reaction(conn)
                check(seen.goaway in (None, NO_ERROR), conn.seen())

    @case("goaway-then-leaving", "RFC 9113 6.8")
    def _(target):
        with Http2(target) as conn:
            good(conn.fetch())
            conn.raw(goaway())
            conn.finish()
            conn.await_end()
            check(not conn.goaways or conn.goaways[-1].code == NO_ERROR, conn.seen())

    @case("goaway-when-idle-ends-the-connection-or-not", "RFC 9113 6.8")
    def _(target):
        # It is about streams of the server's, of which there are none: further requests may be served, or the connection ends.
        with Http2(target) as conn:
            good(conn.fetch())
            conn.raw(goaway())
            number = conn.request()
            stream = conn.await_stream(number)
            check(stream.over or conn.wire.end, conn.seen(number))
            check(not stream.ended or stream.status == 200, conn.seen(number))
            check(not conn.goaways or conn.goaways[-1].code == NO_ERROR, conn.seen(number))


def half_way(suite):
    case = suite.case

    def healthy(target):
        with Http2(target) as conn:
            conn.alive()

    @case("leaves-between-requests", "RFC 9113 5.4.3")
    def _(target):
        with Http2(target) as conn:
            good(conn.fetch())
            conn.finish()
            conn.await_end()
            check(not conn.goaways or conn.goaways[-1].code == NO_ERROR, conn.seen())

    @case("half-close-behind-a-request", "RFC 9113 5.4.3")
    def _(target):
        # Served to the end, or given up; in any case over.
        with Http2(target) as conn:
            number = conn.request("/1k")
            conn.finish()
            conn.await_end()
            check(conn.wire.end and (not conn.streams[number].ended or conn.streams[number].status == 200), conn.seen(number))

    @case("half-close-within-an-upload", "RFC 9113 5.4.3")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(data(number, b"content"))
            conn.finish()
            conn.await_end()
            stream = conn.streams[number]
            check(not stream.ended or stream.status >= 400, "half of an upload is echoed as a whole: %s" % stream)
        healthy(target)

    for when in ("download", "upload", "slow", "preface", "block"):
        @case("reset-during-" + when, "RFC 9113 5.4.3")
        def _(target, when=when):
            for _ in range(5):
                conn = Http2(target, refill=False)
                if when == "download":
                    number = conn.request("/1m")
                    conn.pump(lambda: conn.streams[number].body)
                elif when == "upload":
                    conn.send_body(conn.request("/echo", "POST", end=False), pattern(20000), end=False)
                elif when == "slow":
                    conn.request("/slow?ms=5000" if target.has("slow") else "/1m")
                    conn.sync()
                elif when == "block":
                    conn.raw(headers(conn.open(), hpack.encode(conn.head()), more=True))
                conn.reset()
            healthy(target)

    @case("leaves-with-many-streams-open", "RFC 9113 5.4.3")
    def _(target):
        with Http2(target, refill=False) as conn:
            for _ in range(30):
                conn.request("/1m")
                conn.request("/echo", "POST", end=False)
            conn.sync()
        healthy(target)

    @case("not-a-byte-after-an-error", "RFC 9113 5.4.1")
    def _(target):
        # The connection is over with the error, and what stands behind it in the same write is not served.
        with Http2(target) as conn:
            conn.await_settings()
            first = conn.open()
            conn.raw(headers(0, b"\x82"), headers(first, hpack.encode(conn.head())))
            conn.await_end()
            check(conn.streams[first].fields is None, "a request behind a connection error is answered")
            check(not conn.goaways or conn.goaways[-1].code == PROTOCOL_ERROR, conn.seen())

    @case("error-names-the-last-stream", "RFC 9113 6.8")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            for _ in range(3):
                good(conn.fetch())
            conn.raw(headers(0, b"\x82"))
            conn.await_end()
            check(conn.goaways and conn.goaways[-1].last == 5, conn.seen())
            check(conn.goaways[-1].debug, "no debug data says what was wrong")

    @case("error-is-said-once", "RFC 9113 5.4")
    def _(target):
        promised(target)  # "an endpoint SHOULD report just one type of connection error"
        with Http2(target) as conn:
            conn.await_settings()
            conn.raw(headers(0, b"\x82"), frame(SETTINGS, 0, 0, b"\0"), frame(PING, 0, 0, b"\0"), data(9, b"x"))
            conn.await_end()
            check([one.code for one in conn.goaways] == [PROTOCOL_ERROR], conn.seen())

    @case("error-arrives-though-more-was-sent", "RFC 9113 6.8")
    def _(target):
        # Bytes behind the error must not turn the close into a reset that destroys GOAWAY on its way.
        promised(target)
        for _ in range(5):
            with Http2(target) as conn:
                number = conn.request("/echo", "POST", end=False)
                conn.raw(headers(0, b"\x82"), *(data(number, b"x" * 16000) for _ in range(4)))
                conn.raw(*(data(number, b"x" * 16000) for _ in range(20)))
                conn.await_end()
                check(conn.goaways and conn.goaways[-1].code == PROTOCOL_ERROR, conn.seen())


def graceful(suite):
    """SIGTERM: GOAWAY twice, what is open is finished, the process ends with 0, or 3 if it had to cut off. Each case stops a server of its own."""
    case = suite.case

    def own(target, *options):
        promised(target)
        made = type(target)(*options)
        made.secure = target.secure
        return made

    def goodbye(conn):
        conn.pump(lambda: conn.goaways)
        check(conn.goaways and conn.goaways[0].code == NO_ERROR, conn.seen())

    @case("stop-finishes-what-is-open", "RFC 9113 6.8")
    def _(target):
        with own(target) as server, Http2(server) as conn:
            slow, echo, large = conn.request("/slow?ms=700"), conn.request("/echo", "POST", end=False), conn.request("/bytes/3000000")
            conn.raw(data(echo, b"begun, "))
            conn.sync()
            server.process.terminate()
            goodbye(conn)
            check(conn.goaways[0].last == MOST, "the first GOAWAY is to warn: last stream 2^31-1; %s" % conn.seen())
            late = conn.request()  # sent before the second GOAWAY is known: in flight, and served
            conn.raw(data(echo, b"finished", True))
            good(conn.response(slow), None)
            good(conn.response(echo), b"begun, finished")
            check(len(good(conn.response(large), None).body) == 3000000, "not whole")
            conn.await_end()
            check(conn.streams[late].ended or conn.goaways[-1].last < late, "a request is lost: %s" % conn.seen(late))
            check(len(conn.goaways) >= 2 and conn.goaways[-1].code == NO_ERROR and conn.goaways[-1].last < MOST, conn.seen())
            check(conn.wire.end == "eof", "ended by %s" % conn.wire.end)
            check(server.process.wait(20) == 0, "exit status %s" % server.process.returncode)

    @case("stop-ends-idle-connections-at-once", "RFC 9113 6.8")
    def _(target):
        with own(target, "--drain", "60") as server, Http2(server) as used, Http2(server) as fresh:
            good(used.fetch())
            fresh.await_settings()
            server.process.terminate()
            for conn in (used, fresh):
                goodbye(conn)
                conn.await_end()
                check(conn.goaways[-1].code == NO_ERROR and conn.goaways[-1].last in (0, 1), conn.seen())
            check(server.process.wait(20) == 0, "exit status %s" % server.process.returncode)

    @case("stop-is-bounded-by-its-deadline", "RFC 9113 6.8", both=False)
    def _(target):
        with own(target, "--drain", "1") as server, Http2(server) as conn:
            conn.request("/slow?ms=600000")
            conn.request("/echo", "POST", end=False)
            conn.request("/bytes/1000000000000")
            conn.sync()
            server.process.terminate()
            goodbye(conn)
            begun = time.monotonic()
            conn.await_end()
            check(server.process.wait(20) == 3, "exit status %s" % server.process.returncode)
            check(time.monotonic() - begun < 19, "the deadline of the stop is not kept")

    @case("stop-serves-no-later-streams", "RFC 9113 6.8", both=False)
    def _(target):
        with own(target) as server, Http2(server) as conn:
            slow = conn.request("/slow?ms=1500")
            conn.sync()
            server.process.terminate()
            conn.pump(lambda: len(conn.goaways) >= 2)
            check(len(conn.goaways) >= 2, conn.seen())
            late = conn.request()
            good(conn.response(slow), None)
            conn.await_end()
            check(not conn.streams[late].ended, "a stream beyond the last one is served: %s" % conn.seen(late))
