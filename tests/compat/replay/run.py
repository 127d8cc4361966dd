#!/usr/bin/python3
"""Sends InfluxDB and Sluice what their clients send, and lets real clients work with both.

    SLUICED=build/src/server/sluiced tests/compat/replay/run.py [WORD]

recorded.py holds the requests of Grafana, the influx shell, python3-influxdb and npm's influx: status,
type and body of the answers are the same, byte for byte (MessagePack too). Then the shell and
python3-influxdb themselves are run against both, and what they print or return is compared.
Debian's Python, since python3-influxdb is installed there.
"""

import gzip
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support")]
import recorded  # noqa: E402
from answers import NO_ANSWER, Asker, Differences, Tally  # noqa: E402
from servers import Influx, Sluice  # noqa: E402

SHELL_STATEMENTS = (
    "SHOW DATABASES", "SELECT * FROM cpu LIMIT 3", "SELECT count(*), mean(usage_idle) FROM cpu GROUP BY host",
    "SELECT * FROM cpu, disk LIMIT 2", "SHOW SERIES", "SHOW TAG VALUES WITH KEY = host", "SELECT nosuch(a) FROM cpu", "SELECT",
    'SELECT * FROM "a name"', "INSERT m,h=a v=1 1", "SELECT * FROM m", "INSERT m v=x", "SELECT usage_idle FROM cpu",
    "SELECT fstype, ro FROM disk WHERE host = 'db' LIMIT 1; SHOW MEASUREMENTS", "DROP MEASUREMENT m", "SELECT * FROM m")
FORMATS = ("column", "csv", "json")


def exchange(asker, request):
    _, method, target, headers, body = request
    answer = asker.request(method, target, body, headers)
    if answer is None:
        return NO_ANSWER
    status, found, body = answer
    if found.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    text = body.decode("latin-1") if "msgpack" in found.get("Content-Type", "") else body.decode()
    return f"{status} {found.get('Content-Type')} {found.get('X-Influxdb-Error')}\n{text}"


def shell(port, statement, form):
    command = ["influx", "-host", "127.0.0.1", "-port", str(port), "-database", "d", "-format", form, "-execute", statement]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


def python_client(port):
    """What each of its calls returns; it raises what a server says."""
    import influxdb  # noqa: PLC0415
    client = influxdb.InfluxDBClient("127.0.0.1", port, database="d")
    calls = [
        lambda: client.create_database("py"), client.get_list_database, client.get_list_measurements,
        lambda: client.get_list_retention_policies("d"), lambda: client.get_list_series(measurement="disk"),
        lambda: client.create_retention_policy("short", "2h", "1", "py", default=True),
        lambda: client.alter_retention_policy("short", "py", duration="3h", default=True),
        lambda: client.get_list_retention_policies("py"), lambda: client.drop_retention_policy("short", "py"),
        lambda: client.write_points([{"measurement": "m", "tags": {"h": "a b"}, "fields": {"v": 1.5, "n": 3, "s": "x", "b": True},
                                      "time": 1715000000000000000}], database="py"),
        lambda: client.query("SELECT * FROM m", database="py").raw,
        lambda: list(client.query("SELECT mean(usage_idle) FROM cpu GROUP BY host", epoch="ms").items()),
        lambda: [result.raw for result in client.query("SHOW MEASUREMENTS; SELECT * FROM disk LIMIT 1")],
        lambda: client.query("SELECT usage_idle FROM cpu WHERE host = $h LIMIT 1", bind_params={"h": "db"}).raw,
        lambda: client.query("SELECT foo(x) FROM cpu"), lambda: client.query("SELECT"),
        lambda: client.query("SELECT * FROM m", database="nosuch"), client.get_list_users,
        lambda: client.create_user("u", "p"), client.get_list_users, lambda: client.grant_privilege("read", "d", "u"),
        lambda: client.get_list_privileges("u"), lambda: client.revoke_privilege("read", "d", "u"), lambda: client.grant_admin_privileges("u"),
        client.get_list_users, lambda: client.set_user_password("u", "q"), lambda: client.drop_user("u"),
        client.get_list_continuous_queries,
        lambda: client.create_continuous_query("q", "SELECT mean(v) INTO t FROM m GROUP BY time(1h)", "py"),
        client.get_list_continuous_queries, lambda: client.drop_continuous_query("q", "py"),
        lambda: client.delete_series("d", "disk", {"host": "db"}), lambda: client.query("SELECT count(free) FROM disk GROUP BY host").raw,
        lambda: client.drop_measurement("disk"), client.get_list_measurements, lambda: client.drop_database("py"), client.get_list_database]
    for number, call in enumerate(calls):
        try:
            yield number, repr(call())
        except Exception as error:  # whatever it raises is its answer
            yield number, f"{type(error).__name__}: {error}"


def run_clients(tally, influx, sluice, word):
    """How many were left out."""
    skipped = 0
    if shutil.which("influx") is None:
        print("skipped: no influx shell")
        skipped += 1
    else:
        for form in FORMATS:
            for statement in SHELL_STATEMENTS:
                name = f"influx -format {form} -execute {statement}"
                if word in name:
                    tally.judge(name, shell(influx.port, statement, form), shell(sluice.port, statement, form))
    try:
        for (number, expected), (_, found) in zip(python_client(influx.port), python_client(sluice.port)):
            if word in "python3-influxdb":
                tally.judge(f"python3-influxdb, call {number}", expected, found)
    except ImportError:
        print("skipped: no python3-influxdb")
        skipped += 1
    return skipped


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if not Influx.is_installed():
        print("influxd is not installed: nothing to compare with\n0 passed, 0 failed, 1 skipped")
        return 0
    tally = Tally(Differences())
    influx = sluice = None
    try:
        influx, sluice = Influx(), Sluice("--cores", "2")
        askers = [Asker(server.port) for server in (influx, sluice)]
        for asker in askers:
            asker.query("CREATE DATABASE d", method="POST")
            assert asker.write(recorded.points()) == "204 "
        for request in recorded.all_requests():
            if word in request[0]:
                tally.judge(request[0], *[exchange(asker, request) for asker in askers])
        skipped = run_clients(tally, influx, sluice, word)
    finally:
        for server in (influx, sluice):
            if server is not None:
                server.stop()
    return tally.finish(skipped)


if __name__ == "__main__":
    sys.exit(main())
