#!/usr/bin/env python3
"""sslscan and testssl.sh against `serve --https` as it is by default, with a certificate of an authority that they trust."""

import json
import pathlib
import tempfile
import xml.etree.ElementTree

import tls
from certificates import Authority
from harness import Suite, check, console_noise

SUITES = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
          "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}

# What a scanner has to say of a host that is no public one.
ABOUT_THE_HOST = {
    "HSTS": "whether a name is for ever HTTPS is its owner's decision",
    "cert_revocation": "the authority of these checks revokes nothing",
    "DNS_CAArecord": "localhost has no DNS",
    "engine_problem": "of the scanner's own openssl",
    # by an s_client whose input has ended: it may leave before the ticket is there (`endings` looks at resumption)
    "sessionresumption_ticket": "a scanner's guess that depends on who is faster",
}


class TrustedServer(tls.TlsServer):
    def __init__(self):
        self.home = tempfile.TemporaryDirectory(prefix="millrace-scanners-")
        self.authority = Authority(self.home.name)
        chain, key = self.authority.leaf(days=300)
        super().__init__("--cert", chain, "--key", key)


def add(suite):
    @suite.case("sslscan", "RFC 9325 3.1, 4.2")
    def _(server):
        report = str(pathlib.Path(server.folder.name, "sslscan.xml"))
        status, _, err = tls.ended(tls.tool("sslscan"), "--xml=" + report, "--sni-name=localhost",
                                   "%s:%d" % (server.host, server.tls_port), within=300)
        check(status == 0, "status %d: %r" % (status, err[-300:]))
        test = xml.etree.ElementTree.parse(report).find("ssltest")
        enabled = {each.get("type") + each.get("version") for each in test.iter("protocol") if each.get("enabled") == "1"}
        check(enabled == {"tls1.2", "tls1.3"}, "protocols: %s" % enabled)
        suites = {each.get("cipher") for each in test.iter("cipher")}
        check(suites == SUITES, "suites: %s" % sorted(suites ^ SUITES))
        check(test.find("renegotiation").get("supported") == "0", "renegotiation")
        vulnerable = [each.get("sslversion") for each in test.iter("heartbleed") if each.get("vulnerable") != "0"]
        check(not vulnerable, "heartbleed: %s" % vulnerable)
        weak = [each.get("name") for each in test.iter("group") if int(each.get("bits")) < 112]
        check(not weak, "groups: %s" % weak)

    @suite.case("testssl", "RFC 9325")
    def _(server):
        report = pathlib.Path(server.folder.name, "testssl.json")
        status, out, err = tls.ended(
            tls.tool("testssl"), "--quiet", "--color", "0", "--warnings", "batch", "--add-ca", server.authority.root,
            "--ip", server.host, "--jsonfile", str(report), "localhost:%d" % server.tls_port, within=600)
        findings = json.loads(report.read_text())
        check(len(findings) > 100, "only %d findings, status %d: %r %r" % (len(findings), status, out[-300:], err[-300:]))
        bad = ["%s (%s): %s" % (each["id"], each["severity"], each["finding"]) for each in findings
               if each["severity"] not in ("OK", "INFO") and each["id"] not in ABOUT_THE_HOST]
        check(not bad, "; ".join(bad))
        said = {each["id"]: each["finding"] for each in findings}
        for name, words in (("cert_chain_of_trust", "passed"), ("TLS1_2", "offered"), ("TLS1_3", "offered"), ("TLS1", "not offered"),
                            ("TLS1_1", "not offered"), ("SSLv3", "not offered"), ("secure_client_renego", "not vulnerable")):
            check(said.get(name, "nothing").startswith(words), "%s: %s" % (name, said.get(name)))

    @suite.case("end-healthy", "")
    def _(server):
        check(tls.python_get(server)[0] == tls.HELLO, "not healthy at the end")
        noise = console_noise(server.stderr())
        check(not noise, "stderr: %r" % noise[:6])
        check(server.stop() == 0, "the exit status after SIGTERM is not 0")


def main():
    suite = Suite("scanners")
    add(suite)
    suite.main(TrustedServer)


if __name__ == "__main__":
    main()
