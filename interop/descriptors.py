#!/usr/bin/env python3
"""Servers that run out of descriptors. Not among the suites that run by themselves: see interop/README.md."""

import contextlib

from faults import descriptors
from harness import Suite

if __name__ == "__main__":
    suite = Suite("descriptors")
    descriptors(suite)
    suite.main(contextlib.nullcontext)
