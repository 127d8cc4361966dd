#!/usr/bin/env python3
"""Prometheus' remote write and remote read, as InfluxDB 1.8 maps them.

    SLUICED=build/src/server/sluiced tests/integration/prometheus/run.py [WORD]
"""

import base64
import json
import math
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

from remote import pack, read_request, read_response, unpack, varint, write_request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice  # noqa: E402

T = 1_715_000_000_000  # milliseconds


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def error(self):
        return json.loads(self.body)["error"]


def post(server, path, body, headers=None):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", body, headers or {}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        return Answer(answer.code, answer.headers, answer.read())


def query(server, statement, **parameters):
    target = "/query?" + urllib.parse.urlencode({"q": statement, "epoch": "ms", **parameters})
    answer = post(server, target, b"")
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["results"][0]


def write(server, *series, target="db=d"):
    return post(server, f"/api/v1/prom/write?{target}", pack(write_request(*series)),
                {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf",
                 "X-Prometheus-Remote-Write-Version": "0.1.0"})


def read(server, *matchers, start=T, end=T + 1000_000, target="db=d"):
    answer = post(server, f"/api/v1/prom/read?{target}", pack(read_request(start, end, *matchers)))
    assert answer.status == 200, (answer.status, answer.body)
    assert answer.headers["Content-Type"] == "application/x-protobuf"
    assert answer.headers["Content-Encoding"] == "snappy"
    return read_response(unpack(answer.body))


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def samples_become_points(server):
    answer = write(server, ({"__name__": "up", "job": "node a", "instance": "x:1"}, [(T, 1.0), (T + 15_000, 0.5)]),
                   ({"job": "nameless"}, [(T, 3.0)]))
    equal((answer.status, answer.body), (204, b""))
    equal(query(server, "SELECT * FROM up", db="d")["series"],
          [{"name": "up", "columns": ["time", "__name__", "instance", "job", "value"],
            "values": [[T, "up", "x:1", "node a", 1], [T + 15_000, "up", "x:1", "node a", 0.5]]}])
    equal(query(server, "SELECT * FROM prom_metric_not_specified", db="d")["series"][0]["values"], [[T, "nameless", 3]])


def what_was_written_is_read(server):
    series = ({"__name__": "up", "instance": "x:1", "job": "a"}, [(T, 1.0), (T + 1, -2.5e-300)])
    other = ({"__name__": "up", "instance": "y", "job": "b"}, [(T, 7.0)])
    down = ({"__name__": "down", "job": "a"}, [(T, 9.0)])
    equal(write(server, series, other, down).status, 204)
    equal(read(server, ("__name__", "=", "up")), [series, other])
    equal(read(server, ("__name__", "=", "up"), ("job", "=", "a")), [series])
    equal(read(server, ("__name__", "=", "up"), ("job", "!=", "a")), [other])
    equal(read(server, ("__name__", "=", "up"), ("job", "=~", "a|c")), [series])
    equal(read(server, ("__name__", "=", "up"), ("job", "!~", "a|c")), [other])
    equal(read(server, ("__name__", "=", "up"), ("instance", "=~", "x")), [])
    equal(read(server, ("__name__", "=~", "up|down"), ("job", "=", "a")), [down, series])
    equal(read(server, ("__name__", "!=", "up")), [down])
    equal(read(server, ("job", "=", "a")), [down, series])
    equal(read(server, ("__name__", "=", "up"), ("missing", "=", "")), [series, other])
    equal(read(server, ("__name__", "=", "up"), ("missing", "!=", "")), [])
    equal(read(server, ("__name__", "=", "down"), ("instance", "=", "")), [down])
    equal(read(server, ("__name__", "=", "nothing")), [])
    # Both ends belong to the range.
    equal(read(server, ("__name__", "=", "up"), start=T + 1, end=T + 1), [(series[0], series[1][1:])])
    equal(read(server, ("__name__", "=", "up"), start=-2**62, end=2**62), [series, other])


def a_tag_that_is_named_like_a_field_is_the_tag(server):
    series = ({"__name__": "m", "value": "a"}, [(T, 1.0)])
    equal(write(server, series).status, 204)
    equal(read(server, ("__name__", "=", "m"), ("value", "=", "b")), [])


def what_others_wrote_is_read_where_it_is_a_number(server):
    post(server, "/write?db=d&precision=ms", f"m,a=1 value=1.5 {T}\nm,a=2 value=2 {T}\nm other=3 {T}\ns value=\"x\" {T}".encode())
    equal(read(server, ("__name__", "=~", "m|s")), [({"a": "1"}, [(T, 1.5)]), ({"a": "2"}, [(T, 2.0)])])


def what_is_not_finite_is_left_out(server):
    equal(write(server, ({"__name__": "m"}, [(T, math.nan), (T + 1, math.inf), (T + 2, -math.inf), (T + 3, 1.0)]),
                ({"__name__": "n"}, [(T, math.nan)])).status, 204)
    equal(read(server, ("__name__", "=~", ".*")), [({"__name__": "m"}, [(T + 3, 1.0)])])
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=30) as answer:
        assert "\nsluice_prometheus_samples_not_finite_total 4\n" in answer.read().decode()


def many_samples_of_many_series(server):
    series = [({"__name__": "many", "n": f"{n:04}"}, [(T + 1000 * i, n + i / 7) for i in range(100)]) for n in range(400)]
    equal(write(server, *series).status, 204)
    equal(query(server, "SELECT count(value) FROM many", db="d")["series"][0]["values"][0][1], 40_000)
    equal(read(server, ("__name__", "=", "many")), series)


def a_policy_is_named(server):
    query(server, "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1")
    series = ({"__name__": "m"}, [(T, 1.0)])
    equal(write(server, series, target="db=d&rp=p").status, 204)
    equal(read(server, ("__name__", "=", "m")), [])
    equal(read(server, ("__name__", "=", "m"), target="db=d&rp=p"), [series])


def wrong_writes_are_refused(server):
    good = pack(write_request(({"__name__": "m"}, [(T, 1.0)])))
    for path, status, error in (("", 400, "database is required"), ("?db=no", 404, 'database not found: "no"'),
                                ("?db=d&rp=no", 500, "retention policy not found: no"),
                                ("?db=d&consistency=many", 400, "invalid consistency level")):
        answer = post(server, "/api/v1/prom/write" + path, good)
        equal((answer.status, answer.error()), (status, error))
    for body, status, error in ((b"\x05", 400, "snappy: corrupt input"), (b"", 400, "snappy: corrupt input"),
                                (pack(b"\x0a\x7f"), 400, "proto: the message is broken: end of buffer exception"),
                                (varint(1 << 30) + b"\0x", 413, "Request Entity Too Large")):
        answer = post(server, "/api/v1/prom/write?db=d", body)
        equal((answer.status, answer.error()), (status, error))
    answer = write(server, ({"__name__": "m", "time": "x"}, [(T, 1.0)]), ({"__name__": "m"}, [(T, 2.0)]))
    equal((answer.status, answer.error()),
          (400, 'partial write: invalid tag key: input tag "time" on measurement "m" is invalid dropped=1'))
    equal(read(server, ("__name__", "=", "m")), [({"__name__": "m"}, [(T, 2.0)])])
    answer = post(server, "/api/v1/prom/write?db=d", good,
                  {"Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request"})
    equal(answer.status, 415)
    equal(post(server, "/api/v1/prom/write?db=d", pack(b"")).status, 204)


def a_type_conflict_is_a_partial_write(server):
    post(server, "/write?db=d&precision=ms", f"m value=1i {T}".encode())
    answer = write(server, ({"__name__": "m"}, [(T + 1, 1.0)]), ({"__name__": "n"}, [(T, 1.0)]))
    equal(answer.status, 400)
    assert answer.error().startswith('partial write: field type conflict: input field "value" on measurement "m"'), answer.body
    equal(len(read(server, ("__name__", "=", "n"))), 1)


def wrong_reads_are_refused(server):
    one = read_request(T, T, ("__name__", "=", "m"))
    for body, path, error in ((pack(one + one), "?db=d", "Prometheus read endpoint currently only supports one query at a time"),
                              (pack(b""), "?db=d", "Prometheus read endpoint currently only supports one query at a time"),
                              (pack(read_request(T, T)), "?db=d", "expected matcher"),
                              (b"\xff", "?db=d", "snappy: corrupt input"),
                              (pack(one), "?db=no", "database not found: no"), (pack(one), "", "database name required")):
        answer = post(server, "/api/v1/prom/read" + path, body)
        equal((answer.status, answer.error()), (400, error))
    answer = post(server, "/api/v1/prom/read?db=d", pack(read_request(T, T, ("__name__", "=~", "("))))
    equal(answer.status, 400)
    equal(post(server, "/api/v1/prom/read?db=d", varint(1 << 25) + b"\0x").status, 413)


def users_are_asked_for():
    server = Sluice("--cores", "1", config="[http]\nauth-enabled = true\n")
    try:
        post(server, "/query", b"q=CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES",
             {"Content-Type": "application/x-www-form-urlencoded"})
        for statement in ("CREATE DATABASE d", "CREATE USER w WITH PASSWORD 'w'", "GRANT WRITE ON d TO w",
                          "CREATE USER r WITH PASSWORD 'r'", "GRANT READ ON d TO r"):
            query(server, statement, u="root", p="r")
        series = ({"__name__": "m"}, [(T, 1.0)])
        equal(write(server, series).status, 401)
        equal(write(server, series, target="db=d&u=r&p=r").status, 403)
        equal(write(server, series, target="db=d&u=w&p=w").status, 204)
        body = pack(read_request(T, T, ("__name__", "=", "m")))
        equal(post(server, "/api/v1/prom/read?db=d", body).status, 401)
        equal(post(server, "/api/v1/prom/read?db=d&u=w&p=w", body).status, 403)
        basic = {"Authorization": "Basic " + base64.b64encode(b"r:r").decode()}
        answer = post(server, "/api/v1/prom/read?db=d", body, basic)
        equal(read_response(unpack(answer.body)), [series])
    finally:
        server.stop()


WITH_SERVER = [samples_become_points, what_was_written_is_read, a_tag_that_is_named_like_a_field_is_the_tag,
               what_others_wrote_is_read_where_it_is_a_number, what_is_not_finite_is_left_out,
               many_samples_of_many_series, a_policy_is_named, wrong_writes_are_refused,
               a_type_conflict_is_a_partial_write, wrong_reads_are_refused]
ALONE = [users_are_asked_for]


def run(test):
    if test in ALONE:
        return test()
    server = Sluice("--cores", "2")
    try:
        query(server, "CREATE DATABASE d")
        test(server)
    finally:
        server.stop()


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
