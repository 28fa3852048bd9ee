"""The paths of `serve`: fixed and generated bodies, echo, streams, statuses, and what every response carries."""

import select
import time

from harness import Failed, Sender, check, check_date, fetch, pattern, request

HELLO = b"Hello, World!"
PATHS = ["/", "/plaintext", "/1k", "/1m", "/bytes/0", "/bytes/1", "/bytes/70000", "/slow?ms=0", "/stream?chunks=3&ms=1",
         "/status/200", "/status/404", "/nothing"]


def add(suite):
    common(suite)
    bodies(suite)
    echo(suite)
    timed(suite)
    statuses(suite)


def common(suite):
    case = suite.case

    @case("app-plaintext", "RFC 9110 8.3")
    def _(server):
        response = fetch(server, "/plaintext")
        check(response.status == 200 and response.body == HELLO, str(response))
        check(response.get("Content-Type", "").split(";")[0].strip().lower() == "text/plain", response.get("Content-Type"))
        check(response.framing == "length" and response.get("Content-Length") == "13", "no Content-Length: 13")

    @case("app-date", "RFC 9110 6.6.1")
    def _(server):
        for path in PATHS:
            response = fetch(server, path)
            check(len(response.all("Date")) == 1, "%s: %d Date fields" % (path, len(response.all("Date"))))
            check(abs(check_date(response.get("Date")) - time.time()) < 300, "%s: Date is %s" % (path, response.get("Date")))

    @case("app-date-moves", "RFC 9110 6.6.1")
    def _(server):
        with server.connect() as connection:
            seen = set()
            for _ in range(3):
                connection.send(request("/plaintext"))
                seen.add(connection.read_response().get("Date"))
                time.sleep(1.1)
            check(len(seen) >= 2, "Date stood still for two seconds: %s" % seen)

    @case("app-server", "RFC 9110 10.2.4")
    def _(server):
        for path in PATHS:
            response = fetch(server, path)
            check(len(response.all("Server")) == 1 and response.get("Server"), path + ": no Server")

    @case("app-root-links-the-rest", "")
    def _(server):
        response = fetch(server, "/")
        check(response.status == 200 and response.get("Content-Type", "").startswith("text/"), str(response))
        text = response.body.decode("utf-8").lower()
        for word in ("millrace", "/plaintext", "/1k", "/1m", "/bytes/", "/echo", "/slow", "/stream", "/status/"):
            check(word in text, "the page does not name " + word)

    for path in PATHS:
        def head(server, path=path):
            got, head = fetch(server, path), fetch(server, path, "HEAD")
            check(head.status == got.status, "HEAD %d, GET %d" % (head.status, got.status))
            optional = {"date", "transfer-encoding", "trailer", "connection"}
            names = lambda response: sorted((name.lower(), value) for name, value in response.fields if name.lower() not in optional)
            check(names(head) == names(got), "HEAD has %s, GET has %s" % (names(head), names(got)))
        suite.add("head-" + path.strip("/").replace("/", "-"), "RFC 9110 9.3.2", head)

    @case("head-then-get-on-one-connection", "RFC 9110 9.3.2")
    def _(server):
        with server.connect() as connection:
            for path in PATHS * 2:
                connection.send(request(path, "HEAD") + request("/plaintext"))
                connection.read_response("HEAD")
                check(connection.read_response().body == HELLO, "HEAD %s sent a body" % path)

    @case("head-echo-is-405", "RFC 9110 15.5.6")
    def _(server):
        response = fetch(server, "/echo", "HEAD")
        check(response.status == 405 and "POST" in response.get("Allow", ""), str(response))

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        def not_allowed(server, method=method):
            for path in ("/", "/plaintext", "/1k", "/1m", "/bytes/5", "/slow?ms=0", "/stream?chunks=1&ms=0", "/status/200"):
                response = fetch(server, path, method, ["Content-Length: 0"])
                allow = {part.strip() for part in response.get("Allow", "").split(",")}
                check(response.status == 405, "%s %s: %s" % (method, path, response))
                check({"GET", "HEAD"} <= allow and method not in allow, "%s: Allow is %r" % (path, response.get("Allow")))
        suite.add("405-" + method.lower(), "RFC 9110 15.5.6", not_allowed)

    @case("405-echo", "RFC 9110 15.5.6")
    def _(server):
        for method in ("GET", "DELETE"):
            response = fetch(server, "/echo", method)
            allow = {part.strip() for part in response.get("Allow", "").split(",")}
            check(response.status == 405 and "POST" in allow and method not in allow, "%s: %s" % (method, response.get("Allow")))

    @case("options-allow", "RFC 9110 10.2.1")
    def _(server):
        response = fetch(server, "/plaintext", "OPTIONS")
        check(response.status in (200, 204, 405) and "GET" in response.get("Allow", ""), "%s Allow %r" % (response, response.get("Allow")))

    @case("404-many", "RFC 9110 15.5.5")
    def _(server):
        for path in ("/nothing", "/plaintextx", "/plaintex", "/1", "/1kk", "/bytes", "/statu", "/echo/more", "/a/b/c", "/favicon.ico",
                     "/%F0%9F%92%A9", "/" + "x" * 3000):
            response = fetch(server, path)
            check(response.status == 404, "%s: %s" % (path[:40], response))

    @case("error-does-not-reflect-markup", "RFC 9110 17")
    def _(server):
        response = fetch(server, "/%3Cscript%3Ealert(1)%3C/script%3E")
        check(response.status in (400, 404), str(response))
        html = "html" in response.get("Content-Type", "").lower()
        check(not html or b"<script>" not in response.body, "the error page holds the path as markup")

    @case("no-trace-in-error-bodies", "")
    def _(server):
        for data in (b"BAD\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /slow?ms=x HTTP/1.1\r\nHost: a\r\n\r\n",
                     b"GET /bytes/x HTTP/1.1\r\nHost: a\r\n\r\n", b"GET /status/x HTTP/1.1\r\nHost: a\r\n\r\n"):
            with server.connect() as connection:
                connection.send(data)
                body = connection.read_response().body
                check(b"Exception" not in body and b"\tat " not in body, "%r shows %r" % (data[:30], body[:200]))


def bodies(suite):
    for size in (0, 1, 2, 13, 1023, 1024, 1025, 8191, 8192, 8193, 16383, 16384, 16385, 65535, 65536, 65537, 1000000, 1 << 20,
                 10 << 20):
        def exact(server, size=size):
            with server.connect() as connection:
                connection.send(request("/bytes/%d" % size) + request("/plaintext"))
                response = connection.read_response()
                check(response.status == 200 and len(response.body) == size, str(response))
                check(response.framing in ("length", "chunked"), "framed by " + response.framing)
                check(connection.read_response().body == HELLO, "the next answer is wrong")
        suite.add("bytes-%d" % size, "RFC 9112 6.3", exact)

    for name, text in (("minus", "-1"), ("word", "abc"), ("none", ""), ("exponent", "1e3"), ("hex", "0x10"), ("plus", "+5"),
                       ("space", "%205"), ("point", "1.5"), ("huge", "9" * 30), ("2^63", str(1 << 63)), ("path", "5/6"),
                       ("full-width", "%EF%BC%95")):
        def bad(server, text=text):
            response = fetch(server, "/bytes/" + text)
            check(response.status in (400, 404), str(response))
        suite.add("bytes-bad-" + name, "", bad)

    for path, size in (("/1k", 1024), ("/1m", 1 << 20)):
        def fixed(server, path=path, size=size):
            first, second = fetch(server, path), fetch(server, path)
            check(first.status == 200 and len(first.body) == size, str(first))
            check(first.body == second.body, "the body is not fixed")
            check(first.get("Content-Length") == str(size), "no Content-Length")
        suite.add("fixed" + path.replace("/", "-"), "RFC 9110 8.6", fixed)

    @suite.case("bytes-1-tib-head", "RFC 9110 8.6")
    def _(server):
        response = fetch(server, "/bytes/1099511627776", "HEAD")
        check(response.status in (200, 400), str(response))
        check(response.status == 400 or response.get("Content-Length") in (None, "1099511627776"), response.get("Content-Length"))

    @suite.case("bytes-begin-of-2-gb-then-leave", "")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/bytes/3000000000"))
            head = connection.read_head()
            check(head.status == 200 and head.get("Content-Length", "3000000000") == "3000000000", str(head))
            connection.read(1 << 20)
            connection.reset()
        check(fetch(server, "/plaintext").body == HELLO, "not healthy afterwards")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def echo(suite):
    for size in (0, 1, 1000, 65535, 65536, 65537, 5 << 20):
        def with_length(server, size=size):
            body = pattern(size)
            with server.connect() as connection:
                sender = Sender(connection, request("/echo", "POST", ["Content-Length: %d" % size]) + body, request("/plaintext"))
                response = connection.read_response("POST")
                check(response.status == 200 and response.body == body, "%s instead of %d bytes" % (response, size))
                check(connection.read_response().body == HELLO, "the next answer is wrong")
                sender.join(20)

        def chunked(server, size=size):
            body = pattern(size)
            steps = (1, 7, 100, 1000, 8192, 16384, 70000)
            pieces, at, index = [], 0, 0
            while at < size:
                pieces.append(chunk(body[at:at + steps[index % len(steps)]]))
                at += steps[index % len(steps)]
                index += 1
            data = request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"".join(pieces) + b"0\r\n\r\n"
            with server.connect() as connection:
                Sender(connection, data, request("/plaintext"))
                response = connection.read_response("POST")
                check(response.status == 200 and response.body == body, "%s instead of %d bytes" % (response, size))
                check(connection.read_response().body == HELLO, "the next answer is wrong")
        suite.add("echo-length-%d" % size, "RFC 9112 6.2", with_length)
        suite.add("echo-chunked-%d" % size, "RFC 9112 7.1", chunked)

    @suite.case("echo-content-type", "RFC 9110 8.3")
    def _(server):
        response = fetch(server, "/echo", "POST", ["Content-Type: text/html"], b"<script>alert(1)</script>")
        check(response.status == 200 and response.body == b"<script>alert(1)</script>", str(response))

    @suite.case("echo-begins-before-the-upload-ends-length", "RFC 9112 6.2")
    def _(server):
        body = pattern(1 << 19)
        half = len(body) // 2
        with server.connect() as connection:
            Sender(connection, request("/echo", "POST", ["Content-Length: %d" % len(body)]), body[:half])
            head = connection.read_head()
            check(head.status == 200, "not 200")
            first = read_some(connection, head, half)
            check(first == body[:half], "the first half differs")
            Sender(connection, body[half:])
            check(first + read_rest(connection, head, len(body) - half) == body, "the second half differs")

    @suite.case("echo-begins-before-the-upload-ends-chunked", "RFC 9112 7.1")
    def _(server):
        body = pattern(1 << 19)
        half = len(body) // 2
        with server.connect() as connection:
            Sender(connection, request("/echo", "POST", ["Transfer-Encoding: chunked"]), chunk(body[:half]))
            head = connection.read_head()
            check(head.status == 200, "not 200")
            first = read_some(connection, head, half)
            check(first == body[:half], "the first half differs")
            Sender(connection, chunk(body[half:]), b"0\r\n\r\n")
            check(first + read_rest(connection, head, len(body) - half) == body, "the second half differs")

    @suite.case("echo-ping-pong", "RFC 9112 7.1")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/echo", "POST", ["Transfer-Encoding: chunked"]))
            head = None
            for index in range(20):
                ball = b"ball %d" % index
                connection.send(chunk(ball))
                if head is None:
                    head = connection.read_head()
                check(read_some(connection, head, len(ball)) == ball, "ball %d was not returned" % index)
            connection.send(b"0\r\n\r\n")
            check(read_rest(connection, head, 0) == b"", "more than was sent")

    @suite.case("echo-back-pressure", "")
    def _(server):
        # 256 MiB towards an echo that nobody reads must not be taken: a bound holds what is on the way.
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/echo", "POST", ["Content-Length: %d" % (256 << 20)]))
            connection.socket.setblocking(False)
            sent, block = 0, b"x" * (1 << 20)
            while sent < 256 << 20:
                if not select.select([], [connection.socket], [], 2)[1]:
                    break
                try:
                    sent += connection.socket.send(block)
                except OSError:
                    break
            check(sent < 128 << 20, "the server took %d MiB without being read" % (sent >> 20))
            connection.reset()
        check(fetch(server, "/plaintext").body == HELLO, "not healthy afterwards")

    @suite.case("echo-resumes-after-back-pressure", "")
    def _(server):
        body = pattern(24 << 20)
        with server.connect(receive_buffer=65536) as connection:
            Sender(connection, request("/echo", "POST", ["Content-Length: %d" % len(body)]), body)
            time.sleep(1)
            check(connection.read_response("POST").body == body, "the echo differs")

    @suite.case("echo-32-at-once", "")
    def _(server):
        body = pattern(200000)
        connections = [server.connect() for _ in range(32)]
        try:
            for connection in connections:
                Sender(connection, request("/echo", "POST", body=body))
            for connection in connections:
                check(connection.read_response("POST").body == body, "an echo differs")
        finally:
            for connection in connections:
                connection.close()


def read_some(connection, head, size):
    """Reads `size` bytes of content, however framed; chunk framing is taken off on the way."""
    if head.get("Content-Length"):
        return connection.read(size)
    check(head.tokens("Transfer-Encoding") == ["chunked"], "framed by neither length nor chunks")
    content = b""
    while len(content) < size:
        count = int(connection.read_line().split(b";")[0], 16)
        check(count, "the last chunk came too early")
        content += connection.read(count)
        check(connection.read(2) == b"\r\n", "no CRLF after chunk data")
    return content


def read_rest(connection, head, size):
    content = read_some(connection, head, size)
    if not head.get("Content-Length"):
        while True:
            count = int(connection.read_line().split(b";")[0], 16)
            if not count:
                check(not connection.read_fields(), "unexpected trailers")
                return content
            content += connection.read(count)
            check(connection.read(2) == b"\r\n", "no CRLF after chunk data")
    return content


def timed(suite):
    case = suite.case

    @case("stream-5-chunks", "RFC 9112 7.1")
    def _(server):
        begun = time.monotonic()
        response = fetch(server, "/stream?chunks=5&ms=60")
        check(response.status == 200 and response.framing == "chunked", str(response))
        check(len(response.chunks) == 5, "%d chunks" % len(response.chunks))
        check(time.monotonic() - begun >= 0.2, "the chunks are not 60 ms apart")

    @case("stream-arrives-piece-by-piece", "RFC 9112 7.1")
    def _(server):
        with server.connect() as connection:
            connection.send(request("/stream?chunks=1000&ms=200"))
            head = connection.read_head()
            read_some(connection, head, 1)  # long before the 200 s that all of it would take
            connection.reset()

    @case("stream-no-wait", "RFC 9112 7.1")
    def _(server):
        response = fetch(server, "/stream?chunks=100&ms=0")
        check(response.status == 200 and response.framing == "chunked" and 1 <= len(response.chunks) <= 100, str(response))

    @case("stream-none", "RFC 9112 7.1")
    def _(server):
        response = fetch(server, "/stream?chunks=0&ms=0")
        check(response.status in (200, 400) and (response.status == 400 or not response.body), str(response))

    for name, query in (("chunks-word", "chunks=x&ms=1"), ("chunks-minus", "chunks=-1&ms=1"), ("ms-word", "chunks=1&ms=x"),
                        ("ms-minus", "chunks=1&ms=-1"), ("chunks-huge", "chunks=%s&ms=1" % ("9" * 25)),
                        ("ms-huge", "chunks=1&ms=%s" % ("9" * 25)), ("chunks-empty", "chunks=&ms=1")):
        def bad(server, query=query):
            check(fetch(server, "/stream?" + query).status == 400, "not 400")
        suite.add("stream-bad-" + name, "", bad)

    @case("slow-0", "")
    def _(server):
        check(fetch(server, "/slow?ms=0").status == 200, "not 200")

    @case("slow-waits", "")
    def _(server):
        begun = time.monotonic()
        check(fetch(server, "/slow?ms=300").status == 200, "not 200")
        check(time.monotonic() - begun >= 0.29, "answered too early")

    for name, query in (("word", "?ms=x"), ("minus", "?ms=-1"), ("empty", "?ms="), ("point", "?ms=1.5"), ("huge", "?ms=" + "9" * 25),
                        ("plus", "?ms=%2B1")):
        def bad_slow(server, query=query):
            check(fetch(server, "/slow" + query).status == 400, "not 400")
        suite.add("slow-bad-" + name, "", bad_slow)

    @case("slow-no-parameter", "")
    def _(server):
        check(fetch(server, "/slow").status in (200, 400), "neither 200 nor 400")

    @case("slow-holds-no-loop", "")
    def _(server):
        # More waiting requests than loops or pool threads; the others are answered while they wait.
        waiting = [server.connect() for _ in range(400)]
        try:
            for connection in waiting:
                connection.send(request("/slow?ms=15000"))
            for _ in range(10):
                check(fetch(server, "/plaintext").body == HELLO, "no answer")
                check(fetch(server, "/slow?ms=1").status == 200, "no answer")
            check(not any(connection.ready() for connection in waiting[:100]), "the quick answers came only after the slow ones")
        finally:
            for connection in waiting:
                connection.close()

    @case("slow-2000-at-once", "")
    def _(server):
        connections = []
        try:
            for _ in range(2000):
                connections.append(server.connect())
                connections[-1].send(request("/slow?ms=3000"))
            for connection in connections:
                check(connection.read_response().status == 200, "not 200")
        finally:
            for connection in connections:
                connection.close()

    @case("stream-300-at-once", "")
    def _(server):
        connections = []
        try:
            for _ in range(300):
                connections.append(server.connect())
                connections[-1].send(request("/stream?chunks=4&ms=300"))
            for connection in connections:
                response = connection.read_response()
                check(response.status == 200 and len(response.chunks) == 4, str(response))
        finally:
            for connection in connections:
                connection.close()


def statuses(suite):
    for first in (2, 3, 4, 5):
        for method in ("GET", "HEAD"):
            def hundred(server, first=first, method=method):
                connection = server.connect()
                try:
                    for status in range(first * 100, first * 100 + 100):
                        connection.send(request("/status/%d" % status, method))
                        try:
                            response = connection.read_response(method)
                        except Failed as cause:
                            raise Failed("/status/%d: %s" % (status, cause))
                        check(response.status == status, "/status/%d: %s" % (status, response))
                        check(status != 205 or not response.body, "205 with content (RFC 9110 15.3.6)")
                        check(response.framing != "eof", "/status/%d is delimited by the end of the connection" % status)
                        if response.closes:
                            connection.await_end()
                            connection.close()
                            connection = server.connect()
                finally:
                    connection.close()
            suite.add("status-%dxx-%s" % (first, method.lower()), "RFC 9110 15", hundred)

    @suite.case("status-no-body-then-next", "RFC 9112 6.3")
    def _(server):
        with server.connect() as connection:
            for status in (204, 304, 205, 204, 304):
                connection.send(request("/status/%d" % status) + request("/plaintext"))
                check(connection.read_response().status == status, "wrong status")
                check(connection.read_response().body == HELLO, "a body after %d" % status)

    for text in ("100", "101", "103", "199", "99", "0", "000", "-200", "+200", "abc", "", "2000", "200x", "20", "200/1", "1e2",
                 "%32%30%30x", "99999999999999999999"):
        def refused(server, text=text):
            response = fetch(server, "/status/" + text)
            check(not response.interim and response.status in (400, 404), str(response))
        suite.add("status-bad-" + (text or "none").replace("/", "-"), "RFC 9110 15", refused)

    for text in ("600", "799", "999", "0200"):
        def beyond(server, text=text):
            response = fetch(server, "/status/" + text)
            check(response.status in (400, 404, int(text)), str(response))
        suite.add("status-beyond-" + text, "RFC 9110 15", beyond)
