#!/usr/bin/env python3
"""Chromium without a window against `serve --https`: a certificate that it does not trust, and one that it is told to take."""

import base64
import hashlib
import shutil
import subprocess
import tempfile

import tls
from certificates import openssl
from endings import RecordedServer
from harness import Failed, Skipped, Suite, check, console_noise
from metrics import closed, first_bytes, handshakes, requests, together


def chromium(server, path, *options):
    """Loads a page with a fresh profile; gives what it made of it and what it says."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise Skipped("chromium is not installed")
    with tempfile.TemporaryDirectory(prefix="millrace-chromium-", ignore_cleanup_errors=True) as profile:
        try:
            done = subprocess.run(
                [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-dev-shm-usage", "--user-data-dir=" + profile, *options, "--dump-dom",
                 "https://localhost:%d%s" % (server.tls_port, path)], capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            raise Failed("chromium did not end")
    return done.stdout, done.stderr


def count(grown, *wanted):
    return sum(grown.get(name, 0) for name in together(*wanted))


def add(suite):
    @suite.case("chromium-distrusts", "")
    def _(server):
        before = len(server.closings())
        page, said = chromium(server, "/plaintext")
        check("ERR_CERT_AUTHORITY_INVALID" in said + page, "it said: %s" % said[-400:])
        grown = server.metrics.growth(1)
        tries = count(grown, closed("handshake_rejected", "handshake"))
        check(tries >= 1, "grown: %s" % grown)
        # a browser may try again, and each try is refused in the same way
        wanted = together(closed("handshake_rejected", "handshake", count=tries), handshakes("rejected", tries))
        check(grown == wanted, "grown: %s" % grown)
        ends = server.closings()[before:]
        check(ends == [("handshake_rejected", "handshake", "certificate_unknown", "peer")] * tries, str(ends))

    @suite.case("chromium-trusts", "")
    def _(server):
        key = openssl("x509", "-in", server.options[1], "-noout", "-pubkey")
        public = openssl("pkey", "-pubin", "-outform", "DER", stdin=key)
        pin = base64.b64encode(hashlib.sha256(public).digest()).decode()
        page, said = chromium(server, "/", "--ignore-certificate-errors-spki-list=" + pin)
        check("<h1>Millrace</h1>" in page, "%r, %s" % (page[:200], said[-400:]))
        grown = server.metrics.growth(1)
        # connections that a browser opens ahead and never uses are silent; all the others have served
        served = count(grown, closed("completed", "idle"))
        silent = count(grown, closed("client_silent", "opened"))
        asked = grown.get('millrace_requests_total{protocol="h2",status_class="2xx"}', 0)
        wanted = together(closed("completed", "idle", count=served), handshakes("completed", served + silent),
                          first_bytes(served), requests(200, asked, "h2"))
        wanted.update(closed("client_silent", "opened", count=silent) if silent else {})
        check(served >= 1 and asked >= 1 and grown == wanted, "grown: %s" % grown)

    @suite.case("end-console-quiet", "")
    def _(server):
        noise = [line for line in console_noise(server.stderr()) if "[jfr" not in line]
        check(not noise, "stderr: %r" % noise[:6])
        server.metrics.close()
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("browser")
    add(suite)
    suite.main(RecordedServer)


if __name__ == "__main__":
    main()
