#!/usr/bin/env python3
"""Many series through every core: what queries cost before and after merges.

    perf/cardinality/run.py [--series N] [--rows N] [--cores N] [--connections N] [--settings TEXT]
                            [--servers "sluice influxdb victoriametrics"]

Starts sluiced ($SLUICED, or build/src/server/sluiced) with an empty directory, writes `rows` rows of
one field to each series, every series over all connections in turn, and asks the same queries three
times: while the rows are in memory and in fresh segments, when everything is merged, and after a
restart. Prints one line per query, medians in milliseconds; then the server's CPU seconds per million
rows, of series that are new and of those that are known, and bytes a value on disk.

InfluxDB (index-version tsi1) and VictoriaMetrics of Debian's packages get the same rows, if they are asked
for; VictoriaMetrics has no InfluxQL and is asked nothing.
"""
import argparse
import http.client
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE_S = 1_700_000_000 // 604_800 * 604_800 + 86_400  # within one shard group of a week
BODY_LINES = 5_000

QUERIES = [
    ("count(v)", "SELECT count(v) FROM m"),
    ("mean(v) by 20 values", "SELECT mean(v) FROM m GROUP BY site"),
    ("max(v) by time", "SELECT max(v) FROM m WHERE time >= {first}s AND time < {end}s GROUP BY time({step}s)"),
    ("one series by a tag", "SELECT * FROM m WHERE host = 'h{some}'"),
    ("last of one series", "SELECT last(v) FROM m WHERE host = 'h{some}'"),
    ("tag values of 20", "SHOW TAG VALUES FROM m WITH KEY = site"),
    ("series LIMIT 10", "SHOW SERIES LIMIT 10"),
    ("series by a tag", "SHOW SERIES FROM m WHERE host = 'h{some}'"),
    ("tag values by a tag", "SHOW TAG VALUES FROM m WITH KEY = site WHERE host = 'h{some}'"),
    ("series cardinality", "SHOW SERIES CARDINALITY"),
    ("measurements", "SHOW MEASUREMENTS"),
]


class Server:
    def __init__(self, command, port, directory, environment=None):
        self.command, self.port, self.directory = command, port, directory
        self.environment = environment
        self.process = None

    def start(self):
        self.log = open(self.directory / "log", "ab")
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.environment)
        while True:
            try:
                self.ask("GET", "/ping", timeout=1)
                return time.monotonic() - begin
            except OSError:
                if self.process.poll() is not None:
                    sys.exit(f"the server does not start: {self.directory}/log")
                time.sleep(0.005)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)

    def ask(self, method, target, body=None, timeout=120):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, target, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def query(self, text, timeout=120):
        status, body = self.ask("GET", "/query?db=d&epoch=s&q=" + urllib.parse.quote(text), timeout=timeout)
        if status != 200 or b'"error"' in body[:400]:
            raise RuntimeError(f"{text}: {status} {body[:200]!r}")
        return body

    def create(self):
        self.ask("POST", "/query?q=" + urllib.parse.quote("CREATE DATABASE d"))

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
        return 0


def write(server, options, rows):
    """The rows with these numbers. Every row of a series goes over another connection than the one before."""
    prefixes = [f"m,host=h{i},site=s{i % 20} v=" for i in range(options.series)]
    random.seed(1)
    walk = [random.randrange(1000) / 10 for _ in range(9973)]
    waits = []

    def run(number):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for row in rows:
            stamp = f" {BASE_S + row * 10}\n"
            for begin in range(0, options.series, BODY_LINES):
                if (begin // BODY_LINES + row) % options.connections != number:
                    continue
                lines = [f"{prefixes[i]}{walk[(i * 131 + row * 17) % 9973]}{stamp}"
                         for i in range(begin, min(begin + BODY_LINES, options.series))]
                begun = time.monotonic()
                connection.request("POST", "/write?db=d&precision=s", "".join(lines))
                answer = connection.getresponse()
                answer.read()
                waits.append(time.monotonic() - begun)
                if answer.status != 204:
                    sys.exit(f"write: {answer.status}")
        connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(options.connections)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    waits.sort()
    return waits


def measure(server, options):
    last = BASE_S + options.rows * 10
    values = {"first": BASE_S, "end": last, "step": max(10, options.rows * 10 // 20), "some": options.series // 3}
    times = {}
    for name, text in QUERIES:
        text = text.format(**values)
        taken = []
        try:
            for attempt in range(5):
                begun = time.monotonic()
                body = server.query(text)
                taken.append(time.monotonic() - begun)
                if taken[-1] > 10:
                    break
        except (OSError, RuntimeError) as error:
            print(f"    {name}: {error}", file=sys.stderr)
            times[name] = float("nan")
            continue
        times[name] = statistics.median(taken) * 1000
        if name == "count(v)":
            wanted = str(options.series * options.rows).encode()
            if wanted not in body:
                sys.exit(f"count(v) is wrong: {body!r}, not {wanted!r}")
    return times


def settle(directory):
    """Until no segment has come or gone for a while."""
    quiet_since, last = time.monotonic(), None
    while time.monotonic() - quiet_since < 15:
        now = sorted(str(f) for f in directory.rglob("*") if f.suffix not in (".log", ".wal"))
        if now != last:
            quiet_since = time.monotonic()
        last = now
        time.sleep(0.5)


def disk_bytes(directory):
    """What files occupy, without logs: some are mostly holes."""
    files = (f for f in directory.rglob("*") if f.is_file() and f.suffix not in (".log", ".wal"))
    return sum(f.stat().st_blocks * 512 for f in files)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def sluice(options, directory):
    port = free_port()
    sluiced = os.environ.get("SLUICED", str(ROOT / "build/src/server/sluiced"))
    config = directory / "sluice.conf"
    config.write_text(options.settings.replace(";", "\n"))
    command = [sluiced, "--config", str(config), "--data-dir", str(directory / "data"),
               "--bind", f"127.0.0.1:{port}", "--cores", str(options.cores)]
    return Server(command, port, directory)


def influxdb(options, directory):
    port, internal = free_port(), free_port()
    environment = {**os.environ, "INFLUXDB_REPORTING_DISABLED": "true", "INFLUXDB_META_DIR": str(directory / "data/meta"),
                   "INFLUXDB_DATA_DIR": str(directory / "data/data"), "INFLUXDB_DATA_WAL_DIR": str(directory / "data/wal"),
                   "INFLUXDB_DATA_INDEX_VERSION": "tsi1", "INFLUXDB_DATA_MAX_SERIES_PER_DATABASE": "0",
                   "INFLUXDB_DATA_MAX_VALUES_PER_TAG": "0", "INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "5s",
                   "INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION": "10s", "INFLUXDB_HTTP_LOG_ENABLED": "false",
                   "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{internal}", "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{port}"}
    (directory / "data").mkdir()
    return Server([os.environ.get("INFLUXD", "influxd")], port, directory, environment)


class Victoria(Server):
    def create(self):
        pass


def victoriametrics(options, directory):
    port = free_port()
    command = [os.environ.get("VICTORIA_METRICS", "victoria-metrics"), f"-storageDataPath={directory / 'data'}",
               f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
    return Victoria(command, port, directory)


def run(name, options, directory):
    server = {"sluice": sluice, "influxdb": influxdb, "victoriametrics": victoriametrics}[name](options, directory)
    server.start()
    tables = []
    try:
        server.create()
        begun = server.cpu_s()
        waits = write(server, options, range(1))
        seen = server.cpu_s()
        waits += write(server, options, range(1, options.rows))
        fed = server.cpu_s()
        if name != "victoriametrics":
            tables.append(("fresh", measure(server, options)))
        settle(directory)
        size, peak = disk_bytes(directory / "data"), server.peak_mib()
        if name != "victoriametrics":
            tables.append(("merged", measure(server, options)))
            server.stop()
            ready = server.start()
            tables.append(("restarted", measure(server, options)))
    finally:
        if server.process.poll() is None:
            server.stop()
    waits.sort()
    known = options.series * (options.rows - 1)
    print(f"\n{name}: {options.series} series x {options.rows} rows, {options.connections} connections"
          + (f", --cores {options.cores}" if name == "sluice" else ""))
    if tables:
        print(f"{'':26}" + "".join(f"{phase:>12}" for phase, _ in tables))
        for query, _ in QUERIES:
            print(f"{query:26}" + "".join(f"{table[query]:12.1f}" for _, table in tables))
    print(f"CPU s per million rows at the ack: {(seen - begun) / options.series * 1e6:.2f} of new series"
          + (f", {(fed - seen) / known * 1e6:.2f} of known ones" if known else "")
          + f"; acks p50 {waits[len(waits) // 2] * 1000:.0f} ms, "
          f"p99 {waits[len(waits) * 99 // 100] * 1000:.0f} ms, max {waits[-1] * 1000:.0f} ms")
    print(f"bytes a value, settled: {size / (options.series * options.rows):.2f}; peak memory {peak} MiB"
          + (f"; ready after a restart {ready * 1000:.0f} ms" if tables else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--servers", default="sluice", help="of sluice, influxdb and victoriametrics, one after another")
    parser.add_argument("--settings", default="", help="lines of sluice.conf, between semicolons")
    options = parser.parse_args()
    for name in options.servers.split():
        directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-cardinality-"))
        try:
            run(name, options, directory)
        finally:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
