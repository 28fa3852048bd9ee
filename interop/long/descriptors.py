#!/usr/bin/env python3
"""Descriptors run out: a server that may have 64, and 500 that connect. Half a minute.

Meanwhile it uses under 5 % of a core, and its live connections are served; a descriptor that comes free is in use within a second.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from faults import Bounded
from harness import check
from storm import cpu_seconds

SPAN = 10


def main():
    begun = time.monotonic()
    with Bounded(40) as bounded:
        asked = bounded.ask(500)
        bounded.one_line()
        served = [one for one in asked if one.ready()]
        time.sleep(3)
        before = cpu_seconds(bounded.server)
        for _ in range(SPAN):
            bounded.undisturbed()
            time.sleep(1)
        used = (cpu_seconds(bounded.server) - before) / SPAN * 100
        served = [one for one in asked if one.ready()]
        waiting = [one for one in asked if one not in served]
        slowest = 0
        for one in served:
            check(one.read_response().status == 200, "not served")
        for place, one in zip(served, waiting):
            place.close()
            freed = time.monotonic()
            check(one.read_response().status == 200, "not served when there was room")
            slowest = max(slowest, time.monotonic() - freed)
        for one in waiting[:len(served)]:
            one.close()
        for one in waiting[len(served):]:
            check(one.read_response().status == 200, "not served in its turn")
            one.close()
        bounded.undisturbed()
        bounded.one_line()
        print("%d of 500 found a place; CPU of the full server %.1f %%; the slowest place was taken %.0f ms after it came free" % (
            len(served), used, slowest * 1000))
        check(used < 5, "CPU %.1f %%" % used)
        check(slowest < 1, "a free descriptor waited for %.1f s" % slowest)
    print("ok, %.0f s" % (time.monotonic() - begun))


if __name__ == "__main__":
    main()
