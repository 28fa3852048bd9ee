#!/usr/bin/env python3
"""The command line of `serve`: help, bad options, ports, signals, exit statuses."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

from harness import Failed, Server, Suite, check, check_console, command, console_noise, fetch, register, request, unregister


def run(*arguments, within=60):
    """Runs the jar to its end."""
    try:
        return subprocess.run([*command(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
    except subprocess.TimeoutExpired:
        raise Failed("did not end within %d s: %s" % (within, " ".join(arguments)))


@contextlib.contextmanager
def started(*arguments):
    """Runs the jar in the background with its output piped, and always ends it."""
    process = subprocess.Popen([*command(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    register(process.pid)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        unregister(process.pid)


def no_trace(text):
    check("\tat " not in text and "Exception" not in text, "a stack trace: %r" % text[:300])


def add(suite):
    case = suite.case

    for arguments in (("--help",), ("serve", "--help")):
        def helps(_, arguments=arguments):
            ended = run(*arguments)
            check(ended.returncode == 0, "exit status %d" % ended.returncode)
            check("serve" in ended.stdout, "stdout does not explain: %r" % ended.stdout[:200])
            if arguments[0] == "serve":
                for option in ("--http", "--bind", "--dir", "--loops", "--drain", "--port-file"):
                    check(option in ended.stdout, "%s is not explained" % option)
            check(not console_noise(ended.stderr), "stderr: %r" % ended.stderr[:200])
        suite.add("help-" + "-".join(arguments).replace("--", ""), "", helps)

    bad = [
        ("unknown-option", ["serve", "--nonsense"], "--nonsense"), ("unknown-option-value", ["serve", "--nonsense", "1"], "--nonsense"),
        ("unknown-short", ["serve", "-x"], "-x"), ("http-text", ["serve", "--http", "abc"], "--http"),
        ("http-missing", ["serve", "--http"], "--http"), ("http-minus", ["serve", "--http", "-1"], "--http"),
        ("http-too-large", ["serve", "--http", "65536"], "--http"), ("http-empty", ["serve", "--http", ""], "--http"),
        ("http-point", ["serve", "--http", "80.5"], "--http"), ("http-huge", ["serve", "--http", "99999999999999999999"], "--http"),
        ("loops-0", ["serve", "--http", "0", "--loops", "0"], "--loops"), ("loops-text", ["serve", "--http", "0", "--loops", "many"], "--loops"),
        ("loops-minus", ["serve", "--http", "0", "--loops", "-2"], "--loops"), ("loops-missing", ["serve", "--http", "0", "--loops"], "--loops"),
        ("drain-text", ["serve", "--http", "0", "--drain", "soon"], "--drain"), ("drain-minus", ["serve", "--http", "0", "--drain", "-1"], "--drain"),
        ("proxy-from-name", ["serve", "--http", "0", "--proxy-from", "proxy.example"], "--proxy-from"),
        ("proxy-from-bits", ["serve", "--http", "0", "--proxy-from", "10.0.0.0/33"], "--proxy-from"),
        ("bind-missing", ["serve", "--bind"], "--bind"), ("dir-missing-value", ["serve", "--dir"], "--dir"),
        ("refuse-when-full-value", ["serve", "--http", "0", "--refuse-when-full=yes"], "--refuse-when-full"),
        ("port-file-missing", ["serve", "--http", "0", "--port-file"], "--port-file"),
        ("stray-word", ["serve", "stray"], "stray"), ("unknown-command", ["sevre"], "sevre"),
    ]
    for name, arguments, named in bad:
        def refused(_, arguments=arguments, named=named):
            ended = run(*arguments)
            check(ended.returncode == 2, "exit status %d" % ended.returncode)
            check(named in ended.stderr, "stderr does not name %s: %r" % (named, ended.stderr[:300]))
            no_trace(ended.stderr + ended.stdout)
            check("listening" not in ended.stdout, "it listened")
        suite.add("bad-" + name, "", refused)

    @case("dir-not-there", "")
    def _(_):
        ended = run("serve", "--http", "0", "--dir", "/no/such/folder")
        check(ended.returncode == 2 and "/no/such/folder" in ended.stderr and "--dir" in ended.stderr,
              "status %d, stderr %r" % (ended.returncode, ended.stderr[:300]))
        no_trace(ended.stderr)

    @case("dir-is-a-file", "")
    def _(_):
        ended = run("serve", "--http", "0", "--dir", os.path.abspath(__file__))
        check(ended.returncode == 2 and "cli.py" in ended.stderr, "status %d, stderr %r" % (ended.returncode, ended.stderr[:300]))
        no_trace(ended.stderr)

    @case("bind-nonsense", "")
    def _(_):
        ended = run("serve", "--http", "0", "--bind", "999.1.1.1")
        check(ended.returncode in (1, 2) and "999.1.1.1" in ended.stderr, "status %d, stderr %r" % (ended.returncode, ended.stderr[:300]))
        no_trace(ended.stderr)

    @case("bind-not-ours", "")
    def _(_):
        ended = run("serve", "--http", "0", "--bind", "192.0.2.1")  # TEST-NET-1, RFC 5737
        check(ended.returncode in (1, 2) and len(console_noise(ended.stderr)) == 1, "status %d, stderr %r" % (ended.returncode, ended.stderr[:300]))
        no_trace(ended.stderr)

    @case("busy-port", "")
    def _(_):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            ended = run("serve", "--http", str(port))
            lines = console_noise(ended.stderr)
            check(ended.returncode == 1, "exit status %d" % ended.returncode)
            check(len(lines) == 1 and str(port) in lines[0], "not one line with the port: %r" % ended.stderr[:300])
            no_trace(ended.stderr)
            check("listening" not in ended.stdout, "it said that it listens")

    @case("port-file-and-listening-line", "")
    def _(_):
        with Server() as server:
            text = pathlib.Path(server.folder.name, "port").read_text()
            check(re.fullmatch(r"[0-9]+\n?", text), "the port file holds %r" % text)
            check(fetch(server, "/plaintext").body == b"Hello, World!", "no answer on port %d" % server.port)
            check_console(server)

    @case("port-file-in-a-missing-folder", "")
    def _(_):
        ended = run("serve", "--http", "0", "--port-file", "/no/such/folder/port")
        check(ended.returncode in (1, 2) and "/no/such/folder" in ended.stderr, "status %d, stderr %r" % (ended.returncode, ended.stderr[:300]))
        no_trace(ended.stderr)

    @case("port-file-replaced", "")
    def _(_):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "port")
            file.write_text("stale stale stale\n")
            with started("serve", "--http", "0", "--port-file", str(file)) as process:
                port = re.fullmatch(r"listening http://127\.0\.0\.1:([0-9]+)\n", process.stdout.readline())
                check(port, "no listening line")
                give_up = time.monotonic() + 10
                while file.read_text().strip() != port.group(1) and time.monotonic() < give_up:
                    time.sleep(0.05)
                check(file.read_text().strip() == port.group(1), "the port file holds %r" % file.read_text())

    @case("fixed-port", "")
    def _(_):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with started("serve", "--http", str(port)) as process:
            line = process.stdout.readline()
            check(line == "listening http://127.0.0.1:%d\n" % port, "the first line is %r" % line)

    @case("restart-on-the-same-port", "")
    def _(_):
        with Server() as server:
            connection = server.connect()
            connection.send(request("/plaintext"))
            connection.read_response()
            port = server.port
            check(server.stop() == 0, "exit status")
            with connection, started("serve", "--http", str(port)) as process:
                check(process.stdout.readline().startswith("listening"), "the port is not free again")

    for name, number in (("term", signal.SIGTERM), ("int", signal.SIGINT)):
        def ends(_, number=number):
            with Server() as server:
                fetch(server, "/plaintext")
                check(server.stop(number, within=20) == 0, "the exit status is %r" % server.process.returncode)
                check_console(server)

        def ends_busy(_, number=number):
            with Server("--drain", "1") as server:
                idle, silent, slow, stream = (server.connect() for _ in range(4))
                idle.send(request("/plaintext"))
                idle.read_response()
                slow.send(request("/slow?ms=600000"))
                stream.send(request("/bytes/1000000000000"))
                stream.read_head()
                check(server.stop(number, within=30) == 3, "the exit status is %r" % server.process.returncode)
                check(not console_noise(server.stderr()), "stderr: %r" % server.stderr()[:300])
                for connection in (idle, silent, slow, stream):
                    connection.close()
        suite.add("signal-" + name, "", ends)
        suite.add("signal-%s-with-open-connections" % name, "", ends_busy)

    @case("signal-twice", "")
    def _(_):
        with Server() as server:
            server.process.send_signal(signal.SIGTERM)
            check(server.stop(signal.SIGTERM, within=20) == 0, "the exit status is %r" % server.process.returncode)

    @case("bind-loopback-only", "")
    def _(_):
        with Server() as server:
            addresses = listening(server.pid)
            check(addresses == {"127.0.0.1"}, "without --bind it listens on %s" % sorted(addresses))

    @case("bind-everything", "")
    def _(_):
        with Server("--bind", "0.0.0.0") as server:
            check(fetch(server, "/plaintext").status == 200, "no answer on 127.0.0.1")
            check(listening(server.pid) <= {"0.0.0.0", "::"}, "it listens on %s" % sorted(listening(server.pid)))

    @case("bind-other-loopback", "")
    def _(_):
        with Server("--bind", "127.0.0.2") as server:
            server.host = "127.0.0.2"
            check(fetch(server, "/plaintext").status == 200, "no answer on 127.0.0.2")
            check("listening http://127.0.0.2:%d" % server.port in server.stdout(), "stdout %r" % server.stdout())

    @case("loops-1-and-3", "")
    def _(_):
        for loops in ("1", "3"):
            with Server("--loops", loops) as server:
                for _ in range(10):
                    check(fetch(server, "/plaintext").status == 200, "--loops %s: no answer" % loops)

    @case("loops-1-not-held", "")
    def _(_):
        with Server("--loops", "1") as server, server.connect() as slow:
            slow.send(request("/slow?ms=600000"))
            check(fetch(server, "/plaintext").status == 200 and fetch(server, "/stream?chunks=2&ms=1").status == 200, "the loop is held")


def listening(pid):
    """The local addresses of a process's listening TCP sockets, from /proc."""
    inodes = set()
    for name in os.listdir("/proc/%d/fd" % pid):
        with contextlib.suppress(OSError):
            match = re.fullmatch(r"socket:\[(\d+)\]", os.readlink("/proc/%d/fd/%s" % (pid, name)))
            if match:
                inodes.add(match.group(1))
    addresses = set()
    for table, family, width in (("tcp", socket.AF_INET, 8), ("tcp6", socket.AF_INET6, 32)):
        with contextlib.suppress(FileNotFoundError):
            for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == "0A" and columns[9] in inodes:
                    words = bytes.fromhex(columns[1][:width])
                    packed = b"".join(words[at:at + 4][::-1] for at in range(0, len(words), 4))
                    text = socket.inet_ntop(family, packed)
                    addresses.add(text.removeprefix("::ffff:"))
    return addresses


if __name__ == "__main__":
    cli = Suite("cli")
    add(cli)
    cli.main(contextlib.nullcontext)
