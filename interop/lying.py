#!/usr/bin/env python3
"""A network that lies: a middlebox between client and server, and two network namespaces joined by a wire that loses packets.

The wire is a program with one TUN device in each namespace: it passes IP packets on as `tc netem` would, with loss, delay,
reordering and duplicates, and needs no module of the kernel beside TUN. Its MTU makes segments as small as wanted. Both run as
processes of their own (`lying.py box …`, `lying.py wire …`), seeded, so that the clients' threads don't slow them.
"""

import asyncio
import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import time

from harness import Failed, Skipped, register, unregister

RST = struct.pack("ii", 1, 0)
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SERVER_ADDRESS, CLIENT_ADDRESS = "10.77.0.1", "10.77.0.2"


class Program:
    """One of the two, in a process that ends with this context."""

    def __init__(self, *arguments):
        self.arguments = [str(each) for each in arguments]

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__, *self.arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        register(self.process.pid)
        self.first = self.process.stdout.readline().decode().strip()
        if not self.first:
            self.__exit__()
            raise Failed("%s did not start" % " ".join(self.arguments))
        return self

    def finish(self):
        """Ends it and returns its last line."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.stdout.read().decode().strip()

    def __exit__(self, *ignored):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        unregister(self.process.pid)


# The middlebox

class Fate:
    """What happens to one connection. A faithful one is only cut into pieces and delayed; all its bytes arrive."""

    def __init__(self, seed, index, faithful):
        rng = random.Random(seed * 1_000_003 + index)
        self.rng = rng
        self.manner = rng.choice(("whole", "pieces", "trickle", "stall"))
        self.pieces = rng.randrange(1, 10)
        self.stalls_after = int(2 ** rng.uniform(0, 16))
        self.stalls_for = rng.uniform(0.01, 0.3)
        self.end = None if faithful or rng.random() < 0.25 else rng.choice(("reset", "reset_one", "half_close", "close"))
        self.upstream = rng.random() < 0.5  # whose bytes are counted, and whose direction is closed
        self.after = int(2 ** rng.uniform(0, 18))

    def cut(self, upstream, data, before):
        """How one read is passed on: pieces, each with a pause before it."""
        if self.manner == "stall" and before <= self.stalls_after < before + len(data):
            at = self.stalls_after - before
            return [(0, data[:at]), (self.stalls_for, data[at:])]
        if self.manner in ("pieces", "trickle") and before < 4096:
            small = data[:512]
            cut = [(0, small[at:at + self.pieces]) for at in range(0, len(small), self.pieces)]
            if self.manner == "trickle":
                cut = [(self.rng.uniform(0, 0.004) if index < 20 else 0, piece) for index, (_, piece) in enumerate(cut)]
            return cut + [(0, data[512:])]
        return [(0, data)]


class Cut(Exception):
    """The connection has met its end."""


class Box:
    """Relays each connection to the server, as its fate wants."""

    def __init__(self, host, port, seed, faithful):
        self.server = host, port
        self.seed, self.faithful = seed, faithful
        self.accepted = self.connected = 0
        self.relays = set()  # a task that nobody holds may be collected

    async def serve(self, host):
        listener = await asyncio.start_server(self.relay, host, 0, backlog=1024)
        print(listener.sockets[0].getsockname()[1], flush=True)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await ended.wait()
        print(self.connected, flush=True)
        os._exit(0)

    async def relay(self, from_client, to_client):
        fate = Fate(self.seed, self.accepted, self.faithful)
        self.accepted += 1
        this = asyncio.current_task()
        self.relays.add(this)
        this.add_done_callback(self.relays.discard)
        try:
            from_server, to_server = await asyncio.open_connection(*self.server)
        except OSError:
            self.reset(to_client)
            return
        self.connected += 1
        directions = [asyncio.ensure_future(self.copy(fate, True, from_client, to_server)),
                      asyncio.ensure_future(self.copy(fate, False, from_server, to_client))]
        try:
            await asyncio.gather(*directions)
            to_client.close()
            to_server.close()
        except Cut as cut:
            for each, other in ((to_client, "client"), (to_server, "server")):
                if str(cut) in ("both", other):
                    self.reset(each)
                else:
                    each.close()
        except (OSError, asyncio.CancelledError):
            self.reset(to_client)
            self.reset(to_server)
        finally:
            for each in directions:
                each.cancel()

    @staticmethod
    def reset(writer):
        one = writer.get_extra_info("socket")
        try:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        except OSError:
            pass  # closed already
        writer.transport.abort()

    @staticmethod
    async def copy(fate, upstream, reader, writer):
        passed, deaf = 0, False
        while True:
            data = await reader.read(65536)
            if not data:
                break
            if deaf:
                continue
            ends = fate.end and upstream == fate.upstream and passed + len(data) > fate.after
            if ends:
                data = data[:max(0, fate.after - passed)]
            for pause, piece in fate.cut(upstream, data, passed):
                if pause:
                    await asyncio.sleep(pause)
                if piece:
                    writer.write(piece)
                    await writer.drain()
            passed += len(data)
            if ends and fate.end == "half_close":
                writer.write_eof()
                deaf = True
            elif ends:
                raise Cut({"reset": "both", "reset_one": fate.rng.choice(("client", "server")), "close": "neither"}[fate.end])
        if not deaf:
            writer.write_eof()


class Behind:
    """A server's ports as they are seen through two middleboxes, one for each of them."""

    exacting = True

    def __init__(self, server, seed, faithful):
        self.server, self.host, self.faithful = server, "127.0.0.1", faithful
        self.boxes = [Program("box", server.host, port, self.host, seed + at, int(faithful))
                      for at, port in enumerate((server.port, server.tls_port))]

    def __enter__(self):
        for at, box in enumerate(self.boxes):
            try:
                box.__enter__()
            except Failed:
                for begun in self.boxes[:at]:
                    begun.__exit__()
                raise
        self.port, self.tls_port = (int(box.first) for box in self.boxes)
        return self

    def finish(self):
        """Ends both; how many connections they have made to the server."""
        return sum(int(box.finish()) for box in self.boxes)

    def __exit__(self, *ignored):
        for box in self.boxes:
            box.__exit__()


# The wire

def enter(namespace):
    """Moves this thread into a network namespace: the sockets that it makes from then on live there."""
    with open("/run/netns/" + namespace) as opened:
        enter_opened(opened)


def enter_opened(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace " + namespace.name)


def tun(namespace, own, peer, mtu):
    """A TUN device of a namespace, up, as a descriptor that gives and takes its packets."""
    enter(namespace)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"lying", IFF_TUN | IFF_NO_PI))
    for command in ("addr add %s peer %s dev lying" % (own, peer), "link set lying mtu %d up" % mtu, "link set lo up"):
        subprocess.run(["ip", *command.split()], check=True)
    return device


class Wire:
    """Carries the packets of two devices. Those that are not reordered keep their order."""

    def __init__(self, devices, seed, loss, duplicate, reorder, delay):
        self.devices = devices
        self.rng = random.Random(seed)
        self.loss, self.duplicate, self.reorder, self.delay = loss, duplicate, reorder, delay
        self.under_way, self.number = [], 0
        self.counts = dict.fromkeys(("packets", "lost", "duplicates", "reordered"), 0)

    def take(self, source, now):
        for _ in range(64):
            try:
                packet = os.read(source, 65536)
            except BlockingIOError:
                return
            self.counts["packets"] += 1
            if self.rng.random() < self.loss:
                self.counts["lost"] += 1
                continue
            copies = 1
            if self.rng.random() < self.duplicate:
                self.counts["duplicates"] += 1
                copies = 2
            due = now + self.delay
            if self.rng.random() < self.reorder:
                self.counts["reordered"] += 1
                due += self.rng.uniform(0.002, 0.02)
            for _ in range(copies):
                heapq.heappush(self.under_way, (due, self.number, source, packet))
                self.number += 1

    def run(self):
        there = dict(zip(self.devices, reversed(self.devices)))
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
        while not ended:
            now = time.monotonic()
            while self.under_way and self.under_way[0][0] <= now:
                _, _, source, packet = heapq.heappop(self.under_way)
                try:
                    os.write(there[source], packet)
                except BlockingIOError:
                    self.counts["lost"] += 1  # a queue that is full loses, too
            wait = max(0, self.under_way[0][0] - now) if self.under_way else 0.1
            for source in select.select(self.devices, [], [], wait)[0]:
                self.take(source, time.monotonic())
        print(", ".join("%d %s" % (count, name) for name, count in self.counts.items()), flush=True)


class Namespaces:
    """Two of them, with a wire of the given MTU and faults (`loss`, `duplicate`, `reorder` as shares, `delay` in seconds)."""

    def __init__(self, mtu=1500, seed=1, loss=0.01, duplicate=0.01, reorder=0.03, delay=0.001):
        self.names = ["millrace-%s-%d" % (end, os.getpid()) for end in ("server", "client")]
        self.options = mtu, seed, loss, duplicate, reorder, delay

    @property
    def server_side(self):
        return self.names[0]

    @property
    def client_side(self):
        return self.names[1]

    def __enter__(self):
        made = []
        try:
            for name in self.names:
                done = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
                if done.returncode:
                    raise Skipped("NO NETWORK NAMESPACES HERE, THE WIRE THAT LOSES PACKETS IS NOT TRIED: " + done.stderr.strip())
                made.append(name)
            if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
                raise Skipped("NO /dev/net/tun HERE, THE WIRE THAT LOSES PACKETS IS NOT TRIED")
            self.wire = Program("wire", *self.names, *self.options)
            self.wire.__enter__()
        except FileNotFoundError:
            raise Skipped("NO ip (iproute2) HERE, THE WIRE THAT LOSES PACKETS IS NOT TRIED")
        except (Failed, Skipped):
            self.remove(made)
            raise
        return self

    @staticmethod
    def remove(names):
        for name in names:
            subprocess.run(["ip", "netns", "del", name])

    def __exit__(self, *ignored):
        self.wire.__exit__()
        self.remove(self.names)


def inside(namespace, server_type):
    """A server of this type that lives in a namespace; this process's main thread must be there to see it without the wire."""

    class Inside(server_type):
        def arguments(self, port_file):
            return ["ip", "netns", "exec", namespace, *super().arguments(port_file), "--bind", SERVER_ADDRESS]

        def __enter__(self):
            self.host = SERVER_ADDRESS
            return super().__enter__()

    return Inside


def main():
    what, *rest = sys.argv[1:]
    if what == "box":
        host, port, bind, seed, faithful = rest
        asyncio.run(Box(host, int(port), int(seed), faithful == "1").serve(bind))
    else:
        server, client, mtu, seed, *faults = rest
        devices = [tun(server, SERVER_ADDRESS, CLIENT_ADDRESS, int(mtu)), tun(client, CLIENT_ADDRESS, SERVER_ADDRESS, int(mtu))]
        print("up", flush=True)
        Wire(devices, int(seed), *map(float, faults)).run()


if __name__ == "__main__":
    main()
