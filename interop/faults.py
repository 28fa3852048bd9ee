#!/usr/bin/env python3
"""Networks that lie, peers that vanish, descriptors that run out: what only real kernels and sockets show. Short forms, with
verdicts on what came and what is left, never on how fast; `long/netem.py`, `long/storm.py` and `long/descriptors.py` are the long ones."""

import contextlib
import pathlib
import resource
import shutil
import subprocess
import sys
import time

import lying
import mixed
import vanishing
from harness import Skipped, Suite, await_descriptors, check, console_noise, java, request
from http2_peers import Millrace

def quiet(server):
    check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:600])


def behind_a_middlebox(server, count, clients, seed, faithful, sizes=16):
    """Requests through a middlebox, and that the books balance after them."""
    with vanishing.Books(server) as books:
        with lying.Behind(server, seed, faithful) as target:
            tally = mixed.drive(target, count, clients, seed, sizes)
            made = target.finish()
        mixed.judge(tally, count, faithful)
        grown = books.grown(made, never=vanishing.OURS)
    quiet(server)
    return tally, grown


def over_a_bad_wire(count, clients, seed, sizes=16, server_type=Millrace, **faults):
    """Requests between two namespaces, over a wire that loses, delays, reorders and doubles packets."""
    with lying.Namespaces(seed=seed, **faults) as spaces, contextlib.ExitStack() as stack:
        home = open("/proc/thread-self/ns/net")
        stack.callback(home.close)
        stack.callback(lying.enter_opened, home)
        lying.enter(spaces.server_side)  # from here the server is seen without the wire
        server = stack.enter_context(lying.inside(spaces.server_side, server_type)())
        with vanishing.Books(server) as books:
            tally = mixed.drive(server, count, clients, seed, sizes, prepare=lambda: lying.enter(spaces.client_side))
            mixed.judge(tally, count, True)
            grown = books.grown(never=vanishing.OURS)
        vanishing.await_none_waits(server)
        await_descriptors(server, server.baseline)
        quiet(server)
        return tally, grown, spaces.wire.finish()


class Bounded:
    """A server of its own that may open so many descriptors more than it has, with some connections that live."""

    LIVE = 5

    def __init__(self, room, *options):
        self.server, self.room = Millrace(*options), room

    def __enter__(self):
        self.server.__enter__()
        try:
            self.await_log()
            self.live = [self.server.connect() for _ in range(self.LIVE)]
            self.undisturbed()
            most = len(self.server.descriptors()) + self.room
            resource.prlimit(self.server.pid, resource.RLIMIT_NOFILE, (most, most))
        except BaseException:
            self.server.__exit__()
            raise
        return self

    def await_log(self, within=30):
        """The runtime loads what a log line needs a second after its start. The names of months are the last of it."""
        jcmd = pathlib.Path(java()).with_name("jcmd") if "/" in java() else shutil.which("jcmd")
        if not jcmd or not pathlib.Path(jcmd).exists():
            raise Skipped("jcmd is not installed beside java: descriptors are not made to run out")
        give_up = time.monotonic() + within
        while b"java.text.DateFormatSymbols " not in subprocess.run(
                [str(jcmd), str(self.server.pid), "GC.class_histogram"], capture_output=True, timeout=60).stdout:
            check(time.monotonic() < give_up, "what a log line needs is not loaded in advance")
            time.sleep(0.2)

    def undisturbed(self):
        for one in self.live:
            one.send(request("/plaintext"))
            check(one.read_response().body == b"Hello, World!", "a live connection is disturbed")

    def ask(self, count):
        """Connections that the kernel completes, each with a request."""
        asked = []
        for _ in range(count):
            one = self.server.connect()
            one.send(request("/plaintext"))
            asked.append(one)
        return asked

    def one_line(self, within=30):
        """The log's one record, once it is there."""
        give_up = time.monotonic() + within
        while not console_noise(self.server.stderr()):
            check(time.monotonic() < give_up, "nothing is logged")
            time.sleep(0.05)
        noise = [line for line in console_noise(self.server.stderr()) if line.startswith("WARNING") or line.startswith("SEVERE")]
        check(noise == ["WARNING: accepting connections; trying again until it works"], "the log: %r" % self.server.stderr()[:1000])

    def __exit__(self, *ignored):
        for one in self.live:
            one.close()
        self.server.__exit__()


def add(suite):
    networks(suite)
    vanished(suite)


def networks(suite):
    for label, faithful in (("delays-and-fragments", True), ("cuts", False)):
        @suite.case("middlebox-that-" + label, "")
        def _(server, faithful=faithful):
            behind_a_middlebox(server, 400, 6, 7, faithful)

    for label, faults in (("loses-packets", {}), ("has-tiny-segments", {"mtu": 128, "loss": 0.002})):
        @suite.case("wire-that-" + label, "")
        def _(server, faults=faults):
            over_a_bad_wire(200, 10, 11, 13, **faults)


def vanished(suite):
    for name, end in vanishing.ENDS:
        @suite.case("vanishing-" + name, "")
        def _(server, end=end):
            with vanishing.Books(server) as books:
                for _ in range(40):
                    end(server)
                books.grown(40, vanishing.PEERS)

    for label, secure in (("h2", False), ("h2-tls", True)):
        @suite.case("vanishing-%s-streams" % label, "RFC 9113 5.4.2")
        def _(server, secure=secure):
            with vanishing.Books(server) as books:
                vanishing.streams(server, secure, 60)
                books.grown(1, vanishing.PEERS)


def descriptors(suite):
    @suite.case("descriptors-run-out", "")
    def _(_):
        with Bounded(20) as bounded:
            asked = bounded.ask(100)
            bounded.undisturbed()
            bounded.one_line()
            for one in asked:  # each end leaves its descriptor to one that waits
                check(one.read_response().status == 200, "not served in its turn")
                one.close()
            bounded.undisturbed()
            bounded.one_line()

    @suite.case("descriptors-run-out-and-peers-are-refused", "")
    def _(_):
        with Bounded(20, "--refuse-when-full") as bounded:
            asked = bounded.ask(100)
            bounded.undisturbed()
            statuses = [one.read_response().status for one in asked]
            check(set(statuses) == {200, 503}, "statuses %s" % set(statuses))
            check(statuses.count(200) <= 20, "%d have found a place" % statuses.count(200))
            for one, status in zip(asked, statuses):
                check(status == 200 or one.await_end(), "not closed")
                one.close()
            bounded.undisturbed()
            bounded.one_line()


def last(suite):
    @suite.case("end-descriptors-back", "")
    def _(server):
        vanishing.await_none_waits(server)
        await_descriptors(server, server.baseline)

    @suite.case("end-no-mistake-of-ours", "")
    def _(server):
        check(not server.closed("internal_error"), "connections ended by a mistake in the library")

    @suite.case("end-console-quiet", "")
    def _(server):
        quiet(server)
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("faults")
    add(suite)
    last(suite)
    suite.main(Millrace, sys.argv[1:])


if __name__ == "__main__":
    main()
