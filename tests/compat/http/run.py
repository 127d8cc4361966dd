#!/usr/bin/env python3
"""Sends both servers the same requests and compares the answers, head and body, byte for byte.

    SLUICED=build/src/server/sluiced tests/compat/http/run.py [WORD] [--verbose]

The reference is Debian's influxd 1.6.7 on a free port with a directory of its own.
"""

import gzip
import pathlib
import re
import socket
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
# Behind the folder of this file, which has cases of its own.
sys.path[1:1] = [str(HERE.parents[1] / folder) for folder in ("integration/http", "support")]

from auth_cases import AUTH_CASES, AUTH_SETTINGS, AUTH_STATEMENTS, FIRST_CASES, ROOT  # noqa: E402
from cases import CASES, T  # noqa: E402
from differences import DIFFERENCES  # noqa: E402
from servers import Influx, Sluice  # noqa: E402
from wire import Client  # noqa: E402

PLACE = re.compile(r" for database: \w+ for retention policy: \w+")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def prepare(port):
    with Client(port) as client:
        for statement in ("CREATE DATABASE db", "CREATE RETENTION POLICY short ON db DURATION 1h REPLICATION 1"):
            answer = client.post("/query", "q=" + statement.replace(" ", "+"),
                                 [("Content-Type", "application/x-www-form-urlencoded")])
            assert answer.status == 200 and b"error" not in answer.body, answer.body
        answer = client.post("/write?db=db", f"typed v=1 {T}\n")
        assert answer.status == 204, answer.body


def prepare_users(port):
    with Client(port) as client:
        for statement in AUTH_STATEMENTS:
            answer = client.post("/query", "q=" + urllib.parse.quote_plus(statement),
                                 [("Content-Type", "application/x-www-form-urlencoded"), ROOT])
            assert answer.status == 200 and b"error" not in answer.body, answer.body


def exchange(port, case):
    _, line, headers, body = case
    method = line.split(" ", 1)[0]
    head = line.replace("{db}", "db") + " HTTP/1.1\r\nHost: test\r\n" + "".join(h + "\r\n" for h in headers)
    with Client(port, timeout=15) as client:
        if isinstance(body, int):  # a length only: the answer comes before the body
            client.send(f"{head}Content-Length: {body}\r\n\r\n")
        else:
            length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
            client.send(f"{head}{length}\r\n".encode() + (body or b""))
        return client.read(method)


def normal_value(name, value):
    if name == "Date":
        return re.sub(r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$", "<date>", value)
    if name in ("Request-Id", "X-Request-Id"):
        return UUID.sub("<uuid>", value)
    if name == "X-Influxdb-Version":
        return "<version>"
    if name == "Allow":
        return ", ".join(sorted(method for method in value.split(", ") if method != "OPTIONS"))
    if name == "Access-Control-Allow-Headers":
        return value.replace("User-Agent, ", "")
    if name == "X-Influxdb-Error":
        return PLACE.sub("", value)
    if name == "Content-Length":
        return "<length>"  # the bodies are compared
    return value


def describe(answer):
    lines = [f"{answer.status} {answer.reason}"]
    # Go's server puts the field last where it adds it, and among the others where a handler does.
    headers = sorted(answer.headers, key=lambda header: header[0] == "Connection")
    lines += [f"{name}: {normal_value(name, value)}" for name, value in headers]
    body = answer.body
    if ("Content-Encoding", "gzip") in answer.headers:
        body = gzip.decompress(body)
    return "\n".join(lines) + "\n\n" + PLACE.sub("", body.decode("utf-8", "backslashreplace"))


def attempt(port, case):
    try:
        return describe(exchange(port, case))
    except (ConnectionError, socket.timeout, AssertionError) as trouble:
        return f"no answer: {trouble}"


def indent(text):
    return "        " + text.replace("\n", "\n        ")


class Comparison:
    """Counts what is equal, but for the differences that are listed."""

    def __init__(self, word, verbose):
        self.word, self.verbose = word, verbose
        self.passed = self.failed = 0

    def compare(self, server, oracle, cases):
        for case in (c for c in cases if self.word in c[0]):
            expected, found = attempt(oracle.port, case), attempt(server.port, case)
            if (expected == found) != (case[0] in DIFFERENCES):
                self.passed += 1
                if self.verbose:
                    print(f"ok {case[0]}\n{indent(found)}")
                continue
            self.failed += 1
            print(f"FAILED {case[0]}" + (": equal, but listed as different" if expected == found else ""))
            if expected != found:
                print(f"    InfluxDB:\n{indent(expected)}\n    Sluice:\n{indent(found)}")

    def without_users(self, server, oracle):
        prepare(server.port)
        prepare(oracle.port)
        self.compare(server, oracle, CASES)

    def with_users(self, server, oracle):
        self.compare(server, oracle, FIRST_CASES)
        prepare_users(server.port)
        prepare_users(oracle.port)
        self.compare(server, oracle, AUTH_CASES)


def main():
    arguments = sys.argv[1:]
    word = next((a for a in arguments if not a.startswith("-")), "")
    if not Influx.is_installed():
        print("influxd is not installed")
        print(f"0 passed, 0 failed, {len(CASES) + len(FIRST_CASES) + len(AUTH_CASES)} skipped")
        return 0
    comparison = Comparison(word, "--verbose" in arguments)
    for compare, settings in ((comparison.without_users, ""), (comparison.with_users, AUTH_SETTINGS)):
        server, oracle = None, None
        try:
            server, oracle = Sluice("--cores", "2", config="[http]\n" + settings), Influx(http=settings)
            compare(server, oracle)
        finally:
            for process in (server, oracle):
                if process is not None:
                    process.stop()
    print(f"{comparison.passed} passed, {comparison.failed} failed")
    return 1 if comparison.failed else 0


if __name__ == "__main__":
    sys.exit(main())
