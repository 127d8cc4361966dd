#!/usr/bin/python3
"""Real clients write and read back: the influx shell, python3-influxdb, npm's influx and influxdb-client, Telegraf's
outputs and influxdb-client-go.

    SLUICED=build/src/server/sluiced tests/integration/clients/run.py

Debian's Python, since python3-influxdb is installed there. npm's packages go to the build directory, Go's modules where
`go` keeps them; the first build of Telegraf's outputs takes minutes.
"""

import datetime
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice  # noqa: E402

START_NS = 1_715_000_000_000_000_000


class Skipped(Exception):
    pass


def run(*command, text_in=None, expect=0):
    result = subprocess.run(command, input=text_in, capture_output=True, text=True, timeout=60, check=False)
    if result.returncode != expect:
        raise AssertionError(f"{shlex.join(command)}: status {result.returncode}: "
                             f"{result.stdout.strip()} {result.stderr.strip()}")
    return result.stdout


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


# ---- the influx shell

class Shell:
    def __init__(self, port):
        if shutil.which("influx") is None:
            raise Skipped("no influx shell")
        self.base = ["influx", "-host", "127.0.0.1", "-port", str(port)]

    def execute(self, statement, *options, expect=0):
        return run(*self.base, *options, "-execute", statement, expect=expect)


def test_shell_connects_and_lists_databases(port):
    shell = Shell(port)
    shell.execute("CREATE DATABASE shell")
    listed = shell.execute("SHOW DATABASES", "-format", "csv").splitlines()
    assert "databases,shell" in listed, listed


def test_shell_inserts_and_selects(port):
    shell = Shell(port)
    shell.execute(f'INSERT cpu,host=a\\ b load=1.5,n=3i,up=true,note="x \\"y\\"" {START_NS}', "-database", "shell")
    rows = shell.execute("SELECT host, load, n, up, note FROM cpu", "-database", "shell", "-format", "csv")
    header, row = rows.splitlines()[:2]
    equal(header, "name,time,host,load,n,up,note")
    assert row.startswith(f"cpu,{START_NS},a b,1.5,3,true,"), row


def test_shell_takes_a_statement_from_standard_input(port):
    out = run(*Shell(port).base, "-database", "shell", "-format", "csv", text_in="SELECT n FROM cpu\n")
    equal(out.splitlines()[1], f"cpu,{START_NS},3")


def test_shell_imports_a_dump(port):
    shell = Shell(port)
    dump = "# DDL\nCREATE DATABASE imported\n# DML\n# CONTEXT-DATABASE: imported\n"
    dump += "".join(f"disk,device=sd{i % 3} used={i}i {START_NS + i}\n" for i in range(12000))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(dump)
        file.flush()
        run(*shell.base, "-import", "-path", file.name)
    out = shell.execute("SELECT count(used), sum(used) FROM disk", "-database", "imported", "-format", "csv")
    equal(out.splitlines()[1], f"disk,0,12000,{11999 * 12000 // 2}")


def test_shell_reads_long_answers_in_chunks(port):
    out = Shell(port).execute("SELECT used FROM disk", "-database", "imported", "-format", "csv")
    equal(len([line for line in out.splitlines() if line.startswith("disk,")]), 12000)


def test_shell_ends_with_one_on_a_malformed_statement(port):
    Shell(port).execute("SELECT used FROM", expect=1)


def test_shell_shows_why_a_point_is_refused(port):
    shell = Shell(port)
    result = subprocess.run([*shell.base, "-database", "shell", "-execute",
                             f'INSERT cpu,host=a\\ b load="text" {START_NS}'],
                            capture_output=True, text=True, timeout=60, check=False)
    said = result.stdout + result.stderr
    assert 'partial write: field type conflict: input field \\"load\\"' in said, said


# ---- python3-influxdb

def python_client(port, **options):
    try:
        import influxdb
    except ImportError:
        raise Skipped("no python3-influxdb") from None
    return influxdb.InfluxDBClient("127.0.0.1", port, database="python", **options)


def test_python_pings_and_creates(port):
    client = python_client(port)
    assert client.ping().startswith("1."), client.ping()
    client.create_database("python")
    assert {"name": "python"} in client.get_list_database()


def test_python_writes_and_reads(port):
    client = python_client(port)
    points = [{"measurement": "cpu", "tags": {"host": f"h{i % 2}", "note": "a b,c=d"},
               "time": START_NS + i, "fields": {"f": i / 2, "i": i, "s": f'text "{i}"', "b": i % 2 == 0}}
              for i in range(1000)]
    assert client.write_points(points, batch_size=300)
    rows = list(client.query("SELECT * FROM cpu ORDER BY time", epoch="ns").get_points())
    equal(len(rows), 1000)
    equal(rows[3], {"time": START_NS + 3, "host": "h1", "note": "a b,c=d", "f": 1.5, "i": 3,
                    "s": 'text "3"', "b": False})


def test_python_gzip(port):
    client = python_client(port, gzip=True)
    lines = [f"packed,host=h v={i} {START_NS + i}" for i in range(500)]
    assert client.write_points(lines, protocol="line")
    rows = list(client.query("SELECT count(v) FROM packed").get_points())
    equal(rows[0]["count"], 500)


def test_python_groups_and_windows(port):
    result = python_client(port).query("SELECT mean(f) FROM cpu GROUP BY host")
    means = {tags["host"]: next(rows)["mean"] for (_, tags), rows in result.items()}
    equal(means, {"h0": 249.5, "h1": 250.0})


def test_python_reads_chunks(port):
    result = python_client(port).query("SELECT i FROM cpu", chunked=True, chunk_size=100)
    parts = [result] if hasattr(result, "get_points") else list(result)
    equal(sum(len(list(part.get_points())) for part in parts), 1000)


def test_python_reports_errors(port):
    import influxdb.exceptions
    client = python_client(port)
    try:
        client.write_points([{"measurement": "cpu", "time": START_NS, "fields": {"f": "text"}}])
    except influxdb.exceptions.InfluxDBClientError as error:
        equal(error.code, 400)
        assert "field type conflict" in str(error), error
    else:
        raise AssertionError("a type conflict was accepted")


def test_python_lists_and_drops(port):
    client = python_client(port)
    equal(sorted(row["name"] for row in client.get_list_measurements()), ["cpu", "packed"])
    client.drop_database("python")
    assert {"name": "python"} not in client.get_list_database()


# ---- curl, as in the README

def test_curl_writes_and_queries(port):
    server = f"http://127.0.0.1:{port}"
    run("curl", "-sSf", f"{server}/query", "--data-urlencode", "q=CREATE DATABASE curl")
    now = int(time.time())
    status = run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary",
                 f"room,floor=1 celsius=21.5 {now}", f"{server}/write?db=curl&precision=s")
    equal(status, "204")
    out = run("curl", "-sSG", f"{server}/query", "--data-urlencode", "db=curl",
              "--data-urlencode", "q=SELECT * FROM room")
    stamp = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    equal(out, '{"results":[{"statement_id":0,"series":[{"name":"room","columns":["time","celsius","floor"],'
               f'"values":[["{stamp}",21.5,"1"]]}}]}}]}}\n')


# ---- JavaScript: one program for each client, a line for each test

def javascript_lines(port, script):
    npm, node = shutil.which("npm"), shutil.which("node") or shutil.which("nodejs")
    if npm is None or node is None:
        raise Skipped("no npm")
    modules = pathlib.Path(os.environ.get("SLUICE_BUILD", "build")).resolve() / "node"
    modules.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", modules)
    if not (modules / "node_modules/influx").exists():
        # With npm's own patience a machine without network would wait for minutes.
        install = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--fetch-timeout=20000",
                                  "--fetch-retries=1", "--prefix", str(modules)],
                                 capture_output=True, text=True, check=False)
        if install.returncode != 0:
            raise Skipped("npm install failed: " + install.stderr.strip()[-300:])
    environment = dict(os.environ, NODE_PATH=str(modules / "node_modules"))
    return lines_of(script, [node, str(HERE / script), str(port)], environment)


# ---- Go: as above

def go_lines(port, program):
    go = shutil.which("go")
    if go is None:
        raise Skipped("no go")
    source = HERE / "go"
    # Brings the modules here. What fails behind it is ours.
    try:
        listed = subprocess.run([go, "list", "-deps", f"./{program}"], cwd=source, capture_output=True, text=True,
                                timeout=600, check=False)
    except subprocess.TimeoutExpired:
        raise Skipped("the registry of Go's modules does not answer") from None
    if listed.returncode != 0:
        raise Skipped("go list failed: " + listed.stderr.strip()[-300:])
    built = pathlib.Path(os.environ.get("SLUICE_BUILD", "build")).resolve() / "go" / program
    build = subprocess.run([go, "build", "-buildvcs=false", "-o", str(built), f"./{program}"], cwd=source,
                           capture_output=True, text=True, timeout=1500, check=False)
    if build.returncode != 0:
        return [f"FAILED go build {program}: {build.stderr.strip()[-600:]}"]
    return lines_of(program, [str(built), str(port)])


def lines_of(name, command, environment=None):
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in result.stdout.splitlines() if line.startswith(("ok ", "FAILED "))]
    if result.returncode != 0 or not lines:
        lines.append(f"FAILED {name}: {result.stdout[-300:]} {result.stderr[-600:]}")
    return lines


def main():
    passed = failed = skipped = 0
    server = Sluice()
    port = server.port
    try:
        for name, test in list(globals().items()):
            if not name.startswith("test_"):
                continue
            sentence = name.removeprefix("test_").replace("_", " ")
            try:
                test(port)
                passed += 1
                print(f"ok {sentence}")
            except Skipped as reason:
                skipped += 1
                print(f"skipped {sentence}: {reason}")
            except Exception as error:  # whatever a client raises is a failure of this test alone
                failed += 1
                print(f"FAILED {sentence}: {type(error).__name__}: {error}")
        for tell, program in ((javascript_lines, "influx_v1.js"), (javascript_lines, "influx_v2.js"),
                              (go_lines, "telegraf"), (go_lines, "client_v2")):
            try:
                for line in tell(port, program):
                    print(line, flush=True)
                    passed += line.startswith("ok ")
                    failed += line.startswith("FAILED ")
            except Skipped as reason:
                skipped += 1
                print(f"skipped {program}: {reason}")
    finally:
        server.stop()
    if failed:
        print(server.read_log()[-2000:])
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
