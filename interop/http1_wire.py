"""How requests and responses share a connection: Expect, persistence, pipelining, pieces, ends."""

import select
import time

from harness import Failed, Sender, check, converse, fetch, pattern, request
from verdict import SENTINEL

HELLO = b"Hello, World!"
TEBIBYTE = 1 << 40


def hello(response):
    check(response.status == 200 and response.body == HELLO, "not the plaintext answer: %s" % response)


def healthy(server):
    hello(fetch(server, "/plaintext"))


def add(suite):
    expect(suite)
    persistence(suite)
    pipelining(suite)
    pieces(suite)
    ends(suite)
    lingering(suite)


def expect(suite):
    case = suite.case
    where = "RFC 9110 10.1.1"

    def continues(server, framing, body, fields=("Expect: 100-continue",), decoded=None):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", [*fields, framing]))
            interim = connection.read_head()
            check(interim.status == 100, "expected 100, got %d" % interim.status)
            connection.send(body)
            response = connection.read_response("POST")
            check(not response.interim, "a second interim response")
            check(response.status == 200 and response.body == (body if decoded is None else decoded), "no echo: %s" % response)
            connection.send(SENTINEL)
            hello(connection.read_response())

    @case("expect-continue", where)
    def _(server):
        continues(server, "Content-Length: 5", b"12345")

    @case("expect-continue-case", where)
    def _(server):
        continues(server, "Content-Length: 5", b"12345", ["eXpEcT: 100-CONTINUE"])

    @case("expect-continue-trimmed", where)
    def _(server):
        continues(server, "Content-Length: 5", b"12345", ["Expect:\t 100-continue \t"])

    @case("expect-continue-chunked", where)
    def _(server):
        continues(server, "Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n", decoded=b"abc")

    @case("expect-continue-1-mib", where)
    def _(server):
        body = pattern(1 << 20)
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: %d" % len(body)]))
            check(connection.read_head().status == 100, "no 100")
            Sender(connection, body)
            check(connection.read_response("POST").body == body, "no echo")

    @case("expect-continue-1-tib", "RFC 9110 15.5.14")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: %d" % TEBIBYTE]))
            check(connection.read_head().status == 100, "a body of exactly 1 TiB is not over the limit")
            connection.reset()
        healthy(server)

    @case("expect-413-before-100", "RFC 9110 15.5.14")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: %d" % (TEBIBYTE + 1)]))
            response = connection.read_response("POST")
            check(response.status == 413 and not response.interim, "expected 413 without 100, got %s" % response)
            check(response.closes, "no Connection: close")
            connection.await_end()

    @case("expect-body-sent-at-once", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue"], b"12345") + SENTINEL)
            response = connection.read_response("POST")
            check([one.status for one in response.interim] in ([], [100]), "odd interim responses")
            check(response.status == 200 and response.body == b"12345", "no echo: %s" % response)
            hello(connection.read_response())

    @case("expect-no-body", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/plaintext", fields=["Expect: 100-continue"]) + SENTINEL)
            first = connection.read_response()
            hello(first)
            check([one.status for one in first.interim] in ([], [100]), "odd interim responses")
            hello(connection.read_response())

    @case("expect-length-0", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: 0"]) + SENTINEL)
            first = connection.read_response("POST")
            check(first.status == 200 and first.body == b"", "no empty echo: %s" % first)
            hello(connection.read_response())

    for name, fields in (("other", ["Expect: 200-ok"]), ("word", ["Expect: nonsense"]),
                         ("list", ["Expect: 100-continue, other"]), ("two-lines", ["Expect: 100-continue", "Expect: other"]),
                         ("value", ["Expect: 100-continue=1"])):
        def refused(server, fields=fields):
            with server.connect() as connection:
                connection.send(request("/echo", "POST", fields, b"12345"))
                response = connection.read_response("POST")
                check(response.status == 417 and not response.interim, "expected 417, got %s" % response)
                if response.closes:
                    connection.await_end()
                else:
                    connection.send(SENTINEL)
                    hello(connection.read_response())
        suite.add("expect-417-" + name, "RFC 9110 15.5.18", refused)

    @case("expect-wrong-method-no-100", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/plaintext", "POST", ["Expect: 100-continue", "Content-Length: 5"]))
            response = connection.read_response("POST")
            check(response.status == 405 and not response.interim, "expected 405 without 100, got %s" % response)
            if response.closes:
                connection.await_end()
            else:
                connection.send(b"12345" + SENTINEL)
                hello(connection.read_response())

    @case("expect-404-no-100", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/nothing", "POST", ["Expect: 100-continue", "Content-Length: 5"]))
            response = connection.read_response("POST")
            check(response.status == 404 and not response.interim, "expected 404 without 100, got %s" % response)

    @case("expect-ignored-in-1.0", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue"], b"12345", version="HTTP/1.0"))
            response = connection.read_response("POST")
            check(response.status == 200 and response.body == b"12345", "no echo: %s" % response)
            check(not response.interim, "an interim response to a 1.0 client")

    @case("expect-error-in-head-no-100", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: 5", "Content-Length: 6"]))
            response = connection.read_response("POST")
            check(response.status == 400 and not response.interim, "expected 400 without 100, got %s" % response)

    @case("expect-twice-on-one-connection", where)
    def _(server):
        with server.connect() as connection:
            for body in (b"first", b"second"):
                connection.send(request("/echo", "POST", ["Expect: 100-continue", "Content-Length: %d" % len(body)]))
                check(connection.read_head().status == 100, "no 100")
                connection.send(body)
                check(connection.read_response("POST").body == body, "no echo")


def persistence(suite):
    where = "RFC 9112 9.3"
    table = [
        # name, version, fields, persistent: True, False or None where the RFC leaves the choice
        ("1.1", "HTTP/1.1", [], True),
        ("1.1-keep-alive", "HTTP/1.1", ["Connection: keep-alive"], True),
        ("1.1-close", "HTTP/1.1", ["Connection: close"], False),
        ("1.1-close-case", "HTTP/1.1", ["cONNECTION: CLOSE"], False),
        ("1.1-close-in-list", "HTTP/1.1", ["Connection: x-thing, close"], False),
        ("1.1-close-in-list-tight", "HTTP/1.1", ["Connection: x-thing,close,y"], False),
        ("1.1-close-second-line", "HTTP/1.1", ["Connection: x-thing", "Connection: close"], False),
        ("1.1-close-beats-keep-alive", "HTTP/1.1", ["Connection: keep-alive, close"], False),
        ("1.1-close-empty-elements", "HTTP/1.1", ["Connection: ,, close ,"], False),
        ("1.1-closed-is-not-close", "HTTP/1.1", ["Connection: closed"], True),
        ("1.1-not-close", "HTTP/1.1", ["Connection: not-close"], True),
        ("1.1-empty", "HTTP/1.1", ["Connection:"], True),
        ("1.1-other-option", "HTTP/1.1", ["Connection: x-thing", "X-Thing: a"], True),
        ("1.1-proxy-connection-ignored", "HTTP/1.1", ["Proxy-Connection: close"], True),
        ("1.0", "HTTP/1.0", [], False),
        ("1.0-close", "HTTP/1.0", ["Connection: close"], False),
        ("1.0-keep-alive", "HTTP/1.0", ["Connection: keep-alive"], True),
        ("1.0-keep-alive-case", "HTTP/1.0", ["Connection: Keep-Alive"], True),
        ("1.0-keep-alive-and-close", "HTTP/1.0", ["Connection: keep-alive, close"], False),
        ("1.0-other-option", "HTTP/1.0", ["Connection: x-thing"], False),
    ]
    for name, version, fields, persistent in table:
        def persists(server, version=version, fields=fields, persistent=persistent):
            with server.connect() as connection:
                connection.send(request("/plaintext", fields=fields, version=version) + SENTINEL)
                outcome = converse(connection)
            check(outcome.responses, "no response")
            first = outcome.responses[0]
            hello(first)
            check(len(outcome.responses) == (2 if persistent else 1), "%d responses" % len(outcome.responses))
            check(outcome.end in ("eof", "reset"), "the connection stays open: " + str(outcome))
            check(first.closes != persistent, "Connection is %r" % first.get("Connection"))
            if version == "HTTP/1.0" and persistent:
                check("keep-alive" in first.tokens("Connection"), "no keep-alive for a 1.0 client")
        suite.add("persist-" + name, where, persists)

    @suite.case("persist-1.0-without-host", "RFC 9112 3.2")
    def _(server):
        hello(fetch(server, "/plaintext", version="HTTP/1.0", host=None))

    @suite.case("persist-1.0-never-chunked", "RFC 9112 7")
    def _(server):
        for target in ("/stream?chunks=3&ms=1", "/bytes/100000", "/plaintext", "/", "/1m"):
            for fields in ([], ["Connection: keep-alive"]):
                response = fetch(server, target, fields=fields, version="HTTP/1.0")
                check(response.status == 200 and response.framing != "chunked", "%s to a 1.0 client: %s" % (target, response))

    @suite.case("persist-1.0-echo", "RFC 9112 6.3")
    def _(server):
        body = pattern(200000)
        with server.connect() as connection:
            Sender(connection, request("/echo", "POST", body=body, version="HTTP/1.0"))
            response = connection.read_response("POST")
            check(response.status == 200 and response.body == body and response.framing != "chunked", str(response))

    @suite.case("persist-1.0-keep-alive-reused", where)
    def _(server):
        with server.connect() as connection:
            for _ in range(20):
                connection.send(request("/plaintext", fields=["Connection: keep-alive"], version="HTTP/1.0"))
                hello(connection.read_response())

    @suite.case("persist-500-requests", where)
    def _(server):
        with server.connect() as connection:
            for _ in range(500):
                connection.send(request("/plaintext"))
                hello(connection.read_response())

    @suite.case("persist-nothing-after-close", "RFC 9112 9.6")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/plaintext", fields=["Connection: close"]) + request("/status/299") * 50)
            hello(connection.read_response())
            connection.await_end()


def pipelining(suite):
    where = "RFC 9112 9.3.2"

    @suite.case("pipeline-1000", where)
    def _(server):
        with server.connect() as connection:
            Sender(connection, request("/plaintext") * 1000)
            for index in range(1000):
                hello(connection.read_response())

    @suite.case("pipeline-1000-in-order", where)
    def _(server):
        with server.connect() as connection:
            Sender(connection, b"".join(request("/bytes/%d" % (index % 97)) for index in range(1000)))
            for index in range(1000):
                size = len(connection.read_response().body)
                check(size == index % 97, "answer %d has %d bytes" % (index, size))

    @suite.case("pipeline-order-despite-slowness", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/slow?ms=400") + request("/bytes/3") + request("/slow?ms=1") + request("/bytes/4"))
            check(connection.read_response().status == 200, "slow")
            check(len(connection.read_response().body) == 3, "the answers are out of order")
            check(connection.read_response().status == 200, "slow")
            check(len(connection.read_response().body) == 4, "the answers are out of order")

    @suite.case("pipeline-mixed", where)
    def _(server):
        kinds = [
            ("GET", request("/plaintext"), 200, HELLO),
            ("HEAD", request("/1k", "HEAD"), 200, b""),
            ("POST", request("/echo", "POST", body=b"some body"), 200, b"some body"),
            ("GET", request("/nothing"), 404, None),
            ("POST", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"3\r\nabc\r\n0\r\n\r\n", 200, b"abc"),
            ("GET", request("/status/204"), 204, b""),
            ("GET", request("/stream?chunks=2&ms=1"), 200, None),
            ("HEAD", request("/bytes/100000", "HEAD"), 200, b""),
            ("POST", request("/echo", "POST", ["Content-Length: 0"]), 200, b""),
            ("GET", request("/status/304"), 304, b""),
            ("GET", request("/bytes/70000"), 200, None),
        ]
        sequence = [kinds[(index * 7 + index // 11) % len(kinds)] for index in range(110)]
        with server.connect() as connection:
            Sender(connection, b"".join(data for _, data, _, _ in sequence))
            for index, (method, data, status, body) in enumerate(sequence):
                response = connection.read_response(method)
                check(response.status == status, "answer %d to %r: %s" % (index, data[:40], response))
                check(body is None or response.body == body, "answer %d to %r: wrong body" % (index, data[:40]))

    @suite.case("pipeline-echoes", where)
    def _(server):
        bodies = [pattern(size, seed) for seed, size in enumerate((0, 1, 10, 5000, 70000, 3, 200000, 0, 8192) * 4)]
        with server.connect() as connection:
            Sender(connection, *[request("/echo", "POST", ["Content-Length: %d" % len(body)]) + body for body in bodies])
            for index, body in enumerate(bodies):
                check(connection.read_response("POST").body == body, "echo %d differs" % index)

    for place in (0, 1, 5, 20):
        def error_inside(server, place=place):
            with server.connect() as connection:
                connection.send(request("/plaintext") * place + b"GET /bad target HTTP/1.1\r\nHost: a\r\n\r\n" + request("/plaintext") * 5)
                outcome = converse(connection)
            statuses = [response.status for response in outcome.responses]
            check(statuses == [200] * place + [400], "statuses %s" % statuses)
            check(outcome.responses[-1].closes, "no Connection: close")
            check(outcome.end in ("eof", "reset"), "the connection is %s" % outcome.end)
        suite.add("pipeline-error-after-%d" % place, where, error_inside)

    @suite.case("pipeline-slow-answer-before-error", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/slow?ms=300") + request("/bytes/3") + b"BAD\r\n\r\n")
            outcome = converse(connection)
        statuses = [response.status for response in outcome.responses]
        check(statuses == [200, 200, 400], "statuses %s" % statuses)

    @suite.case("pipeline-large-answers-slow-reader", where)
    def _(server):
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/1m") * 8)
            time.sleep(0.3)
            for _ in range(8):
                check(len(connection.read_response().body) == 1 << 20, "not 1 MiB")

    @suite.case("pipeline-flood-unread", "RFC 9112 9.3.2")
    def _(server):
        # A client that asks without reading must be stopped by back-pressure, not buffered without end.
        with server.connect(receive_buffer=4096) as connection:
            connection.socket.setblocking(False)
            sent, give_up = 0, time.monotonic() + 3
            block = request("/1m") * 100
            while time.monotonic() < give_up and sent < 64 << 20:
                if select.select([], [connection.socket], [], 0.3)[1]:
                    try:
                        sent += connection.socket.send(block)
                    except OSError:
                        break
                else:
                    break
            check(sent < 64 << 20, "the server took 64 MiB of requests whose answers nobody reads")
            connection.reset()
        healthy(server)


def pieces(suite):
    where = "RFC 9112 6.3"
    conversation = [
        ("POST", request("/echo", "POST", ["Content-Length: 5", "X-Long: " + "v" * 40]) + b"12345", 200, b"12345"),
        ("GET", b"\r\n" + request("/plaintext?a=b"), 200, HELLO),
        ("POST", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b'3;a="b"\r\nabc\r\n0a\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n',
         200, b"abc0123456789"),
        ("HEAD", request("/plaintext", "HEAD"), 200, b""),
        ("GET", request("/nothing"), 404, None),
    ]

    def read_all(connection, parts=conversation):
        for index, (method, _, status, body) in enumerate(parts):
            response = connection.read_response(method)
            check(response.status == status and (body is None or response.body == body), "answer %d: %s" % (index, response))

    @suite.case("pieces-one-byte-at-a-time", where)
    def _(server):
        with server.connect() as connection:
            for byte in b"".join(data for _, data, _, _ in conversation):
                connection.send(bytes([byte]))
                time.sleep(0.0005)
            read_all(connection)

    @suite.case("pieces-of-3-7-and-64", where)
    def _(server):
        data = b"".join(data for _, data, _, _ in conversation)
        for size in (3, 7, 64):
            with server.connect() as connection:
                for start in range(0, len(data), size):
                    connection.send(data[start:start + size])
                    time.sleep(0.001)
                read_all(connection)

    for index in range(3):
        def split(server, part=conversation[index]):
            data = part[1]
            with server.connect() as connection:
                for place in range(1, len(data)):
                    connection.send(data[:place])
                    time.sleep(0.002)
                    connection.send(data[place:])
                    try:
                        read_all(connection, [part])
                    except Failed as cause:
                        raise Failed("cut at %d: %s" % (place, cause))
        suite.add("pieces-split-everywhere-%d" % index, where, split)

    @suite.case("pieces-split-bad-requests", where)
    def _(server):
        for data in (b"GET /plaintext HTTP/1.1\r\nHost: a\r\nX-A : b\r\n\r\n", b"GET /plaintext HTTP/1.1\nHost: a\n\n",
                     b"GET /plaintext HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n"):
            for place in range(1, len(data)):
                with server.connect() as connection:
                    connection.send(data[:place])
                    time.sleep(0.001)
                    connection.send(data[place:])
                    outcome = converse(connection)
                statuses = [response.status for response in outcome.responses]
                check(statuses == [400], "%r cut at %d: %s" % (data[:40], place, outcome))

    @suite.case("pieces-blank-lines-are-bounded", "RFC 9112 2.2")
    def _(server):
        with server.connect() as connection:
            for _ in range(200):
                if not connection.send(b"\r\n" * 4096):
                    break
            outcome = converse(connection, count=1)
        check(outcome.end != "still open", "800 KiB of blank lines and the connection stays open")

    @suite.case("pieces-line-without-end", "RFC 9110 15.5.15")
    def _(server):
        with server.connect() as connection:
            Sender(connection, b"GET /" + b"a" * 20000)
            check(connection.read_response().status == 414, "no 414 before the line ended")

    @suite.case("pieces-field-without-end", "RFC 6585 5")
    def _(server):
        with server.connect() as connection:
            Sender(connection, b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 40000)
            check(connection.read_response().status == 431, "no 431 before the field ended")

    @suite.case("pieces-fields-without-end", "RFC 6585 5")
    def _(server):
        with server.connect() as connection:
            Sender(connection, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 10000)
            check(connection.read_response().status == 431, "no 431 before the section ended")

    @suite.case("pieces-slow-reader-1-mib", where)
    def _(server):
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/1m"))
            head = connection.read_head()
            check(head.status == 200 and head.get("Content-Length") == str(1 << 20), "no 1 MiB")
            left = 1 << 20
            while left:
                piece = connection.read(min(left, 16384))
                left -= len(piece)
                time.sleep(0.005)
            connection.send(SENTINEL)
            hello(connection.read_response())


def ends(suite):
    where = "RFC 9112 9.6"
    for name, target, size in (("plaintext", "/plaintext", 13), ("slow", "/slow?ms=400", None), ("1m", "/1m", 1 << 20),
                               ("bytes", "/bytes/3000000", 3000000), ("stream", "/stream?chunks=5&ms=40", None)):
        def half_close(server, target=target, size=size):
            with server.connect() as connection:
                connection.send(request(target))
                connection.finish()
                response = connection.read_response()
                check(response.status == 200 and (size is None or len(response.body) == size), str(response))
                connection.await_end()
        suite.add("half-close-" + name, where, half_close)

    @suite.case("half-close-echo", where)
    def _(server):
        body = pattern(300000)
        with server.connect() as connection:
            sender = Sender(connection, request("/echo", "POST", body=body))
            sender.join(0.5)
            if not sender.is_alive():
                connection.finish()
            check(connection.read_response("POST").body == body, "no echo")

    @suite.case("half-close-pipeline", where)
    def _(server):
        with server.connect() as connection:
            connection.send(request("/slow?ms=100") + request("/plaintext") * 20)
            connection.finish()
            check(connection.read_response().status == 200, "slow")
            for _ in range(20):
                hello(connection.read_response())
            connection.await_end()

    data = request("/echo", "POST", ["X-A: b"], b"12345")
    for name, part in (("nothing", b""), ("crlf", b"\r\n"), ("in-method", b"GE"), ("in-line", b"GET /plaintext HT"),
                       ("after-line", b"GET /plaintext HTTP/1.1\r\n"), ("in-field", b"GET /plaintext HTTP/1.1\r\nHos"),
                       ("before-last-lf", request("/plaintext")[:-1])):
        def fin_in_head(server, part=part):
            with server.connect() as connection:
                connection.send(part)
                connection.finish()
                outcome = converse(connection)
            statuses = [response.status for response in outcome.responses]
            check(statuses in ([], [400], [408]) and outcome.end in ("eof", "reset"), str(outcome))
        suite.add("fin-" + name, "RFC 9112 8", fin_in_head)

    for name, part in (("length", data[:-2]), ("length-none", data[:-5]),
                       ("chunk-size", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"5"),
                       ("chunk-data", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nab"),
                       ("chunk-end", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nabcde\r\n"),
                       ("last-chunk", request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nabcde\r\n0\r\n")):
        def fin_in_body(server, part=part):
            with server.connect() as connection:
                connection.send(part)
                connection.finish()
                outcome = converse(connection, ["POST"])
            statuses = [response.status for response in outcome.responses]
            check(statuses in ([], [400], [408]), "an incomplete request was answered: %s" % outcome)
            check(outcome.end != "still open", "the connection stays open")
        suite.add("fin-in-body-" + name, "RFC 9112 8", fin_in_body)

    @suite.case("rst-everywhere", where)
    def _(server):
        for part in (b"", b"G", request("/plaintext"), request("/plaintext")[:-2], data[:-2], request("/slow?ms=300"),
                     request("/stream?chunks=50&ms=20"), request("/bytes/50000000"), request("/plaintext") * 100):
            for _ in range(5):
                with server.connect() as connection:
                    connection.send(part)
                    connection.reset()
        healthy(server)

    @suite.case("rst-mid-response", where)
    def _(server):
        for target in ("/bytes/50000000", "/1m", "/stream?chunks=1000&ms=5"):
            for _ in range(5):
                with server.connect(receive_buffer=4096) as connection:
                    connection.send(request(target))
                    check(connection.read_head().status == 200, "not 200")
                    connection.reset()
        healthy(server)

    @suite.case("rst-mid-echo", where)
    def _(server):
        for _ in range(5):
            with server.connect() as connection:
                connection.send(request("/echo", "POST", ["Content-Length: 1000000"]) + pattern(200000))
                check(connection.read_head().status == 200, "not 200")
                connection.reset()
        healthy(server)

    @suite.case("close-mid-response", where)
    def _(server):
        for _ in range(10):
            with server.connect() as connection:
                connection.send(request("/bytes/20000000"))
                connection.read_head()
        healthy(server)

    @suite.case("error-close-is-orderly", "RFC 9112 9.6")
    def _(server):
        for data in (b"GET /bad target HTTP/1.1\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                     b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                     b"GET / HTTP/7.7\r\nHost: a\r\n\r\n"):
            with server.connect() as connection:
                connection.send(data)
                outcome = converse(connection)
            check(len(outcome.responses) == 1 and outcome.responses[0].closes, "%r: %s" % (data[:40], outcome))
            check(outcome.end == "eof", "%r ended by %s" % (data[:40], outcome.end))


def lingering(suite):
    where = "RFC 9112 9.6"
    heads = [
        ("413", 413, request("/echo", "POST", ["Content-Length: %d" % (TEBIBYTE + 1)])),
        ("400", 400, request("/echo", "POST", ["Content-Length: 99999999", "Transfer-Encoding: chunked"])),
        ("501", 501, request("/echo", "POST", ["Transfer-Encoding: gzip, chunked"])),
        ("414", 414, b"GET /" + b"a" * 20000),
    ]
    for name, status, head in heads:
        def still_sending(server, status=status, head=head):
            # All of it is sent before the first read: without a lingering close the reset destroys the answer.
            for size in (65536, 1 << 20):
                with server.connect() as connection:
                    connection.send(head + b"x" * size)
                    response = connection.read_response("POST")
                    check(response.status == status, "after %d bytes: %s" % (size, response))

        def sending_while_reading(server, status=status, head=head):
            with server.connect() as connection:
                sender = Sender(connection, head, *[b"x" * 65536] * 512)
                response = connection.read_response("POST")
                check(response.status == status and response.closes, str(response))
                # The server does not take the 32 MiB for ever: it ends the connection.
                connection.finish()
                connection.await_end()
                sender.join(20)
                check(not sender.is_alive(), "the server neither reads nor ends the connection")
        suite.add("linger-%s-sent-before-reading" % name, where, still_sending)
        suite.add("linger-%s-sending-while-reading" % name, where, sending_while_reading)

    @suite.case("linger-405-large-body", where)
    def _(server):
        with server.connect() as connection:
            Sender(connection, request("/plaintext", "POST", ["Content-Length: 8388608"]), *[b"x" * 65536] * 128)
            response = connection.read_response("POST")
            check(response.status == 405, str(response))

    @suite.case("linger-pipelined-answers-survive-an-error", where)
    def _(server):
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/1m") * 2 + b"BAD\r\n\r\n" + b"x" * 65536)
            time.sleep(0.3)
            for _ in range(2):
                check(len(connection.read_response().body) == 1 << 20, "not 1 MiB")
            check(connection.read_response().status == 400, "no 400 after the answers")
