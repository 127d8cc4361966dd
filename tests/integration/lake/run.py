#!/usr/bin/env python3
"""Parquet files that the real binary writes, read by DuckDB, Polars and pyarrow: exports here, and what a running server
publishes in published.py, to a bucket in bucketed.py.

    SLUICED=build/src/server/sluiced SLUICE_BUILD=build tests/integration/lake/run.py [WORD]

The engines come from PyPI into the build directory, at the versions named here; where they cannot be had, the tests
that need them are skipped.
"""

import collections
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import unittest

import bucketed
import published
from rig import (DAY, EDGES, ENGINES, TIME_MAX, TIME_MIN, TOOL, Client, Lake, T, engines_python, equal, export, query, read,
                 write)


def wide_lines(count):
    """Points of three days, with all five types, of which some are missing."""
    lines = []
    for i in range(count):
        fields = [f"f={i % 700 / 4}", f"i={i * 7 - 1000}i"]
        if i % 3:
            fields.append(f"s=\"text {i % 50}\"")
        if i % 2:
            fields.append(f"b={'true' if i % 4 == 1 else 'false'}")
        if i % 5 == 0:
            fields.append(f"u={i}u")
        tags = f"host=h{i % 20}" + (f",zone=z{i % 3}" if i % 20 >= 10 else "")
        lines.append(f"m,{tags} {','.join(fields)} {T + i * (3 * DAY // count) // 1000 * 1000}")
    return lines


def wide_expected(count):
    """[values, least, greatest, sum] of each column."""
    rows = range(count)

    def facts(values, text=str, total=sum):
        return [len(values), text(min(values)), text(max(values)), text(total(values))]
    times = [(T + i * (3 * DAY // count) // 1000 * 1000) // 1000 for i in rows]
    floats = [i % 700 / 4 for i in rows]
    lengths = lambda texts: sum(map(len, texts))  # noqa: E731
    booleans = [i % 4 == 1 for i in rows if i % 2]
    return {
        "time": facts(times),
        "host": facts([f"h{i % 20}" for i in rows], total=lengths),
        "zone": facts([f"z{i % 3}" for i in rows if i % 20 >= 10], total=lengths),
        "f": [count, repr(min(floats)), repr(max(floats)), f"{sum(floats):.9g}"],
        "i": facts([i * 7 - 1000 for i in rows]),
        "s": facts([f"text {i % 50}" for i in rows if i % 3], total=lengths),
        "b": [len(booleans), "false", "true", str(sum(booleans))],
        "u": facts([i for i in rows if i % 5 == 0]),
    }


def check_acknowledged(number):
    count = 60_000
    with Lake() as lake:
        lines = wide_lines(count)
        for begin in range(0, count, 5000):
            write(lake.server, lines[begin:begin + 5000])
        said = lake.export(number)
        assert f"d.autogen.m: {count} rows" in said, said
        expected = wide_expected(count)
        days = sorted(path.name for path in lake.table("m").iterdir())
        assert days[0] == "day=2023-11-14" and len(days) in (3, 4), days
        for engine in ENGINES:
            found = read(engine, lake.table("m"))
            equal(found["rows"], count, engine)
            assert found["columns"].pop("day")[0] == count
            equal(found["columns"], expected, f"{engine} {found['version']}")


def test_what_was_acknowledged_is_what_engines_sum():
    check_acknowledged(signal.SIGTERM)


def test_what_was_acknowledged_before_a_kill_is_there():
    check_acknowledged(signal.SIGKILL)


def test_each_point_is_there_once_with_its_newest_fields():
    """Through both cores, so that both stores have some of the same points."""
    with Lake() as lake:
        clients = [Client(lake.server.port) for _ in range(8)]
        for turn in range(16):
            lines = [f"m,host=h{i % 10} a={turn * 1000 + i}i,t{turn}=true {T + i * 1000}" for i in range(300)]
            answer = clients[turn % 8].request("POST", "/write?db=d", "\n".join(lines).encode(), [])
            equal(answer.status, 204)
        query(lake.server, "DELETE FROM m WHERE host = 'h3'")
        lake.export()
        for engine in ENGINES:
            found = read(engine, lake.table("m"))
            left = [15_000 + i for i in range(300) if i % 10 != 3]
            equal(found["rows"], len(left), engine)
            equal(found["columns"]["a"], [len(left), str(min(left)), str(max(left)), str(sum(left))], engine)
            for turn in range(16):
                equal(found["columns"][f"t{turn}"][0], len(left), engine)


def test_strings_names_and_times_at_their_ends():
    with Lake() as lake:
        write(lake.server, [
            f"edge,Host=A,host=B host=1,value=1,Value=2 {TIME_MIN}",
            f"edge,Host=A,Time=x TIME=3,day=4i,nanos=5i {TIME_MAX}",
            "edge empty=\"\",text=\"Zürich \U0001F600 'x' \\\"y\\\"\" 1",
            "edge text=\"" + "long" * 4000 + "\" 1001",
        ])
        write(lake.server, b"edge text=\"no \xff text\" 2002")
        said = lake.export()
        assert "1 strings of d.autogen.edge were not UTF-8" in said, said
        names = ["time", "nanos", "Host", "host_tag", "Time_tag", "Value", "day_field", "empty", "host_field",
                 "nanos_field", "text", "TIME_field", "value_field", "day"]
        for engine in ENGINES:
            found = read(engine, lake.table("edge"))
            columns = found["columns"]
            equal(sorted(columns), sorted(names), engine)
            equal(found["rows"], 5, engine)
            equal(columns["time"][1:3], [str(TIME_MIN // 1000), str(TIME_MAX // 1000)], engine)
            equal(columns["nanos"], [5, str(min(TIME_MIN % 1000, 1)), str(TIME_MAX % 1000),
                                     str(TIME_MIN % 1000 + TIME_MAX % 1000 + 1 + 1 + 2)], engine)
            equal(columns["empty"], [1, "", "", "0"], engine)
            equal(columns["text"][:3], [3, "Zürich \U0001F600 'x' \"y\"", "no \ufffd text"], engine)
            equal(columns["host_tag"][1], "B", engine)
            equal(columns["value_field"][1], "1.0", engine)
            equal(columns["Value"][1], "2.0", engine)


def test_a_field_of_two_types_is_two_columns():
    with Lake() as lake:
        write(lake.server, [f"v,a=b x=1.5 {T}"])
        write(lake.server, [f"v,a=b x=7i {T + 30 * DAY}"])
        lake.export()
        for engine in ENGINES:
            columns = read(engine, lake.table("v"))["columns"]
            equal(columns["x"], [1, "1.5", "1.5", "1.5"], engine)
            equal(columns["x_integer"], [1, "7", "7", "7"], engine)


def test_five_thousand_columns():
    with Lake() as lake:
        for turn in range(3):
            fields = ",".join(f"f{i:04}={i + turn}" for i in range(turn, 5000))
            write(lake.server, [f"wide,host=h {fields} {T + turn * 1000}"])
        lake.export()
        for engine in ENGINES:
            columns = read(engine, lake.table("wide"))["columns"]
            equal(len(columns), 5003, engine)
            equal(columns["f0000"], [1, "0.0", "0.0", "0"], engine)
            equal(columns["f4999"], [3, "4999.0", "5001.0", "15000"], engine)


def test_odd_names_of_folders():
    with Lake() as lake:
        query(lake.server, 'CREATE RETENTION POLICY "a b" ON d DURATION INF REPLICATION 1')
        write(lake.server, [f"we\\ ird=x*,a=b v=1 {T}", f".hidden v=2 {T}", f"Zürich v=3 {T}"], rp="a b")
        lake.export()
        for name, value in (("we%20ird%3Dx%2A", "1.0"), ("%2Ehidden", "2.0"), ("Zürich", "3.0")):
            equal(read("duckdb", lake.table(name, "a%20b"))["columns"]["v"][1], value)


def test_values_that_no_line_can_bring():
    """NaN, infinities, zeros of both signs, the ends of all types, columns without values."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(EDGES), folder + "/edges.parquet"], check=True)
        for engine in ENGINES:
            found = read(engine, folder)
            columns = found["columns"]
            equal(found["rows"], 6, engine)
            equal(columns["float"][:3], [5, "-inf", "inf"], engine)
            equal(columns["nan"][:3], [2, None, None], engine)
            equal(columns["integer"], [2, str(-2**63), str(2**63 - 1), "-1"], engine)
            equal(columns["unsigned"], [2, "0", str(2**64 - 1), str(2**64 - 1)], engine)
            equal(columns["none"][:3], [0, None, None], engine)
            equal(columns["text"], [2, "", "\u6771\u4eac", "2"], engine)
            equal(columns["boolean"], [2, "false", "true", "1"], engine)


def test_filters_find_zeros_of_both_signs():
    """Readers skip row groups by their bounds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(EDGES), folder + "/edges.parquet"], check=True)
        code = (f"import duckdb, polars as p; f = '{folder}/edges.parquet'\n"
                "print(duckdb.sql(f\"select count(*) from '{f}' where zero = 0.0\").fetchall()[0][0],\n"
                "      duckdb.sql(f\"select count(*) from '{f}' where zero = -0.0\").fetchall()[0][0],\n"
                "      p.scan_parquet(f).filter(p.col('zero') == 0.0).collect().height,\n"
                "      duckdb.sql(f\"select count(*) from '{f}' where isnan(nan)\").fetchall()[0][0])")
        done = subprocess.run([str(engines_python()), "-c", code], capture_output=True, text=True, check=False)
        equal(done.stdout.split(), ["2", "2", "2", "2"], done.stderr[-500:])


def test_an_export_is_refused_where_it_would_double_points():
    with Lake() as lake:
        write(lake.server, [f"m v=1 {T}", f"n v=1 {T}"])
        done = export(lake.server, lake.folder, "--measurement", "m")
        equal(done.returncode, 0, done.stderr)
        equal([path.name for path in (lake.folder / "d/autogen").iterdir()], ["m"])
        before = {path: path.stat().st_mtime_ns for path in lake.folder.rglob("*.parquet")}
        done = export(lake.server, lake.folder)
        assert done.returncode == 1 and "points twice" in done.stderr, done.stderr
        equal({path: path.stat().st_mtime_ns for path in lake.folder.rglob("*.parquet")}, before)
        done = export(lake.server, lake.folder, "--measurement", "nope")
        assert done.returncode == 1 and "no measurement nope" in done.stderr, done.stderr


def test_only_what_is_asked_for():
    with Lake() as lake:
        write(lake.server, [f"m v={i}i {T + i}" for i in range(10)])
        lake.server.stop()
        done = export(lake.server, lake.folder, "--start", T + 2, "--end", T + 4)
        equal(done.returncode, 0, done.stderr)
        assert "3 rows, 1 files" in done.stderr, done.stderr
        equal(read("duckdb", lake.table("m"))["columns"]["v"], [3, "2", "4", "9"])


def test_the_same_data_give_the_same_bytes():
    with Lake() as lake:
        write(lake.server, wide_lines(20_000))
        lake.export()
        first = {path.relative_to(lake.folder): path.read_bytes() for path in lake.folder.rglob("*.parquet")}
        lake.folder = lake.server.root / "again"
        done = export(lake.server, lake.folder)
        equal(done.returncode, 0, done.stderr)
        second = {path.relative_to(lake.folder): path.read_bytes() for path in lake.folder.rglob("*.parquet")}
        assert first and first == second


def test_an_export_that_is_ended_leaves_whole_files_only():
    with Lake() as lake:
        for begin in range(0, 200_000, 20_000):
            write(lake.server, [f"m,host=h{i % 50} v={i * 37 % 1000}i {T + i * 1_000_000_000}"
                                for i in range(begin, begin + 20_000)])
        lake.server.stop()
        running = subprocess.Popen([str(TOOL), "export", "--parquet", str(lake.folder), str(lake.server.root / "data")],
                                   stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not list(lake.folder.rglob("day=*")) and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
        equal([path for path in lake.folder.rglob("*") if path.is_file() and path.suffix != ".parquet"], [])
        # It may have been done by then.
        assert running.returncode == 0 or "signal" in said, said


def test_inspect_shows_a_file():
    with Lake() as lake:
        write(lake.server, wide_lines(3000))
        lake.export()
        path = next(lake.table("m").rglob("*.parquet"))
        done = subprocess.run([str(TOOL), "inspect", "--rows", str(path)], capture_output=True, text=True, check=False)
        equal(done.returncode, 0, done.stderr)
        assert re.search(r"^measurement: m$", done.stdout, re.M), done.stdout
        assert re.search(r"^  u unsigned: \d+ values", done.stdout, re.M), done.stdout
        whole = path.read_bytes()
        path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
        done = subprocess.run([str(TOOL), "inspect", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 1 and str(path) in done.stderr, done.stdout + done.stderr


def main():
    words = sys.argv[1:]
    outcome = collections.Counter()
    for name, case in [*globals().items(), *vars(published).items(), *vars(bucketed).items()]:
        if not name.startswith("test_") or (words and not any(word in name for word in words)):
            continue
        try:
            case()
            outcome["passed"] += 1
            print(f"ok: {name}", flush=True)
        except unittest.SkipTest as reason:
            outcome["skipped"] += 1
            print(f"skipped: {name}: {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            outcome["failed"] += 1
            print(f"FAILED: {name}", flush=True)
            traceback.print_exc()
    print(f"{outcome['passed']} passed, {outcome['failed']} failed, {outcome['skipped']} skipped")
    return 1 if outcome["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
