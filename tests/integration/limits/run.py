#!/usr/bin/env python3
"""Limits of InfluxDB's configuration do what they say, or keep the server from starting.

    SLUICED=build/src/server/sluiced tests/integration/limits/run.py [WORD]
"""

import base64
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice  # noqa: E402

STOCK = pathlib.Path("/etc/influxdb/influxdb.conf")


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def error(self):
        document = json.loads(self.body)
        return document.get("error") or document["message"]


def request(server, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def query(server, statement, **parameters):
    answer = request(server, "POST", "/query?" + urllib.parse.urlencode({"q": statement, "epoch": "ns", **parameters}))
    return json.loads(answer.body)["results"][0]


def write(server, lines, path="/write?db=d"):
    return request(server, "POST", path, lines.encode())


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def metric(server, name):
    for line in request(server, "GET", "/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return int(line.split()[1])
    raise AssertionError(f"no metric {name}")


def eventually(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class HeldWrite:
    """A write that has its turn, and keeps it until its body is complete."""

    def __init__(self, server, path="/write?db=d"):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.connection.putrequest("POST", path)
        self.connection.putheader("Content-Length", "10")
        self.connection.endheaders(b"held ")
        time.sleep(0.3)

    def finish(self):
        self.connection.send(b"v=1 1")
        answer = Answer(self.connection.getresponse())
        self.connection.close()
        return answer


def with_server(config, test):
    server = Sluice("--cores", "2", config=config)
    try:
        equal(query(server, "CREATE DATABASE d"), {"statement_id": 0})
        test(server)
    finally:
        server.stop()


def writes_wait_for_their_turn():
    def test(server):
        held = HeldWrite(server)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(write(server, "m v=1 1")))
        waiting.start()
        time.sleep(0.3)
        equal(metric(server, "sluice_writes_waiting"), 1)
        began = time.monotonic()
        for path in ("/write?db=d", "/write?db=nope", "/api/v1/prom/write?db=d", "/api/v2/write?bucket=d"):
            answer = write(server, "m v=2 2", path)
            equal((answer.status, answer.error(), answer.headers["Retry-After"]), (503, "request throttled, queue full", "1"))
        assert time.monotonic() - began < 1.5
        equal(query(server, "SHOW DATABASES")["series"][0]["values"], [["d"]])
        equal(held.finish().status, 204)
        waiting.join()
        equal([answer.status for answer in answers], [204])
        equal(write(server, "m v=3 3").status, 204)
        equal(metric(server, "sluice_writes_throttled_total"), 4)
        equal(query(server, "SELECT v FROM m", db="d")["series"][0]["values"], [[1, 1], [3, 3]])

    with_server("[http]\nmax-concurrent-write-limit = 1\nmax-enqueued-write-limit = 1\n", test)


def a_write_that_waits_too_long_is_refused():
    def test(server):
        held = HeldWrite(server)
        began = time.monotonic()
        answer = write(server, "m v=1 1")
        assert 0.35 < time.monotonic() - began < 5
        equal((answer.status, answer.error()), (503, "request throttled, exceeds timeout"))
        answer = write(server, "m v=1 1", "/api/v2/write?bucket=d")
        equal((answer.status, json.loads(answer.body)["code"]), (503, "unavailable"))
        equal(held.finish().status, 204)
        equal(write(server, "m v=3 3").status, 204)

    with_server('[http]\nmax-concurrent-write-limit = 1\nenqueued-write-timeout = "400ms"\n', test)


def many_writes_share_a_few_turns():
    def test(server):
        statuses = []

        def send(thread):
            statuses.extend(write(server, f"m,t={thread} v={i} {i}").status for i in range(25))

        threads = [threading.Thread(target=send, args=(thread,)) for thread in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(set(statuses), {204})
        equal(query(server, "SELECT count(v) FROM m", db="d")["series"][0]["values"][0][1], 300)
        equal(metric(server, "sluice_writes_waiting"), 0)

    with_server("[http]\nmax-concurrent-write-limit = 2\n", test)


def a_write_that_takes_too_long_is_a_timeout():
    def test(server):
        for path, error in (("/write?db=d", "timeout"),
                            ("/api/v2/write?bucket=d", "unexpected error writing points to database: timeout")):
            answer = write(server, "m v=1 1", path)
            equal((answer.status, answer.error()), (500, error))
        equal(metric(server, "sluice_write_timeouts_total"), 2)
        statistics = json.loads(request(server, "GET", "/debug/vars").body)
        equal(statistics["write"]["values"]["writeTimeout"], 2)
        # What was begun is finished, and the connection goes on.
        eventually(lambda: query(server, "SELECT v FROM m", db="d").get("series", [{}])[0].get("values") == [[1, 1]])
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for number in range(3):
            connection.request("POST", "/write?db=d", f"n v=1 {number}".encode())
            equal(Answer(connection.getresponse()).status, 500)
        connection.close()
        eventually(lambda: query(server, "SELECT count(v) FROM n", db="d")["series"][0]["values"][0][1] == 3)

    with_server('[coordinator]\nwrite-timeout = "1ns"\n', test)


def a_database_gets_no_policy():
    def test(server):
        equal(query(server, "SHOW RETENTION POLICIES ON d")["series"][0].get("values"), None)
        answer = write(server, "m v=1 1")
        equal((answer.status, answer.error()), (500, "retention policy not found: autogen"))
        query(server, "CREATE DATABASE d")
        equal(query(server, "SHOW RETENTION POLICIES ON d")["series"][0].get("values"), None)
        query(server, "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1 DEFAULT")
        equal(write(server, "m v=1 1").status, 204)
        query(server, "CREATE DATABASE d")
        equal([row[0] for row in query(server, "SHOW RETENTION POLICIES ON d")["series"][0]["values"]], ["p"])
        query(server, "CREATE DATABASE e WITH DURATION 1d")
        equal(len(query(server, "SHOW RETENTION POLICIES ON e")["series"][0]["values"]), 1)
        server.restart()
        equal(query(server, "SELECT v FROM m", db="d")["series"][0]["values"], [[1, 1]])

    with_server("[meta]\nretention-autocreate = false\n", test)


def rates_are_kept_by_database_and_user():
    config = """
[[limits]]
database = "slow"
points-per-second = 100
points-burst = 1000
[[limits]]
database = "thin"
bytes-per-second = 1000
"""

    def test(server):
        query(server, "CREATE DATABASE slow")
        query(server, "CREATE DATABASE thin")
        lines = "\n".join(f"m v={i} {i}" for i in range(1500))
        equal(write(server, lines, "/write?db=slow").status, 204)  # the burst, and a debt of five seconds
        answer = write(server, "m v=1 1", "/write?db=slow")
        equal((answer.status, answer.error()), (503, "more is written than the limits allow, try again later"))
        assert 3 <= int(answer.headers["Retry-After"]) <= 6, answer.headers["Retry-After"]
        answer = write(server, "m v=1 1", "/api/v2/write?bucket=slow")
        equal((answer.status, json.loads(answer.body)["code"]), (429, "too many requests"))
        assert 3 <= int(answer.headers["Retry-After"]) <= 6, answer.headers["Retry-After"]
        equal(write(server, lines).status, 204)
        equal(write(server, lines).status, 204)
        equal(write(server, "m v=1 1" + " " * 3000, "/write?db=thin").status, 204)
        equal(write(server, "m v=1 1", "/write?db=thin").status, 503)
        time.sleep(3)
        equal(write(server, "m v=1 2", "/write?db=thin").status, 204)
        time.sleep(3)
        equal(write(server, "m v=1 1", "/write?db=slow").status, 204)
        page = request(server, "GET", "/metrics").body.decode()
        assert 'sluice_writes_limited_total{database="slow",user="",token=""} 2\n' in page, page
        assert 'sluice_writes_limited_total{database="thin",user="",token=""} 1\n' in page, page

    with_server(config, test)


def values(server, text, database):
    return query(server, text, db=database)["series"][0]["values"]


def a_database_takes_so_many_series():
    too_many = ("partial write: max-series-per-database limit exceeded: (10) dropped=5 for database: d for retention "
                "policy: autogen")

    def test(server):
        query(server, "CREATE DATABASE e")
        lines = "\n".join(f"m,h=a{i} v={i} 1" for i in range(15))
        answer = write(server, lines)
        equal((answer.status, answer.error()), (400, too_many))
        # Whatever core takes them, the series that are there go on, in other policies, too, and no others come.
        query(server, "CREATE RETENTION POLICY other ON d DURATION 0s REPLICATION 1")
        for round_ in range(2, 6):
            equal(write(server, "\n".join(f"m,h=a{i} v={i} {round_}" for i in range(10))).status, 204)
            answer = write(server, f"m,h=b{round_} v=1 {round_}\nm,h=a1 v=5 {round_ + 10}")
            equal((answer.status, answer.error()), (400, too_many.replace("dropped=5", "dropped=1")))
        equal(write(server, "m,h=a3 v=1 1", "/write?db=d&rp=other").status, 204)
        equal(write(server, "m,h=c v=1 1", "/write?db=d&rp=other").status, 400)
        answer = write(server, "n,h=c new=1 1\nm,h=a3 v=1 1", "/api/v2/write?bucket=d")
        equal(answer.status, 422)
        assert "max-series-per-database limit exceeded: (10) dropped=1" in answer.error(), answer.error()
        # What was refused leaves no names, another database has its own bound, and INTO is held to it.
        equal(values(server, "SHOW MEASUREMENTS", "d"), [["m"]])
        equal(values(server, "SHOW SERIES CARDINALITY", "d"), [[10]])
        equal(write(server, lines, "/write?db=e").status, 400)
        equal(metric(server, "sluice_points_beyond_max_series_total"), 5 + 4 + 1 + 1 + 5)
        error = query(server, "SELECT v INTO d.autogen.n FROM m GROUP BY *", db="d")["error"]
        assert "max-series-per-database limit exceeded: (10)" in error, error
        for _ in range(2):  # from the log, and from segments
            server.restart()
            equal(write(server, "m,h=b v=1 9").status, 400)
            equal(write(server, "\n".join(f"m,h=a{i} v={i} 9" for i in range(10))).status, 204)
        # A database that is made anew has none.
        query(server, "DROP DATABASE d")
        query(server, "CREATE DATABASE d")
        equal(write(server, "\n".join(f"m,h=z{i} v={i} 9" for i in range(10))).status, 204)
        equal(write(server, "m,h=b v=1 9").status, 400)

    with_server("[data]\nmax-series-per-database = 10\n", test)


def a_tag_takes_so_many_values():
    too_many = ('partial write: max-values-per-tag limit exceeded (10/10): measurement="m" tag="h" value="a10" '
                "dropped=5 for database: d for retention policy: autogen")

    def test(server):
        query(server, "CREATE DATABASE e")
        lines = "\n".join(f"m,h=a{i},r=x v={i} 1" for i in range(15))
        answer = write(server, lines)
        equal((answer.status, answer.error()), (400, too_many))
        # Whatever core takes them: what is there goes on, new series of known values come, others do not.
        query(server, "CREATE RETENTION POLICY other ON d DURATION 0s REPLICATION 1")
        for round_ in range(2, 6):
            equal(write(server, "\n".join(f"m,h=a{i},r=y{round_} v={i} {round_}" for i in range(10))).status, 204)
            answer = write(server, f"m,h=b{round_} v=1 {round_}\nm,h=a1 v=5 {round_ + 10}")
            equal((answer.status, answer.error()), (400, too_many.replace("dropped=5", "dropped=1")
                                                    .replace('"a10"', f'"b{round_}"')))
        equal(write(server, "m,h=a3 v=1 1", "/write?db=d&rp=other").status, 204)
        equal(write(server, "m,h=c v=1 1", "/write?db=d&rp=other").status, 400)
        answer = write(server, "m,h=c new=1 1\nm,h=a3 v=1 1", "/api/v2/write?bucket=d")
        equal(answer.status, 422)
        assert "max-values-per-tag limit exceeded (10/10)" in answer.error(), answer.error()
        # A tag is one of a measurement in a database; what was refused leaves no names, and INTO is held to it.
        equal(write(server, "n,h=c v=1 1\nm,g=c v=1 1").status, 204)
        equal(values(server, "SHOW TAG VALUES CARDINALITY FROM m WITH KEY = h", "d"), [[10]])
        equal(write(server, lines, "/write?db=e").status, 400)
        equal(metric(server, "sluice_points_beyond_max_series_total"), 5 + 4 + 1 + 1 + 5)
        error = query(server, "SELECT v INTO d.autogen.m FROM n GROUP BY *", db="d")["error"]
        assert "max-values-per-tag limit exceeded (10/10)" in error, error
        for _ in range(2):  # from the log, and from segments
            server.restart()
            equal(write(server, "m,h=b v=1 9").status, 400)
            equal(write(server, "\n".join(f"m,h=a{i},r=x v={i} 9" for i in range(10))).status, 204)
        # A database that is made anew has none.
        query(server, "DROP DATABASE d")
        query(server, "CREATE DATABASE d")
        equal(write(server, "\n".join(f"m,h=z{i} v={i} 9" for i in range(10))).status, 204)
        equal(write(server, "m,h=b v=1 9").status, 400)

    with_server("[data]\nmax-values-per-tag = 10\n", test)


def names_are_bounded_by_database_user_and_token():
    config = """
[[limits]]
database = "d"
max-series = 3
[[limits]]
user = "ann"
max-fields = 2
"""

    def test(server):
        query(server, "CREATE DATABASE e")
        equal(write(server, "m,h=a v=1 1\nm,h=b v=1 1\nm,h=c v=1 1").status, 204)
        equal(write(server, "m,h=d v=1 1").error(),
              "partial write: max-series-per-database limit exceeded: (3) dropped=1 for database: d for retention "
              "policy: autogen")
        equal(write(server, "\n".join(f"m,h={i} v=1 1" for i in range(10)), "/write?db=e").status, 204)
        equal(write(server, "m,h=a v=1,w=1,x=1 1").status, 204)

    with_server(config, test)


def what_a_token_may_write_is_its_own():
    """Its id is known only when it has been made, so the server starts twice."""
    admin = {"Authorization": "Basic " + base64.b64encode(b"root:secret").decode()}
    config = "[http]\nauth-enabled = true\n"
    server = Sluice("--cores", "2", config=config)
    try:
        query(server, "CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES")
        equal(request(server, "POST", "/query?q=CREATE+DATABASE+d", headers=admin).status, 200)
        organization = json.loads(request(server, "GET", "/api/v2/orgs", headers=admin).body)["orgs"][0]["id"]
        tokens = []
        for _ in range(2):
            wanted = {"orgID": organization, "permissions": [{"action": "write", "resource": {"type": "buckets"}}]}
            made = request(server, "POST", "/api/v2/authorizations", json.dumps(wanted).encode(), admin)
            equal(made.status, 201)
            tokens.append(json.loads(made.body))
        (server.root / "sluice.conf").write_text(config + f"""
[[limits]]
token = "{tokens[0]['id']}"
points-per-second = 10
points-burst = 10
max-fields = 2
""")
        server.restart()

        def send(token, lines):
            return request(server, "POST", "/api/v2/write?bucket=d", lines.encode(),
                           {"Authorization": "Token " + token["token"]})

        answer = send(tokens[0], "m a=1,b=1,c=1 1\nm a=1,b=1 2")
        equal(answer.status, 422)
        assert 'max-fields-per-measurement limit exceeded (2): measurement="m" dropped' in answer.error()
        equal(send(tokens[1], "m a=1,b=1,c=1 1").status, 204)
        equal(send(tokens[0], "\n".join(f"m a={i} {i}" for i in range(40))).status, 204)
        answer = send(tokens[0], "m a=1 1")
        equal((answer.status, json.loads(answer.body)["code"]), (429, "too many requests"))
        equal(send(tokens[1], "m a=1 1").status, 204)
    finally:
        server.stop()


def a_policy_takes_points_of_its_window():
    def test(server):
        now = time.time_ns()
        hour = 3600 * 10**9
        query(server, "CREATE RETENTION POLICY p ON d DURATION 7d REPLICATION 1 DEFAULT FUTURE LIMIT 10m PAST LIMIT 1h")
        listed = query(server, "SHOW RETENTION POLICIES ON d")["series"][0]
        equal(listed["columns"], ["name", "duration", "shardGroupDuration", "replicaN", "futureWriteLimit",
                                  "pastWriteLimit", "default"])
        equal(listed["values"], [["autogen", "0s", "168h0m0s", 1, "0s", "0s", False],
                                 ["p", "168h0m0s", "24h0m0s", 1, "10m0s", "1h0m0s", True]])
        points = f"m,h=a v=1 {now}\nm,h=a v=2 {now - 2 * hour}\nm,h=b v=3 {now + hour}\nm,h=a v=4 {now - 200 * hour}"

        def dropped(answer, status):
            equal(answer.status, status)
            text = answer.error()
            start = ("partial write: dropped 1 points outside retention policy of duration 168h0m0s and 2 points "
                     "outside write window (-1h0m0s to 10m0s) - oldest point m,h=a at ")
            assert start in text, text
            assert " dropped because it violates a Retention Policy Lower Bound at " in text, text
            assert ", newest point m,h=b at " in text, text
            assert " dropped because it violates a Write Window Upper Bound at " in text, text
            assert " dropped=3" in text, text
            return text
        assert dropped(write(server, points), 400).endswith("dropped=3 for database: d for retention policy: p")
        dropped(write(server, points, "/api/v2/write?bucket=d"), 422)
        equal(query(server, "SELECT v FROM m", db="d")["series"][0]["values"], [[now, 1]])
        # What a query writes is held to it, too; a policy without limits takes all.
        equal(write(server, points, "/write?db=d&rp=autogen").status, 204)
        error = query(server, "SELECT v INTO d.p.n FROM d.autogen.m GROUP BY *", db="d")["error"]
        assert "2 points outside write window" in error and "dropped=" in error, error
        query(server, "ALTER RETENTION POLICY p ON d PAST LIMIT 3h FUTURE LIMIT 0s")
        server.restart()
        listed = query(server, "SHOW RETENTION POLICIES ON d")["series"][0]["values"]
        equal(listed[1], ["p", "168h0m0s", "24h0m0s", 1, "0s", "3h0m0s", True])
        answer = write(server, points)
        equal(answer.status, 400)
        assert "and 0 points outside write window (-3h0m0s) - oldest" in answer.error(), answer.error()
        query(server, "ALTER RETENTION POLICY p ON d PAST LIMIT INF")
        equal(len(query(server, "SHOW RETENTION POLICIES ON d")["series"][0]["columns"]), 5)
        answer = write(server, points)
        equal(answer.error(), "partial write: points beyond retention policy dropped=1 for database: d for retention policy: p")

    with_server("", test)


def measurements_are_listed_by_policy():
    def test(server):
        query(server, "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1")
        query(server, "CREATE DATABASE e")
        for lines, path in (("m,h=a v=1 1", "/write?db=d"), ("n,h=b v=1 1", "/write?db=d&rp=p"), ("m v=1 1", "/write?db=e")):
            equal(write(server, lines, path).status, 204)

        def rows(statement):
            return query(server, statement).get("series", [{}])[0].get("values")
        both = [["m", "d", "autogen"], ["n", "d", "p"]]
        equal(rows("SHOW MEASUREMENTS ON d"), [["m"], ["n"]])
        equal(rows("SHOW MEASUREMENTS ON d.p"), [["n", "d", "p"]])
        equal(rows("SHOW MEASUREMENTS ON d.*"), both)
        equal(rows("SHOW MEASUREMENTS ON *.*"), [*both, ["m", "e", "autogen"]])
        equal(rows("SHOW MEASUREMENTS ON *.* LIMIT 1 OFFSET 1"), [["n", "d", "p"]])
        equal(rows("SHOW MEASUREMENTS ON *.* WHERE h = 'a'"), [["m", "d", "autogen"]])
        equal(rows("SHOW MEASUREMENTS ON *.* WITH MEASUREMENT =~ /m/"), [["m", "d", "autogen"], ["m", "e", "autogen"]])
        for statement in ("SHOW MEASUREMENTS ON never.p", "SHOW MEASUREMENTS ON d.never", "SHOW MEASUREMENTS ON never"):
            equal(query(server, statement), {"statement_id": 0})
        query(server, "DELETE FROM n", db="d")
        equal(rows("SHOW MEASUREMENTS ON d.*"), both[:1])
        hint = "use 'ON *.*' or specify a database"
        for places, error in (("*", f"query 'SHOW MEASUREMENTS ON *' not supported. {hint}"),
                              ("*.p", f"query 'SHOW MEASUREMENTS ON *.rp' not supported. {hint}"),
                              ("never.*", "unknown database never")):
            equal(query(server, f"SHOW MEASUREMENTS ON {places}")["error"], error)

    with_server("", test)


def check(text):
    """Status and lines of `sluiced check` on a configuration."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "influxdb.conf"
        path.write_text(text)
        ended = subprocess.run([os.environ.get("SLUICED", "build/src/server/sluiced"), "check", "--config", str(path)],
                               capture_output=True, text=True, timeout=30)
        lines = (ended.stderr + ended.stdout).replace(str(path), "FILE").splitlines()
        return ended.returncode, [line.removeprefix("sluiced: ") for line in lines]


DEFAULTS = [
    "data.max-series-per-database is 1000000 in InfluxDB, here the series of a database are not limited",
    "data.max-values-per-tag is 100000 in InfluxDB, here the values of a tag are not limited",
    "data.cache-max-memory-size is 1g in InfluxDB, here [sluice] memory-limit bounds the memory",
    "data.compact-full-write-cold-duration is 4h in InfluxDB, here 30m",
    "data.max-fields-per-measurement is without limit in InfluxDB, here 65536",
    "data.query-log-enabled is true in InfluxDB, here [coordinator] log-queries-after names slow queries only",
    "http.log-enabled is true in InfluxDB, here false: there is no line for each request",
    "monitor.store-enabled is true in InfluxDB, here there is no database _internal; /metrics, /debug/vars and "
    "SHOW STATS have the figures",
]


def debians_own_file_is_read_as_it_is():
    if not STOCK.exists():
        print("    (Debian's influxdb is not installed)")
        return
    text = STOCK.read_text()

    def place(key):
        number = next(i for i, line in enumerate(text.splitlines(), 1) if line.strip().startswith(key))
        return f"FILE:{number}: "

    status, lines = check(text)
    equal(status, 0)
    equal(lines, [
        place("wal-dir") + "data.wal-dir has no effect: the logs lie in [data] dir",
        place("dir") + "meta.dir has no effect: the catalog lies in [data] dir",
        "FILE: defaults that are others here: " + "; ".join(DEFAULTS),
        "FILE: nothing follows from settings that tune what is not here: reporting-enabled",
        "the configuration is good"])


def bounds_of_influxdb_are_taken_over():
    status, lines = check("[data]\nindex-version = \"inmem\"\nmax-series-per-database = 1000000\n"
                          "max-values-per-tag = 100000\n")
    equal((status, lines), (0, [
        "FILE: nothing follows from settings that tune what is not here: data.index-version",
        "the configuration is good"]))


TESTS = [writes_wait_for_their_turn, a_write_that_waits_too_long_is_refused, many_writes_share_a_few_turns,
         a_write_that_takes_too_long_is_a_timeout, a_database_gets_no_policy, rates_are_kept_by_database_and_user,
         a_database_takes_so_many_series, a_tag_takes_so_many_values, names_are_bounded_by_database_user_and_token,
         what_a_token_may_write_is_its_own,
         a_policy_takes_points_of_its_window, measurements_are_listed_by_policy, debians_own_file_is_read_as_it_is,
         bounds_of_influxdb_are_taken_over]


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for test in TESTS:
        if word not in test.__name__:
            continue
        try:
            test()
            passed += 1
            print(f"ok: {test.__name__}")
        except Exception as error:  # noqa: BLE001
            failed += 1
            print(f"FAILED {test.__name__}: {error!r}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
