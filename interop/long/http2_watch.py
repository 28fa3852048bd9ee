"""What the checks of HTTP/2's deadlines watch a connection with."""

import pathlib
import select
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import timeouts
from harness import check
from http2_connection import Http2
from http2_wire import ACK, PING, SETTINGS, code_name

SLACK = 5
ACKNOWLEDGED = 10 + SLACK
HEAD = 30 + SLACK
PROGRESS = 30 + 4 + SLACK
PINGED = 60 + 4 + SLACK
IDLE = 60
LINGER = 5 + SLACK


class Quiet(Http2):
    """Answers SETTINGS and PING, unless told otherwise."""

    def __init__(self, target, answers=True, **more):
        self.answers_settings = self.answers_pings = answers
        super().__init__(target, **more)

    def receive(self, got):
        if got.type == SETTINGS and not got.flags & ACK and not self.answers_settings:
            self.frames.append(got)
        elif got.type == PING and not got.flags & ACK and not self.answers_pings:
            self.frames.append(got)
        else:
            super().receive(got)


def watch(conn, limit, until=lambda: False, each=None, pause=1):
    """Takes what comes, and calls `each` every `pause` seconds, until the connection ends, the condition holds, or the limit has
    passed. Returns the seconds that took, or None at the limit."""
    begun, due = time.monotonic(), time.monotonic()
    while True:
        now = time.monotonic()
        got = conn.wire.got
        while len(got) >= 9 and len(got) >= 9 + int.from_bytes(got[:3], "big"):
            conn.receive(conn.next_frame())
        if conn.wire.end or conn.wire.lost or until():
            return now - begun
        if now - begun > limit:
            return None
        if each and now >= due:
            due += pause
            if each() is False:
                each = None
            continue
        until_due = min(begun + limit - now, due - now if each else 1, 1)
        if select.select([conn.wire.socket], [], [], max(0.01, until_due))[0]:
            conn.wire.read_socket(False)


def drip(conn, payload):
    """Sends the next byte each time it is called."""
    left = iter(payload)

    def one():
        byte = next(left, None)
        if byte is None:
            return False
        conn.raw(bytes([byte]))
        return True
    return one


def must_end(seconds, atmost, atleast=0):
    check(seconds is not None, "not over after %d s" % atmost)
    check(atleast <= seconds <= atmost, "over after %.1f s, expected %d to %d" % (seconds, atleast, atmost))
    return "%.1f s" % seconds


def said(conn, *codes):
    check(conn.goaways, "the connection ended without GOAWAY; %s" % conn.seen())
    check(conn.goaways[-1].code in codes, "GOAWAY %s; %s" % (code_name(conn.goaways[-1].code), conn.seen()))


def begun(target, cls=Quiet, **more):
    conn = cls(target, **more)
    conn.await_settings()
    return conn


def stream_ends(conn, number, seconds, atmost, atleast=0):
    """The stream is over, by a reset or a refusal, and its connection serves the next one."""
    took = must_end(seconds, atmost, atleast)
    stream = conn.streams[number]
    check(not conn.wire.end, "the connection has ended: %s" % conn.seen(number))
    check(stream.reset is not None or stream.ended and stream.status >= 400, conn.seen(number))
    conn.refill = True
    conn.grant(0, 1 << 20)
    conn.alive()
    return took


def gone(target, local, atmost, each=lambda: None):
    """The server's side of a connection ends, as its system sees it."""
    since, listener = time.monotonic(), Port(target.tls_port if target.secure else target.port)
    while timeouts.established(listener, local):
        check(time.monotonic() - since < atmost + 15, "the server's side is not gone after %d s" % (atmost + 15))
        each()
        time.sleep(0.2)
    return must_end(time.monotonic() - since, atmost)


class Port:
    def __init__(self, port):
        self.port = port
