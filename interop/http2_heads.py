"""Header sections of requests (RFC 9113 sections 8.2 and 8.3): what is a request, and what is malformed."""

import http2_hpack as hpack
from harness import check
from http2_connection import Http2
from http2_verdict import REFUSALS, gave_up, good, malformed, promised
from http2_wire import COMPRESSION_ERROR, ENHANCE_YOUR_CALM, PROTOCOL_ERROR, continuation, data, headers

METHOD, SCHEME, AUTHORITY, PATH = (":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", "/plaintext")
LEGAL = [METHOD, SCHEME, AUTHORITY, PATH]
TCHAR = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"


def without(*names):
    return [field for field in LEGAL if field[0] not in names]


def with_(**values):
    """The legal fields with another value for some of the pseudo-header fields."""
    return [(name, values.get(name[1:], value)) for name, value in LEGAL]


def plus(*fields):
    return LEGAL + list(fields)


# MUST be treated as malformed: name, section, fields.
MALFORMED = [
    # 8.3.1: exactly one valid value of :method, :scheme and :path
    ("no-method", "8.3.1", without(":method")), ("no-scheme", "8.3.1", without(":scheme")), ("no-path", "8.3.1", without(":path")),
    ("no-method-and-path", "8.3.1", without(":method", ":path")), ("only-authority", "8.3.1", [AUTHORITY]), ("only-method", "8.3.1", [METHOD]),
    ("no-pseudo-fields", "8.3.1", [("accept", "*/*")]), ("no-pseudo-fields-but-host", "8.3.1", [("host", "localhost"), ("accept", "*/*")]),
    ("nothing", "8.3.1", []), ("empty-path", "8.3.1", with_(path="")), ("empty-method", "8.3.1", with_(method="")),
    ("empty-scheme", "8.3.1", with_(scheme="")),
    # 8.3: each at most once
    ("method-twice", "8.3", [METHOD, *LEGAL]), ("scheme-twice", "8.3", [SCHEME, *LEGAL]), ("path-twice", "8.3", [PATH, *LEGAL]),
    ("authority-twice", "8.3", [AUTHORITY, *LEGAL]), ("method-twice-differing", "8.3", [(":method", "POST"), *LEGAL]),
    ("path-twice-differing", "8.3", [(":path", "/1k"), *LEGAL]), ("authority-twice-differing", "8.3", [(":authority", "other"), *LEGAL]),
    ("scheme-twice-differing", "8.3", [(":scheme", "https"), *LEGAL]),
    # 8.3: only those that are defined for requests
    ("unknown-pseudo-field", "8.3", [*LEGAL, (":foo", "bar")]), ("unknown-pseudo-field-first", "8.3", [(":foo", "bar"), *LEGAL]),
    ("pseudo-field-without-name", "8.3", [*LEGAL, (":", "bar")]), ("status-in-a-request", "8.3", [*LEGAL, (":status", "200")]),
    ("status-first", "8.3", [(":status", "200"), *LEGAL]), ("host-as-a-pseudo-field", "8.3", [*LEGAL, (":host", "localhost")]),
    ("pseudo-field-with-two-colons", "8.3", [*LEGAL, ("::path", "/")]),
    ("protocol-without-connect", "RFC 8441 4", [METHOD, (":protocol", "websocket"), SCHEME, AUTHORITY, PATH]),
    # 8.3: before all others
    ("method-after-a-field", "8.3", [*without(":method"), ("accept", "*/*"), METHOD]),
    ("scheme-after-a-field", "8.3", [*without(":scheme"), ("accept", "*/*"), SCHEME]),
    ("path-after-a-field", "8.3", [*without(":path"), ("accept", "*/*"), PATH]),
    ("authority-after-a-field", "8.3", [*without(":authority"), ("accept", "*/*"), AUTHORITY]),
    ("path-again-after-a-field", "8.3", [*LEGAL, ("accept", "*/*"), PATH]),
    # 8.2, 8.2.1: names
    ("upper-case-name", "8.2", plus(("Accept", "*/*"))), ("upper-case-in-a-name", "8.2", plus(("x-tEst", "1"))),
    ("upper-case-Z", "8.2.1", plus(("x-Z", "1"))), ("upper-case-pseudo-field", "8.2", [(":Method", "GET"), *without(":method")]),
    ("upper-case-pseudo-field-path", "8.2", [*without(":path"), (":PATH", "/plaintext")]),
    ("space-in-a-name", "8.2.1", plus(("x y", "1"))), ("space-before-a-name", "8.2.1", plus((" x", "1"))),
    ("space-after-a-name", "8.2.1", plus(("x ", "1"))), ("tab-in-a-name", "8.2.1", plus(("x\ty", "1"))), ("colon-in-a-name", "8.2.1", plus(("x:y", "1"))),
    ("colon-after-a-name", "8.2.1", plus(("x:", "1"))), ("nul-in-a-name", "8.2.1", plus(("x\0y", "1"))), ("cr-in-a-name", "8.2.1", plus(("x\ry", "1"))),
    ("lf-in-a-name", "8.2.1", plus(("x\ny", "1"))), ("crlf-in-a-name", "8.2.1", plus(("x: 1\r\nhost: evil\r\nz", "1"))),
    ("0x1f-in-a-name", "8.2.1", plus(("x\x1fy", "1"))), ("0x7f-in-a-name", "8.2.1", plus(("x\x7fy", "1"))), ("0x80-in-a-name", "8.2.1", plus(("x\x80y", "1"))),
    ("0xff-in-a-name", "8.2.1", plus(("\xff", "1"))), ("empty-name", "8.2.1", plus(("", "1"))),
    # 8.2.1: values
    ("nul-in-a-value", "8.2.1", plus(("x", "a\0b"))), ("cr-in-a-value", "8.2.1", plus(("x", "a\rb"))), ("lf-in-a-value", "8.2.1", plus(("x", "a\nb"))),
    ("crlf-in-a-value", "8.2.1", plus(("x", "a\r\nhost: evil"))), ("nul-alone", "8.2.1", plus(("x", "\0"))), ("lf-at-the-end", "8.2.1", plus(("x", "a\n"))),
    ("space-before-a-value", "8.2.1", plus(("x", " a"))), ("space-after-a-value", "8.2.1", plus(("x", "a "))), ("tab-before-a-value", "8.2.1", plus(("x", "\ta"))),
    ("tab-after-a-value", "8.2.1", plus(("x", "a\t"))), ("space-alone", "8.2.1", plus(("x", " "))),
    ("nul-in-path", "8.2.1", with_(path="/plain\0text")), ("lf-in-path", "8.2.1", with_(path="/plaintext\nx: y")),
    ("crlf-in-path", "8.2.1", with_(path="/plaintext HTTP/1.1\r\nhost: evil")), ("cr-in-authority", "8.2.1", with_(authority="local\rhost")),
    ("crlf-in-authority", "8.2.1", with_(authority="localhost\r\nx: y")), ("crlf-in-method", "8.2.1", with_(method="GET / HTTP/1.1\r\nx: y\r\n\r\nGET")),
    ("nul-in-method", "8.2.1", with_(method="GE\0T")), ("crlf-in-scheme", "8.2.1", with_(scheme="http\r\nx: y")),
    # 8.2.2: connection-specific fields
    ("connection-close", "8.2.2", plus(("connection", "close"))), ("connection-keep-alive", "8.2.2", plus(("connection", "keep-alive"))),
    ("connection-te", "8.2.2", plus(("connection", "te"), ("te", "trailers"))), ("connection-empty", "8.2.2", plus(("connection", ""))),
    ("keep-alive", "8.2.2", plus(("keep-alive", "timeout=5"))), ("proxy-connection", "8.2.2", plus(("proxy-connection", "keep-alive"))),
    ("transfer-encoding-chunked", "8.2.2", plus(("transfer-encoding", "chunked"))), ("transfer-encoding-identity", "8.2.2", plus(("transfer-encoding", "identity"))),
    ("upgrade-h2c", "8.2.2", plus(("upgrade", "h2c"))), ("upgrade-websocket", "8.2.2", plus(("upgrade", "websocket"))),
    ("te-gzip", "8.2.2", plus(("te", "gzip"))), ("te-trailers-and-gzip", "8.2.2", plus(("te", "trailers, gzip"))),
    ("te-twice", "8.2.2", plus(("te", "trailers"), ("te", "deflate"))),
    # 8.1.1: content-length, here without content
    ("content-length-but-no-content", "8.1.1", plus(("content-length", "5"))), ("content-length-huge", "8.1.1", plus(("content-length", "9" * 30))),
]

# Not valid either, yet the RFC leaves the treatment open, or says SHOULD: malformed, refused, or served.
DOUBTFUL = [
    ("host-differs", "8.3.1", plus(("host", "other"))), ("host-differs-in-its-port", "8.3.1", plus(("host", "localhost:81"))),
    ("host-empty", "8.3.1", plus(("host", ""))), ("host-twice", "8.3.1", plus(("host", "localhost"), ("host", "other"))),
    ("host-a-list", "8.3.1", plus(("host", "localhost, other"))),
    ("name-with-parenthesis", "8.2.1", plus(("x(y", "1"))), ("name-with-quote", "8.2.1", plus(("x\"y", "1"))), ("name-with-slash", "8.2.1", plus(("x/y", "1"))),
    ("name-with-comma", "8.2.1", plus(("x,y", "1"))), ("name-with-at", "8.2.1", plus(("x@y", "1"))), ("name-with-brace", "8.2.1", plus(("x{y", "1"))),
    ("0x01-in-a-value", "8.2.1", plus(("x", "a\1b"))), ("0x7f-in-a-value", "8.2.1", plus(("x", "a\x7fb"))), ("0x1b-in-a-value", "8.2.1", plus(("x", "\x1b[1m"))),
    ("path-without-slash", "8.3.1", with_(path="plaintext")), ("path-star-for-get", "8.3.1", with_(path="*")),
    ("path-absolute-uri", "8.3.1", with_(path="http://localhost/plaintext")), ("path-with-space", "10.3", with_(path="/plain text")),
    ("path-space-at-the-end", "8.2.1", with_(path="/plaintext ")), ("path-space-at-the-beginning", "8.2.1", with_(path=" /plaintext")),
    ("path-with-fragment", "10.3", with_(path="/plaintext#x")), ("path-with-0x80", "10.3", with_(path="/plaintext\x80")),
    ("path-with-bad-percent", "10.3", with_(path="/%zz")), ("method-with-space", "10.3", with_(method="GE T")), ("method-with-slash", "10.3", with_(method="G/T")),
    ("scheme-with-space", "10.3", with_(scheme="ht tp")), ("scheme-with-slashes", "10.3", with_(scheme="http://evil/?")),
    ("authority-with-space", "10.3", with_(authority="local host")), ("authority-with-slash", "10.3", with_(authority="localhost/evil")),
    ("authority-with-userinfo", "8.3.1", with_(authority="user@localhost")), ("authority-with-a-bad-port", "10.3", with_(authority="localhost:http")),
    ("authority-empty", "8.3.1", with_(authority="")), ("content-length-word", "8.1.1", plus(("content-length", "abc"))),
    ("content-length-minus", "8.1.1", plus(("content-length", "-1"))), ("content-length-plus", "8.1.1", plus(("content-length", "+0"))),
    ("content-length-empty", "8.1.1", plus(("content-length", ""))), ("content-length-differing", "8.1.1", plus(("content-length", "0"), ("content-length", "1"))),
    ("content-length-list", "8.1.1", plus(("content-length", "0, 1"))),
]

# Served whatever happens to the rest of them.
EITHER = [
    ("host-with-the-default-port", "8.3.1", plus(("host", "localhost:80"))), ("no-authority-and-no-host", "8.3.1", without(":authority")),
    ("scheme-unknown", "8.3.1", with_(scheme="ftp")), ("scheme-upper-case", "8.3.1", with_(scheme="HTTP")), ("scheme-of-the-other-port", "8.3.1", None),
    ("te-empty", "8.2.2", plus(("te", ""))), ("te-upper-case", "8.2.2", plus(("te", "Trailers"))), ("http2-settings", "8.2.2", plus(("http2-settings", "AAMAAABk"))),
    ("content-length-leading-zeros", "8.1.1", plus(("content-length", "000"))), ("content-length-twice-equal", "8.1.1", plus(("content-length", "0"), ("content-length", "0"))),
    ("method-lower-case", "RFC 9110 9.1", with_(method="get")), ("method-unknown", "RFC 9110 9.1", with_(method="BREW")),
    ("method-of-all-characters", "RFC 9110 9.1", with_(method=TCHAR)), ("expect-unknown", "RFC 9110 10.1.1", plus(("expect", "miracles"))),
    ("trace", "RFC 9110 9.3.8", with_(method="TRACE")), ("path-of-8000-bytes", "RFC 9110 4.1", with_(path="/" + "p" * 8000)),
]

# Requests like any other.
SERVED = [
    ("plain", "8.3.1", LEGAL), ("reversed", "8.3", LEGAL[::-1]), ("host-instead-of-authority", "8.3.1", [*without(":authority"), ("host", "localhost")]),
    ("host-beside-authority", "8.3.1", plus(("host", "localhost"))), ("host-in-other-case", "8.3.1", plus(("host", "LocalHost"))),
    ("authority-with-port", "8.3.1", with_(authority="localhost:8080")), ("authority-ipv4", "8.3.1", with_(authority="127.0.0.1:80")),
    ("authority-ipv6", "8.3.1", with_(authority="[::1]:80")), ("te-trailers", "8.2.2", plus(("te", "trailers"))),
    ("names-of-all-characters", "8.2.1", plus((TCHAR, "1"), *((char + "-x", "1") for char in TCHAR))), ("value-empty", "8.2.1", plus(("x", ""))),
    ("value-of-obs-text", "8.2.1", plus(("x", "\x80\xe4\xff"))), ("value-with-space-and-tab", "8.2.1", plus(("x", "a b\tc"))),
    ("value-of-all-visible-characters", "8.2.1", plus(("x", "".join(map(chr, range(0x21, 0x7F)))))), ("value-of-4000-bytes", "8.2.1", plus(("x", "v" * 4000))),
    ("same-name-many-times", "8.2", plus(*(("x", str(index)) for index in range(50)))), ("80-fields", "8.2", plus(*(("x-%d" % index, "y") for index in range(80)))),
    ("cookie-crumbs", "8.2.3", plus(("cookie", "a=b"), ("cookie", "c=d"), ("cookie", "e=f"))), ("content-length-0", "8.1.1", plus(("content-length", "0"))),
    ("path-with-query", "8.3.1", with_(path="/plaintext?a=b&c=%20;d/?")), ("path-with-empty-query", "8.3.1", with_(path="/plaintext?")),
    ("path-percent-encoded", "8.3.1", with_(path="/plain%74ext")), ("priority-field", "RFC 9218 4", plus(("priority", "u=1, i"))),
    ("browser-like", "8.2", plus(("sec-ch-ua", "\"Chromium\";v=\"130\""), ("user-agent", "Mozilla/5.0"), ("accept", "text/html,*/*;q=0.8"),
                                 ("accept-encoding", "gzip, deflate, br"), ("accept-language", "en"), ("cookie", "session=1234567890abcdef"))),
]


def sent(conn, fields):
    """The fields with the connection's own scheme."""
    return [(name, conn.scheme if (name, value) == SCHEME else value) for name, value in fields]


def open_with(conn, fields, **more):
    method = next((value for name, value in fields if name == ":method"), "GET")
    number = conn.open(method)
    conn.raw(headers(number, hpack.encode(sent(conn, fields), **more)))
    return number


def add(suite):
    for name, where, fields in MALFORMED:
        def case(target, fields=fields):
            with Http2(target) as conn:
                malformed(conn, open_with(conn, fields))
        suite.add("malformed-" + name, section(where), case)

    for name, where, fields in DOUBTFUL:
        def doubtful(target, fields=fields):
            with Http2(target) as conn:
                number = open_with(conn, fields)
                if target.exacting:
                    malformed(conn, number)
                else:
                    either(conn, number)
        suite.add("doubtful-" + name, section(where), doubtful)

    for name, where, fields in EITHER:
        def open_choice(target, fields=fields):
            with Http2(target) as conn:
                other = with_(scheme="http" if conn.scheme == "https" else "https")
                either(conn, open_with(conn, fields or other))
        suite.add("either-" + name, section(where), open_choice)

    for name, where, fields in SERVED:
        def served(target, fields=fields):
            with Http2(target) as conn:
                for kind in (hpack.WITHOUT, hpack.NEVER, hpack.INCREMENTAL):
                    for coded in (False, True):
                        good(conn.response(open_with(conn, fields, kind=kind, coded=coded)))
        suite.add("served-" + name, section(where), served)

    others(suite)
    large(suite)


def section(where):
    return where if where.startswith("RFC") else "RFC 9113 " + where


def either(conn, number):
    """Served, refused or reset, but the connection goes on."""
    stream = conn.await_stream(number)
    if stream.ended:
        check(stream.status == 200 or stream.status in REFUSALS, conn.seen(number))
        conn.alive()
    else:
        malformed(conn, number)


def others(suite):
    case = suite.case

    @case("options-star", "RFC 9113 8.3.1")
    def _(target):
        with Http2(target) as conn:
            stream = conn.fetch("*", "OPTIONS")
            check(stream.status in (200, 204, 400, 404, 405), conn.seen(stream.number))
            check(not target.exacting or stream.status in (200, 204), conn.seen(stream.number))
            conn.alive()

    @case("options-path", "RFC 9110 9.3.7")
    def _(target):
        target.need("405")
        with Http2(target) as conn:
            stream = conn.fetch("/plaintext", "OPTIONS")
            check(stream.status in (200, 204) and "GET" in stream.get("allow", ""), conn.seen(stream.number))

    @case("malformed-with-content", "RFC 9113 8.1.1")
    def _(target):
        # What follows a malformed header section on its stream is dropped, but counts for the connection's window.
        with Http2(target) as conn:
            number = conn.open("POST")
            conn.raw(headers(number, hpack.encode(conn.head("/echo", "POST", [("connection", "close")])), end=False))
            conn.raw(*(data(number, b"x" * 1000) for _ in range(20)), data(number, b"", True))
            malformed(conn, number)

    @case("malformed-20-in-a-row", "RFC 9113 5.4.2")
    def _(target):
        with Http2(target) as conn:
            for index in range(20):
                number = open_with(conn, plus(("connection", "close")))
                stream = conn.await_stream(number)
                if gave_up(conn, PROTOCOL_ERROR):
                    return
                check(stream.reset is not None or stream.ended and stream.status in REFUSALS, conn.seen(number))
            conn.alive()

    @case("malformed-leaves-the-others", "RFC 9113 5.4.2")
    def _(target):
        with Http2(target) as conn:
            first = conn.request("/1m")
            bad = open_with(conn, plus(("Upper", "case")))
            second = conn.request("/1m")
            for number in (first, second):
                conn.await_stream(number)
                if gave_up(conn, PROTOCOL_ERROR):
                    return
                check(len(good(conn.response(number), None).body) == 1 << 20, "not whole")
            malformed(conn, bad)

    @case("malformed-block-is-still-decoded", "RFC 9113 4.3")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            block = hpack.encode(conn.head()) + hpack.encode([("connection", "close")]) + hpack.literal("x-after", "1", hpack.INCREMENTAL)
            conn.raw(headers(number, block))
            malformed(conn, number)
            if gave_up(conn, PROTOCOL_ERROR):
                return
            again = conn.open()
            conn.raw(headers(again, hpack.encode(conn.head()) + hpack.indexed(62)))
            good(conn.response(again))

    @case("malformed-is-never-served-to-the-application", "RFC 9113 8.1.1")
    def _(target):
        promised(target)
        key = 'millrace_requests_total{protocol="h2",status_class="2xx"}'
        before = target.metrics().get(key, 0)
        with Http2(target) as conn:
            for _ in range(5):
                conn.await_stream(open_with(conn, plus(("transfer-encoding", "chunked"))))
            conn.sync()
        check(target.metrics().get(key, 0) == before, "a malformed request has been answered with 2xx")


def large(suite):
    """Header lists beyond any sensible bound: 431 or another end of the stream, or of the connection; never hung."""
    fine = REFUSALS | {200}
    rows = [
        ("one-value-of-40000-bytes", lambda: [("x", "v" * 40000)]), ("one-value-of-100000-bytes", lambda: [("x", "v" * 100000)]),
        ("500-fields", lambda: [("x-%d" % index, "v") for index in range(500)]), ("one-name-of-40000-bytes", lambda: [("n" * 40000, "v")]),
        ("path-of-40000-bytes", lambda: None), ("cookies-of-60000-bytes", lambda: [("cookie", "c=" + "v" * 300)] * 200)]
    for name, made in rows:
        for huffman in (False, True):
            def case(target, made=made, huffman=huffman, name=name):
                with Http2(target) as conn:
                    fields = made()
                    whole = conn.head(fields=fields) if fields else conn.head("/" + "p" * 40000)
                    block, number = hpack.encode(whole, coded=huffman), conn.open()
                    pieces = [block[at:at + 16384] for at in range(0, len(block), 16384)]
                    conn.raw(headers(number, pieces[0], more=len(pieces) > 1),
                             *(continuation(number, piece, more=piece is not pieces[-1]) for piece in pieces[1:]))
                    stream = conn.await_stream(number)
                    if target.exacting:
                        expected = {414, 431} if "path" in name else {431}
                        check(stream.ended and stream.status in expected, "%s expected; %s" % (sorted(expected), conn.seen(number)))
                        conn.alive()
                    elif stream.ended:
                        check(stream.status in fine, conn.seen(number))
                    elif stream.reset is None:
                        check(not conn.goaways or conn.goaways[-1].code in (PROTOCOL_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM), conn.seen(number))
            suite.add("large-%s%s" % (name, "-huffman" if huffman else ""), "RFC 9113 10.5.1", case)

    @suite.case("large-then-the-next", "RFC 9113 10.5.1, 4.3")
    def _(target):
        # The list is too large, its block still belongs to the compression state.
        promised(target)
        with Http2(target) as conn:
            for _ in range(3):
                number = conn.open()
                block = hpack.encode(conn.head()) + hpack.literal("x-mark", "1", hpack.INCREMENTAL) + hpack.encode([("x", "v" * 9000)] * 5)
                pieces = [block[at:at + 16384] for at in range(0, len(block), 16384)]
                conn.raw(headers(number, pieces[0], more=True), *(continuation(number, piece, more=piece is not pieces[-1]) for piece in pieces[1:]))
                check(conn.response(number).status == 431, conn.seen(number))
                again = conn.open()
                conn.raw(headers(again, hpack.encode(conn.head()) + hpack.indexed(62)))
                good(conn.response(again))

    @suite.case("large-in-the-middle-of-others", "RFC 9113 10.5.1")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            first = conn.request("/1m")
            block, number = hpack.encode(conn.head(fields=[("x", "v" * 9000)] * 5)), conn.open()
            pieces = [block[at:at + 16384] for at in range(0, len(block), 16384)]
            conn.raw(headers(number, pieces[0], more=True), *(continuation(number, piece, more=piece is not pieces[-1]) for piece in pieces[1:]))
            check(conn.response(number).status == 431, conn.seen(number))
            check(len(good(conn.response(first), None).body) == 1 << 20, "not whole")
