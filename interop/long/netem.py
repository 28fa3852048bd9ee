#!/usr/bin/env python3
"""100,000 requests of mixed kinds over networks that lie; minutes. netem.py [REQUESTS] [SEED]

A quarter each: through a middlebox that fragments and stalls, through one that also resets and half-closes, over a wire between
two network namespaces that loses, delays, reorders and doubles packets, and over one with an MTU of 128. Where no byte may be
lost for good, each request must be answered whole; elsewhere each ends in a whole response or in one typed error.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import vanishing
from faults import behind_a_middlebox, over_a_bad_wire, quiet
from harness import Failed, Skipped, await_descriptors, check
from http2_peers import Millrace
from storm import heap_kib

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
HEAP_SLACK = 4096  # KiB that a JVM keeps of one kind or another


def middlebox(faithful):
    with Millrace() as server:
        behind_a_middlebox(server, 500, 10, SEED, faithful, 17)
        before = heap_kib(server)
        seen = behind_a_middlebox(server, COUNT // 4, 24, SEED + 1, faithful, 20)
        vanishing.await_none_waits(server)
        await_descriptors(server, server.baseline)
        after = heap_kib(server)
        print("  heap after a collection: %s KiB before, %s KiB after" % (before, after))
        check(not before or after - before < HEAP_SLACK, "the heap grew")
        quiet(server)
        return seen


PARTS = [("a middlebox that fragments, trickles and stalls", lambda: middlebox(True)),
         ("a middlebox that also resets and half-closes", lambda: middlebox(False)),
         ("a wire that loses packets", lambda: over_a_bad_wire(COUNT // 4, 24, SEED, 17)),
         ("a wire of MTU 128", lambda: over_a_bad_wire(COUNT // 4, 24, SEED, 13, mtu=128, loss=0.002))]


def main():
    failures = 0
    print("seed %d" % SEED)
    for name, part in PARTS:
        begun = time.monotonic()
        try:
            print("%s: %s; %.0f s" % (name, "; ".join(map(str, part())), time.monotonic() - begun), flush=True)
        except Skipped as cause:
            print("SKIPPED %s: %s" % (name, cause), flush=True)
        except Failed as cause:
            failures += 1
            print("FAIL netem/%s: %s" % (name, cause), flush=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
