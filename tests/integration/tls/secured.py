"""Authorities, certificates and servers with TLS."""

import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time

from servers import Sluice
from wire import Client

SLUICED = os.environ.get("SLUICED", "build/src/server/sluiced")


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def holds(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"no {word!r} in {text!r}")


def eventually(condition, what, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """Signs certificates; everything lies in a directory of its own."""

    def __init__(self, name="authority"):
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-tls-")
        self.root = pathlib.Path(self.directory.name)
        self.certificate, self.key = self.root / "ca.pem", self.root / "ca.key"
        self.serial = 1
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", self.key,
                "-out", self.certificate)

    def issue(self, name, common_name="localhost", days=30, alternatives="DNS:localhost,IP:127.0.0.1,IP:::1"):
        """The paths of a certificate and its key."""
        certificate, key = self.root / f"{name}.pem", self.root / f"{name}.key"
        request, extensions = self.root / f"{name}.csr", self.root / f"{name}.ext"
        self.serial += 1
        extensions.write_text(f"subjectAltName={alternatives}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={common_name}",
                "-keyout", key, "-out", request)
        if days > 0:
            openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-days", str(days),
                    "-set_serial", str(self.serial), "-extfile", extensions, "-out", certificate)
        else:  # openssl x509 makes none that is over: an authority with a database does
            database = self.root / "index.txt"
            database.write_text("")
            settings = self.root / "ca.conf"
            settings.write_text(f"[ca]\ndefault_ca=a\n[a]\ndatabase={database}\nnew_certs_dir={self.root}\n"
                                "default_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n"
                                "[p]\ncommonName=supplied\n")
            openssl("ca", "-batch", "-notext", "-config", settings, "-in", request, "-cert", self.certificate,
                    "-keyfile", self.key, "-startdate", "20200101000000Z", "-enddate", "20200201000000Z",
                    "-extfile", extensions, "-out", certificate)
        return certificate, key


def config_of(certificate, key, more="", sections=""):
    return (f"[http]\nhttps-enabled = true\nhttps-certificate = '{certificate}'\n"
            f"https-private-key = '{key}'\n{more}\n{sections}")


class SecureSluice(Sluice):
    """`identity` is the certificate and key that the test shows, to see whether it is ready, too."""

    def __init__(self, *arguments, config, identity=None, environment=None):
        self.identity, self.more_environment = identity, environment
        super().__init__(*(arguments or ("--cores", "2")), config=config)

    def environment(self):
        return os.environ | self.more_environment if self.more_environment else None

    def is_ready(self):
        try:
            with SecureClient(self.port, trusting(None, self.identity)) as client:
                return client.get("/ping").status == 204
        except OSError:
            return False

    @property
    def url(self):
        return f"https://localhost:{self.port}"


def trusting(authority, identity=None, **versions):
    """A client's context; without an authority it trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if authority is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(authority.certificate)
    if identity:
        context.load_cert_chain(*identity)
    for name, value in versions.items():
        setattr(context, name, value)
    return context


class SecureClient(Client):
    def __init__(self, port, context, timeout=20, session=None):
        super().__init__(port, timeout)
        try:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost", session=session)
        except BaseException:
            self.socket.close()
            raise


def metric(server, name, context=None):
    """One sample of /metrics, as a number."""
    with SecureClient(server.port, context or trusting(None, server.identity)) as client:
        for line in client.get("/metrics").text.splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} on the page")


def refusal(config, *arguments, environment=None):
    """What a server and `check` say that do not start with this configuration; both say the same."""
    with tempfile.TemporaryDirectory(prefix="sluice-tls-") as directory:
        path = pathlib.Path(directory, "sluice.conf")
        path.write_text(config)
        said = []
        for action in ([], ["check"]):
            result = subprocess.run([SLUICED, *action, "--config", path, "--data-dir", f"{directory}/data", "--bind",
                                     "127.0.0.1:0", "--cores", "1", *arguments], capture_output=True, text=True,
                                    timeout=30, check=False, env=os.environ | (environment or {}))
            equal(result.returncode, 1)
            said.append(result.stderr.strip().splitlines()[-1])
    equal(said[0], said[1])
    return said[0].removeprefix("sluiced: ")


def half_connection(port, data=b""):
    half = socket.create_connection(("127.0.0.1", port), 20)
    half.sendall(data)
    return half
