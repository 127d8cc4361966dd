#!/usr/bin/env python3
"""Measures Sluice's queries beside InfluxDB's; prints a Markdown table of latencies, CPU and ratios.

    perf/query/run.py [--quick] [--keep DIRECTORY] [--only WORD] [--data 100x72h,4000x83min]

Both servers are loaded with the cpu shape of perf/generate, and every statement is asked in as many
instances as --instances says, over one connection, first of one server, then of the other. Answers
are compared; only the last digits of sums over several series may differ, whose order depends in
InfluxDB on the number of CPUs (coordinator: GOMAXPROCS groups of series). Latency is the median; server CPU is that of all threads while the
instances ran, divided by their number. --keep leaves InfluxDB's data where it is for the next run;
Sluice is loaded afresh unless --reuse. --quick is 100 hosts for 6 hours and 500 for 10 minutes.
--storm measures the latency of writes with and without a storm of queries instead, --with-storm
after the first data set.
"""

import argparse
import json
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

from servers import Connection, query_target, start_loaded
from statements import Data, FAMILIES, instances
from storm import measure_storm

FULL = [Data("100x72h", 100, 72 * 60), Data("4000x83min", 4000, 83)]
QUICK = [Data("100x6h", 100, 6 * 60), Data("500x10min", 500, 10)]


def measure(server, statements):
    """Median latency and mean CPU in ms, and the answers. The first statement is asked once before,
    unmeasured."""
    connection = Connection(server.port)
    targets = [query_target(statement) for statement in statements]
    connection.ask("GET", targets[0])
    latencies, answers = [], []
    cpu_before = server.cpu_s()
    for target in targets:
        begin = time.perf_counter()
        answers.append(connection.ask("GET", target))
        latencies.append((time.perf_counter() - begin) * 1000)
    cpu_ms = (server.cpu_s() - cpu_before) * 1000 / len(targets)
    connection.close()
    return statistics.median(latencies), cpu_ms, answers


def rounded(value):
    """JSON with its numbers to twelve digits. InfluxDB calls series of more than 10,000 rows partial though
    they are whole: a difference that tests/compat/query/differences.json chooses."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items() if key != "partial"}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def differences(family, statements, ours, theirs):
    differing = 0
    for statement, a, b in zip(statements, ours, theirs):
        if a == b or (a[0] == b[0] and rounded(json.loads(a[1])) == rounded(json.loads(b[1]))):
            continue
        differing += 1
        if differing == 1:
            at = next((i for i, (x, y) in enumerate(zip(a[1], b[1])) if x != y), 0)
            around = slice(max(0, at - 60), at + 90)
            print(f"{family.name}: answers differ: {statement}\n  Sluice   {a[0]} ...{a[1][around]!r}"
                  f"\n  InfluxDB {b[0]} ...{b[1][around]!r}", file=sys.stderr)
    return differing


def where_and_when():
    """The line that figures need beside them."""
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True,
                            cwd=pathlib.Path(__file__).parent).stdout.strip()
    return (f"{model}, {os.cpu_count()} CPUs, kernel {os.uname().release}, {time.strftime('%Y-%m-%d')}, "
            f"commit {commit}; `{shlex.join(sys.argv)}`")


def run(data, options, root):
    servers = []
    try:
        for name, port in (("sluice", options.port), ("influxdb", options.port + 2)):
            if name == "influxdb" and options.alone:
                continue
            servers.append(start_loaded(name, data, root, port, options.cpus, options.build,
                                        options.connections, name == "sluice" and not options.reuse))
        print(f"\n{data.hosts} hosts, {data.minutes} minutes, a point each {data.interval_s} s: "
              f"{data.lines * 10:,} values; {options.instances} instances each\n")
        print("| | Sluice, ms | InfluxDB, ms | faster | Sluice, CPU ms | InfluxDB, CPU ms | less CPU | aim |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        differing = 0
        for family in FAMILIES:
            if options.only not in family.name:
                continue
            statements = instances(family, data, options.instances, options.seed)
            measured = [measure(server, statements) for server in servers]
            if options.alone:
                measured.append((0, 0, measured[0][2]))
            (ms, cpu, ours), (their_ms, their_cpu, theirs) = measured
            differing += differences(family, statements, ours, theirs)
            print(f"| {family.name} | {ms:.2f} | {their_ms:.2f} | {their_ms / ms:.1f}× | {cpu:.2f} | "
                  f"{their_cpu:.2f} | {their_cpu / max(cpu, 1e-9):.1f}× | {family.target}× |", flush=True)
        return differing
    finally:
        for server in servers:
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", metavar="DIRECTORY")
    parser.add_argument("--reuse", action="store_true", help="Sluice's data too")
    parser.add_argument("--alone", action="store_true", help="without InfluxDB")
    parser.add_argument("--only", default="", metavar="WORD", help="statements whose name has it")
    parser.add_argument("--data", default="", metavar="NAMES", help="such as 100x72h,4000x83min")
    parser.add_argument("--hours", type=int, default=0, help="of the first data set")
    parser.add_argument("--instances", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1, help="that the data is loaded over")
    parser.add_argument("--port", type=int, default=18686)
    parser.add_argument("--cpus", default="", help="of the servers, as taskset takes them")
    parser.add_argument("--build", default="build", help="where perf/load was built")
    parser.add_argument("--storm", action="store_true")
    parser.add_argument("--with-storm", action="store_true")
    options = parser.parse_args()
    sets = QUICK if options.quick else FULL
    if options.hours:
        sets = [Data(f"100x{options.hours}h", 100, options.hours * 60), *sets[1:]]
    if options.data:
        sets = [data for data in sets if data.name in options.data.split(",")]
    print(where_and_when(), flush=True)
    differing = 0
    with tempfile.TemporaryDirectory(prefix="sluice-query-") as scratch:
        root = pathlib.Path(options.keep or scratch)
        for data in sets:
            if not options.storm:
                differing += run(data, options, root)
            if options.storm or (options.with_storm and data is sets[0]):
                measure_storm(data, options, root)
    if differing:
        print(f"\n{differing} answers differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
