"""A server's metrics over one persistent connection, and by how much they grow: each look counts itself, exactly once."""

import json
import re
import time

from harness import Connection, check, request

ROW = re.compile(r"(\w+(?:\{[^}]*\})?) (\S+)\Z")
LOOKS = ('millrace_requests_total{protocol="http/1.1",status_class="2xx"}',
         'millrace_request_duration_seconds_count{protocol="http/1.1"}')


def rows(text):
    found = {}
    for line in text.splitlines():
        match = ROW.match(line)
        if match and not line.startswith("#"):
            found[match.group(1)] = float(match.group(2))
    return found


class Metrics:
    """Looks at `/metrics` by plain HTTP, so that what is counted for the listener with TLS is only what the checks do."""

    def __init__(self, server):
        self.connection = Connection(server)
        self.looked = self.fetch()

    def fetch(self):
        self.connection.send(request("/metrics"))
        response = self.connection.read_response()
        check(response.status == 200, "/metrics: %s" % response)
        return rows(response.body.decode("utf-8"))

    def growth(self, ends, within=30):
        """Waits until so many connections more have ended with TLS; gives what has grown since the last call, and by how much."""
        before, looks, give_up = self.looked, 0, time.monotonic() + within
        while True:
            now = self.fetch()
            looks += 1
            if ended(now) - ended(before) >= ends or time.monotonic() > give_up:
                break
            time.sleep(0.005)
        self.looked = now
        grown = {name: value - before.get(name, 0) for name, value in now.items()
                 if not any(part in name for part in ("_bucket", "_sum", "_buffered_"))}
        for name in LOOKS:
            grown[name] -= looks
        return {name: int(value) for name, value in grown.items() if value}

    def keep(self):
        """Looks away, but keeps the connection in use."""
        self.fetch()
        for name in LOOKS:
            self.looked[name] += 1

    def await_connection(self, wanted, within=30):
        """Waits until the one open connection with TLS is as wanted, in the table of connections."""
        give_up = time.monotonic() + within
        while True:
            self.connection.send(request("/connections", fields=["Accept: application/json"]))
            response = self.connection.read_response()
            for name in LOOKS:
                self.looked[name] += 1
            open_ones = [each for each in json.loads(response.body)["connections"] if each["listener"] == "https"]
            if len(open_ones) == 1 and wanted(open_ones[0]):
                return open_ones[0]
            check(time.monotonic() < give_up, "not as wanted: %s" % open_ones)
            time.sleep(0.005)

    def close(self):
        self.connection.close()


def ended(now):
    return sum(value for name, value in now.items()
               if name.startswith("millrace_connections_closed_total") and 'listener="https"' in name)


def closed(reason, phase, initiator="peer", count=1, listener="https"):
    return {'millrace_connections_closed_total{listener="%s",reason="%s",initiator="%s",phase="%s"}'
            % (listener, reason, initiator, phase): count}


def handshakes(result, count=1):
    grown = {'millrace_handshakes_total{result="%s"}' % result: count}
    if result in ("completed", "resumed"):
        grown["millrace_handshake_duration_seconds_count"] = count
    return grown


def first_bytes(count=1):
    return {"millrace_first_byte_duration_seconds_count": count}


def requests(status, count=1, protocol="http/1.1"):
    return {'millrace_requests_total{protocol="%s",status_class="%dxx"}' % (protocol, status // 100): count,
            'millrace_request_duration_seconds_count{protocol="%s"}' % protocol: count}


def together(*parts):
    grown = {}
    for part in parts:
        for name, count in part.items():
            grown[name] = grown.get(name, 0) + count
    return grown
