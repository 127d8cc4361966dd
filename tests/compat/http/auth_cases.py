"""Requests to servers that ask who is there, compared with InfluxDB 1.6.7 byte for byte.

The form of a case is that of cases.py. FIRST_CASES are asked before there is any user, AUTH_CASES after
AUTH_STATEMENTS have been run.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse

SECRET = "sesame"
AUTH_SETTINGS = f'auth-enabled = true\nshared-secret = "{SECRET}"\n'

AUTH_STATEMENTS = (
    "CREATE USER root WITH PASSWORD 'top' WITH ALL PRIVILEGES",
    "CREATE DATABASE db",
    "CREATE DATABASE other",
    "CREATE USER ann WITH PASSWORD 'a b:c'",
    "CREATE USER bob WITH PASSWORD 'b'",
    "CREATE USER zed WITH PASSWORD 'z'",
    "GRANT READ ON db TO ann",
    "GRANT WRITE ON other TO bob",
    "GRANT ALL ON other TO zed",
    "REVOKE ALL ON other FROM zed",
)

GOOD = b"m v=1 1\n"


def basic(user, password, scheme="Basic"):
    return f"Authorization: {scheme} " + base64.b64encode(f"{user}:{password}".encode()).decode()


ROOT = tuple(basic("root", "top").split(": ", 1))
ADMIN, ANN, BOB, ZED = basic("root", "top"), basic("ann", "a b:c"), basic("bob", "b"), basic("zed", "z")


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(claims, header=None, secret=SECRET, digest=hashlib.sha256):
    claims = claims if isinstance(claims, str) else json.dumps(claims)
    text = encoded(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode()) + "." + encoded(claims.encode())
    return text + "." + encoded(hmac.new(secret.encode(), text.encode(), digest).digest())


NOW = int(time.time())
LIVE = {"username": "root", "exp": NOW + 86400}

TOKENS = {
    "good": token(LIVE),
    "by HS384": token(LIVE, {"alg": "HS384"}, digest=hashlib.sha384),
    "by HS512": token(LIVE, {"alg": "HS512"}, digest=hashlib.sha512),
    "padded": token(LIVE) + "=",
    "with a fraction": token({"username": "root", "exp": NOW + 86400.5}),
    "with a name escaped": token('{"username":"ro\\u006ft","exp":9999999999}'),
    "with names twice": token('{"username":"zed","exp":1,"username":"root","exp":9999999999}'),
    "expired": token({"username": "root", "exp": NOW - 90}),
    "expired for ever": token({"username": "root", "exp": -5}),
    "beyond time": token('{"username":"root","exp":1e300}'),
    "without an end": token({"username": "root"}),
    "with an end of 0": token({"username": "root", "exp": 0}),
    "with an end as text": token({"username": "root", "exp": "x"}),
    "not yet valid": token({**LIVE, "nbf": NOW + 3600}),
    "from the future": token({**LIVE, "iat": NOW + 3600}),
    "not yet valid and expired": token({"username": "root", "exp": 1, "nbf": NOW + 3600}),
    "without a name": token({"exp": NOW + 86400}),
    "with a number for a name": token({"username": 5, "exp": NOW + 86400}),
    "with an empty name": token({"username": "", "exp": NOW + 86400}),
    "of nobody": token({"username": "nobody", "exp": NOW + 86400}),
    "by another secret": token(LIVE, secret="other"),
    "by another secret, expired": token({"username": "root", "exp": 1}, secret="other"),
    "by no method": token(LIVE, {"alg": "none"}),
    "by RS256": token(LIVE, {"alg": "RS256"}),
    "by an unknown method": token(LIVE, {"alg": "XX"}),
    "without a method": token(LIVE, {"typ": "JWT"}),
    "with a number for a method": token(LIVE, {"alg": 5}),
    "of two parts": "a.b",
    "of four parts": "a.b.c.d",
    "of garbage": "a.b.c",
    "with a broken signature": token(LIVE)[:-3] + "!!!",
    "of an array": token("[]"),
}


def ask(name, statement, *headers, more=""):
    return name, f"GET /query?q={urllib.parse.quote_plus(statement)}{more}", headers, None


FIRST_CASES = [
    ask("first: a query", "SHOW DATABASES"),
    ask("first: a query with a password", "SHOW DATABASES", ADMIN),
    ask("first: a user who is no admin", "CREATE USER x WITH PASSWORD 'x'"),
    ask("first: what cannot be parsed", "SHOW"),
    ("first: no query", "POST /query", (), b""),
    ("first: a write", "POST /write?db=db", (), GOOD),
    ("first: ping", "GET /ping", (), None),
]

AUTH_CASES = [
    # ---- who is there
    ask("auth: nothing", "SHOW DATABASES"),
    ask("auth: nothing, as CSV", "SHOW DATABASES", "Accept: text/csv"),
    ask("auth: nothing, pretty", "SHOW DATABASES", more="&pretty=true"),
    ask("auth: in the target", "SHOW DATABASES", more="&u=root&p=top"),
    ask("auth: in the target, escaped", "SHOW DATABASES", more="&u=ann&p=a%20b%3Ac"),
    ask("auth: in the target, wrong", "SHOW DATABASES", more="&u=root&p=x"),
    ask("auth: in the target, nobody", "SHOW DATABASES", more="&u=nobody&p=x"),
    ask("auth: in the target, no password", "SHOW DATABASES", more="&u=root"),
    ask("auth: in the target, empty password", "SHOW DATABASES", more="&u=root&p="),
    ask("auth: in the target, no name", "SHOW DATABASES", more="&p=top"),
    ask("auth: in the target and the head", "SHOW DATABASES", ADMIN, more="&u=root&p=x"),
    ask("auth: half in the target", "SHOW DATABASES", ADMIN, more="&u=ann"),
    ("auth: in a form", "POST /query", ("Content-Type: application/x-www-form-urlencoded",),
     b"q=SHOW+DATABASES&u=root&p=top"),
    ask("auth: basic", "SHOW DATABASES", ADMIN),
    ask("auth: basic in small letters", "SHOW DATABASES", basic("root", "top", "basic")),
    ask("auth: basic, wrong", "SHOW DATABASES", basic("root", "x")),
    ask("auth: basic, nobody", "SHOW DATABASES", basic("nobody", "x")),
    ask("auth: basic, no name", "SHOW DATABASES", basic("", "x")),
    ask("auth: basic, empty password", "SHOW DATABASES", basic("root", "")),
    ask("auth: basic without a colon", "SHOW DATABASES", "Authorization: Basic cm9vdA=="),
    ask("auth: basic of garbage", "SHOW DATABASES", "Authorization: Basic !!"),
    ask("auth: basic of nothing", "SHOW DATABASES", "Authorization: Basic"),
    ask("auth: basic with two blanks", "SHOW DATABASES", ADMIN.replace("Basic ", "Basic  ")),
    ask("auth: another scheme", "SHOW DATABASES", "Authorization: Digest x"),
    ask("auth: bearer in small letters", "SHOW DATABASES", "Authorization: bearer " + TOKENS["good"]),
    ask("auth: bearer of two words", "SHOW DATABASES", f"Authorization: Bearer {TOKENS['good']} x"),
    *[ask(f"auth: a token {name}", "SHOW DATABASES", "Authorization: Bearer " + text) for name, text in TOKENS.items()],
    ("auth: no query", "GET /query", (), None),
    ("auth: no query, known", "GET /query", (ADMIN,), None),
    ("auth: a write of nobody", "POST /write?db=db", (), GOOD),
    ("auth: a write of nobody, as CSV", "POST /write?db=db", ("Accept: text/csv",), GOOD),
    ("auth: a write with a wrong password", "POST /write?db=db", (basic("root", "x"),), GOOD),
    ("auth: options", "OPTIONS /query", (), None),
    ("auth: an unknown path", "GET /nope", (), None),
    ("auth: another method", "GET /write", (), None),
    ("auth: ping", "GET /ping", (), None),
    # ---- who may what
    ("auth: a write of an admin", "POST /write?db=db", (ADMIN,), GOOD),
    ("auth: a write of a writer", "POST /write?db=other", (BOB,), GOOD),
    ("auth: a write of a writer elsewhere", "POST /write?db=db", (BOB,), GOOD),
    ("auth: a write of a reader", "POST /write?db=db", (ANN,), GOOD),
    ("auth: a write to no database", "POST /write", (ANN,), GOOD),
    ("auth: a write to an unknown database", "POST /write?db=nope", (ANN,), GOOD),
    ("auth: a refused write that is not line protocol", "POST /write?db=db", (ANN,), b"oops"),
    ("auth: a refused write of broken gzip", "POST /write?db=db", (ANN, "Content-Encoding: gzip"), b"oops"),
    ask("auth: an admin's databases", "SHOW DATABASES", ADMIN),
    ask("auth: a reader's databases", "SHOW DATABASES", ANN),
    ask("auth: a writer's databases", "SHOW DATABASES", BOB),
    ask("auth: nobody's databases", "SHOW DATABASES", ZED),
    *[ask(f"auth: a reader of db: {statement}", statement, ANN, more="&db=db&epoch=ns") for statement in (
        "SELECT v FROM m", "SELECT v FROM db..m", "SELECT v FROM other..m", "SELECT v FROM (SELECT v FROM other..m)",
        "SELECT v INTO x FROM m", "SELECT v INTO other..x FROM m", "SELECT v FROM m; SHOW USERS",
        "EXPLAIN SELECT v FROM other..m", "SHOW MEASUREMENTS", "SHOW MEASUREMENTS ON other", "SHOW SERIES ON other",
        "SHOW TAG KEYS ON other", "SHOW FIELD KEYS ON other", "SHOW TAG VALUES ON other WITH KEY = k",
        "SHOW RETENTION POLICIES ON other", "SHOW RETENTION POLICIES ON nope", "DELETE FROM m", "DROP SERIES FROM m",
        "DROP MEASUREMENT m", "DROP SHARD 1", "DROP DATABASE db", "CREATE DATABASE x", "SHOW USERS",
        "SHOW GRANTS FOR ann", "SET PASSWORD FOR ann = 'x'", "CREATE USER x WITH PASSWORD 'x'", "DROP USER ann",
        "GRANT ALL TO ann", "REVOKE ALL FROM root", "KILL QUERY 1", "SHOW SHARDS", "SHOW SHARD GROUPS", "SHOW STATS",
        "SHOW DIAGNOSTICS", "SHOW SUBSCRIPTIONS", "CREATE RETENTION POLICY p ON db DURATION 1d REPLICATION 1",
        "ALTER RETENTION POLICY autogen ON db DEFAULT", "DROP RETENTION POLICY p ON db",
        "DROP CONTINUOUS QUERY q ON db", "DROP SUBSCRIPTION s ON db.autogen",
        "CREATE CONTINUOUS QUERY q ON other BEGIN SELECT mean(v) INTO x FROM m GROUP BY time(1m) END",
        "CREATE CONTINUOUS QUERY q ON db BEGIN SELECT mean(v) INTO x FROM m GROUP BY time(1m) END",
        "SHOW FIELD KEY CARDINALITY ON other", "SHOW SERIES ON db FROM other..m", "SHOW CONTINUOUS QUERIES")],
    ask("auth: a reader without a database", "SELECT v FROM m", ANN),
    ask("auth: a reader without a database lists queries", "SHOW QUERIES", ANN),
    ask("auth: a writer deletes", "DELETE FROM nothing", BOB, more="&db=other"),
    ask("auth: a writer reads", "SELECT v FROM m", BOB, more="&db=other"),
    ask("auth: a refused query, asynchronous", "SHOW USERS", ANN, more="&async=true"),
    ask("auth: a refused query, pretty", "SHOW USERS", ANN, more="&pretty=true"),
    ask("auth: a refused query, as CSV", "SHOW USERS", ANN, "Accept: text/csv"),
    ask("auth: a query that cannot be parsed", "SHOW", ANN),
]
