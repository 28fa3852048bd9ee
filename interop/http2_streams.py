"""Streams (RFC 9113 section 5.1): frames that a state does not take, identifiers, resets, how many at once."""

import struct

import http2_hpack as hpack
from harness import Skipped, check
from http2_connection import Http2
from http2_verdict import connection_error, ended_with, gave_up, good, promised, reaction, tolerate
from http2_wire import (
    DATA, ENHANCE_YOUR_CALM, MAX_CONCURRENT_STREAMS, MOST, PRIORITY_UPDATE, PROTOCOL_ERROR, REFUSED_STREAM, RST_STREAM, STREAM_CLOSED, continuation,
    data, frame, headers, priority, rst_stream, window_update)


def block(conn, path="/plaintext", method="GET", fields=()):
    return hpack.encode(conn.head(path, method, fields))


def add(suite):
    idle(suite)
    half_closed(suite)
    closed(suite)
    identifiers(suite)
    resets(suite)
    concurrency(suite)


def idle(suite):
    rows = [
        ("data", lambda number: data(number, b"x")), ("data-end", lambda number: data(number, b"", True)),
        ("rst-stream", lambda number: rst_stream(number)), ("window-update", lambda number: window_update(number, 1))]
    for name, made in rows:
        for number in (1, 1001, MOST):
            def case(target, made=made, number=number):
                with Http2(target) as conn:
                    conn.raw(made(number))
                    connection_error(conn, PROTOCOL_ERROR)
            suite.add("idle-%s-on-%d" % (name, number), "RFC 9113 5.1", case)

        def even(target, made=made):
            # Even numbers are the server's, which has opened none.
            with Http2(target) as conn:
                conn.raw(made(2))
                connection_error(conn, PROTOCOL_ERROR)
        suite.add("idle-%s-on-2" % name, "RFC 9113 5.1", even)

        def later(target, made=made):
            with Http2(target) as conn:
                conn.alive()
                conn.raw(made(conn.next_stream))
                connection_error(conn, PROTOCOL_ERROR)
        suite.add("idle-%s-after-a-request" % name, "RFC 9113 5.1", later)

    @suite.case("idle-priority", "RFC 9113 5.1, 6.3")
    def _(target):
        with Http2(target) as conn:
            conn.raw(priority(1), priority(7, depends=1), priority(1001, depends=3, weight=255, exclusive=True), priority(2), priority(MOST))
            conn.alive()


def half_closed(suite):
    """After our END_STREAM, while the server has yet to answer."""
    def waiting(conn):
        if not conn.target.has("slow"):
            conn.grant(0, 1)
            return conn.request("/1m")  # holds as long as the window lets it
        return conn.request("/slow?ms=3000")

    wrong = [
        ("data", lambda conn, number: data(number, b"x")), ("data-end", lambda conn, number: data(number, b"", True)),
        ("data-empty", lambda conn, number: data(number)),
        ("headers", lambda conn, number: headers(number, hpack.encode([("x-trailer", "1")]))),
        ("headers-request", lambda conn, number: headers(number, block(conn)))]
    for name, made in wrong:
        def case(target, made=made):
            with Http2(target, refill=False) as conn:
                conn.await_settings()
                number = waiting(conn)
                conn.sync()
                seen = reaction(conn, made(conn, number))
                conn.refill = True
                conn.window += 1 << 20
                conn.raw(window_update(0, 1 << 20))
                tolerate(conn, seen, number, resets={STREAM_CLOSED}, goaway={STREAM_CLOSED})
        suite.add("half-closed-" + name, "RFC 9113 5.1", case)

    right = [
        ("window-update", lambda number: window_update(number, 100)), ("priority", lambda number: priority(number, 0, 7)),
        ("priority-update", lambda number: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", number) + b"u=1")),
        ("unknown", lambda number: frame(0xBE, 0, number, b"?"))]
    for name, made in right:
        def fine(target, made=made):
            with Http2(target) as conn:
                number = conn.request("/slow?ms=100" if target.has("slow") else "/1m")
                conn.raw(made(number))
                if name == "window-update":
                    conn.streams[number].window += 100
                good(conn.response(number), None)
                conn.alive()
        suite.add("half-closed-%s-is-fine" % name, "RFC 9113 5.1", fine)

    @suite.case("half-closed-rst-stream-is-fine", "RFC 9113 5.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/slow?ms=3000" if target.has("slow") else "/1m")
            conn.cancel(number)
            conn.sync()
            conn.alive()


def closed(suite):
    """After the end of both directions, or after our RST_STREAM. 5.1 lets a server be strict, or process minimally."""
    sent = [
        ("data", lambda conn, number: data(number, b"x"), {STREAM_CLOSED}, {STREAM_CLOSED, PROTOCOL_ERROR}, False),
        ("data-end", lambda conn, number: data(number, b"", True), {STREAM_CLOSED}, {STREAM_CLOSED, PROTOCOL_ERROR}, False),
        ("headers", lambda conn, number: headers(number, block(conn)), {STREAM_CLOSED}, {STREAM_CLOSED, PROTOCOL_ERROR}, False),
        ("trailers", lambda conn, number: headers(number, hpack.encode([("x-trailer", "1")])), {STREAM_CLOSED},
         {STREAM_CLOSED, PROTOCOL_ERROR}, False),
        ("continuation", lambda conn, number: continuation(number, b""), (), {PROTOCOL_ERROR, STREAM_CLOSED}, False),
        ("window-update", lambda conn, number: window_update(number, 1), (), (), True),
        ("rst-stream", lambda conn, number: rst_stream(number), (), {STREAM_CLOSED}, True),
        ("priority", lambda conn, number: priority(number), (), (), True),
        ("unknown", lambda conn, number: frame(0xBE, 0, number, b"?"), (), (), True)]
    for name, made, resets, goaways, ignored in sent:
        def after_response(target, made=made, resets=resets, goaways=goaways, ignored=ignored):
            with Http2(target) as conn:
                number = conn.request()
                good(conn.response(number))
                conn.sync()
                seen = reaction(conn, made(conn, number))
                tolerate(conn, seen, number, ignored or not target.exacting and resets, resets, goaways)
        suite.add("closed-by-response-%s" % name, "RFC 9113 5.1", after_response)

        # After our own RST_STREAM nothing we send is "in flight": an error, or the minimal processing that 5.1 allows.
        def after_reset(target, made=made, resets=resets, goaways=goaways, name=name):
            with Http2(target) as conn:
                number = conn.request("/slow?ms=5000" if target.has("slow") else "/1m")
                conn.cancel(number)
                conn.sync()
                seen = reaction(conn, made(conn, number))
                check(not (name == "rst-stream" and seen.resets), "RST_STREAM in response to RST_STREAM (5.4.2)")
                tolerate(conn, seen, number, name != "continuation", resets, goaways)
        suite.add("closed-by-our-reset-%s" % name, "RFC 9113 5.1", after_reset)

    @suite.case("closed-by-their-reset-minimal-processing", "RFC 9113 5.1")
    def _(target):
        # What we sent before we saw their RST_STREAM must be processed and dropped: compression state, windows.
        with Http2(target) as conn:
            number = conn.send_head([*conn.head("/echo", "POST", [("content-length", "5")])], end=False, method="POST")
            conn.raw(data(number, b"too much content"))
            for _ in range(3):
                conn.raw(data(number, b"still"))
            conn.raw(headers(number, hpack.literal("x-later", "1", hpack.INCREMENTAL)))
            conn.pump(lambda: conn.streams[number].over)
            if conn.wire.end:
                ended_with(conn, {PROTOCOL_ERROR, STREAM_CLOSED})
                return
            second = conn.open()
            conn.raw(headers(second, block(conn) + hpack.indexed(62)))  # the entry that the dropped block has added
            good(conn.response(second))
            conn.alive()


    @suite.case("closed-by-their-reset-is-said-once", "RFC 9113 5.4.2")
    def _(target):
        # "Normally, an endpoint SHOULD NOT send more than one RST_STREAM frame for any stream."
        promised(target)
        with Http2(target) as conn:
            number = conn.send_head([*conn.head("/echo", "POST", [("content-length", "1")])], end=False, method="POST")
            conn.raw(data(number, b"too much"), *(data(number, b"more") for _ in range(10)),
                     headers(number, hpack.literal("x-later", "1")))
            conn.sync()
            count = sum(1 for one in conn.frames if one.type == RST_STREAM and one.stream == number)
            check(count == 1, "%d RST_STREAM frames for one stream" % count)
            conn.alive()


def identifiers(suite):
    case = suite.case

    for number in (2, 4, 1000, MOST - 1):
        @case("id-even-%d" % number, "RFC 9113 5.1.1")
        def _(target, number=number):
            with Http2(target) as conn:
                conn.raw(headers(number, block(conn)))
                connection_error(conn, PROTOCOL_ERROR)

    @case("id-smaller", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target) as conn:
            good(conn.fetch(number=5))
            conn.raw(headers(3, block(conn)))
            connection_error(conn, PROTOCOL_ERROR, STREAM_CLOSED)

    @case("id-smaller-while-open", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target) as conn:
            conn.request("/echo", "POST", end=False, number=7)
            conn.raw(headers(5, block(conn)))
            connection_error(conn, PROTOCOL_ERROR, STREAM_CLOSED)

    @case("id-skipped-is-closed", "RFC 9113 5.1.1")
    def _(target):
        for made in (data(3, b"x"), headers(1, b"\x82\x86\x84")):
            with Http2(target) as conn:
                good(conn.fetch(number=9))
                seen = reaction(conn, made)
                tolerate(conn, seen, 3 if made[3] == DATA else 1, not target.exacting, {STREAM_CLOSED}, {STREAM_CLOSED, PROTOCOL_ERROR})

    @case("id-skipped-takes-harmless-frames", "RFC 9113 5.1")
    def _(target):
        with Http2(target) as conn:
            good(conn.fetch(number=9))
            conn.raw(window_update(3, 1), priority(5))
            conn.alive()

    @case("id-leaps", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target) as conn:
            for number in (1, 3, 101, 1001, 65537, 1000001, (1 << 30) + 1):
                good(conn.fetch(number=number))

    @case("id-last", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request(number=MOST)
            good(conn.response(number))
            conn.sync()

    @case("id-after-the-last", "RFC 9113 5.1.1")
    def _(target):
        # There is no number left: what opens a stream now names one that is closed.
        with Http2(target) as conn:
            good(conn.fetch(number=MOST))
            conn.raw(headers(MOST - 2, block(conn)))
            connection_error(conn, PROTOCOL_ERROR, STREAM_CLOSED)

    @case("id-again-while-half-closed", "RFC 9113 5.1.1")
    def _(target):
        with Http2(target, refill=False) as conn:
            number = conn.request("/slow?ms=3000" if target.has("slow") else "/1m")
            conn.sync()
            seen = reaction(conn, headers(number, block(conn)))
            conn.refill = True
            conn.window += 1 << 20
            conn.raw(window_update(0, 1 << 20))
            tolerate(conn, seen, number, False, {STREAM_CLOSED, PROTOCOL_ERROR}, {STREAM_CLOSED, PROTOCOL_ERROR})


def resets(suite):
    case = suite.case

    for code in (0, 1, 2, 8, 13, 0xBEEF, 0xFFFFFFFF):
        @case("rst-stream-code-0x%x" % code, "RFC 9113 6.4, 7")
        def _(target, code=code):
            with Http2(target) as conn:
                number = conn.request("/echo", "POST", end=False)
                conn.raw(data(number, b"begun"))
                conn.cancel(number, code)
                conn.sync()
                conn.sync()  # whatever still came on the stream would be seen here
                conn.alive()

    @case("rst-stream-twice", "RFC 9113 5.4.2")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.cancel(number)
            seen = reaction(conn, rst_stream(number))
            check(number not in seen.resets, "RST_STREAM in response to RST_STREAM")
            tolerate(conn, seen, number, True, (), {STREAM_CLOSED})

    @case("rst-stream-stops-a-response", "RFC 9113 6.4")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/bytes/1000000000" if target.has("bytes") else "/1m")
            conn.pump(lambda: len(conn.streams[number].body) > 40000)
            conn.cancel(number)
            conn.grant(0, 1 << 20)
            conn.sync()
            conn.sync()
            conn.alive()

    @case("rst-stream-in-the-middle-of-an-upload", "RFC 9113 6.4, 6.9")
    def _(target):
        # What was received on cancelled streams goes back to the connection's window, else the fifth upload starves.
        with Http2(target) as conn:
            for _ in range(8):
                number = conn.request("/echo", "POST", end=False)
                stream = conn.streams[number]
                size = min(conn.send_window, stream.send_window, 30000)
                conn.send_body(number, b"x" * size, end=False)
                conn.cancel(number)
                conn.pump(lambda: conn.send_window >= 30000)
            check(conn.send_window >= 30000, "the connection's window is not given back: %d" % conn.send_window)
            conn.alive()

    @case("rst-stream-of-20-at-once", "RFC 9113 6.4")
    def _(target):
        with Http2(target) as conn:
            numbers = [conn.request("/slow?ms=2000" if target.has("slow") else "/1m") for _ in range(20)]
            for number in numbers:
                conn.cancel(number)
            conn.sync()
            conn.alive()

    @case("rst-stream-at-once-with-headers", "RFC 9113 5.1")
    def _(target):
        with Http2(target) as conn:
            for _ in range(10):
                number = conn.open()
                conn.raw(headers(number, block(conn)), rst_stream(number))
                conn.streams[number].cancelled = True
            conn.sync()
            conn.alive()

    @case("rst-stream-leaves-the-others", "RFC 9113 5.4.2")
    def _(target):
        with Http2(target) as conn:
            first, second, third = conn.request("/1m"), conn.request("/1m"), conn.request("/1m")
            conn.pump(lambda: conn.streams[second].body or conn.streams[second].over)
            conn.cancel(second)
            for number in (first, third):
                check(len(good(conn.response(number), None).body) == 1 << 20, "not whole")


def concurrency(suite):
    case = suite.case

    def limit(conn):
        conn.await_settings()
        most = conn.settings.get(MAX_CONCURRENT_STREAMS)
        if most is None or most > 1000:
            raise Skipped("no bound on streams that could be reached")
        return most

    @case("concurrency-passed-is-refused", "RFC 9113 5.1.2")
    def _(target):
        with Http2(target) as conn:
            most = limit(conn)
            held = [conn.request("/echo", "POST", end=False) for _ in range(most)]
            extra = [conn.request("/echo", "POST", end=False) for _ in range(3)]
            conn.pump(lambda: all(conn.streams[number].over for number in extra))
            if gave_up(conn, REFUSED_STREAM, PROTOCOL_ERROR):
                return
            for number in extra:
                check(conn.streams[number].reset in (REFUSED_STREAM, PROTOCOL_ERROR), conn.seen(number))
                check(not target.exacting or conn.streams[number].reset == REFUSED_STREAM, "retry would be safe: " + conn.seen(number))
            check(not any(conn.streams[number].over for number in held), "streams within the bound have ended")
            for number in held:
                conn.raw(data(number, b"content", True))
            for number in held:
                good(conn.response(number), b"content")
            conn.alive()

    @case("concurrency-refused-block-is-decoded", "RFC 9113 4.3, 5.1.2")
    def _(target):
        # A refused stream's field block still counts for the compression state.
        with Http2(target) as conn:
            most = limit(conn)
            held = [conn.request("/echo", "POST", end=False) for _ in range(most)]
            extra = conn.open("POST")
            conn.raw(headers(extra, block(conn, "/echo", "POST") + hpack.literal("x-refused", "1", hpack.INCREMENTAL)))
            conn.pump(lambda: conn.streams[extra].over)
            if gave_up(conn, REFUSED_STREAM, PROTOCOL_ERROR):
                return
            check(conn.streams[extra].reset is not None, conn.seen(extra))
            conn.raw(data(held[0], b"", True))
            conn.response(held[0])
            again = conn.open()
            conn.raw(headers(again, block(conn) + hpack.indexed(62)))
            good(conn.response(again))

    @case("concurrency-half-closed-counts", "RFC 9113 5.1.2")
    def _(target):
        target.need("slow")
        with Http2(target) as conn:
            most = limit(conn)
            held = [conn.request("/slow?ms=1500") for _ in range(most)]
            extra = conn.request("/plaintext")
            stream = conn.await_stream(extra)
            if gave_up(conn, REFUSED_STREAM, PROTOCOL_ERROR):
                return
            check(stream.reset in (REFUSED_STREAM, PROTOCOL_ERROR) or stream.status == 503, conn.seen(extra))
            for number in held:
                good(conn.response(number), None)
            conn.alive()

    @case("concurrency-as-many-as-allowed-again-and-again", "RFC 9113 5.1.2")
    def _(target):
        with Http2(target) as conn:
            most = min(limit(conn), 100)
            for _ in range(5):
                for number in [conn.request() for _ in range(most)]:
                    good(conn.response(number))

    @case("concurrency-reset-makes-room", "RFC 9113 5.1.2")
    def _(target):
        with Http2(target) as conn:
            most = limit(conn)
            held = [conn.request("/echo", "POST", end=False) for _ in range(most)]
            for number in held[:10]:
                conn.cancel(number)
            conn.sync()
            for _ in range(10):
                good(conn.fetch())

    @case("concurrency-priority-opens-nothing", "RFC 9113 5.1.2")
    def _(target):
        with Http2(target) as conn:
            most = min(limit(conn), 128)
            seen = reaction(conn, *(priority(1001 + 2 * index) for index in range(most + 10)))
            tolerate(conn, seen, 0, True, (), () if target.exacting else {ENHANCE_YOUR_CALM})
