#!/usr/bin/env python3
"""Line protocol by UDP: batches are durable, and what is refused or dropped is counted.

    SLUICED=build/src/server/sluiced tests/integration/udp/run.py [WORD]
"""

import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice, free_port  # noqa: E402

ARRIVAL_SECONDS_MAX = 10


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Udp:
    """A server with one input or several, and a sender."""

    def __init__(self, *inputs, more=""):
        self.ports = [free_udp_port() for _ in inputs]
        tables = (f'[[udp]]\nenabled = true\nbind-address = "127.0.0.1:{port}"\n{text}\n'
                  for port, text in zip(self.ports, inputs))
        self.server = Sluice("--cores", "2", config="\n".join(tables) + more)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, *datagrams, to=0):
        for each in datagrams:
            self.socket.sendto(each.encode(), ("127.0.0.1", self.ports[to]))

    def query(self, statement, **parameters):
        body = urllib.parse.urlencode({"q": statement, **parameters}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/query", body, timeout=30) as answer:
            return json.load(answer)["results"][0]

    def rows(self, statement, **parameters):
        result = self.query(statement, epoch="ns", **parameters)
        assert "error" not in result, result
        return result["series"][0]["values"] if "series" in result else []

    def count(self, measurement="m", database="udp"):
        rows = self.query(f"SELECT count(v) FROM {measurement}", db=database)
        return rows["series"][0]["values"][0][1] if "series" in rows else 0

    def page(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}", timeout=30) as answer:
            return answer.read().decode()

    def values(self, of=0):
        return json.loads(self.page("/debug/vars"))[f"udp:127.0.0.1:{self.ports[of]}"]["values"]

    def stop(self):
        self.socket.close()
        return self.server.stop()


def eventually(condition, what="it did not happen"):
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.02)


def points_land_in_a_database_that_is_made(udp):
    assert udp.query("SHOW DATABASES") == {"statement_id": 0, "series": [{"name": "databases", "columns": ["name"]}]}
    udp.send("m,t=a v=1 1", "m,t=a v=2 2\nm,t=b v=3 3\n", "")
    eventually(lambda: udp.count() == 3, udp.values)
    assert udp.rows("SELECT v FROM m WHERE t = 'a'", db="udp") == [[1, 1], [2, 2]]
    values = udp.values()
    assert values == {"batchesTx": values["batchesTx"], "batchesTxFail": 0, "bytesRx": 35, "datagramsDropped": 0,
                      "pointsParseFail": 0, "pointsRefused": 0, "pointsRx": 3, "pointsTx": 3, "pointsTxFail": 0,
                      "readFail": 0}, values
    assert 1 <= values["batchesTx"] <= 3, values


def a_batch_is_written_when_it_is_full():
    udp = Udp('batch-timeout = "1h"\nbatch-size = 10')
    try:
        udp.send(*(f"m v={i} {i}" for i in range(9)))
        time.sleep(0.5)
        assert udp.query("SHOW DATABASES").get("series")[0].get("values") is None
        udp.send("m v=9 9")
        eventually(lambda: udp.count() == 10, udp.values)
        assert udp.values()["batchesTx"] == 1
    finally:
        udp.stop()


def a_stop_writes_what_has_come():
    udp = Udp('batch-timeout = "1h"')
    try:
        udp.send(*(f"m v={i} {i}" for i in range(7)))
        eventually(lambda: udp.values()["bytesRx"] > 0)
        time.sleep(0.3)
        udp.server.restart()
        assert udp.count() == 7
    finally:
        udp.stop()


def what_was_counted_as_written_survives_a_kill(udp):
    udp.send(*(f"m v={i} {i}" for i in range(200)))
    eventually(lambda: udp.values()["pointsTx"] == 200, udp.values)
    udp.server.restart(9)
    assert udp.count() == 200


def keys_decide_where_it_goes():
    udp = Udp('database = "d"\nretention-policy = "p"\nprecision = "s"', 'database = "other"')
    try:
        udp.query("CREATE DATABASE d")
        udp.query("CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1")
        udp.send("m v=1 10")
        udp.send("m v=2 10", to=1)
        eventually(lambda: udp.values(0)["pointsTx"] == 1 and udp.values(1)["pointsTx"] == 1, udp.values)
        assert udp.rows("SELECT v FROM d.p.m") == [[10_000_000_000, 1]]
        assert udp.rows("SELECT v FROM other.autogen.m") == [[10, 2]]
    finally:
        udp.stop()


def a_line_without_a_time_has_that_of_its_arrival():
    udp = Udp('batch-timeout = "1500ms"')
    try:
        before = time.time_ns()
        udp.send("m v=1")
        time.sleep(0.5)
        after = time.time_ns()
        eventually(lambda: udp.count() == 1)
        when = udp.rows("SELECT v FROM m", db="udp")[0][0]
        assert before <= when <= after, (before, when, after)
    finally:
        udp.stop()


def bad_lines_are_counted_and_good_ones_land(udp):
    udp.send('m v=1 1\nbad\nm v=2 2', 'm v="not closed', "m v=3 3", 'm v="text" 4', "m v=5 5")
    eventually(lambda: udp.count() == 4, udp.values)
    values = udp.values()
    assert (values["pointsParseFail"], values["pointsTx"]) == (2, 4), values
    assert values["pointsRefused"] == 1, values
    metrics = udp.page("/metrics")
    name = f'bind="127.0.0.1:{udp.ports[0]}"'
    for result, count in (("written", 4), ("parse", 2), ("refused", 1), ("failed", 0)):
        assert f'sluice_udp_points_total{{{name},result="{result}"}} {count}\n' in metrics, metrics
    assert "udp: lines were not taken" in udp.server.read_log()


def a_missing_policy_is_counted_and_named():
    udp = Udp('retention-policy = "nope"')
    try:
        udp.send("m v=1 1\nm v=2 2")
        eventually(lambda: udp.values()["batchesTxFail"] == 1, udp.values)
        assert udp.values()["pointsTxFail"] == 2
        assert "retention policy not found: nope" in udp.server.read_log()
    finally:
        udp.stop()


def a_database_that_was_dropped_stays_away(udp):
    udp.send("m v=1 1")
    eventually(lambda: udp.count() == 1)
    udp.query("DROP DATABASE udp")
    udp.send("m v=1 1")
    eventually(lambda: udp.values()["batchesTxFail"] >= 1, udp.values)
    assert "values" not in udp.query("SHOW DATABASES")["series"][0]


def many_datagrams_of_many_senders(udp):
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
    for number in range(2000):
        for index, sender in enumerate(senders):
            sender.sendto(f"m,s={index} v={number} {number}".encode(), ("127.0.0.1", udp.ports[0]))
        if number % 20 == 0:
            time.sleep(0.002)
    for sender in senders:
        sender.close()
    eventually(lambda: udp.values()["pointsTx"] + udp.values()["datagramsDropped"] == 16000, udp.values)
    assert udp.count() == udp.values()["pointsTx"]


def the_largest_datagram_lands(udp):
    lines = "\n".join(f"m,t={i:05} v={i} {i}" for i in range(2500))
    assert 50_000 < len(lines) < 65_507
    udp.send(lines)
    eventually(lambda: udp.count() == 2500, udp.values)


def nobody_else_has_the_port():
    udp = Udp("")
    try:
        text = f'[[udp]]\nenabled = true\nbind-address = "127.0.0.1:{udp.ports[0]}"\n'
        path = udp.server.root / "second.conf"
        path.write_text(text)
        program = [udp.server.command()[0], "--config", str(path), "--data-dir", str(udp.server.root / "second"),
                   "--bind", f"127.0.0.1:{free_port()}"]
        ended = subprocess.run(program, capture_output=True, text=True, timeout=30)
        assert ended.returncode == 1 and "Address already in use" in ended.stderr, ended
    finally:
        udp.stop()


WITH_SERVER = [points_land_in_a_database_that_is_made, what_was_counted_as_written_survives_a_kill,
               bad_lines_are_counted_and_good_ones_land, a_database_that_was_dropped_stays_away,
               many_datagrams_of_many_senders, the_largest_datagram_lands]
ALONE = [a_batch_is_written_when_it_is_full, a_stop_writes_what_has_come, keys_decide_where_it_goes,
         a_line_without_a_time_has_that_of_its_arrival, a_missing_policy_is_counted_and_named,
         nobody_else_has_the_port]


def run(test):
    if test in ALONE:
        return test()
    udp = Udp('batch-timeout = "50ms"')
    try:
        test(udp)
    except Exception:
        print(udp.server.read_log()[-1500:])
        raise
    finally:
        udp.stop()


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for test in WITH_SERVER + ALONE:
        if word not in test.__name__:
            continue
        try:
            run(test)
            passed += 1
            print(f"ok: {test.__name__}")
        except Exception as error:  # noqa: BLE001
            failed += 1
            print(f"FAILED {test.__name__}: {error!r}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
