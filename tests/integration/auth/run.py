#!/usr/bin/env python3
"""Who is there: authentication and authorisation of the real binary.

    SLUICED=build/src/server/sluiced tests/integration/auth/run.py [WORD]

Statuses and texts are InfluxDB's; tests/compat/http asks both servers the same.
"""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import traceback
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parents[1] / "support")]
from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

SECRET = "sesame"
CONFIG = f"[http]\nauth-enabled = true\nshared-secret = '{SECRET}'\nrealm = 'here'\nlog-enabled = true\n"
DEFAULTS = ("--cores", "2")


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def basic(user, password):
    return [("Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())]


def ask(server, statement, headers=(), **parameters):
    """The status and the first error, or else the results."""
    with Client(server.port) as client:
        target = "/query?" + urllib.parse.urlencode({"q": statement, **parameters})
        answer = client.post(target, headers=headers)
        document = json.loads(answer.body) if answer.body else {}
        if "error" in document:
            return answer.status, document["error"]
        for result in document.get("results", []):
            if "error" in result:
                return answer.status, result["error"]
        return answer.status, document.get("results")


def get(server, path, headers=()):
    """By a connection of its own: /debug/requests ends it."""
    with Client(server.port) as client:
        return client.get(path, headers)


def write(server, target, headers=(), body="m v=1 1"):
    with Client(server.port) as client:
        return client.post(target, body, headers)


ROOT = basic("root", "top")


def admin(server, statement):
    status, found = ask(server, statement, ROOT)
    assert status == 200 and not isinstance(found, str), found


def prepared(config=CONFIG):
    """A server with root, ann who reads d, bob who writes e, and zed who may do nothing."""
    server = Sluice(*DEFAULTS, config=config)
    equal(ask(server, "CREATE USER root WITH PASSWORD 'top' WITH ALL PRIVILEGES")[0], 200)
    admin(server, "CREATE DATABASE d; CREATE DATABASE e; CREATE DATABASE f")
    admin(server, "CREATE USER ann WITH PASSWORD 'a'; CREATE USER bob WITH PASSWORD 'b'; "
                  "CREATE USER zed WITH PASSWORD 'z'; GRANT READ ON d TO ann; GRANT WRITE ON e TO bob")
    return server


ANN, BOB, ZED = basic("ann", "a"), basic("bob", "b"), basic("zed", "z")


def token(claims, secret=SECRET, algorithm="HS256"):
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    text = encoded(json.dumps({"alg": algorithm}).encode()) + b"." + encoded(json.dumps(claims).encode())
    signature = hmac.new(secret.encode(), text, digest).digest()
    return [("Authorization", "Bearer " + (text + b"." + encoded(signature)).decode())]


# ---- the first admin

def test_the_first_admin_comes_before_everything_else():
    server = Sluice(*DEFAULTS, config=CONFIG)
    try:
        first = "error authorizing query: create admin user first or disable authentication"
        equal(ask(server, "SHOW DATABASES"), (403, first))
        equal(ask(server, "SHOW DATABASES", ROOT), (403, first))
        equal(ask(server, "CREATE USER ann WITH PASSWORD 'a'"), (403, first))
        equal(ask(server, "SHOW", ROOT)[0], 400)
        equal(write(server, "/write?db=d").status, 404)
        equal(ask(server, "CREATE USER root WITH PASSWORD 'top' WITH ALL PRIVILEGES; CREATE DATABASE d")[0], 200)
        equal(ask(server, "SHOW DATABASES"), (401, "unable to parse authentication credentials"))
        equal(ask(server, "SHOW DATABASES", ROOT)[0], 200)
    finally:
        server.stop()


def test_without_an_admin_nobody_is_asked_and_nothing_is_given():
    server = Sluice(*DEFAULTS)
    try:
        equal(ask(server, "CREATE DATABASE d; CREATE USER ann WITH PASSWORD 'a'; GRANT ALL ON d TO ann")[0], 200)
        server.stop()
        (server.root / "sluice.conf").write_text(CONFIG)
        server.start()
        equal(ask(server, "SHOW DATABASES", ANN), (403, "error authorizing query: no user provided"))
        answer = write(server, "/write?db=d", ANN)
        equal((answer.status, json.loads(answer.body)["error"]), (403, 'user is required to write to database "d"'))
        answer = write(server, "/api/v2/write?bucket=d", ANN)
        equal((answer.status, answer.text), (403, '{"code":"forbidden","message":"insufficient permissions for write"}'))
    finally:
        server.stop()


# ---- who is there

def test_every_way_to_say_who_one_is(server):
    good = {
        "target": ("&u=root&p=top", ()),
        "basic": ("", ROOT),
        "token": ("", [("Authorization", "Token root:top")]),
        "bearer": ("", token({"username": "root", "exp": time.time() + 60})),
        "bearer 512": ("", token({"username": "root", "exp": time.time() + 60}, algorithm="HS512")),
    }
    with Client(server.port) as client:
        for way, (query, headers) in good.items():
            for _ in range(2):
                answer = client.get("/query?q=SHOW+USERS" + query, headers)
                equal((way, answer.status), (way, 200))
                equal((way, client.post("/write?db=d" + query, b"m v=1 1", headers).status), (way, 204))
                equal((way, client.post("/api/v2/write?bucket=d" + query, b"m v=1 1", headers).status), (way, 204))
    refused = {
        "nothing": ((), "unable to parse authentication credentials"),
        "password": (basic("root", "bottom"), "authorization failed"),
        "user": (basic("nobody", "top"), "authorization failed"),
        "no name": (basic("", "top"), "username required"),
        "expired": (token({"username": "root", "exp": 1}), "Token is expired"),
        "signature": (token({"username": "root", "exp": time.time() + 60}, "other"), "signature is invalid"),
        "unknown": (token({"username": "nobody", "exp": time.time() + 60}), "user not found"),
    }
    with Client(server.port) as client:
        for way, (headers, text) in refused.items():
            for answer in (client.get("/query?q=SHOW+USERS", headers), client.post("/write?db=d", b"m v=1", headers)):
                equal((way, answer.status, answer.text), (way, 401, json.dumps({"error": text}, separators=(",", ":")) + "\n"))
                equal(answer.header("WWW-Authenticate"), 'Basic realm="here"')
                equal(answer.header("X-Influxdb-Error"), None)
            answer = client.post("/api/v2/write?bucket=d", b"m v=1", headers)
            equal((way, answer.status, answer.text),
                  (way, 401, '{"code":"unauthorized","message":"unauthorized access"}'))
    # The target goes first, and a form does not count.
    equal(ask(server, "SHOW USERS", ROOT, u="root", p="bottom"), (401, "authorization failed"))
    with Client(server.port) as client:
        answer = client.post("/query", "q=SHOW+USERS&u=root&p=top",
                             [("Content-Type", "application/x-www-form-urlencoded")])
        equal(answer.status, 401)


def test_what_is_for_everybody(server):
    for path in ("/ping", "/status", "/metrics", "/health", "/ready", "/-/healthy", "/-/ready", "/debug/vars",
                 "/debug/requests?seconds=0"):
        assert get(server, path).status in (200, 204), path
    with Client(server.port) as client:
        equal(client.request("OPTIONS", "/write").status, 200)
        equal(client.get("/write").status, 405)
        equal(client.get("/nope").status, 404)


def test_a_configuration_closes_ping_and_debug():
    server = prepared(CONFIG + "pprof-auth-enabled = true\n")
    try:
        for path in ("/debug/vars", "/debug/requests?seconds=0"):
            equal((path, get(server, path).status), (path, 401))
            answer = get(server, path, ANN)
            equal((path, answer.status, json.loads(answer.body)["error"]), (path, 403, "error authorizing admin access"))
            equal((path, get(server, path, ROOT).status), (path, 200))
        equal(get(server, "/ping").status, 204)
        server.stop()
        (server.root / "sluice.conf").write_text(CONFIG + "ping-auth-enabled = true\n")
        server.is_ready = lambda: answers_401(server)
        server.start()
        for path in ("/ping", "/status", "/metrics"):
            equal((path, get(server, path).status), (path, 401))
            assert get(server, path, ANN).status in (200, 204), path
        equal(get(server, "/health").status, 200)
        equal(get(server, "/debug/vars").status, 200)
    finally:
        server.stop()


def answers_401(server):
    try:
        return get(server, "/ping").status == 401
    except OSError:
        return False


def test_what_changes_counts_at_the_next_request_on_every_core(server):
    # Several connections, so that each core has some.
    clients = [Client(server.port) for _ in range(16)]

    def all_say(headers, expected):
        found = {client.get("/query?db=d&q=SHOW+MEASUREMENTS", headers).status for client in clients}
        equal(found, {expected})

    try:
        admin(server, "CREATE USER eve WITH PASSWORD 'one'; GRANT READ ON d TO eve")
        all_say(basic("eve", "one"), 200)
        admin(server, "SET PASSWORD FOR eve = 'two'")
        all_say(basic("eve", "one"), 401)
        all_say(basic("eve", "two"), 200)
        admin(server, "REVOKE READ ON d FROM eve")
        all_say(basic("eve", "two"), 403)
        admin(server, "GRANT READ ON d TO eve")
        all_say(basic("eve", "two"), 200)
        bearer = token({"username": "eve", "exp": time.time() + 60})
        all_say(bearer, 200)
        admin(server, "DROP USER eve")
        all_say(basic("eve", "two"), 401)
        all_say(bearer, 401)
        admin(server, "CREATE USER eve WITH PASSWORD 'three'; GRANT READ ON d TO eve")
        all_say(basic("eve", "two"), 401)
        all_say(basic("eve", "three"), 200)
    finally:
        for client in clients:
            client.close()
        admin(server, "DROP USER eve")


def test_guessing_holds_up_nobody(server):
    """Neither those whose password is known, nor a new one who comes from another address."""
    admin(server, "CREATE USER late WITH PASSWORD 'l'; CREATE USER later WITH PASSWORD 'l'")

    def guess(number):
        try:
            with ClientFrom("127.0.0.2", server.port) as client:
                return client.get("/query?q=SHOW+USERS", basic("root", f"guess {number}")).status
        except OSError:
            return 0

    def seconds(ask_it):
        began = time.monotonic()
        ask_it()
        return time.monotonic() - began

    with concurrent.futures.ThreadPoolExecutor(96) as pool:
        guesses = [pool.submit(guess, number) for number in range(192)]
        time.sleep(0.3)
        with Client(server.port) as client:
            known = max(seconds(lambda: equal(client.post("/write?db=d", b"m v=1 1", ROOT).status, 204))
                        for _ in range(50))
        new = max(seconds(lambda name=name: equal(ask(server, "SHOW DATABASES", basic(name, "l"))[0], 200))
                  for name in ("late", "later"))
        waited = sum(not future.done() for future in guesses)
        found = {future.result() for future in guesses}
    assert found <= {401, 503}, found
    assert 401 in found
    assert waited > 20, waited
    assert known < 2 and new < 3, (known, new)


class ClientFrom(Client):
    """A connection from an address of this machine."""

    def __init__(self, address, port):  # pylint: disable=super-init-not-called
        self.socket = socket.create_connection(("127.0.0.1", port), 60, (address, 0))
        self.buffer = b""


def test_many_connections_log_in_at_once(server):
    admin(server, "CREATE USER fleet WITH PASSWORD 'f'; GRANT ALL ON d TO fleet")

    def send(_):
        with Client(server.port, timeout=60) as client:
            return [client.post("/write?db=d", b"m v=1 1", basic("fleet", "f")).status for _ in range(3)]

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        found = {status for statuses in pool.map(send, range(64)) for status in statuses}
    equal(found, {204})


# ---- who may what

def test_writes_need_the_privilege(server):
    def error(answer):
        return answer.status, json.loads(answer.body).get("error") if answer.body else None

    equal(write(server, "/write?db=e", BOB).status, 204)
    equal(write(server, "/api/v2/write?bucket=e/autogen", BOB).status, 204)
    equal(error(write(server, "/write?db=d", BOB)), (403, '"bob" user is not authorized to write to database "d"'))
    equal(error(write(server, "/write?db=d", ANN)), (403, '"ann" user is not authorized to write to database "d"'))
    equal(error(write(server, "/write?db=d", ZED, body="x" * 1000)),
          (403, '"zed" user is not authorized to write to database "d"'))
    # In this order: precision, database, privilege.
    equal(error(write(server, "/write?db=d&precision=x", ANN))[0], 400)
    equal(error(write(server, "/write", ANN)), (400, "database is required"))
    equal(error(write(server, "/write?db=nope", ANN)), (404, 'database not found: "nope"'))
    for bucket in ("d", "d/autogen", "d/nope"):
        answer = write(server, "/api/v2/write?bucket=" + bucket, BOB)
        equal((bucket, answer.status, answer.text),
              (bucket, 403, '{"code":"forbidden","message":"insufficient permissions for write"}'))
    equal(write(server, "/api/v2/write?bucket=nope", BOB).status, 404)
    equal(write(server, "/api/v2/write?bucket=d", ROOT).status, 204)
    # Nothing of what was refused is there.
    equal(ask(server, "SHOW SERIES CARDINALITY ON f", ROOT)[0], 200)


def test_statements_need_their_privileges(server):
    def refused(user, statement, needs):
        return 403, f"error authorizing query: {user} not authorized to execute statement '{statement}', {needs}"

    equal(ask(server, "SELECT v FROM m", ANN, db="d")[0], 200)
    equal(ask(server, "SELECT v FROM e..m", ANN, db="d"), refused("ann", "SELECT v FROM e..m", "requires READ on e"))
    # One that is not allowed, and none of the request runs.
    equal(ask(server, "SELECT v INTO d..x FROM d..m; SELECT v FROM d..m", ANN, db="d"),
          refused("ann", "SELECT v INTO d..x FROM d..m", "requires WRITE on d"))
    for statement in ("DROP DATABASE d", "CREATE DATABASE x", "SHOW USERS", "KILL QUERY 1", "DROP MEASUREMENT m"):
        equal(ask(server, statement, ANN, db="d"), refused("ann", statement, "requires admin privilege"))
        equal(ask(server, statement, ANN, db="d", **{"async": "true"}),
              refused("ann", statement, "requires admin privilege"))
    equal(ask(server, "SHOW SERIES ON d FROM e..m", ANN),
          refused("ann", "SHOW SERIES ON d FROM e..m", "requires READ on e"))
    equal(ask(server, "DELETE FROM m", BOB, db="e")[0], 200)
    equal(ask(server, "DELETE FROM m", BOB, db="d"), refused("bob", "DELETE FROM m", "requires WRITE on d"))
    # A text that cannot be parsed comes first.
    equal(ask(server, "SHOW", ANN)[0], 400)


def names(answer):
    status, results = answer
    equal(status, 200)
    return [row[0] for series in results[0].get("series", []) for row in series.get("values", [])]


def test_listings_show_what_one_may_see(server):
    equal(names(ask(server, "SHOW DATABASES", ROOT)), ["d", "e", "f"])
    equal(names(ask(server, "SHOW DATABASES", ANN)), ["d"])
    equal(names(ask(server, "SHOW DATABASES", BOB)), ["e"])
    equal(names(ask(server, "SHOW DATABASES", ZED)), [])
    equal(len(names(ask(server, "SHOW QUERIES", ANN, db="d"))), 1)
    equal(ask(server, "SHOW QUERIES", ZED, db="d")[0], 403)
    series = ask(server, "SHOW CONTINUOUS QUERIES", ANN, db="d")[1][0]["series"]
    equal([each["name"] for each in series], ["d"])
    # Continuous queries and what else the server asks of itself need nobody's privilege.
    admin(server, "CREATE CONTINUOUS QUERY c ON e BEGIN SELECT mean(v) INTO e..x FROM e..m GROUP BY time(1s) END")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        write(server, "/write?db=e", BOB, f"m v=1 {time.time_ns()}")
        if names(ask(server, "SELECT mean FROM x", ROOT, db="e")):
            break
        time.sleep(0.3)
    else:
        raise AssertionError("the continuous query wrote nothing")
    admin(server, "DROP CONTINUOUS QUERY c ON e")


# ---- secrets and the log

def test_no_secret_is_in_the_log_and_what_was_done_is(server):
    secrets = ["hidden-one", "hidden-two", "hidden-three", "hidden-four", SECRET]
    admin(server, "CREATE USER sam WITH PASSWORD 'hidden-one'")
    equal(ask(server, "SHOW USERS", u="sam", p="hidden-two")[0], 401)
    equal(ask(server, "SET PASSWORD FOR sam = 'hidden-three'", u="sam", p="hidden-one")[0], 403)
    admin(server, "SET PASSWORD FOR sam = 'hidden-three'")
    equal(ask(server, "CREATE USER sam WITH PASSWORD 'hidden-four", ROOT)[0], 400)
    equal(ask(server, "DROP USER nobody", ROOT), (200, "user not found"))
    equal(ask(server, "SHOW QUERIES", basic("sam", "hidden-three"), db="d")[0], 403)
    bearer = token({"username": "sam", "exp": time.time() + 60})
    equal(ask(server, "SHOW DATABASES", bearer)[0], 200)
    admin(server, "DROP USER sam")
    status, diagnostics = ask(server, "SHOW DIAGNOSTICS", ROOT)
    equal(status, 200)
    assert SECRET not in json.dumps(diagnostics)
    time.sleep(1.2)
    log = server.read_log()
    for secret in secrets + [bearer[0][1].split()[1], ROOT[0][1].split()[1]]:
        assert secret not in log, secret
    for statement, user, result in (("CREATE USER sam WITH PASSWORD [REDACTED]", "root", "done"),
                                    ("SET PASSWORD FOR sam = [REDACTED]", "root", "done"),
                                    ("DROP USER nobody", "root", "user not found"),
                                    ("DROP USER sam", "root", "done")):
        lines = [line for line in log.splitlines() if "statement executed" in line and statement in line]
        assert any(f"user={user}" in line and result in line and "127.0.0.1" in line for line in lines), (statement, lines)
    lines = [line for line in log.splitlines() if "Unauthorized request" in line]
    assert any("SET PASSWORD FOR sam = [REDACTED]" in line and "user=sam" in line for line in lines), lines
    # The access log names who has proven it, and nobody else.
    access = [line for line in log.splitlines() if line.startswith("[httpd]")]
    assert any(" - root [" in line for line in access)
    assert any("u=sam&p=%5BREDACTED%5D" in line and " - - [" in line and '" 401 ' in line for line in access), access[-20:]


def test_clients_are_counted_by_user(server):
    with concurrent.futures.ThreadPoolExecutor(1) as pool, Client(server.port) as client:
        counting = pool.submit(lambda: client.get("/debug/requests?seconds=1").text)
        time.sleep(0.4)
        equal(write(server, "/write?db=e", BOB).status, 204)
        counts = json.loads(counting.result())
    equal(counts.get("bob:127.0.0.1"), {"writes": 1, "queries": 0})


# ---- a client as it is

def test_the_shell_of_influxdb_logs_in(server):
    if shutil.which("influx") is None:
        raise unittest.SkipTest("influx is not installed")

    def influx(*arguments, **environment):
        done = subprocess.run(["influx", "-host", "127.0.0.1", "-port", str(server.port), "-format", "csv", *arguments],
                              capture_output=True, text=True, timeout=30, check=False, env=os.environ | environment)
        return done.stdout + done.stderr

    as_ann = ("-username", "ann", "-password", "a", "-database", "d")
    assert "databases,d" in influx(*as_ann, "-execute", "SHOW DATABASES")
    assert "databases,d" in influx("-execute", "SHOW DATABASES", INFLUX_USERNAME="ann", INFLUX_PASSWORD="a")
    assert "requires admin privilege" in influx(*as_ann, "-execute", "SHOW USERS")
    assert "is not authorized to write" in influx(*as_ann, "-execute", "INSERT m v=1")
    assert "authorization failed" in influx("-username", "ann", "-password", "x", "-execute", "SHOW DATABASES")
    assert "unable to parse authentication credentials" in influx("-execute", "SHOW DATABASES")


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = skipped = 0
    server = None
    for name, test in list(globals().items()):
        if not name.startswith("test_") or word not in name:
            continue
        try:
            if test.__code__.co_argcount:
                server = server or prepared()
                test(server)
            else:
                test()
            passed += 1
        except unittest.SkipTest as reason:
            skipped += 1
            print(f"skipped {name}: {reason}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}\n    " + traceback.format_exc().strip().replace("\n", "\n    "))
    if server:
        status = server.stop()
        if status != 0:
            failed += 1
            print(f"FAILED the server ended with {status}: {server.read_log()[-2000:]}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
