"""HPACK as the server reads it (RFC 9113 4.3, RFC 7541): what is no field block ends the connection, what is one is understood,
and both sides' tables stay the same."""

import http2_hpack as hpack
from harness import check
from http2_connection import Http2
from http2_verdict import connection_error, good, promised
from http2_wire import COMPRESSION_ERROR, HEADER_TABLE_SIZE, continuation, data, headers


def start(conn, path="/plaintext", method="GET"):
    return hpack.encode(conn.head(path, method))


# No field block: name, section of RFC 7541, what stands behind a good request's fields.
BROKEN = [
    ("index-0", "6.1", b"\x80"), ("index-62-of-an-empty-table", "2.3.3", hpack.indexed(62)), ("index-70", "2.3.3", hpack.indexed(70)),
    ("index-1000000", "2.3.3", hpack.indexed(1000000)), ("index-2^31", "5.1", hpack.indexed(1 << 31)),
    ("index-2^32+2", "5.1", hpack.indexed((1 << 32) + 2)), ("index-2^64+2", "5.1", hpack.indexed((1 << 64) + 2)),
    ("name-index-62-of-an-empty-table", "2.3.3", hpack.literal(62, "x")), ("name-index-never", "2.3.3", hpack.literal(99, "x", hpack.NEVER)),
    ("name-index-incremental", "2.3.3", hpack.literal(1000, "x", hpack.INCREMENTAL)), ("integer-without-end", "5.1", b"\xff"),
    ("integer-cut-off", "5.1", b"\xff\x80\x80"), ("integer-endless", "5.1", b"\xff" + b"\x80" * 20 + b"\x01"), ("integer-of-ones", "5.1", b"\xff" + b"\xff" * 30 + b"\x7f"),
    ("literal-without-name", "6.2.2", b"\x00"), ("literal-without-value", "6.2.2", b"\x00\x01x"), ("literal-of-static-name-without-value", "6.2.2", b"\x0f\x04"),
    ("name-cut-off", "5.2", b"\x00\x05abc"), ("value-cut-off", "5.2", b"\x00\x01x\x05abc"), ("value-length-cut-off", "5.2", b"\x00\x01x\x7f"),
    ("value-length-2^32", "5.2", b"\x00\x01x" + hpack.integer(1 << 32, 7)), ("value-length-2^63", "5.2", b"\x00\x01x" + hpack.integer((1 << 63) - 1, 7)),
    ("value-length-2^32+1", "5.1", b"\x00\x01x" + hpack.integer((1 << 32) + 1, 7) + b"v"),
    ("name-length-endless", "5.1", b"\x00\x7f" + b"\xff" * 20), ("huffman-value-cut-off", "5.2", b"\x00\x01x\x85" + hpack.huffman(b"abc")),
    ("huffman-padding-of-zeros", "5.2", b"\x00\x01x\x81" + hpack.huffman(b"a", "000")),
    ("huffman-padding-of-8-ones", "5.2", b"\x00\x01x\x82" + hpack.huffman(b"&", "1" * 8)),
    ("huffman-padding-of-a-whole-byte", "5.2", b"\x00\x01x\x83" + hpack.huffman(b"ab") + b"\xff"),
    ("huffman-padding-only", "5.2", b"\x00\x01x\x81\xff"), ("huffman-padding-mixed", "5.2", b"\x00\x01x\x81" + hpack.huffman(b"a", "101")),
    ("huffman-eos", "5.2", b"\x00\x01x\x84" + hpack.huffman([hpack.EOS])), ("huffman-eos-between", "5.2", b"\x00\x01x\x86" + hpack.huffman([ord("a"), hpack.EOS, ord("b")])),
    ("huffman-eos-in-a-name", "5.2", b"\x00\x84" + hpack.huffman([hpack.EOS]) + b"\x01v"),
    ("huffman-code-cut-off", "5.2", b"\x00\x01x\x82\xff\xfe"), ("size-update-beyond-the-bound", "6.3", None),
    ("size-update-after-a-field", "4.2", hpack.size_update(0)), ("size-update-at-the-end", "4.2", hpack.size_update(4096)),
    ("size-update-between-fields", "4.2", hpack.size_update(100) + hpack.literal("x", "y")), ("size-update-cut-off", "5.1", None)]


def add(suite):
    broken(suite)
    understood(suite)
    tables(suite)


def broken(suite):
    for name, where, tail in BROKEN:
        def case(target, name=name, tail=tail):
            with Http2(target) as conn:
                conn.await_settings()
                if tail is not None:
                    block = start(conn) + tail
                elif name == "size-update-cut-off":
                    block = b"\x3f\xff"
                else:
                    block = hpack.size_update(max(conn.settings.get(HEADER_TABLE_SIZE, 4096), 4096) + 1) + start(conn)
                conn.raw(headers(conn.open(), block))
                connection_error(conn, COMPRESSION_ERROR)
        suite.add("broken-" + name, "RFC 7541 %s, RFC 9113 4.3" % where, case)

    for name, tail in (("index-0", b"\x80"), ("huffman-eos", b"\x00\x01x\x84" + hpack.huffman([hpack.EOS])), ("cut-off", b"\x00\x05ab")):
        @suite.case("broken-in-trailers-" + name, "RFC 9113 4.3")
        def _(target, tail=tail):
            with Http2(target) as conn:
                number = conn.request("/echo", "POST", end=False)
                conn.raw(data(number, b"content"), headers(number, tail))
                connection_error(conn, COMPRESSION_ERROR)

        @suite.case("broken-in-a-continuation-" + name, "RFC 9113 4.3")
        def _(target, tail=tail):
            with Http2(target) as conn:
                number = conn.open()
                conn.raw(headers(number, start(conn), more=True), continuation(number, tail))
                connection_error(conn, COMPRESSION_ERROR)

        @suite.case("broken-in-a-malformed-request-" + name, "RFC 9113 4.3")
        def _(target, tail=tail):
            with Http2(target) as conn:
                conn.raw(headers(conn.open(), hpack.encode([("Upper", "case")]) + start(conn) + tail))
                connection_error(conn, COMPRESSION_ERROR)

    @suite.case("broken-on-a-stream-that-is-cancelled", "RFC 9113 4.3, 5.1")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.cancel(number)
            conn.raw(headers(number, b"\x80"))
            # COMPRESSION_ERROR for its content, STREAM_CLOSED for its place: never ignored, since the tables would differ.
            connection_error(conn, COMPRESSION_ERROR, 5, 1)

    @suite.case("block-that-ends-within-a-field", "RFC 9113 4.3")
    def _(target):
        with Http2(target) as conn:
            block = start(conn)
            conn.raw(headers(conn.open(), block[:-2]))
            connection_error(conn, COMPRESSION_ERROR)


def understood(suite):
    case = suite.case

    for kind, named in ((hpack.WITHOUT, "without-indexing"), (hpack.NEVER, "never-indexed"), (hpack.INCREMENTAL, "incremental")):
        for coded in (False, True):
            @case("literals-%s%s" % (named, "-huffman" if coded else ""), "RFC 7541 6.2")
            def _(target, kind=kind, coded=coded):
                with Http2(target) as conn:
                    for index in range(10):
                        number = conn.open("POST")
                        block = b"".join(hpack.literal(name, value, kind, coded) for name, value in conn.head("/echo", "POST"))
                        conn.raw(headers(number, block, end=False), data(number, b"content %d" % index, True))
                        good(conn.response(number), b"content %d" % index)

    @case("static-names-with-other-values", "RFC 7541 6.2")
    def _(target):
        with Http2(target) as conn:
            number = conn.open("POST")
            conn.raw(headers(number, hpack.literal(2, "POST") + hpack.literal(7, conn.scheme) + hpack.literal(1, "localhost") + hpack.literal(5, "/echo"), end=False),
                     data(number, b"content", True))
            good(conn.response(number), b"content")

    @case("integers-longer-than-needed", "RFC 7541 5.1")
    def _(target):
        # 5.1 forbids no such form: the value counts. A few continuation bytes of zero are harmless, and may be refused.
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, start(conn) + b"\x00\x7f\x82\x80\x00" + b"x" * 129 + b"\x01v"))
            conn.pump(lambda: conn.streams[number].over)
            if conn.wire.end:
                check(conn.goaways and conn.goaways[-1].code == COMPRESSION_ERROR, conn.seen())
            else:
                good(conn.streams[number])

    @case("every-static-entry", "RFC 7541 A")
    def _(target):
        # Each of the static table's regular fields, with its own value or one of its own.
        skipped = {b"transfer-encoding", b"te", b"host", b"content-length", b"expect", b"range", b"if-range", b"if-match", b"if-none-match",
                   b"if-modified-since", b"if-unmodified-since", b"max-forwards"}
        with Http2(target) as conn:
            block = start(conn)
            for index, (name, value) in enumerate(hpack.STATIC, 1):
                if not name.startswith(b":") and name not in skipped:
                    block += hpack.literal(index, "v") + (hpack.indexed(index) if value else b"")
            number = conn.open()
            conn.raw(headers(number, block))
            good(conn.response(number))
            conn.alive()

    @case("every-huffman-code", "RFC 7541 B")
    def _(target):
        # All bytes that a value may hold, coded; a wrong table would give another length or a compression error.
        with Http2(target) as conn:
            for first in range(0x20, 0x100, 16):
                value = b"a" + bytes(byte for byte in range(first, first + 16) if byte != 0x7F) + b"z"
                number = conn.open()
                conn.raw(headers(number, start(conn) + hpack.literal("x-bytes", value, coded=True)))
                good(conn.response(number))

    @case("huffman-path", "RFC 7541 5.2")
    def _(target):
        with Http2(target) as conn:
            for path, size in (("/1k", 1024), ("/bytes/100000", 100000)):
                number = conn.open()
                conn.raw(headers(number, hpack.encode(conn.head(path), coded=True)))
                check(len(good(conn.response(number), None).body) == size, path)


def tables(suite):
    case = suite.case

    @case("indexed-request-again-and-again", "RFC 7541 2.3.2")
    def _(target):
        with Http2(target) as conn:
            number = conn.open("POST")
            names = conn.head("/echo", "POST", [("x-one", "1"), ("x-two", "2")])
            conn.raw(headers(number, b"".join(hpack.literal(name, value, hpack.INCREMENTAL) for name, value in names), end=False), data(number, b"0", True))
            good(conn.response(number), b"0")
            for index in range(1, 50):
                number = conn.open("POST")
                block = b"".join(hpack.indexed(62 + len(names) - 1 - at) for at in range(len(names)))
                conn.raw(headers(number, block, end=False), data(number, b"%d" % index, True))
                good(conn.response(number), b"%d" % index)

    @case("dynamic-name-other-value", "RFC 7541 6.2")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, hpack.literal(":path", "/plaintext", hpack.INCREMENTAL) + hpack.encode([field for field in conn.head() if field[0] != ":path"])))
            good(conn.response(number))
            number = conn.open()
            conn.raw(headers(number, hpack.literal(62, "/1k") + hpack.encode([field for field in conn.head() if field[0] != ":path"])))
            check(len(good(conn.response(number), None).body) == 1024, "another path")

    @case("entry-is-evicted", "RFC 7541 4.4")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.literal("x-first", "1", hpack.INCREMENTAL)))
            good(conn.response(number))
            number = conn.open()  # 4,096 bytes: 34 entries of 120 push the first one out
            conn.raw(headers(number, start(conn) + b"".join(hpack.literal("x-%04d" % index, "v" * 82, hpack.INCREMENTAL) for index in range(34))))
            good(conn.response(number))
            conn.raw(headers(conn.open(), start(conn) + hpack.indexed(62 + 34)))
            connection_error(conn, COMPRESSION_ERROR)

    @case("entry-is-not-evicted-too-early", "RFC 7541 4.1")
    def _(target):
        # Exactly 4,096 bytes: 32 entries of 128 each.
        with Http2(target) as conn:
            conn.await_settings()
            number = conn.open()
            conn.raw(headers(number, start(conn) + b"".join(hpack.literal("x-%04d" % index, "v" * 90, hpack.INCREMENTAL) for index in range(32))))
            good(conn.response(number))
            number = conn.open()
            conn.raw(headers(number, start(conn) + b"".join(hpack.indexed(62 + index) for index in range(32))))
            good(conn.response(number))
            conn.raw(headers(conn.open(), start(conn) + hpack.literal("x", "", hpack.INCREMENTAL) + hpack.indexed(62 + 32)))
            connection_error(conn, COMPRESSION_ERROR)

    @case("entry-larger-than-the-table-empties-it", "RFC 7541 4.4")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.literal("x-small", "1", hpack.INCREMENTAL) + hpack.literal("x-large", "v" * 5000, hpack.INCREMENTAL)))
            good(conn.response(number))
            conn.raw(headers(conn.open(), start(conn) + hpack.indexed(62)))
            connection_error(conn, COMPRESSION_ERROR)

    @case("evicted-while-its-name-is-used", "RFC 7541 4.4")
    def _(target):
        # The new entry takes its name from the one that its insertion evicts.
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, hpack.size_update(80) + start(conn) + hpack.literal("x-name", "v" * 42, hpack.INCREMENTAL)))
            good(conn.response(number))
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.literal(62, "w" * 42, hpack.INCREMENTAL)))
            good(conn.response(number))
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.indexed(62)))
            good(conn.response(number))

    @case("size-update-to-0-empties", "RFC 7541 4.3")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.literal("x-mark", "1", hpack.INCREMENTAL)))
            good(conn.response(number))
            number = conn.open()
            conn.raw(headers(number, hpack.size_update(0) + hpack.size_update(4096) + start(conn)))
            good(conn.response(number))
            conn.raw(headers(conn.open(), start(conn) + hpack.indexed(62)))
            connection_error(conn, COMPRESSION_ERROR)

    @case("size-update-small-then-used", "RFC 7541 4.3")
    def _(target):
        with Http2(target) as conn:
            for size in (4096, 0, 33, 100, 4096, 64):
                number = conn.open()
                conn.raw(headers(number, hpack.size_update(size) + start(conn) + hpack.literal("x", "", hpack.INCREMENTAL)))
                good(conn.response(number))
                if size >= 33:
                    number = conn.open()
                    conn.raw(headers(number, start(conn) + hpack.indexed(62)))
                    good(conn.response(number))

    @case("size-update-alone-in-the-first-fragment", "RFC 7541 4.2")
    def _(target):
        with Http2(target) as conn:
            number = conn.open()
            conn.raw(headers(number, hpack.size_update(0), more=True), continuation(number, start(conn)))
            good(conn.response(number))
            conn.alive()

    @case("trailers-count-for-the-table", "RFC 9113 4.3")
    def _(target):
        with Http2(target) as conn:
            number = conn.request("/echo", "POST", end=False)
            conn.raw(data(number, b"content"), headers(number, hpack.literal("x-trailer", "1", hpack.INCREMENTAL)))
            good(conn.response(number), b"content")
            number = conn.open()
            conn.raw(headers(number, start(conn) + hpack.indexed(62)))
            good(conn.response(number))

    @case("server-indexes-what-repeats", "RFC 7541 2.3.2")
    def _(target):
        # Not asked for by the RFC: the second response's head is small, a date in it aside.
        promised(target)
        with Http2(target) as conn:
            good(conn.fetch())
            mark = len(conn.frames)
            good(conn.fetch())
            size = sum(len(one.payload) for one in conn.frames[mark:] if one.type == 1)
            check(size <= 40, "the head of a repeated response takes %d bytes" % size)
