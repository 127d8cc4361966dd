#!/usr/bin/env python3
"""Kills the server with SIGKILL under load, again and again, and checks every acknowledged point.

    tests/integration/kill9/run.py [--cycles N] [--seed N] [--writers N] [--command 'PROGRAM ARGUMENTS']

A cycle: start, wait until a write is accepted, compare what is stored with what was acknowledged, load
for a random moment, kill. A batch without an answer may be there wholly, partly or not at all; after
the restart its writer sends it again, which changes nothing that is there. Points belong to series
that go on, to series that are new with each batch, and to ever new shard groups. Now and then the
server is killed while it still starts, or ended with SIGTERM.

`--command` runs another server for comparison; {data} and {port} in it are replaced.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

DATABASE = "kill9"
SERIES_PER_WRITER = 10
LINES_PER_BATCH = 400
START_NS = 1_700_000_000_000_000_000
# 400 points at this distance are 800 s: a writer enters a new shard group every few seconds.
STEP_NS = 2_000_000_000
READY_SECONDS_MAX = 60
READY_SECONDS_PROMISED = 1.0


def value_of(writer, point):
    """What a point must read back as: hundredths, so that text and double agree."""
    return ((point * 2654435761 + writer * 40503) % 1_000_003) / 100


def batch_body(writer, batch):
    lines = []
    first = batch * LINES_PER_BATCH
    for point in range(first, first + LINES_PER_BATCH):
        lines.append(f"load,writer=w{writer},part=p{point % SERIES_PER_WRITER} "
                     f"v={value_of(writer, point)},n={point}i {START_NS + point * STEP_NS}")
    lines.append(f'fresh,writer=w{writer},batch=b{batch} text="batch {batch}" {START_NS + first * STEP_NS}')
    return "\n".join(lines).encode()


class Server:
    def __init__(self, command, port, data):
        self.command = [part.replace("{port}", str(port)).replace("{data}", str(data))
                        for part in shlex.split(command)]
        self.port = port
        self.log = open(data.parent / "server.log", "ab")
        self.process = None

    def start(self):
        # Little memory: heads are small, so flushes and compactions are killed too.
        environment = {"SLUICE_SLUICE_MEMORY_LIMIT": "64m", **os.environ}
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=environment)
        self.started = time.monotonic()

    def wait_until_writable(self):
        """Seconds from start to the first accepted write."""
        while time.monotonic() - self.started < READY_SECONDS_MAX:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}")
            try:
                status, _ = self.post("/write?db=" + DATABASE, b"ready value=1i 1700000000000000000")
                if status == 204:
                    return time.monotonic() - self.started
                if status == 404:
                    self.query("CREATE DATABASE " + DATABASE)
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.002)
        raise RuntimeError(f"not ready after {READY_SECONDS_MAX} s")

    def post(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, body)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def query(self, text):
        parameters = urllib.parse.urlencode({"db": DATABASE, "epoch": "ns", "q": text})
        status, body = self.post("/query?" + parameters, b"")
        if status != 200:
            raise RuntimeError(f"{text}: {status} {body[:300]!r}")
        result = json.loads(body)["results"][0]
        if "error" in result:
            raise RuntimeError(f"{text}: {result['error']}")
        return result.get("series", [])

    def end(self, how):
        self.process.send_signal(how)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("did not end within 60 s of SIGTERM") from None


class Writer:
    """Knows what it sent: `acknowledged` batches from 0 on, and at most one in doubt after them."""

    def __init__(self, number):
        self.number = number
        self.acknowledged = 0
        self.in_doubt = False
        self.refusal = None

    def load(self, port, stopped):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not stopped.is_set():
            body = batch_body(self.number, self.acknowledged)
            self.in_doubt = True
            try:
                connection.request("POST", "/write?db=" + DATABASE, body)
                response = connection.getresponse()
                answer = response.read()
            except (OSError, http.client.HTTPException):
                break
            if response.status == 204:
                self.acknowledged += 1
                self.in_doubt = False
            elif response.status >= 500:  # overloaded, or on its way out: nothing claimed
                time.sleep(0.05)
            else:
                self.refusal = f"{response.status} {answer[:300]!r}"
                break
        connection.close()


class Checker:
    def __init__(self):
        self.passed = 0
        self.failures = []

    def check(self, is_good, text):
        if is_good:
            self.passed += 1
        else:
            self.failures.append(text)
            print("FAILED: " + text, flush=True)


def tag_counts(server, measurement, field, tags):
    rows = server.query(f"SELECT count({field}) FROM {measurement} GROUP BY {tags}")
    return {tuple(row["tags"][tag] for tag in tags.split(",")): row["values"][0][1] for row in rows}


def check_counts(server, writers, checker, cycle):
    """Per series: everything acknowledged is there, and nothing beyond what was sent."""
    counts = tag_counts(server, "load", "v", "writer,part")
    fresh = tag_counts(server, "fresh", "text", "writer")
    for writer in writers:
        acknowledged = writer.acknowledged * LINES_PER_BATCH // SERIES_PER_WRITER
        doubtful = LINES_PER_BATCH // SERIES_PER_WRITER if writer.in_doubt else 0
        found = [counts.get((f"w{writer.number}", f"p{series}"), 0)
                 for series in range(SERIES_PER_WRITER)]
        checker.check(all(acknowledged <= count <= acknowledged + doubtful for count in found),
                      f"cycle {cycle}: writer {writer.number}: {acknowledged} points of each series "
                      f"acknowledged, {doubtful} in doubt, found {found}")
        count = fresh.get((f"w{writer.number}",), 0)
        checker.check(writer.acknowledged <= count <= writer.acknowledged + writer.in_doubt,
                      f"cycle {cycle}: writer {writer.number}: {writer.acknowledged} new series "
                      f"acknowledged, found {count}")


def check_samples(server, writers, checker, cycle, source):
    for writer in writers:
        if writer.acknowledged == 0:
            continue
        # The last acknowledged point is the one a crash would take first.
        last = writer.acknowledged * LINES_PER_BATCH - 1
        for point in {last, source.randint(0, last)}:
            rows = server.query(f"SELECT v, n FROM load WHERE writer = 'w{writer.number}' AND "
                                f"time = {START_NS + point * STEP_NS}")
            values = [row["values"] for row in rows]
            expected = [[[START_NS + point * STEP_NS, value_of(writer.number, point), point]]]
            checker.check(values == expected, f"cycle {cycle}: writer {writer.number}, point {point}: "
                                              f"expected {expected}, found {values}")


def check_everything(server, writers, checker):
    """Reads every point back, a range of batches at a time."""
    batches_at_once = 50
    for writer in writers:
        wrong = found = 0
        for first in range(0, writer.acknowledged, batches_at_once):
            last = min(first + batches_at_once, writer.acknowledged)
            begin = START_NS + first * LINES_PER_BATCH * STEP_NS
            end = START_NS + last * LINES_PER_BATCH * STEP_NS
            rows = server.query(f"SELECT v, n FROM load WHERE writer = 'w{writer.number}' AND "
                                f"time >= {begin} AND time < {end}")
            points = rows[0]["values"] if rows else []
            found += len(points)
            for time_ns, value, point in points:
                if (time_ns != START_NS + point * STEP_NS
                        or value != value_of(writer.number, point)):
                    wrong += 1
        sent = writer.acknowledged * LINES_PER_BATCH
        checker.check(found == sent and wrong == 0,
                      f"writer {writer.number}: {sent} points sent, {found} found, {wrong} of them wrong")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def load_for(server, writers, seconds, how):
    """Loads for a moment, then ends the server while the writers are at it."""
    stopped = threading.Event()
    threads = [threading.Thread(target=writer.load, args=(server.port, stopped)) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.end(how)
    stopped.set()
    for thread in threads:
        thread.join()


def run_cycles(arguments, server, writers, checker):
    source = random.Random(arguments.seed)
    ready_seconds = []
    began = time.monotonic()
    for cycle in range(arguments.cycles):
        server.start()
        if cycle > 0 and source.random() < 0.1:
            time.sleep(source.uniform(0, 0.1))
            server.end(signal.SIGKILL)
            server.start()
        ready_seconds.append(server.wait_until_writable())
        if cycle > 0:
            check_counts(server, writers, checker, cycle)
            check_samples(server, writers, checker, cycle, source)
        if len(checker.failures) > 20:
            break
        how = signal.SIGTERM if source.random() < 0.1 else signal.SIGKILL
        load_for(server, writers, source.uniform(0.02, 1.2), how)
        for writer in writers:
            checker.check(writer.refusal is None, f"cycle {cycle}: a write got {writer.refusal}")
            writer.refusal = None
        if cycle % 10 == 9:
            print(f"{cycle + 1} cycles, {sum(w.acknowledged for w in writers)} batches acknowledged, "
                  f"{len(checker.failures)} failures, {time.monotonic() - began:.0f} s", flush=True)
    server.start()
    ready_seconds.append(server.wait_until_writable())
    check_counts(server, writers, checker, arguments.cycles)
    check_everything(server, writers, checker)
    server.end(signal.SIGTERM)
    checker.check(server.process.returncode == 0, f"SIGTERM ended it with {server.process.returncode}")
    ready_seconds.sort()
    print(f"{sum(w.acknowledged for w in writers) * LINES_PER_BATCH} points acknowledged; ready after "
          f"{ready_seconds[len(ready_seconds) // 2]:.3f} s (median), {ready_seconds[-1]:.3f} s (longest)")
    checker.check(ready_seconds[len(ready_seconds) // 2] < READY_SECONDS_PROMISED,
                  f"ready only after {ready_seconds[len(ready_seconds) // 2]:.3f} s")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cycles", type=int, default=int(os.environ.get("SLUICE_KILL9_CYCLES", "50")))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--command", default=os.environ.get("SLUICED", "build/src/server/sluiced") +
                        " --data-dir {data} --bind 127.0.0.1:{port}")
    arguments = parser.parse_args()
    print(f"{arguments.cycles} cycles, seed {arguments.seed}", flush=True)

    work = pathlib.Path(tempfile.mkdtemp(prefix="sluice-kill9-"))
    server = Server(arguments.command, arguments.port or free_port(), work / "data")
    writers = [Writer(number) for number in range(arguments.writers)]
    checker = Checker()
    try:
        run_cycles(arguments, server, writers, checker)
    except (RuntimeError, OSError, http.client.HTTPException, KeyError, ValueError) as error:
        checker.check(False, f"{type(error).__name__}: {error}")
    finally:
        if server.process and server.process.poll() is None:
            server.process.kill()
            server.process.wait()
    if checker.failures:
        print(f"data and log are kept in {work}; the last of the log:")
        print(b"".join((work / "server.log").read_bytes().splitlines(True)[-15:]).decode(errors="replace"))
    else:
        shutil.rmtree(work)
    print(f"{checker.passed} passed, {len(checker.failures)} failed")
    return 1 if checker.failures else 0


if __name__ == "__main__":
    sys.exit(main())
