#!/usr/bin/env python3
"""The library h2 against the server: http2_client.py HOST PORT [tls]. Prints "ok" when all held."""

import hashlib
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events


def connect(host, port, secure):
    wire = socket.create_connection((host, port), 20)
    wire.settimeout(20)
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        wire = context.wrap_socket(wire, server_hostname="localhost")
        assert wire.selected_alpn_protocol() == "h2"
    return wire


class Client:
    def __init__(self, wire, scheme):
        self.wire, self.scheme = wire, scheme
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.got, self.heads, self.trailers, self.ended, self.waiting = {}, {}, {}, set(), {}
        self.flush()

    def flush(self):
        self.wire.sendall(self.h2.data_to_send())

    def request(self, method, path, body=None, trailers=None, extra=()):
        number = self.h2.get_next_available_stream_id()
        head = [(":method", method), (":scheme", self.scheme), (":authority", "localhost"), (":path", path), *extra]
        self.got[number] = bytearray()
        self.h2.send_headers(number, head, end_stream=body is None and trailers is None)
        if body is not None or trailers is not None:
            self.waiting[number] = [memoryview(body or b""), trailers]
        self.push()
        return number

    def push(self):
        """Sends of the waiting content what the windows let through."""
        for number, (body, trailers) in list(self.waiting.items()):
            while body:
                room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(body))
                if room <= 0:
                    break
                self.h2.send_data(number, body[:room].tobytes())
                body = body[room:]
            self.waiting[number][0] = body
            if not body:
                del self.waiting[number]
                if trailers:
                    self.h2.send_headers(number, trailers, end_stream=True)
                else:
                    self.h2.end_stream(number)
        self.flush()

    def step(self):
        data = self.wire.recv(1 << 16)
        assert data, "the server has ended the connection"
        for event in self.h2.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self.heads[event.stream_id] = dict(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                self.got[event.stream_id] += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.TrailersReceived):
                self.trailers[event.stream_id] = dict(event.headers)
            elif isinstance(event, h2.events.StreamEnded):
                self.ended.add(event.stream_id)
            elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                raise AssertionError(repr(event))
        self.push()

    def whole(self, number):
        while number not in self.ended:
            self.step()
        return self.heads[number][":status"], bytes(self.got[number])


def main():
    host, port, secure = sys.argv[1], int(sys.argv[2]), sys.argv[3:] == ["tls"]
    with connect(host, port, secure) as wire:
        client = Client(wire, "https" if secure else "http")
        assert client.whole(client.request("GET", "/plaintext")) == ("200", b"Hello, World!")
        status, body = client.whole(client.request("GET", "/1m"))
        assert hashlib.sha256(body).digest() == hashlib.sha256(b"x" * (1 << 20)).digest()
        upload = bytes(index * 7 % 251 for index in range(500000))
        status, body = client.whole(client.request("POST", "/echo", upload, extra=[("content-length", str(len(upload)))]))
        assert status == "200" and hashlib.sha256(body).digest() == hashlib.sha256(upload).digest()
        status, body = client.whole(client.request("POST", "/echo", b"with trailers", [("x-trailer", "1")]))
        assert (status, body) == ("200", b"with trailers")
        numbers = [client.request("POST", "/echo", b"%d" % index * 1000) for index in range(50)]
        for index, number in enumerate(numbers):
            assert client.whole(number) == ("200", b"%d" % index * 1000)
        numbers = [client.request("GET", "/bytes/%d" % (index * 1000)) for index in range(50)]
        for index, number in enumerate(numbers):
            assert len(client.whole(number)[1]) == index * 1000
        client.h2.ping(b"pingpong")
        client.flush()
        assert client.whole(client.request("GET", "/status/404"))[0] == "404"
        client.h2.close_connection()
        client.flush()
    print("ok")


if __name__ == "__main__":
    main()
