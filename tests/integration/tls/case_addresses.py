"""Several addresses, both families, and a socket in the file system."""

import grp
import os
import pathlib
import signal
import socket
import stat
import subprocess
import tempfile

from secured import equal, eventually, holds, refusal
from servers import Sluice, free_port
from wire import Client

OPENED = "unix-socket-enabled = true\n"


class LocalClient(Client):
    def __init__(self, path):  # pylint: disable=super-init-not-called
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(str(path))
        self.buffer = b""


class Place:
    """A directory for a socket."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-unix-")
        self.path = pathlib.Path(self.directory.name, "sluice.sock")

    def config(self, more=""):
        return f"[http]\n{OPENED}bind-socket = '{self.path}'\nlog-enabled = true\n{more}"


def status_by_address(family, host, port):
    with socket.socket(family) as plain:
        plain.settimeout(20)
        plain.connect((host, port))
        plain.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return plain.recv(100).decode().split("\r\n")[0]


def test_the_socket_serves_on_every_core():
    place = Place()
    server = Sluice("--cores", "2", config=place.config())
    try:
        status = subprocess.run(["curl", "-sS", "--unix-socket", place.path, "-w", "%{http_code}", "http://x/ping"],
                                capture_output=True, text=True, check=False)
        equal((status.returncode, status.stdout), (0, "204"))
        clients = [LocalClient(place.path) for _ in range(6)]
        equal(clients[0].post("/query?q=CREATE+DATABASE+d").status, 200)
        for number, client in enumerate(clients):
            equal(client.post("/write?db=d", f"m,c={number} v=1 1").status, 204)
        holds(clients[5].get("/query?db=d&q=SELECT+count(v)+FROM+m").text, "6]")
        page = clients[0].get("/metrics").text
        shares = [line.split()[-1] for line in page.splitlines() if line.startswith("sluice_store_head_series{")]
        equal(shares, ["3", "3"])
        for client in clients:
            client.close()
    finally:
        equal(server.stop(), 0)
    holds(server.read_log(), "[httpd] @ - ", "client=@ ")
    assert not place.path.exists()


def test_permissions_and_group():
    place = Place()
    group = grp.getgrgid(os.getgroups()[0] if os.getgroups() else os.getgid()).gr_name
    server = Sluice(config=place.config(f"unix-socket-permissions = '0620'\nunix-socket-group = '{group}'\n"))
    try:
        found = place.path.stat()
        equal((stat.S_IMODE(found.st_mode), stat.S_ISSOCK(found.st_mode), grp.getgrgid(found.st_gid).gr_name),
              (0o620, True, group))
    finally:
        equal(server.stop(), 0)
    holds(refusal_at_start(place.config("unix-socket-group = 'nobody-knows-it'\n")), f"listen on {place.path}",
          "there is no group nobody-knows-it")
    equal(refusal(place.config("unix-socket-permissions = '0999'\n")),
          'http.unix-socket-permissions: "0999" is no octal number such as "0770"')


def refusal_at_start(config):
    try:
        server = Sluice("--cores", "1", config=config)
    except AssertionError as error:
        return str(error)
    server.stop()
    raise AssertionError("it started")


def test_what_a_killed_server_left_is_taken_over():
    place = Place()
    server = Sluice("--cores", "1", config=place.config())
    server.stop(signal.SIGKILL)
    assert place.path.exists()
    server.start()
    with LocalClient(place.path) as client:
        equal(client.get("/ping").status, 204)
    # Somebody listens there now, and stays.
    holds(refusal_at_start(place.config()), f"listen on {place.path}: Address already in use")
    with LocalClient(place.path) as client:
        equal(client.get("/ping").status, 204)
    equal(server.stop(), 0)


def test_a_file_that_is_no_socket_stays():
    place = Place()
    place.path.write_text("mine")
    holds(refusal_at_start(place.config()), "a file that is no socket has that name")
    equal(place.path.read_text(), "mine")
    long = pathlib.Path(place.directory.name, "x" * 100)
    holds(refusal_at_start(f"[http]\n{OPENED}bind-socket = '{long}'\n"), "the path is too long for a socket")


def configured(addresses):
    """A server whose configuration names its addresses."""
    class Configured(Sluice):
        def command(self):
            words = super().command()
            at = words.index("--bind")
            (self.root / "sluice.conf").write_text(f"[http]\nbind-address = {addresses(self.port)}\n")
            return words[:at] + words[at + 2:]
    return Configured("--cores", "2")


def test_several_addresses():
    second = free_port()
    server = configured(lambda port: f'["127.0.0.1:{port}", "[::1]:{port}", "127.0.0.1:{second}"]')
    try:
        for family, host, port in ((socket.AF_INET, "127.0.0.1", server.port), (socket.AF_INET6, "::1", server.port),
                                   (socket.AF_INET, "127.0.0.1", second)):
            for _ in range(4):
                equal(status_by_address(family, host, port), "HTTP/1.1 204 No Content")
        named = f"127.0.0.1:{server.port},[::1]:{server.port},127.0.0.1:{second}"
        eventually(lambda: named in server.read_log(), "the log names the addresses")
    finally:
        equal(server.stop(), 0)


def test_everything_is_both_families():
    for text in ("[::]", ""):
        server = configured(lambda port, text=text: f'"{text}:{port}"')
        try:
            equal(status_by_address(socket.AF_INET, "127.0.0.1", server.port), "HTTP/1.1 204 No Content")
            equal(status_by_address(socket.AF_INET6, "::1", server.port), "HTTP/1.1 204 No Content")
        finally:
            equal(server.stop(), 0)


def test_addresses_that_are_in_each_other_are_refused():
    def said(text):
        with tempfile.TemporaryDirectory(prefix="sluice-tls-") as directory:
            path = pathlib.Path(directory, "sluice.conf")
            path.write_text(f"[http]\nbind-address = {text}\n")
            result = subprocess.run([os.environ.get("SLUICED", "build/src/server/sluiced"), "check", "--config", path],
                                    capture_output=True, text=True, check=False)
            return result.stderr.strip().removeprefix("sluiced: ")
    for text, sentence in (
            ('[":8086", "127.0.0.1:8086"]', '":8086" is also "127.0.0.1:8086"; name one of them'),
            ('["[::1]:8086", "[::]:8086"]', '"[::]:8086" is also "[::1]:8086"; name one of them'),
            ('["0.0.0.0:8086", "[::]:8086"]', '"[::]:8086" is also "0.0.0.0:8086"; name one of them'),
            ('["127.0.0.1:1", "127.0.0.1:1"]', '"127.0.0.1:1" is also "127.0.0.1:1"; name one of them'),
            ('["127.0.0.1:8086", "8086"]', '"8086" is not an address and a port, such as ":8086"'),
            ('[]', 'an address is needed, such as ":8086"'),
            ('["0.0.0.0:8086", "[::1]:8086", ":8087"]', None)):
        equal(said(text), f"http.bind-address: {sentence}" if sentence else "")
