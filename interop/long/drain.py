#!/usr/bin/env python3
"""How long a stop takes while browsers hold connections open: the time from SIGTERM to the last end that a client sees.

Usage: drain.py [--silent 1000] [--idle 1000] [--runs 5]. Half of the silent connections have TLS, with the handshake done. Prints
figures: to the last end of a connection, and to the end of the process. Exits 1 when a connection was not ended in order.
Needs a descriptor limit above the number of connections (`ulimit -n`), which is raised here as far as allowed.
"""

import argparse
import pathlib
import resource
import select
import signal
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from drain import Stopping
from harness import check, request
from tls_socket import TlsSocket, client_context


def idle(server):
    connection = server.connect()
    connection.send(request("/plaintext"))
    connection.read_response()
    return connection.socket


def shaken(server, context):
    return TlsSocket(socket.create_connection((server.host, server.tls_port), 20), context)


def goodbye(connection, received):
    """Whether what came, tickets of the session first, ends with close_notify."""
    connection.incoming.write(received)
    try:
        return connection.tls.read() == b""
    except ssl.SSLZeroReturnError:
        return True
    except ssl.SSLWantReadError:
        return False


def run(silent, idles):
    context = client_context()
    with Stopping() as server:
        secure = [shaken(server, context) for _ in range(silent // 2)]
        plain = [socket.create_connection((server.host, server.port), 20) for _ in range(silent - len(secure))]
        plain += [idle(server) for _ in range(idles)]
        waiting = {each.socket.fileno(): each.socket for each in secure}
        waiting.update({each.fileno(): each for each in plain})
        poll = select.epoll()
        for descriptor in waiting:
            poll.register(descriptor, select.EPOLLIN)
        received = {descriptor: b"" for descriptor in waiting}
        while ready := poll.poll(0.2):  # the sessions' tickets
            for descriptor, _ in ready:
                received[descriptor] += waiting[descriptor].recv(65536)
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        while waiting:
            ready = poll.poll(30)
            check(ready, "%d connections are still open" % len(waiting))
            for descriptor, _ in ready:
                data = waiting[descriptor].recv(65536)  # a reset is an error
                received[descriptor] += data
                if not data:
                    poll.unregister(descriptor)
                    del waiting[descriptor]
        connections = time.monotonic() - begun
        server.process.wait(30)
        process = time.monotonic() - begun
        check(server.process.returncode == 0, "the exit status is %d" % server.process.returncode)
        poll.close()
        for each in secure:
            check(goodbye(each, received[each.socket.fileno()]), "a connection with TLS was not told goodbye")
        for each in secure + plain:
            each.close()
        return connections, process


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--silent", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in range(options.runs):
        connections, process = run(options.silent, options.idle)
        print("run %d: %d silent and %d idle connections ended in %.0f ms, the process in %.0f ms"
              % (number + 1, options.silent, options.idle, 1000 * connections, 1000 * process), flush=True)


if __name__ == "__main__":
    main()
