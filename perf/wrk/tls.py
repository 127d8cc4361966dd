#!/usr/bin/env python3
"""What TLS costs writes: server CPU of one line in a request, and of a value in batches.

    SLUICED=build/src/server/sluiced perf/wrk/tls.py [--seconds N] [--rounds N]

Two servers of one core, one with TLS and one without, take the same requests in turns. A table of medians
ends it, and the time that a new connection costs, with a whole handshake and with a ticket.
"""

import argparse
import os
import pathlib
import random
import re
import ssl
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/integration/http", "tests/integration/tls")]
from auth import cpu_seconds  # noqa: E402
from secured import Authority, SecureClient, SecureSluice, config_of, trusting  # noqa: E402
from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

BATCHES, LINES, FIELDS = 24, 5000, 10


def make_batches(folder):
    """Batches like those of Telegraf: ten gauges a line, two decimals, a host after the other."""
    names = [f"usage_{i}" for i in range(FIELDS)]
    generator = random.Random(1)
    for batch in range(BATCHES):
        lines = []
        for line in range(LINES):
            values = ",".join(f"{name}={generator.randrange(10000) / 100}" for name in names)
            lines.append(f"cpu,hostname=host_{line % 1000},region=eu-west-1,rack={line % 100} {values} "
                         f"{1_500_000_000_000_000_000 + (batch * LINES + line) * 1_000_000_000}")
        pathlib.Path(folder, f"{batch:06}.lp").write_text("\n".join(lines))


def run(server, url, script, seconds, connections, values):
    """Nanoseconds of server CPU for a value, and values a second."""
    before = cpu_seconds(server)
    said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", HERE / script,
                           f"{url}/write?db=bench"], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    count = int(re.search(r"(\d+) requests in", said).group(1))
    return (cpu_seconds(server) - before) / count / values * 1e9, count * values / seconds


def handshake_us(server, context, count, resume):
    """Microseconds of server CPU for a connection with one request."""
    session = None
    if resume:
        with SecureClient(server.port, context) as client:
            client.get("/ping")
            session = client.socket.session
    before = cpu_seconds(server)
    for _ in range(count):
        with SecureClient(server.port, context, session=session) as client:
            client.get("/ping")
            assert client.socket.session_reused == resume
    return (cpu_seconds(server) - before) / count * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    authority = Authority()
    plain = Sluice("--cores", "1")
    secure = SecureSluice("--cores", "1", config=config_of(*authority.issue("server")))
    ways = {"plain": (plain, f"http://127.0.0.1:{plain.port}"), "TLS": (secure, f"https://127.0.0.1:{secure.port}")}
    context = trusting(authority)
    loads = {"one line": ("one_line.lua", 64, 1), "batches": ("files.lua", 4, LINES * FIELDS)}
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        make_batches(folder)
        os.environ["BATCHES"] = folder
        try:
            with Client(plain.port) as client:
                assert client.post("/query?q=CREATE+DATABASE+bench").status == 200
            with SecureClient(secure.port, context) as client:
                assert client.post("/query?q=CREATE+DATABASE+bench").status == 200
                cipher = client.socket.cipher()
            for _ in range(arguments.rounds):
                for load, (script, connections, values) in loads.items():
                    for way, (server, url) in ways.items():
                        found.setdefault((load, way), []).append(
                            run(server, url, script, arguments.seconds, connections, values))
            whole = handshake_us(secure, context, 400, False)
            short = handshake_us(secure, context, 400, True)
        finally:
            plain.stop()
            secure.stop()
    print(f"{cipher[1]}, {cipher[0]}, {ssl.OPENSSL_VERSION}\n")
    print("| | plain, server CPU | TLS, server CPU | more |\n|---|---:|---:|---:|")
    for load, unit, scale in (("one line", "µs a request", 1e3), ("batches", "ns a value", 1)):
        costs = [statistics.median(cost for cost, _ in found[load, way]) / scale for way in ("plain", "TLS")]
        print(f"| {load}, {unit} | {costs[0]:.2f} | {costs[1]:.2f} | {costs[1] / costs[0] * 100 - 100:+.0f} % |")
    print(f"\na connection with one request: {whole:.0f} µs, with a ticket {short:.0f} µs")


if __name__ == "__main__":
    main()
