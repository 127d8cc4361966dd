"""The systemd unit shuts the server in, and lets it do what it has to."""

import http.client
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

from programs import ROOT
from servers import Sluice

HERE = pathlib.Path(__file__).resolve().parent
UNIT = ROOT / "packaging/systemd/sluiced.service"
EXPOSURE_MAX = "15"  # in tenths


def require(program):
    if shutil.which(program) is None:
        raise unittest.SkipTest(f"there is no {program}")


def test_exposure_is_small():
    require("systemd-analyze")
    result = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                             f"--threshold={EXPOSURE_MAX}", UNIT], capture_output=True, text=True, check=False)
    if "Overall exposure level" not in result.stdout:
        raise unittest.SkipTest(f"systemd-analyze does not look at files: {result.stderr.strip()}")
    assert result.returncode == 0, result.stdout[-1000:]


def test_supervision_is_asked_for():
    settings = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(encoding="utf-8"), re.M))
    for key, value in {"Type": "notify", "WatchdogSec": "60s", "LimitNOFILE": "1048576", "LimitMEMLOCK": "infinity",
                       "ExecReload": "/bin/kill -HUP $MAINPID", "User": "sluice"}.items():
        assert settings.get(key) == value, f"{key} is {settings.get(key)}"


class Confined(Sluice):
    def command(self):
        return [str(HERE / "under_filter.py"), str(UNIT), *super().command()]


def ask(port, method, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_server_works_with_the_system_calls_it_may_use():
    require("systemd-analyze")
    with tempfile.NamedTemporaryFile() as file:
        # Proof that there is a filter: this is one of the calls that it refuses.
        refused = subprocess.run([HERE / "under_filter.py", UNIT, "/bin/chown", "0", file.name], capture_output=True,
                                 text=True, check=False)
    if refused.returncode == 77:
        raise unittest.SkipTest("there is no python3-seccomp")
    assert "Operation not permitted" in refused.stderr, refused.stderr
    server = Confined()
    try:
        query = "/query?db=d&q="
        for _ in range(2):
            status, text = ask(server.port, "POST", query + urllib.parse.quote("CREATE DATABASE d"))
            assert status == 200, text
            status, text = ask(server.port, "POST", "/write?db=d", "room celsius=21.5 1000000000")
            assert status == 204, text
            status, text = ask(server.port, "GET", query + urllib.parse.quote("SELECT celsius FROM room"))
            assert "21.5" in text, text
            status, text = ask(server.port, "GET", "/metrics")
            assert status == 200, text
            # The way through a stop and a recovery has calls of its own.
            server.restart()
    finally:
        assert server.stop() == 0, server.read_log()
    assert "EPERM" not in server.read_log() and "not permitted" not in server.read_log(), server.read_log()
