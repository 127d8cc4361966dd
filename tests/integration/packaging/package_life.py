#!/usr/bin/env python3
"""The life of the package in a machine that may be changed: case_package.py runs this in its copy of one.

/package has the packages of two revisions. Ends with 0 if all went well.
"""

import grp
import http.client
import os
import pathlib
import pwd
import socket
import stat
import subprocess
import time
import urllib.parse

OLD, NEW = (str(next(pathlib.Path("/package").glob(f"sluice_*-{revision}_*.deb"))) for revision in (1, 2))
CONFIGURATION = pathlib.Path("/etc/sluice/sluice.conf")
DATA = pathlib.Path("/var/lib/sluice")
LINK = pathlib.Path("/etc/systemd/system/multi-user.target.wants/sluiced.service")
# What the unit says, as far as it goes without systemd.
AS_SERVICE = ["setpriv", "--reuid=sluice", "--regid=sluice", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(command)}: {result.stdout}"
    return result.stdout


class Server:
    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self):
        run(*AS_SERVICE, "/usr/bin/sluiced", "check", "--config", str(CONFIGURATION))
        with open("/package/log", "ab") as log:
            self.process = subprocess.Popen([*AS_SERVICE, "/usr/bin/sluiced", "--config", str(CONFIGURATION)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=os.environ | {"SLUICE_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}"})
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask("GET", "/ping")[0] == 204:
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server did not start: " + pathlib.Path("/package/log").read_text(errors="replace"))

    def __exit__(self, *_):
        self.process.terminate()
        status = self.process.wait(60)
        assert status == 0, f"the server ended with {status}"

    def ask(self, method, target, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, target, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def query(self, text):
        status, answer = self.ask("POST", "/query?db=d&q=" + urllib.parse.quote(text))
        assert status == 200, answer
        return answer


def mode_of(path):
    facts = path.stat()
    return pwd.getpwuid(facts.st_uid).pw_name, grp.getgrgid(facts.st_gid).gr_name, stat.S_IMODE(facts.st_mode)


def check_installed():
    assert run("dpkg-query", "-W", "-f", "${db:Status-Status}", "sluice") == "installed"
    assert mode_of(DATA) == ("sluice", "sluice", 0o750), mode_of(DATA)
    assert mode_of(CONFIGURATION) == ("root", "sluice", 0o640), mode_of(CONFIGURATION)
    assert LINK.is_symlink() and LINK.resolve().exists(), "the unit is not enabled"
    assert run("sluice", "--version") and run("sluice", "check")
    run("dpkg", "--verify", "sluice")


def main():
    run("dpkg", "-i", OLD)
    check_installed()
    with Server() as server:
        server.query("CREATE DATABASE d")
        status, answer = server.ask("POST", "/write?db=d", "room celsius=21.5 1000000000")
        assert status == 204, answer
        # As an administrator does it: what runs is replaced, and the file of settings is not the package's.
        with CONFIGURATION.open("a", encoding="utf-8") as configuration:
            configuration.write("# ours\n")
        run("dpkg", "-i", NEW)
        assert "21.5" in server.query("SELECT * FROM room")
    check_installed()
    assert CONFIGURATION.read_text(encoding="utf-8").endswith("# ours\n")
    with Server() as server:
        assert "21.5" in server.query("SELECT * FROM room")

    run("dpkg", "-r", "sluice")
    assert not pathlib.Path("/usr/bin/sluiced").exists() and CONFIGURATION.exists() and any(DATA.iterdir())
    run("dpkg", "-i", NEW)
    check_installed()
    with Server() as server:
        assert "21.5" in server.query("SELECT * FROM room")

    run("dpkg", "-P", "sluice")
    for path in (DATA, CONFIGURATION.parent, LINK):
        assert not path.exists() and not path.is_symlink(), f"{path} is left"
    pwd.getpwnam("sluice")  # stays


if __name__ == "__main__":
    main()
