#!/usr/bin/env python3
"""Continuous queries run on their schedule in the real server, and again after a restart.

    SLUICED=build/src/server/sluiced tests/integration/continuous_queries/run.py
"""

import json
import pathlib
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice  # noqa: E402

CONFIG = """
[continuous_queries]
  run-interval = "100ms"
"""
WINDOW_NS = 1_000_000_000
WAIT_SECONDS_MAX = 20


def query(server, statement):
    body = urllib.parse.urlencode({"q": statement, "db": "d", "epoch": "ns"}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/query", body, timeout=30) as answer:
        result = json.load(answer)["results"][0]
    assert "error" not in result, (statement, result)
    return result.get("series", [])


def rows(server, statement):
    return [row for series in query(server, statement) for row in series["values"]]


def statistics(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/debug/vars", timeout=30) as answer:
        return json.load(answer)["cq"]["values"]


class Writer:
    """A point every 50 ms, at the present time, until it is stopped."""

    def __init__(self, server):
        self.server = server
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        number = 0
        while not self.stopping.wait(0.05):
            for host in "ab":
                line = f"m,host={host} v={number}i {time.time_ns()}".encode()
                urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/write?db=d", line, timeout=30).close()
            number += 1

    def stop(self):
        self.stopping.set()
        self.thread.join()


def eventually(condition, what):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


def check_windows(server, target, source, since):
    """Every window in `target` holds what the same SELECT says about the points by now."""
    found = rows(server, f"SELECT count, last FROM {target} WHERE time >= {since}")
    assert found, f"{target} is empty"
    for at, count, last in found:
        window = f"SELECT count(v), last(v) FROM {source} WHERE time >= {at} AND time < {at + WINDOW_NS}"
        wanted = rows(server, window)
        assert wanted and wanted[0][1:] == [count, last], (target, at, count, last, wanted)
    return found


def run(server):
    query(server, "CREATE DATABASE d")
    query(server, "CREATE CONTINUOUS QUERY plain ON d BEGIN "
                  "SELECT count(v), last(v) INTO one FROM m GROUP BY time(1s) END")
    query(server, "CREATE CONTINUOUS QUERY again ON d RESAMPLE EVERY 500ms FOR 3s BEGIN "
                  "SELECT count(v) INTO two FROM m GROUP BY time(1s), host END")
    writer = Writer(server)
    try:
        eventually(lambda: len(rows(server, "SELECT count FROM one")) >= 3, lambda: rows(server, "SELECT * FROM one"))
        eventually(lambda: len(rows(server, "SELECT count FROM two WHERE host = 'b'")) >= 2, lambda: "two is empty")
    finally:
        writer.stop()
    # What was computed while points of the window were under way is computed for good by then.
    found = check_windows(server, "one", "m", 0)
    times = [row[0] for row in found]
    assert times == list(range(times[0], times[0] + len(times) * WINDOW_NS, WINDOW_NS)), times
    assert all(time_ns % WINDOW_NS == 0 for time_ns in times)
    assert statistics(server)["queryFail"] == 0 and statistics(server)["queryOk"] >= 5, statistics(server)
    print("ok: windows are computed as they end")

    server.restart()
    restarted = time.time_ns()
    writer = Writer(server)
    try:
        newer = f"SELECT count FROM one WHERE time >= {restarted}"
        eventually(lambda: len(rows(server, newer)) >= 2, lambda: rows(server, "SELECT * FROM one"))
    finally:
        writer.stop()
    check_windows(server, "one", "m", restarted)
    print("ok: they go on after a restart")

    query(server, "DROP CONTINUOUS QUERY plain ON d")
    query(server, "DROP CONTINUOUS QUERY again ON d")
    before = statistics(server)
    time.sleep(1.5)
    assert statistics(server) == before, (before, statistics(server))
    print("ok: a dropped query does not run")


def main():
    server = Sluice(config=CONFIG)
    try:
        run(server)
    except Exception as error:  # noqa: BLE001
        print(f"FAILED {error!r}\n{server.read_log()[-3000:]}\n0 passed, 1 failed")
        return 1
    finally:
        server.stop()
    print("3 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
