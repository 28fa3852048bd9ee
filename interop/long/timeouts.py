#!/usr/bin/env python3
"""Deadlines as a client sees them: no state of a connection lasts for ever. All cases run at once; about 75 s.

A connection without progress in a message ends within 35 s however it trickles; an idle one after 60 s. Five seconds are
added for a slow machine.
"""

import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Connection, Failed, Server, check, check_console, fetch, request

PROGRESS = 35 + 5
IDLE = 60


class Peer:
    """A connection whose end is awaited, with what came before it."""

    def __init__(self, server, receive_buffer=None):
        self.connection = Connection(server, receive_buffer=receive_buffer, patience=1)
        self.begun = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.begun

    def drip(self, data, pause, limit):
        """Sends one byte every `pause` seconds until the peer ends the connection; returns the seconds that took."""
        position = 0
        while self.elapsed() < limit:
            if not self.connection.send(data[position % len(data):position % len(data) + 1]):
                return self.elapsed()
            position += 1
            due = time.monotonic() + pause
            while time.monotonic() < due:
                if self.ended(max(0.01, due - time.monotonic())):
                    return self.elapsed()
        return None

    def wait(self, limit):
        while self.elapsed() < limit:
            if self.ended(1):
                return self.elapsed()
        return None

    def ended(self, within):
        self.connection.socket.settimeout(within)
        try:
            return not self.connection.fill()
        except Failed:
            return False


def must_end(seconds, atmost, atleast=0):
    check(seconds is not None, "not ended after %d s" % atmost)
    check(seconds <= atmost, "ended only after %.1f s" % seconds)
    check(seconds >= atleast, "ended already after %.1f s" % seconds)
    return "%.1f s" % seconds


def first_status(peer):
    return bytes(peer.connection.buffer[9:12]).decode("ascii", "replace")


def silent(server):
    return must_end(Peer(server).wait(70), 65)


def partial_head(server):
    peer = Peer(server)
    peer.connection.send(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n")
    took = must_end(peer.wait(PROGRESS + 10), PROGRESS)
    check(first_status(peer) in ("", "408", "400"), "answered %r" % first_status(peer))
    return took


def head_drip(server):
    peer = Peer(server)
    return must_end(peer.drip(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 1000, 1, PROGRESS + 10), PROGRESS)


def blank_lines_drip(server):
    return must_end(Peer(server).drip(b"\r\n", 1, PROGRESS + 30), 65)


def body_drip(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Content-Length: 100000"]))
    return must_end(peer.drip(b"x", 1, PROGRESS + 10), PROGRESS)


def body_stops(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Content-Length: 100000"]) + b"x" * 1000)
    return must_end(peer.wait(PROGRESS + 10), PROGRESS)


def chunk_drip(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Transfer-Encoding: chunked"]))
    return must_end(peer.drip(b"1\r\nx\r\n", 1, PROGRESS + 10), PROGRESS)


def chunk_extension_drip(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Transfer-Encoding: chunked"]) + b"1;")
    return must_end(peer.drip(b"x", 1, PROGRESS + 10), PROGRESS)


def unread_body_drip(server):
    peer = Peer(server)
    peer.connection.send(request("/plaintext", "POST", ["Content-Length: 100000"]))
    return must_end(peer.drip(b"x", 1, PROGRESS + 10), PROGRESS)


def continue_and_silence(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Content-Length: 5", "Expect: 100-continue"]))
    return must_end(peer.wait(PROGRESS + 10), PROGRESS)


def linger_drip(server):
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Content-Length: 1099511627777"]))
    seconds = None
    while peer.elapsed() < PROGRESS + 10:
        if not peer.connection.send(b"x"):
            seconds = peer.elapsed()
            break
        time.sleep(1)
    check(first_status(peer) in ("", "413"), "answered %r" % first_status(peer))
    return must_end(seconds, PROGRESS)


def reader_stops(server):
    """Nothing is read after the head; that the connection has ended shows in /proc of the server, not in our full buffer."""
    return reader(server, "/bytes/2000000000", drip=False)


def reader_drips(server):
    return reader(server, "/bytes/2000000000", drip=True)


def stream_reader_stops(server):
    return reader(server, "/stream?chunks=100000000&ms=0", drip=False)


def reader(server, target, drip):
    peer = Peer(server, 4096)
    peer.connection.send(request(target))
    peer.connection.read_head()
    local = peer.connection.socket.getsockname()
    stopped = time.monotonic()
    while time.monotonic() - stopped < PROGRESS + 15:
        if not established(server, local):
            return must_end(time.monotonic() - stopped, PROGRESS)
        if drip:
            try:
                if not peer.connection.socket.recv(1):
                    return must_end(time.monotonic() - stopped, PROGRESS)
            except ConnectionResetError:
                return must_end(time.monotonic() - stopped, PROGRESS)
        time.sleep(0.5)
    return must_end(None, PROGRESS)


def established(server, client):
    """Whether the server's side of this connection still belongs to a process (it has an inode while it does)."""
    mine = "%02X%02X%02X%02X:%04X" % (*reversed([int(part) for part in client[0].split(".")]), client[1])
    plain = "0100007F:%04X" % server.port
    mapped = "0000000000000000FFFF00000100007F:%04X" % server.port
    for table in ("tcp", "tcp6"):
        path = pathlib.Path("/proc/net", table)
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            columns = line.split()
            if columns[1] in (plain, mapped) and columns[2].endswith(mine) and columns[9] != "0":
                return True
    return False


def idle(server):
    peer = Peer(server)
    peer.connection.send(request("/plaintext"))
    peer.connection.read_response()
    peer.begun = time.monotonic()
    return must_end(peer.wait(IDLE + 15), IDLE + 10, IDLE - 10)


def idle_stays_when_used(server):
    peer = Peer(server)
    while peer.elapsed() < 70:
        peer.connection.send(request("/plaintext"))
        peer.connection.socket.settimeout(20)
        check(peer.connection.read_response().status == 200, "not 200")
        time.sleep(20)
    return "kept"


def slow_but_steady_upload(server):
    """64 KiB a second for 45 s is slow progress, not none."""
    peer = Peer(server)
    peer.connection.send(request("/echo", "POST", ["Content-Length: %d" % (45 * 65536)]))
    for _ in range(45):
        check(peer.connection.send(b"x" * 65536), "cut off after %.1f s" % peer.elapsed())
        due = time.monotonic() + 1
        while time.monotonic() < due:
            peer.ended(max(0.01, due - time.monotonic()))
    peer.connection.socket.settimeout(20)
    response = peer.connection.read_response("POST")
    check(len(response.body) == 45 * 65536, str(response))
    return "kept"


def slow_but_steady_reader(server):
    peer = Peer(server, 65536)
    peer.connection.send(request("/bytes/%d" % (45 * 65536)))
    peer.connection.socket.settimeout(20)
    peer.connection.read_head()
    for _ in range(45):
        peer.connection.read(65536)
        time.sleep(1)
    return "kept"


def long_handler(server):
    """The handler's time is not the client's fault: 45 s of /slow are waited for."""
    peer = Peer(server)
    peer.connection.send(request("/slow?ms=45000"))
    peer.connection.socket.settimeout(70)
    check(peer.connection.read_response().status == 200, "not 200")
    return "kept"


CASES = [silent, partial_head, head_drip, blank_lines_drip, body_drip, body_stops, chunk_drip, chunk_extension_drip, unread_body_drip,
         continue_and_silence, linger_drip, reader_stops, reader_drips, stream_reader_stops, idle, idle_stays_when_used,
         slow_but_steady_upload, slow_but_steady_reader, long_handler]


def main():
    wanted = sys.argv[1:]
    failed = []
    with Server() as server:
        fetch(server, "/plaintext")
        time.sleep(0.2)
        baseline = server.descriptors()

        def run(case):
            try:
                print("ok   %-26s %s" % (case.__name__, case(server)), flush=True)
            except Exception as cause:
                failed.append(case.__name__)
                print("FAIL timeouts/%s: %s: %s" % (case.__name__, type(cause).__name__, cause), flush=True)
        chosen = [case for case in CASES if not wanted or case.__name__ in wanted]
        threads = [threading.Thread(target=run, args=(case,)) for case in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        try:
            check(fetch(server, "/plaintext").status == 200, "not healthy at the end")
            check_console(server)
            print("descriptors: %d before, %d at the end" % (len(baseline), len(server.descriptors())))
        except Failed as cause:
            failed.append("end")
            print("FAIL timeouts/end: %s" % cause)
    print("%d passed, %d failed" % (len(chosen) + 1 - len(failed), len(failed)))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
