"""Peers that reset their connection, or one stream, in the middle of a response: in clear, over TLS, over HTTP/2.

Each has asked for more than all the buffers on the way take, and has seen the response begin, so what ends is always a response
under way."""

import collections
import pathlib
import re
import socket
import struct
import time

from harness import STATES, Connection, check, request
from http2_connection import Http2
from metrics import rows
from mixed import Plain, Secure

CLOSED = re.compile(r'millrace_connections_closed_total\{listener="([a-z]+)",reason="([a-z_]+)"')
LARGE = "/bytes/1000000000"
RST = struct.pack("ii", 1, 0)


# Reasons that are the server's own doing, which no network and no peer brings about.
OURS = {"internal_error", "handler_error", "server_closed", "drained", "drain_forced", "handler_timeout"}
# What a peer that vanishes is told of in the books.
PEERS = {"peer_reset", "peer_closed_early", "completed"}


def http1(target, secure, polite):
    with Connection((Secure if secure else Plain)(target), receive_buffer=4096) as peer:
        peer.send(request(LARGE))
        check(peer.fill(), "no response")
        if not polite:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)


def http2(target, secure, polite):
    with Http2(target, tls=secure) as peer:
        numbers = [peer.request(LARGE) for _ in range(3)]
        check(peer.pump(lambda: any(peer.streams[number].body for number in numbers)), "no response")
        if not polite:
            peer.reset()


# Who closes over unread bytes resets, too.
ENDS = [(("h2" if version is http2 else "h1") + ("-tls" if secure else "") + ("-leaves" if polite else "-resets"),
         lambda target, version=version, secure=secure, polite=polite: version(target, secure, polite))
        for version in (http1, http2) for secure in (False, True) for polite in (False, True)]


def streams(target, secure, count):
    """One connection whose streams are reset mid-response, one after the other; it goes on to serve."""
    with Http2(target, tls=secure) as peer:
        for _ in range(count):
            number = peer.request(LARGE)
            check(peer.pump(lambda: peer.streams[number].body or peer.streams[number].over), "the connection ended")
            check(peer.streams[number].body, "no response: %s" % peer.seen(number))
            peer.cancel(number)
        peer.sync()
        peer.alive()


class Books:
    """Whether the server's books balance: each connection that was made has ended once, and by what."""

    def __init__(self, server):
        self.connection = Connection(server)  # all looks by one connection, which is no part of what ends
        self.before = self.alone()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.connection.close()

    def look(self):
        """The rows of /metrics; a look a minute keeps the connection."""
        self.connection.send(request("/metrics"))
        return rows(self.connection.read_response().body.decode())

    def alone(self, within=60):
        """Waits until only the connection that looks is open; gives how often each listener's connections ended by each reason."""
        give_up = time.monotonic() + within
        while True:
            now = self.look()
            states = {name: value for name, value in now.items() if name.startswith("millrace_connections{") and value}
            if states == {'millrace_connections{state="active"}': 1}:
                break
            check(time.monotonic() < give_up, "still open: %s" % states)
            time.sleep(0.02)
        found = collections.Counter()
        for name, value in now.items():
            match = CLOSED.match(name)
            if match:
                found["/".join(match.groups())] += int(value)
        return found

    def grown(self, made=None, only=None, never=()):
        """Once all have ended: how many by which reasons since the beginning. They must be `made` in all."""
        grown = self.alone() - self.before
        check(made is None or sum(grown.values()) == made, "%s connections were made, ended have: %s" % (made, dict(grown)))
        reasons = {each.partition("/")[2] for each in grown}
        check(not reasons & set(never) and (only is None or reasons <= only), "reasons that must not be: %s" % dict(grown))
        return dict(grown)


def await_none_waits(server, within=30):
    """No socket of the server's is in CLOSE_WAIT: one whose end its peer has said, and the server has not heard or said."""
    give_up = time.monotonic() + within
    while True:
        waiting = 0
        for table in ("tcp", "tcp6"):
            for line in pathlib.Path("/proc/%d/net/%s" % (server.pid, table)).read_text().splitlines()[1:]:
                columns = line.split()
                ours = int(columns[1].rpartition(":")[2], 16) in (server.port, server.tls_port)
                waiting += ours and STATES.get(int(columns[3], 16)) == "CLOSE_WAIT"
        if not waiting:
            return
        check(time.monotonic() < give_up, "%d sockets in CLOSE_WAIT" % waiting)
        time.sleep(0.1)
