"""What the HTTP/2 checks can be aimed at: Millrace, or one of Debian's servers, which tell whether the checks are right.
`http2.py --peer nghttpd` and so on; a server that has no demo application of its own passes the requests on to Millrace's."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from harness import Connection, Failed, Server, Skipped, check, fetch, register, unregister
from tls import TlsServer


class Millrace(TlsServer):
    """The packaged server with both ports, warm, and held to all that it promises."""

    exacting = True
    secure = False

    def __enter__(self):
        super().__enter__()
        for path in ("/plaintext", "/1m", "/bytes/100000", "/slow?ms=1", "/stream?chunks=2&ms=1", "/status/404"):
            fetch(self, path)
        fetch(self, "/echo", "POST", body=b"warm")
        self.baseline = self.descriptors()
        return self

    def has(self, feature):
        return True

    def need(self, feature):
        pass

    def metrics(self):
        """All rows of /metrics, by their text up to the value."""
        lines = fetch(self, "/metrics").body.decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}

    def closed(self, reason):
        return sum(value for name, value in self.metrics().items()
                   if name.startswith("millrace_connections_closed_total") and 'reason="%s"' % reason in name)


class Peer:
    """Another server, started on free ports for the time of a run."""

    exacting = False
    secure = False
    lacks = frozenset()
    program = None

    def __init__(self):
        self.host = "127.0.0.1"
        self.port, self.tls_port = free_port(), free_port()
        self.processes = []

    def has(self, feature):
        return feature not in self.lacks

    def need(self, feature):
        if feature in self.lacks:
            raise Skipped("%s has no %s" % (self.program, feature))

    def connect(self):
        return Connection(self)

    def secured(self, connected):
        return connected

    def __enter__(self):
        if not shutil.which(self.program):
            raise Failed("%s is not installed" % self.program)
        self.folder = tempfile.TemporaryDirectory(prefix="millrace-peer-")
        self.base = pathlib.Path(self.folder.name)
        os.chmod(self.base, 0o755)
        self.certificate, self.key = str(self.base / "c.pem"), str(self.base / "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                        self.key, "-out", self.certificate, "-days", "2", "-subj", "/CN=localhost"], check=True, capture_output=True)
        try:
            self.prepare()
            for arguments in self.commands():
                log = open(self.base / "log", "ab")
                self.processes.append(subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
                log.close()
                register(self.processes[-1].pid)
            for port in (self.port, self.tls_port):
                self.await_port(port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def await_port(self, port):
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            try:
                socket.create_connection((self.host, port), 5).close()
                return
            except OSError:
                check(all(one.poll() is None for one in self.processes), "%s ended: %s" % (self.program, (self.base / "log").read_text()[-800:]))
                time.sleep(0.05)
        raise Failed("%s does not listen" % self.program)

    def prepare(self):
        pass

    def stop(self):
        for one in self.processes:
            one.terminate()

    def __exit__(self, *ignored):
        self.stop()
        for one in self.processes:
            try:
                one.wait(5)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
            unregister(one.pid)
        self.folder.cleanup()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Nghttpd(Peer):
    """Serves files, and echoes uploads."""

    program = "nghttpd"
    lacks = frozenset(("h1", "slow", "stream", "status", "405", "expect", "bytes", "connect-answer", "head-length", "alpn-h1"))

    def prepare(self):
        root = self.base / "root"
        root.mkdir()
        (root / "plaintext").write_bytes(b"Hello, World!")
        (root / "1k").write_bytes(b"x" * 1024)
        (root / "1m").write_bytes(b"x" * (1 << 20))
        (root / "index.html").write_text("<title>Millrace</title>")
        (root / "bytes").mkdir()
        for size in (0, 1, 13, 100, 1000, 16383, 16384, 16385, 65534, 65535, 65536, 65537, 100000, 200000, 300000, 1000000):
            (root / "bytes" / str(size)).write_bytes(b"b" * size)

    def commands(self):
        common = ["nghttpd", "-a", self.host, "-d", str(self.base / "root"), "--echo-upload", "-m", "100"]
        return [common + ["--no-tls", str(self.port)], common + [str(self.tls_port), self.key, self.certificate]]


class Front(Peer):
    """A proxy before the demo application, which speaks HTTP/1.1 to it."""

    def __enter__(self):
        self.backend = Server()
        self.backend.__enter__()
        try:
            return super().__enter__()
        except BaseException:
            self.backend.__exit__(None, None, None)
            raise

    def __exit__(self, *ignored):
        super().__exit__()
        self.backend.__exit__(None, None, None)


class Nghttpx(Front):
    program = "nghttpx"
    def commands(self):
        return [["nghttpx", "--conf=/dev/null", "--frontend=%s,%d;no-tls" % (self.host, self.port), "--frontend=%s,%d" % (self.host, self.tls_port),
                 "--backend=%s,%d" % (self.backend.host, self.backend.port), "--no-ocsp", "--workers=1", "--single-process",
                 "--errorlog-file=/dev/null", self.key, self.certificate]]


class H2o(Front):
    program = "h2o"
    lacks = frozenset(("echo-duplex",))

    def prepare(self):
        (self.base / "conf").write_text("""
listen:
  host: %s
  port: %d
listen:
  host: %s
  port: %d
  ssl:
    certificate-file: %s
    key-file: %s
    minimum-version: TLSv1.2
user: root
num-threads: 1
num-name-resolution-threads: 1
http2-idle-timeout: 60
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://%s:%d/
""" % (self.host, self.port, self.host, self.tls_port, self.certificate, self.key, self.backend.host, self.backend.port))

    def commands(self):
        return [["h2o", "-c", str(self.base / "conf")]]


class Nginx(Front):
    program = "nginx"
    lacks = frozenset(("h1",))

    def prepare(self):
        for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (self.base / name).mkdir()
        (self.base / "conf").write_text("""
daemon off; master_process off; pid %(base)s/pid; error_log %(base)s/error info;
events {}
http {
  access_log off;
  client_body_temp_path %(base)s/body; proxy_temp_path %(base)s/proxy; fastcgi_temp_path %(base)s/fastcgi;
  uwsgi_temp_path %(base)s/uwsgi; scgi_temp_path %(base)s/scgi;
  client_max_body_size 0; proxy_request_buffering off; proxy_buffering off; proxy_http_version 1.1;
  server {
    listen %(host)s:%(port)d http2;
    listen %(host)s:%(tls_port)d ssl http2;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate %(certificate)s; ssl_certificate_key %(key)s;
    location / { proxy_pass http://%(to)s:%(to_port)d; }
  }
}
""" % dict(vars(self), base=self.base, to=self.backend.host, to_port=self.backend.port))

    def commands(self):
        return [["nginx", "-p", str(self.base), "-c", str(self.base / "conf")]]


PEERS = {"nghttpd": Nghttpd, "nghttpx": Nghttpx, "h2o": H2o, "nginx": Nginx}
