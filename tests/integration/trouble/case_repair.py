"""A lost catalog comes back from the stores, at a start or by hand, and points leave as line protocol."""

import gzip
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import urllib.parse

from case_catalog import equal, flip, health, query, request
from servers import Sluice

HOUR = 3_600_000_000_000
# Long ago enough for several weeks; the policy that removes points gets recent ones.
T = 1_715_000_000_000_000_000
WEEK = 7 * 24 * HOUR


def tool(*arguments):
    program = pathlib.Path(os.environ.get("SLUICED", "build/src/server/sluiced")).parent / "sluice"
    done = subprocess.run([program, *arguments], capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def write(server, target, lines):
    status, body = request(server, "POST", f"/write?{target}", "\n".join(lines).encode())
    equal((status, body), (204, ""))


def statement(server, text, database="d"):
    status, body = request(server, "POST", "/query?" + urllib.parse.urlencode({"q": text, "db": database,
                                                                               "epoch": "ns"}))
    equal(status, 200)
    return body


def started(cores):
    """Two databases, three policies, every type of field, points written through several connections."""
    server = Sluice("--cores", str(cores))
    for text in ("CREATE DATABASE d", "CREATE DATABASE e",
                 "CREATE RETENTION POLICY long ON d DURATION 5000w REPLICATION 1 SHARD DURATION 1d"):
        query(server, text)
    for week in range(3):
        write(server, "db=d", [rf'm\ 1,host=h{i},x=a\,b f={i}.25,n={i}i,u={i}u,s="q\"\\{i} é",b={"t" if i % 2 else "f"} '
                               f"{T + week * WEEK + i}" for i in range(200)])
    # The same points again, through another connection: the last value counts.
    for i in range(4):
        write(server, "db=d", [rf"m\ 1,host=h7,x=a\,b f={1000 + i} {T + 7}"])
    write(server, "db=d&rp=long", [f"l v={i} {T + i * HOUR}" for i in range(60)])
    write(server, "db=e", [f"k,c=1 v={i}i {T + i}" for i in range(10)])
    return server


QUESTIONS = (("SHOW DATABASES", "d"), ("SHOW RETENTION POLICIES ON d", "d"), ("SHOW RETENTION POLICIES ON e", "d"),
             ("SHOW FIELD KEYS ON d", "d"), ("SHOW FIELD KEYS ON e", "d"), ("SHOW SERIES ON d", "d"),
             ('SELECT * FROM "m 1"', "d"), ('SELECT * FROM d."long".l', "d"), ("SELECT * FROM k", "e"))


def picture(server):
    return [statement(server, *each) for each in QUESTIONS]


def tree(root):
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}


def lose_catalog(server):
    for directory in ("meta", "meta-copy"):
        shutil.rmtree(server.root / "data" / directory)


def check_lost_at_start(number):
    server = started(2)
    try:
        expected = picture(server)
        server.stop(number)
        lose_catalog(server)
        server.start()
        equal(picture(server), expected)
        words = health(server)
        assert "came back: 2 databases, 3 retention policies, 7 shard groups" in words, words
        assert "users, continuous queries, subscriptions" in words, words
        assert "the catalog was damaged" in server.read_log()
        write(server, "db=d", [f"m\\ 1 f=1 {T + 10 * WEEK}"])
        changed = picture(server)
        server.restart(signal.SIGKILL)
        equal(picture(server), changed)
        assert "found at an earlier start: from what the stores know came back" in health(server)
    finally:
        server.stop()


def test_a_start_makes_a_lost_catalog_again():
    check_lost_at_start(signal.SIGTERM)


def test_a_start_makes_a_catalog_again_of_what_is_in_logs_only():
    check_lost_at_start(signal.SIGKILL)


def test_repair_makes_a_lost_catalog_again():
    server = started(2)
    data = server.root / "data"
    try:
        expected = picture(server)
        status, _, words = tool("repair", data)
        assert status == 1 and "is locked by another process" in words, words
        server.stop()
        status, out, _ = tool("repair", data)
        assert status == 0 and b"nothing has to be done" in out, out
        lose_catalog(server)
        before = tree(data)
        status, out, _ = tool("repair", data)
        equal(tree(data), before)
        text = out.decode()
        assert "there is no catalog" in text and "retention policy d.long, which keeps points" in text, text
        assert "nothing was changed" in text and "cannot be had back" in text, text
        status, out, _ = tool("repair", "--apply", data)
        assert "made again: in all 2 databases, 3 retention policies" in out.decode(), out
        server.start()
        equal(picture(server), expected)
        server.stop()
        status, out, _ = tool("repair", data)
        assert b"would make again" not in out, out
    finally:
        server.stop()


def test_groups_that_nobody_knows_get_a_database():
    server = started(1)
    data = server.root / "data"
    try:
        points = statement(server, 'SELECT count(f) FROM "m 1"')
        server.stop()
        lose_catalog(server)
        for path in data.glob("stores/*/MANIFEST-*"):
            path.unlink()
        _, out, _ = tool("repair", data)
        assert b"has no manifest: the next start of the server makes it again" in out, out
        server.start()
        assert "of a database that no store knows: the points are in database recovered" in health(server), \
            health(server)
        equal(statement(server, 'SELECT count(f) FROM "m 1"', "recovered"), points)
    finally:
        server.stop()


def import_lines(server, text):
    """As `influx -import` does: statements, then lines for the database and policy named last."""
    database = policy = None
    lines = []
    in_statements = False

    def send():
        if lines:
            write(server, urllib.parse.urlencode({"db": database, "rp": policy}), lines)
        lines.clear()

    for line in text.decode().split("\n"):
        if line.startswith("# DDL"):
            in_statements = True
        elif line.startswith("# DML"):
            in_statements = False
        elif line.startswith("# CONTEXT-DATABASE:"):
            send()
            database = line.partition(":")[2]
        elif line.startswith("# CONTEXT-RETENTION-POLICY:"):
            send()
            policy = line.partition(":")[2]
        elif in_statements:
            query(server, line)
        elif line and not line.startswith("#"):
            lines.append(line)
    send()


def check_export(number):
    server, other = started(2), Sluice("--cores", "1")
    data = server.root / "data"
    try:
        query(server, 'DELETE FROM "m 1" WHERE host = \'h3\'')
        expected = picture(server)
        server.stop(number)
        before = tree(data)
        status, out, words = tool("export", data)
        equal((status, tree(data)), (0, before))
        assert "d.autogen: 3 shard groups" in words, words
        import_lines(other, out)
        equal(picture(other), expected)

        path = server.root / "lines.gz"
        status, out, words = tool("export", data, "--database", "e", "--lponly", "--compress", "--out", path,
                                  "--start", str(T + 2), "--end", str(T + 4))
        equal((status, out), (0, b""))
        equal(gzip.decompress(path.read_bytes()).decode(), "".join(f"k,c=1 v={i}i {T + i}\n" for i in (2, 3, 4)))
        status, _, words = tool("export", data, "--database", "nope")
        assert status == 1 and "database nope" in words, words
    finally:
        server.stop()
        other.stop()


def test_an_export_says_what_the_server_said():
    check_export(signal.SIGTERM)


def test_an_export_of_what_is_in_logs():
    check_export(signal.SIGKILL)


def test_an_export_leaves_out_a_damaged_block_and_names_it():
    server = started(1)
    data = server.root / "data"
    try:
        server.stop()
        segment = max(data.glob("stores/*/shards/*/*.seg"), key=lambda path: path.stat().st_size)
        flip(segment, 200)
        lose_catalog(server)
        before = tree(data)
        status, out, words = tool("export", data)
        equal((status, tree(data)), (1, before))
        assert str(segment) in words and "left out" in words, words
        assert out.count(b"\n") > 60 and b"k,c=1 v=9i" in out, out[:2000]
    finally:
        server.stop()
