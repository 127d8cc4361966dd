"""A clock that is wrong when the server starts, and retention that is switched off."""

import http.client
import json
import struct
import time

from case_queries import query, write
from servers import Sluice

DAY_NS = 86_400 * 10**9
QUICK = '[retention]\ncheck-interval = "1s"\n'


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def note_of(server):
    return server.root / "data" / "clock"


def read_note(server):
    magic, checksum, wall_ns = struct.unpack("<IIq", note_of(server).read_bytes()[:16])
    assert magic == 0x4B434C53 and checksum == crc32c(struct.pack("<q", wall_ns))
    return wall_ns


def write_note(server, wall_ns):
    value = struct.pack("<q", wall_ns)
    note_of(server).write_bytes((struct.pack("<II", 0x4B434C53, crc32c(value)) + value).ljust(4096, b"\0"))


def health(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        client.request("GET", "/health")
        return json.loads(client.getresponse().read())
    finally:
        client.close()


def groups(server):
    _, answer = query(server, "SHOW SHARD GROUPS")
    return sum(len(each.get("values", [])) for each in answer["results"][0].get("series", []))


def points(server):
    _, answer = query(server, "SELECT count(v) FROM m")
    series = answer["results"][0].get("series")
    return series[0]["values"][0][1] if series else 0


def serve_expired(config):
    """Points of three hours, the policy keeps two weeks; then it keeps one hour."""
    server = Sluice("--cores", "1", config=config)
    query(server, "CREATE DATABASE d WITH DURATION 2w SHARD DURATION 1h")
    now = time.time_ns()
    lines = "\n".join(f"m v={hours} {now - (2 + hours) * 3600 * 10**9}" for hours in range(3))
    assert write(server, lines)[0] == 204
    assert points(server) == 3
    return server


def await_points(server, wanted):
    deadline = time.monotonic() + 20
    while points(server) != wanted:
        assert time.monotonic() < deadline, f"{points(server)} points, not {wanted}"
        time.sleep(0.1)


def test_a_start_ten_years_ahead_deletes_nothing():
    server = serve_expired(QUICK)
    try:
        assert abs(read_note(server) - time.time_ns()) < 60 * 10**9
        query(server, "ALTER RETENTION POLICY autogen ON d DURATION 1h")
        server.stop()
        assert abs(read_note(server) - time.time_ns()) < 60 * 10**9
        write_note(server, time.time_ns() - 3650 * DAY_NS)
        server.start()
        time.sleep(4)
        assert points(server) == 3
        message = health(server)["message"]
        assert "the clock was 3650 days ahead of the last known time" in message, message
        assert "shard groups expire in 7 days" in message, message
        assert "the clock may be wrong" in server.read_log()
        # The doubt outlives the process.
        server.restart()
        time.sleep(3)
        assert points(server) == 3
        # A note of a moment ago ends it, and so does the operator's word.
        server.stop()
        write_note(server, time.time_ns() - 3600 * 10**9)
        server.start()
        await_points(server, 0)
        assert "clock" not in health(server)["message"]
    finally:
        assert server.stop() == 0


def test_without_a_note_the_newest_points_say_when_the_directory_was_used():
    server = serve_expired(QUICK)
    try:
        now = time.time_ns()
        query(server, "CREATE DATABASE old WITH DURATION 1000w SHARD DURATION 1d")
        query(server, "DROP DATABASE d")
        query(server, "CREATE DATABASE d WITH DURATION 1000w SHARD DURATION 1d")
        assert write(server, f"m v=1 {now - 400 * DAY_NS}\nm v=2 {now - 500 * DAY_NS}")[0] == 204
        query(server, "ALTER RETENTION POLICY autogen ON d DURATION 1w")
        server.stop()
        note_of(server).unlink()
        server.start()
        time.sleep(4)
        assert points(server) == 2
        assert "the clock was 40" in health(server)["message"], health(server)
        # What is no note is none.
        server.stop()
        note_of(server).write_bytes(b"x" * 4096)
        server.start()
        time.sleep(3)
        assert points(server) == 2
    finally:
        assert server.stop() == 0


def test_an_operator_who_knows_the_clock_is_right():
    server = serve_expired(QUICK + 'clock-hold-off = "0s"\n')
    try:
        query(server, "ALTER RETENTION POLICY autogen ON d DURATION 1h")
        server.stop()
        write_note(server, time.time_ns() - 3650 * DAY_NS)
        server.start()
        await_points(server, 0)
    finally:
        assert server.stop() == 0


def test_retention_that_is_switched_off_deletes_nothing():
    server = serve_expired(QUICK + "enabled = false\n")
    try:
        query(server, "ALTER RETENTION POLICY autogen ON d DURATION 1h")
        time.sleep(4)
        assert points(server) == 3
        assert groups(server) >= 3
    finally:
        assert server.stop() == 0
