#!/usr/bin/env python3
"""Restarts three instances behind HAProxy again and again under load, and exits 1 when one request failed.

Usage: rolling.py [--rounds 5] [--delay 2]. Prints how many requests there were.
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Failed
from haproxy import roll


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each instance is restarted")
    parser.add_argument("--delay", type=int, default=2, help="the readiness delay, in seconds")
    options = parser.parse_args()
    begun = time.monotonic()
    try:
        by_http1, by_http2 = roll(options.rounds, options.delay)
    except Failed as cause:
        print("failed: %s" % cause)
        sys.exit(1)
    print("%d restarts in %.0f s: none of %d requests by HTTP/1.1 and %d by HTTP/2 failed"
          % (3 * options.rounds, time.monotonic() - begun, by_http1, by_http2))


if __name__ == "__main__":
    main()
