"""A certificate authority for the checks, made with openssl: nothing is checked in, nothing lasts."""

import pathlib
import shutil
import subprocess

from harness import Failed, Skipped


def openssl(*arguments, stdin=None):
    found = shutil.which("openssl")
    if not found:
        raise Skipped("openssl is not installed")
    done = subprocess.run([found, *arguments], input=stdin, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise Failed("openssl %s: %s" % (arguments[0], done.stderr.decode(errors="replace")[-400:]))
    return done.stdout


class Authority:
    """An authority in a folder; `root` is its certificate's file."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root, self.key = str(self.folder / "root.pem"), str(self.folder / "root.key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                "-keyout", self.key, "-out", self.root, "-subj", "/O=Millrace checks/CN=Checks Root",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def leaf(self, name="localhost", days=30, authority_key=True):
        """A certificate for a name and 127.0.0.1; gives the files of its chain and of its key."""
        stem = str(self.folder / ("leaf-%s-%d-%d" % (name, days, authority_key)))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", stem + ".key", "-out", stem + ".csr", "-subj", "/CN=" + name)
        extensions = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature",
                      "extendedKeyUsage=serverAuth", "subjectAltName=DNS:%s,IP:127.0.0.1" % name, "subjectKeyIdentifier=hash",
                      "authorityKeyIdentifier=" + ("keyid" if authority_key else "none")]
        pathlib.Path(stem + ".ext").write_text("\n".join(extensions) + "\n")
        openssl("x509", "-req", "-in", stem + ".csr", "-CA", self.root, "-CAkey", self.key, "-CAcreateserial",
                "-days", str(days), "-sha256", "-extfile", stem + ".ext", "-out", stem + ".pem")
        chain = pathlib.Path(stem + ".chain.pem")
        chain.write_text(pathlib.Path(stem + ".pem").read_text() + pathlib.Path(self.root).read_text())
        return str(chain), stem + ".key"
