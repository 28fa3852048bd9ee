"""Frames by themselves (RFC 9113 sections 4 and 6): sizes, padding, streams they may not be on, unknown types, flags and bits."""

import struct

import http2_hpack as hpack
from harness import Skipped, check
from http2_connection import Http2
from http2_verdict import connection_error, good, promised, stream_error
from http2_wire import (
    ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, FRAME_SIZE_ERROR, GOAWAY, HEADERS, PADDED, PING, PRIORITY,
    PRIORITY_UPDATE, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED, WINDOW_UPDATE, WITH_PRIORITY, continuation,
    data, frame, goaway, headers, padded, ping, priority, settings, window_update)

R = 1 << 31  # the reserved bit before a stream's number


def block(conn, path="/plaintext", method="GET", fields=()):
    return hpack.encode(conn.head(path, method, fields))


def upload(conn):
    """Begins a request with content."""
    return conn.request("/echo", "POST", end=False)


def add(suite):
    fatal(suite)
    sizes(suite)
    padding(suite)
    unknown(suite)
    flags(suite)
    pings(suite)
    blocks(suite)


# What ends the connection: name, section, the frame, the codes.
FATAL = [
    ("settings-of-5-bytes", "6.5", lambda conn: frame(SETTINGS, 0, 0, b"\0" * 5), {FRAME_SIZE_ERROR}),
    ("settings-of-7-bytes", "6.5", lambda conn: frame(SETTINGS, 0, 0, b"\0" * 7), {FRAME_SIZE_ERROR}),
    ("settings-ack-with-payload", "6.5", lambda conn: frame(SETTINGS, ACK, 0, struct.pack(">HI", 3, 1)), {FRAME_SIZE_ERROR}),
    ("settings-ack-with-a-byte", "6.5", lambda conn: frame(SETTINGS, ACK, 0, b"\0"), {FRAME_SIZE_ERROR}),
    ("settings-on-a-stream", "6.5", lambda conn: settings(stream=1), {PROTOCOL_ERROR}),
    ("settings-ack-on-a-stream", "6.5", lambda conn: settings(flags=ACK, stream=1), {PROTOCOL_ERROR}),
    ("ping-of-0-bytes", "6.7", lambda conn: ping(b""), {FRAME_SIZE_ERROR}),
    ("ping-of-7-bytes", "6.7", lambda conn: ping(b"1234567"), {FRAME_SIZE_ERROR}),
    ("ping-of-9-bytes", "6.7", lambda conn: ping(b"123456789"), {FRAME_SIZE_ERROR}),
    ("ping-ack-of-7-bytes", "6.7", lambda conn: ping(b"1234567", ACK), {FRAME_SIZE_ERROR}),
    ("ping-on-a-stream", "6.7", lambda conn: ping(stream=1), {PROTOCOL_ERROR}),
    ("ping-on-an-open-stream", "6.7", lambda conn: ping(stream=upload(conn)), {PROTOCOL_ERROR}),
    ("goaway-of-7-bytes", "6.8, 4.2", lambda conn: frame(GOAWAY, 0, 0, b"\0" * 7), {FRAME_SIZE_ERROR}),
    ("goaway-of-0-bytes", "6.8, 4.2", lambda conn: frame(GOAWAY, 0, 0), {FRAME_SIZE_ERROR}),
    ("goaway-on-a-stream", "6.8", lambda conn: frame(GOAWAY, 0, 1, b"\0" * 8), {PROTOCOL_ERROR}),
    ("window-update-of-3-bytes", "6.9", lambda conn: frame(WINDOW_UPDATE, 0, 0, b"\0\0\1"), {FRAME_SIZE_ERROR}),
    ("window-update-of-5-bytes", "6.9", lambda conn: frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\1\0"), {FRAME_SIZE_ERROR}),
    ("window-update-of-3-bytes-on-a-stream", "6.9", lambda conn: frame(WINDOW_UPDATE, 0, upload(conn), b"\0\0\1"), {FRAME_SIZE_ERROR}),
    ("rst-stream-of-3-bytes", "6.4", lambda conn: frame(RST_STREAM, 0, upload(conn), b"\0\0\0"), {FRAME_SIZE_ERROR}),
    ("rst-stream-of-5-bytes", "6.4", lambda conn: frame(RST_STREAM, 0, upload(conn), b"\0" * 5), {FRAME_SIZE_ERROR}),
    ("rst-stream-of-0-bytes", "6.4", lambda conn: frame(RST_STREAM, 0, upload(conn)), {FRAME_SIZE_ERROR}),
    ("data-on-stream-0", "6.1", lambda conn: data(0, b"x"), {PROTOCOL_ERROR}),
    ("headers-on-stream-0", "6.2", lambda conn: headers(0, block(conn)), {PROTOCOL_ERROR}),
    ("priority-on-stream-0", "6.3", lambda conn: priority(0), {PROTOCOL_ERROR}),
    ("rst-stream-on-stream-0", "6.4", lambda conn: frame(RST_STREAM, 0, 0, b"\0" * 4), {PROTOCOL_ERROR}),
    ("continuation-on-stream-0", "6.10", lambda conn: continuation(0, b""), {PROTOCOL_ERROR}),
    ("push-promise", "8.4", lambda conn: frame(PUSH_PROMISE, END_HEADERS, upload(conn), struct.pack(">I", 2) + block(conn)), {PROTOCOL_ERROR}),
    ("push-promise-on-stream-0", "6.6", lambda conn: frame(PUSH_PROMISE, END_HEADERS, 0, struct.pack(">I", 2) + block(conn)), {PROTOCOL_ERROR}),
    ("push-promise-on-an-idle-stream", "6.6", lambda conn: frame(PUSH_PROMISE, END_HEADERS, 5, struct.pack(">I", 2)), {PROTOCOL_ERROR}),
    ("data-padding-longer-than-the-payload", "6.1", lambda conn: frame(DATA, PADDED, upload(conn), b"\xffabcd"), {PROTOCOL_ERROR}),
    ("data-padding-equals-the-payload", "6.1", lambda conn: frame(DATA, PADDED, upload(conn), b"\x05abcd"), {PROTOCOL_ERROR}),
    ("headers-padding-equals-the-payload", "6.2", lambda conn: frame(HEADERS, PADDED | END_HEADERS | END_STREAM, conn.open(),
                                                                     bytes([len(block(conn)) + 1]) + block(conn)), {PROTOCOL_ERROR}),
    ("headers-padding-longer-than-the-payload", "6.2", lambda conn: frame(HEADERS, PADDED | END_HEADERS | END_STREAM, conn.open(), b"\xff" + block(conn)),
     {PROTOCOL_ERROR}),
    ("headers-padding-reaches-into-the-priority", "6.2", lambda conn: frame(HEADERS, PADDED | WITH_PRIORITY | END_HEADERS | END_STREAM, conn.open(),
                                                                            b"\x03\0\0\0\0\0\0\0"), {PROTOCOL_ERROR, FRAME_SIZE_ERROR}),
    ("data-padded-without-its-length", "6.1, 4.2", lambda conn: frame(DATA, PADDED, upload(conn)), {FRAME_SIZE_ERROR, PROTOCOL_ERROR}),
    ("headers-padded-without-its-length", "6.2, 4.2", lambda conn: frame(HEADERS, PADDED | END_HEADERS | END_STREAM, conn.open()),
     {FRAME_SIZE_ERROR, PROTOCOL_ERROR}),
    ("headers-too-short-for-the-priority", "6.2, 4.2", lambda conn: frame(HEADERS, WITH_PRIORITY | END_HEADERS | END_STREAM, conn.open(), b"\0\0\0\0"),
     {FRAME_SIZE_ERROR, PROTOCOL_ERROR}),
]

def fatal(suite):
    for name, section, made, codes in FATAL:
        def case(target, made=made, codes=codes):
            with Http2(target) as conn:
                conn.raw(made(conn))
                connection_error(conn, *codes)
        suite.add("fatal-" + name, "RFC 9113 " + section, case)


def sizes(suite):
    case = suite.case

    too_large = [
        ("headers", lambda conn, size: frame(HEADERS, END_HEADERS | END_STREAM, conn.open(), block(conn).ljust(size, b"\x82"))),
        ("settings", lambda conn, size: frame(SETTINGS, 0, 0, b"\x77\x77\0\0\0\0" * (size // 6 + 1))),
        ("ping", lambda conn, size: frame(PING, 0, 0, b"\0" * size)),
        ("continuation", lambda conn, size: headers(conn.open(), b"", more=True) + frame(CONTINUATION, END_HEADERS, 1, b"\x82" * size)),
        ("goaway", lambda conn, size: frame(GOAWAY, 0, 0, b"\0" * size)),
        ("unknown-on-stream-0", lambda conn, size: frame(0xBE, 0, 0, b"\0" * size)),
        ("window-update", lambda conn, size: frame(WINDOW_UPDATE, 0, 0, b"\0" * size))]
    for name, made in too_large:
        def large(target, made=made):
            with Http2(target) as conn:
                conn.await_settings()
                if conn.server_max_frame > 1 << 20:
                    raise promised_size(conn)
                conn.raw(made(conn, conn.server_max_frame + 1))
                connection_error(conn, FRAME_SIZE_ERROR)
        suite.add("too-large-" + name, "RFC 9113 4.2", large)

    @case("too-large-data", "RFC 9113 4.2")
    def _(target):
        with Http2(target) as conn:
            number = upload(conn)
            if conn.server_max_frame > 1 << 20:
                raise promised_size(conn)
            conn.raw(data(number, b"x" * (conn.server_max_frame + 1)))
            stream_error(conn, number, FRAME_SIZE_ERROR)

    for kind, name in ((DATA, "data"), (HEADERS, "headers"), (SETTINGS, "settings"), (0xBE, "unknown")):
        @case("16-mib-announced-" + name, "RFC 9113 4.2")
        def _(target, kind=kind):
            # The head alone tells: nobody has to wait for the payload that is refused.
            promised(target)
            with Http2(target) as conn:
                stream = upload(conn) if kind == DATA else 3 if kind == HEADERS else 0
                conn.raw(frame(kind, 0, stream, b"", length=0xFFFFFF))
                connection_error(conn, FRAME_SIZE_ERROR)

    @case("priority-of-4-bytes", "RFC 9113 6.3")
    def _(target):
        for size in (0, 4, 6):
            with Http2(target) as conn:
                number = upload(conn)
                conn.raw(frame(PRIORITY, 0, number, b"\0" * size))
                stream_error(conn, number, FRAME_SIZE_ERROR)

    @case("data-of-the-largest-size", "RFC 9113 4.2")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            number = upload(conn)
            body = b"d" * 16384
            conn.send_body(number, body)
            good(conn.response(number), body)

    @case("headers-of-the-largest-size", "RFC 9113 4.2")
    def _(target):
        with Http2(target) as conn:
            number, whole = conn.open(), block(conn)
            whole += hpack.literal("x-large", b"v" * (16384 - len(whole) - 12))
            check(len(whole) == 16384, "the case itself is wrong")
            conn.raw(headers(number, whole))
            answer = conn.await_stream(number)
            check(answer.status in (200, 400, 431), conn.seen(number))
            conn.alive()

    @case("unknown-frame-of-the-largest-size", "RFC 9113 4.2, 5.5")
    def _(target):
        with Http2(target) as conn:
            conn.raw(frame(0xBE, 0xFF, 0, b"?" * 16384))
            conn.alive()

    @case("frames-in-every-cut", "RFC 9113 4.1")
    def _(target):
        with Http2(target) as conn:
            for cut in range(1, 60, 3):
                number = conn.open("POST")
                sent = headers(number, block(conn, "/echo", "POST"), end=False) + data(number, b"cut anywhere", end=True)
                conn.raw(sent[:cut])
                conn.raw(sent[cut:])
                good(conn.response(number), b"cut anywhere")


def promised_size(conn):
    return Skipped("the server takes frames of %d bytes" % conn.server_max_frame)


def padding(suite):
    case = suite.case

    for pad in (0, 1, 100, 255):
        @case("data-padded-by-%d" % pad, "RFC 9113 6.1")
        def _(target, pad=pad):
            with Http2(target) as conn:
                number = upload(conn)
                conn.raw(data(number, b"first", pad=pad), data(number, b"", pad=pad), data(number, b", last", end=True, pad=pad))
                good(conn.response(number), b"first, last")
                conn.alive()

        @case("headers-padded-by-%d" % pad, "RFC 9113 6.2")
        def _(target, pad=pad):
            with Http2(target) as conn:
                number = conn.open()
                conn.raw(headers(number, block(conn), pad=pad))
                good(conn.response(number))
                number = conn.open()
                conn.raw(headers(number, block(conn), pad=pad, depends=(0, 200, True)))
                good(conn.response(number))
                conn.alive()

    @case("data-only-padding-ends-a-request", "RFC 9113 6.1")
    def _(target):
        with Http2(target) as conn:
            number = upload(conn)
            conn.raw(data(number, b"content"), data(number, b"", end=True, pad=255))
            good(conn.response(number), b"content")
            conn.alive()

    @case("headers-padded-and-continued", "RFC 9113 6.2, 6.10")
    def _(target):
        with Http2(target) as conn:
            number, whole = conn.open(), block(conn)
            conn.raw(headers(number, whole[:3], more=True, pad=20), continuation(number, whole[3:]))
            good(conn.response(number))
            conn.alive()

    @case("headers-only-padding-then-continuation", "RFC 9113 6.2, 6.10")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, b"", more=True, pad=9), continuation(number, block(conn)))
            good(conn.response(number))

    for kind in ("data", "headers"):
        @case("padding-not-zero-" + kind, "RFC 9113 6.1, 6.2")
        def _(target, kind=kind):
            with Http2(target) as conn:
                if kind == "data":
                    number = upload(conn)
                    conn.raw(frame(DATA, PADDED | END_STREAM, number, padded(b"content", 10, b"\xff")))
                else:
                    number = conn.open()
                    conn.raw(frame(HEADERS, PADDED | END_HEADERS | END_STREAM, number, padded(block(conn), 10, b"\xff")))
                stream = conn.await_stream(number)
                if stream.ended:
                    good(stream, None)
                else:
                    stream_error(conn, number, PROTOCOL_ERROR)

    @case("padding-counts-in-the-window", "RFC 9113 6.1, 6.9")
    def _(target):
        # 256 frames of padding only: what is not given back to the window would stop the upload that follows.
        with Http2(target) as conn:
            number = upload(conn)
            for _ in range(256):
                conn.pump(lambda: min(conn.send_window, conn.streams[number].send_window) >= 1024)
                conn.sent_data(number, data(number, b"x" * 768, pad=255), 1024)
            conn.send_body(number, b"end")
            good(conn.response(number), b"x" * 768 * 256 + b"end")


def unknown(suite):
    case = suite.case

    for kind in (0x0A, 0x0B, 0x0C, 0x0D, 0x20, 0x42, 0x80, 0xF0, 0xFF):
        @case("unknown-frame-0x%02x" % kind, "RFC 9113 4.1, 5.5")
        def _(target, kind=kind):
            with Http2(target) as conn:
                for flags in (0, 0xFF):
                    conn.raw(frame(kind, flags, 0, b"stream 0"), frame(kind, flags, 1001, b"idle"), frame(kind, flags, 0))
                    number = upload(conn)
                    conn.raw(frame(kind, flags, number, b"open"), data(number, b"con"), frame(kind, flags, number), data(number, b"tent", True),
                             frame(kind, flags, number, b"half-closed"))
                    good(conn.response(number), b"content")
                    conn.raw(frame(kind, flags, number, b"closed"))
                    conn.alive()

    for where, stream in (("stream-0", 0), ("the-same-stream", 1), ("another-stream", 3)):
        @case("unknown-frame-within-a-field-block-on-" + where, "RFC 9113 5.5")
        def _(target, stream=stream):
            with Http2(target) as conn:
                whole = block(conn)
                conn.raw(headers(conn.open(), whole[:4], more=True), frame(0xBE, 0, stream, b"?"), continuation(1, whole[4:]))
                connection_error(conn, PROTOCOL_ERROR)

    @case("reserved-bit-of-streams", "RFC 9113 4.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.open("POST")
            conn.raw(headers(R | number, block(conn, "/echo", "POST"), end=False), data(R | number, b"content"), window_update(R, 10),
                     window_update(R | number, 10), settings(stream=R), priority(R | number))
            conn.sent_settings.append({})
            conn.raw(data(R | number, b"", True))
            good(conn.response(number), b"content")
            conn.raw(ping(b"reserved", stream=R))
            conn.pings.append((b"reserved", []))
            conn.pump(lambda: not conn.pings)
            check(not conn.pings, "no answer to PING")
            conn.alive()

    @case("reserved-bit-of-payloads", "RFC 9113 6.8, 6.9")
    def _(target):
        with Http2(target) as conn:
            number = upload(conn)
            conn.raw(window_update(0, R | 5), window_update(number, R | 5), data(number, b"content", True))
            good(conn.response(number), b"content")
            conn.alive()


def flags(suite):
    """Flags without a meaning on their frame are ignored (RFC 9113 4.1)."""
    rows = [
        ("ping", lambda conn: ping(flags=0xFE), lambda conn: conn.pings.append((b"interop!", []))),
        ("settings", lambda conn: settings(flags=0xFE), lambda conn: conn.sent_settings.append({})),
        ("window-update", lambda conn: frame(WINDOW_UPDATE, 0xFF, 0, b"\0\0\0\1"), None),
        ("priority", lambda conn: frame(PRIORITY, 0xFF, 5, b"\0\0\0\0\1"), None),
        ("rst-stream", lambda conn: frame(RST_STREAM, 0xFF, upload(conn), struct.pack(">I", CANCEL)), None)]
    for name, made, noted in rows:
        def case(target, made=made, noted=noted):
            with Http2(target) as conn:
                conn.await_settings()
                sent = made(conn)
                for stream in conn.streams.values():
                    stream.cancelled = True
                if noted:
                    noted(conn)
                conn.raw(sent)
                conn.pump(lambda: not conn.pings and not conn.sent_settings)
                check(not conn.pings and not conn.sent_settings, "no answer: %s" % conn.seen())
                conn.alive()
        suite.add("undefined-flags-" + name, "RFC 9113 4.1", case)

    @suite.case("undefined-flags-headers-data-continuation", "RFC 9113 4.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.open("POST")
            whole = block(conn, "/echo", "POST")
            conn.raw(frame(HEADERS, 0xD2, number, whole[:5]), frame(CONTINUATION, 0xFB, number, whole[5:8]), frame(CONTINUATION, 0xFF, number, whole[8:]),
                     frame(DATA, 0xF6, number, b"con"), frame(DATA, 0xF6 | END_STREAM, number, b"tent"))
            good(conn.response(number), b"content")
            conn.alive()


def pings(suite):
    case = suite.case

    @case("ping-is-answered", "RFC 9113 6.7")
    def _(target):
        with Http2(target) as conn:
            for payload in (b"\0" * 8, b"\xff" * 8, b"12345678"):
                conn.sync(payload)
            check(conn.answered == [b"\0" * 8, b"\xff" * 8, b"12345678"], "%s" % conn.answered)

    @case("ping-several-at-once", "RFC 9113 6.7")
    def _(target):
        with Http2(target) as conn:
            payloads = [struct.pack(">Q", index) for index in range(8)]
            conn.pings += [(payload, []) for payload in payloads]
            conn.raw(*(ping(payload) for payload in payloads))
            conn.pump(lambda: not conn.pings)
            check(conn.answered == payloads, "%d answers" % len(conn.answered))

    @case("ping-ack-is-not-answered", "RFC 9113 6.7")
    def _(target):
        with Http2(target) as conn:
            conn.raw(ping(b"unasked!", ACK))
            conn.sync()  # an answer to the other one would show here
            conn.alive()

    @case("ping-while-a-response-waits-for-its-window", "RFC 9113 6.7, 6.9")
    def _(target):
        with Http2(target, refill=False) as conn:
            number = conn.request("/1m")
            conn.pump(lambda: conn.window == 0)
            conn.sync()
            check(conn.answered, "no answer to PING")
            conn.grant(0, 1 << 20)
            conn.grant(number, 1 << 20)
            check(len(conn.response(number).body) == 1 << 20, "the response is not whole")

    @case("ping-between-pieces-of-an-upload", "RFC 9113 6.7")
    def _(target):
        with Http2(target) as conn:
            number = upload(conn)
            for _ in range(5):
                conn.raw(data(number, b"piece"))
                conn.sync()
            conn.raw(data(number, b"", True))
            good(conn.response(number), b"piece" * 5)


def blocks(suite):
    """Field blocks in several frames (RFC 9113 4.3, 6.10)."""
    case = suite.case

    for where, made in (("ping", lambda conn: ping()), ("settings", lambda conn: settings()), ("window-update", lambda conn: window_update(0, 1)),
                        ("data", lambda conn: data(1, b"x")), ("rst-stream", lambda conn: frame(RST_STREAM, 0, 1, b"\0\0\0\x08")),
                        ("goaway", lambda conn: goaway()), ("priority", lambda conn: priority(1)),
                        ("priority-update", lambda conn: frame(PRIORITY_UPDATE, 0, 0, b"\0\0\0\1u=1")),
                        ("another-headers", lambda conn: headers(3, block(conn))), ("headers-again", lambda conn: headers(1, b"\x84")),
                        ("another-continuation", lambda conn: continuation(3, b"\x84"))):
        @case("interrupted-block-by-" + where, "RFC 9113 4.3, 6.10")
        def _(target, made=made):
            with Http2(target) as conn:
                whole = block(conn)
                conn.raw(headers(conn.open(), whole[:4], more=True), made(conn), continuation(1, whole[4:]))
                connection_error(conn, PROTOCOL_ERROR)

    orphans = [("at-the-beginning", lambda conn: b""), ("after-a-whole-block", lambda conn: headers(conn.open(), block(conn, "/slow?ms=300"))),
               ("after-data", lambda conn: headers(conn.open("POST"), block(conn, "/echo", "POST"), end=False) + data(1, b"x"))]
    for name, before in orphans:
        @case("continuation-without-headers-" + name, "RFC 9113 6.10")
        def _(target, before=before):
            with Http2(target) as conn:
                conn.raw(before(conn), continuation(1, b""))
                connection_error(conn, PROTOCOL_ERROR, STREAM_CLOSED)

    @case("block-in-pieces-of-one-byte", "RFC 9113 6.10")
    def _(target):
        with Http2(target) as conn:
            number, whole = conn.open(), block(conn)
            pieces = [continuation(number, whole[at:at + 1], more=at + 1 < len(whole)) for at in range(1, min(len(whole), 8))]
            conn.raw(headers(number, whole[:1], more=True), *pieces[:-1], continuation(number, whole[7:]))
            good(conn.response(number))
            conn.alive()

    @case("block-cut-anywhere", "RFC 9113 4.3")
    def _(target):
        with Http2(target) as conn:
            whole = block(conn, fields=[("accept", "text/html"), ("x-some", "value")])
            for cut in range(len(whole) + 1):
                number = conn.open()
                conn.raw(headers(number, whole[:cut], more=True), continuation(number, whole[cut:]))
                good(conn.response(number))

    @case("block-with-an-empty-continuation", "RFC 9113 6.10")
    def _(target):
        with Http2(target) as conn:
            number, whole = conn.open(), block(conn)
            conn.raw(headers(number, whole[:4], more=True), continuation(number, b"", more=True), continuation(number, whole[4:], more=True),
                     continuation(number, b""))
            good(conn.response(number))
            conn.alive()
