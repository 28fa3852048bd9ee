"""How HTTP/2 begins (RFC 9113 section 3): the preface, whole, broken and in pieces; ALPN; and HTTP/1.1 on the same port."""

import ssl

import http2_hpack as hpack
from harness import Failed, Hung, Malformed, Skipped, check, fetch, request
from http2_connection import Http2
from http2_verdict import HELLO, connection_error, ended_with, good, promised
from http2_wire import (
    ACK, FRAME_SIZE_ERROR, GOAWAY, PREFACE, PROTOCOL_ERROR, SETTINGS, Wire, data, frame, goaway, headers, ping, priority, rst_stream, settings,
    tls_context, window_update)

FIRST_FRAMES = [
    ("headers", lambda conn: headers(conn.open(), hpack.encode(conn.head()))), ("data", lambda conn: data(1, b"x")),
    ("ping", lambda conn: ping()), ("window-update", lambda conn: window_update(0, 1)), ("priority", lambda conn: priority(1)),
    ("rst-stream", lambda conn: rst_stream(1)), ("goaway", lambda conn: goaway())]

UPGRADE = ["Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__"]


def speak(conn):
    """The bytes of a good beginning with one request."""
    return PREFACE + conn.note_settings({}) + headers(conn.open(), hpack.encode(conn.head()))


def raw_end(wire):
    """Everything up to the peer's end: an HTTP/1.1 status, or the code of a GOAWAY, or None for a plain close."""
    while wire.read_socket():
        pass
    got = bytes(wire.got)
    if got.startswith(b"HTTP/1.1 "):
        return "h1", int(got[9:12])
    code = None
    while len(got) >= 9:
        length = int.from_bytes(got[:3], "big")
        check(length <= 16384, "neither HTTP/1.1 nor HTTP/2: %r" % got[:60])
        if got[3] == GOAWAY:
            code = int.from_bytes(got[13:17], "big")
        check(got[3] in (GOAWAY, SETTINGS, 8), "a frame of type %d after a broken preface" % got[3])
        got = got[9 + length:]
    return "h2", code


def add(suite):
    broken(suite)
    pieces(suite)
    first_frames(suite)
    ends(suite)
    http1(suite)
    alpn(suite)


def broken(suite):
    for at in range(len(PREFACE)):
        def case(target, at=at):
            wrong = bytearray(PREFACE)
            wrong[at] ^= 0x18
            wire = Wire(target.host, target.tls_port if target.secure else target.port, tls_context() if target.secure else None)
            try:
                wire.send(bytes(wrong) + settings())
                try:
                    spoken, code = raw_end(wire)
                except Hung:
                    raise Malformed("the connection stays open after %r" % bytes(wrong))
            finally:
                wire.close()
            if spoken == "h1":
                # In the clear a preface that is none may be a request of HTTP/1.1, and a bad one.
                check(not target.secure and code >= 400, "answered with %s" % code)
            else:
                check(code in (None, PROTOCOL_ERROR), "GOAWAY %s" % code)
        suite.add("preface-broken-at-%d" % at, "RFC 9113 3.4", case, both=at in (0, 3, 14, 18, 23))


def pieces(suite):
    case = suite.case

    @case("preface-and-request-in-one-write", "RFC 9113 3.4")
    def _(target):
        with Http2(target, begin=False) as conn:
            conn.raw(speak(conn))
            good(conn.response(1))
            conn.await_settings()
            conn.alive()

    @case("preface-one-byte-at-a-time", "RFC 9113 3.4")
    def _(target):
        with Http2(target, begin=False) as conn:
            for byte in speak(conn):
                conn.raw(bytes([byte]))
            good(conn.response(1))
            conn.alive()

    @case("preface-cut-anywhere", "RFC 9113 3.4")
    def _(target):
        for cut in range(1, len(PREFACE) + 24):
            with Http2(target, begin=False) as conn:
                whole = speak(conn)
                conn.raw(whole[:cut])
                if cut == 16:  # the server has answered nothing yet; whatever it has said must be its SETTINGS
                    conn.wire.read_socket(False)
                conn.raw(whole[cut:])
                good(conn.response(1))

    @case("preface-with-20-requests", "RFC 9113 3.4")
    def _(target):
        with Http2(target, begin=False) as conn:
            first = speak(conn)
            conn.raw(first, *(headers(conn.open(), hpack.encode(conn.head("/1k"))) for _ in range(19)))
            for number in range(3, 41, 2):
                check(len(good(conn.response(number), None).body) == 1024, "stream %d" % number)

    @case("preface-before-anything-from-the-server", "RFC 9113 3.4")
    def _(target):
        with Http2(target) as conn:
            check(conn.frames[0].type == SETTINGS, "the first frame")
            conn.await_settings()

    @case("preface-twice", "RFC 9113 3.4")
    def _(target):
        with Http2(target) as conn:
            if conn.server_max_frame >= int.from_bytes(PREFACE[:3], "big"):
                raise Skipped("the server takes frames of %d bytes, and waits for that many" % conn.server_max_frame)
            conn.raw(PREFACE + settings())
            connection_error(conn, FRAME_SIZE_ERROR, PROTOCOL_ERROR)

    @case("settings-empty", "RFC 9113 3.4")
    def _(target):
        with Http2(target, wanted={}) as conn:
            conn.await_settings()
            conn.alive()

    @case("settings-in-the-preface-cut-off-then-completed", "RFC 9113 3.4")
    def _(target):
        with Http2(target, begin=False) as conn:
            frames = conn.note_settings({3: 100, 4: 65535})
            conn.raw(PREFACE, frames[:12])
            conn.raw(frames[12:])
            conn.await_settings()
            conn.alive()


def first_frames(suite):
    for name, made in FIRST_FRAMES:
        def case(target, made=made):
            with Http2(target, begin=False) as conn:
                conn.raw(PREFACE + made(conn))
                connection_error(conn, PROTOCOL_ERROR)
        suite.add("first-frame-" + name, "RFC 9113 3.4", case)

    @suite.case("first-frame-unknown", "RFC 9113 3.4, 5.5")
    def _(target):
        with Http2(target, begin=False) as conn:
            conn.raw(PREFACE + frame(0xBE, 0, 0, b"?") + conn.note_settings({}))
            conn.pump(lambda: not conn.sent_settings)
            if conn.wire.end:
                ended_with(conn, {PROTOCOL_ERROR})
            else:
                conn.alive()

    @suite.case("first-frame-settings-ack", "RFC 9113 3.4")
    def _(target):
        with Http2(target, begin=False) as conn:
            conn.raw(PREFACE + settings(flags=ACK))
            seen = conn.pump(lambda: conn.goaways)
            if seen or conn.wire.end:
                conn.await_end()
                ended_with(conn, {PROTOCOL_ERROR})
            else:
                check(not target.exacting, "an acknowledgement is no connection preface")

    @suite.case("first-frame-settings-on-a-stream", "RFC 9113 6.5")
    def _(target):
        with Http2(target, begin=False) as conn:
            conn.raw(PREFACE + settings(stream=1))
            connection_error(conn, PROTOCOL_ERROR)

    @suite.case("first-frame-settings-too-large", "RFC 9113 4.2")
    def _(target):
        with Http2(target, begin=False) as conn:
            conn.raw(PREFACE + settings([(0x7777, 1)] * 2731))
            connection_error(conn, FRAME_SIZE_ERROR, PROTOCOL_ERROR)


def ends(suite):
    case = suite.case

    @case("leaves-after-the-preface", "RFC 9113 5.4.3")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            conn.finish()
            conn.await_end()
            check(not conn.goaways or conn.goaways[-1].code == 0, conn.seen())

    @case("leaves-within-the-preface", "RFC 9113 3.4")
    def _(target):
        for cut in range(1, len(PREFACE)):
            wire = Wire(target.host, target.tls_port if target.secure else target.port, tls_context() if target.secure else None)
            try:
                wire.send(PREFACE[:cut])
                wire.finish()
                spoken, code = raw_end(wire)
                check(spoken == "h2" or code >= 400, "cut at %d: %s" % (cut, code))
            finally:
                wire.close()

    @case("leaves-within-a-frame", "RFC 9113 5.4.3")
    def _(target):
        whole = headers(1, hpack.encode([(":method", "POST"), (":scheme", "http"), (":authority", "localhost"), (":path", "/echo")]))
        for cut in range(1, len(whole), 5):
            with Http2(target) as conn:
                conn.raw(whole[:cut])
                conn.finish()
                conn.await_end()


def http1(suite):
    case = suite.case

    @case("h1-on-the-same-port", "RFC 9113 3.3", both=False)
    def _(target):
        target.need("h1")
        check(fetch(target, "/plaintext").body == HELLO, "no answer to HTTP/1.1")
        check(fetch(target, "/echo", "POST", body=b"body").body == b"body", "no echo over HTTP/1.1")

    @case("h1-one-byte-at-a-time", "RFC 9113 3.3", both=False)
    def _(target):
        target.need("h1")
        with target.connect() as conn:
            for byte in request("/echo", "POST", body=b"PRI"):
                conn.send(bytes([byte]))
            check(conn.read_response("POST").body == b"PRI", "no echo")

    for name, line in (("PRI", "PRI * HTTP/1.1"), ("PRIVATE", "PRIVATE / HTTP/1.1"), ("PRI-path", "PRI /plaintext HTTP/1.1"),
                       ("PR", "PR * HTTP/2.0"), ("PRI-1.0", "PRI * HTTP/1.0"), ("PRI-3", "PRI * HTTP/3.0")):
        def looks_alike(target, line=line):
            target.need("h1")
            with target.connect() as conn:
                conn.send(line.encode() + b"\r\nHost: localhost\r\n\r\n")
                check(conn.read_response().status >= 400, "%s is served" % line)
        suite.add("h1-looks-like-h2-" + name, "RFC 9113 3.4", looks_alike, both=False)

    @case("h1-preface-after-a-request", "RFC 9113 3.3", both=False)
    def _(target):
        # Prior knowledge is for the beginning of a connection: here the preface is a request of HTTP/2.0 to HTTP/1.1.
        target.need("h1")
        promised(target)
        with target.connect() as conn:
            conn.send(request("/plaintext") + PREFACE + settings())
            check(conn.read_response().body == HELLO, "no answer to HTTP/1.1")
            check(conn.read_response().status >= 400, "the preface after a request is served")

    upgrades = [
        ("get", request("/plaintext", "GET", ["Upgrade: h2c", *UPGRADE]), HELLO),
        ("post", request("/echo", "POST", ["Upgrade: h2c", *UPGRADE], b"content"), b"content"),
        ("list", request("/plaintext", "GET", ["Upgrade: websocket, h2c", *UPGRADE]), HELLO),
        ("h2", request("/plaintext", "GET", ["Upgrade: h2", *UPGRADE]), HELLO),
        ("no-settings", request("/plaintext", "GET", ["Upgrade: h2c", "Connection: Upgrade"]), HELLO),
        ("bad-settings", request("/plaintext", "GET", ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: ====%%"]), HELLO),
        ("unnamed", request("/plaintext", "GET", ["Upgrade: h2c"]), HELLO)]
    for name, sent, body in upgrades:
        def upgrade(target, sent=sent, body=body):
            target.need("h1")
            promised(target)  # RFC 7540 lets a server take the upgrade
            with target.connect() as conn:
                conn.send(sent + request("/1k"))
                response = conn.read_response()
                check(response.status == 200 and response.body == body, "%s instead of an answer in HTTP/1.1" % response)
                check(len(conn.read_response().body) == 1024, "the next request of HTTP/1.1")
        suite.add("h1-upgrade-h2c-ignored-" + name, "RFC 9113 3.1", upgrade, both=False)


def alpn(suite):
    offers = [
        ("h2", ["h2"], ["h2"]), ("h2-first", ["h2", "http/1.1"], ["h2"]), ("h2-last", ["http/1.1", "h2"], ["h2", "http/1.1"]),
        ("h1", ["http/1.1"], ["http/1.1"]), ("h2c", ["h2c", "http/1.1"], ["http/1.1"]), ("h2-among-others", ["h3", "spdy/3.1", "h2", "foo"], ["h2"]), ("none", [], [None])]
    for name, offered, selected in offers:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            def case(target, offered=offered, selected=selected, version=version):
                if "http/1.1" in offered or not offered:
                    target.need("alpn-h1")
                wire = Wire(target.host, target.tls_port, tls_context(offered, version))
                spoken = wire.tls.selected_alpn_protocol()
                wire.close()
                check(spoken in selected, "%s is selected of %s" % (spoken, offered))
                if spoken == "h2":
                    with Http2(target, tls=True, alpn=offered, version=version) as conn:
                        conn.alive()
            suite.add("alpn-%s-%s" % (name, version.name.lower()), "RFC 9113 3.2", case, both=False)

    @suite.case("alpn-unknown", "RFC 7301 3.2", both=False)
    def _(target):
        try:
            Wire(target.host, target.tls_port, tls_context(["spdy/9"])).close()
        except Exception as cause:
            check("ALERT" in str(cause).upper() and "APPLICATION_PROTOCOL" in str(cause).upper().replace(" ", "_"), "%s" % cause)
        else:
            check(not target.exacting, "the handshake succeeds with no common protocol")

    @suite.case("alpn-h2-but-spoken-h1", "RFC 9113 3.4", both=False)
    def _(target):
        wire = Wire(target.host, target.tls_port, tls_context())
        try:
            wire.send(request("/plaintext"))
            spoken, code = raw_end(wire)
            # RFC 9113 3.4 allows to leave out GOAWAY, for the peer does not speak HTTP/2.
            check(spoken == "h2" and code in (None, PROTOCOL_ERROR), "%s %s" % (spoken, code))
        finally:
            wire.close()

    @suite.case("alpn-none-but-spoken-h2", "RFC 9113 3.3", both=False)
    def _(target):
        promised(target)  # over TLS the protocol MUST be negotiated: a client without ALPN speaks HTTP/1.1
        wire = Wire(target.host, target.tls_port, tls_context([]))
        try:
            wire.send(PREFACE + settings())
            spoken, code = raw_end(wire)
            check(spoken == "h1" and code >= 400 or code is None, "%s %s" % (spoken, code))
        finally:
            wire.close()

    @suite.case("alpn-h2-with-prohibited-suites", "RFC 9113 9.2.2", both=False)
    def _(target):
        # With no other suite there is no HTTP/2: the handshake fails, or another protocol is selected, or INADEQUATE_SECURITY.
        context = tls_context(["h2"], ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0")
        try:
            wire = Wire(target.host, target.tls_port, context)
        except Failed:
            return
        try:
            if wire.tls.selected_alpn_protocol() == "h2":
                check(not target.exacting, "HTTP/2 with %s" % (wire.tls.cipher(),))
        finally:
            wire.close()

    @suite.case("alpn-h2-prefers-suites-that-are-allowed", "RFC 9113 9.2.2", both=False)
    def _(target):
        # Whatever a client puts first: the suite that is selected is none of appendix A.
        context = tls_context(["h2"], ssl.TLSVersion.TLSv1_2)
        context.set_ciphers("ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
        wire = Wire(target.host, target.tls_port, context)
        try:
            check(wire.tls.selected_alpn_protocol() == "h2" and "GCM" in wire.tls.cipher()[0], "%s" % (wire.tls.cipher(),))
        finally:
            wire.close()

    @suite.case("alpn-h1-but-spoken-h2", "RFC 9113 3.2", both=False)
    def _(target):
        promised(target)  # what was negotiated is what is spoken
        wire = Wire(target.host, target.tls_port, tls_context(["http/1.1"]))
        try:
            wire.send(PREFACE + settings())
            spoken, code = raw_end(wire)
            check(spoken == "h1" and code >= 400 or code is None, "%s %s" % (spoken, code))
        finally:
            wire.close()
