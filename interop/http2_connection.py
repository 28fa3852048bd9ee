"""The connection of the frame-level client: `Http2`."""

import struct

import http2_hpack as hpack
from harness import check
from http2_wire import (
    ACK, CONTINUATION, DATA, DEFINED_FLAGS, ENABLE_PUSH, END_HEADERS, END_STREAM, GOAWAY, HEADER_TABLE_SIZE, HEADERS, INITIAL_WINDOW_SIZE,
    LIKELY, MAX_FRAME_SIZE, MOST, NO_ERROR, PADDED, PING, PREFACE, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE,
    WITH_PRIORITY, Frame, Goaway, Stream, Wire, check_fields, check_response, check_that, check_whole, code_name, data, headers, ping,
    rst_stream, settings, tls_context, window_update)

QUIET = {ENABLE_PUSH: 0}


class Http2:
    """One connection. Unless told otherwise it has sent preface and SETTINGS and has seen the server's, and gives back each
    window when it is half used."""

    def __init__(self, target, tls=None, wanted=QUIET, begin=True, alpn=("h2",), version=None, receive_buffer=None, refill=True):
        secure = target.secure if tls is None else tls
        self.target = target
        self.scheme = "https" if secure else "http"
        self.authority = "localhost"
        context = tls_context(alpn, version) if secure else None
        self.wire = Wire(target.host, target.tls_port if secure else target.port, context, receive_buffer)
        self.refill = refill
        self.frames = []  # all that came
        self.streams = {}
        self.next_stream = 1
        self.decoder = hpack.Decoder()
        self.sent_settings = []  # not yet acknowledged
        self.acknowledged = 0
        self.settings = {}  # the server's
        self.initial_window = self.server_initial_window = LIKELY
        self.max_frame = self.server_max_frame = 16384
        self.window = self.send_window = LIKELY
        self.pings = []  # not yet answered: payload, and streams that are dead by then
        self.answered = []  # payloads
        self.goaways = []
        self.block = None  # a field block under way: stream, flags, bytes
        if begin:
            try:
                self.begin(wanted)
            except BaseException:
                self.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()

    def close(self):
        self.wire.close()

    def reset(self):
        self.wire.reset()

    def finish(self):
        self.wire.finish()

    # Sending

    def raw(self, *pieces):
        self.wire.send(b"".join(pieces))

    def begin(self, wanted=QUIET, then=b""):
        self.raw(PREFACE + self.note_settings(wanted) + then)
        self.pump(lambda: self.frames)
        check(self.frames, "the connection ends with no SETTINGS frame from the server")

    def note_settings(self, wanted):
        self.sent_settings.append(dict(wanted))
        self.max_frame = max(self.max_frame, dict(wanted).get(MAX_FRAME_SIZE, 0))
        return settings(wanted)

    def change(self, wanted):
        """Sends SETTINGS and waits for the acknowledgement."""
        self.raw(self.note_settings(wanted))
        self.await_settings()

    def await_settings(self):
        self.pump(lambda: not self.sent_settings)
        check(not self.sent_settings, "no acknowledgement of SETTINGS (6.5.3); %s" % self.seen())

    def open(self, method="GET", number=None):
        """Notes a stream as begun, for what comes back on it."""
        number = number or self.next_stream
        self.next_stream = max(self.next_stream, number + 2)
        initial = self.server_initial_window
        self.streams[number] = Stream(number, method, self.initial_window, initial)
        return number

    def head(self, path="/plaintext", method="GET", fields=(), authority=None, scheme=None):
        """The fields of a well-formed request."""
        return [(":method", method), (":scheme", scheme or self.scheme), (":authority", authority or self.authority), (":path", path),
                *fields]

    def request(self, path="/plaintext", method="GET", fields=(), end=True, number=None, **more):
        """Sends a header section, and returns the stream's number."""
        return self.send_head(self.head(path, method, fields), end, number, method, **more)

    def send_head(self, fields, end=True, number=None, method="GET", **more):
        number = self.open(method, number)
        self.raw(headers(number, hpack.encode(fields), end, **more))
        return number

    def send_body(self, number, body, end=True, most=None):
        """Sends content as the windows allow; False if the server wants no more of it."""
        stream, at = self.streams[number], 0
        room = lambda: min(stream.send_window, self.send_window)
        while at < len(body):
            if room() <= 0:
                if not self.pump(lambda: room() > 0 or stream.over) or stream.over:
                    return False
            step = body[at:at + min(room(), most or self.server_max_frame)]
            at += len(step)
            self.sent_data(number, data(number, step, end and at == len(body)), len(step))
        if end and not body:
            self.raw(data(number, b"", True))
        return True

    def sent_data(self, number, bytes_, size):
        self.streams[number].send_window -= size
        self.send_window -= size
        self.raw(bytes_)

    def cancel(self, number, code=8):
        self.streams[number].cancelled = True
        self.raw(rst_stream(number, code))

    def grant(self, number, increment):
        if number:
            self.streams[number].window += increment
        else:
            self.window += increment
        self.raw(window_update(number, increment))

    # Waiting

    def pump(self, until):
        """Takes frames until the condition holds; False if the connection ended first."""
        while not until():
            got = self.next_frame()
            if got is None:
                return False
            self.receive(got)
        return True

    def next_frame(self):
        got = self.wire.got
        while len(got) < 9 or len(got) < 9 + int.from_bytes(got[:3], "big"):
            if len(got) >= 9:
                length = int.from_bytes(got[:3], "big")
                check_that(length <= self.max_frame, "a frame of %d bytes, at most %d were asked for (4.2): %r", length, self.max_frame,
                           bytes(got[:40]))
            if not self.wire.read_socket():
                return None
        length = int.from_bytes(got[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", got[3:9])
        payload = bytes(got[9:9 + length])
        del got[:9 + length]
        return Frame(kind, flags, stream, payload)

    def sync(self, payload=b"in sync?"):
        """All that the server has to say about what was sent before has come when this returns True."""
        self.raw(ping(payload))
        self.pings.append((payload, [stream for stream in self.streams.values() if stream.cancelled]))
        return self.pump(lambda: not self.pings)

    def await_stream(self, number):
        """Up to the end of the stream, or of the connection."""
        stream = self.streams[number]
        self.pump(lambda: stream.over)
        return stream

    def await_head(self, number):
        stream = self.streams[number]
        self.pump(lambda: stream.fields is not None or stream.over)
        return stream

    def response(self, number):
        """A whole response."""
        stream = self.await_stream(number)
        check(stream.ended, "no whole response: %s" % self.seen(number))
        return stream

    def fetch(self, path="/plaintext", method="GET", fields=(), body=None, **more):
        number = self.request(path, method, fields, body is None, **more)
        if body is not None:
            self.send_body(number, body)
        return self.response(number)

    def await_end(self):
        self.pump(lambda: False)
        return self.wire.end

    def alive(self, path="/plaintext", content=b"Hello, World!"):
        """The connection is still good, and both sides' compression states agree."""
        number = self.request(path)
        if self.initial_window < 100:
            self.grant(number, 100)
        stream = self.response(number)
        check(stream.status == 200 and stream.body == content, "the next request is answered with %s" % stream)

    def seen(self, number=None):
        """What has happened, for a verdict."""
        seen = [str(self.streams[number])] if number in self.streams else []
        seen += ["GOAWAY %s, last %d%s" % (code_name(one.code), one.last, " (%r)" % one.debug if one.debug else "") for one in self.goaways]
        seen.append("the connection ended by %s" % self.wire.end if self.wire.end else "the connection is open")
        return ", ".join(seen)

    # Receiving

    def receive(self, got):
        kind, flags, number, payload = got
        if not self.frames:
            check_that(kind == SETTINGS and not flags & ACK, "the first frame is %r, not SETTINGS (3.4)", got[:3])
        self.frames.append(got)
        check_that(len(payload) <= self.max_frame, "a frame of %d bytes (4.2)", len(payload))
        check_that(number <= MOST, "the reserved bit is set (4.1)")
        if self.block:
            check_that(kind == CONTINUATION and number == self.block[0], "%r within a field block (4.3)", got[:3])
        if kind in DEFINED_FLAGS:
            check_that(not flags & ~DEFINED_FLAGS[kind], "undefined flags 0x%x on a frame of type %d (4.1)", flags, kind)
            on_stream = kind in (DATA, HEADERS, PRIORITY, RST_STREAM, CONTINUATION)
            on_connection = kind in (SETTINGS, PING, GOAWAY)
            check_that(not (on_stream and number == 0 or on_connection and number), "a frame of type %d on stream %d", kind, number)
            self.RECEIVERS[kind](self, flags, number, payload)
        check_that(kind != PUSH_PROMISE, "PUSH_PROMISE though push is off (8.4)")

    def unpadded(self, flags, payload, kind):
        if not flags & PADDED:
            return payload
        check_that(payload and payload[0] < len(payload), "padding longer than the frame of type %d (6.1)", kind)
        end = len(payload) - payload[0]
        check_that(not any(payload[end:]), "padding that is not zero (6.1)")
        return payload[1:end]

    def stream_of(self, number, kind):
        check_that(number in self.streams, "a frame of type %d on stream %d, which we have not opened (5.1)", kind, number)
        stream = self.streams[number]
        check_that(not stream.dead, "a frame of type %d on stream %d, which the server knows to be cancelled (5.1)", kind, number)
        if kind in (DATA, HEADERS):
            check_that(not stream.over, "a frame of type %d after the end: %s (5.1)", kind, stream)
        return stream

    def on_data(self, flags, number, payload):
        content = self.unpadded(flags, payload, DATA)
        self.window -= len(payload)
        check_that(self.window >= 0 or not payload, "the connection's window is passed by %d (6.9.1)", -self.window)
        if self.refill and self.window < LIKELY // 2:
            self.grant(0, LIKELY - self.window)
        stream = self.stream_of(number, DATA)
        if stream.cancelled:
            return
        check_that(stream.fields is not None, "DATA before HEADERS on stream %d (8.1)", number)
        stream.window -= len(payload)
        coming = max([one.get(INITIAL_WINDOW_SIZE, 0) - self.initial_window for one in self.sent_settings] + [0])
        check_that(stream.window + coming >= 0 or not payload, "the window of stream %d is passed by %d (6.9.1)", number, -stream.window)
        stream.body += content
        stream.sizes.append(len(content))
        if flags & END_STREAM:
            stream.ended = True
            check_whole(stream)
        elif self.refill and stream.window < self.initial_window // 2:
            self.grant(number, self.initial_window - stream.window)

    def on_headers(self, flags, number, payload):
        fragment = self.unpadded(flags, payload, HEADERS)
        if flags & WITH_PRIORITY:
            check_that(len(fragment) >= 5, "a HEADERS frame too short for its priority (6.2)")
            fragment = fragment[5:]
        self.block = [number, flags, bytearray(fragment)]
        if flags & END_HEADERS:
            self.on_block()

    def on_continuation(self, flags, number, payload):
        check_that(self.block, "CONTINUATION after no HEADERS (6.10)")
        self.block[2] += payload
        if flags & END_HEADERS:
            self.on_block()

    def on_block(self):
        (number, flags, block), self.block = self.block, None
        fields = self.decoder.decode(bytes(block))
        stream = self.stream_of(number, HEADERS)
        if stream.cancelled:
            return
        end = bool(flags & END_STREAM)
        if stream.fields is not None:
            check_fields(fields, "trailers of stream %d" % number)
            check_that(end, "trailers without END_STREAM on stream %d (8.1)", number)
            check_that(not any(name.startswith(b":") for name, _ in fields), "pseudo-header fields in trailers (8.1)")
            stream.trailers = fields
        elif check_response(stream, fields, end, self.target.exacting):
            stream.interim.append(fields)
            return
        else:
            stream.fields = fields
        if end:
            stream.ended = True
            check_whole(stream)

    def on_priority(self, flags, number, payload):
        check_that(len(payload) == 5, "PRIORITY of %d bytes (6.3)", len(payload))

    def on_rst_stream(self, flags, number, payload):
        check_that(len(payload) == 4, "RST_STREAM of %d bytes (6.4)", len(payload))
        check_that(0 < number < self.next_stream, "RST_STREAM on stream %d, which is idle (5.1)", number)
        stream = self.streams.get(number)
        if stream is None:  # one that was skipped, and is thereby closed
            return
        code = int.from_bytes(payload, "big")
        if not stream.ended or code != NO_ERROR:  # NO_ERROR after the whole response: the server wants no more of the request
            stream.reset = code if stream.reset is None else stream.reset

    def on_settings(self, flags, number, payload):
        if flags & ACK:
            check_that(not payload, "a SETTINGS acknowledgement with %d bytes (6.5)", len(payload))
            check_that(self.sent_settings, "an acknowledgement of SETTINGS that were not sent (6.5.3)")
            self.acknowledged += 1
            self.apply(self.sent_settings.pop(0))
            return
        check_that(len(payload) % 6 == 0, "SETTINGS of %d bytes (6.5)", len(payload))
        for at in range(0, len(payload), 6):
            key, value = struct.unpack(">HI", payload[at:at + 6])
            self.on_setting(key, value)
        self.raw(settings(flags=ACK))

    def on_setting(self, key, value):
        check_that(key != ENABLE_PUSH or value == 0, "ENABLE_PUSH %d from a server (6.5.2)", value)
        check_that(key != INITIAL_WINDOW_SIZE or value <= MOST, "INITIAL_WINDOW_SIZE %d (6.5.2)", value)
        check_that(key != MAX_FRAME_SIZE or 16384 <= value < 1 << 24, "MAX_FRAME_SIZE %d (6.5.2)", value)
        check_that(key not in (8, 9) or value in (0, 1), "setting %d is %d (RFC 8441 3, RFC 9218 2.1)", key, value)
        check_that(key != 8 or value >= self.settings.get(8, 0), "ENABLE_CONNECT_PROTOCOL is taken back (RFC 8441 3)")
        check_that(key != 9 or value == self.settings.get(9, value), "NO_RFC7540_PRIORITIES is changed (RFC 9218 2.1)")
        self.settings[key] = value
        if key == INITIAL_WINDOW_SIZE:
            for stream in self.streams.values():
                stream.send_window += value - self.server_initial_window
            self.server_initial_window = value
        elif key == MAX_FRAME_SIZE:
            self.server_max_frame = value

    def apply(self, changed):
        if INITIAL_WINDOW_SIZE in changed:
            for stream in self.streams.values():
                stream.window += changed[INITIAL_WINDOW_SIZE] - self.initial_window
            self.initial_window = changed[INITIAL_WINDOW_SIZE]
        if HEADER_TABLE_SIZE in changed:
            self.decoder.allow(changed[HEADER_TABLE_SIZE])
        if MAX_FRAME_SIZE in changed:
            self.max_frame = max([changed[MAX_FRAME_SIZE]] + [one.get(MAX_FRAME_SIZE, 0) for one in self.sent_settings])

    def on_ping(self, flags, number, payload):
        check_that(len(payload) == 8, "PING of %d bytes (6.7)", len(payload))
        if not flags & ACK:
            self.raw(ping(payload, ACK))
            return
        self.answered.append(payload)
        check_that(self.pings, "an answer to no PING (6.7)")
        sent, cancelled = self.pings.pop(0)
        check_that(payload == sent, "the answer to PING %r is %r (6.7)", sent, payload)
        for stream in cancelled:
            stream.dead = True

    def on_goaway(self, flags, number, payload):
        check_that(len(payload) >= 8, "GOAWAY of %d bytes (6.8)", len(payload))
        last, code = struct.unpack(">II", payload[:8])
        check_that(last <= MOST, "the reserved bit of GOAWAY is set (6.8)")
        check_that(not self.goaways or last <= self.goaways[-1].last, "GOAWAY's last stream grows to %d (6.8)", last)
        served = max([stream.number for stream in self.streams.values() if stream.fields is not None] + [0])
        check_that(last >= served, "GOAWAY's last stream is %d, %d has been served (6.8)", last, served)
        self.goaways.append(Goaway(last, code, payload[8:]))

    def on_window_update(self, flags, number, payload):
        check_that(len(payload) == 4, "WINDOW_UPDATE of %d bytes (6.9)", len(payload))
        increment = int.from_bytes(payload, "big")
        check_that(0 < increment <= MOST, "WINDOW_UPDATE by %d (6.9)", increment)
        if not number:
            self.send_window += increment
            check_that(self.send_window <= MOST, "the connection's window becomes %d (6.9.1)", self.send_window)
            return
        check_that(number in self.streams, "WINDOW_UPDATE on stream %d, which we have not opened (5.1)", number)
        stream = self.streams[number]
        stream.send_window += increment
        check_that(stream.send_window <= MOST, "the window of stream %d becomes %d (6.9.1)", number, stream.send_window)

    RECEIVERS = {DATA: on_data, HEADERS: on_headers, PRIORITY: on_priority, RST_STREAM: on_rst_stream, SETTINGS: on_settings,
                 PING: on_ping, GOAWAY: on_goaway, WINDOW_UPDATE: on_window_update, CONTINUATION: on_continuation}
