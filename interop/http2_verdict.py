"""How the cases of HTTP/2 are judged. RFC 9113 leaves choices: a stream error may be treated as a connection error (5.4.1),
a generic code may stand in for a more exact one (5.4), a connection may be closed without GOAWAY (6.8), a malformed request may
be answered (8.1.1). All of these are taken from any server. Of Millrace itself, which promises more, the checks are exacting:
the exact code, GOAWAY before a close, and no connection lost over one malformed request."""

import collections

from harness import Failed, Hung, Skipped, check
from http2_wire import INTERNAL_ERROR, NO_ERROR, PING, PROTOCOL_ERROR, RST_STREAM, SETTINGS, WINDOW_UPDATE, code_name

HELLO = b"Hello, World!"
GENERIC = {PROTOCOL_ERROR, INTERNAL_ERROR}
REFUSALS = frozenset(range(400, 500)) | {501, 505}


def names(codes):
    return " or ".join(code_name(code) for code in sorted(codes))


def allowed(target, codes):
    return set(codes) if target.exacting else set(codes) | GENERIC


def promised(target):
    """The case is about more than the RFC asks of a server."""
    if not target.exacting:
        raise Skipped("%s does not promise it" % target.program)


def connection_error(conn, *codes):
    """The server ends the connection, for one of these reasons."""
    try:
        conn.await_end()
    except Hung:
        raise Failed("expected the end of the connection with %s; %s" % (names(codes), conn.seen()))
    ended_with(conn, codes)


def ended_with(conn, codes):
    """The connection has ended; was it for one of these reasons?"""
    if not conn.goaways:
        check(not conn.target.exacting, "the connection ended without GOAWAY, expected %s" % names(codes))
        return
    code = conn.goaways[-1].code
    check(code in allowed(conn.target, codes), "expected %s; %s" % (names(codes), conn.seen()))


def gave_up(conn, *codes):
    """Whether the server has made a connection error of a stream error, as 5.4.1 lets it."""
    if conn.target.exacting or not conn.wire.end:
        return False
    ended_with(conn, codes)
    return True


def stream_error(conn, number, *codes, statuses=(), may_end=True):
    """The server ends the stream with one of these codes, or answers with one of the statuses, and the connection goes on; or
    it makes a connection error of it."""
    stream = conn.streams[number]
    expected = "expected a stream error %s%s" % (names(codes), " or a refusal" if statuses else "")
    try:
        conn.pump(lambda: stream.over)
    except Hung:
        raise Failed("%s; nothing came, %s" % (expected, conn.seen(number)))
    if stream.ended:
        check(stream.status in statuses, "%s; %s" % (expected, conn.seen(number)))
    elif stream.reset is not None:
        check(stream.reset in allowed(conn.target, codes), "%s; %s" % (expected, conn.seen(number)))
    else:
        check(may_end, "%s; %s" % (expected, conn.seen(number)))
        ended_with(conn, codes)
        return
    if not conn.goaways:
        conn.alive()


def malformed(conn, number, statuses=REFUSALS):
    """RFC 9113 8.1.1: a stream error, perhaps after a response that refuses; never a success."""
    stream_error(conn, number, PROTOCOL_ERROR, statuses=statuses, may_end=not conn.target.exacting)


Reaction = collections.namedtuple("Reaction", "frames resets goaway ended")


def reaction(conn, *pieces):
    """Sends, and collects what the server does about it, up to its answer to a PING."""
    mark = len(conn.frames)
    conn.raw(*pieces)
    alive = conn.sync()
    if not alive:
        conn.await_end()
    came = [one for one in conn.frames[mark:] if one.type not in (SETTINGS, WINDOW_UPDATE, PING)]
    resets = {one.stream: int.from_bytes(one.payload, "big") for one in came if one.type == RST_STREAM}
    return Reaction(came, resets, conn.goaways[-1].code if conn.goaways else None, not alive)


def tolerate(conn, seen, number, ignored=False, resets=(), goaway=()):
    """Holds a reaction to what is legal: to ignore it, a stream error, a connection error."""
    parts = (["nothing"] if ignored else []) + (["RST_STREAM " + names(resets)] if resets else [])
    expected = "expected " + " or ".join(parts + (["the connection's end with " + names(goaway)] if goaway else []))
    if seen.ended:
        check(goaway, "%s; %s" % (expected, conn.seen(number)))
        ended_with(conn, goaway)
        return
    if number in seen.resets:
        check(seen.resets[number] in allowed(conn.target, resets) and resets,
              "%s; RST_STREAM %s" % (expected, code_name(seen.resets[number])))
    else:
        check(ignored, "%s; the server ignores it, %s" % (expected, conn.seen(number)))
    if seen.goaway in (None, NO_ERROR):
        conn.alive()


def good(stream, body=HELLO, status=200):
    check(stream.status == status, "%s instead of a %d" % (stream, status))
    check(body is None or stream.body == body, "%s: the content is %r…, %d bytes" % (stream, bytes(stream.body[:40]), len(stream.body)))
    return stream
