"""What a running server publishes to a folder, held against what was acknowledged, by DuckDB and by InfluxQL."""

import json
import os
import pathlib
import random
import re
import signal
import subprocess
import tempfile
import time

from rig import DAY, ENGINES, T, TOOL, Client, Sluice, ask, engines_python, equal, query, read, write

WEEK = 7 * DAY
SECONDS_MAX = 90
KILLS = int(os.environ.get("SLUICE_KILL9_CYCLES", "12"))
CONFIG = """
[data]
  cache-snapshot-write-cold-duration = "300ms"
  compact-full-write-cold-duration = "2s"
[retention]
  check-interval = "1s"
[lake]
  enabled = true
  root = "{url}"
  node = "{node}"
  publish-after = "1s"
"""


class Node:
    """A server that publishes, and what it has acknowledged: {(measurement, host): {time: value}}. `root` is the folder
    that it publishes to, or one like what it publishes to at `url`."""

    def __init__(self, root, node="a", more="", url=None):
        self.root = pathlib.Path(root)
        self.points = {}
        self.server = Sluice("--cores", "2", config=CONFIG.format(url=url or f"file://{root}", node=node) + more)
        query(self.server, "CREATE DATABASE d")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.server.directory.cleanup()

    def write(self, points, measurement="m"):
        """[(host, time, value)]"""
        write(self.server, [f"{measurement},host={host} v={value}i {time}" for host, time, value in points])
        for host, at, value in points:
            self.points.setdefault((measurement, host), {})[at] = value

    def delete(self, measurement, host, before):
        query(self.server, f"DELETE FROM {measurement} WHERE host = '{host}' AND time < {before}")
        series = self.points[measurement, host]
        self.points[measurement, host] = {at: value for at, value in series.items() if at >= before}

    def expected(self, measurement="m"):
        """[host, count, sum, min, max] of each host that has points."""
        return sorted([host, len(series), sum(series.values()), min(series.values()), max(series.values())]
                      for (name, host), series in self.points.items() if name == measurement and series)

    def by_influxql(self, measurement="m"):
        answer = query(self.server, f"SELECT count(v), sum(v), min(v), max(v) FROM {measurement} GROUP BY host")
        return sorted([each["tags"]["host"], *each["values"][0][1:]]
                      for each in answer["results"][0].get("series", []))

    def metric(self, name):
        return int(re.search(rf"^{name} (\d+)$", ask(self.server, "GET", "/metrics").text, re.M).group(1))

    def health(self):
        return json.loads(ask(self.server, "GET", "/health").text)["message"]

    def files(self, measurement="*"):
        return sorted(path.relative_to(self.root) for path in self.root.glob(f"d/*/{measurement}/*/*/*.parquet"))

    def generations(self, measurement="m"):
        return {int(path.name.split("-")[1]) for path in self.files(measurement)}


def duckdb(sql):
    code = f"import duckdb, json; print(json.dumps(duckdb.sql({sql!r}).fetchall()))"
    done = subprocess.run([str(engines_python()), "-c", code], capture_output=True, text=True, check=False)
    if "No files found" in done.stderr or "IO Error" in done.stderr:
        return None  # nothing is there, or a file went while it was read
    equal(done.returncode, 0, done.stderr[-2000:])
    return json.loads(done.stdout)


def in_lake(root, measurement="m"):
    rows = duckdb(f"SELECT host, count(v), sum(v)::BIGINT, min(v), max(v) FROM read_parquet("
                  f"'{root}/d/autogen/{measurement}/**/*.parquet', hive_partitioning = true, union_by_name = true) "
                  "GROUP BY host ORDER BY host")
    return [] if rows is None else rows


def eventually(find, expected, what, seconds=SECONDS_MAX):
    """The lake follows the acknowledged points, some seconds behind them."""
    deadline = time.monotonic() + seconds
    found = find()
    while found != expected and time.monotonic() < deadline:
        time.sleep(0.2)
        found = find()
    equal(found, expected, what)


def some_points(count, weeks=3, seed=1):
    dice = random.Random(seed)
    return [(f"h{i % 7}", T + dice.randrange(weeks * WEEK // 1000) * 1000, dice.randrange(1000)) for i in range(count)]


def test_groups_that_have_ended_are_published():
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        node.write(some_points(5000))
        node.write([("now", time.time_ns() // 1000 * 1000, 1)], "recent")
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "DuckDB")
        equal(node.by_influxql(), node.expected(), "InfluxQL")
        for engine in ENGINES:
            found = read(engine, node.root / "d/autogen/m")
            values = [value for series in node.points.values() for value in series.values()]
            equal(found["rows"], len(values) - 1, engine)
        # What has not ended is not there, and nothing but Parquet files has a name.
        equal(node.files("recent"), [])
        for path in node.files():
            assert re.fullmatch(r"d/autogen/m/day=\d{4}-\d\d-\d\d/node=a/\d+-1-0\.parquet", str(path)), path
        eventually(lambda: node.metric("sluice_lake_groups_due"), 0, "due")
        equal(node.metric("sluice_lake_rows_total"), len(values) - 1)
        equal(node.metric("sluice_lake_failures_total"), 0)
        equal(node.health(), "ready for queries and writes")
        page = ask(node.server, "GET", "/metrics").text
        document = (pathlib.Path(__file__).resolve().parents[3] / "src/server/METRICS.md").read_text(encoding="utf-8")
        equal(sorted(re.findall(r"^# TYPE (sluice_lake_\w+) (\w+)$", page, re.M)),
              sorted(re.findall(r"^\| `(sluice_lake_\w+)` \| (\w+) \|", document, re.M)), "METRICS.md")
        shown = query(node.server, "SHOW STATS FOR 'sluice_lake'")["results"][0]["series"][0]
        equal(shown["tags"], {"node": "a"})
        equal(dict(zip(shown["columns"], shown["values"][0]))["rows"], len(values) - 1)


def test_late_points_and_deletes_replace_what_is_there():
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        node.write(some_points(3000))
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "first")
        node.write([("h1", T + i * 1000, 5000 + i) for i in range(50)] + [("new", T, 7)])
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "late")
        assert max(node.generations()) >= 2, node.generations()
        node.delete("m", "h2", T + WEEK)
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "deleted")
        equal(node.by_influxql(), node.expected(), "InfluxQL")


def test_points_that_several_cores_took_are_there_once():
    """Both stores have some of the same points, while the group is published again and again."""
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        clients = [Client(node.server.port) for _ in range(8)]
        for turn in range(24):
            lines = [f"m,host=h{i % 10} v={turn * 1000 + i}i,t{turn}=true {T + i * 1000}" for i in range(300)]
            answer = clients[turn % 8].request("POST", "/write?db=d", "\n".join(lines).encode(), [])
            equal(answer.status, 204)
            time.sleep(0.25)
        node.points = {("m", f"h{h}"): {T + i * 1000: 23_000 + i for i in range(h, 300, 10)} for h in range(10)}
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "DuckDB")
        columns = read("duckdb", node.root / "d/autogen/m")["columns"]
        equal([columns[f"t{turn}"][0] for turn in range(24)], [300] * 24)


def test_a_table_grows():
    """Fields and tags that come later, another type, and names that readers would take for others."""
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        write(node.server, [f"m,host=a v=1i {T}"])
        source = f"read_parquet('{root}/d/autogen/m/**/*.parquet', hive_partitioning = true, union_by_name = true)"
        eventually(lambda: duckdb(f"SELECT v, host FROM {source}"), [[1, "a"]], "first")
        write(node.server, [f"m,HOST=B,node=x v=1.5,w=\"x\",V=2i {T + 5 * WEEK}"])
        eventually(lambda: len(node.files()), 2, "files")
        equal(duckdb(f"SELECT v, host, v_float, host_tag, node_tag, w, v_field, node FROM {source} ORDER BY v"),
              [[1, "a", None, None, None, None, None, "a"], [None, None, 1.5, "B", "x", "x", 2, "a"]])


def sluice_lake(node, *words):
    """The words behind the action are options."""
    return subprocess.run([str(TOOL), "lake", *words, str(node.server.root / "data")], capture_output=True, text=True,
                          check=False)


def test_status_and_verify_say_what_is_there():
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        assert "has not published anything" in sluice_lake(node, "status").stderr
        node.write(some_points(2000))
        write(node.server, [f"x,host=a f=1.5,s=\"t\",b=true,u=18446744073709551615u {T + 1}"])
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "first")
        eventually(lambda: len(node.files("x")), 1, "x")
        rows = sum(len(series) for series in node.points.values())
        said = sluice_lake(node, "status")
        assert re.search(rf"^  d\.autogen\.m: [34] shard groups, \d+ files, {rows} rows, \d+ bytes, the newest until "
                         r"2023-12-", said.stdout, re.M), said.stdout
        node.server.stop()
        said = sluice_lake(node, "verify")
        equal(said.returncode, 0, said.stdout + said.stderr)
        assert re.search(r"^[45] publications are the same, 0 are not$", said.stdout, re.M), said.stdout
        # A point too few, and a file that somebody has changed.
        node.server.start()
        node.write([("h0", T, 99999)])
        node.server.stop()
        said = sluice_lake(node, "verify")
        assert said.returncode == 1 and "in the directory" in said.stderr, said.stdout + said.stderr
        path = node.root / node.files("x")[0]
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        said = sluice_lake(node, "verify")
        assert f"{path} is not the file that was published" in said.stderr, said.stderr


def test_a_merge_makes_no_new_generation():
    with tempfile.TemporaryDirectory() as root, Node(root) as node:
        for turn in range(6):
            node.write(some_points(400, seed=turn))
            time.sleep(0.5)
        eventually(lambda: in_lake(root), [list(row) for row in node.expected()], "first")
        before = node.metric("sluice_lake_publications_total")
        node.server.restart(signal.SIGKILL)
        time.sleep(5)
        equal(in_lake(root), [list(row) for row in node.expected()])
        equal(node.metric("sluice_lake_publications_total"), 0, f"{before} before")


def test_what_was_acknowledged_is_there_once_after_kills():
    with tempfile.TemporaryDirectory() as root, Node(root, more='  bandwidth = "60k"\n') as node:
        dice = random.Random(4)
        for cycle in range(KILLS):
            for name in ("m", "n"):
                node.write(some_points(1500, weeks=4, seed=cycle * 2 + (name == "n")), name)
            if cycle % 3 == 2:
                node.delete("m", f"h{cycle % 7}", T + dice.randrange(4 * WEEK))
            time.sleep(dice.uniform(0.2, 2.5))
            node.server.restart(signal.SIGKILL)
        for name in ("m", "n"):
            eventually(lambda name=name: in_lake(root, name), [list(row) for row in node.expected(name)], name)
            equal(node.by_influxql(name), node.expected(name), name)
        # Nothing of the interrupted attempts is left.
        eventually(lambda: list(node.root.glob(".sluice/a/stage/*")), [], "stage")


def test_two_nodes_write_to_one_root():
    with tempfile.TemporaryDirectory() as root, Node(root, "one") as one, Node(root, "two") as two:
        one.write([(f"one{i % 3}", T + i * DAY // 50, i) for i in range(1000)])
        two.write([(f"two{i % 3}", T + i * DAY // 50, 2 * i) for i in range(1000)])
        expected = [list(row) for row in sorted(one.expected() + two.expected())]
        eventually(lambda: in_lake(root), expected, "both")
        by_node = duckdb(f"SELECT node, count(*) FROM read_parquet('{root}/d/autogen/m/**/*.parquet', "
                         "hive_partitioning = true) GROUP BY node ORDER BY node")
        equal(by_node, [["one", 1000], ["two", 1000]])


def test_a_name_of_a_node_has_one_owner():
    with tempfile.TemporaryDirectory() as root, Node(root) as first:
        first.write(some_points(100))
        eventually(lambda: in_lake(root), [list(row) for row in first.expected()], "first")
        with Node(root) as second:
            second.write([("other", T, 1)])
            eventually(lambda: "belongs to another data directory" in second.health(), True, "told")
            equal(in_lake(root), [list(row) for row in first.expected()])


def test_what_is_dropped_stays_or_goes():
    for retention in ("keep", "follow"):
        with tempfile.TemporaryDirectory() as root, Node(root, more=f'  retention = "{retention}"\n') as node:
            node.write(some_points(500, weeks=2))
            node.write(some_points(500, weeks=2), "n")
            for name in ("m", "n"):
                eventually(lambda name=name: in_lake(root, name), [list(row) for row in node.expected(name)], name)
            before = node.files("n")
            query(node.server, "DROP MEASUREMENT n")
            shard = json.dumps(query(node.server, "SHOW SHARDS"))
            number = re.search(r'"values": \[\[(\d+)', shard).group(1)
            query(node.server, f"DROP SHARD {number}")
            if retention == "keep":
                time.sleep(4)
                equal(node.files("n"), before)
                equal(in_lake(root), [list(row) for row in node.expected()])
            else:
                eventually(lambda: node.files("n"), [], "the measurement")
                left = [list(row) for row in node.by_influxql()]
                eventually(lambda: in_lake(root), left, "the shard group")
            equal(node.metric("sluice_lake_failures_total"), 0)


def test_retention_waits_for_the_lake():
    """A root that is not there holds what has expired, and /health says so."""
    with tempfile.TemporaryDirectory() as parent:
        root = pathlib.Path(parent) / "lake"
        with Node(root, more="  hold-retention = true\n") as node:
            query(node.server, "CREATE RETENTION POLICY short ON d DURATION INF REPLICATION 1 SHARD DURATION 1h")
            write(node.server, [f"m,host=a v=1i {time.time_ns() - 10 * 3600 * 10**9}"], rp="short")
            query(node.server, "ALTER RETENTION POLICY short ON d DURATION 1h")
            eventually(lambda: "take space until they are published" in node.health(), True, "held")
            assert "the folder of the lake is not there" in node.health(), node.health()
            assert str(root) not in node.health(), node.health()
            equal([node.metric("sluice_lake_failing"), node.metric("sluice_lake_groups_held")], [1, 1])
            count = "SELECT count(v) FROM d.short.m"
            equal(len(query(node.server, count)["results"][0].get("series", [])), 1)
            root.mkdir()
            eventually(lambda: query(node.server, count)["results"][0].get("series"), None, "expired")
            equal(len(node.files()), 1)
            eventually(node.health, "ready for queries and writes", "health")


def test_settings_that_cannot_be_keep_the_server_from_starting():
    program = os.environ.get("SLUICED", "build/src/server/sluiced")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "sluice.conf"
        for setting, words in (('root = "s3://b"', "not s3:// with the name of a bucket"),
                               ('root = "s3://bucket/lake"\nendpoint = "127.0.0.1:9000"', "lake.endpoint"),
                               ('root = "s3://bucket/lake"\nendpoint = "http://127.0.0.1:9000"', "lake.path-style"),
                               ('root = "s3://bucket/lake"\nregion = ""', "lake.region"),
                               ('root = "s3://bucket/lake"', "AWS_ACCESS_KEY_ID is missing"),
                               ('root = "s3://bucket/lake"\ncredentials-file = "/nowhere"', "cannot read /nowhere"),
                               ('root = "lake"', "absolute path"),
                               ('root = "file:///l"\ncatalog = "http://c"', "catalogs are not supported")):
            path.write_text(f"[lake]\nenabled = true\n{setting}\n")
            for command in (["check"], []):
                done = subprocess.run([program, *command, "--config", str(path), "--data-dir", f"{folder}/data"],
                                      capture_output=True, text=True, check=False, timeout=30, env=environment)
                assert done.returncode != 0 and words in done.stderr + done.stdout, done.stderr + done.stdout
