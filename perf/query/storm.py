"""How long writes take while queries run without pause, beside how long they take without."""

import json
import os
import subprocess
import threading

from servers import Connection, load_command, query_target, start_loaded
from statements import FAMILIES, instances

STORM_CONNECTIONS = 8
# Half a million values a second, and queries that each take a while.
WRITE_RATE = 100
WRITE_BATCH = 500
STORM_FAMILIES = ("double-groupby-all", "high-cpu-all", "groupby-orderby-limit", "cpu-max-all-8",
                  "mean by day")


def write_latencies(data, options, port, seconds):
    """Writes a fleet's newest points at a steady rate; p50, p99 and the greatest latency in ms."""
    start_ns = (1_451_606_400 + data.minutes * 60) * 10**9
    command = load_command(data, port, options.build, 4, "--start", str(start_ns), "--batch",
                           str(WRITE_BATCH), "--rate", str(WRITE_RATE), "--lines",
                           str(WRITE_BATCH * WRITE_RATE * seconds), "--seconds", str(seconds))
    result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result["p50_ms"], result["p99_ms"], result["max_ms"]


class Storm:
    def __init__(self, port, statements):
        self.targets = [query_target(statement) for statement in statements]
        self.port = port
        self.stopping = False
        self.answers = 0
        self.threads = [threading.Thread(target=self._ask, args=(i,)) for i in range(STORM_CONNECTIONS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def _ask(self, first):
        # Where clients have to share a CPU, the latencies of writes are not to be those of reading answers.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        connection = Connection(self.port)
        while not self.stopping:
            connection.ask("GET", self.targets[first % len(self.targets)])
            first += 1
            self.answers += 1
        connection.close()


def measure_storm(data, options, root, seconds=10):
    print(f"\n{data.name}: {WRITE_RATE} writes of {WRITE_BATCH} lines a second\n")
    print("| | p50, ms | p99, ms | max, ms | queries/s |\n|---|---:|---:|---:|---:|")
    for name, port in (("sluice", options.port), ("influxdb", options.port + 2)):
        if name == "influxdb" and options.alone:
            continue
        # What the storm writes must not be in the data that is kept.
        server = start_loaded(name, data, root / "storm", port, options.cpus, options.build,
                              options.connections, True)
        try:
            statements = []
            for family in FAMILIES:
                if family.name in STORM_FAMILIES:
                    statements += instances(family, data, 4, options.seed)
            p50, p99, most = write_latencies(data, options, port, seconds)
            print(f"| {name} | {p50:.2f} | {p99:.2f} | {most:.2f} | |", flush=True)
            with Storm(port, statements) as storm:
                p50, p99, most = write_latencies(data, options, port, seconds)
                rate = storm.answers / seconds
            print(f"| {name}, storm | {p50:.2f} | {p99:.2f} | {most:.2f} | {rate:.1f} |", flush=True)
        finally:
            server.stop()
