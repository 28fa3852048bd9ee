#!/usr/bin/env python3
"""The cases of `http1.py`, each over TLS 1.3: what lies below HTTP must not show. One handshake a connection, resumed."""

import re
import ssl

import http1
from harness import Server, console_noise
from tls_socket import TlsSocket, client_context


class WarmTlsServer(http1.Warm, Server):
    listen = ("--https", "0")
    scheme = "https"

    def __enter__(self):
        self.context = client_context(ssl.TLSVersion.TLSv1_3)
        return super().__enter__()

    def secured(self, connected):
        try:
            return TlsSocket(connected, self.context)
        except ssl.SSLError as cause:
            raise OSError("the handshake failed: %s" % cause)

    def announces(self):
        return [line for line in console_noise(self.stdout())
                if re.fullmatch(r"self-signed certificate, SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}", line)][:1]


if __name__ == "__main__":
    http1.main("http1_tls", WarmTlsServer)
