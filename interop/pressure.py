#!/usr/bin/env python3
"""Memory under pressure, seen from outside: a server that may hold little for its peers, peers that make it hold more, and good
ones beside them, which are told at once to come back later and are served as soon as there is room again.

Every wait is for an event: /metrics, which stays served, tells what is held.
"""

import contextlib
import socket
import time

from harness import Sender, Suite, check, console_noise, fetch, pattern, request
from http2_connection import Http2
from http2_peers import Millrace
from metrics import rows

BOUND = 2 << 20
WAIT = 60  # only a hang reaches it
INITIAL_WINDOW_SIZE = 4


def reach(what, look, wanted):
    give_up = time.monotonic() + WAIT
    while True:
        seen = look()
        if wanted(seen):
            return seen
        check(time.monotonic() < give_up, "%s: still %r" % (what, seen))
        time.sleep(0.01)


def held(server):
    response = fetch(server, "/metrics")
    check(response.status == 200, "/metrics: %s" % response)
    found = rows(response.body.decode("utf-8"))
    check(found["millrace_buffered_limit_bytes"] == BOUND, "the limit is %r" % found["millrace_buffered_limit_bytes"])
    return found["millrace_buffered_bytes"]


def busy(response):
    check(response.status == 503 and response.get("Retry-After") == "1", "not told to come back later: %s" % response)


def served(response, body=b"Hello, World!"):
    check(response.status == 200 and response.body == body, "not served: %s" % response)


def pressed(server, press=lambda: None):
    """Waits until all loops refuse new requests, and looks at what they serve nevertheless."""
    in_a_row = 0
    give_up = time.monotonic() + WAIT
    while in_a_row < 4:
        press()
        response = fetch(server, "/plaintext")
        in_a_row = in_a_row + 1 if response.status == 503 else 0
        if in_a_row:
            busy(response)
        check(time.monotonic() < give_up, "new requests are served, and %d bytes held" % held(server))
    check(held(server) >= BOUND * 5 // 8, "refused without need")
    check(fetch(server, "/health").status == 200, "/health is not served")
    busy(fetch(server, "/echo", "POST", body=b"content"))


def relieved(server):
    reach("bytes held", lambda: held(server), lambda count: count == 0)
    reach("the status", lambda: fetch(server, "/plaintext").status, lambda status: status == 200)
    served(fetch(server, "/echo", "POST", body=pattern(100000)), pattern(100000))


def push(connection, payload, sent=0):
    """Sends until the server, or what is on the way to it, takes no more; gives how much has been sent."""
    connection.socket.settimeout(0.01)
    with contextlib.suppress(socket.timeout):
        while sent < len(payload):
            sent += connection.socket.send(payload[sent:sent + 65536])
    return sent


@contextlib.contextmanager
def downloading(server, count):
    """Peers that ask and ask and read nothing."""
    requests = request("/1k") * 100000
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.connect(receive_buffer=4096)) for _ in range(count)]
        sent = [0] * count

        def press():
            for index, connection in enumerate(connections):
                sent[index] = push(connection, requests, sent[index])
        pressed(server, press)
        yield


class Upload:
    """A peer that sends what it gets back, and does not read it for now."""

    def __init__(self, connection, body):
        self.connection, self.body, self.sent = connection, body, 0
        connection.send(request("/echo", "POST", ["Content-Length: %d" % len(body)]))

    def pump(self):
        self.sent = push(self.connection, self.body, self.sent)

    def finish(self):
        """Reads, and sends the rest."""
        self.connection.socket.settimeout(WAIT)
        Sender(self.connection, self.body[self.sent:])
        served(self.connection.read_response("POST"), self.body)


def add(suite):
    case = suite.case

    @case("downloads-that-nobody-reads")
    def _(server):
        with server.connect() as good:
            good.send(request("/plaintext"))
            served(good.read_response())
            with downloading(server, 40):
                for _ in range(3):
                    good.send(request("/plaintext"))
                    response = good.read_response()
                    busy(response)
                    check(not response.closes, "the connection does not go on")
            relieved(server)
            good.send(request("/plaintext"))
            served(good.read_response())

    @case("uploads-that-nobody-reads")
    def _(server):
        body = pattern(16 << 20)
        with contextlib.ExitStack() as stack:
            uploads = []
            for _ in range(40):
                uploads.append(Upload(stack.enter_context(server.connect(receive_buffer=4096)), body))
            pressed(server, lambda: [upload.pump() for upload in uploads])
            check(held(server) < 4 * BOUND, "reading does not pause: %d bytes are held" % held(server))
            uploads[0].finish()  # what has begun goes on
        relieved(server)

    @case("http2-that-opens-no-window")
    def _(server):
        with Http2(server, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            asked = [conn.request("/1m") for _ in range(3)]
            conn.sync()
            pressed(server)
            with Http2(server) as good:
                for _ in range(3):
                    response = good.fetch("/plaintext")
                    check(response.status == 503 and response.get("retry-after") == "1", "not told to come back: %s" % response)
                good.sync()
            for number in asked:  # it is read, although its connection holds most
                conn.grant(number, 1 << 20)
            conn.grant(0, 3 << 20)
            for number in asked:
                response = conn.response(number)
                check(response.status == 200 and len(response.body) == 1 << 20, "not sent: %s" % response)
            relieved(server)

    @case("http2-that-leaves")
    def _(server):
        with Http2(server, wanted={INITIAL_WINDOW_SIZE: 0}, refill=False) as conn:
            conn.await_settings()
            for _ in range(3):
                conn.request("/1m")
            conn.sync()
            pressed(server)
        relieved(server)

    @case("end-console-quiet")
    def _(server):
        noise = console_noise(server.stderr())
        check(not noise, "stderr: %r" % "\n".join(noise)[:600])


if __name__ == "__main__":
    pressure = Suite("pressure")
    add(pressure)
    pressure.main(lambda: Millrace("--buffered-bytes", str(BOUND), "--loops", "2"))
