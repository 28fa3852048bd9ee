#!/usr/bin/env python3
"""What 5,000 idle connections cost while their deadlines are armed: CPU time over 20 s, beside that of none. A minute.

    idle.py [CONNECTIONS]
"""

import pathlib
import resource
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from harness import Server, check, fetch, request
from storm import cpu_seconds, open_many, send_all

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
SPAN = 20


def measured(server):
    before = cpu_seconds(server)
    time.sleep(SPAN)
    return cpu_seconds(server) - before


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Server() as server:
        for _ in range(2000):
            fetch(server, "/plaintext")
        time.sleep(5)  # the compilers come to rest
        none = measured(server)
        sockets, refused = open_many(server, COUNT)
        check(not refused, "%d were not opened" % refused)
        send_all(sockets, request("/plaintext"))
        for one in sockets:
            one.settimeout(30)
            check(one.recv(4096).endswith(b"Hello, World!"), "not served")
        time.sleep(5)
        many = measured(server)
        print("CPU over %d s: %.2f s with no connection, %.2f s with %d idle ones" % (SPAN, none, many, COUNT))
        check(many - none <= 0.05, "idle connections cost CPU")
        for one in sockets:
            one.close()


if __name__ == "__main__":
    main()
