#!/usr/bin/env python3
"""Attacks on HTTP/2, each bounded in count: what costs a peer little and a server much has to end the connection, with
ENHANCE_YOUR_CALM, and nobody else may notice. Beside them, honest use that looks a little like it and has to pass."""

import contextlib
import os
import struct
import sys
import time

import harness
import http2_hpack as hpack
from harness import Suite, await_descriptors, check, console_noise
from http2 import Twofold
from http2_connection import Http2
from http2_peers import PEERS, Millrace
from http2_verdict import REFUSALS, good, promised
from http2_wire import (
    ACK, ENHANCE_YOUR_CALM, INITIAL_WINDOW_SIZE, MOST, PRIORITY, PRIORITY_UPDATE, continuation, data, frame, headers, ping, priority,
    rst_stream, settings, window_update)

BATCH = 500


def attack(target, made, most, codes=(), wanted={2: 0}):
    """Sends what `made(conn, index)` gives until the connection ends, which has to be before `most` of them."""
    before = target.closed("flood") if target.exacting else 0
    with Http2(target, wanted=wanted) as conn:
        conn.await_settings()
        sent = 0
        while sent < most and not conn.wire.end and not conn.wire.lost:
            conn.wire.send(b"".join(made(conn, index) for index in range(sent, min(most, sent + BATCH))))
            sent += BATCH
        if not conn.wire.end and not conn.wire.lost:
            conn.raw(ping())
            conn.pings.append((b"interop!", []))
        seen = drain(conn)
        check(seen is not None or conn.wire.end, "%d of them are taken, and the connection goes on" % sent)
        if seen is not None:
            check(seen in {ENHANCE_YOUR_CALM, *codes} or not target.exacting, "GOAWAY with code %d: %s" % (seen, conn.goaways[-1].debug))
        check(seen is not None or not target.exacting, "the connection ended without GOAWAY")
    unharmed(target)
    if target.exacting and seen == ENHANCE_YOUR_CALM:
        until(lambda: target.closed("flood") > before, "millrace_connections_closed_total{reason=\"flood\"} has not moved")


def drain(conn):
    """The code of GOAWAY, or None; reads to the end, or up to the answer to a PING. Lenient, for streams are not noted."""
    code = None
    while True:
        got = conn.next_frame()
        if got is None:
            return code
        if got.type == 7:
            last, code = struct.unpack(">II", got.payload[:8])
            conn.on_goaway(0, 0, got.payload)
        elif got.type == 6 and got.flags & ACK and got.payload == b"interop!" and conn.pings:
            return code


def until(holds, message):
    give_up = time.monotonic() + 10
    while not holds():
        check(time.monotonic() < give_up, message)
        time.sleep(0.05)


def unharmed(target):
    """A fresh connection is served at once."""
    with Http2(target) as conn:
        good(conn.fetch())
        good(conn.fetch("/echo", "POST", body=b"still there"), b"still there")


def answered(target):
    """A fresh connection is answered at once: served, or told to come back while all connections hold what they may."""
    with Http2(target) as conn:
        for response in (conn.fetch(), conn.fetch("/echo", "POST", body=b"still there")):
            busy = response.status == 503 and response.get("retry-after") == "1"
            check(busy or response.status == 200, "neither served nor told to come back: %s" % response)
        return response.status


def recovered(target):
    """A fresh connection is served as soon as what others held is gone."""
    give_up = time.monotonic() + 60
    while answered(target) != 200:
        check(time.monotonic() < give_up, "still told to come back")
        time.sleep(0.01)
    unharmed(target)


def rows():
    block = hpack.encode(Head.fields("/plaintext"))
    slow = hpack.encode(Head.fields("/slow?ms=2000"))
    upload = hpack.encode(Head.fields("/echo", "POST"))
    sized = hpack.encode(Head.fields("/echo", "POST") + [("content-length", "1")])
    bad = hpack.encode(Head.fields("/plaintext") + [("connection", "close")])
    many = settings([(4, 65535 + index % 2) for index in range(2000)])
    number = lambda index: 2 * index + 1
    first = lambda index, one, then: (headers(1, one, end=False) if index == 0 else b"") + then

    yield "rapid-reset", "CVE-2023-44487", 20000, lambda conn, i: headers(number(i), block) + rst_stream(number(i)), ()
    yield "rapid-reset-of-slow-requests", "CVE-2023-44487", 20000, lambda conn, i: headers(number(i), slow) + rst_stream(number(i)), ()
    yield "rapid-reset-of-uploads", "CVE-2023-44487", 20000, lambda conn, i: headers(number(i), upload, False) + data(number(i), b"x") + rst_stream(number(i)), ()
    yield "made-you-reset-by-window-update-0", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), slow) + window_update(number(i), 0), (1,)
    yield "made-you-reset-by-window-overflow", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), slow) + window_update(number(i), MOST), (3,)
    yield "made-you-reset-by-data-when-half-closed", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), slow) + data(number(i), b"x"), (5,)
    yield "made-you-reset-by-headers-when-half-closed", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), slow) + headers(number(i), block), (5,)
    yield "made-you-reset-by-priority-of-4-bytes", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), slow) + frame(PRIORITY, 0, number(i), b"\0" * 4), (6,)
    yield "made-you-reset-by-content-length", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), sized, False) + data(number(i), b"too long"), (1,)
    yield "made-you-reset-by-malformed-requests", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), bad), (1,)
    yield "made-you-reset-by-refused-streams", "CVE-2025-8671", 20000, lambda conn, i: headers(number(i), upload, False), ()
    yield "continuation-of-0-bytes", "CVE-2024-27316", 100000, lambda conn, i: headers(1, b"", more=True) if i == 0 else continuation(1, b"", True), ()
    yield "continuation-of-1-byte", "CVE-2024-27316", 100000, lambda conn, i: headers(1, block, more=True) if i == 0 else continuation(1, b"\x90", True), ()
    yield "continuation-of-16-kib", "CVE-2024-27316", 4000, lambda conn, i: headers(1, block, more=True) if i == 0 else continuation(1, b"\x90" * 16384, True), ()
    yield "continuation-of-one-endless-literal", "CVE-2024-27316", 4000, lambda conn, i: (
        headers(1, block + b"\x00\x01x\x7f\x81\xff\xff\x1f", more=True) if i == 0 else continuation(1, b"v" * 16384, True)), ()
    yield "settings", "CVE-2019-9515", 100000, lambda conn, i: settings(), ()
    yield "settings-with-content", "CVE-2019-9515", 100000, lambda conn, i: settings({1: i % 2 * 4096, 4: 65535 + i % 2, 0x7777: i}), ()
    yield "settings-of-2000-values", "CVE-2019-9515", 3000, lambda conn, i: many, ()
    yield "ping", "CVE-2019-9512", 100000, lambda conn, i: ping(struct.pack(">Q", i)), ()
    yield "priority", "CVE-2019-9513", 200000, lambda conn, i: priority(number(i % 50), 0, i % 256), ()
    yield "priority-of-idle-streams", "CVE-2019-9513", 200000, lambda conn, i: priority(number(i), number(i) - 2 if i else 0), ()
    yield "priority-update", "RFC 9218 13", 200000, lambda conn, i: frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", number(i % 50)) + b"u=%d" % (i % 8)), ()
    yield "empty-data", "CVE-2019-9518", 200000, lambda conn, i: first(i, upload, data(1)), ()
    yield "empty-data-padded", "CVE-2019-9518", 100000, lambda conn, i: first(i, upload, data(1, pad=0)), (3,)
    yield "empty-headers", "CVE-2019-9518", 20000, lambda conn, i: headers(number(i), b""), (1,)
    yield "window-update-by-1", "CVE-2019-9511", 200000, lambda conn, i: window_update(0, 1), ()
    yield "window-update-by-1-of-a-stream", "CVE-2019-9511", 200000, lambda conn, i: first(i, upload, window_update(1, 1)), ()
    yield "window-update-of-a-closed-stream", "CVE-2019-9511", 200000, lambda conn, i: first(i, upload, window_update(1, 1) if i else rst_stream(1)), ()
    yield "rst-stream-of-a-closed-stream", "CVE-2019-9514", 100000, lambda conn, i: first(i, upload, rst_stream(1)), (5,)


class Head:
    @staticmethod
    def fields(path, method="GET"):
        return [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path)]


def add(suite):
    for name, where, most, made, codes in rows():
        def case(target, most=most, made=made, codes=codes):
            attack(target, made, most, codes)
        suite.add(name, where, case, both=name in ("rapid-reset", "ping", "continuation-of-16-kib"))
    tiny(suite)
    hoarding(suite)
    bombs(suite)
    honest(suite)


@contextlib.contextmanager
def small_heap(target, size="64m"):
    before = os.environ.get("MILLRACE_JAVA_OPTS")
    os.environ["MILLRACE_JAVA_OPTS"] = (before or "") + " -Xmx" + size
    try:
        with type(target)() as server:
            yield server
    finally:
        if before is None:
            del os.environ["MILLRACE_JAVA_OPTS"]
        else:
            os.environ["MILLRACE_JAVA_OPTS"] = before


def tiny(suite):
    @suite.case("tiny-data", "CVE-2019-9511", both=False)
    def _(target):
        # One byte a frame into echoes that may not answer, 4 MiB in all as the windows allow: if each byte waited by itself, with
        # its own objects around it, a heap of 64 MiB would burst. Ended as a flood, or held in a form that fits.
        promised(target)
        held = []
        with small_heap(target) as server:
            try:
                for _ in range(4):
                    conn = Http2(server, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
                    held.append(conn)
                    conn.await_settings()
                    trickle(conn)
                    check(not conn.wire.end or conn.goaways and conn.goaways[-1].code == ENHANCE_YOUR_CALM, conn.seen())
                unharmed(server)
            finally:
                for conn in held:
                    conn.close()
            unharmed(server)
            check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:300])

    def trickle(conn):
        for _ in range(100):
            number = conn.request("/echo", "POST", end=False)
            while True:
                step = min(conn.send_window, conn.streams[number].send_window, BATCH)
                if step <= 0:
                    break
                conn.sent_data(number, data(number, b"x") * step, step)
                if not conn.sync():
                    return
            if conn.send_window <= 0:
                return

    @suite.case("tiny-windows-for-a-large-response", "CVE-2019-9511", both=False)
    def _(target):
        # A byte at a time makes the server send a frame of ten bytes for each.
        before = target.closed("flood") if target.exacting else 0
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            number, sent = conn.request("/1m"), 0
            while sent < 200000 and not conn.wire.end and not conn.wire.lost and not conn.streams[number].over:
                conn.streams[number].window += BATCH
                conn.raw(window_update(number, 1) * BATCH)
                sent += BATCH
                if conn.window < 2 * BATCH:
                    conn.grant(0, 60000)
                if not conn.sync():
                    break
            check(conn.wire.end or conn.wire.lost or conn.streams[number].reset is not None, "%d of them are taken" % sent)
            check(not target.exacting or not conn.wire.end or conn.goaways and conn.goaways[-1].code == ENHANCE_YOUR_CALM, conn.seen())
        unharmed(target)
        if target.exacting:
            until(lambda: target.closed("flood") > before, "the metric has not moved")

    for name, made in (("ping", ping()), ("settings", settings())):
        @suite.case("unread-answers-to-" + name, "CVE-2019-9512, CVE-2019-9515", both=False)
        def _(target, made=made):
            # The attacker reads nothing: answers must not pile up in memory, the connection ends or the server stops reading.
            with Http2(target, receive_buffer=4096) as conn:
                conn.await_settings()
                taken, block = 0, made * 2000
                conn.wire.socket.setblocking(True)
                conn.wire.socket.settimeout(1.5)
                try:
                    while taken < 256 << 20:
                        taken += conn.wire.socket.send(block)
                except OSError:
                    pass
                check(taken < 256 << 20, "the server has taken %d MiB, and nobody reads the answers" % (taken >> 20))
            unharmed(target)


def resident(target):
    with open("/proc/%d/status" % target.pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) << 10


def hoarding(suite):
    @suite.case("hoarding-with-closed-windows", "RFC 9113 10.5", both=False)
    def _(target):
        # 1,000 responses of 1 GB that may not be sent: none may be produced in advance.
        promised(target)
        before, held = resident(target), []
        try:
            for _ in range(10):
                conn = Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
                held.append(conn)
                conn.await_settings()
                for _ in range(100):
                    conn.request("/bytes/1000000000")
            for conn in held:
                if not conn.wire.end:
                    conn.sync()
            unharmed(target)
            grown = resident(target) - before
            check(grown < 300 << 20, "the server has grown by %d MiB" % (grown >> 20))
        finally:
            for conn in held:
                conn.close()
        unharmed(target)

    @suite.case("uploads-that-never-end", "RFC 9113 10.5", both=False)
    def _(target):
        promised(target)
        held = []
        try:
            for _ in range(10):
                conn = Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
                held.append(conn)
                conn.await_settings()
                for _ in range(100):
                    number = conn.request("/echo", "POST", end=False)
                    if min(conn.send_window, conn.streams[number].send_window) > 0:
                        conn.sent_data(number, data(number, b"x"), 1)
            for conn in held:
                if not conn.wire.end:
                    conn.sync()
            unharmed(target)
        finally:
            for conn in held:
                conn.close()
        unharmed(target)

    for size in ("64m", "128m"):
        @suite.case("echoes-that-may-not-answer-in-" + size, "RFC 9113 10.5", both=False)
        def _(target, size=size):
            # 12 connections, each with 100 echoes of up to 128 KiB and no window for an answer: some 200 MiB, if each could have
            # what one may. Twice, for what the first attackers held has to be there again.
            promised(target)
            with small_heap(target, size) as server:
                for _ in range(2):
                    held = []
                    try:
                        for _ in range(12):
                            conn = Http2(server, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
                            held.append(conn)
                            conn.await_settings()
                            fill(conn)
                            answered(server)
                    finally:
                        for conn in held:
                            conn.close()
                    recovered(server)
                check(not server.closed("internal_error"), "connections ended for want of memory")
                check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:300])
                check(server.stop() == 0, "the exit status after SIGTERM is not 0")

    def fill(conn):
        numbers = [conn.request("/echo", "POST", end=False) for _ in range(100)]
        left, moved = dict.fromkeys(numbers, 128 << 10), True
        while moved and conn.sync():
            moved = False
            for number in numbers:
                step = min(conn.send_window, conn.streams[number].send_window, left[number], 16384)
                if step > 0 and not conn.streams[number].over:
                    conn.sent_data(number, data(number, b"x" * step), step)
                    left[number] -= step
                    moved = True

    @suite.case("blocks-that-never-end", "RFC 9113 10.5", both=False)
    def _(target):
        held = []
        try:
            for _ in range(100):
                conn = Http2(target)
                held.append(conn)
                conn.raw(headers(1, hpack.encode(Head.fields("/plaintext")), more=True))
            unharmed(target)
        finally:
            for conn in held:
                conn.close()


def bombs(suite):
    for name, size, count in (("many-references-to-a-large-entry", 3900, 16000), ("many-references-to-a-small-entry", 60, 16000),
                              ("empty-fields", None, 8000)):
        @suite.case("hpack-bomb-" + name, "RFC 7541 7.3, RFC 9113 10.5.1", both=False)
        def _(target, size=size, count=count):
            # 16 KB on the wire, up to 60 MB of fields: refused each time, never stored, and the next connection is served.
            with Http2(target) as conn:
                conn.await_settings()
                for round_ in range(20):
                    block = hpack.encode(Head.fields("/plaintext"))
                    if size is None:
                        block += (b"\x00\x01x\x00" * count)[:16000 // 4 * 4]
                    else:
                        block += hpack.literal("x", "v" * size, hpack.INCREMENTAL) + hpack.indexed(62) * (count - len(block) - size - 20)
                    if len(block) > 16384:
                        block = block[:16384]
                    number = conn.open()
                    conn.raw(headers(number, block))
                    stream = conn.await_stream(number)
                    if conn.wire.end:
                        check(not conn.goaways or conn.goaways[-1].code in (1, 9, ENHANCE_YOUR_CALM), conn.seen())
                        break
                    check(stream.reset is not None or stream.status in REFUSALS, conn.seen(number))
            unharmed(target)


def honest(suite):
    case = suite.case

    @case("honest-pings", "RFC 9113 6.7")
    def _(target):
        with Http2(target) as conn:
            for _ in range(200):
                conn.sync()
                good(conn.fetch())

    @case("honest-cancelling", "RFC 9113 6.4")
    def _(target):
        # A page that is left: every third request is cancelled, none of them without some that succeed.
        with Http2(target) as conn:
            for _ in range(40):
                numbers = [conn.request("/1k") for _ in range(9)]
                for number in numbers[::3]:
                    conn.cancel(number)
                for number in set(numbers) - set(numbers[::3]):
                    good(conn.response(number), None)

    @case("honest-small-messages", "RFC 9113 6.1")
    def _(target):
        # A conversation in small frames, as gRPC has them, each answered before the next.
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            stream = conn.streams[number]
            for index in range(500):
                conn.sent_data(number, data(number, b"%05d" % index), 5)
                if target.exacting:
                    conn.pump(lambda: len(stream.body) >= 5 * (index + 1) or stream.over)
            conn.raw(data(number, b"", True))
            good(conn.response(number), b"".join(b"%05d" % index for index in range(500)))

    @case("honest-settings", "RFC 9113 6.5")
    def _(target):
        with Http2(target) as conn:
            for index in range(50):
                conn.change({INITIAL_WINDOW_SIZE: 65535 + index})
                good(conn.fetch())

    @case("honest-window-updates", "RFC 9113 6.9")
    def _(target):
        # A client that gives back every DATA frame by itself, on both windows, as some do.
        with Http2(target, refill=False) as conn:
            number = conn.request("/1m")
            stream = conn.streams[number]
            given = 0
            while not stream.over:
                conn.receive(conn.next_frame())
                fresh = len(stream.body) - given
                if fresh and not stream.over:
                    conn.grant(0, fresh)
                    conn.grant(number, fresh)
                    given += fresh
            good(stream, b"x" * (1 << 20))

    @case("honest-priorities", "RFC 9218 7")
    def _(target):
        # What browsers do: a PRIORITY_UPDATE or PRIORITY beside each request.
        with Http2(target) as conn:
            for index in range(200):
                number = conn.request()
                conn.raw(frame(PRIORITY_UPDATE, 0, 0, struct.pack(">I", number) + b"u=%d" % (index % 8)), priority(number, 0, 100))
                good(conn.response(number))

    @case("honest-load", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            for _ in range(40):
                for number in [conn.request() for _ in range(100)]:
                    good(conn.response(number))


def main():
    suite, arguments, opened = Suite("http2_floods"), sys.argv[1:], Millrace
    if "--peer" in arguments:
        at = arguments.index("--peer")
        opened = PEERS[arguments[at + 1]]
        del arguments[at:at + 2]
        harness.PATIENCE = harness.IMPATIENCE
    add(Twofold(suite))
    if opened is Millrace:
        @suite.case("end-descriptors-back", "")
        def _(target):
            await_descriptors(target, target.baseline)

        @suite.case("end-console-quiet", "")
        def _(target):
            check(not target.closed("internal_error"), "connections ended by a mistake in the library")
            check(not console_noise(target.stderr()), "stderr: %r" % target.stderr()[:600])
            check(target.stop() == 0, "the exit status after SIGTERM is not 0")
    suite.main(opened, arguments)


if __name__ == "__main__":
    main()
