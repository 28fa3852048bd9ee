#!/usr/bin/env python3
"""Three instances behind HAProxy are restarted one after the other, under load by HTTP/1.1 and by HTTP/2: no request fails.

The load outlasts the restarts, and each restart waits for what HAProxy says of the one before, so that no verdict hangs on how
fast the machine is. `interop/long/rolling.py` goes round for longer.
"""

import contextlib
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from harness import Failed, Server, Skipped, Suite, check, console_noise, register, request, unregister
from tls import TlsServer, context, to_end

INSTANCES = 3
PATIENCE = 60

# What the README recommends; the intervals alone are shorter here.
CONFIGURATION = """
global
    stats socket %(folder)s/stats level operator
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    option redispatch
    option httpchk GET /health
    timeout check 5s
    default-server check inter 200ms fall 2 rise 1
frontend http1
    bind 127.0.0.1:%(http1)d
    default_backend by_http1
frontend http2
    bind 127.0.0.1:%(http2)d proto h2
    default_backend by_http2
backend by_http1
%(by_http1)s
backend by_http2
%(by_http2)s
"""


def free_ports(count):
    """Ports below those that the kernel gives to clients, so that a restarted server finds its own free."""
    found = []
    for port in range(21000, 32000):
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        if len(found) == count:
            return found
    raise Failed("no free ports")


class Instance(Server):
    def __init__(self, port, delay):
        super().__init__("--drain", "30", "--drain-delay", str(delay))
        self.listen = ("--http", str(port))

    def restarted(self):
        """Stops it as an operator would, and gives the next one, which listens where this did."""
        status = self.stop(within=PATIENCE)
        check(status == 0, "an instance ended with status %r: %s" % (status, self.stderr()))
        check(not console_noise(self.stderr()), "stderr: %r" % self.stderr()[:300])
        self.__exit__(None, None, None)
        return type(self)(int(self.listen[1]), int(self.options[-1])).__enter__()


class Haproxy:
    """HAProxy with some configuration."""

    def __init__(self, configuration):
        self.folder = tempfile.TemporaryDirectory(prefix="millrace-interop-")
        self.file = pathlib.Path(self.folder.name, "haproxy.cfg")
        self.file.write_text(configuration)

    def __enter__(self):
        self.output = open(pathlib.Path(self.folder.name, "output"), "w+b")
        self.process = subprocess.Popen([program(), "-db", "-f", str(self.file)], stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        register(self.process.pid)
        return self

    def __exit__(self, *ignored):
        self.process.terminate()
        self.process.wait()
        unregister(self.process.pid)
        self.output.close()
        self.folder.cleanup()


class Balancer(Haproxy):
    """HAProxy in front of the instances, with a frontend for each version."""

    def __init__(self, instances):
        self.http1, self.http2 = free_ports(2)
        self.stats = tempfile.TemporaryDirectory(prefix="millrace-interop-")
        rows = ["    server s%d 127.0.0.1:%d" % (number, each.port) for number, each in enumerate(instances)]
        super().__init__(CONFIGURATION % {
            "folder": self.stats.name, "http1": self.http1, "http2": self.http2,
            "by_http1": "\n".join(rows), "by_http2": "\n".join(row + " proto h2 check-proto h1" for row in rows)})

    def __exit__(self, *ignored):
        super().__exit__(*ignored)
        self.stats.cleanup()

    def statistics(self):
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(20)
            asked.connect(self.stats.name + "/stats")
            asked.sendall(b"show stat\n")
            text = b""
            while data := asked.recv(65536):
                text += data
        lines = text.decode().lstrip("# ").splitlines()
        names = lines[0].split(",")
        return [dict(zip(names, line.split(","))) for line in lines[1:] if line]

    def await_up(self):
        """Waits until all instances are in use."""
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            check(self.process.poll() is None, "haproxy ended: %s" % pathlib.Path(self.output.name).read_text())
            with contextlib.suppress(OSError):
                rows = [row["status"] for row in self.statistics() if re.fullmatch(r"s\d", row["svname"])]
                if rows == ["UP"] * 2 * INSTANCES:
                    return
            time.sleep(0.02)
        raise Failed("HAProxy does not see all instances: %s" % self.statistics())


def program():
    found = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")
    if not found:
        raise Skipped("haproxy is not installed")
    return found


class Load(threading.Thread):
    """Runs a program that makes requests, again and again until it is to end; each run must be without a failure."""

    def __init__(self, name, *command):
        super().__init__(daemon=True)
        if not shutil.which(name):
            raise Skipped("%s is not installed" % name)
        self.command = [name, *command]
        self.over = threading.Event()
        self.requests = 0
        self.complaint = None

    def run(self):
        while not self.over.is_set():
            ran = subprocess.run(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            complaint = self.look(ran.stdout) or (ran.returncode and "status %d" % ran.returncode)
            if complaint and not self.complaint:
                self.complaint = "%s: %s" % (complaint, ran.stdout[-800:])

    def end(self):
        self.over.set()
        self.join()
        check(not self.complaint, "%s: %s" % (self.command[0], self.complaint))


class Wrk(Load):
    def __init__(self, port):
        super().__init__("wrk", "-t1", "-c16", "-d2s", "http://127.0.0.1:%d/slow?ms=5" % port)

    def look(self, output):
        found = re.search(r"(\d+) requests in", output)
        self.requests += int(found.group(1)) if found else 0
        return not found and "no figure" or "Socket errors" in output and "errors" or "Non-2xx" in output and "refusals"


class H2load(Load):
    def __init__(self, port):
        super().__init__("h2load", "-n4000", "-c8", "-m4", "http://127.0.0.1:%d/slow?ms=5" % port)

    def look(self, output):
        found = re.search(r"requests: (\d+) total, \1 started, \1 done, \1 succeeded, 0 failed, 0 errored, 0 timeout", output)
        self.requests += int(found.group(1)) if found else 0
        return not found and "not all succeeded" or "status codes: %s 2xx" % found.group(1) not in output and "refusals"


def roll(rounds, delay=2, loads=(Wrk, H2load)):
    """Restarts each instance so many times; gives the requests that were made of each kind."""
    program()
    with contextlib.ExitStack() as stack:
        instances = []
        stack.callback(lambda: [each.__exit__(None, None, None) for each in instances])
        for port in free_ports(INSTANCES):
            instances.append(Instance(port, delay).__enter__())
        proxy = stack.enter_context(Balancer(instances))
        proxy.await_up()
        running = [kind(proxy.http1 if kind is Wrk else proxy.http2) for kind in loads]
        for load in running:
            load.start()
        try:
            for _ in range(rounds):
                for number in range(INSTANCES):
                    instances[number] = instances[number].restarted()
                    proxy.await_up()
        finally:
            for load in running:
                load.over.set()
        for load in running:
            load.end()
            check(load.requests > 0, "no load")
        return [load.requests for load in running]


PROXIES = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen clear1
    bind 127.0.0.1:%(clear1)d
    server s 127.0.0.1:%(http)d source 127.0.0.3 send-proxy
listen clear2
    bind 127.0.0.1:%(clear2)d
    server s 127.0.0.1:%(http)d source 127.0.0.3 send-proxy-v2
listen tls1
    bind 127.0.0.1:%(tls1)d
    server s 127.0.0.1:%(https)d source 127.0.0.3 send-proxy
listen tls2
    bind 127.0.0.1:%(tls2)d
    server s 127.0.0.1:%(https)d source 127.0.0.3 send-proxy-v2 proxy-v2-options crc32c,unique-id,ssl,authority
"""


def add(suite):
    @suite.case("restart-of-three")
    def _(_):
        roll(1)

    @suite.case("proxy-protocol")
    def _(_):
        """Each kind of header that HAProxy sends, before HTTP and before TLS: the server tells the client's own address."""
        names = ("clear1", "clear2", "tls1", "tls2")
        with TlsServer("--proxy-from", "127.0.0.3") as server:
            ports = dict(zip(names, free_ports(len(names))), http=server.port, https=server.tls_port)
            with Haproxy(PROXIES % ports):
                for name in names:
                    client = patient_connection(ports[name])
                    if name.startswith("tls"):
                        client = context().wrap_socket(client)
                    address = "%s:%d" % client.getsockname()
                    client.sendall(request("/connections", fields=["Accept: application/json", "Connection: close"]))
                    answer = to_end(client)[0].decode()
                    check(answer.startswith("HTTP/1.1 200 "), "%s: %r" % (name, answer[:200]))
                    check(address in answer, "%s: not %s, but %r" % (name, address, answer[-600:]))
                    client.close()
            with server.connect() as stranger:
                stranger.send(b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n" + request("/plaintext"))
                check(stranger.read_response().status == 400, "a header of somebody who is not trusted is taken")
            check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:300])


def patient_connection(port):
    """A connection of another address than HAProxy's own, once HAProxy listens."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 20, ("127.0.0.2", 0))
        except ConnectionRefusedError:
            check(time.monotonic() < give_up, "HAProxy does not listen")
            time.sleep(0.02)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    suite = Suite("haproxy")
    add(suite)
    suite.main(contextlib.nullcontext)
