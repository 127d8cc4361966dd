"""Damage to the catalog's files: nothing of it is lost with one copy, and /health, log and verify name it."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import stat
import struct
import subprocess
import urllib.parse

from servers import Sluice

T = 1_715_000_000_000_000_000
STATEMENTS = (
    "CREATE DATABASE d",
    "CREATE DATABASE gone",
    "CREATE RETENTION POLICY short ON d DURATION 30d REPLICATION 1",
    "CREATE USER ann WITH PASSWORD 'secret' WITH ALL PRIVILEGES",
    "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO o FROM m GROUP BY time(1h) END",
)


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"expected {expected!r}, found {found!r}")


def request(server, method, target, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def query(server, text):
    status, body = request(server, "POST", "/query?" + urllib.parse.urlencode({"q": text, "db": "d"}))
    equal(status, 200)
    result = json.loads(body)["results"][0]
    assert "error" not in result, result
    return result


def health(server):
    return json.loads(request(server, "GET", "/health")[1])["message"]


def verify(server):
    tool = pathlib.Path(os.environ.get("SLUICED", "build/src/server/sluiced")).parent / "sluice"
    done = subprocess.run([tool, "verify", server.root / "data"], capture_output=True, text=True, timeout=60,
                          check=False)
    return done.returncode, done.stdout + done.stderr


def started():
    """A server with a little of everything in its catalog, and points of which one is deleted."""
    server = Sluice("--cores", "1")
    for statement in STATEMENTS:
        query(server, statement)
    lines = "\n".join(f"m,host=h{i} v={i} {T + i}" for i in range(10))
    equal(request(server, "POST", "/write?db=d", lines)[0], 204)
    query(server, "DELETE FROM m WHERE host = 'h3'")
    query(server, "DROP DATABASE gone")
    return server


def picture(server):
    """All that the catalog knows, and what its deletes leave."""
    statements = ("SHOW DATABASES", "SHOW RETENTION POLICIES ON d", "SHOW USERS", "SHOW CONTINUOUS QUERIES",
                  "SHOW FIELD KEYS ON d", "SELECT * FROM m")
    return [query(server, statement) for statement in statements]


def files(server, directory):
    return sorted(path for path in (server.root / "data" / directory).iterdir() if "damaged" not in path.name)


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def overwrite_log_start(path):
    """As a version wrote it that kept one copy: without a payload."""
    covered = struct.pack("<HHIQQ", 1, 1, 0, 1, 0)
    frame = struct.pack("<4sI", b"SLCT", crc32c(covered)) + covered
    with open(path, "r+b") as file:
        file.write(frame.ljust(4096, b"\0"))


DAMAGES = {
    "flipped": lambda path: flip(path, 10),
    "removed": lambda path: path.unlink(),
    "empty": lambda path: os.truncate(path, 0),
    "cut": lambda path: os.truncate(path, 4096),
    "garbage": lambda path: path.write_bytes(os.urandom(5000)),
    "doubled": lambda path: path.write_bytes(path.read_bytes() * 2),
}


def survives(server, expected, what, named):
    """Verify names the damage, the server starts with all of it, says so, and the next start is quiet."""
    status, text = verify(server)
    assert status == 1 and named in text, (what, status, text)
    server.start()
    equal(picture(server), expected)
    message = health(server)
    assert named in message and "nothing of the catalog is lost" in message, (what, message)
    assert named in server.read_log(), what
    server.restart()
    equal(picture(server), expected)
    equal(health(server), "ready for queries and writes")
    server.stop()
    status, text = verify(server)
    equal((what, status), (what, 0))


def damaged_one_by_one(directory, number, ending=signal.SIGTERM):
    server = started()
    try:
        expected = picture(server)
        server.stop(ending)
        for what, damage in DAMAGES.items():
            path = files(server, directory)[number]
            damage(path)
            survives(server, expected, f"{path.name} {what}", f"{directory}/{path.name}")
    finally:
        server.stop()


def test_a_damaged_log_loses_nothing():
    damaged_one_by_one("meta", -2)


def test_a_damaged_snapshot_loses_nothing():
    damaged_one_by_one("meta", -1)


def test_a_damaged_log_of_the_copy_loses_nothing():
    damaged_one_by_one("meta-copy", -2, signal.SIGKILL)


def test_a_damaged_snapshot_of_the_copy_loses_nothing():
    damaged_one_by_one("meta-copy", -1, signal.SIGKILL)


def test_a_removed_directory_loses_nothing():
    server = started()
    try:
        expected = picture(server)
        for directory in ("meta", "meta-copy"):
            server.stop(signal.SIGKILL)
            shutil.rmtree(server.root / "data" / directory)
            survives(server, expected, directory, f"{directory} is missing")
            server.start()
    finally:
        server.stop()


def test_a_directory_of_one_copy_gets_the_other():
    server = started()
    try:
        expected = picture(server)
        server.stop()
        shutil.rmtree(server.root / "data" / "meta-copy")
        overwrite_log_start(files(server, "meta")[-2])
        server.start()
        equal(picture(server), expected)
        equal(health(server), "ready for queries and writes")
        server.stop()
        equal([path.name for path in files(server, "meta-copy")], [path.name for path in files(server, "meta")][-2:])
    finally:
        server.stop()


def test_a_pipe_among_the_files_does_not_hang():
    server = started()
    try:
        expected = picture(server)
        server.stop()
        for name in ("catalog-0000000001.log", "catalog-0000000009.snapshot"):
            path = server.root / "data" / "meta" / name
            path.unlink(missing_ok=True)
            os.mkfifo(path)
        server.start()
        equal(picture(server), expected)
        assert "catalog-0000000001.log" in health(server)
        assert stat.S_ISFIFO((server.root / "data" / "meta" / "catalog-0000000001.log").stat().st_mode)
        query(server, "CREATE DATABASE more")
    finally:
        server.stop()


def test_a_lost_catalog_beside_stores_is_said():
    server = started()
    try:
        server.stop()
        for directory in ("meta", "meta-copy"):
            shutil.rmtree(server.root / "data" / directory)
        status, text = verify(server)
        assert status == 1 and "no catalog beside stores" in text, text
        server.start()
        assert "the catalog, being empty, knew none of them" in health(server)
        server.restart(signal.SIGKILL)
        assert "the catalog, being empty, knew none of them" in health(server)
    finally:
        server.stop()


def test_what_both_copies_lost_is_named():
    server = started()
    try:
        server.stop(signal.SIGKILL)
        for directory in ("meta", "meta-copy"):
            flip(files(server, directory)[-2], 4096 * 3 + 10)
        status, text = verify(server)
        assert status == 1 and "catalog change 3 is lost" in text, text
        server.start()
        assert "catalog change 3 is lost" in health(server)
        names = [row[0] for row in query(server, "SHOW RETENTION POLICIES ON d")["series"][0]["values"]]
        equal(names, ["autogen"])
        server.restart()
        assert "found at an earlier start: catalog change 3 is lost" in health(server), health(server)
        for directory in ("meta", "meta-copy"):
            for path in (server.root / "data" / directory).glob("*.losses"):
                path.unlink()
        server.restart()
        equal(health(server), "ready for queries and writes")
        query(server, "SELECT * FROM m")
    finally:
        server.stop()


def test_a_copy_that_cannot_be_written_is_said_while_the_other_serves():
    server = started()
    try:
        expected = picture(server)
        server.stop()
        shutil.rmtree(server.root / "data" / "meta-copy")
        (server.root / "data" / "meta-copy").write_text("in the way")
        server.start()
        equal(picture(server), expected)
        assert "a copy of the catalog cannot be written" in health(server), health(server)
        query(server, "CREATE DATABASE more")
        server.restart(signal.SIGKILL)
        assert ["more"] in query(server, "SHOW DATABASES")["series"][0]["values"]
    finally:
        server.stop()
