"""A client's TLS socket with the methods of a plain one that the checks use, and each half of its end apart.

Python's own SSLSocket cannot end one direction and go on reading the other, nor tell an end without close_notify from an
orderly one, nor be used by two threads at once; this can, over TLS 1.3 (RFC 8446 6.1).
"""

import select
import socket
import ssl
import threading


def client_context(version=None, alpn=("http/1.1",), trust=None):
    """A context that takes any certificate, or only those below a PEM file."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust:
        made.load_verify_locations(trust)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


class TlsSocket:
    """Over a connected socket, its handshake done. Close_notify is what an end must begin with: without one it is a reset."""

    def __init__(self, connected, context, name="localhost", session=None):
        self.socket = connected
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name, session=session)
        self.engine = threading.Lock()  # the engine is one for both directions
        self.sending = threading.Lock()  # records leave in the order in which they were made
        self.unsent = self.held = b""
        self.goodbye = False
        self.handshake()

    def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                self.socket.sendall(self.outgoing.read())
                return
            except ssl.SSLWantReadError:
                self.socket.sendall(self.outgoing.read())
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionResetError("the end came within the handshake")
                self.incoming.write(data)
            except ssl.SSLError:
                self.socket.sendall(self.outgoing.read())  # the alert
                raise

    def encrypt(self, data):
        with self.engine:
            for at in range(0, len(data), 1 << 20):
                self.tls.write(data[at:at + (1 << 20)])
            return self.outgoing.read()

    def sendall(self, data):
        with self.sending:
            self.socket.sendall(self.encrypt(data))

    def send(self, data):
        """Without blocking: takes all of it, or nothing while earlier records still wait."""
        with self.sending:
            if self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
                return 0
            records = self.encrypt(data)
            self.unsent = records[self.socket.send(records):]
            return len(data)

    def recv(self, size):
        if self.held:
            data, self.held = self.held[:size], self.held[size:]
            return data
        while True:
            try:
                with self.engine:
                    data = self.tls.read(size)
                if not data:
                    self.goodbye = True
                return data
            except ssl.SSLWantReadError:
                self.feed(self.socket.recv(65536))
            except ssl.SSLZeroReturnError:
                self.goodbye = True
                return b""
            except ssl.SSLEOFError:
                raise ConnectionResetError("the end came without close_notify")

    def feed(self, data):
        with self.engine:
            if data:
                self.incoming.write(data)
            else:
                self.incoming.write_eof()

    def ready(self):
        """Whether a byte of an answer is there; messages of TLS's own, such as tickets, are none."""
        while not self.held and select.select([self.socket], [], [], 0)[0]:
            self.feed(self.socket.recv(65536))
            try:
                with self.engine:
                    self.held = self.tls.read(65536)
            except ssl.SSLWantReadError:
                pass
        return bool(self.held)

    def goodbye_only(self):
        """Ends our direction by close_notify; what the peer still sends is read as before."""
        with self.sending:
            with self.engine:
                try:
                    self.tls.unwrap()
                except ssl.SSLError:
                    pass  # it wants the peer's close_notify, which comes later
                records = self.outgoing.read()
            self.socket.sendall(records)

    def shutdown(self, how):
        """Ends our direction by close_notify and a FIN."""
        self.goodbye_only()
        self.socket.shutdown(how)

    def close(self):
        self.socket.close()

    def fileno(self):
        return self.socket.fileno()

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def gettimeout(self):
        return self.socket.gettimeout()

    def setblocking(self, blocking):
        self.socket.setblocking(blocking)

    def setsockopt(self, *option):
        self.socket.setsockopt(*option)

    def getsockname(self):
        return self.socket.getsockname()


def connected(host, port, patience=20):
    made = socket.create_connection((host, port), patience)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
