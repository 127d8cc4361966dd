#!/usr/bin/env python3
"""HTTP as clients speak it, against the real binary over real sockets.

    SLUICED=build/src/server/sluiced tests/integration/http/run.py [WORD]
"""

import json
import pathlib
import random
import re
import signal
import socket
import sys
import tempfile
import time
import traceback
import urllib.parse

from wire import Client, chunked, zipped

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from servers import Sluice  # noqa: E402

T = 1_715_000_000_000_000_000


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def query(server, text, **parameters):
    with Client(server.port) as client:
        target = "/query?" + urllib.parse.urlencode({"q": text, **parameters})
        answer = client.request("POST", target, b"")
        equal(answer.status, 200)
        return json.loads(answer.body)


def count_of(server, measurement, field="v"):
    result = query(server, f'SELECT count({field}) FROM {measurement}', db="d")["results"][0]
    return result["series"][0]["values"][0][1] if "series" in result else 0


# ---- identity

def test_ping_says_who_answers(server):
    with Client(server.port) as client:
        for method in ("GET", "HEAD"):
            answer = client.request(method, "/ping")
            equal((answer.status, answer.body), (204, b""))
            assert re.fullmatch(r"1\.8\.10\+sluice\.\d+\.\d+\.\d+", answer.header("X-Influxdb-Version"))
            equal(answer.header("X-Influxdb-Build"), "OSS")
            equal(answer.header("Content-Type"), "application/json")
            identity = answer.header("Request-Id")
            assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", identity)
            equal(answer.header("X-Request-Id"), identity)
        answer = client.get("/ping?verbose=true")
        equal(answer.status, 200)
        equal(list(json.loads(answer.body)), ["version"])


def test_request_ids_are_echoed(server):
    with Client(server.port) as client:
        equal(client.get("/ping", [("X-Request-Id", "abc")]).header("Request-Id"), "abc")
        equal(client.get("/ping", [("Request-Id", "xyz")]).header("X-Request-Id"), "xyz")
        first, second = client.get("/ping"), client.get("/ping")
        assert first.header("Request-Id") != second.header("Request-Id")


def test_origin_gets_cors_fields_and_options_is_answered(server):
    with Client(server.port) as client:
        answer = client.request("OPTIONS", "/write", headers=[("Origin", "http://x")])
        equal((answer.status, answer.body), (200, b""))
        equal(answer.header("Access-Control-Allow-Origin"), "http://x")
        assert "X-InfluxDB-Version" in answer.header("Access-Control-Expose-Headers")


def test_unknown_paths_and_methods(server):
    with Client(server.port) as client:
        answer = client.get("/nope")
        equal((answer.status, answer.text), (404, "404 page not found\n"))
        answer = client.get("/write")
        equal((answer.status, answer.text, answer.header("Allow")), (405, "Method Not Allowed\n", "OPTIONS, POST"))
        equal(client.request("HEAD", "/query").status, 405)
        answer = client.get("/api/v2/nope")
        equal((answer.status, json.loads(answer.body)["code"]), (404, "not found"))


def test_health_ready_metrics_and_variables(server):
    with Client(server.port) as client:
        answer = client.get("/health")
        equal((answer.status, json.loads(answer.body)["status"]), (200, "pass"))
        equal(json.loads(client.get("/ready").body)["status"], "ready")
        equal(client.get("/-/healthy").status, 200)
        equal(client.get("/-/ready").status, 200)
        metrics = client.get("/metrics").text
        for line in metrics.splitlines():
            assert line.startswith("#") or re.fullmatch(r"[a-z_]+(\{[^}]*\})? [0-9.]+", line), line
        assert 'http_api_requests_total{handler="write"}' in metrics
        variables = json.loads(client.get("/debug/vars").body)
        equal(len(variables["memstats"]["PauseNs"]), 256)
        assert isinstance(variables["system"]["uptime"], int)
        for name in ("httpd", "write", "queryExecutor", "runtime"):
            assert any(isinstance(v, dict) and v.get("name") == name for v in variables.values()), name


METRICS_DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "src/server/METRICS.md"


def documented_metrics():
    """Name to type and labels, as the tables of METRICS.md have them."""
    found = {}
    for line in METRICS_DOCUMENT.read_text(encoding="utf-8").splitlines():
        if not line.startswith("| `"):
            continue
        name, kind, labels, unit, meaning, _ = (cell.strip() for cell in line.strip("|").split("|"))
        name = name.strip("`")
        assert name not in found, f"{name} is in METRICS.md twice"
        assert unit and meaning, f"METRICS.md says too little about {name}"
        found[name] = (kind, tuple(sorted(re.findall(r"`(\w+)`", labels))))
    return found


def shown_metrics(page):
    """Name to type and labels, as a page of /metrics shows them."""
    kinds, labels = {}, {}
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in kinds, f"{name} is on the page twice"
            kinds[name] = kind
        elif not line.startswith("#"):
            name, pairs = re.fullmatch(r"(\w+)(?:\{(.*)\})? [0-9.]+", line).groups()
            family = name if name in kinds else re.sub("_(sum|count)$", "", name)
            labels.setdefault(family, set()).update(re.findall(r'(\w+)="', pairs or ""))
    equal(sorted(labels), sorted(kinds))
    return {name: (kind, tuple(sorted(labels[name]))) for name, kind in kinds.items()}


def test_every_metric_is_documented_and_every_documented_one_is_shown(server):
    # Those of TLS are shown where there is TLS, those of the lake where there is one: tests/integration/tls and lake.
    documented = {name: facts for name, facts in documented_metrics().items()
                  if not name.startswith(("sluice_tls_", "sluice_lake_"))}
    with Client(server.port) as client:
        shown = shown_metrics(client.get("/metrics").text)
    assert len(shown) > 40, shown
    wrong = [f"{name}: the page has {shown.get(name)}, METRICS.md {documented.get(name)}"
             for name in sorted(shown.keys() | documented.keys()) if shown.get(name) != documented.get(name)]
    assert not wrong, "\n".join(wrong)


# ---- bodies

def test_a_write_can_be_read_back(server):
    with Client(server.port) as client:
        answer = client.post("/write?db=d", f"back,host=a v=1.5 {T}\nback,host=b v=2 {T}\n")
        equal((answer.status, answer.reason, answer.body), (204, "No Content", b""))
        answer = client.get("/query?db=d&epoch=ns&q=" + urllib.parse.quote("SELECT v FROM back WHERE host='a'"))
        equal(answer.text, '{"results":[{"statement_id":0,"series":[{"name":"back","columns":["time","v"],'
                           f'"values":[[{T},1.5]]}}]}}]}}\n')


def test_empty_and_comment_bodies_are_no_content(server):
    with Client(server.port) as client:
        for body in (b"", b"\n\n", b"# only a comment\n"):
            equal(client.post("/write?db=d", body).status, 204)
        equal(client.request("POST", "/write?db=d").status, 204)


def test_chunks_of_any_size_land(server):
    body = "".join(f"chunks,n={i} v={i} {T}\n" for i in range(300)).encode()
    with Client(server.port) as client:
        for size in (1, 7, 240, 1000, len(body)):
            client.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send(chunked(body, size))
            equal(client.read().status, 204)
    equal(count_of(server, "chunks"), 300)


def test_telegraf_like_gzip_in_chunks(server):
    body = zipped("".join(f"telegraf,n={i} v={i} {T}\n" for i in range(5000)))
    with Client(server.port) as client:
        client.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    "Content-Encoding: gzip\r\n\r\n" )
        client.send(chunked(body[:10], 10)[:-5] + chunked(body[10:], 240))
        equal(client.read().status, 204)
    equal(count_of(server, "telegraf"), 5000)


def test_a_request_in_single_bytes(server):
    request = f"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 32\r\n\r\nbytes v=1 {T}\n\n\n\n".encode()
    with Client(server.port) as client:
        for byte in request:
            client.send(bytes([byte]))
        equal(client.read().status, 204)
    equal(count_of(server, "bytes"), 1)


def test_large_bodies_with_a_length(server):
    body = "".join(f"large,n={i % 1000} v={i} {T + i}\n" for i in range(200_000)).encode()
    with Client(server.port, timeout=60) as client:
        equal(client.post("/write?db=d", body).status, 204)
        equal(client.get("/ping").status, 204)
    equal(count_of(server, "large"), 200_000)


def test_large_gzip_bodies_are_inflated_whole(server):
    """Beside the core, with what they say of their size and without."""
    body = "".join(f"inflated,n={i % 1000} v={i} {T + i}\n" for i in range(100_000)).encode()
    half = body.index(b"\n", len(body) // 2) + 1
    tiny = zipped(f"inflated,n=last v=1 {T}\n")
    gzip = [("Content-Encoding", "gzip")]
    with Client(server.port, timeout=60) as client:
        equal(client.post("/write?db=d", zipped(body), gzip).status, 204)
        equal(count_of(server, "inflated"), 100_000)
        # The last of several members says little of the whole.
        equal(client.post("/write?db=d", zipped(body[:half]) + zipped(body[half:]) + tiny, gzip).status, 204)
        equal(count_of(server, "inflated"), 100_001)
        equal(client.post("/write?db=d", zipped(b"#" * 26_000_000) + tiny, gzip).status, 413)
        broken = bytearray(zipped(body))
        broken[-6] ^= 1
        answer = client.post("/write?db=d", bytes(broken), gzip)
        equal((answer.status, answer.text), (400, '{"error":"gzip: invalid checksum"}\n'))
        answer = client.post("/write?db=d", zipped(body)[:-100_000], gzip)
        equal(answer.status, 400)
        equal(client.get("/ping").status, 204)


def test_pipelined_requests_are_answered_in_order(server):
    requests = b""
    for i in range(50):
        body = f"pipelined,n={i} v=1 {T}\n" if i % 10 else "broken"
        requests += (f"POST /write?db=d HTTP/1.1\r\nHost: x\r\nX-Request-Id: r{i}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
    with Client(server.port) as client:
        client.send(requests)
        for i in range(50):
            answer = client.read()
            equal((answer.status, answer.header("Request-Id")), (204 if i % 10 else 400, f"r{i}"))
    equal(count_of(server, "pipelined"), 45)


def test_expect_continue_comes_before_the_body(server):
    body = f"expect v=1 {T}"
    head = f"POST /write?db=%s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with Client(server.port) as client:
        client.send(head % "d")
        equal(client.read().status, 100)
        client.send(body)
        equal(client.read().status, 204)
        client.send(head % "nodb")
        answer = client.read()
        equal((answer.status, answer.header("Connection")), (404, "close"))
        assert client.closed()


def test_http_1_0_and_connection_close(server):
    with Client(server.port) as client:
        answer = client.send("GET /ping HTTP/1.0\r\n\r\n").read()
        equal((answer.status, answer.header("Connection")), (204, "close"))
        assert client.closed()
    with Client(server.port) as client:
        answer = client.send("GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").read()
        equal(answer.header("Connection"), "keep-alive")
        equal(client.send("GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").read().status, 204)
        assert client.closed()
    with Client(server.port) as client:
        answer = client.send("GET /query?q=SHOW+DATABASES HTTP/1.0\r\n\r\n").read()
        assert answer.header("Transfer-Encoding") is None and b"databases" in answer.body


def test_a_refused_write_leaves_the_connection_usable(server):
    with Client(server.port) as client:
        for target, status in (("/write?db=nodb", 404), ("/write", 400), ("/nope", 404), ("/write?db=d&precision=x", 400)):
            equal(client.post(target, "m v=1\n" * 100).status, status)
        equal(client.get("/ping").status, 204)


def test_an_unread_body_in_chunks_leaves_the_connection_usable(server):
    body = b"m v=1\n" * 100
    with Client(server.port) as client:
        for method, target, status in (("POST", "/write?db=nodb", 404), ("POST", "/nope", 404), ("PUT", "/write", 405),
                                       ("GET", "/ping", 204), ("POST", "/api/v2/write?bucket=nope&precision=x", 400)):
            for size in (1, 7, len(body)):
                client.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
                client.send(chunked(body, size))
                answer = client.read()
                equal((answer.status, answer.header("Connection")), (status, None))
        equal(client.get("/ping").status, 204)
    for rest in (b"5\r\nab", b"zz\r\n", b"f000000\r\n" + b"a" * 400_000):
        with Client(server.port) as client:
            client.send(b"POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + rest)
            equal(client.read().status, 404)
            client.socket.shutdown(socket.SHUT_WR)
            assert client.closed()


def test_a_body_that_ends_early_is_answered(server):
    for target, text in (("/write?db=d", '{"error":"unexpected EOF"}\n'),
                         ("/api/v2/write?bucket=d", '{"code":"invalid","message":"unable to read data: unexpected EOF"}')):
        for rest in ("Content-Length: 100\r\n\r\ncut v=1\n", "Content-Length: 100\r\n\r\n",
                     "Transfer-Encoding: chunked\r\n\r\n8\r\ncut v=1\n\r\n", "Transfer-Encoding: chunked\r\n\r\n8\r\ncut"):
            with Client(server.port) as client:
                client.send(f"POST {target} HTTP/1.1\r\nHost: x\r\n{rest}").socket.shutdown(socket.SHUT_WR)
                answer = client.read()
                equal((answer.status, answer.text, answer.header("Connection")), (400, text, "close"))
                assert client.closed()
    equal(count_of(server, "cut"), 0)


def test_requests_are_counted_until_the_asker_leaves(server):
    with Client(server.port) as counter, Client(server.port) as client:
        counter.send("GET /debug/requests?seconds=3600 HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        client.post("/write?db=d", b"counted v=1\n")
        client.get("/query?q=SHOW+DATABASES")
        client.get("/ping")
        counter.socket.shutdown(socket.SHUT_WR)
        answer = counter.read()
        equal((answer.status, answer.text), (200, '{\n"127.0.0.1": {"writes":1,"queries":1}\n}\n'))
        equal(answer.header("Connection"), "close")


def test_too_large_bodies(server):
    with Client(server.port) as client:
        client.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n")
        answer = client.read()
        equal((answer.status, answer.text), (413, '{"error":"Request Entity Too Large"}\n'))
        equal(answer.header("Connection"), "close")
    with Client(server.port, timeout=30) as client:
        client.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"100000\r\n" + b"#" * 0x100000 + b"\r\n"
        try:
            for _ in range(24):
                client.send(piece)
        except OSError:
            pass
        equal(client.read().status, 413)
    with Client(server.port) as client:
        equal(client.post("/write?db=d", zipped(b"#" * 26_000_000), [("Content-Encoding", "gzip")]).status, 413)
        equal(client.get("/ping").status, 204)


def test_bodies_that_are_mostly_nulls(server):
    """A field of its own in every line: columns would take far more room than the body."""
    lines = "".join(f"sparse f{i}=1 {i}\n" for i in range(100_000)).encode()
    text = "too many different fields in too many lines: send them in smaller requests"
    with Client(server.port, timeout=30) as client:
        answer = client.post("/write?db=d", lines)
        equal((answer.status, answer.text), (413, f'{{"error":"{text}"}}\n'))
        answer = client.post("/api/v2/write?bucket=d", lines)
        equal((answer.status, json.loads(answer.text)), (413, {"code": "request too large", "message": text}))
        equal(client.get("/query?db=d&q=SELECT+count(*)+FROM+sparse").text, '{"results":[{"statement_id":0}]}\n')
        equal(client.post("/write?db=d", b"".join(lines.splitlines(True)[:1000])).status, 204)


def test_bad_heads_are_refused_and_the_connection_ends(server):
    for head, status in (("GET / HTTP/1.1\r\n\r\n", 400), ("nonsense\r\n\r\n", 400),
                         ("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400),
                         ("GET / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 300 + "\r\n", 431),
                         ("GET /" + "a" * 2_000_000 + " HTTP/1.1\r\n", 431)):
        with Client(server.port) as client:
            try:
                client.send(head)
            except OSError:
                pass
            equal(client.read().status, status)


def test_broken_chunks_end_the_connection(server):
    for body, text in (("zz\r\n", "invalid byte in chunk length"), ("0x5\r\n", "invalid byte in chunk length"),
                       ("11111111111111111\r\n", "http chunk length too large"),
                       ("1\r\naXX0\r\n\r\n", "malformed chunked encoding")):
        for target, start in (("/write?db=d", '{"error":"'),
                              ("/api/v2/write?bucket=d", '{"code":"invalid","message":"unable to read data: ')):
            with Client(server.port) as client:
                client.send(f"POST {target} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
                answer = client.read()
                equal((answer.status, answer.header("Connection")), (400, "close"))
                equal(answer.text.strip(), start + text + '"}')


def test_connections_die_alone(server):
    with Client(server.port) as witness:
        for data in (b"", b"POST /wri", b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nm v=1",
                     b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nm v",
                     b"GET /query?q=SHOW+DATABASES HTTP/1.1\r\nHost: x\r\n\r\n"):
            for _ in range(20):
                Client(server.port).send(data).close()
        equal(witness.get("/ping").status, 204)


def test_many_connections_at_once(server):
    clients = [Client(server.port) for _ in range(300)]
    for i, client in enumerate(clients):
        body = f"many,n={i} v=1 {T}"
        client.send(f"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    for client in clients:
        equal(client.read().status, 204)
        client.close()
    equal(count_of(server, "many"), 300)


# ---- errors of writes

def test_good_lines_land_beside_bad_ones(server):
    with Client(server.port) as client:
        answer = client.post("/write?db=d", f"partial v=1 {T}\nbad\npartial v=2 {T + 1}\n")
        equal((answer.status, answer.text),
              (400, '{"error":"partial write: unable to parse \'bad\': missing fields dropped=0'
                    ' for database: d for retention policy: autogen"}\n'))
        equal(answer.header("X-Influxdb-Error"), "partial write: unable to parse 'bad': missing fields dropped=0"
                                                 " for database: d for retention policy: autogen")
    equal(count_of(server, "partial"), 2)


def test_type_conflicts_are_named_and_the_rest_lands(server):
    with Client(server.port) as client:
        equal(client.post("/write?db=d", f"conflict v=1 {T}").status, 204)
        answer = client.post("/write?db=d", f"conflict v=1i {T + 1}\nconflict v=3 {T + 2}")
        equal(json.loads(answer.body)["error"],
              'partial write: field type conflict: input field "v" on measurement "conflict" is type integer, '
              'already exists as type float dropped=1 for database: d for retention policy: autogen')
        answer = client.post("/api/v2/write?bucket=d&org=o", f'conflict v="x" {T + 3}\nconflict v=4 {T + 4}')
        equal(answer.status, 422)
        assert json.loads(answer.body)["message"].startswith("failure writing points to database: partial write: ")
    equal(count_of(server, "conflict"), 3)


def test_v2_refuses_a_body_with_a_bad_line_whole(server):
    with Client(server.port) as client:
        answer = client.post("/api/v2/write?org=o&bucket=d/autogen", f"whole v=1 {T}\nbad\n")
        equal((answer.status, json.loads(answer.body)["code"]), (400, "invalid"))
        equal(json.loads(answer.body)["line"], 2)
        equal(answer.header("X-Platform-Error-Code"), "invalid")
        answer = client.post("/api/v2/write?org=o&bucket=d", 'm,time=a v=1\nm s="two\nlines"\nbad\n')
        equal((answer.status, json.loads(answer.body)),
              (400, {"code": "invalid", "line": 4, "message": "unable to parse 'bad': missing fields"}))
        answer = client.post("/api/v2/write?org=o&bucket=nope", "m v=1")
        equal((answer.status, json.loads(answer.body)["message"]), (404, 'bucket "nope" not found'))
        equal(client.post("/api/v2/write?org=o&bucket=d&precision=s", b"v2 v=1 1715000000").status, 204)
    equal(count_of(server, "whole"), 0)


def test_broken_gzip_is_named(server):
    good = zipped(b"m v=1\n" * 50)
    damaged = good[:-5] + bytes([good[-5] ^ 1]) + good[-4:]
    with Client(server.port) as client:
        for body, text in ((b"", "EOF"), (b"abc", "unexpected EOF"), (b"this is no gzip", "gzip: invalid header"),
                           (good[:-9], "unexpected EOF"), (damaged, "gzip: invalid checksum")):
            answer = client.post("/write?db=d", body, [("Content-Encoding", "gzip")])
            equal((answer.status, json.loads(answer.body)["error"]), (400, text))
            answer = client.post("/api/v2/write?bucket=d", body, [("Content-Encoding", "gzip")])
            in_header = len(body) < 10 or text == "gzip: invalid header"
            equal((answer.status, json.loads(answer.body)),
                  (400, {"code": "invalid", "message": "gzipped HTTP body contains an invalid header" if in_header
                         else "unable to read data: " + text}))


def test_refusals_when_memory_is_short_are_whole_seconds():
    server = Sluice("--cores", "1", config='[sluice]\nmemory-limit = "64m"\n')
    try:
        equal(query(server, "CREATE DATABASE d"), {"results": [{"statement_id": 0}]})
        holders = []
        for _ in range(40):
            client = Client(server.port)
            client.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n# waiting")
            holders.append(client)
        time.sleep(0.3)
        with Client(server.port) as client:
            answer = client.post("/write?db=d", b"m v=1" + b" " * 100_000)
            equal(answer.status, 503)
            assert re.fullmatch(r"[1-9][0-9]*", answer.header("Retry-After"))
            for phrase in ("unable to parse", "partial write", "points beyond", "database not found", "hinted"):
                assert phrase not in answer.text
            equal(client.get("/ping").status, 204)
        for client in holders:
            client.close()
        deadline = time.monotonic() + 5
        while True:
            with Client(server.port) as client:
                if client.post("/write?db=d", b"m v=1").status == 204:
                    break
            assert time.monotonic() < deadline
    finally:
        server.stop()


# ---- queries

def test_query_takes_target_form_and_multipart(server):
    with Client(server.port) as client:
        expected = client.get("/query?q=SHOW+DATABASES").body
        equal(client.post("/query", b"q=SHOW+DATABASES",
                          [("Content-Type", "application/x-www-form-urlencoded")]).body, expected)
        multipart = (b'--b\r\nContent-Disposition: form-data; name="q"; filename="q.txt"\r\n\r\n'
                     b'SHOW DATABASES\r\n--b--\r\n')
        equal(client.post("/query", multipart, [("Content-Type", "multipart/form-data; boundary=b")]).body, expected)
        equal(client.post("/query?q=SHOW+DATABASES", b"", [("Content-Encoding", "gzip")]).body, expected)
        answer = client.post("/query", multipart.replace(b"--b--", b'--b\r\nContent-Disposition: form-data; '
                             b'name="async"\r\n\r\ntrue\r\n--b--'), [("Content-Type", "multipart/form-data; boundary=b")])
        equal(answer.status, 204)


def test_query_formats(server):
    with Client(server.port) as client:
        answer = client.get("/query?q=SHOW+DATABASES", [("Accept", "application/csv")])
        equal((answer.header("Content-Type"), answer.text.splitlines()[0]), ("application/csv", "name,tags,name"))
        assert client.get("/query?pretty=true&q=SHOW+DATABASES").text.startswith('{\n    "results": [\n')


def test_query_errors(server):
    with Client(server.port) as client:
        answer = client.get("/query")
        equal((answer.status, answer.text), (400, '{"error":"missing required parameter \\"q\\""}\n'))
        answer = client.get("/query?q=SELECT")
        equal(answer.status, 400)
        assert answer.header("X-Influxdb-Error").startswith("error parsing query: ")
        assert answer.header("Content-Length") is not None
        answer = client.get("/query?db=nodb&q=" + urllib.parse.quote("SELECT v FROM m"))
        equal((answer.status, "error" in json.loads(answer.body)["results"][0]), (200, True))


def test_large_results_stream(server):
    body = "".join(f"stream v={i} {T + i}\n" for i in range(50_000))
    with Client(server.port, timeout=60) as client:
        equal(client.post("/write?db=d", body).status, 204)
        answer = client.get("/query?db=d&epoch=ns&chunked=true&chunk_size=1000&q=" + urllib.parse.quote("SELECT v FROM stream"))
        documents = [json.loads(line) for line in answer.text.splitlines()]
        equal(len(documents), 50)
        equal(sum(len(d["results"][0]["series"][0]["values"]) for d in documents), 50_000)
        equal(client.get("/ping").status, 204)


def test_a_client_that_leaves_during_a_query_harms_nobody(server):
    for _ in range(10):
        client = Client(server.port)
        client.send("GET /query?db=d&q=" + urllib.parse.quote("SELECT v FROM large") + " HTTP/1.1\r\nHost: x\r\n\r\n")
        client.close()
    equal(query(server, "SHOW DATABASES")["results"][0]["statement_id"], 0)


def test_the_last_value_of_each_field_wins_whatever_connection_brought_it(server):
    clients = [Client(server.port) for _ in range(16)]
    choose = random.Random(7)
    written = {}
    for value in range(600):
        fields = choose.sample("abcde", choose.randint(1, 3))
        point = choose.randint(1, 20)
        line = "parts,h=x " + ",".join(f"{field}={value}i" for field in fields) + f" {point}"
        equal(choose.choice(clients).request("POST", "/write?db=d", line.encode()).status, 204)
        written.setdefault(point, {}).update(dict.fromkeys(fields, value))
    for client in clients:
        client.close()
    series = query(server, "SELECT a, b, c, d, e FROM parts", db="d", epoch="ns")["results"][0]["series"][0]
    found = {row[0]: {k: v for k, v in zip("abcde", row[1:]) if v is not None} for row in series["values"]}
    equal(found, written)
    totals = query(server, "SELECT count(a), sum(b), max(c) FROM parts", db="d")["results"][0]["series"][0]["values"][0]
    column = {field: [row[field] for row in written.values() if field in row] for field in "abc"}
    equal(totals[1:], [len(column["a"]), sum(column["b"]), max(column["c"])])


# ---- stopping

def test_sigterm_answers_what_is_in_flight_and_exits_with_zero():
    server = Sluice("--cores", "2")
    query(server, "CREATE DATABASE d")
    idle = Client(server.port)
    equal(idle.get("/ping").status, 204)
    busy = Client(server.port)
    busy.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nm v")
    time.sleep(0.1)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    busy.send("=1")
    answer = busy.read()
    equal((answer.status, answer.header("Connection")), (204, "close"))
    assert idle.closed()
    equal(server.stop(), 0)


def test_a_second_server_on_the_directory_is_refused():
    server = Sluice("--cores", "1")
    try:
        try:
            other = Sluice("--cores", "1", "--data-dir", server.directory.name + "/data")
        except AssertionError as refusal:
            assert "sluiced: " in str(refusal), refusal
        else:
            other.stop()
            raise AssertionError("two servers share a data directory")
    finally:
        equal(server.stop(signal.SIGINT), 0)


# ---- what later versions of InfluxDB brought

def shown(server, statement, **parameters):
    result = query(server, statement, db="late", **parameters)["results"][0]
    if "error" in result:
        return result["error"]
    return {series.get("name"): [tuple(row) for row in series["values"]] for series in result.get("series", [])}


def test_show_statements_of_later_versions(server):
    query(server, "CREATE DATABASE late")
    query(server, "CREATE RETENTION POLICY p ON late DURATION INF REPLICATION 1")
    with Client(server.port) as client:
        for target, lines in (("db=late", f"a,host=x,rack=x,zone=z v=1 {T}\na,host=y v=2 {T}\nb,host=x v=3 {T}"),
                              ("db=late&rp=p", f"a,host=w v=1 {T}\nc,host=x v=1 {T}")):
            equal(client.post("/write?" + target, lines).status, 204)
    equal(shown(server, "SHOW TAG KEYS WITH KEY = host"), {"a": [("host",)], "b": [("host",)], "c": [("host",)]})
    equal(shown(server, "SHOW TAG KEYS FROM a WITH KEY IN (rack, zone, nope) LIMIT 1"), {"a": [("rack",)]})
    equal(shown(server, "SHOW TAG KEYS FROM a WITH KEY =~ /o/ WHERE rack = 'x'"), {"a": [("host",), ("zone",)]})
    equal(shown(server, "SHOW TAG KEYS FROM a WITH KEY !~ /o/ WHERE zone = 'z'"), {"a": [("rack",)]})
    equal(shown(server, "SHOW TAG KEYS FROM b WITH KEY != host"), {})
    equal(shown(server, "SHOW TAG VALUES WITH KEY = host WHERE value = 'x'"),
          {"a": [("host", "x")], "b": [("host", "x")], "c": [("host", "x")]})
    equal(shown(server, "SHOW TAG VALUES FROM a WITH KEY =~ /./ WHERE value =~ /[xz]/ AND zone = 'z'"),
          {"a": [("host", "x"), ("rack", "x"), ("zone", "z")]})
    equal(shown(server, "SHOW TAG VALUES WITH KEY = host WHERE value = 'no_such_value'"), {})
    equal(shown(server, "SHOW TAG VALUES WITH KEY = host WHERE value = 5000"), {})
    equal(shown(server, "SHOW TAG VALUES FROM a WITH KEY = host"), {"a": [("host", "w"), ("host", "x"), ("host", "y")]})
    equal(shown(server, "SHOW TAG VALUES FROM p.a WITH KEY = host"), {"a": [("host", "w")]})
    equal(shown(server, "SHOW TAG VALUES FROM autogen.a, b WITH KEY = host"),
          {"a": [("host", "x"), ("host", "y")], "b": [("host", "x")]})
    equal(shown(server, "SHOW TAG VALUES FROM p.a, autogen.b WITH KEY = host"),
          'only one retention policy allowed in SHOW TAG VALUES query: "autogen", "p"')
    equal(shown(server, "SHOW TAG VALUES FROM nope.a WITH KEY = host"), "retention policy not found: nope")
    series = query(server, "SHOW QUERIES", u="bob")["results"][0]["series"][0]
    equal(series["columns"], ["qid", "query", "database", "duration", "status", "user"])
    equal(series["values"][0][5], "bob")


def test_time_format_wins_over_epoch(server):
    with Client(server.port) as client:
        client.post("/write?db=d", f"formatted v=1 {T}")

    def time_of(**parameters):
        return query(server, "SELECT v FROM formatted", db="d", **parameters)["results"][0]["series"][0]["values"][0][0]

    equal(time_of(epoch="s"), T // 10**9)
    equal(time_of(epoch="s", time_format="epoch"), T // 10**9)
    equal(time_of(epoch="s", time_format=" rfc3339 "), "2024-05-06T12:53:20Z")
    equal(time_of(time_format="epoch"), "2024-05-06T12:53:20Z")
    with Client(server.port) as client:
        answer = client.get("/query?q=SHOW+DATABASES&time_format=iso")
        equal((answer.status, json.loads(answer.body)["error"]),
              (400, "Time format must be one of the following: rfc3339,epoch"))


def test_options_is_answered_everywhere(server):
    with Client(server.port) as client:
        for path in ("/write", "/query", "/nowhere", "/api/v2/nowhere", "/debug/vars", "/debug/pprof/heap", "/"):
            answer = client.request("OPTIONS", path, headers=[("Origin", "http://x")])
            equal((answer.status, answer.header("Access-Control-Allow-Origin")), (200, "http://x"))


def test_variables_have_the_configuration_of_the_data(server):
    with Client(server.port) as client:
        variables = json.loads(client.get("/debug/vars").body)
    equal(variables["config"]["max-fields-per-measurement"], 65536)
    assert variables["config"]["dir"].endswith("/data"), variables["config"]


def test_the_access_log_is_a_file_of_some_statuses():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "access.log"
        server = Sluice("--cores", "2", config=f"""[http]
log-enabled = true
access-log-path = "{path}"
access-log-status-filters = ["4xx", "204"]
""")
        try:
            with Client(server.port) as client:
                for target in ("/query?q=SHOW+DATABASES", "/ping", "/query", "/write?db=nope"):
                    client.request("POST" if "write" in target else "GET", target)
        finally:
            server.stop()
        lines = [line for line in path.read_text().splitlines() if "Python" not in line and '"GET /ping HTTP/1.1" 204' not in line]
        equal([re.sub(r'.*"(\w+ \S+) HTTP/1.1" (\d+) .*', r"\1 \2", line) for line in lines],
              ["GET /query 400", "POST /write?db=nope 404"])
        assert lines[0].startswith("127.0.0.1 - - ["), lines[0]
        assert "[httpd]" not in server.read_log()


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_") and word in name]
    passed = failed = 0
    # The input and the limit are there for their metrics.
    server = Sluice("--cores", "2", config='[[udp]]\nenabled = true\nbind-address = "127.0.0.1:0"\n'
                                           '[[limits]]\nuser = "nobody"\npoints-per-second = 1\n')
    query(server, "CREATE DATABASE d")
    for name, test in tests:
        try:
            test(server) if test.__code__.co_argcount else test()
            passed += 1
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}")
            print("    " + traceback.format_exc().strip().replace("\n", "\n    "))
    status = server.stop()
    if status != 0:
        failed += 1
        print(f"FAILED the server ended with {status}: {server.read_log()[-2000:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
