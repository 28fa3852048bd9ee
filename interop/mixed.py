"""Requests of mixed kinds over a bad network. Each ends in a whole, right response or in one typed error; none hangs."""

import collections
import hashlib
import random
import ssl
import threading

from harness import Connection, Ended, Failed, Hung, Malformed, Sender, Truncated, check, pattern, request
from http2_connection import Http2
from http2_wire import code_name
from tls_socket import TlsSocket, client_context

LETTERS = b"0123456789abcdef"
MEGABYTE = b"x" * (1 << 20)


def digest(content):
    return hashlib.sha256(content).digest()


class Kind:
    """A request, and the digest of the content that must come back."""

    def __init__(self, path, wanted, content=None, chunked=False):
        self.path, self.wanted, self.content, self.chunked = path, digest(wanted), content, chunked

    @property
    def method(self):
        return "GET" if self.content is None else "POST"

    def http1(self, rng):
        if self.chunked:
            sent, at = [request(self.path, "POST", ["Transfer-Encoding: chunked"])], 0
            while at < len(self.content):
                piece = self.content[at:at + rng.randrange(1, 9000)]
                at += len(piece)
                sent.append(b"%x\r\n%s\r\n" % (len(piece), piece))
            return b"".join(sent) + b"0\r\n\r\n"
        return request(self.path, self.method, body=self.content or b"")


def kind(rng, sizes):
    """One of the kinds; `sizes` bounds the large ones."""
    what = rng.randrange(12)
    size = int(2 ** rng.uniform(0, sizes))
    if what < 4:
        return Kind("/plaintext", b"Hello, World!")
    if what == 4:
        return Kind("/1k", MEGABYTE[:1024])
    if what == 5:
        return Kind("/1m", MEGABYTE) if sizes >= 20 and rng.random() < 0.2 else Kind("/1k", MEGABYTE[:1024])
    if what in (6, 7):
        return Kind("/bytes/%d" % size, (LETTERS * (size // 16 + 1))[:size])
    if what == 8:
        chunks = rng.randrange(1, 30)
        return Kind("/stream?chunks=%d&ms=0" % chunks, b"".join(b"chunk %d\n" % (at + 1) for at in range(chunks)))
    content = pattern(size, rng.randrange(256))
    return Kind("/echo", content, content, what == 9)


class Tally:
    """What became of all requests, from many threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.whole = 0
        self.errors = collections.Counter()
        self.wrong = []

    def add(self, whole, errors=()):
        with self.lock:
            self.whole += whole
            self.errors.update(errors)

    def fail(self, message):
        with self.lock:
            self.wrong.append(message)

    @property
    def ended(self):
        return self.whole + sum(self.errors.values())

    def __str__(self):
        errors = ", ".join("%d %s" % (count, name) for name, count in sorted(self.errors.items()))
        return "%d whole responses, errors: %s" % (self.whole, errors or "none")


class Secure:
    """The port with TLS as the HTTP/1.1 client wants it."""

    def __init__(self, target):
        self.host, self.port = target.host, target.tls_port
        self.context = client_context(ssl.TLSVersion.TLSv1_3)

    def secured(self, connected):
        try:
            return TlsSocket(connected, self.context)
        except ssl.SSLError as cause:
            raise OSError(str(cause))


class Plain:
    def __init__(self, target):
        self.host, self.port = target.host, target.port

    def secured(self, connected):
        return connected


def error_of(cause):
    """The name of an error that a network may cause; what only a server can cause goes through."""
    if isinstance(cause, (Hung, Malformed)):
        raise cause
    if isinstance(cause, Truncated):
        return "truncated"
    if isinstance(cause, Ended):
        return "reset" if cause.reset else "closed"
    if isinstance(cause, (ssl.SSLError, OSError)):
        return "tls" if isinstance(cause, ssl.SSLError) else "reset"
    if str(cause).startswith(("cannot connect", "TLS handshake", "the connection ends with no SETTINGS")):
        return "not connected"
    raise cause


class Client:
    """Opens connections one after the other, each with some requests, until its share is done."""

    def __init__(self, target, tally, seed, count, sizes=16, patience=60):
        self.target, self.tally, self.count, self.sizes, self.patience = target, tally, count, sizes, patience
        self.seed = seed
        self.rng = random.Random(seed)

    def run(self):
        left = self.count
        while left:
            some = [kind(self.rng, self.sizes) for _ in range(min(left, self.rng.randrange(1, 13)))]
            left -= len(some)
            version, secure = self.rng.randrange(2), self.rng.randrange(2)
            try:
                (self.http2 if version else self.http1)(some, secure)
            except Exception as cause:  # noqa: whatever it is, it is the verdict
                self.tally.fail("%s%s, seed %d: %s: %s" % ("h2" if version else "h1", " over TLS" if secure else "", self.seed,
                                                           type(cause).__name__, cause))

    def connect(self, secure):
        return Connection((Secure if secure else Plain)(self.target), patience=self.patience)

    def http1(self, some, secure):
        ended, pipelined = 0, self.rng.random() < 0.4
        sent = [each.http1(self.rng) for each in some]
        try:
            with self.connect(secure) as connection:
                senders = [Sender(connection, *sent)] if pipelined else []
                try:
                    for each, data in zip(some, sent):
                        if not pipelined:
                            senders = [Sender(connection, data)]
                        response = connection.read_response(each.method)
                        if response.status in (400, 408):  # a request that was cut short
                            check(response.closes, "%s without close" % response)
                            self.tally.add(0, ["status %d" % response.status])
                            ended += 1
                            raise Ended("closed")
                        check(response.status == 200, "%s for %s" % (response, each.path))
                        check(digest(response.body) == each.wanted, "%s %s: other content, %s" % (each.method, each.path, response))
                        ended += 1
                        self.tally.add(1)
                finally:
                    connection.close()
                    for sender in senders:
                        sender.join(self.patience)
        except Exception as cause:
            self.tally.add(0, [error_of(cause)] * (len(some) - ended))

    def http2(self, some, secure):
        try:
            connection = Http2(self.target, tls=bool(secure))
        except Exception as cause:
            self.tally.add(0, [error_of(cause)] * len(some))
            return
        with connection:
            connection.wire.patience = self.patience
            numbers = []
            for each in some:
                number = connection.request(each.path, each.method, end=each.content is None)
                if each.content is not None:
                    connection.send_body(number, each.content)
                numbers.append(number)
            streams = [connection.streams[number] for number in numbers]
            connection.pump(lambda: all(stream.over for stream in streams))
            for each, stream in zip(some, streams):
                if stream.ended:
                    check(stream.status == 200, "%s for %s" % (stream, each.path))
                    check(digest(bytes(stream.body)) == each.wanted, "%s %s: other content, %s" % (each.method, each.path, stream))
            check(all(stream.over for stream in streams) or connection.wire.end, "the connection is open: %s" % connection.seen())
            for stream in streams:
                if stream.ended:
                    self.tally.add(1)
                else:
                    self.tally.add(0, ["h2 " + (code_name(stream.reset) if stream.reset is not None else connection.wire.end)])


def drive(target, count, clients, seed=1, sizes=16, patience=60, prepare=lambda: None):
    """So many requests by so many clients at once; returns the tally. `prepare` runs first on each client's thread."""
    tally = Tally()

    def run(client):
        prepare()
        client.run()

    shares = [count // clients + (at < count % clients) for at in range(clients)]
    threads = [threading.Thread(target=run, args=(Client(target, tally, seed * 1000 + at, share, sizes, patience),))
               for at, share in enumerate(shares)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def judge(tally, count, faithful):
    check(not tally.wrong, "%d wrong: %s" % (len(tally.wrong), tally.wrong[:3]))
    check(tally.ended == count, "%d of %d requests have ended: %s" % (tally.ended, count, tally))
    check(not faithful or tally.whole == count, "on a network that loses no byte: %s" % tally)
