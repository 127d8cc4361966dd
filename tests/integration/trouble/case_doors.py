"""The doors: addresses, directories, heads, forms, texts, the log."""

import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from servers import Sluice, free_port
from wire import Client

SLUICED = os.environ.get("SLUICED", "build/src/server/sluiced")
SLUICE = str(pathlib.Path(SLUICED).parent / "sluice")


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def holds(text, *words):
    for word in words:
        if word not in text:
            raise AssertionError(f"no {word!r} in {text!r}")


def query(server, text, **parameters):
    with Client(server.port, timeout=30) as client:
        answer = client.request("POST", "/query?" + urllib.parse.urlencode({"q": text, **parameters}), b"")
        equal(answer.status, 200)
        return json.loads(answer.body)["results"][0]


def rows_of(server, text, **parameters):
    result = query(server, text, **parameters)
    assert "error" not in result, result
    return result["series"][0]["values"] if "series" in result else []


def post_form(client, **parameters):
    return client.post("/query", urllib.parse.urlencode(parameters),
                       [("Content-Type", "application/x-www-form-urlencoded")])


def run(*arguments, seconds=30, **options):
    """A program that is expected to end by itself."""
    return subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
                          check=False, **options)


def refused_start(*arguments):
    done = run(SLUICED, "--config", "/dev/null", "--cores", "1", *arguments)
    equal(done.returncode, 1)
    return done.stderr


class served:
    """`with served() as server`: it ends well, too."""

    def __init__(self, *arguments, config=""):
        self.server = Sluice("--cores", "2", *arguments, config=config)

    def __enter__(self):
        return self.server

    def __exit__(self, kind, *_):
        status = self.server.stop()
        if kind is None:
            equal(status, 0)


# ---- addresses and directories

def test_a_second_server_on_the_address_ends():
    with served() as server, tempfile.TemporaryDirectory() as other:
        query(server, "CREATE DATABASE d")
        for bind in (f"127.0.0.1:{server.port}", f":{server.port}"):
            text = refused_start("--data-dir", other, "--bind", bind)
            holds(text, str(server.port), "Address already in use")
            assert "stopping" not in text, text
        for i in range(40):
            with Client(server.port) as client:
                equal(client.post("/write?db=d", f"m v=1 {i + 1}").status, 204)
        equal(rows_of(server, "SELECT count(v) FROM m", db="d")[0][1], 40)


def test_an_address_is_free_again_at_once():
    with served() as server:
        keep = Client(server.port)
        equal(keep.get("/ping").status, 204)
        server.restart(signal.SIGKILL)
        keep.close()
        with Client(server.port) as client:
            equal(client.get("/ping").status, 204)


def test_a_lock_file_that_is_removed_is_still_a_lock():
    with served() as server:
        data = server.root / "data"
        (data / "LOCK").unlink()
        text = refused_start("--data-dir", str(data), "--bind", f"127.0.0.1:{free_port()}")
        holds(text, "locked by another process")


def test_the_directory_of_another_program_is_refused_untouched():
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name in ("influx/meta", "influx/data", "influx/wal", "other"):
            (root / name).mkdir(parents=True)
        (root / "influx/meta/meta.db").write_bytes(b"x")
        (root / "other/photo.jpg").write_bytes(b"x")
        bind = ("--bind", f"127.0.0.1:{free_port()}")
        holds(refused_start("--data-dir", str(root / "influx"), *bind), "InfluxDB 1.x", "another directory")
        holds(refused_start("--data-dir", str(root / "other"), *bind), "photo.jpg", "not empty")
        equal(sorted(p.name for p in (root / "influx").iterdir()), ["data", "meta", "wal"])
        equal([p.name for p in (root / "other").iterdir()], ["photo.jpg"])


def test_a_directory_is_made_with_those_above_it():
    with tempfile.TemporaryDirectory() as directory:
        with served("--data-dir", directory + "/a/b/c") as server:
            query(server, "CREATE DATABASE d")
        assert pathlib.Path(directory, "a/b/c/stores").is_dir()


def test_a_pid_file_that_cannot_be_written_keeps_the_server_from_starting():
    with tempfile.TemporaryDirectory() as directory:
        text = refused_start("--data-dir", directory + "/d", "--bind", f"127.0.0.1:{free_port()}",
                             "--pidfile", directory + "/none/pid")
        holds(text, "/none/pid")
        path = pathlib.Path(directory, "pid")
        with served("--pidfile", str(path)) as server:
            deadline = time.monotonic() + 10
            while path.read_text() != f"{server.process.pid}\n" and time.monotonic() < deadline:
                time.sleep(0.02)
            equal(path.read_text(), f"{server.process.pid}\n")
            refused_start("--data-dir", str(server.root / "data"), "--bind", f"127.0.0.1:{free_port()}",
                          "--pidfile", str(path))
            equal(path.read_text(), f"{server.process.pid}\n")
        assert not path.exists()


def test_the_tool_without_a_command_says_what_there_is():
    done = run(SLUICE)
    equal(done.returncode, 2)
    holds(done.stderr, "inspect", "verify")
    equal(run(SLUICE, "--help").returncode, 0)
    equal(run(SLUICE, "nonsense").returncode, 2)


def test_the_log_of_a_catalog_can_be_inspected():
    with served() as server:
        query(server, "CREATE DATABASE seen")
        log = next((server.root / "data" / "meta").glob("catalog-*.log"))
        done = run(SLUICE, "inspect", str(log))
        equal(done.returncode, 0)
        holds(done.stdout, "seen")


class ReadOnlySluice(Sluice):
    """Started again with reopen(), its directory is mounted read-only for it alone. Needs root."""

    read_only = False

    def command(self):
        data = str(self.root / "data")
        mount = f"mount --bind {data} {data} && mount -o remount,ro,bind {data} {data} && exec "
        return ["unshare", "-m", "sh", "-c", (mount if self.read_only else "exec ") + '"$@"', "sh", *super().command()]

    def reopen(self):
        self.read_only = True
        self.start()


def test_a_file_system_that_is_read_only_at_start_serves_what_it_holds():
    if os.geteuid() != 0:
        raise unittest.SkipTest("mounting needs root")
    for number in (signal.SIGTERM, signal.SIGKILL):
        server = ReadOnlySluice("--cores", "2")
        try:
            query(server, "CREATE DATABASE d")
            with Client(server.port) as client:
                equal(client.post("/write?db=d", "m v=1 1").status, 204)
            server.stop(number)
            # A log that was being made when the process ended.
            (server.root / "data" / "stores" / "0001" / "wal" / "99.log").write_bytes(b"")
            server.reopen()
            equal(rows_of(server, "SELECT v FROM m", db="d", epoch="ns"), [[1, 1]])
            with Client(server.port) as client:
                answer = client.post("/write?db=d", "m v=1 2")
                equal(answer.status, 503)
                holds(answer.text, "Read-only file system")
                assert str(server.root) not in answer.text, answer.text
                answer = client.get("/health")
                equal(answer.status, 503)
                holds(answer.text, "Read-only file system")
                assert str(server.root) not in answer.text, answer.text
            error = query(server, "CREATE DATABASE e").get("error")
            holds(error, "Read-only file system")
            assert str(server.root) not in error, error
        finally:
            equal(server.stop(), 0)


# ---- configuration

def test_a_configuration_of_influxdb_is_told_what_has_no_effect():
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "influxdb.conf")
        path.write_text("[http]\nwrite-tracing = true\nflux-enabled = true\n")
        done = run(SLUICED, "check", "--config", str(path))
        equal(done.returncode, 0)
        holds(done.stderr, "http.write-tracing has no effect: ", "http.flux-enabled has no effect: ")
        path.write_text("[retention]\ncheck-interval = 10\n")
        done = run(SLUICED, "check", "--config", str(path))
        equal(done.returncode, 1)
        holds(done.stderr, "influxdb.conf:2: ", 'a right one is "30m0s"')


# ---- heads

def test_a_number_sign_is_an_ordinary_byte():
    with served() as server, Client(server.port) as client:
        query(server, "CREATE DATABASE z")
        answer = client.post("/write?db=z#2", "m v=1 1")
        equal((answer.status, json.loads(answer.body)["error"]), (404, 'database not found: "z#2"'))
        equal(client.post("/write?u=me&p=se#cret&db=z", "m v=1 1").status, 204)
        equal(len(rows_of(server, "SELECT v FROM m", db="z")), 1)


def test_a_write_without_a_length_is_refused_and_counted():
    with served() as server:
        query(server, "CREATE DATABASE z")
        with Client(server.port) as client:
            client.send("POST /write?db=z HTTP/1.0\r\n\r\nm v=1 1\n")
            answer = client.read()
            equal(answer.status, 411)
            holds(answer.text, "Content-Length")
        with Client(server.port) as client:
            client.send("POST /write?db=z HTTP/1.0\r\nContent-Length: 8\r\n\r\nm v=1 1\n")
            equal(client.read().status, 204)
        with Client(server.port) as client:
            holds(client.get("/metrics").text, 'sluice_http_errors_total{class="4xx"} 1\n')


def test_a_refused_head_says_why():
    with served() as server:
        for head, word in ((b"GET /ping HTTP/1.1\nHost: x\n\n", "bare line feed"),
                           (b"get /ping HTTP/1.1\r\nHost: x\r\n\r\n", "capitals"),
                           (b"\x16\x03\x01\x02\x00\x01\x00\x01", "TLS"),
                           (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                            "two lengths")):
            with Client(server.port) as client:
                client.send(head)
                answer = client.read()
                equal((answer.status, answer.reason), (400, "Bad Request"))
                holds(answer.text, "400 Bad Request: ", word)


def test_options_is_answered_everywhere():
    asked = [("Origin", "http://x"), ("Access-Control-Request-Method", "GET"),
             ("Access-Control-Request-Headers", "user-agent")]
    with served() as server, Client(server.port) as client:
        for path in ("/write", "/api/v2/write", "/query", "/ping", "/health", "/ready", "/metrics", "/debug/vars",
                     "/debug/requests", "/status", "/-/ready"):
            answer = client.request("OPTIONS", path, headers=asked)
            equal((path, answer.status, answer.body), (path, 200, b""))
            equal(answer.header("Access-Control-Allow-Origin"), "http://x")
            holds(answer.header("Access-Control-Allow-Headers"), "User-Agent")


# ---- forms on a full disk

def test_a_full_disk_can_be_looked_at_and_cleaned_by_forms():
    with served() as server:
        query(server, "CREATE DATABASE d")
        with Client(server.port) as client:
            equal(client.post("/write?db=d", "m v=1 1\nn v=1 1").status, 204)
        os.environ["SLUICE_SLUICE_FREE_SPACE_MIN"] = "900000g"
        try:
            server.restart()
        finally:
            del os.environ["SLUICE_SLUICE_FREE_SPACE_MIN"]
        with Client(server.port) as client:
            deadline = time.monotonic() + 10
            while client.post("/write?db=d", "m v=2 2").status != 503 and time.monotonic() < deadline:
                time.sleep(0.1)
            equal(client.post("/write?db=d", "m v=2 2").status, 503)
            equal(json.loads(post_form(client, db="d", epoch="ns", q="SELECT v FROM n").body)["results"][0]["series"][0]
                  ["values"], [[1, 1]])
            for text in ("SHOW DATABASES", "DELETE FROM m", "DROP MEASUREMENT n", "DROP DATABASE d"):
                answer = post_form(client, db="d", q=text)
                equal((text, answer.status), (text, 200))
                assert "error" not in json.loads(answer.body)["results"][0], answer.text
        assert "values" not in query(server, "SHOW DATABASES")["series"][0]


# ---- passwords, and who did what

def test_passwords_are_in_no_log_and_no_answer():
    requests = [("q=CREATE+USER+u+WITH+PASSWORD+%27S3cret%27", None),
                ("%71=set+password+for+u%20=%20%27S3cret%27", None),
                ("%70=S3cret&q=SHOW+DATABASES", None),
                ("q=CREATE+USER+v+WITH+PASSWORD+S3cret", None),
                ("q=CREATE+USER+v+WITH+PASSWORD+%27a%5C%27+S3cret", None),
                ("q=CREATE+USER+v+WITH+PASSWORD+%27a%27+%27S3cret%27", None),
                ("q=SET+PASSWORD+FOR+u+%27S3cret%27", None),
                ("", "q=" + urllib.parse.quote("CREATE USER w WITH PASSWORD 'S3cret'")),
                ("", "q=" + urllib.parse.quote("CREATE USER w WITH PASSWORD 'S3cret"))]
    with served(config="[http]\nlog-enabled = true\n[coordinator]\nlog-queries-after = '1ns'\n") as server:
        with Client(server.port) as client:
            for target, body in requests:
                answer = client.request("POST", "/query?" + target, (body or "").encode(),
                                        [("Content-Type", "application/x-www-form-urlencoded"),
                                         ("Referer", "http://x/?" + target)])
                assert "S3cret" not in str(answer.headers) + answer.text, (target, answer.headers, answer.text)
        server.stop()
        log = server.read_log()
        assert "S3cret" not in log, [line for line in log.splitlines() if "S3cret" in line]
        holds(log, "REDACTED", "[httpd]")
        server.start()


def test_what_an_administrator_does_is_in_the_log():
    with served(config="[retention]\ncheck-interval = '1s'\n") as server:
        query(server, "CREATE DATABASE d", u="ann")
        query(server, "CREATE RETENTION POLICY short ON d DURATION 1h REPLICATION 1")
        query(server, "ALTER RETENTION POLICY short ON d DURATION 2h")
        with Client(server.port) as client:
            equal(client.post("/write?db=d", "m v=1 1\nn v=1 1").status, 204)
        query(server, "DELETE FROM m WHERE time < 5", db="d")
        query(server, "DROP MEASUREMENT n", db="d")
        query(server, "SELECT v FROM m", db="d")
        query(server, "CREATE USER bob WITH PASSWORD 'S3cret'")
        query(server, "CREATE USER bob WITH PASSWORD 'other'")
        query(server, "DROP DATABASE d")
        lines = [line for line in server.read_log().splitlines() if "statement executed" in line]
        equal(len(lines), 8)
        for line, words in zip(lines, (("CREATE DATABASE d", "user=ann", "client=127.0.0.1", "result=done"),
                                       ("CREATE RETENTION POLICY short",), ("ALTER RETENTION POLICY short",),
                                       ("DELETE FROM m", "database=d"), ("DROP MEASUREMENT n",),
                                       ("CREATE USER bob", "[REDACTED]", "result=done"),
                                       ("CREATE USER bob", "user already exists"), ("DROP DATABASE d",))):
            holds(line, *words)
        assert "S3cret" not in server.read_log()


def test_a_shard_group_that_expires_is_named():
    with served(config="[retention]\ncheck-interval = '1s'\n") as server:
        query(server, "CREATE DATABASE d WITH DURATION 0s NAME keep")
        with Client(server.port) as client:
            equal(client.post("/write?db=d&precision=s", f"m v=1 {int(time.time()) - 9 * 86400}").status, 204)
        query(server, "ALTER RETENTION POLICY keep ON d DURATION 1h SHARD DURATION 1h")
        deadline = time.monotonic() + 30
        while "expired shard group removed" not in server.read_log() and time.monotonic() < deadline:
            time.sleep(0.2)
        line = next(line for line in server.read_log().splitlines() if "expired shard group removed" in line)
        holds(line, "database=d", "retention_policy=keep", "group=")


# ---- values and points

def test_a_long_string_is_stored_up_to_the_setting():
    with served(config="[data]\nmax-field-value-bytes = '1m'\n") as server:
        query(server, "CREATE DATABASE d")
        text = "".join(chr(97 + i * 7 % 26) for i in range(1 << 20))
        with Client(server.port, timeout=60) as client:
            for i in range(20):
                equal(client.post("/write?db=d", f'm s="{text}",i={i} {i + 1}').status, 204)
            equal(client.post("/write?db=d", f'm s="{text[:65537]}" 100').status, 204)
            equal(client.post("/write?db=d", f'm a="{text}",b="{text}",c="{text}" 101').status, 204)
            answer = client.post("/write?db=d", f'm s="{text}x" 102\nm s="good" 103')
            equal(answer.status, 400)
            holds(json.loads(answer.body)["error"], "is too long, 1048577 > 1048576", "dropped=1")
        for restart in (signal.SIGKILL, signal.SIGTERM):
            server.restart(restart)
            equal(rows_of(server, "SELECT count(s), count(i), count(a) FROM m", db="d")[0][1:], [22, 20, 1])
            equal(rows_of(server, "SELECT s FROM m WHERE time = 20", db="d", epoch="ns"), [[20, text]])


def test_a_point_of_very_many_fields_is_stored_or_refused_whole():
    with served() as server:
        query(server, "CREATE DATABASE d")
        with Client(server.port, timeout=120) as client:
            fields = ",".join(f"field_number_{i}={i}" for i in range(60_000))
            equal(client.post("/write?db=d", f"many {fields} 1").status, 204)
            equal(len(rows_of(server, "SHOW FIELD KEYS FROM many", db="d")), 60_000)
            text = "x" * (1 << 20)
            fields = ",".join(f'f{i}="{text}"' for i in range(17))
            answer = client.post("/write?db=d", f"large {fields} 1")
            equal(answer.status, 413)
            holds(answer.text, "a point is too large for the write-ahead log")
            equal(rows_of(server, "SHOW FIELD KEYS FROM large", db="d"), [])
            equal(client.post("/write?db=d", "large f1=1 1").status, 204)


def test_days_of_a_zone_with_an_offset_are_days():
    with served() as server:
        query(server, "CREATE DATABASE d")
        begin = 1585267200  # 2020-03-27T00:00:00Z
        with Client(server.port) as client:
            body = "\n".join(f"h f=1.5 {begin + hour * 3600}" for hour in range(144))
            equal(client.post("/write?db=d&precision=s", body).status, 204)
        clauses = ("FROM h WHERE time >= '2020-03-28T08:00:00+01:00' AND time < '2020-03-31T08:00:00+02:00' "
                   "GROUP BY time(1d,8h) fill(none) tz('Europe/Rome')")
        for call, values in (("integral(f)", [129600, 124200, 124200]), ("count(f)", [24, 23, 24])):
            equal([row[1] for row in rows_of(server, f"SELECT {call} {clauses}", db="d")], values)


def test_into_says_what_it_left_out():
    with served() as server:
        for name in ("d", "c"):
            query(server, f"CREATE DATABASE {name}")
        with Client(server.port) as client:
            body = 'a value=1 1\na value=2 2\nb value=3i 1\nf value="x" 1\ne value=true 1\ne value=false 2'
            equal(client.post("/write?db=d", body).status, 204)
        result = query(server, "SELECT * INTO c..:MEASUREMENT FROM /.*/ GROUP BY *", db="d")
        equal(result["series"][0]["values"][0][1], 3)
        equal(len(result["messages"]), 1)
        holds(result["messages"][0]["text"], "3 values could not be written", '"value" is read as float',
              "1 of type string", "2 of type boolean")
        result = query(server, "SELECT * INTO c..g FROM a", db="d")
        assert "messages" not in result, result


def test_a_delete_by_a_field_names_it():
    with served() as server:
        query(server, "CREATE DATABASE d")
        with Client(server.port) as client:
            equal(client.post("/write?db=d", 'a,host=x v=1 1\nb,t=1 host="y" 1').status, 204)
        error = query(server, "DROP SERIES WHERE host=''", db="d")["error"]
        holds(error, "fields not supported in WHERE clause during deletion", '"host"', '"b"')


# ---- connections and the end

def test_idle_connections_leave_descriptors_to_the_stores():
    starved = Sluice.prepare_process
    Sluice.prepare_process = lambda _: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    try:
        server = Sluice("--cores", "2")
    finally:
        Sluice.prepare_process = starved
    idle = []
    try:
        query(server, "CREATE DATABASE d")
        while 'msg="serving"' not in server.read_log():
            assert not server.has_ended(0.02)
        holds(server.read_log(), "connections_max=128")
        kept = Client(server.port)
        equal(kept.post("/write?db=d", "m v=1 1").status, 204)
        for _ in range(300):
            idle.append(Client(server.port))
        time.sleep(1.2)
        for _ in range(100):
            idle.append(Client(server.port))
        # Who has asked before is still there, and new ones are heard.
        equal(kept.post("/write?db=d", "m v=1 2").status, 204)
        deadline = time.monotonic() + 10
        status = 503
        while status == 503 and time.monotonic() < deadline:
            time.sleep(0.2)  # those that came a moment ago may still ask something
            with Client(server.port) as client:
                status = client.get("/ping").status
        equal(status, 204)
        equal(kept.request("GET", "/ping").status, 204)
        evicted = re.search(r"\nsluice_connections_evicted_total (\d+)", kept.get("/metrics").text)
        assert int(evicted[1]) > 0, evicted
        equal(len(os.listdir(f"/proc/{server.process.pid}/fd")) < 256, True)
        refused = [client for client in idle if b"503 Service Unavailable" in peek(client)]
        assert refused, "nobody was told"
        holds(server.read_log(), "connections have reached their limit")
        kept.close()
    finally:
        for client in idle:
            client.close()
        equal(server.stop(), 0)


def peek(client):
    client.socket.setblocking(False)
    try:
        return client.socket.recv(4096)
    except OSError:
        return b""


def test_half_a_head_does_not_hold_a_stop_up():
    server = Sluice("--cores", "2")
    half = Client(server.port)
    half.send("POST /write?db=d HTTP/1.1\r\nHo")
    time.sleep(0.2)
    begin = time.monotonic()
    equal(server.stop(signal.SIGINT), 0)
    assert time.monotonic() - begin < 5, time.monotonic() - begin
    half.close()


def test_a_stop_says_what_it_waits_for():
    server = Sluice("--cores", "2")
    query(server, "CREATE DATABASE d")
    busy = Client(server.port)
    busy.send("POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nm v")
    time.sleep(0.2)
    server.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 10
    while "waiting for requests in flight" not in server.read_log() and time.monotonic() < deadline:
        time.sleep(0.1)
    holds(server.read_log(), "waiting for requests in flight", "requests=1", "client=127.0.0.1")
    busy.send("=1")
    equal(busy.read().status, 204)
    equal(server.stop(), 0)
