"""A client of HTTP/2 at the level of frames, for the checks: sends whatever it is told to, right or wrong, and holds every
frame that comes back to RFC 9113. A server that breaks a rule raises Malformed, whatever the case was about."""

import collections
import re
import select
import socket
import ssl
import struct
import time

import harness
from harness import Connection, Failed, Hung, Malformed, check_date

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
PRIORITY_UPDATE = 0x10
END_STREAM = ACK = 0x01
END_HEADERS, PADDED, WITH_PRIORITY = 0x04, 0x08, 0x20
DEFINED_FLAGS = {DATA: 0x09, HEADERS: 0x2D, PRIORITY: 0, RST_STREAM: 0, SETTINGS: 1, PING: 1, GOAWAY: 0, WINDOW_UPDATE: 0,
                 CONTINUATION: 4}

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 8, 9

(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM,
 CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED) = range(14)
CODE_NAMES = ("NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR "
              "REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED").split()

MOST = (1 << 31) - 1
LIKELY = 65535  # the initial size of every window
CONNECTION_SPECIFIC = {b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te"}
NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+\Z")
VALUE = re.compile(rb"(?![ \t])[\t\x20-\x7e\x80-\xff]*(?<![ \t])\Z")

Frame = collections.namedtuple("Frame", "type flags stream payload")
Goaway = collections.namedtuple("Goaway", "last code debug")


def code_name(code):
    return CODE_NAMES[code] if 0 <= code < len(CODE_NAMES) else "0x%x" % code


def frame(kind, flags, stream, payload=b"", length=None):
    """A frame as bytes; the length may lie."""
    return struct.pack(">I", len(payload) if length is None else length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(values=(), flags=0, stream=0):
    pairs = values.items() if isinstance(values, dict) else values
    return frame(SETTINGS, flags, stream, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def ping(payload=b"interop!", flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def rst_stream(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def goaway(last=0, code=NO_ERROR, debug=b""):
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)


def priority(stream, depends=0, weight=15, exclusive=False):
    return frame(PRIORITY, 0, stream, struct.pack(">IB", depends | (exclusive << 31), weight))


def padded(payload, count, filler=b"\0"):
    return bytes([count]) + payload + filler * count


def data(stream, payload=b"", end=False, pad=None):
    flags = END_STREAM if end else 0
    return frame(DATA, flags | PADDED, stream, padded(payload, pad)) if pad is not None else frame(DATA, flags, stream, payload)


def headers(stream, block, end=True, more=False, pad=None, depends=None):
    """A HEADERS frame; `depends` is a tuple of stream, weight and exclusiveness."""
    flags = (END_STREAM if end else 0) | (0 if more else END_HEADERS)
    if depends is not None:
        flags |= WITH_PRIORITY
        block = struct.pack(">IB", depends[0] | (depends[2] << 31), depends[1]) + block
    if pad is not None:
        flags |= PADDED
        block = padded(block, pad)
    return frame(HEADERS, flags, stream, block)


def continuation(stream, block, more=False):
    return frame(CONTINUATION, 0 if more else END_HEADERS, stream, block)


def tls_context(alpn=("h2",), version=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    if version:
        made.minimum_version = made.maximum_version = version
    if alpn:
        made.set_alpn_protocols(list(alpn))
    return made


class Wire:
    """Bytes both ways, in the clear or through TLS. Sending takes in what comes meanwhile, so that neither side waits for the
    other for ever."""

    def __init__(self, host, port, context=None, receive_buffer=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.patience = harness.IMPATIENCE if Connection.hangs >= harness.IMPATIENT_AFTER else harness.PATIENCE
        self.socket.settimeout(self.patience)
        try:
            self.socket.connect((host, port))
        except OSError as cause:
            self.socket.close()
            raise Failed("cannot connect: %s" % cause)
        self.socket.setblocking(False)
        self.end = None  # how the peer ended it: eof, reset
        self.lost = False  # the peer takes nothing any more
        self.got = bytearray()
        self.tls = None
        self.shaken = False  # the handshake is complete
        if context:
            self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
            try:
                self.handshake()
            except BaseException:
                self.socket.close()
                raise

    def handshake(self):
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.flush()
                if not self.read_socket():
                    self.incoming.write_eof()
            except ssl.SSLError as cause:
                self.flush()
                raise Failed("TLS handshake: %s" % cause)
        self.shaken = True
        self.flush()
        self.decrypt()  # what came along with the end of the handshake

    def wait(self, reading, writing):
        ready = select.select([self.socket] if reading else [], [self.socket] if writing else [], [], self.patience)
        if not ready[0] and not ready[1]:
            Connection.hangs += 1
            raise Hung("%s for %g s" % ("the server takes nothing" if writing else "nothing came", self.patience))
        return ready

    def read_socket(self, wait=True):
        """Takes in what is there; False at the end."""
        if self.end:
            return False
        if wait:
            self.wait(True, False)
        try:
            got = self.socket.recv(1 << 18)
        except BlockingIOError:
            return True
        except ConnectionError:
            self.end = "reset"
            return False
        if not got:
            self.end = "eof"
            return False
        if self.tls:
            self.incoming.write(got)
            if self.shaken:
                self.decrypt()
        else:
            self.got += got
        return True

    def decrypt(self):
        try:
            while True:
                got = self.tls.read(1 << 18)
                if not got:
                    break
                self.got += got
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            pass  # close_notify; the end of the connection itself follows
        self.flush()

    def flush(self):
        if self.tls:
            self.push(self.outgoing.read())

    def push(self, payload):
        view = memoryview(payload)
        while view and not self.lost:
            try:
                view = view[self.socket.send(view):]
            except BlockingIOError:
                readable, _, _ = self.wait(self.end is None, True)
                if readable:
                    self.read_socket(False)
            except OSError:
                self.lost = True

    def send(self, payload):
        if self.tls:
            if payload:
                try:
                    self.tls.write(payload)
                except ssl.SSLError:
                    self.lost = True  # the peer has said close_notify, or an alert
            self.flush()
        else:
            self.push(payload)

    def finish(self):
        """No more bytes from us."""
        try:
            if self.tls:
                try:
                    self.tls.unwrap()
                except ssl.SSLError:
                    pass  # the peer's close_notify is still to come
                self.flush()
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()


class Stream:
    def __init__(self, number, method, window, send_window):
        self.number = number
        self.method = method
        self.window = window  # what the server may still send
        self.send_window = send_window  # what we may still send
        self.interim = []
        self.fields = None
        self.body = bytearray()
        self.sizes = []  # of its DATA frames
        self.trailers = None
        self.ended = False
        self.reset = None  # the code of the server's RST_STREAM
        self.cancelled = False  # by us
        self.sent = 0  # by a case that fills its window
        self.dead = False  # cancelled, and the server knows

    @property
    def over(self):
        return self.ended or self.reset is not None

    @property
    def status(self):
        return int(self.all(":status")[0]) if self.fields is not None else None

    def all(self, name):
        return [value.decode("latin-1") for key, value in self.fields or () if key == name.encode()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def __str__(self):
        seen = ["status %s" % self.status] if self.fields is not None else []
        seen += ["%d bytes" % len(self.body)] if self.body else []
        seen += ["ended"] if self.ended else []
        seen += ["reset with " + code_name(self.reset)] if self.reset is not None else []
        return "stream %d: %s" % (self.number, ", ".join(seen) or "nothing")


def check_fields(fields, what):
    """RFC 9113 8.2 for what a server sends."""
    for name, value in fields:
        check_that(name.startswith(b":") or NAME.match(name), "%s: the name %r (8.2.1)", what, name)
        check_that(VALUE.match(value), "%s: %r has the value %r (8.2.1)", what, name, value)
        check_that(name not in CONNECTION_SPECIFIC, "%s: the connection-specific field %r (8.2.2)", what, name)


def check_that(condition, message, *values):
    if not condition:
        raise Malformed(message % values)


def check_response(stream, fields, end, dates):
    """One HEADERS of a response, not a trailer section; returns whether it is an interim one."""
    what = "stream %d" % stream.number
    check_fields(fields, what)
    pseudo = [name for name, _ in fields if name.startswith(b":")]
    check_that(pseudo == [b":status"] and fields[0][0] == b":status", "%s: the pseudo-header fields %s (8.3.2)", what, pseudo)
    check_that(re.fullmatch(rb"[1-5][0-9][0-9]", fields[0][1]), "%s: :status is %r", what, fields[0][1])
    status = int(fields[0][1])
    lengths = [value for name, value in fields if name == b"content-length"]
    check_that(len(lengths) <= 1 and all(re.fullmatch(rb"[0-9]+", value) for value in lengths), "%s: content-length %r", what, lengths)
    check_that(not lengths or status >= 200 and status != 204, "%s: content-length in a %d (RFC 9110 8.6)", what, status)
    if status < 200:
        check_that(status != 101, "%s: 101 (8.6)", what)
        check_that(not end, "%s: END_STREAM with a %d (8.1)", what, status)
        return True
    if dates and status < 500:
        made = [value.decode("latin-1") for name, value in fields if name == b"date"]
        check_that(len(made) == 1, "%s: %d date fields (RFC 9110 6.6.1)", what, len(made))
        check_that(abs(check_date(made[0]) - time.time()) < 300, "%s: date is %s", what, made[0])
    return False


def check_whole(stream):
    """RFC 9113 8.1.1: the content is as long as it says."""
    length = stream.get("content-length")
    if stream.method == "HEAD" or stream.status in (204, 304):
        check_that(not stream.body, "%s: content where there is none (RFC 9110 6.4.1)", stream)
    elif length is not None and not (stream.method == "CONNECT" and stream.status < 300):
        check_that(int(length) == len(stream.body), "%s, content-length is %s (8.1.1)", stream, length)
