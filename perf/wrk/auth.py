#!/usr/bin/env python3
"""What authentication costs a write of one line: server CPU of a request, by credentials.

    SLUICED=build/src/server/sluiced perf/wrk/auth.py [--seconds N] [--rounds N]

Two servers of one core, one that asks who is there and one that does not, take one_line.lua from 64
connections in turns; a table of medians ends it.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/integration/http")]
from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

SECRET = "sesame"
STATEMENTS = ("CREATE USER root WITH PASSWORD 'top' WITH ALL PRIVILEGES", "CREATE DATABASE bench",
              "CREATE USER telegraf WITH PASSWORD 'quite-a-secret'", "GRANT WRITE ON bench TO telegraf")


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def bearer(user):
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    claims = json.dumps({"username": user, "exp": 9999999999}).encode()
    text = encoded(b'{"alg":"HS256","typ":"JWT"}') + b"." + encoded(claims)
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).digest()
    return "Authorization: Bearer " + (text + b"." + encoded(signature)).decode()


def prepare(server):
    with Client(server.port) as client:
        for statement in STATEMENTS:
            name, value = basic("root", "top").split(": ", 1)
            answer = client.post("/query?" + urllib.parse.urlencode({"q": statement}), headers=[(name, value)])
            assert answer.status == 200 and b"error" not in answer.body, answer.body


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(server, header, seconds):
    """Microseconds of server CPU for a request, and requests a second."""
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(HERE / "one_line.lua")]
    command += ["-H", header] if header else []
    before = cpu_seconds(server)
    words = subprocess.run([*command, f"http://127.0.0.1:{server.port}/write?db=bench"], capture_output=True,
                           text=True, check=True).stdout
    assert "Non-2xx" not in words, words
    count = int(re.search(r"(\d+) requests in", words).group(1))
    return (cpu_seconds(server) - before) / count * 1e6, count / seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    servers = [Sluice("--cores", "1"),
               Sluice("--cores", "1", config=f"[http]\nauth-enabled = true\nshared-secret = '{SECRET}'\n")]
    password = basic("telegraf", "quite-a-secret")
    ways = {"nobody is asked": (servers[0], None), "nobody is asked, Basic is sent": (servers[0], password),
            "Basic": (servers[1], password), "Bearer": (servers[1], bearer("telegraf"))}
    found = {way: [] for way in ways}
    try:
        for server in servers:
            prepare(server)
        for _ in range(arguments.rounds):
            for way, (server, header) in ways.items():
                found[way].append(run(server, header, arguments.seconds))
    finally:
        for server in servers:
            server.stop()
    print("| | server CPU, µs per request | requests/s |\n|---|---:|---:|")
    for way, runs in found.items():
        print(f"| {way} | {statistics.median(cpu for cpu, _ in runs):.2f} | "
              f"{statistics.median(rate for _, rate in runs):,.0f} |")


if __name__ == "__main__":
    main()
