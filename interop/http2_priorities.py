"""Priorities: those of RFC 7540, read and ignored (RFC 9113 5.3), and those of RFC 9218."""

import struct

import http2_hpack as hpack
from harness import check
from http2_connection import Http2
from http2_verdict import connection_error, good, promised, reaction, stream_error, tolerate
from http2_wire import (
    FRAME_SIZE_ERROR, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, MOST, PRIORITY, PRIORITY_UPDATE, PROTOCOL_ERROR, data, frame, headers,
    priority)

MEGABYTE = 1 << 20


def block(conn):
    return hpack.encode(conn.head())


def add(suite):
    signals(suite)
    order(suite)


def signals(suite):
    case = suite.case

    @case("priority-on-every-state", "RFC 9113 6.3")
    def _(target):
        with Http2(target) as conn:
            conn.raw(priority(1))
            number = conn.request("/echo", "POST", end=False)
            conn.raw(priority(number, 3, 1), data(number, b"x", True), priority(number, 99))
            good(conn.response(number), b"x")
            conn.raw(priority(number, 5, 255, True))
            conn.alive()

    @case("priority-circles", "RFC 9113 5.3")
    def _(target):
        with Http2(target) as conn:
            conn.raw(priority(3, 5), priority(5, 7), priority(7, 3), priority(3, 7, 1, True))
            for _ in range(3):
                good(conn.fetch())

    @case("priority-on-itself", "RFC 9113 6.3, RFC 7540 5.3.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            seen = reaction(conn, priority(number, number))
            tolerate(conn, seen, number, True, {PROTOCOL_ERROR}, {PROTOCOL_ERROR})

    @case("priority-on-itself-when-idle", "RFC 9113 6.3, 6.4, RFC 7540 5.3.1")
    def _(target):
        # An idle stream cannot be reset, so of RFC 7540's stream error remains the connection's; RFC 9113 has none.
        with Http2(target) as conn:
            conn.await_settings()
            tolerate(conn, reaction(conn, priority(5, 5)), 5, not target.exacting, (), {PROTOCOL_ERROR})

    @case("priority-of-4-bytes-when-idle", "RFC 9113 6.3, 6.4")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            seen = reaction(conn, frame(PRIORITY, 0, 5, b"\0" * 4))
            tolerate(conn, seen, 5, not target.exacting, (), {FRAME_SIZE_ERROR})

    @case("headers-depend-on-themselves", "RFC 9113 6.2, RFC 7540 5.3.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, block(conn), depends=(number, 10, False)))
            stream = conn.await_stream(number)
            if stream.ended:
                good(stream)
            else:
                stream_error(conn, number, PROTOCOL_ERROR)

    @case("headers-with-priority", "RFC 9113 6.2")
    def _(target):
        with Http2(target) as conn:
            for depends in ((0, 0, False), (0, 255, True), (1, 15, True), (MOST, 1, False), (1001, 1, True)):
                number = conn.open()
                conn.raw(headers(number, block(conn), depends=depends))
                good(conn.response(number))

    updates = [
        ("open", lambda conn: conn.request("/echo", "POST", end=False), b"u=0, i"), ("idle", lambda conn: 1001, b"u=7"),
        ("empty", lambda conn: conn.request("/echo", "POST", end=False), b""), ("unknown-parameters", lambda conn: 5, b"u=3, x=1, y"),
        ("not-structured", lambda conn: 5, b"\"=;,,"), ("out-of-range", lambda conn: 5, b"u=9, i=7"), ("long", lambda conn: 5, b"x=1, " * 100)]
    for name, made, value in updates:
        @case("priority-update-" + name, "RFC 9218 7.1")
        def _(target, made=made, value=value):
            with Http2(target) as conn:
                conn.raw(frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", made(conn)) + value))
                conn.alive()

    @case("priority-update-of-as-many-as-may-be-opened", "RFC 9218 7.1")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            conn.await_settings()
            most = conn.settings[MAX_CONCURRENT_STREAMS]
            updates = lambda first: [frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", first + 2 * index) + b"u=2") for index in range(most)]
            conn.raw(*updates(1), *updates(1))  # the same again count once
            conn.sync()
            good(conn.fetch(number=2 * most + 1))
            conn.raw(*updates(2 * most + 3))  # those before are closed now, for their numbers were skipped
            conn.sync()
            conn.alive()

    @case("priority-update-beyond-what-may-be-opened", "RFC 9218 7.1")
    def _(target):
        # "Servers that receive such a PRIORITY_UPDATE MUST respond with a connection error of type PROTOCOL_ERROR."
        promised(target)
        with Http2(target) as conn:
            conn.await_settings()
            for index in range(conn.settings[MAX_CONCURRENT_STREAMS] + 1):
                conn.raw(frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", 2 * index + 1) + b"u=2"))
            connection_error(conn, PROTOCOL_ERROR)

    wrong = [("on-a-stream", lambda: frame(PRIORITY_UPDATE, 0, 1, struct.pack(">I", 1) + b"u=1"), PROTOCOL_ERROR),
             ("for-stream-0", lambda: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", 0) + b"u=1"), PROTOCOL_ERROR),
             ("for-a-pushed-stream", lambda: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", 2) + b"u=1"), PROTOCOL_ERROR),
             ("of-3-bytes", lambda: frame(PRIORITY_UPDATE, 0, 0, b"\0\0\1"), FRAME_SIZE_ERROR)]
    for name, made, code in wrong:
        @case("priority-update-" + name, "RFC 9218 7.1")
        def _(target, made=made, code=code):
            # A MUST for a server of RFC 9218; to any other the frame is unknown, and ignored.
            with Http2(target) as conn:
                conn.request("/echo", "POST", end=False)
                seen = reaction(conn, made())
                tolerate(conn, seen, 1, not target.exacting, (), {code})

    for value in ("u=0", "u=7, i", "i", "u=3;x", "", "?", "u=10"):
        @case("priority-field-%s" % (value or "empty"), "RFC 9218 4, 5")
        def _(target, value=value):
            with Http2(target) as conn:
                good(conn.fetch(fields=[("priority", value)]))
                conn.alive()


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
