#!/usr/bin/env python3
"""HTTP/1.1 over raw sockets, as an unfriendly reviewer would: RFC 9110 and RFC 9112 against the packaged server.

`http1_tls.py` runs the same cases over TLS.
"""

import time

import http1_app
import http1_bodies
import http1_heads
import http1_wire
from harness import Server, Suite, await_descriptors, check, check_console, fetch
from verdict import add_rows


class Warm:
    """A server that has loaded what it needs, with its descriptors counted."""

    def __enter__(self):
        super().__enter__()
        for path in ("/", "/plaintext", "/1m", "/bytes/100000", "/slow?ms=1", "/stream?chunks=2&ms=1", "/status/404"):
            fetch(self, path)
        fetch(self, "/echo", "POST", body=b"warm")
        time.sleep(0.2)
        self.baseline = self.descriptors()
        return self


class WarmServer(Warm, Server):
    pass


def main(name="http1", server=WarmServer):
    suite = Suite(name)
    add_rows(suite, http1_heads.ROWS)
    add_rows(suite, http1_bodies.ROWS)
    http1_wire.add(suite)
    http1_app.add(suite)

    @suite.case("end-healthy", "")
    def _(server):
        check(fetch(server, "/plaintext").body == b"Hello, World!", "not healthy at the end")

    @suite.case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @suite.case("end-console-quiet", "")
    def _(server):
        check_console(server)

    @suite.case("end-stops-cleanly", "")
    def _(server):
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")
        check_console(server)

    suite.main(server)


if __name__ == "__main__":
    main()
