"""SETTINGS (RFC 9113 section 6.5), both ways."""

from harness import check
from http2_connection import Http2
from http2_verdict import connection_error, ended_with, good, promised, reaction, tolerate
from http2_wire import (
    ACK, ENABLE_CONNECT_PROTOCOL, ENABLE_PUSH, FLOW_CONTROL_ERROR, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE, MOST, NO_RFC7540_PRIORITIES, PREFACE, PROTOCOL_ERROR, SETTINGS, settings)

WRONG = [
    ("enable-push-2", {ENABLE_PUSH: 2}, PROTOCOL_ERROR), ("enable-push-max", {ENABLE_PUSH: (1 << 32) - 1}, PROTOCOL_ERROR),
    ("initial-window-size-2^31", {INITIAL_WINDOW_SIZE: 1 << 31}, FLOW_CONTROL_ERROR),
    ("initial-window-size-max", {INITIAL_WINDOW_SIZE: (1 << 32) - 1}, FLOW_CONTROL_ERROR),
    ("max-frame-size-0", {MAX_FRAME_SIZE: 0}, PROTOCOL_ERROR), ("max-frame-size-16383", {MAX_FRAME_SIZE: 16383}, PROTOCOL_ERROR),
    ("max-frame-size-2^24", {MAX_FRAME_SIZE: 1 << 24}, PROTOCOL_ERROR), ("max-frame-size-max", {MAX_FRAME_SIZE: (1 << 32) - 1}, PROTOCOL_ERROR),
    ("wrong-after-right", [(MAX_CONCURRENT_STREAMS, 100), (0x1234, 1), (MAX_FRAME_SIZE, 1)], PROTOCOL_ERROR),
    ("wrong-then-corrected", [(MAX_FRAME_SIZE, 1), (MAX_FRAME_SIZE, 16384)], PROTOCOL_ERROR)]

RIGHT = [
    ("enable-push-1", {ENABLE_PUSH: 1}), ("enable-push-0", {ENABLE_PUSH: 0}), ("initial-window-size-2^31-1", {INITIAL_WINDOW_SIZE: MOST}),
    ("initial-window-size-1000000", {INITIAL_WINDOW_SIZE: 1000000}),
    ("max-frame-size-16384", {MAX_FRAME_SIZE: 16384}), ("max-frame-size-2^24-1", {MAX_FRAME_SIZE: (1 << 24) - 1}),
    ("max-concurrent-streams-0", {MAX_CONCURRENT_STREAMS: 0}), ("max-concurrent-streams-max", {MAX_CONCURRENT_STREAMS: (1 << 32) - 1}),
    ("max-header-list-size-max", {MAX_HEADER_LIST_SIZE: (1 << 32) - 1}), ("max-header-list-size-10000", {MAX_HEADER_LIST_SIZE: 10000}),
    ("header-table-size-max", {HEADER_TABLE_SIZE: (1 << 32) - 1}), ("header-table-size-65536", {HEADER_TABLE_SIZE: 65536}),
    ("unknown", {0x0A: 1, 0x10: 7, 0x7777: (1 << 32) - 1, 0xFFFF: 0, 0: 5}), ("enable-connect-protocol-1", {ENABLE_CONNECT_PROTOCOL: 1}),
    ("no-rfc7540-priorities-1", {NO_RFC7540_PRIORITIES: 1}),
    ("everything", {HEADER_TABLE_SIZE: 4096, ENABLE_PUSH: 0, MAX_CONCURRENT_STREAMS: 10, INITIAL_WINDOW_SIZE: 65535, MAX_FRAME_SIZE: 20000,
                    MAX_HEADER_LIST_SIZE: 65536})]


def add(suite):
    for name, wanted, code in WRONG:
        def wrong(target, wanted=wanted, code=code):
            with Http2(target) as conn:
                conn.raw(settings(wanted))
                connection_error(conn, code)

        def wrong_first(target, wanted=wanted, code=code):
            with Http2(target, begin=False) as conn:
                conn.raw(PREFACE, settings(wanted))
                connection_error(conn, code)
        suite.add("settings-wrong-" + name, "RFC 9113 6.5.2", wrong)
        suite.add("settings-wrong-at-first-" + name, "RFC 9113 6.5.2", wrong_first)

    for name, wanted in RIGHT:
        def right(target, wanted=wanted):
            with Http2(target, wanted=wanted) as conn:
                good(conn.fetch())
                conn.await_settings()
                check(len(conn.fetch("/1m").body) == 1 << 20, "/1m")
                conn.change(wanted)
                conn.alive()
        suite.add("settings-right-" + name, "RFC 9113 6.5.2", right)

    for name, number in (("enable-connect-protocol-2", ENABLE_CONNECT_PROTOCOL), ("no-rfc7540-priorities-2", NO_RFC7540_PRIORITIES)):
        @suite.case("settings-" + name, "RFC 8441 3, RFC 9218 2.1")
        def _(target, number=number):
            # Without a meaning for a server, or wrong: both are legal.
            with Http2(target) as conn:
                conn.await_settings()
                conn.raw(conn.note_settings({number: 2}))
                conn.pump(lambda: not conn.sent_settings)
                if conn.wire.end:
                    ended_with(conn, {PROTOCOL_ERROR})
                else:
                    conn.alive()

    acknowledgements(suite)
    effects(suite)
    tables(suite)
    of_the_server(suite)


def acknowledgements(suite):
    case = suite.case

    @case("settings-acknowledged-each", "RFC 9113 6.5.3")
    def _(target):
        with Http2(target) as conn:
            conn.raw(*(conn.note_settings({MAX_CONCURRENT_STREAMS: index}) for index in range(5)))
            conn.await_settings()
            check(conn.acknowledged == 6, "%d acknowledgements of 6" % conn.acknowledged)

    @case("settings-ack-unasked", "RFC 9113 6.5.3")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            seen = reaction(conn, settings(flags=ACK), settings(flags=ACK))
            tolerate(conn, seen, 0, ignored=True, goaway={PROTOCOL_ERROR})

    @case("settings-acknowledged-before-what-follows", "RFC 9113 6.5.3")
    def _(target):
        # Applied at once: the response to a request behind the SETTINGS keeps to them, and comes after the acknowledgement.
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            conn.raw(conn.note_settings({INITIAL_WINDOW_SIZE: 10}))
            number = conn.request("/1k")
            conn.await_settings()
            conn.streams[number].window = conn.initial_window
            conn.sync()
            conn.pump(lambda: len(conn.streams[number].body) == 10)
            conn.grant(number, 2000)
            check(len(conn.response(number).body) == 1024, "not whole")

    @case("settings-in-one-write-with-requests", "RFC 9113 6.5.3")
    def _(target):
        with Http2(target) as conn:
            for index in range(10):
                conn.raw(conn.note_settings({INITIAL_WINDOW_SIZE: 65535 + index}))
                conn.request("/1k")
            for number in range(1, 20, 2):
                good(conn.response(number), None)
            conn.await_settings()


def effects(suite):
    case = suite.case

    @case("settings-last-value-wins", "RFC 9113 6.5.3")
    def _(target):
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            pairs = [(INITIAL_WINDOW_SIZE, 100000), (INITIAL_WINDOW_SIZE, 3), (INITIAL_WINDOW_SIZE, 7)]
            conn.raw(conn.note_settings(pairs))
            conn.await_settings()
            number = conn.request("/1k")
            conn.pump(lambda: len(conn.streams[number].body) == 7)
            conn.sync()
            check(len(conn.streams[number].body) == 7, "%d bytes within a window of 7" % len(conn.streams[number].body))
            conn.grant(number, 2000)
            check(len(conn.response(number).body) == 1024, "not whole")

    @case("max-frame-size-kept", "RFC 9113 4.2")
    def _(target):
        for size in (16384, 20000, 65536, (1 << 24) - 1):
            with Http2(target, wanted={MAX_FRAME_SIZE: size, INITIAL_WINDOW_SIZE: 4 << 20}) as conn:
                conn.grant(0, 4 << 20)
                stream = good(conn.fetch("/1m"), None)
                check(len(stream.body) == 1 << 20 and max(stream.sizes) <= size, "frames of %d bytes" % max(stream.sizes))

    @case("max-header-list-size-small", "RFC 9113 6.5.2")
    def _(target):
        # Advisory: a response that does not fit may still come, be another one, or be a reset; never a dead connection.
        with Http2(target, wanted={MAX_HEADER_LIST_SIZE: 40}) as conn:
            number = conn.request()
            stream = conn.await_stream(number)
            check(stream.over, conn.seen(number))
            conn.change({MAX_HEADER_LIST_SIZE: 100000})
            conn.alive()

    @case("max-concurrent-streams-0-means-no-push", "RFC 9113 6.5.2, 8.4")
    def _(target):
        with Http2(target, wanted={MAX_CONCURRENT_STREAMS: 0, ENABLE_PUSH: 1}) as conn:
            good(conn.fetch("/"), None)
            conn.alive()

    @case("initial-window-size-0-then-more", "RFC 9113 6.9.2")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            conn.streams.clear()
            number = conn.request("/1k")
            conn.streams[number].window = 0
            if target.exacting:  # some keep a header section back until there is content to go with it
                conn.await_head(number)
            conn.sync()
            check(not conn.streams[number].body, "content within a window of 0")
            conn.change({INITIAL_WINDOW_SIZE: 512})
            conn.pump(lambda: len(conn.streams[number].body) == 512)
            conn.change({INITIAL_WINDOW_SIZE: 5000})
            check(len(conn.response(number).body) == 1024, "not whole")


def tables(suite):
    case = suite.case

    @case("header-table-size-0", "RFC 9113 4.3.1, RFC 7541 4.2")
    def _(target):
        with Http2(target) as conn:
            for _ in range(3):
                good(conn.fetch())
            conn.change({HEADER_TABLE_SIZE: 0})
            before = conn.decoder.dynamic
            for _ in range(3):
                good(conn.fetch())  # the decoder demands the update, and holds no entry any more
            check(conn.decoder.dynamic == before and not conn.decoder.entries, "the dynamic table is used, its size is 0")

    @case("header-table-size-0-at-first", "RFC 9113 4.3.1")
    def _(target):
        with Http2(target, wanted={HEADER_TABLE_SIZE: 0}) as conn:
            conn.await_settings()
            for _ in range(3):
                good(conn.fetch())
            check(not conn.decoder.dynamic, "the dynamic table is used, its size is 0")

    @case("header-table-size-down-and-up", "RFC 7541 4.2")
    def _(target):
        with Http2(target) as conn:
            for size in (100, 0, 4096, 50, 8192, 0, 1, 4096):
                conn.change({HEADER_TABLE_SIZE: size})
                for path in ("/plaintext", "/1k", "/status/404", "/plaintext"):
                    conn.fetch(path)
                check(conn.decoder.size <= size, "a table of %d bytes" % conn.decoder.size)

    @case("header-table-size-twice-before-a-response", "RFC 7541 4.2")
    def _(target):
        with Http2(target) as conn:
            for _ in range(3):
                good(conn.fetch())
            conn.raw(conn.note_settings({HEADER_TABLE_SIZE: 0}), conn.note_settings({HEADER_TABLE_SIZE: 4096}))
            conn.await_settings()
            for _ in range(3):
                good(conn.fetch())  # the smallest size between two blocks has to be announced

    @case("header-table-size-changes-while-responses-come", "RFC 7541 4.2")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            for index in range(30):
                conn.request(("/plaintext", "/1k", "/status/404")[index % 3])
                if index % 4 == 0:
                    conn.raw(conn.note_settings({HEADER_TABLE_SIZE: (0, 4096, 64, 300)[index // 4 % 4]}))
            for number in range(1, 60, 2):
                conn.response(number)
            conn.alive()

    @case("header-table-of-4096-kept", "RFC 7541 4.1")
    def _(target):
        # More different fields than the table holds: both sides must evict alike.
        with Http2(target) as conn:
            for index in range(60):
                conn.fetch("/bytes/%d" % (index * 7 if target.has("bytes") else 13), "GET", [("x-%d" % index, "v" * 50)])
            conn.alive()


def of_the_server(suite):
    case = suite.case

    @case("server-settings-are-sensible", "RFC 9113 6.5.2")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            check(conn.settings.get(MAX_CONCURRENT_STREAMS, 100) >= 100, "fewer than 100 streams (recommended): %s" % conn.settings)
            check(conn.settings.get(MAX_HEADER_LIST_SIZE, 1 << 20) >= 8192, "%s" % conn.settings)

    @case("server-limits-streams", "RFC 9113 10.5")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            check(MAX_CONCURRENT_STREAMS in conn.settings, "no bound on streams: %s" % conn.settings)
            check(not target.exacting or MAX_HEADER_LIST_SIZE in conn.settings, "no bound on header lists: %s" % conn.settings)

    @case("server-settings-allow-connect", "RFC 8441 3")
    def _(target):
        promised(target)
        with Http2(target) as conn:
            conn.await_settings()
            check(conn.settings.get(ENABLE_CONNECT_PROTOCOL) == 1, "%s" % conn.settings)

    @case("server-settings-once", "RFC 9113 6.5")
    def _(target):
        with Http2(target) as conn:
            conn.await_settings()
            conn.alive()
            conn.sync()
            count = sum(1 for one in conn.frames if one.type == SETTINGS and not one.flags & ACK)
            check(count <= 2, "%d SETTINGS frames" % count)
