#!/usr/bin/env python3
"""`serve --dir`: types, validators, conditions, ranges, and no way out of the root."""

import contextlib
import email.utils
import hashlib
import os
import pathlib
import re
import tempfile
import time

from harness import Server, Suite, await_descriptors, check, check_console, check_date, fetch, pattern, request

DIGITS = b"0123456789"
SECRET = b"SECRET: nobody may read this"
BIG = 50 << 20

TYPES = {
    "a.html": {"text/html"}, "a.htm": {"text/html"}, "a.css": {"text/css"},
    "a.js": {"text/javascript", "application/javascript"}, "a.mjs": {"text/javascript", "application/javascript"},
    "a.json": {"application/json"}, "a.txt": {"text/plain"}, "a.xml": {"application/xml", "text/xml"},
    "a.svg": {"image/svg+xml"}, "a.png": {"image/png"}, "a.jpg": {"image/jpeg"}, "a.jpeg": {"image/jpeg"},
    "a.gif": {"image/gif"}, "a.webp": {"image/webp"}, "a.ico": {"image/x-icon", "image/vnd.microsoft.icon"},
    "a.pdf": {"application/pdf"}, "a.wasm": {"application/wasm"}, "a.zip": {"application/zip"},
    "a.unknown-type": {"application/octet-stream", None}, "noextension": {"application/octet-stream", None},
    "A.HTML": {"text/html"}, "archive.tar.gz": {"application/gzip", "application/x-gzip", "application/octet-stream"},
}


def build(base):
    root = base / "root"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "plain").mkdir()
    (root / "evil.example").mkdir()
    (base / "secret.txt").write_bytes(SECRET)
    (base / "root-sibling").mkdir()
    (base / "root-sibling" / "secret.txt").write_bytes(SECRET)
    for name in TYPES:
        (root / name).write_bytes(b"type of " + name.encode())
    (root / "digits.txt").write_bytes(DIGITS)
    (root / "empty.txt").write_bytes(b"")
    (root / "two words.txt").write_bytes(b"space")
    (root / "gr\u00fc\u00df-\u4e16\u754c.txt").write_bytes(b"unicode")
    (root / "100%.txt").write_bytes(b"percent")
    (root / "a+b.txt").write_bytes(b"plus")
    (root / "hash#mark.txt").write_bytes(b"hash")
    (root / "question?mark.txt").write_bytes(b"question")
    (root / "<b>bold.txt").write_bytes(b"markup")
    (root / "64k.bin").write_bytes(pattern(65536))
    (root / "1m.bin").write_bytes(pattern(1 << 20))
    (root / "sub" / "index.html").write_bytes(b"<p>index of sub")
    (root / "sub" / "deep" / "leaf.txt").write_bytes(b"leaf")
    (root / "evil.example" / "index.html").write_bytes(b"<p>index")
    (root / "plain" / "inside.txt").write_bytes(b"inside")
    with open(root / "big.bin", "wb") as file:
        block = pattern(1 << 20, 99)
        for index in range(BIG >> 20):
            file.write(bytes([index]) + block[1:])
    (root / "link-in.txt").symlink_to("digits.txt")
    (root / "link-in-deep.txt").symlink_to("sub/deep/leaf.txt")
    (root / "link-dir-in").symlink_to("sub")
    (root / "link-out.txt").symlink_to("../secret.txt")
    (root / "link-out-absolute.txt").symlink_to(base / "secret.txt")
    (root / "link-dir-out").symlink_to("../root-sibling")
    (root / "link-chain.txt").symlink_to("link-out.txt")
    (root / "link-nowhere").symlink_to("nothing-here")
    (root / "link-loop").symlink_to("link-loop")
    (root / "unreadable.txt").write_bytes(b"x")
    os.chmod(root / "unreadable.txt", 0)
    os.mkfifo(root / "fifo")
    past = time.time() - 86400
    for path in root.iterdir():
        if not path.is_symlink():
            os.utime(path, (past, past))
    return root


@contextlib.contextmanager
def serving():
    with tempfile.TemporaryDirectory(prefix="millrace-files-") as folder:
        base = pathlib.Path(folder)
        root = build(base)
        with Server("--dir", str(root)) as server:
            server.root = root
            for path in ("/digits.txt", "/sub/", "/nothing"):
                fetch(server, path)
            fetch(server, "/digits.txt", fields=["Range: bytes=0-1,4-5"])
            server.baseline = server.descriptors()
            yield server


def get(server, path, *fields):
    return fetch(server, path, "GET", fields)


def whole(response, body):
    check(response.status == 200 and response.body == body, "not the whole file: %s" % response)


def part(response, first, last, content):
    check(response.status == 206, "expected 206, got %s" % response)
    expected = "bytes %d-%d/%d" % (first, last, len(content))
    check(response.get("Content-Range") == expected, "Content-Range %r instead of %r" % (response.get("Content-Range"), expected))
    check(response.body == content[first:last + 1], "wrong bytes")


def multipart(response, content):
    """Takes a multipart/byteranges apart and checks each part against the file; returns the ranges (RFC 9110 14.6)."""
    check(response.status == 206, "expected 206, got %s" % response)
    check(not response.all("Content-Range"), "Content-Range in the head of a multipart response (RFC 9110 15.3.7.2)")
    match = re.fullmatch(r'multipart/byteranges;\s*boundary=(?:"([^"]{1,70})"|([!#$%&\'*+\-.^_`|~0-9A-Za-z]{1,70}))',
                         response.get("Content-Type", ""), re.IGNORECASE)
    check(match, "Content-Type is %r" % response.get("Content-Type"))
    boundary = b"--" + (match.group(1) or match.group(2)).encode()
    rest, ranges = response.body, []
    if not rest.startswith(boundary):
        at = rest.find(b"\r\n" + boundary)
        check(at >= 0, "no first boundary")
        rest = rest[at + 2:]
    while True:
        check(rest.startswith(boundary), "no boundary where a part ends: %r" % rest[:60])
        rest = rest[len(boundary):]
        if rest.startswith(b"--"):
            check(rest[2:].strip(b"\r\n") == b"", "bytes after the last boundary")
            return ranges
        head, blank, rest = rest.partition(b"\r\n\r\n")
        check(blank, "a part without a head")
        fields = dict((line.split(b":", 1)[0].strip().lower(), line.split(b":", 1)[1].strip()) for line in head.split(b"\r\n") if b":" in line)
        found = re.fullmatch(rb"bytes (\d+)-(\d+)/(\d+)", fields.get(b"content-range", b""))
        check(found, "a part without Content-Range: %r" % head)
        first, last, size = (int(number) for number in found.groups())
        check(size == len(content) and first <= last < size, "odd Content-Range %r" % found.group(0))
        length = last - first + 1
        check(rest[:length] == content[first:last + 1], "wrong bytes in part %d-%d" % (first, last))
        check(rest[length:length + 2] == b"\r\n", "no CRLF after part %d-%d" % (first, last))
        rest = rest[length + 2:]
        ranges.append((first, last))


def add(suite):
    types(suite)
    conditions(suite)
    ranges(suite)
    paths(suite)
    escapes(suite)
    large(suite)


def types(suite):
    for name, accepted in TYPES.items():
        def kind(server, name=name, accepted=accepted):
            response = get(server, "/" + name)
            whole(response, b"type of " + name.encode())
            value = response.get("Content-Type")
            media = value.split(";")[0].strip().lower() if value else None
            check(media in accepted, "Content-Type is %r" % value)
        suite.add("type-" + name, "RFC 9110 8.3", kind)

    @suite.case("fields", "RFC 9110 8.8")
    def _(server):
        response = get(server, "/digits.txt")
        whole(response, DIGITS)
        check(response.get("Content-Length") == "10", "Content-Length")
        check(re.fullmatch(r'(W/)?"[\x21\x23-\x7e]+"', response.get("ETag", "")), "ETag is %r" % response.get("ETag"))
        modified = check_date(response.get("Last-Modified", ""))
        check(modified == int((server.root / "digits.txt").stat().st_mtime), "Last-Modified is %r" % response.get("Last-Modified"))
        check("bytes" in response.get("Accept-Ranges", "bytes"), "Accept-Ranges is %r" % response.get("Accept-Ranges"))

    @suite.case("etag-changes-with-the-file", "RFC 9110 8.8.3")
    def _(server):
        path = server.root / "changing.txt"
        path.write_bytes(b"one")
        first = get(server, "/changing.txt")
        path.write_bytes(b"second")
        os.utime(path, (time.time() - 50, time.time() - 50))
        second = get(server, "/changing.txt")
        whole(first, b"one")
        whole(second, b"second")
        check(first.get("ETag") != second.get("ETag"), "the same ETag for another content")

    @suite.case("etag-differs-between-files", "RFC 9110 8.8.3")
    def _(server):
        check(get(server, "/digits.txt").get("ETag") != get(server, "/64k.bin").get("ETag"), "the same ETag")

    @suite.case("head", "RFC 9110 9.3.2")
    def _(server):
        for path in ("/digits.txt", "/big.bin", "/empty.txt", "/sub/", "/nothing"):
            got = get(server, path) if path != "/big.bin" else None
            head = fetch(server, path, "HEAD")
            if got:
                names = lambda response: sorted((name, value) for name, value in response.fields if name.lower() != "date")
                check(head.status == got.status and names(head) == names(got), "%s: HEAD %s, GET %s" % (path, names(head), names(got)))
            else:
                check(head.get("Content-Length") == str(BIG), "Content-Length %r" % head.get("Content-Length"))

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        def refused(server, method=method):
            response = fetch(server, "/digits.txt", method, body=b"x")
            allow = {part.strip() for part in response.get("Allow", "").split(",")}
            check(response.status == 405 and {"GET", "HEAD"} <= allow and method not in allow, "%s, Allow %r" % (response, response.get("Allow")))
            check((server.root / "digits.txt").read_bytes() == DIGITS, "the file changed")
        suite.add("405-" + method.lower(), "RFC 9110 15.5.6", refused)

    @suite.case("post-to-nothing", "RFC 9110 15.5.6")
    def _(server):
        check(fetch(server, "/nothing", "POST", body=b"x").status in (404, 405), "neither 404 nor 405")
        check(not (server.root / "nothing").exists(), "a file came to be")


def conditions(suite):
    def ask(server, *fields):
        return get(server, "/digits.txt", *fields)

    def validators(server):
        response = ask(server)
        return response.get("ETag"), response.get("Last-Modified")

    def date(moved):
        return email.utils.formatdate(time.time() + moved, usegmt=True)

    never, old, recent = '"never-this"', date(-30 * 86400), date(-60)
    table = [
        ("none-match-same", 304, lambda tag, modified: ["If-None-Match: " + tag]),
        ("none-match-weak-of-same", 304, lambda tag, modified: ["If-None-Match: W/" + tag.removeprefix("W/")]),
        ("none-match-list", 304, lambda tag, modified: ['If-None-Match: "x", %s, "y"' % tag]),
        ("none-match-list-tight", 304, lambda tag, modified: ['If-None-Match: "x",%s' % tag]),
        ("none-match-two-lines", 304, lambda tag, modified: ['If-None-Match: "x"', "If-None-Match: " + tag]),
        ("none-match-comma-in-tag", 304, lambda tag, modified: ['If-None-Match: "a,b", ' + tag]),
        ("none-match-star", 304, lambda tag, modified: ["If-None-Match: *"]),
        ("none-match-other", 200, lambda tag, modified: ["If-None-Match: " + never]),
        ("none-match-part-of-tag", 200, lambda tag, modified: ["If-None-Match: " + tag[:-2] + '"']),
        ("none-match-unquoted", 200, lambda tag, modified: ["If-None-Match: " + tag.removeprefix("W/").strip('"')]),
        ("modified-since-same", 304, lambda tag, modified: ["If-Modified-Since: " + modified]),
        ("modified-since-later", 304, lambda tag, modified: ["If-Modified-Since: " + recent]),
        ("modified-since-earlier", 200, lambda tag, modified: ["If-Modified-Since: " + old]),
        ("modified-since-garbage", 200, lambda tag, modified: ["If-Modified-Since: yesterday"]),
        ("modified-since-empty", 200, lambda tag, modified: ["If-Modified-Since:"]),
        ("none-match-beats-modified-since", 200, lambda tag, modified: ["If-None-Match: " + never, "If-Modified-Since: " + modified]),
        ("none-match-beats-old-date", 304, lambda tag, modified: ["If-None-Match: " + tag, "If-Modified-Since: " + old]),
        ("match-star", 200, lambda tag, modified: ["If-Match: *"]),
        ("match-other", 412, lambda tag, modified: ["If-Match: " + never]),
        ("match-weak", 412, lambda tag, modified: ["If-Match: W/" + tag.removeprefix("W/")]),
        ("unmodified-since-same", 200, lambda tag, modified: ["If-Unmodified-Since: " + modified]),
        ("unmodified-since-later", 200, lambda tag, modified: ["If-Unmodified-Since: " + recent]),
        ("unmodified-since-earlier", 412, lambda tag, modified: ["If-Unmodified-Since: " + old]),
        ("unmodified-since-garbage", 200, lambda tag, modified: ["If-Unmodified-Since: yesterday"]),
        ("match-other-beats-none-match", 412, lambda tag, modified: ["If-Match: " + never, "If-None-Match: " + tag]),
        ("match-star-beats-unmodified-since", 200, lambda tag, modified: ["If-Match: *", "If-Unmodified-Since: " + old]),
        ("match-star-then-none-match", 304, lambda tag, modified: ["If-Match: *", "If-None-Match: " + tag]),
        ("precondition-before-range", 304, lambda tag, modified: ["If-None-Match: " + tag, "Range: bytes=0-1"]),
        ("failed-match-before-range", 412, lambda tag, modified: ["If-Match: " + never, "Range: bytes=99-"]),
        ("date-in-rfc850-form", 304, lambda tag, modified: ["If-Modified-Since: " + time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime())]),
        ("date-in-asctime-form", 304, lambda tag, modified: ["If-Modified-Since: " + time.asctime(time.gmtime())]),
    ]
    for name, status, fields in table:
        def conditional(server, status=status, fields=fields):
            response = ask(server, *fields(*validators(server)))
            check(response.status == status, "expected %d, got %s" % (status, response))
            if status == 304:
                check(response.get("ETag") == validators(server)[0], "a 304 without the ETag (RFC 9110 15.4.5)")
        suite.add("if-" + name, "RFC 9110 13", conditional)

    @suite.case("if-match-same", "RFC 9110 13.1.1")
    def _(server):
        tag, _ = validators(server)
        response = ask(server, "If-Match: " + tag)
        check(response.status == (412 if tag.startswith("W/") else 200), str(response))

    @suite.case("if-range-tag", "RFC 9110 13.1.5")
    def _(server):
        tag, _ = validators(server)
        response = ask(server, "Range: bytes=2-4", "If-Range: " + tag)
        if tag.startswith("W/"):
            whole(response, DIGITS)
        else:
            part(response, 2, 4, DIGITS)

    for name, fields in (("other-tag", ['If-Range: "other"']), ("old-date", ["If-Range: " + old]), ("garbage", ["If-Range: x"]),
                         ("later-date", ["If-Range: " + recent])):
        def if_range(server, fields=fields):
            whole(ask(server, "Range: bytes=2-4", *fields), DIGITS)
        suite.add("if-range-" + name, "RFC 9110 13.1.5", if_range)

    @suite.case("if-range-weak-tag", "RFC 9110 13.1.5")
    def _(server):
        tag, _ = validators(server)
        whole(ask(server, "Range: bytes=2-4", "If-Range: W/" + tag.removeprefix("W/")), DIGITS)

    @suite.case("if-range-date", "RFC 9110 13.1.5")
    def _(server):
        _, modified = validators(server)
        response = ask(server, "Range: bytes=2-4", "If-Range: " + modified)
        check(response.status in (200, 206), str(response))

    @suite.case("304-then-next-on-one-connection", "RFC 9112 6.3")
    def _(server):
        tag, _ = validators(server)
        with server.connect() as connection:
            for _ in range(3):
                connection.send(request("/digits.txt", fields=["If-None-Match: " + tag]) + request("/digits.txt"))
                check(connection.read_response().status == 304, "not 304")
                whole(connection.read_response(), DIGITS)


def ranges(suite):
    table = [
        # Range, (first, last) of a 206; 416; 200 where the field must or may be ignored; a tuple of these is a choice
        ("first-byte", "bytes=0-0", (0, 0)), ("last-byte", "bytes=9-9", (9, 9)), ("middle", "bytes=2-4", (2, 4)),
        ("open", "bytes=7-", (7, 9)), ("open-all", "bytes=0-", (0, 9)), ("suffix", "bytes=-3", (7, 9)),
        ("suffix-one", "bytes=-1", (9, 9)), ("suffix-longer", "bytes=-100", (0, 9)), ("end-beyond", "bytes=5-100", (5, 9)),
        ("all", "bytes=0-9", (0, 9)), ("unit-case", "BYTES=1-2", [(1, 2), 200]), ("end-huge", "bytes=5-99999999999999999999", [(5, 9), 200]),
        ("suffix-huge", "bytes=-99999999999999999999", [(0, 9), 200]),
        ("begin-at-size", "bytes=10-", 416), ("begin-beyond", "bytes=20-30", 416), ("suffix-zero", "bytes=-0", 416),
        ("begin-huge", "bytes=99999999999999999999-", [416, 200]), ("all-unsatisfiable", "bytes=10-20,30-", 416),
        ("backwards", "bytes=4-2", [200, 416, 400]), ("word", "bytes=a-b", [200, 416, 400]), ("empty", "bytes=", [200, 416, 400]),
        ("minus-only", "bytes=-", [200, 416, 400]), ("no-minus", "bytes=5", [200, 416, 400]), ("two-minus", "bytes=1--2", [200, 416, 400]),
        ("sign", "bytes=+1-2", [200, 416, 400]), ("other-unit", "lines=0-1", 200), ("no-unit", "0-1", [200, 400]),
        ("space-inside", "bytes=1 -2", [200, 416, 400]), ("space-after-equals", "bytes= 1-2", [(1, 2), 200, 416, 400]),
        ("one-good-one-unsatisfiable", "bytes=2-4,20-30", (2, 4)),
        ("one-good-one-bad", "bytes=2-4,x", [200, 416, 400]),
        ("empty-list-elements", "bytes=,2-4,", [(2, 4), 200, 416, 400]),
        ("hex", "bytes=0x1-0x2", [200, 416, 400]),
    ]
    for name, value, expected in table:
        def single(server, value=value, expected=expected):
            response = get(server, "/digits.txt", "Range: " + value)
            choices = expected if isinstance(expected, list) else [expected]
            if response.status == 206:
                spans = [choice for choice in choices if isinstance(choice, tuple)]
                check(spans, "expected %s, got %s" % (choices, response))
                part(response, *spans[0], DIGITS)
            else:
                check(response.status in choices, "expected %s, got %s" % (choices, response))
                if response.status == 200:
                    whole(response, DIGITS)
                if response.status == 416:
                    check(response.get("Content-Range") == "bytes */10", "Content-Range %r" % response.get("Content-Range"))
        suite.add("range-" + name, "RFC 9110 14", single)

    @suite.case("range-fields-of-206", "RFC 9110 15.3.7")
    def _(server):
        full, some = get(server, "/digits.txt"), get(server, "/digits.txt", "Range: bytes=0-0")
        for name in ("ETag", "Last-Modified", "Content-Type"):
            check(full.get(name) == some.get(name), "%s: %r in 200, %r in 206" % (name, full.get(name), some.get(name)))
        check(some.get("Content-Length") == "1", "Content-Length")

    @suite.case("range-head", "RFC 9110 14.2")
    def _(server):
        response = fetch(server, "/digits.txt", "HEAD", ["Range: bytes=0-1"])
        check(response.status == 200 and response.get("Content-Length") == "10", "Range is defined for GET only: %s" % response)

    @suite.case("range-empty-file", "RFC 9110 14.1.2")
    def _(server):
        for value in ("bytes=0-", "bytes=-1", "bytes=0-0"):
            response = get(server, "/empty.txt", "Range: " + value)
            check(response.status in (200, 416) and (response.status == 416 or not response.body), "%s: %s" % (value, response))

    @suite.case("range-on-missing-file", "RFC 9110 14.2")
    def _(server):
        check(get(server, "/nothing", "Range: bytes=0-1").status == 404, "not 404")

    @suite.case("range-multi-two", "RFC 9110 14.6")
    def _(server):
        response = get(server, "/digits.txt", "Range: bytes=0-1,5-6")
        check(multipart(response, DIGITS) == [(0, 1), (5, 6)], "wrong parts")

    @suite.case("range-multi-blanks-and-forms", "RFC 9110 14.6")
    def _(server):
        content = pattern(65536)
        response = get(server, "/64k.bin", "Range: bytes=0-0 , 1000-1999,\t40000-40000, -1")
        check(multipart(response, content) == [(0, 0), (1000, 1999), (40000, 40000), (65535, 65535)], "wrong parts")

    @suite.case("range-multi-parts-have-types", "RFC 9110 15.3.7.2")
    def _(server):
        response = get(server, "/a.html", "Range: bytes=0-0,5-5")
        multipart(response, b"type of a.html")
        check(response.body.lower().count(b"content-type: text/html") == 2, "the parts do not say their type")

    @suite.case("range-multi-out-of-order", "RFC 9110 15.3.7.2")
    def _(server):
        response = get(server, "/64k.bin", "Range: bytes=60000-60009,100-109")
        if response.status != 200:
            check(sorted(multipart(response, pattern(65536))) == [(100, 109), (60000, 60009)], "wrong parts")

    @suite.case("range-multi-big-parts", "RFC 9110 14.6")
    def _(server):
        content = pattern(1 << 20)
        response = get(server, "/1m.bin", "Range: bytes=0-299999,400000-699999,900000-")
        check(multipart(response, content) == [(0, 299999), (400000, 699999), (900000, (1 << 20) - 1)], "wrong parts")

    @suite.case("range-multi-then-next-on-one-connection", "RFC 9112 6.3")
    def _(server):
        with server.connect() as connection:
            for _ in range(3):
                connection.send(request("/64k.bin", fields=["Range: bytes=0-9,100-109,50000-50099"]) + request("/digits.txt"))
                multipart(connection.read_response(), pattern(65536))
                whole(connection.read_response(), DIGITS)

    for name, value in (("tiny", ",".join("%d-%d" % (2 * index, 2 * index) for index in range(3000))),
                        ("overlapping", ",".join("%d-" % index for index in range(1000))),
                        ("same", ",".join(["0-"] * 1000)), ("same-byte", ",".join(["0-0"] * 3000)),
                        ("suffixes", ",".join("-%d" % (1048576 - index) for index in range(500)))):
        def bounded(server, value=value):
            response = get(server, "/1m.bin", "Range: bytes=" + value)
            check(response.status in (200, 206, 400, 416), str(response))
            # A few boundaries more than the file are fine; a multiple of the file is an amplifier (RFC 9110 17.15).
            check(len(response.body) <= 2 << 20, "%d bytes for one request of a 1 MiB file" % len(response.body))
            if response.status == 206 and response.get("Content-Type", "").lower().startswith("multipart/"):
                check(len(multipart(response, pattern(1 << 20))) <= 1000, "more than 1,000 parts")
        suite.add("range-many-" + name, "RFC 9110 17.15", bounded)


def paths(suite):
    for name, path, body in (("space", "/two%20words.txt", b"space"), ("unicode", "/gr%C3%BC%C3%9F-%E4%B8%96%E7%95%8C.txt", b"unicode"),
                             ("percent", "/100%25.txt", b"percent"), ("plus", "/a+b.txt", b"plus"), ("plus-encoded", "/a%2Bb.txt", b"plus"),
                             ("hash", "/hash%23mark.txt", b"hash"), ("question-mark", "/question%3Fmark.txt", b"question"),
                             ("markup", "/%3Cb%3Ebold.txt", b"markup"), ("query", "/digits.txt?version=1", DIGITS), ("empty", "/empty.txt", b""),
                             ("deep", "/sub/deep/leaf.txt", b"leaf"), ("encoded-letter", "/%64igits.txt", DIGITS),
                             ("link-inside", "/link-in.txt", DIGITS), ("link-inside-deep", "/link-in-deep.txt", b"leaf"),
                             ("index", "/sub/", b"<p>index of sub"), ("64k", "/64k.bin", pattern(65536))):
        def served(server, path=path, body=body):
            whole(get(server, path), body)
        suite.add("path-" + name, "", served)

    @suite.case("path-link-to-folder-inside", "")
    def _(server):
        whole(get(server, "/link-dir-in/deep/leaf.txt"), b"leaf")

    @suite.case("path-no-double-decoding", "RFC 3986 2.4")
    def _(server):
        check(get(server, "/%2564igits.txt").status == 404, "decoded twice")

    @suite.case("path-missing", "")
    def _(server):
        for path in ("/nothing", "/sub/nothing", "/digits.txt/more", "/digits.txt/", "/Digits.txt", "/plaintext", "/" + "x" * 300, "/" + "y/" * 2000,
                     "/link-nowhere", "/link-loop"):
            response = get(server, path)
            check(response.status in (403, 404) or (response.status == 400 and len(path) > 200), "%s: %s" % (path[:40], response))

    @suite.case("path-folder-without-slash", "RFC 9110 15.4")
    def _(server):
        response = get(server, "/sub")
        check(response.status in (301, 302, 307, 308), str(response))
        check(re.fullmatch(r"(http://interop)?/sub/", response.get("Location", "")), "Location %r" % response.get("Location"))

    @suite.case("path-folder-redirect-keeps-query", "RFC 9110 15.4")
    def _(server):
        response = get(server, "/sub?a=b")
        check(response.get("Location", "").endswith("/sub/?a=b"), "Location %r" % response.get("Location"))

    @suite.case("path-folder-redirect-stays-here", "RFC 9110 17.4")
    def _(server):
        for path in ("//evil.example", "///evil.example", "/%2Fevil.example", "//evil.example/..", "/\\evil.example", "/%5Cevil.example",
                     "//evil.example%2F.."):
            location = get(server, path).get("Location", "")
            check(not re.match(r"(//|/\\|\\|https?://(?!interop/))", location), "%s redirects to %r" % (path, location))

    @suite.case("path-folder-redirect-no-injection", "RFC 9110 5.5")
    def _(server):
        response = get(server, "/sub%0d%0aX-Injected:%20yes")
        check(response.status in (400, 404) and not response.all("X-Injected"), str(response))

    @suite.case("path-folder-without-index", "")
    def _(server):
        for path in ("/plain/", "/"):
            response = get(server, path)
            check(response.status in (200, 403, 404), "%s: %s" % (path, response))
            if response.status == 200:
                check(b"<b>bold" not in response.body, "the listing of %s holds a file name as markup" % path)
                check(path != "/plain/" or b"inside.txt" in response.body, "a listing without the file")
                check(SECRET not in response.body and b"root-sibling/" not in response.body, "the listing shows what is outside")

    @suite.case("path-special-files", "")
    def _(server):
        check(get(server, "/fifo").status in (403, 404), "a pipe was opened")
        if os.geteuid() != 0:
            check(get(server, "/unreadable.txt").status in (403, 404), "an unreadable file")


def escapes(suite):
    table = [
        ("dot-dot", "/../secret.txt"), ("dot-dot-deep", "/sub/../../secret.txt"), ("dot-dot-many", "/../../../../../../../../etc/passwd"),
        ("dot-dot-encoded", "/%2e%2e/secret.txt"), ("dot-dot-encoded-upper", "/%2E%2E/secret.txt"), ("dot-dot-half-encoded", "/.%2e/secret.txt"),
        ("slash-encoded", "/..%2fsecret.txt"), ("all-encoded", "/%2e%2e%2fsecret.txt"), ("double-encoded", "/%252e%252e%252fsecret.txt"),
        ("backslash", "/..\\secret.txt"), ("backslash-encoded", "/..%5csecret.txt"), ("backslash-both", "/sub\\..\\..\\secret.txt"),
        ("double-slash", "//secret.txt"), ("double-slash-etc", "//etc/passwd"), ("absolute-encoded", "/%2fetc/passwd"),
        ("dot-dot-semicolon", "/..;/secret.txt"), ("overlong-utf8", "/%c0%ae%c0%ae/secret.txt"), ("overlong-slash", "/..%c0%afsecret.txt"),
        ("nul", "/digits.txt%00"), ("nul-suffix", "/../secret.txt%00.html"), ("dot-segments", "/./../secret.txt"),
        ("sibling-prefix", "/../root-sibling/secret.txt"), ("sibling-glued", "/%2e%2e/root-sibling/secret.txt"), ("absolute-form", "http://a/../secret.txt"),
        ("link-out", "/link-out.txt"), ("link-out-absolute", "/link-out-absolute.txt"), ("link-chain", "/link-chain.txt"),
        ("link-folder-out", "/link-dir-out/secret.txt"), ("link-folder-out-listing", "/link-dir-out/"), ("proc", "/../../../../proc/self/environ"),
        ("dot-dot-at-end", "/sub/../.."), ("encoded-whole", "/%2e%2e%2f%2e%2e%2fetc%2fpasswd"), ("tilde", "/~root/.profile"),
        ("file-url", "/file:///etc/passwd"),
    ]
    for name, path in table:
        def refused(server, path=path):
            for method in ("GET", "HEAD"):
                response = fetch(server, path, method)
                check(response.status in (400, 403, 404), "%s %s: %s" % (method, path, response))
                check(SECRET not in response.body and b"root:" not in response.body, path + " leaks")
        suite.add("escape-" + name, "RFC 9110 17.3", refused)

    @suite.case("escape-dot-segments-inside", "RFC 3986 6.2.2.3")
    def _(server):
        for path in ("/sub/../digits.txt", "/./digits.txt", "/sub/deep/../../digits.txt"):
            response = get(server, path)
            check(response.status in (200, 301, 308, 400, 403, 404) and (response.status != 200 or response.body == DIGITS), str(response))

    @suite.case("escape-link-made-later", "RFC 9110 17.3")
    def _(server):
        path = server.root / "swapped.txt"
        path.write_bytes(b"good")
        whole(get(server, "/swapped.txt"), b"good")
        path.unlink()
        path.symlink_to("../secret.txt")
        response = get(server, "/swapped.txt")
        check(response.status in (403, 404), str(response))

    @suite.case("escape-range-and-condition", "RFC 9110 17.3")
    def _(server):
        for fields in (["Range: bytes=0-3"], ["If-None-Match: *"], ["If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT"]):
            response = get(server, "/link-out.txt", *fields)
            check(response.status in (403, 404), "%s: %s" % (fields, response))


def large(suite):
    @suite.case("big-by-sha256", "")
    def _(server):
        expected = hashlib.sha256((server.root / "big.bin").read_bytes()).hexdigest()
        response = get(server, "/big.bin")
        check(len(response.body) == BIG and hashlib.sha256(response.body).hexdigest() == expected, str(response))

    @suite.case("big-ranges", "RFC 9110 14")
    def _(server):
        content = (server.root / "big.bin").read_bytes()
        for first, last in ((0, 0), (1 << 20, (2 << 20) + 17), (BIG - 1, BIG - 1), (BIG - 100000, BIG - 1), (65535, 65536)):
            part(get(server, "/big.bin", "Range: bytes=%d-%d" % (first, last)), first, last, content)

    @suite.case("big-slow-reader", "")
    def _(server):
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/1m.bin"))
            head, pieces = connection.read_head(), []
            for _ in range(64):
                pieces.append(connection.read(16384))
                time.sleep(0.005)
            check(b"".join(pieces) == pattern(1 << 20), "%s: other bytes" % head)

    @suite.case("big-left-early", "")
    def _(server):
        for _ in range(20):
            with server.connect(receive_buffer=4096) as connection:
                connection.send(request("/big.bin"))
                connection.read_head()
                connection.reset()
        whole(get(server, "/digits.txt"), DIGITS)

    @suite.case("file-shrinks-while-sent", "")
    def _(server):
        # Fewer bytes than promised: the response must be cut off, never padded or hung.
        path = server.root / "shrinking.bin"
        path.write_bytes(pattern(30 << 20))
        with server.connect(receive_buffer=4096) as connection:
            connection.send(request("/shrinking.bin"))
            head = connection.read_head()
            check(head.get("Content-Length") == str(30 << 20), "Content-Length")
            os.truncate(path, 1000)
            got = len(connection.buffer)
            connection.buffer.clear()
            while connection.fill():
                got += len(connection.buffer)
                connection.buffer.clear()
            check(got < 30 << 20, "%d bytes of a file that no longer has them" % got)
        whole(get(server, "/digits.txt"), DIGITS)

    @suite.case("many-at-once", "")
    def _(server):
        connections = [server.connect() for _ in range(64)]
        try:
            for connection in connections:
                connection.send(request("/1m.bin"))
            for connection in connections:
                whole(connection.read_response(), pattern(1 << 20))
        finally:
            for connection in connections:
                connection.close()

    @suite.case("end-descriptors-back", "")
    def _(server):
        await_descriptors(server, server.baseline)

    @suite.case("end-console-quiet", "")
    def _(server):
        check_console(server)


if __name__ == "__main__":
    files = Suite("files")
    add(files)
    files.main(serving)
