#!/usr/bin/env python3
"""Files over HTTP/2: `serve --dir`, whose content goes through windows and frames, in the clear and over TLS."""

import os
import pathlib
import sys
import tempfile
import time

from harness import Suite, await_descriptors, check, console_noise, pattern
from http2 import Twofold
from http2_connection import Http2
from http2_peers import Millrace
from http2_verdict import good
from http2_wire import INITIAL_WINDOW_SIZE, INTERNAL_ERROR, LIKELY

MEGABYTE = 1 << 20
SIZE = 3 * MEGABYTE + 17
CONTENT = pattern(SIZE)


class FileServer(Millrace):
    def __init__(self):
        self.home = tempfile.TemporaryDirectory(prefix="millrace-files-")
        self.root = pathlib.Path(self.home.name)
        (self.root / "large").write_bytes(CONTENT)
        (self.root / "small.txt").write_bytes(b"a small file")
        (self.root / "empty").write_bytes(b"")
        (self.root / "plaintext").write_bytes(b"Hello, World!")  # what the start of any server is looked at by
        super().__init__("--dir", str(self.root))

    def __exit__(self, *ignored):
        super().__exit__(*ignored)
        self.home.cleanup()

    def opened(self):
        """How often files of the directory are open."""
        return sum(1 for one in self.descriptors() if one.startswith(str(self.root)))

    def await_closed(self):
        give_up = time.monotonic() + 20
        while self.opened():
            check(time.monotonic() < give_up, "%d files stay open" % self.opened())
            time.sleep(0.02)


def add(suite):
    whole(suite)
    parts(suite)
    ends(suite)


def whole(suite):
    case = suite.case

    @case("whole", "RFC 9113 8.1")
    def _(target):
        with Http2(target) as conn:
            stream = good(conn.fetch("/large"), CONTENT)
            check(stream.get("content-length") == str(SIZE) and stream.get("etag"), "%s" % stream.fields)
            good(conn.fetch("/small.txt"), b"a small file")
            good(conn.fetch("/empty"), b"")
            check(conn.fetch("/missing").status == 404, "/missing")
            conn.alive("/small.txt", b"a small file")

    @case("head", "RFC 9110 9.3.2")
    def _(target):
        with Http2(target) as conn:
            stream = good(conn.fetch("/large", "HEAD"), b"")
            check(stream.get("content-length") == str(SIZE), "%s" % stream.fields)

    @case("many-at-once", "RFC 9113 5")
    def _(target):
        with Http2(target) as conn:
            numbers = [conn.request("/large" if index % 10 == 0 else "/small.txt") for index in range(60)]
            for index, number in enumerate(numbers):
                good(conn.response(number), CONTENT if index % 10 == 0 else b"a small file")
        target.await_closed()

    @case("not-modified", "RFC 9110 13.1.2")
    def _(target):
        with Http2(target) as conn:
            tag = conn.fetch("/large", "HEAD").get("etag")
            stream = conn.fetch("/large", fields=[("if-none-match", tag)])
            check(stream.status == 304 and not stream.body, str(stream))
            check(conn.fetch("/large", fields=[("if-match", '"other"')]).status == 412, "if-match")

    @case("ways-out-of-the-directory", "RFC 9110 4.2.3")
    def _(target):
        with Http2(target) as conn:
            for path in ("/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd", "/small.txt/../../etc/passwd", "//etc/passwd", "/\\..\\etc"):
                number = conn.request(path)
                stream = conn.await_stream(number)
                check(stream.reset is not None or stream.status >= 300, "%s: %s" % (path, stream))
                check(b"root:" not in stream.body, path)
            conn.alive("/small.txt", b"a small file")


def parts(suite):
    case = suite.case

    @case("ranges", "RFC 9110 14.2")
    def _(target):
        with Http2(target) as conn:
            for asked, first, last in (("0-0", 0, 0), ("5-99999", 5, 99999), ("-1000", SIZE - 1000, SIZE - 1), ("3000000-", 3000000, SIZE - 1)):
                stream = good(conn.fetch("/large", fields=[("range", "bytes=" + asked)]), CONTENT[first:last + 1], 206)
                check(stream.get("content-range") == "bytes %d-%d/%d" % (first, last, SIZE), "%s" % stream.fields)
            check(conn.fetch("/large", fields=[("range", "bytes=%d-" % SIZE)]).status == 416, "behind the end")

    @case("several-ranges", "RFC 9110 14.6")
    def _(target):
        with Http2(target) as conn:
            stream = conn.fetch("/large", fields=[("range", "bytes=0-9,1000000-1099999")])
            check(stream.status == 206 and stream.get("content-type", "").startswith("multipart/byteranges"), str(stream.fields))
            check(CONTENT[1000000:1100000] in stream.body and CONTENT[:10] in stream.body, "%d bytes" % len(stream.body))
            check(stream.get("content-length") in (None, str(len(stream.body))), "%s" % stream.fields)

    @case("small-windows", "RFC 9113 6.9")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 1000}, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, 16 * MEGABYTE)
            number = conn.request("/large")
            stream, step = conn.streams[number], 1
            while not stream.over:
                conn.pump(lambda: stream.window == 0 or stream.over)
                if not stream.over:
                    step = min(2 * step, SIZE)
                    conn.grant(number, step)
            good(stream, CONTENT)

    @case("windows-shared-by-files", "RFC 9113 6.9.1")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 2 * SIZE}, refill=False) as conn:
            conn.await_settings()
            numbers = [conn.request("/large", fields=[("priority", "u=3, i")]) for _ in range(5)]
            conn.pump(lambda: conn.window == 0)
            conn.sync()
            check(sum(len(conn.streams[number].body) for number in numbers) == LIKELY, "the window is not used up")
            conn.grant(0, 8 * SIZE)
            for number in numbers:
                good(conn.response(number), CONTENT)


def ends(suite):
    case = suite.case

    @case("cancelled", "RFC 9113 6.4")
    def _(target):
        with Http2(target, wanted={INITIAL_WINDOW_SIZE: 100000}, refill=False) as conn:
            conn.await_settings()
            conn.grant(0, 64 * MEGABYTE)
            for _ in range(10):
                number = conn.request("/large")
                conn.pump(lambda: len(conn.streams[number].body) == 100000)
                conn.cancel(number)
            conn.sync()
            target.await_closed()
            conn.alive("/small.txt", b"a small file")

    @case("left", "RFC 9113 5.4.3")
    def _(target):
        for leave in (Http2.finish, Http2.reset):
            conn = Http2(target, refill=False)
            for _ in range(10):
                conn.request("/large")
            conn.sync()
            leave(conn)
            target.await_closed()
            conn.close()

    @case("shortened", "RFC 9113 8.1")
    def _(target):
        # A file that becomes shorter while it is sent: the response must not look whole, and the connection goes on.
        name = "shrinks-%d" % target.secure
        (target.root / name).write_bytes(CONTENT)
        with Http2(target, refill=False) as conn:
            conn.await_settings()
            number = conn.request("/" + name)
            conn.pump(lambda: len(conn.streams[number].body) == LIKELY)
            os.truncate(target.root / name, 100000)
            conn.grant(0, 2 * SIZE)
            conn.grant(number, 2 * SIZE)
            stream = conn.await_stream(number)
            check(stream.reset == INTERNAL_ERROR and stream.body == CONTENT[:len(stream.body)], conn.seen(number))
            conn.alive("/small.txt", b"a small file")
        target.await_closed()


def main():
    suite = Suite("http2_files")
    add(Twofold(suite))

    @suite.case("end-descriptors-back", "")
    def _(target):
        await_descriptors(target, target.baseline)

    @suite.case("end-console-quiet", "")
    def _(target):
        check(not console_noise(target.stderr()), "stderr: %r" % target.stderr()[:600])
        check(target.stop() == 0, "the exit status after SIGTERM is not 0")

    suite.main(FileServer, sys.argv[1:])


if __name__ == "__main__":
    main()
