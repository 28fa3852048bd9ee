#!/usr/bin/env python3
"""HTTP/2 at the level of frames, as an unfriendly reviewer would: RFC 9113, 7541, 8441 and 9218 against the packaged server, in
the clear with prior knowledge and over TLS with ALPN."""

import importlib
import sys

import harness
from harness import Suite, await_descriptors, check, console_noise, fetch
from http2_peers import PEERS, Millrace

TOPICS = ("preface", "frames", "settings", "streams", "heads", "compression", "contents", "messages", "flow", "uploads", "priorities",
          "end")


class Twofold:
    """Takes each case once, and runs it in the clear and, unless told otherwise, over TLS too."""

    def __init__(self, suite):
        self.suite = suite

    def add(self, name, where, function, both=True):
        for label, secure in (("", False), ("tls-", True))[:2 if both else 1]:
            def case(target, secure=secure):
                target.secure = secure
                function(target)
            self.suite.add(label + name, where, case)

    def case(self, name, where="", both=True):
        def register(function):
            self.add(name, where, function, both)
            return function
        return register


def main():
    suite = Suite("http2")
    arguments = sys.argv[1:]
    opened = Millrace
    if "--peer" in arguments:
        at = arguments.index("--peer")
        opened = PEERS[arguments[at + 1]]
        del arguments[at:at + 2]
        harness.PATIENCE = harness.IMPATIENCE  # who hangs here is not ours to mend
    for topic in TOPICS:
        importlib.import_module("http2_" + topic).add(Twofold(suite))
    if opened is Millrace:
        last(suite)
    suite.main(opened, arguments)


def last(suite):
    @suite.case("end-healthy", "")
    def _(target):
        check(fetch(target, "/plaintext").body == b"Hello, World!", "not healthy at the end")

    @suite.case("end-descriptors-back", "")
    def _(target):
        await_descriptors(target, target.baseline)

    @suite.case("end-no-mistake-of-ours", "")
    def _(target):
        check(not target.closed("internal_error"), "connections ended by a mistake in the library")

    @suite.case("end-console-quiet", "")
    def _(target):
        check(not console_noise(target.stderr()), "stderr: %r" % target.stderr()[:600])
        check(target.stop() == 0, "the exit status after SIGTERM is not 0")


if __name__ == "__main__":
    main()
