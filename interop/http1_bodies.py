"""Tables of message bodies: Content-Length, Transfer-Encoding, the chunked coding."""

from verdict import row

TEBIBYTE = 1 << 40
EVIL = "GET /status/299 HTTP/1.1\r\nHost: evil\r\n\r\n"


def post(*fields, body="", path="/echo", version="HTTP/1.1"):
    return "\r\n".join(["POST %s %s" % (path, version), "Host: a", *fields]) + "\r\n\r\n" + body


def length(value, body="12345"):
    return post("Content-Length:" + value, body=body)


LENGTH = "RFC 9112 6.3"
LENGTHS = [
    row("length-5", LENGTH, length(" 5"), accept=200, body=b"12345"),
    row("length-0", LENGTH, length(" 0", ""), accept=200, body=b""),
    row("length-none", LENGTH, post(), accept={200, 411}, body=b""),
    row("length-leading-zeros", "RFC 9110 8.6", length(" 0005"), accept=200, body=b"12345"),
    row("length-many-leading-zeros", "RFC 9110 8.6", length(" " + "0" * 1000 + "5"), accept=200, refuse={400, 413},
        body=b"12345"),
    row("length-twice-equal", "RFC 9110 8.6", post("Content-Length: 5", "Content-Length: 5", body="12345"), accept=200,
        refuse=400, body=b"12345"),
    row("length-list-equal", "RFC 9110 8.6", length(" 5, 5"), accept=200, refuse=400, body=b"12345"),
    row("length-twice-differ", LENGTH, post("Content-Length: 5", "Content-Length: 6", body="12345"), refuse=400),
    row("length-twice-differ-zero", LENGTH, post("Content-Length: 0", "Content-Length: 5", body="12345"), refuse=400),
    row("length-twice-differ-apart", LENGTH, post("Content-Length: 5", "X-A: b", "content-length: 0", body="12345"), refuse=400),
    row("length-twice-spelled-differently", LENGTH, post("Content-Length: 5", "Content-Length: 05", body="12345"),
        accept=200, refuse=400, body=b"12345"),
    row("length-twice-second-bad", LENGTH, post("Content-Length: 5", "Content-Length: x", body="12345"), refuse=400),
    row("length-list-differ", LENGTH, length(" 5, 6"), refuse=400),
    row("length-list-trailing-comma", LENGTH, length(" 5,"), refuse=400),
    row("length-list-leading-comma", LENGTH, length(" ,5"), refuse=400),
    row("length-empty", LENGTH, length("", ""), refuse=400),
    row("length-blank", LENGTH, length(" \t", ""), refuse=400),
    row("length-minus", LENGTH, length(" -5"), refuse=400),
    row("length-minus-zero", LENGTH, length(" -0", ""), refuse=400),
    row("length-plus", LENGTH, length(" +5"), refuse=400),
    row("length-hex", LENGTH, length(" 0x5"), refuse=400),
    row("length-hex-digit", LENGTH, length(" 5a"), refuse=400),
    row("length-decimal-point", LENGTH, length(" 5.0"), refuse=400),
    row("length-exponent", LENGTH, length(" 5e0"), refuse=400),
    row("length-underscore", LENGTH, length(" 0_5"), refuse=400),
    row("length-quoted", LENGTH, length(' "5"'), refuse=400),
    row("length-space-inside", LENGTH, length(" 1 0", "1234567890"), refuse=400),
    row("length-tab-inside", LENGTH, length(" 5\t0"), refuse=400),
    row("length-semicolon", LENGTH, length(" 5;"), refuse=400),
    row("length-word", LENGTH, length(" five"), refuse=400),
    row("length-nbsp", LENGTH, length(" \xa05"), refuse=400),
    row("length-vertical-tab", LENGTH, length(" \x0b5"), refuse=400),
    row("length-form-feed", LENGTH, length(" 5\x0c"), refuse=400),
    row("length-superscript-digit", LENGTH, length(" \xb2"), refuse=400),
    row("length-arabic-digit", LENGTH, length(" \xd9\xa5"), refuse=400),
    row("length-full-width-digit", LENGTH, length(" \xef\xbc\x95"), refuse=400),
    row("length-2^63-1", "RFC 9110 15.5.14", length(" 9223372036854775807"), refuse=413),
    row("length-2^63", "RFC 9110 15.5.14", length(" 9223372036854775808"), refuse=413),
    row("length-2^64", "RFC 9110 15.5.14", length(" 18446744073709551616"), refuse=413),
    row("length-2^64+5", "RFC 9110 15.5.14", length(" 18446744073709551621"), refuse=413),
    row("length-2^40+5-is-not-5", "RFC 9110 8.6", length(" %d" % (TEBIBYTE + 5)), refuse=413),
    row("length-40-digits", "RFC 9110 15.5.14", length(" " + "9" * 40), refuse=413),
    row("length-1000-digits", "RFC 9110 15.5.14", length(" " + "9" * 1000), refuse={400, 413}),
    row("length-1-tib-and-1", "RFC 9110 15.5.14", length(" %d" % (TEBIBYTE + 1)), refuse=413),
    row("length-1-tib-and-1-wrong-path", "RFC 9110 15.5.14",
        post("Content-Length: %d" % (TEBIBYTE + 1), path="/nothing"), refuse={404, 413}),
    row("length-on-get", "RFC 9110 9.3.1", "GET /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345", accept=200,
        refuse=400, body=b"Hello, World!", may_close=True),
    row("length-on-get-smuggled-request", "RFC 9110 9.3.1",
        "GET /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(EVIL), EVIL),
        accept=200, refuse=400, body=b"Hello, World!", may_close=True),
    row("length-on-head", "RFC 9110 9.3.2", "HEAD /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345",
        accept=200, refuse=400, may_close=True, method="HEAD"),
    row("length-on-404", "RFC 9112 9.3", post("Content-Length: 5", body="12345", path="/nothing"), accept=404),
    row("length-on-405", "RFC 9112 9.3", post("Content-Length: 5", body="12345", path="/plaintext"), accept=405),
    row("length-on-405-smuggled-request", "RFC 9112 9.3",
        post("Content-Length: %d" % len(EVIL), body=EVIL, path="/plaintext"), accept=405),
    row("length-unread-256-kib", "RFC 9112 9.3", post("Content-Length: 262144", body="x" * 262144, path="/plaintext"), accept=405),
]

EMPTY = "0\r\n\r\n"
ABC = "3\r\nabc\r\n0\r\n\r\n"


def coding(value, body=ABC, **extra):
    return post("Transfer-Encoding:" + value, body=body, **extra)


CODING = "RFC 9112 6.1"
BOTH = "RFC 9112 6.3"
CODINGS = [
    row("coding-chunked", CODING, coding(" chunked"), accept=200, body=b"abc"),
    row("coding-upper-case", CODING, coding(" CHUNKED"), accept=200, body=b"abc"),
    row("coding-mixed-case", CODING, coding(" cHuNkEd"), accept=200, body=b"abc"),
    row("coding-field-name-case", CODING, post("tRANSFER-eNCODING: chunked", body=ABC), accept=200, body=b"abc"),
    row("coding-empty-list-elements", "RFC 9110 5.6.1", coding(" , chunked"), accept=200, refuse=400, body=b"abc"),
    row("coding-trailing-comma", "RFC 9110 5.6.1", coding(" chunked ,"), accept=200, refuse=400, body=b"abc"),
    row("coding-and-length", BOTH, post("Content-Length: 5", "Transfer-Encoding: chunked", body=EMPTY), refuse=400),
    row("coding-and-length-reversed", BOTH, post("Transfer-Encoding: chunked", "Content-Length: 5", body=EMPTY), refuse=400),
    row("coding-and-length-0", BOTH, post("Content-Length: 0", "Transfer-Encoding: chunked", body=EMPTY), refuse=400),
    row("coding-and-length-on-get", BOTH,
        "GET /plaintext HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", refuse=400),
    row("coding-and-bad-length", BOTH, post("Content-Length: x", "Transfer-Encoding: chunked", body=EMPTY), refuse=400),
    row("coding-and-length-smuggled-request", BOTH,
        post("Content-Length: %d" % len(EMPTY + EVIL), "Transfer-Encoding: chunked", body=EMPTY + EVIL),
        refuse=400),
    row("coding-and-length-identity", BOTH, post("Content-Length: 5", "Transfer-Encoding: identity", body="12345"),
        refuse={400, 501}),
    row("coding-and-length-unknown", BOTH, post("Content-Length: 5", "Transfer-Encoding: xchunked", body="12345"),
        refuse={400, 501}),
    row("coding-identity", CODING, coding(" identity", ""), refuse={400, 501}),
    row("coding-gzip-chunked", "RFC 9112 6.1", coding(" gzip, chunked"), refuse=501),
    row("coding-unknown-chunked", "RFC 9112 6.1", coding(" x-unknown, chunked"), refuse=501),
    row("coding-unknown-with-parameter-chunked", "RFC 9112 7", coding(' x-unknown;a="b,c", chunked'), refuse={400, 501}),
    row("coding-gzip-chunked-two-lines", "RFC 9110 5.3", post("Transfer-Encoding: gzip", "Transfer-Encoding: chunked", body=ABC),
        refuse=501),
    row("coding-gzip-only", BOTH, coding(" gzip"), refuse={400, 501}),
    row("coding-chunked-gzip", BOTH, coding(" chunked, gzip"), refuse=400),
    row("coding-chunked-gzip-two-lines", BOTH, post("Transfer-Encoding: chunked", "Transfer-Encoding: gzip", body=ABC), refuse=400),
    row("coding-chunked-identity", BOTH, coding(" chunked, identity"), refuse={400, 501}),
    row("coding-identity-chunked", BOTH, coding(" identity, chunked"), refuse={400, 501}),
    row("coding-chunked-chunked", "RFC 9112 7.1", coding(" chunked, chunked"), refuse=400),
    row("coding-chunked-twice", "RFC 9112 7.1", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=ABC),
        refuse=400),
    row("coding-chunked-then-unknown-line", BOTH, post("Transfer-Encoding: chunked", "Transfer-Encoding: x", body=ABC),
        refuse={400, 501}),
    row("coding-empty", CODING, coding(""), refuse={400, 501}),
    row("coding-blank", CODING, coding(" \t"), refuse={400, 501}),
    row("coding-comma-only", CODING, coding(" ,"), refuse={400, 501}),
    row("coding-vertical-tab", CODING, coding(" \x0bchunked"), refuse={400, 501}),
    row("coding-form-feed", CODING, coding(" chunked\x0c"), refuse={400, 501}),
    row("coding-nbsp", CODING, coding(" \xa0chunked"), refuse={400, 501}),
    row("coding-nul", CODING, coding(" chunked\0"), refuse=400),
    row("coding-xchunked", CODING, coding(" xchunked"), refuse={400, 501}),
    row("coding-chunkedx", CODING, coding(" chunkedx"), refuse={400, 501}),
    row("coding-chunk", CODING, coding(" chunk"), refuse={400, 501}),
    row("coding-quoted", CODING, coding(' "chunked"'), refuse={400, 501}),
    row("coding-single-quoted", CODING, coding(" 'chunked'"), refuse={400, 501}),
    row("coding-parameter", CODING, coding(" chunked;q=0.5"), refuse={400, 501}),
    row("coding-quoted-junk", CODING, coding(' chunked;"x, chunked"'), refuse={400, 501}),
    row("coding-space-joined", CODING, coding(" x chunked"), refuse={400, 501}),
    row("coding-tab-joined", CODING, coding(" chunked\tx"), refuse={400, 501}),
    row("coding-semicolon-list", CODING, coding(" gzip; chunked"), refuse={400, 501}),
    row("coding-dotless-i", CODING, coding(" chun\xc4\xb1ked"), refuse={400, 501}),
    row("coding-kelvin-sign", CODING, coding(" chun\xe2\x84\xaaed"), refuse={400, 501}),
    row("coding-name-with-space", "RFC 9112 5.1", post("Transfer-Encoding : chunked", body=ABC), refuse=400),
    row("coding-in-1.0", CODING, coding(" chunked", version="HTTP/1.0"), accept=(), refuse={200, 400, 501, 505}),
    row("coding-and-length-in-1.0", CODING,
        post("Connection: keep-alive", "Content-Length: 5", "Transfer-Encoding: chunked", body=EMPTY, version="HTTP/1.0"),
        refuse={400, 501, 505}),
    row("coding-in-1.0-keep-alive", CODING,
        coding(" chunked", version="HTTP/1.0").replace("Host: a", "Host: a\r\nConnection: keep-alive"),
        refuse={200, 400, 501, 505}),
    row("coding-on-get", "RFC 9110 9.3.1", coding(" chunked").replace("POST /echo", "GET /plaintext"), accept=200, refuse=400,
        body=b"Hello, World!", may_close=True),
    row("coding-on-404", "RFC 9112 9.3", coding(" chunked", path="/nothing"), accept=404),
    row("coding-on-405", "RFC 9112 9.3", coding(" chunked", path="/plaintext"), accept=405),
    row("coding-upgrade-ignored", "RFC 9110 7.8", post("Upgrade: nothing/1.0", "Connection: upgrade", body="").replace(
        "POST /echo", "GET /plaintext"), accept=200, body=b"Hello, World!"),
    row("coding-h2c-upgrade-ignored", "RFC 9113 3.1",
        "GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
        accept=200, body=b"Hello, World!"),
]

CHUNKED = "RFC 9112 7.1"
EXTENSIONS = "RFC 9112 7.1.1"
TRAILERS = "RFC 9112 7.1.2"

# name, section, what follows the head, the decoded body
GOOD_CHUNKS = [
    ("empty", CHUNKED, EMPTY, b""),
    ("one", CHUNKED, ABC, b"abc"),
    ("two", CHUNKED, "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
    ("lower-hex", CHUNKED, "a\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("upper-hex", CHUNKED, "A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("mixed-hex", CHUNKED, "1a\r\n" + "x" * 26 + "\r\n1B\r\n" + "y" * 27 + "\r\n0\r\n\r\n", b"x" * 26 + b"y" * 27),
    ("leading-zeros", CHUNKED, "0003\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("last-chunk-zeros", CHUNKED, "3\r\nabc\r\n000\r\n\r\n", b"abc"),
    ("crlf-in-data", CHUNKED, "7\r\na\r\n0\r\nb\r\n0\r\n\r\n", b"a\r\n0\r\nb"),
    ("fake-end-in-data", CHUNKED, "5\r\n0\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\n"),
    ("hundred-of-one-byte", CHUNKED, "1\r\nx\r\n" * 100 + EMPTY, b"x" * 100),
    ("64-kib", CHUNKED, "10000\r\n" + "x" * 65536 + "\r\n0\r\n\r\n", b"x" * 65536),
    ("extension", EXTENSIONS, "3;a=b\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("extension-no-value", EXTENSIONS, "3;a\r\nabc\r\n0;z\r\n\r\n", b"abc"),
    ("extension-several", EXTENSIONS, "3;a=b;c;d=e\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("extension-quoted", EXTENSIONS, '3;a="b c"\r\nabc\r\n0\r\n\r\n', b"abc"),
    ("extension-quoted-semicolon", EXTENSIONS, '3;a="b;c=\\"d"\r\nabc\r\n0\r\n\r\n', b"abc"),
    ("extension-quoted-obs-text", EXTENSIONS, '3;a="caf\xe9"\r\nabc\r\n0\r\n\r\n', b"abc"),
    ("extension-quoted-empty", EXTENSIONS, '3;a=""\r\nabc\r\n0\r\n\r\n', b"abc"),
    ("trailer", TRAILERS, "3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n", b"abc"),
    ("trailer-two", TRAILERS, "3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-More: \xe9\r\n\r\n", b"abc"),
    ("trailer-no-data", TRAILERS, "0\r\nX-Sum: 1\r\n\r\n", b""),
]

# Grammar that the RFC lets a recipient read or refuse.
ODD_CHUNKS = [
    ("extension-bad-whitespace", EXTENSIONS, "3 ; a = b\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("extension-space-after-semicolon", EXTENSIONS, "3; a=b\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("extension-1-kib", EXTENSIONS, "3;a=" + "b" * 1024 + "\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("sixteen-digits", CHUNKED, "0000000000000003\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("trailer-framing-ignored", "RFC 9110 6.5.1", "3\r\nabc\r\n0\r\nContent-Length: 99\r\nHost: evil\r\n\r\n", b"abc"),
    ("trailer-coding-ignored", "RFC 9110 6.5.1", "3\r\nabc\r\n0\r\nTransfer-Encoding: gzip\r\n\r\n", b"abc"),
]

BAD_CHUNKS = [
    ("bare-lf-after-size", CHUNKED, "3\nabc\r\n0\r\n\r\n"),
    ("bare-lf-after-data", CHUNKED, "3\r\nabc\n0\r\n\r\n"),
    ("bare-lf-after-last", CHUNKED, "3\r\nabc\r\n0\n\r\n"),
    ("bare-lf-at-end", CHUNKED, "3\r\nabc\r\n0\r\n\n"),
    ("bare-lf-everywhere", CHUNKED, "3\nabc\n0\n\n"),
    ("bare-cr-after-size", CHUNKED, "3\rabc\r\n0\r\n\r\n"),
    ("bare-cr-after-data", CHUNKED, "3\r\nabc\r0\r\n\r\n"),
    ("bare-cr-in-size-line", CHUNKED, "3\r\r\nabc\r\n0\r\n\r\n"),
    ("no-crlf-after-data", CHUNKED, "3\r\nabc0\r\n\r\n"),
    ("data-longer-than-size", CHUNKED, "3\r\nabcd\r\n0\r\n\r\n"),
    ("data-shorter-than-size", CHUNKED, "4\r\nabc\r\n0\r\n\r\n"),
    ("empty-size", CHUNKED, "\r\nabc\r\n0\r\n\r\n"),
    ("extension-without-size", CHUNKED, ";a=b\r\nabc\r\n0\r\n\r\n"),
    ("minus", CHUNKED, "-3\r\nabc\r\n0\r\n\r\n"),
    ("minus-zero", CHUNKED, "-0\r\n\r\n"),
    ("plus", CHUNKED, "+3\r\nabc\r\n0\r\n\r\n"),
    ("0x-prefix", CHUNKED, "0x3\r\nabc\r\n0\r\n\r\n"),
    ("h-suffix", CHUNKED, "3h\r\nabc\r\n0\r\n\r\n"),
    ("not-hex", CHUNKED, "g\r\nabc\r\n0\r\n\r\n"),
    ("underscore", CHUNKED, "0_3\r\nabc\r\n0\r\n\r\n"),
    ("decimal-point", CHUNKED, "3.0\r\nabc\r\n0\r\n\r\n"),
    ("comma", CHUNKED, "3,a\r\nabc\r\n0\r\n\r\n"),
    ("quoted-size", CHUNKED, '"3"\r\nabc\r\n0\r\n\r\n'),
    ("leading-space", CHUNKED, " 3\r\nabc\r\n0\r\n\r\n"),
    ("leading-tab", CHUNKED, "\t3\r\nabc\r\n0\r\n\r\n"),
    ("space-inside-size", CHUNKED, "1 0\r\nabc\r\n0\r\n\r\n"),
    ("trailing-space", CHUNKED, "3 \r\nabc\r\n0\r\n\r\n"),
    ("trailing-tab", CHUNKED, "3\t\r\nabc\r\n0\r\n\r\n"),
    ("trailing-vertical-tab", CHUNKED, "3\x0b\r\nabc\r\n0\r\n\r\n"),
    ("nul-after-size", CHUNKED, "3\0\r\nabc\r\n0\r\n\r\n"),
    ("full-width-digit", CHUNKED, "\xef\xbc\x93\r\nabc\r\n0\r\n\r\n"),
    ("size-2^63", CHUNKED, "8000000000000000\r\nabc\r\n0\r\n\r\n"),
    ("size-2^64", CHUNKED, "10000000000000000\r\nabc\r\n0\r\n\r\n"),
    ("size-2^64+3", CHUNKED, "10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("size-2^64-1", CHUNKED, "ffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
    ("size-2^32+3-as-9-digits-twice", CHUNKED, "100000003100000003\r\nabc\r\n0\r\n\r\n"),
    ("size-40-digits", CHUNKED, "f" * 40 + "\r\nabc\r\n0\r\n\r\n"),
    ("size-endless-zeros", CHUNKED, "0" * 100000 + "3\r\nabc\r\n0\r\n\r\n"),
    ("extension-100-kib", EXTENSIONS, "3;a=" + "b" * 102400 + "\r\nabc\r\n0\r\n\r\n"),
    ("extension-bare-lf", EXTENSIONS, "3;a\nabc\r\n0\r\n\r\n"),
    ("extension-bare-cr", EXTENSIONS, "3;a\rb\r\nabc\r\n0\r\n\r\n"),
    ("extension-nul", EXTENSIONS, "3;a\0b\r\nabc\r\n0\r\n\r\n"),
    ("extension-quoted-lf", EXTENSIONS, '3;a="\n"\r\nabc\r\n0\r\n\r\n'),
    ("extension-many-in-all", EXTENSIONS, ("1;" + "x" * 2000 + "\r\nx\r\n") * 200 + EMPTY),
    ("trailer-space-before-colon", TRAILERS, "3\r\nabc\r\n0\r\nX-A : b\r\n\r\n"),
    ("trailer-fold", TRAILERS, "3\r\nabc\r\n0\r\nX-A: b\r\n c\r\n\r\n"),
    ("trailer-no-colon", TRAILERS, "3\r\nabc\r\n0\r\nX-A\r\n\r\n"),
    ("trailer-empty-name", TRAILERS, "3\r\nabc\r\n0\r\n: b\r\n\r\n"),
    ("trailer-bare-lf", TRAILERS, "3\r\nabc\r\n0\r\nX-A: b\n\r\n"),
    ("trailer-bare-cr", TRAILERS, "3\r\nabc\r\n0\r\nX-A: b\rc\r\n\r\n"),
    ("trailer-nul", TRAILERS, "3\r\nabc\r\n0\r\nX-A: \0\r\n\r\n"),
    ("trailer-40-kib", TRAILERS, "3\r\nabc\r\n0\r\nX-A: " + "b" * 40960 + "\r\n\r\n"),
    ("trailer-500-fields", TRAILERS, "3\r\nabc\r\n0\r\n" + "X-A: b\r\n" * 500 + "\r\n"),
]

CHUNK_ROWS = [
    row("chunk-" + name, where, coding(" chunked", body), accept=200, body=decoded)
    for name, where, body, decoded in GOOD_CHUNKS
] + [
    row("chunk-" + name, where, coding(" chunked", body), accept=200, refuse=400, partial=True, body=decoded)
    for name, where, body, decoded in ODD_CHUNKS
] + [
    # An echo answers while the body arrives, so the fault may be seen after the 200 went out: then it must be cut off.
    row("chunk-" + name, where, coding(" chunked", body), refuse={400, 413, 431}, partial=True)
    for name, where, body in BAD_CHUNKS
] + [
    # The same faults in a body that nobody reads: the 405 may stand, but nothing after it may be taken for a request.
    row("chunk-unread-" + name, where, coding(" chunked", body, path="/plaintext"), refuse={400, 405, 413, 431}, partial=True)
    for name, where, body in BAD_CHUNKS
]

ROWS = LENGTHS + CODINGS + CHUNK_ROWS
