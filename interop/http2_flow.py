"""Flow control (RFC 9113 sections 5.2 and 6.9), both ways. That no window is ever passed is looked after by the connection."""

from harness import check
from http2_connection import Http2
from http2_verdict import connection_error, good, promised, reaction, stream_error
from http2_wire import FLOW_CONTROL_ERROR, INITIAL_WINDOW_SIZE, LIKELY, MOST, PROTOCOL_ERROR, data, window_update

MEGABYTE = 1 << 20


def add(suite):
    stops(suite)
    wrong(suite)
    changes(suite)


def stalled(conn, path="/1m", **more):
    """A download that has used up the first window."""
    number = conn.request(path, **more)
    conn.pump(lambda: min(conn.window, conn.streams[number].window) == 0 or conn.streams[number].over)
    conn.sync()
    return number


def stops(suite):
    case = suite.case

    @case("window-of-the-connection-stops", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 4 * MEGABYTE}, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/1m")
            stream = conn.streams[number]
            conn.pump(lambda: conn.window == 0)
            conn.sync()
            check(len(stream.body) == LIKELY, "%d bytes" % len(stream.body))
            conn.grant(0, 100000)
            conn.pump(lambda: conn.window == 0)
            conn.sync()
            check(len(stream.body) == LIKELY + 100000, "%d bytes" % len(stream.body))
            conn.grant(0, MEGABYTE)
            check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @case("window-of-the-stream-stops", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.grant(0, 4 * MEGABYTE)
            number = conn.request("/1m")
            stream = conn.streams[number]
            conn.pump(lambda: stream.window == 0)
            conn.sync()
            check(len(stream.body) == LIKELY, "%d bytes" % len(stream.body))
            conn.grant(number, MEGABYTE)
            check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @case("window-shared-by-many-streams", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            numbers = [conn.request("/1k") for _ in range(100)]
            got = lambda: sum(len(conn.streams[number].body) for number in numbers)
            conn.pump(lambda: got() == LIKELY)
            conn.sync()
            check(got() == LIKELY, "%d bytes" % got())
            conn.grant(0, MEGABYTE)
            for number in numbers:
                check(len(conn.response(number).body) == 1024, "stream %d" % number)

    for size in (1, 2, 10, 100):
        @case("window-of-%d" % size, "RFC 9113 6.9.1")
        def _(target, size=size):
            with Http2(target, wanted={INITIAL_WINDOW_SIZE: size}, refill=False) as conn:
                conn.await_settings()
                number = conn.request("/1k")
                stream = conn.streams[number]
                for step in range(1, 11):
                    conn.pump(lambda: len(stream.body) == size * step)
                    check(len(stream.body) == size * step, "%d bytes" % len(stream.body))
                    if step < 10:
                        conn.grant(number, size)
                conn.grant(number, 2000)
                check(len(conn.response(number).body) == 1024, "not whole")

    @case("window-of-0-gets-headers-and-no-content", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/plaintext")
            if target.exacting:
                conn.await_head(number)
                check(conn.streams[number].status == 200, conn.seen(number))
            conn.sync()
            conn.sync()
            check(not conn.streams[number].body, "content within a window of 0")
            conn.grant(number, 13)
            good(conn.response(number))

    @case("window-of-0-lets-empty-responses-through", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            good(conn.fetch("/plaintext", "HEAD"), b"")
            if target.exacting:  # an empty DATA frame with END_STREAM needs no window, but only MAY be sent
                good(conn.fetch("/bytes/0"), b"")

    @case("window-of-the-connection-lets-ends-through", "RFC 9113 6.9.1")
    def _(target):
        # A response that has but its end to send does not wait behind one that has used up the connection's window.
        promised(target)
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 4 * MEGABYTE}, refill=False) as conn:
            conn.await_settings()
            large, empty = conn.request("/1m"), conn.request("/echo", "POST", end=False)
            conn.await_head(empty)
            conn.pump(lambda: conn.window == 0)
            conn.raw(data(empty, b"", True))
            good(conn.response(empty), b"")
            conn.grant(0, 2 * MEGABYTE)
            check(len(conn.response(large).body) == MEGABYTE, "not whole")

    @case("window-exactly-as-large-as-the-response", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 1024}, refill=False) as conn:
            conn.await_settings()
            for _ in range(5):
                good(conn.fetch("/1k"), b"x" * 1024)

    @case("window-exhausted-by-a-whole-response", "RFC 9113 6.9.1")
    def _(target):
        # The END_STREAM of a response that ends with the window may come in an empty DATA frame, for which there is always room.
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            check(len(conn.fetch("/bytes/65535").body) == LIKELY, "not whole")
            conn.sync()
            conn.grant(0, 100000)
            check(len(conn.fetch("/bytes/65535").body) == LIKELY, "not whole")


def wrong(suite):
    case = suite.case

    @case("window-update-0-of-the-connection", "RFC 9113 6.9")
    def _(target):
        with Http2(target) as conn:
            conn.raw(window_update(0, 0))
            connection_error(conn, PROTOCOL_ERROR)

    @case("window-update-0-of-a-stream", "RFC 9113 6.9")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(window_update(number, 0))
            stream_error(conn, number, PROTOCOL_ERROR)

    @case("window-update-0-of-an-idle-stream", "RFC 9113 5.1, 6.4")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            conn.raw(window_update(5, 0))
            connection_error(conn, PROTOCOL_ERROR)

    @case("window-update-0-with-the-reserved-bit", "RFC 9113 6.9")
    def _(target):
        with Http2(target) as conn:
            conn.raw(window_update(0, 1 << 31))
            connection_error(conn, PROTOCOL_ERROR)

    @case("window-overflow-of-the-connection", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            conn.raw(window_update(0, MOST))
            connection_error(conn, FLOW_CONTROL_ERROR)

    @case("window-overflow-of-the-connection-by-one", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            conn.raw(window_update(0, MOST - LIKELY), window_update(0, 1))
            connection_error(conn, FLOW_CONTROL_ERROR)

    @case("window-overflow-of-a-stream", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(window_update(number, MOST))
            stream_error(conn, number, FLOW_CONTROL_ERROR)

    @case("window-overflow-of-a-stream-by-one", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(window_update(number, MOST - LIKELY), window_update(number, 1))
            stream_error(conn, number, FLOW_CONTROL_ERROR)

    @case("window-overflow-by-settings", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            number = conn.request("/echo", "POST", end=False)
            conn.raw(window_update(number, MOST - LIKELY), conn.note_settings({INITIAL_WINDOW_SIZE: LIKELY + 1}))
            connection_error(conn, FLOW_CONTROL_ERROR)

    @case("windows-as-large-as-they-may-be", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, MOST - LIKELY)
            number = conn.request("/1m")
            conn.raw(window_update(number, 1))
            conn.streams[number].window += 1
            conn.change({INITIAL_WINDOW_SIZE: MOST - 1})
            check(len(good(conn.response(number), None).body) == MEGABYTE, "not whole")
            conn.alive()

    @case("window-overflow-spares-what-was-cancelled", "RFC 9113 6.9, 5.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.cancel(number)
            seen = reaction(conn, window_update(number, 100))
            check(not seen.ended, "WINDOW_UPDATE on a closed stream: %s" % conn.seen())
            conn.alive()


def changes(suite):
    case = suite.case

    @case("initial-window-grows-mid-stream", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.grant(0, 4 * MEGABYTE)
            number = stalled(conn)
            stream = conn.streams[number]
            check(len(stream.body) == LIKELY, "%d bytes" % len(stream.body))
            conn.change({INITIAL_WINDOW_SIZE: LIKELY + 1000})
            conn.pump(lambda: len(stream.body) == LIKELY + 1000)
            conn.sync()
            check(len(stream.body) == LIKELY + 1000, "%d bytes" % len(stream.body))
            conn.change({INITIAL_WINDOW_SIZE: 2 * MEGABYTE})
            check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @case("initial-window-shrinks-below-zero", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.grant(0, 4 * MEGABYTE)
            number = stalled(conn)
            stream = conn.streams[number]
            conn.change({INITIAL_WINDOW_SIZE: 1000})
            check(stream.window == 1000 - LIKELY, "the case itself is wrong: %d" % stream.window)
            conn.grant(number, LIKELY - 1000)
            conn.sync()
            conn.sync()
            check(len(stream.body) == LIKELY, "%d bytes, the window is 0" % len(stream.body))
            conn.grant(number, 10)
            conn.pump(lambda: len(stream.body) == LIKELY + 10)
            conn.sync()
            check(len(stream.body) == LIKELY + 10, "%d bytes" % len(stream.body))
            second = conn.request("/1m")  # a new one starts with the new size
            conn.pump(lambda: len(conn.streams[second].body) == 1000)
            conn.sync()
            check(len(conn.streams[second].body) == 1000, "%d bytes of a new stream" % len(conn.streams[second].body))
            conn.change({INITIAL_WINDOW_SIZE: 2 * MEGABYTE})
            check(len(conn.response(number).body) == len(conn.response(second).body) == MEGABYTE, "not whole")

    @case("initial-window-to-and-fro", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.grant(0, 4 * MEGABYTE)
            number = conn.request("/1m")
            for size in (0, 70000, 1, 100000, 50, 200000, 0, 300000):
                conn.change({INITIAL_WINDOW_SIZE: size})
            stream = conn.streams[number]
            conn.pump(lambda: len(stream.body) == 300000)
            conn.sync()
            check(len(stream.body) == 300000, "%d bytes of 300000" % len(stream.body))
            conn.change({INITIAL_WINDOW_SIZE: 2 * MEGABYTE})
            check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @case("initial-window-leaves-the-connection-alone", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, refill=False) as conn:
            number = stalled(conn)
            conn.change({INITIAL_WINDOW_SIZE: 4 * MEGABYTE})
            conn.sync()
            check(len(conn.streams[number].body) == LIKELY, "SETTINGS has changed the connection's window")
            conn.grant(0, 2 * MEGABYTE)
            check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @case("initial-window-with-many-streams", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 10}, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, 8 * MEGABYTE)
            numbers = [conn.request("/1k") for _ in range(50)]
            conn.pump(lambda: all(len(conn.streams[number].body) == 10 for number in numbers))
            conn.change({INITIAL_WINDOW_SIZE: 500})
            conn.pump(lambda: all(len(conn.streams[number].body) == 500 for number in numbers))
            conn.change({INITIAL_WINDOW_SIZE: LIKELY})
            for number in numbers:
                check(len(conn.response(number).body) == 1024, "stream %d" % number)
