"""Flow control (RFC 9113 sections 5.2 and 6.9), both ways. That no window is ever passed is looked after by the connection."""

from harness import Skipped, check, pattern
from http2_connection import Http2
from http2_verdict import connection_error, ended_with, good, promised, reaction, stream_error
from http2_wire import (
    FLOW_CONTROL_ERROR, INITIAL_WINDOW_SIZE, LIKELY, MOST, PRIORITY_UPDATE, PROTOCOL_ERROR, code_name, data, frame, window_update)

MEGABYTE = 1 << 20


def add(suite):
    stops(suite)
    wrong(suite)
    changes(suite)
    siblings(suite)
    uploads(suite)
    order(suite)


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


def siblings(suite):
    case = suite.case

    @case("stalled-download-leaves-the-others", "RFC 9113 5.2")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 5000}, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, 16 * MEGABYTE)
            held = [stalled_at(conn, 5000) for _ in range(10)]
            for _ in range(3):
                number = conn.request("/1m")
                conn.grant(number, 2 * MEGABYTE)
                check(len(good(conn.response(number), None).body) == MEGABYTE, "not whole")
            for number in held:
                conn.grant(number, 2 * MEGABYTE)
                check(len(good(conn.response(number), None).body) == MEGABYTE, "not whole")

    def stalled_at(conn, size):
        number = conn.request("/1m")
        conn.pump(lambda: len(conn.streams[number].body) == size)
        return number

    @case("stalled-upload-leaves-the-others", "RFC 9113 5.2")
    def _(target):
        # Echoes whose response window is closed fill up; the connection's window must not fill up with them.
        promised(target)
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, 8 * MEGABYTE)
            held = []
            for _ in range(8):
                held.append(conn.request("/echo", "POST", end=False))
                fill(conn, held[-1])
            body = pattern(300000)
            number = conn.request("/echo", "POST", end=False)
            conn.grant(number, MEGABYTE)
            conn.send_body(number, body)
            good(conn.response(number), body)
            for number in held:
                conn.grant(number, 8 * MEGABYTE)
                conn.raw(data(number, b"", True))
                good(conn.response(number), b"s" * conn.streams[number].sent)

    @case("stalled-upload-of-the-connection-leaves-control", "RFC 9113 6.9")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/echo", "POST", end=False)
            fill(conn, number)
            conn.sync()
            good(conn.fetch("/plaintext", "HEAD"), b"")


def fill(conn, number, most=4 * MEGABYTE):
    """Sends into an upload that is stuck until its window is closed and stays so."""
    stream, stream_sent = conn.streams[number], 0
    while stream_sent < most:
        room = min(stream.send_window, conn.send_window, 16384)
        if room <= 0:
            conn.sync()
            conn.sync()
            if min(stream.send_window, conn.send_window) <= 0:
                break
            continue
        conn.sent_data(number, data(number, b"s" * room), room)
        stream_sent += room
    stream.sent = stream_sent
    return stream_sent < most


def uploads(suite):
    case = suite.case

    @case("upload-past-the-stream's-window", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/echo", "POST", end=False)
            if not fill(conn, number):
                raise Skipped("the server takes whatever comes")
            conn.raw(*(data(number, b"x" * 16384) for _ in range(3)))
            conn.refill, conn.window = True, conn.window + MEGABYTE
            conn.raw(window_update(0, MEGABYTE))
            stream_error(conn, number, FLOW_CONTROL_ERROR)

    @case("upload-past-the-connection's-window", "RFC 9113 6.9.1")
    def _(target):
        promised(target)
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            excess = b"x" * 16384
            numbers = [conn.request("/echo", "POST", end=False) for _ in range(50)]
            # More than it has announced, without waiting for what it may announce meanwhile: either that was enough, or an error.
            for index in range(conn.send_window // 16384 + 64):
                conn.sent_data(numbers[index % 50], data(numbers[index % 50], excess), 16384)
            conn.sync()
            codes = {conn.streams[number].reset for number in numbers} - {None} | {one.code for one in conn.goaways}
            check(codes == {FLOW_CONTROL_ERROR} or not codes and conn.send_window >= 0,
                  "expected FLOW_CONTROL_ERROR: %s, the window is %d" % (", ".join(map(code_name, codes)), conn.send_window))

    @case("upload-as-large-as-the-window-at-once", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            number = conn.request("/echo", "POST", end=False)
            size = min(conn.send_window, conn.streams[number].send_window, MEGABYTE)
            body = pattern(size)
            conn.send_body(number, body)
            good(conn.response(number), body)

    @case("upload-windows-come-back", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target) as conn:
            for _ in range(6):
                body = pattern(100000)
                good(conn.fetch("/echo", "POST", body=body), body)
            conn.pump(lambda: conn.send_window >= 32768)
            check(conn.send_window >= 32768, "%d bytes of window are left" % conn.send_window)

    @case("upload-empty-data-with-a-closed-window", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/echo", "POST", end=False)
            if not fill(conn, number):
                raise Skipped("the server takes whatever comes")
            conn.raw(data(number, b"", True))
            conn.grant(0, 8 * MEGABYTE)
            conn.grant(number, 8 * MEGABYTE)
            good(conn.response(number), b"s" * conn.streams[number].sent)

    @case("upload-discarded-after-their-reset-is-refunded", "RFC 9113 5.1, 6.9")
    def _(target):
        # DATA that comes behind a stream error counts for the connection's window, and must be given back.
        with Http2(target) as conn:
            conn.await_settings()
            for _ in range(12):
                number = conn.request("/echo", "POST", [("content-length", "1")], end=False)
                size = min(16384, conn.send_window)
                conn.sent_data(number, data(number, b"x" * size), size)
                if conn.send_window >= 16384:
                    conn.sent_data(number, data(number, b"x" * 16384), 16384)
                conn.pump(lambda: conn.streams[number].over)
                if conn.wire.end:
                    check(not target.exacting, conn.seen(number))
                    ended_with(conn, {PROTOCOL_ERROR})
                    return
                conn.pump(lambda: conn.send_window >= 16384)
            body = pattern(200000)
            good(conn.fetch("/echo", "POST", body=body), body)

    @case("upload-behind-a-refused-stream-is-refunded", "RFC 9113 5.1.2, 6.9")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            conn.await_settings()
            held = [conn.request("/echo", "POST", end=False) for _ in range(conn.settings[3])]
            for _ in range(6):
                number = conn.request("/echo", "POST", end=False)
                conn.sent_data(number, data(number, b"x" * 16000, True), 16000)
                conn.pump(lambda: conn.streams[number].over)
                conn.pump(lambda: conn.send_window >= 16000)
            for number in held:
                conn.raw(data(number, b"", True))
            for number in held:
                good(conn.response(number), b"")
            body = pattern(200000)
            good(conn.fetch("/echo", "POST", body=body), body)

    @case("window-updates-are-not-dribbled", "RFC 9113 6.9.1")
    def _(target):
        # Advised: few updates with sizes worth sending.
        promised(target)
        with Http2(target) as conn:
            mark = len(conn.frames)
            body = pattern(MEGABYTE)
            good(conn.fetch("/echo", "POST", body=body), body)
            updates = [int.from_bytes(one.payload, "big") for one in conn.frames[mark:] if one.type == 8]
            check(len(updates) <= 200, "%d WINDOW_UPDATE frames for 1 MiB, the smallest of %d bytes" % (len(updates), min(updates, default=0)))


def order(suite):
    """Which of several waiting responses comes first (RFC 9218): promised by Millrace, advice to the others."""
    def race(conn, first, second):
        """Both wait for the connection's window; a part of it comes; how much of it went to the second?"""
        conn.pump(lambda: conn.window == 0)
        conn.sync()
        before = len(conn.streams[first].body), len(conn.streams[second].body)
        conn.grant(0, 200000)
        conn.pump(lambda: conn.window == 0)
        return len(conn.streams[first].body) - before[0], len(conn.streams[second].body) - before[1]

    rows = [
        ("urgent-overtakes", "u=5", "u=1", None, lambda first, second: second > 150000), ("less-urgent-waits", "u=1", "u=5", None, lambda first, second: first > 150000),
        ("default-is-3", "u=4", "", None, lambda first, second: second > 150000), ("incremental-share", "i", "i", None, lambda first, second: min(first, second) > 50000),
        ("update-overtakes", "u=5", "u=3", "u=0", lambda first, second: first > 150000), ("update-falls-behind", "u=1", "u=3", "u=7", lambda first, second: second > 150000)]
    for name, one, other, update, holds in rows:
        @suite.case("priority-" + name, "RFC 9218 10")
        def _(target, one=one, other=other, update=update, holds=holds):
            promised(target)
            with Http2(target, wanted={INITIAL_WINDOW_SIZE: 4 * MEGABYTE}, refill=False) as conn:
                conn.await_settings()
                field = lambda value: [("priority", value)] if value else []
                first, second = conn.request("/1m", fields=field(one)), conn.request("/1m", fields=field(other))
                if update:
                    conn.raw(frame(PRIORITY_UPDATE, 0, 0, first.to_bytes(4, "big") + update.encode()))
                shares = race(conn, first, second)
                check(holds(*shares), "of 200000 bytes %d and %d" % shares)
                conn.refill = True
                conn.grant(0, 4 * MEGABYTE)
                for number in (first, second):
                    check(len(conn.response(number).body) == MEGABYTE, "not whole")

    @suite.case("priority-update-before-the-request", "RFC 9218 7")
    def _(target):
        promised(target)
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 4 * MEGABYTE}, refill=False) as conn:
            conn.await_settings()
            conn.raw(frame(PRIORITY_UPDATE, 0, 0, (3).to_bytes(4, "big") + b"u=0"))
            shares = race(conn, conn.request("/1m"), conn.request("/1m"))
            check(shares[1] > 150000, "of 200000 bytes %d and %d" % shares)
