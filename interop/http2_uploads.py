"""Flow control where streams share a connection, and of uploads (RFC 9113 sections 5.2 and 6.9)."""

from harness import Skipped, check, pattern
from http2_connection import Http2
from http2_verdict import ended_with, good, promised, stream_error
from http2_wire import FLOW_CONTROL_ERROR, INITIAL_WINDOW_SIZE, PROTOCOL_ERROR, code_name, data, window_update

MEGABYTE = 1 << 20


def add(suite):
    siblings(suite)
    uploads(suite)


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
