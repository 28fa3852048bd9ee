#!/usr/bin/env python3
"""Storms of connections that misbehave, then a look at what is left of the server; and peers that vanish mid-response, in a row.

Usage: storm.py [--connections 10000] [--silent-seconds 20] [--vanishing 10000] [--only-vanishing]. Prints figures and exits 1 when the server is not well after one.
Needs a descriptor limit above the number of connections (`ulimit -n`), which is raised here as far as allowed.
"""

import argparse
import os
import pathlib
import re
import resource
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import vanishing
from harness import Failed, Server, await_descriptors, check, check_console, console_noise, fetch, java, request
from http2_peers import Millrace

RST = struct.pack("ii", 1, 0)


def cpu_seconds(server):
    fields = pathlib.Path("/proc/%d/stat" % server.pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(server):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path("/proc/%d/status" % server.pid).read_text()).group(1)) / 1024


def heap_kib(server):
    """Used heap after a full collection, or None where there is no jcmd."""
    program = pathlib.Path(java()).with_name("jcmd") if "/" in java() else shutil.which("jcmd")
    # Attaching signals the process, which would end anything but a JVM.
    if os.path.basename(os.readlink("/proc/%d/exe" % server.pid)) != "java":
        return None
    if not program or not pathlib.Path(program).exists():
        return None
    subprocess.run([str(program), str(server.pid), "GC.run"], capture_output=True, timeout=60)
    text = subprocess.run([str(program), str(server.pid), "GC.heap_info"], capture_output=True, text=True, timeout=60).stdout
    used = re.search(r"used (\d+)K", text)
    return int(used.group(1)) if used else None


def open_many(server, count, receive_buffer=None):
    """Connects without waiting for each, as fast as the server's backlog lets it."""
    sockets, waiting = [], selectors.DefaultSelector()
    refused = 0
    for _ in range(count):
        one = socket.socket()
        one.setblocking(False)
        if receive_buffer:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        one.connect_ex((server.host, server.port))
        waiting.register(one, selectors.EVENT_WRITE)
        sockets.append(one)
    give_up = time.monotonic() + 120
    left = count
    while left and time.monotonic() < give_up:
        for key, _ in waiting.select(1):
            waiting.unregister(key.fileobj)
            left -= 1
            if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                refused += 1
    waiting.close()
    return sockets, refused + left


def send_all(sockets, data):
    sent = 0
    for one in sockets:
        try:
            sent += one.send(data) == len(data)
        except OSError:
            pass
    return sent


def close_all(sockets, with_reset=False):
    for one in sockets:
        if with_reset:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        one.close()


def send_and_reset(server, count, _):
    sockets, refused = open_many(server, count)
    send_all(sockets, request("/plaintext"))
    close_all(sockets, True)
    return refused


def vanish_mid_response(server, count, _):
    sockets, refused = open_many(server, count, 4096)
    send_all(sockets, request("/1m"))
    time.sleep(2)
    close_all(sockets, True)
    return refused


def half_close(server, count, _):
    sockets, refused = open_many(server, count)
    send_all(sockets, request("/plaintext"))
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    answered, give_up = 0, time.monotonic() + 120
    for one in sockets:
        one.settimeout(max(0.1, give_up - time.monotonic()))
        try:
            data = b""
            while True:
                piece = one.recv(4096)
                if not piece:
                    break
                data += piece
            answered += data.startswith(b"HTTP/1.1 200") and data.endswith(b"Hello, World!")
        except OSError:
            pass
    close_all(sockets)
    check(answered == count - refused, "%d of %d half-closed connections were answered" % (answered, count - refused))
    return refused


def cut_head(server, count, _):
    sockets, refused = open_many(server, count)
    send_all(sockets, b"GET /plaintext HTTP/1.1\r\nHost: a\r\nX-Cu")
    close_all(sockets)
    return refused


def silent(server, count, seconds):
    sockets, refused = open_many(server, count)
    end = time.monotonic() + seconds
    slowest = 0
    while time.monotonic() < end:
        begun = time.monotonic()
        check(fetch(server, "/plaintext").status == 200, "no answer beside silent connections")
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.2)
    print("  slowest answer beside %d silent connections: %.1f ms" % (count, slowest * 1000))
    close_all(sockets)
    return refused


def unread_requests(server, count, _):
    sockets, refused = open_many(server, count, 4096)
    send_all(sockets, request("/bytes/2000000000"))
    time.sleep(3)
    begun = time.monotonic()
    check(fetch(server, "/plaintext").status == 200, "no answer beside readers that do not read")
    print("  an answer beside %d readers that do not read: %.1f ms; RSS %d MiB" % (count, (time.monotonic() - begun) * 1000, resident_mib(server)))
    close_all(sockets, True)
    return refused


STORMS = [send_and_reset, cut_head, half_close, vanish_mid_response, unread_requests, silent]


def look(server, name, baseline, failures):
    """Health, descriptors, idle CPU and heap after a storm."""
    try:
        check(fetch(server, "/plaintext").body == b"Hello, World!", "not healthy")
        give_up = time.monotonic() + 60
        while len(server.descriptors()) > baseline + 8 and time.monotonic() < give_up:
            time.sleep(0.5)
        descriptors = len(server.descriptors())
        for _ in range(6): # the compiler is still at work after a storm: what counts is where it settles
            before = cpu_seconds(server)
            time.sleep(5)
            idle = (cpu_seconds(server) - before) / 5 * 100
            if idle < 2:
                break
        heap = heap_kib(server)
        print("  after %s: %d descriptors (before: %d), idle CPU %.1f %%, heap %s KiB, RSS %d MiB" % (
            name, descriptors, baseline, idle, "?" if heap is None else heap, resident_mib(server)), flush=True)
        check(descriptors <= baseline + 8, "descriptors grew from %d to %d" % (baseline, descriptors))
        check(idle < 2, "the idle server uses %.1f %% of a core" % idle)
    except Failed as cause:
        failures.append("%s: %s" % (name, cause))
        print("FAIL storm/%s: %s" % (name, cause), flush=True)


def vanish_in_a_row(count, failures):
    """So many in each way, one after the other at full speed, and as many streams; the books, the log and the heap after each."""
    with Millrace() as server:
        ways = [(name, lambda end=end, count=count: [end(server) for _ in range(count)], lambda some: some) for name, end in vanishing.ENDS]
        ways += [(name, lambda secure=secure, count=count: vanishing.streams(server, secure, count), lambda some: 1)
                 for name, secure in (("h2-streams", False), ("h2-tls-streams", True))]
        for name, run, made in ways:
            with vanishing.Books(server) as books:
                run(count=min(count, 500))
                books.grown()
            before, begun = heap_kib(server), time.monotonic()
            try:
                ends = {}
                for at in range(0, count, 250):  # a look in between keeps the connection that looks
                    some = min(250, count - at)
                    with vanishing.Books(server) as books:
                        run(count=some)
                        for reason, times in books.grown(made(some), vanishing.PEERS).items():
                            ends[reason] = ends.get(reason, 0) + times
                took = time.monotonic() - begun
                vanishing.await_none_waits(server)
                await_descriptors(server, server.baseline)
                check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:600])
                after = heap_kib(server)
                print("vanishing %s: %d in %.0f s, ended by %s; heap %s KiB before, %s KiB after" % (name, count, took, ends, before, after),
                      flush=True)
                check(not before or after - before < 2048, "the heap grew by %d KiB" % (after - before))
            except Failed as cause:
                failures.append("vanishing %s: %s" % (name, cause))
                print("FAIL storm/vanishing-%s: %s" % (name, cause), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--silent-seconds", type=float, default=20)
    parser.add_argument("--vanishing", type=int, default=10000)
    parser.add_argument("--only-vanishing", action="store_true")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = options.connections if hard == resource.RLIM_INFINITY else min(options.connections, hard - 200)
    failures = []
    vanish_in_a_row(options.vanishing, failures)
    if options.only_vanishing:
        sys.exit(1 if failures else 0)
    with Server() as server:
        for _ in range(200):
            fetch(server, "/plaintext")
        fetch(server, "/1m")
        time.sleep(1)
        baseline, heap = len(server.descriptors()), heap_kib(server)
        print("before: %d descriptors, heap %s KiB, RSS %d MiB" % (baseline, "?" if heap is None else heap, resident_mib(server)))
        for storm in STORMS:
            begun = time.monotonic()
            try:
                refused = storm(server, count, options.silent_seconds)
                print("%s: %d connections, %d not opened, %.1f s" % (storm.__name__, count, refused, time.monotonic() - begun), flush=True)
            except Failed as cause:
                failures.append("%s: %s" % (storm.__name__, cause))
                print("FAIL storm/%s: %s" % (storm.__name__, cause), flush=True)
            look(server, storm.__name__, baseline, failures)
        first, last = heap, heap_kib(server)
        if first and last:
            print("heap after a collection: %d KiB before, %d KiB at the end" % (first, last))
        try:
            check_console(server)
            check(server.stop() == 0, "exit status after SIGTERM")
        except Failed as cause:
            failures.append(str(cause))
            print("FAIL storm/end: %s" % cause)
    print("%d storms, %d failures" % (len(STORMS), len(failures)))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
