#!/usr/bin/env python3
"""Deadlines over HTTP/2 as a client sees them: no state of a connection or of a stream lasts for ever. All cases run at once, in
the clear and over TLS; about 110 s.

    http2_timeouts.py [CASE...]

The defaults are what is waited for: SETTINGS are acknowledged within 10 s, a header section is there within 30 s, content and
windows move in each 30 s, a peer that says nothing is asked by PING after 30 s and given up after 30 more, an idle connection
ends after 60 s. A look at the streams comes up to an eighth of its span late; five seconds are added for a slow machine.
"""

import sys
import threading

from http2_watch import (
    ACKNOWLEDGED, HEAD, IDLE, LINGER, PINGED, PROGRESS, SLACK, Quiet, begun, drip, gone, must_end, said, stream_ends, watch)

import http2_hpack as hpack
from harness import Failed, check, console_noise, pattern
from http2_peers import Millrace
from http2_wire import (
    INITIAL_WINDOW_SIZE, MOST, NO_ERROR, PING, PREFACE, PROTOCOL_ERROR, RST_STREAM, SETTINGS_TIMEOUT, continuation, data, frame, goaway,
    headers, ping)


# ---- the connection

def secure_silence(target):
    check(target.secure, "only over TLS")
    conn = Quiet(target, begin=False, answers=False)
    return must_end(watch(conn, IDLE + 10), IDLE + SLACK, IDLE - SLACK)


def preface_trickles(target):
    conn = Quiet(target, begin=False, answers=False)
    return must_end(watch(conn, HEAD + 10, each=drip(conn, PREFACE), pause=2), HEAD)


def preface_without_settings(target):
    conn = Quiet(target, begin=False, answers=False)
    conn.raw(PREFACE)
    return must_end(watch(conn, HEAD + 10), HEAD)


def settings_trickle(target):
    conn = Quiet(target, begin=False, answers=False)
    conn.raw(PREFACE)
    return must_end(watch(conn, HEAD + 10, each=drip(conn, conn.note_settings({index: 1 for index in range(100, 110)}))), HEAD)


def settings_not_acknowledged(target):
    conn = Quiet(target, begin=False, answers=False)
    conn.begin()
    took = must_end(watch(conn, ACKNOWLEDGED + 10), ACKNOWLEDGED, 9)
    said(conn, SETTINGS_TIMEOUT)
    return took


def settings_not_acknowledged_though_busy(target):
    conn = Quiet(target, begin=False, answers=False)
    conn.begin()
    took = must_end(watch(conn, ACKNOWLEDGED + 10, each=lambda: conn.request() and True), ACKNOWLEDGED, 9)
    said(conn, SETTINGS_TIMEOUT)
    return took


def idle(target):
    conn = begun(target)
    conn.fetch()
    took = must_end(watch(conn, IDLE + 15), IDLE + SLACK, IDLE - SLACK)
    said(conn, NO_ERROR)
    return took


def idle_without_a_request(target):
    conn = begun(target)
    took = must_end(watch(conn, IDLE + 15), IDLE + SLACK, IDLE - SLACK)
    said(conn, NO_ERROR)
    return took


def idle_with_pings(target):
    """PING alone does not make a connection useful."""
    conn = begun(target)

    def one():
        conn.pings.append((b"kept up?", []))
        conn.raw(ping(b"kept up?"))
        return True
    return must_end(watch(conn, IDLE + 15, each=one, pause=5), IDLE + SLACK, IDLE - SLACK)


def idle_stays_when_used(target):
    conn = begun(target)
    check(watch(conn, 75, each=lambda: conn.request() and True, pause=20) is None, "ended though it is used")
    conn.alive()
    return "kept"


def goaway_and_silence(target):
    conn = begun(target)
    conn.fetch()
    conn.raw(goaway())
    return must_end(watch(conn, LINGER + 20), LINGER)


def error_and_silence(target):
    """After its GOAWAY the server ends its direction at once, and soon the rest, though we do neither."""
    conn = begun(target)
    local = conn.wire.socket.getsockname()
    conn.raw(headers(0, b"\x82"))
    must_end(watch(conn, 15), 5)
    said(conn, PROTOCOL_ERROR)
    return gone(target, local, LINGER)


def error_and_noise(target):
    conn = begun(target)
    local = conn.wire.socket.getsockname()
    conn.raw(headers(0, b"\x82"))
    return gone(target, local, LINGER, lambda: conn.raw(ping()))


def no_answer_to_ping(target):
    conn = begun(target)
    conn.answers_pings = False
    conn.request("/slow?ms=200000")
    took = must_end(watch(conn, PINGED + 15), PINGED, 55)
    check(any(one.type == PING for one in conn.frames), "the server has not asked")
    return took


def answers_to_ping_are_enough(target):
    conn = begun(target)
    number = conn.request("/slow?ms=80000")
    check(watch(conn, 95, until=lambda: conn.streams[number].over) is not None, "nothing for 95 s")
    check(conn.streams[number].status == 200, conn.seen(number))
    return "kept"


# ---- header sections

def head(conn, method="GET", path="/plaintext"):
    return hpack.encode(conn.head(path, method))


def section_trickles(target):
    """A byte a second, each in a CONTINUATION frame of its own."""
    conn = begun(target)
    block = head(conn) + hpack.literal("x-long", "v" * 500)
    conn.raw(headers(conn.open(), block[:1], more=True))
    left = iter(block[1:])
    took = must_end(watch(conn, HEAD + 10, each=lambda: conn.raw(continuation(1, bytes([next(left)]), True)) or True), HEAD)
    said(conn, PROTOCOL_ERROR)
    return took


def section_stops(target):
    conn = begun(target)
    conn.raw(headers(conn.open(), head(conn), more=True))
    took = must_end(watch(conn, HEAD + 10), HEAD)
    said(conn, PROTOCOL_ERROR)
    return took


def section_stops_beside_a_download(target):
    """What the server sends meanwhile is no excuse."""
    conn = begun(target)
    conn.request("/stream?chunks=10000&ms=100")
    conn.raw(headers(conn.open(), head(conn), more=True))
    return must_end(watch(conn, HEAD + 10), HEAD)


def frame_trickles(target):
    conn = begun(target)
    return must_end(watch(conn, HEAD + 10, each=drip(conn, headers(conn.open(), head(conn) + hpack.literal("x", "v" * 100)))), HEAD)


def frame_header_trickles(target):
    conn = begun(target)
    conn.raw(b"\0\0")
    return must_end(watch(conn, HEAD + 10), HEAD)


def unknown_frame_trickles(target):
    """What says nothing is passed over as it comes, and does not keep an idle connection."""
    conn = begun(target)
    return must_end(watch(conn, IDLE + 15, each=drip(conn, frame(0xBE, 0, 0, b"?" * 1000))), IDLE + SLACK)


def trailers_stop(target):
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    conn.raw(data(number, b"content"), headers(number, hpack.encode([("x-sum", "1")]), more=True))
    return must_end(watch(conn, HEAD + 10), HEAD)


# ---- content

def body_trickles(target):
    """A byte a second in frames of its own; the echo takes each of them."""
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    seconds = watch(conn, PROGRESS + 10, lambda: conn.streams[number].over, lambda: conn.raw(data(number, b"x")) or True)
    return stream_ends(conn, number, seconds, PROGRESS)


def body_stops(target):
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    conn.raw(data(number, b"x" * 1000))
    return stream_ends(conn, number, watch(conn, PROGRESS + 10, lambda: conn.streams[number].over), PROGRESS)


def body_never_begins(target):
    conn = begun(target)
    number = conn.request("/echo", "POST", [("content-length", "1000"), ("expect", "100-continue")], end=False)
    return stream_ends(conn, number, watch(conn, PROGRESS + 10, lambda: conn.streams[number].over), PROGRESS)


def body_of_empty_frames(target):
    """Frames without content are no progress."""
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    seconds = watch(conn, PROGRESS + 10, lambda: conn.streams[number].over, lambda: conn.raw(data(number, b"")) or True)
    return stream_ends(conn, number, seconds, PROGRESS)


def data_frame_trickles(target):
    """One frame of 10,000 bytes, a byte a second: its stream, or the connection, ends."""
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    seconds = watch(conn, PROGRESS + 10, lambda: conn.streams[number].over, drip(conn, data(number, b"x" * 10000)))
    return must_end(seconds, PROGRESS)


def unread_body_trickles(target):
    """The response is out, and the rest of the request is worth nothing to anybody."""
    conn = begun(target)
    number = conn.request("/plaintext", "POST", end=False)
    over = lambda: conn.streams[number].reset is not None or conn.goaways
    over_or_reset = lambda: over() or any(one.type == RST_STREAM for one in conn.frames)
    seconds = watch(conn, PROGRESS + 10, over_or_reset, lambda: conn.raw(data(number, b"x")) or True)
    return must_end(seconds, PROGRESS)


def slow_but_steady_upload(target):
    """64 KiB a second for 45 s is slow progress, not none."""
    conn = begun(target)
    number = conn.request("/echo", "POST", end=False)
    stream, body = conn.streams[number], pattern(45 * 65536)
    at = 0

    def one():
        nonlocal at
        step = body[at:at + 65536]
        at += len(step)
        while step:
            room = min(conn.send_window, stream.send_window, 16384)
            if room <= 0:
                if not conn.pump(lambda: min(conn.send_window, stream.send_window) > 0 or stream.over) or stream.over:
                    return False
                continue
            conn.sent_data(number, data(number, step[:room]), len(step[:room]))
            step = step[room:]
        if at == len(body):
            conn.raw(data(number, b"", True))
            return False
        return True
    check(watch(conn, 70, lambda: stream.over, one) is not None, "not over after 70 s")
    check(stream.ended and stream.body == body, conn.seen(number))
    return "kept"


# ---- windows

def window_stays_closed(target):
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
    number = conn.request("/1m")
    seconds = watch(conn, PROGRESS + 10, lambda: conn.streams[number].over)
    took = must_end(seconds, PROGRESS, 25)
    check(not conn.wire.end and conn.streams[number].reset is not None, conn.seen(number))
    conn.alive()
    return took


def window_of_the_connection_stays_closed(target):
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: MOST}, refill=False)
    number = conn.request("/1m")
    return stream_ends(conn, number, watch(conn, PROGRESS + 10, lambda: conn.streams[number].over), PROGRESS, 25)


def window_dribbles(target):
    """A byte a second is less than the least rate."""
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
    number = conn.request("/1m")
    seconds = watch(conn, PROGRESS + 10, lambda: conn.streams[number].over, lambda: conn.grant(number, 1) or True)
    took = must_end(seconds, PROGRESS, 25)
    check(not conn.wire.end and conn.streams[number].reset is not None, conn.seen(number))
    conn.alive()
    return took


def window_closed_for_many(target):
    """100 responses wait for a window; a sibling with one is served meanwhile."""
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False)
    numbers = [conn.request("/bytes/1000000") for _ in range(100)]

    def one():
        sibling = conn.request("/plaintext")
        conn.grant(sibling, 100)
        return True
    seconds = watch(conn, PROGRESS + 10, lambda: all(conn.streams[number].over for number in numbers), one, 2)
    took = must_end(seconds, PROGRESS, 25)
    check(not conn.wire.end, conn.seen())
    check(all(stream.status == 200 for stream in conn.streams.values() if stream.ended), "a sibling was not served")
    conn.alive()
    return took


def slow_but_steady_reader(target):
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: 65536}, refill=False)
    size = 45 * 65536
    number = conn.request("/bytes/%d" % size)
    stream = conn.streams[number]
    conn.grant(0, MOST - 65535 - size)

    def one():
        if not stream.over:
            conn.grant(number, 65536)
        return not stream.over
    check(watch(conn, 70, lambda: stream.over, one) is not None, "not over after 70 s")
    check(stream.ended and len(stream.body) == size, conn.seen(number))
    return "kept"


def reader_stops(target):
    """Windows are open, and nobody reads: the socket is full."""
    conn = begun(target, wanted={INITIAL_WINDOW_SIZE: MOST}, receive_buffer=4096)
    conn.grant(0, MOST - 65535)
    conn.request("/bytes/2000000000")
    return gone(target, conn.wire.socket.getsockname(), PROGRESS)


# ---- the handler

def long_handler(target):
    """The handler's time is not the client's fault."""
    conn = begun(target)
    number = conn.request("/slow?ms=45000")
    check(watch(conn, 60, lambda: conn.streams[number].over) is not None, "nothing for 60 s")
    check(conn.streams[number].status == 200, conn.seen(number))
    return "kept"


def slow_stream(target):
    conn = begun(target)
    number = conn.request("/stream?chunks=4&ms=12000")
    check(watch(conn, 70, lambda: conn.streams[number].over) is not None, "nothing for 70 s")
    check(conn.streams[number].ended, conn.seen(number))
    return "kept"


CASES = [
    secure_silence, preface_trickles, preface_without_settings, settings_trickle, settings_not_acknowledged,
    settings_not_acknowledged_though_busy, idle, idle_without_a_request, idle_with_pings, idle_stays_when_used, goaway_and_silence,
    error_and_silence, error_and_noise, no_answer_to_ping, answers_to_ping_are_enough, section_trickles, section_stops,
    section_stops_beside_a_download, frame_trickles, frame_header_trickles, unknown_frame_trickles, trailers_stop, body_trickles, body_stops,
    body_never_begins, body_of_empty_frames, data_frame_trickles, unread_body_trickles, slow_but_steady_upload, window_stays_closed,
    window_of_the_connection_stays_closed, window_dribbles, window_closed_for_many, slow_but_steady_reader, reader_stops, long_handler,
    slow_stream]


class View:
    """The server, seen through one of its ports."""

    def __init__(self, server, secure):
        self.server = server
        self.secure = secure

    def __getattr__(self, name):
        return getattr(self.server, name)


def main():
    wanted = sys.argv[1:]
    failed, count = [], 0
    with Millrace() as server:
        baseline = server.descriptors()

        def run(case, secure):
            label = ("tls-" if secure else "") + case.__name__
            try:
                print("ok   %-44s %s" % (label, case(View(server, secure))), flush=True)
            except Exception as cause:
                failed.append(label)
                print("FAIL http2_timeouts/%s: %s: %s" % (label, type(cause).__name__, cause), flush=True)
        threads = [threading.Thread(target=run, args=(case, secure)) for case in CASES for secure in (False, True)
                   if (not wanted or case.__name__ in wanted) and (secure or case is not secure_silence)]
        count = len(threads)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:600])
            print("descriptors: %d before, %d at the end" % (len(baseline), len(server.descriptors())))
        except Failed as cause:
            failed.append("end")
            print("FAIL http2_timeouts/end: %s" % cause)
    print("%d passed, %d failed" % (count + 1 - len(failed), len(failed)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
