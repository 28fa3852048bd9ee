#!/usr/bin/env python3
"""10,000 silent connections with TLS in a row, then the deadlines that need minutes. About three minutes.

    tls_ends.py [CONNECTIONS]

The counters must be exact, the console empty, and heap (after a collection) and descriptors back to where they were.
"""

import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import tls
from endings import RecordedServer, end, hello
from harness import Suite, await_descriptors, check, console_noise, java
from metrics import handshakes
from tls_socket import client_context

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
HEAP_SLACK = 1 << 20  # what a JVM keeps of one kind or another: an eighth of a KiB a connection is too much


class PlainServer(RecordedServer):
    """Without a flight recording, whose buffers would be part of the heap."""

    jvm = ()

    def __enter__(self):
        super().__enter__()
        self.warm_up()
        return self

    def warm_up(self):
        for _ in range(300):
            leave(self, True)
        self.metrics.growth(300)


def leave(server, politely, context=client_context()):
    peer = server.open(context)
    if politely:
        peer.goodbye_only()
    else:
        peer.socket.shutdown(socket.SHUT_WR)
    check(peer.recv(1) == b"" and peer.goodbye, "no close_notify in answer")
    peer.close()


def heap(server):
    """What lives on the heap after two full collections, in bytes."""
    jcmd = str(pathlib.Path(java()).resolve().parent / "jcmd") if "/" in java() else "jcmd"
    for _ in range(2):
        subprocess.run([jcmd, str(server.pid), "GC.run"], capture_output=True, timeout=60, check=True)
    text = subprocess.run([jcmd, str(server.pid), "GC.class_histogram"], capture_output=True, timeout=60, check=True).stdout.decode()
    return int(re.search(r"^Total\s+\d+\s+(\d+)", text, re.M).group(1))


def add(suite):
    @suite.case("silent-%d-in-a-row" % COUNT, "")
    def _(server):
        before = heap(server)
        begun = time.monotonic()
        for index in range(COUNT):
            leave(server, index % 2)
        took = time.monotonic() - begun
        server.expect([end("client_silent", "opened")] * COUNT, handshakes("completed", COUNT))
        after = heap(server)
        print("%d connections in %.0f s; heap %.2f MiB before, %.2f MiB after" % (COUNT, took, before / 2**20, after / 2**20),
              flush=True)
        check(after - before < HEAP_SLACK, "the heap grew by %d bytes" % (after - before))
        await_descriptors(server, server.baseline)
        noise = console_noise(server.stderr())
        check(len(noise) <= 10, "%d lines on the console: %r" % (len(noise), noise[:5]))

    @suite.case("deadlines", "")
    def _(server):
        """Handshakes that stall end after 10 s, connections without a first request after 60 s. Five more for a slow machine."""
        took = {}

        def wait(name, peer):
            begun = time.monotonic()
            peer.settimeout(90)
            while peer.recv(65536):
                pass
            took[name] = time.monotonic() - begun
            peer.close()

        nothing, half, stalled = server.raw(), server.raw(), server.raw()
        half.sendall(hello()[:100])
        stalled.sendall(hello())
        unasked = server.open(client_context())
        peers = {"nothing": nothing, "half": half, "stalled": stalled, "unasked": unasked}
        threads = [threading.Thread(target=wait, args=each) for each in peers.items()]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(1)
            server.metrics.keep()
        for name, seconds in took.items():
            least = 60 if name == "unasked" else 10
            check(least - 1 <= seconds <= least + 5, "%s: %.1f s" % (name, seconds))
        check(unasked.goodbye, "no close_notify at the deadline")
        server.expect([end("handshake_timeout", "opened"), end("handshake_timeout", "handshake"),
                       end("handshake_timeout", "handshake"), end("first_byte_timeout", "opened")],
                      handshakes("timeout", 3), handshakes("completed"))

    @suite.case("end-console-quiet", "")
    def _(server):
        noise = console_noise(server.stderr())
        check(not noise, "stderr: %r" % noise[:6])
        server.metrics.close()
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("tls_ends")
    add(suite)
    suite.main(PlainServer, [])


if __name__ == "__main__":
    main()
