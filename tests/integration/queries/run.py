#!/usr/bin/env python3
"""Queries at work, over real sockets: they stream in bounded memory, are listed, stopped and bounded.

    SLUICED=build/src/server/sluiced tests/integration/queries/run.py [WORD]

SLUICE_STREAM_ROWS sets how many rows the streaming tests read (2,000,000): memory does not depend on it.
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parents[1] / "support")]

from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

ROWS = int(os.environ.get("SLUICE_STREAM_ROWS", "2000000"))
# What an answer may add to the server's resident memory: buffers of a query, not rows.
STREAM_BYTES_MAX = 96 << 20
# Slow enough to be caught at work.
SLOW = "SELECT v FROM big ORDER BY time DESC"


def target(statement, **parameters):
    return "/query?" + urllib.parse.urlencode({"db": "d", "q": statement} | parameters)


def ask(port, statement, headers=(), **parameters):
    with Client(port, timeout=60) as client:
        return client.get(target(statement, **parameters), headers)


def result(port, statement, **parameters):
    return json.loads(ask(port, statement, **parameters).text)["results"][0]


def fill(port, rows):
    with Client(port, timeout=60) as client:
        assert client.post("/query?q=CREATE+DATABASE+d").status == 200
        step = 100_000
        for at in range(0, rows, step):
            lines = "".join(f"big,h=h{i % 4} v={i}i {i}000\n" for i in range(at, min(at + step, rows)))
            answer = client.post("/write?db=d", lines)
            assert answer.status == 204, answer.text


def resident_bytes(server):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


class PeakMemory:
    """The most that the server's resident memory grew meanwhile."""

    def __init__(self, server):
        self.server, self.before, self.grown, self.ended = server, resident_bytes(server), 0, False
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.ended:
            self.grown = max(self.grown, resident_bytes(self.server) - self.before)
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()


class Reader:
    """Reads a chunked answer piece by piece and keeps nothing."""

    def __init__(self, port, statement, headers=(), **parameters):
        self.client = Client(port, timeout=60)
        head = f"GET {target(statement, **parameters)} HTTP/1.1\r\nHost: test\r\n"
        self.client.send(head + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n")

    def head(self):
        lines = []
        while line := self.client._line():
            lines.append(line)
        return lines

    def pieces(self):
        while size := int(self.client._line(), 16):
            yield self.client._bytes(size)
            self.client._line()
        self.client._line()

    def close(self):
        self.client.close()


def stream(server, headers=(), unzip=False, **parameters):
    """Rows of an answer, and what it cost the server in memory."""
    inflater = zlib.decompressobj(31) if unzip else None
    rows, tail = 0, b""
    with PeakMemory(server) as memory:
        reader = Reader(server.port, "SELECT v FROM big", headers, epoch="ns", **parameters)
        reader.head()
        for piece in reader.pieces():
            if inflater is not None:
                piece = inflater.decompress(piece)
            rows += (tail + piece).count(b"],[") + (tail + piece).count(b"[[")
            tail = piece[-2:]
            rows -= tail.count(b"],[") + tail.count(b"[[")
        reader.close()
    if inflater is not None:
        assert inflater.eof, "the gzip stream has no end"
    return rows, memory.grown


def check_stream(server, **arguments):
    rows, grown = stream(server, **arguments)
    assert rows == ROWS, f"{rows} rows of {ROWS}"
    assert grown < STREAM_BYTES_MAX, f"the answer took {grown >> 20} MiB"
    print(f"    {rows} rows, {grown >> 20} MiB")


def running(port):
    values = result(port, "SHOW QUERIES")["series"][0]["values"]
    return [value for value in values if value[1] != "SHOW QUERIES"]


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


def start_slow(port, **parameters):
    """A reader that does not read on: its query stays at work."""
    reader = Reader(port, SLOW, chunked="true", **parameters)
    reader.head()
    return reader


def last_document(reader):
    text = b""
    for piece in reader.pieces():
        text = (text + piece)[-4096:]
    return text.strip().splitlines()[-1].decode()


# ---- the tests; each gets a server with ROWS points

def a_whole_answer_streams(server):
    check_stream(server)


def a_chunked_answer_streams(server):
    check_stream(server, chunked="true")


def a_compressed_answer_streams(server):
    check_stream(server, headers=(("Accept-Encoding", "gzip"),), unzip=True)


def a_chunked_answer_is_json_for_msgpack(server):
    with PeakMemory(server) as memory:
        reader = Reader(server.port, "SELECT v FROM big", (("Accept", "application/x-msgpack"),), chunked="true")
        head = reader.head()
        size = sum(len(piece) for piece in reader.pieces())
        reader.close()
    assert "application/json" in str(head), head
    assert size > ROWS * 10 and memory.grown < STREAM_BYTES_MAX, (size, memory.grown)


def curl_reads_a_compressed_answer(server):
    url = f"http://127.0.0.1:{server.port}" + target("SELECT v FROM big LIMIT 100000", epoch="ns")
    plain = subprocess.run(["curl", "-s", url], capture_output=True, check=True).stdout
    compressed = subprocess.run(["curl", "-s", "--compressed", url], capture_output=True, check=True).stdout
    assert plain == compressed and len(plain) > 100_000
    raw = subprocess.run(["curl", "-s", "-H", "Accept-Encoding: gzip", url], capture_output=True, check=True).stdout
    assert gzip.decompress(raw) == plain and len(raw) < len(plain) / 3


def queries_are_listed(server):
    reader = start_slow(server.port)
    listed = wait_until(lambda: running(server.port))
    assert len(listed) == 1 and listed[0][1:3] == [SLOW, "d"] and listed[0][4] == "running", listed
    reader.close()
    wait_until(lambda: not running(server.port))


def a_query_is_killed(server):
    readers = [start_slow(server.port) for _ in range(4)]
    listed = wait_until(lambda: len(found := running(server.port)) == 4 and found)
    ids = [query[0] for query in listed]
    assert len(set(ids)) == 4
    for query in ids:
        assert "error" not in result(server.port, f"KILL QUERY {query}")
    for reader in readers:
        assert last_document(reader) == '{"results":[{"statement_id":0,"error":"query interrupted"}]}'
    wait_until(lambda: not running(server.port))
    assert result(server.port, f"KILL QUERY {ids[0]}")["error"] == f"no such query id: {ids[0]}"


def a_client_that_leaves_stops_its_query(server):
    readers = [start_slow(server.port) for _ in range(4)]
    wait_until(lambda: len(running(server.port)) == 4)
    for reader in readers:
        reader.close()
    wait_until(lambda: not running(server.port), 20)


def a_half_closed_client_gets_its_answer(server):
    with Client(server.port) as client:
        client.send(f"GET {target('SELECT count(v) FROM big WHERE time < 10ms')} HTTP/1.1\r\nHost: test\r\n\r\n")
        client.socket.shutdown(1)
        answer = client.read()
    assert json.loads(answer.text)["results"][0]["series"][0]["values"][0][1] == 10_000


def a_pipelined_request_waits(server):
    request = f"GET {target('SELECT count(v) FROM big')} HTTP/1.1\r\nHost: test\r\n\r\n"
    with Client(server.port) as client:
        client.send(request * 3)
        for _ in range(3):
            assert b"series" in client.read().body


def explain_analyze_counts_rows(server):
    lines = result(server.port, "EXPLAIN ANALYZE SELECT v FROM big WHERE time < 1ms")["series"][0]["values"]
    rows = sum(int(line[0].rsplit(": ", 1)[1]) for line in lines if " rows: " in line[0])
    assert rows >= 1000, lines
    assert any("rows_answered: 1000" in line[0] for line in lines), lines


def very_many_series_are_read(_):
    """More than a query may list: one is found, all are counted, memory stays a query's."""
    count = 400_000

    def check(server):
        with Client(server.port, timeout=60) as client:
            for at in range(0, count, 50_000):
                lines = "".join(f"crowd,id=i{i},m=n{i % 7} v={i}i {i % 1000}000\n" for i in range(at, at + 50_000))
                assert client.post("/write?db=d", lines).status == 204
        with PeakMemory(server) as peak:
            one = result(server.port, "SELECT v FROM crowd WHERE id = 'i277777'")
            assert one["series"][0]["values"] == [["1970-01-01T00:00:00.000777Z", 277777]], one
            for _ in range(2):  # from memory and from segments, as it happens
                counted = result(server.port, "SELECT count(v), sum(v), max(v) FROM crowd")
                assert counted["series"][0]["values"][0][1:] == [count, count * (count - 1) // 2, count - 1], counted
            assert result(server.port, "SELECT v FROM crowd LIMIT 2")["series"][0]["values"][0][1] % 1000 == 0
            keys = result(server.port, "SHOW TAG KEYS FROM crowd")
            assert keys["series"][0]["values"] == [["id"], ["m"]], keys
            values = result(server.port, "SHOW TAG VALUES FROM crowd WITH KEY = m")
            assert len(values["series"][0]["values"]) == 7, values
            estimate = result(server.port, "SHOW SERIES CARDINALITY")["series"][0]["values"][0][0]
            assert abs(estimate - count) < count * 0.02, estimate
        assert peak.grown < 2 * STREAM_BYTES_MAX, peak.grown

    with_config("", 100, check)


def a_year_of_many_measurements_is_read(server):
    """Little in each of very many places: sixty measurements, each with a shard group a week, over two connections."""
    assert ask(server.port, "CREATE DATABASE year").status == 200
    measurements, weeks, hosts = 60, 52, 4
    with Client(server.port) as one, Client(server.port) as other:
        for week in range(weeks):
            for number, client in enumerate((one, other)):
                time_s = 1_600_000_000 + week * 7 * 86_400 + number
                lines = "".join(f"m{m},host=h{host} v={host}i {time_s}\n"
                                for m in range(measurements) for host in range(number, hosts, 2))
                assert client.post("/write?db=year&precision=s", lines).status == 204
    series = result(server.port, "SHOW SERIES", db="year")
    assert len(series["series"][0]["values"]) == measurements * hosts, series
    counts = result(server.port, "SELECT count(v) FROM /.*/ GROUP BY host", db="year")
    assert [each["values"][0][1] for each in counts["series"]] == [weeks] * measurements * hosts, counts


def statistics_are_shown(server):
    indexes = result(server.port, "SHOW STATS FOR 'indexes'")["series"]
    assert len(indexes) == 1 and indexes[0]["name"] == "indexes", indexes
    assert indexes[0]["columns"] == ["memoryBytes"] and indexes[0]["values"][0][0] > 0, indexes
    modules = [series["name"] for series in result(server.port, "SHOW STATS")["series"]]
    assert "indexes" not in modules and "shard" in modules, modules
    for statement in ("SHOW STATS", "SHOW DIAGNOSTICS"):
        lines = ask(server.port, statement, chunked="true", chunk_size=1).text.splitlines()
        assert len(lines) == 1, f"{statement} comes in {len(lines)} documents"
    shard = result(server.port, "SHOW STATS FOR 'shard'")["series"][0]
    values = dict(zip(shard["columns"], shard["values"][0]))
    assert values["writePointsOk"] >= ROWS and values["writeReq"] == values["writeReqOk"] > 0, values
    with Client(server.port, timeout=60) as client:
        shards = [each for key, each in json.loads(client.get("/debug/vars").text).items() if ":" in key
                  and each["name"] == "shard"]
    assert shards[0]["values"]["writePointsOk"] == values["writePointsOk"], shards


def series_are_counted(server):
    """What /debug/vars says of a database follows the writes, whichever core has the series."""
    for number in range(4):
        # A measurement in each of two shard groups.
        lines = "".join(f"counted{number % 2},n={number % 3},h={host} v=1 {number % 2}000000000000000000\n"
                        for host in range(10))
        assert ask(server.port, "CREATE DATABASE counted").status == 200
        with Client(server.port) as client:
            assert client.post("/write?db=counted", lines).status == 204
            expected = {"numMeasurements": min(number + 1, 2), "numSeries": 10 * (number + 1)}
            # Where counting takes long it is not done each time.
            for _ in range(100):
                database = json.loads(client.get("/debug/vars").text)["database:counted"]
                if database["values"] == expected:
                    break
                time.sleep(0.1)
        assert database["values"] == expected, database


def with_config(config, rows, check):
    server = Sluice("--cores", "2", config=config)
    try:
        fill(server.port, rows)
        check(server)
    finally:
        server.stop()


def rows_of(answer):
    return [len(series["values"]) for series in answer.get("series", [])]


def the_number_of_rows_is_bounded(_):
    def check(server):
        cut = result(server.port, "SELECT v FROM big")
        assert rows_of(cut) == [50] and cut["series"][0]["partial"], cut
        assert "partial" not in cut
        exact = result(server.port, "SELECT v FROM big LIMIT 50")
        assert rows_of(exact) == [50] and "partial" not in exact["series"][0], exact
        groups = result(server.port, "SELECT v FROM big GROUP BY h")
        assert rows_of(groups) == [25, 25] and groups["series"][1].get("partial") is None, groups
        both = json.loads(ask(server.port, "SELECT v FROM big LIMIT 60; SHOW DATABASES").text)["results"]
        assert len(both) == 1, both
        lines = ask(server.port, "SELECT v FROM big", chunked="true", chunk_size=100).text.splitlines()
        assert sum(rows_of(json.loads(lines[0])["results"][0])) == 100

    with_config("[http]\nmax-row-limit = 50\n", 100, check)


def what_a_select_reads_is_bounded(_):
    def check_points(server):
        for statement in ("SELECT v FROM big", "SELECT mean(v) FROM big"):
            error = result(server.port, statement)["error"]
            assert error.startswith("max-select-point limit exceeed: ("), error
            assert error.endswith("/5000)"), error
        assert "error" not in result(server.port, "SELECT v FROM big LIMIT 10")
        assert "error" not in result(server.port, "SELECT mean(v) FROM big WHERE time < 4999u")

    def check_series(server):
        for statement in ("SELECT v FROM big", "SELECT mean(v) FROM big GROUP BY h"):
            error = result(server.port, statement)["error"]
            assert error == "max-select-series limit exceeded: (4/3)", error
        assert "error" not in result(server.port, "SELECT v FROM big WHERE h != 'h0'")

    with_config("[coordinator]\nmax-select-point = 5000\n", 20_000, check_points)
    with_config("[coordinator]\nmax-select-series = 3\n", 20, check_series)


def time_is_bounded(_):
    def check(server):
        reader = start_slow(server.port)
        time.sleep(1)
        assert last_document(reader) == '{"results":[{"statement_id":0,"error":"query-timeout limit exceeded"}]}'
        assert "Detected slow query" in server.read_log()

    with_config('[coordinator]\nquery-timeout = "500ms"\nlog-queries-after = "100ms"\n', 500_000, check)


def the_number_of_queries_is_bounded(_):
    def check(server):
        readers = [start_slow(server.port) for _ in range(2)]
        wait_until(lambda: result(server.port, "SHOW DATABASES").get("error") ==
                   "max-concurrent-queries limit exceeded(2, 2)")
        for reader in readers:
            reader.close()
        wait_until(lambda: "error" not in result(server.port, "SHOW DATABASES"))

    with_config("[coordinator]\nmax-concurrent-queries = 2\n", 500_000, check)


TESTS = [a_whole_answer_streams, a_chunked_answer_streams, a_compressed_answer_streams,
         a_chunked_answer_is_json_for_msgpack, curl_reads_a_compressed_answer, queries_are_listed, a_query_is_killed,
         a_client_that_leaves_stops_its_query, a_half_closed_client_gets_its_answer, a_pipelined_request_waits,
         explain_analyze_counts_rows, statistics_are_shown, series_are_counted, very_many_series_are_read,
         a_year_of_many_measurements_is_read, the_number_of_rows_is_bounded,
         what_a_select_reads_is_bounded, time_is_bounded,
         the_number_of_queries_is_bounded]


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    server = Sluice("--cores", "2")
    try:
        fill(server.port, ROWS)
        for test in TESTS:
            name = test.__name__.replace("_", " ")
            if word not in name:
                continue
            try:
                test(server)
                print(f"ok {name}")
                passed += 1
            except Exception as trouble:  # noqa: BLE001: every trouble is a failed test
                print(f"FAILED {name}: {type(trouble).__name__}: {str(trouble)[:1000]}")
                failed += 1
    finally:
        server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
