"""Damage to manifests, logs and segments, and odd things among them: what is lost is said, the rest serves."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import urllib.parse

from servers import Sluice

POINTS = 3000
SECOND = 1_000_000_000
T = 1_715_000_000 * SECOND


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
    return json.loads(body)["results"][0]


def write(server, first, count, measurement="m"):
    lines = [f"{measurement},host=h{i % 7} v={i},s=\"text {i}\" {T + i * SECOND}" for i in range(first, first + count)]
    equal(request(server, "POST", "/write?db=d", "\n".join(lines))[0], 204)


def count(server, measurement="m"):
    result = query(server, f"SELECT count(v) FROM {measurement}")
    return result["series"][0]["values"][0][1] if "series" in result else 0


def health(server):
    return json.loads(request(server, "GET", "/health")[1])["message"]


def started():
    server = Sluice("--cores", "1")
    query(server, "CREATE DATABASE d")
    return server


def store(server):
    return next((server.root / "data" / "stores").iterdir())


def flip(path, offset, bit=0):
    content = bytearray(path.read_bytes())
    content[offset] ^= 1 << bit
    path.write_bytes(content)


def verify(server):
    tool = pathlib.Path(server.command()[0]).with_name("sluice")
    return subprocess.run([tool, "verify", server.root / "data"], capture_output=True, text=True, timeout=60,
                          check=False).stdout


def with_segments(server, rounds=3):
    """Points in as many segments, each flushed by a stop; the manifest of the last life has a record of its flush."""
    for i in range(rounds):
        write(server, i * POINTS // rounds, POINTS // rounds)
        server.stop()
        if i + 1 < rounds:
            server.start()


def test_a_flipped_bit_in_one_manifest_loses_nothing():
    server = started()
    with_segments(server)
    manifest = next(path for path in store(server).glob("MANIFEST-*") if not path.name.endswith("-copy"))
    flip(manifest, 4096 + 50)
    assert "one of its two copies" in verify(server), verify(server)
    server.start()
    equal(count(server), POINTS)
    assert "manifest is damaged; its copy serves" in server.read_log(), server.read_log()
    equal(server.stop(), 0)


def test_a_record_lost_in_both_manifests_loses_no_segment():
    server = started()
    with_segments(server)
    for manifest in store(server).glob("MANIFEST-*"):
        flip(manifest, 4096 + 50)
    server.start()
    equal(count(server), POINTS)
    assert "damaged manifest" in health(server), health(server)
    equal(server.stop(), 0)


def test_segments_serve_without_any_manifest():
    server = started()
    with_segments(server)
    for manifest in store(server).glob("MANIFEST-*"):
        manifest.unlink()
    server.start()
    equal(count(server), POINTS)
    assert "manifest was lost" in health(server), health(server)
    equal(server.stop(), 0)


def used_log(server):
    logs = [path for path in (store(server) / "wal").glob("*.log") if path.read_bytes()[:4] == b"SLWF"]
    equal(len(logs), 1)
    return logs[0]


def test_a_log_whose_first_frame_is_damaged_is_read_by_the_others():
    for offset in (0, 8):
        server = started()
        write(server, 0, 10, "first")
        for i in range(20):
            write(server, i * 10, 10, f"m{i}")
        server.stop(signal.SIGKILL)
        flip(used_log(server), offset)
        server.start()
        equal(count(server, "m19"), 10)
        assert "damaged log" in health(server), health(server)
        server.stop()
        assert list((store(server) / "wal").glob("*.damaged")), "the log was not kept"


def frames_of_logs(server):
    """Path and offset of each frame, in the order in which they were written."""
    frames = []
    for path in (store(server) / "wal").glob("*.log"):
        content = path.read_bytes()
        for at in range(0, len(content), 4096):
            if content[at:at + 4] == b"SLWF":
                frames.append((int.from_bytes(content[at + 32:at + 40], "little"), at, path))
    newest = max((number for number, _, _ in frames), default=0)
    return [(path, at) for number, at, path in sorted(frames) if number == newest]


def test_a_damaged_end_of_a_log_is_said_after_an_orderly_stop():
    """The last two frames together: nothing behind them tells that they were whole."""
    server = started()
    write(server, 0, 10, "first")
    # A head that is larger than this is left to the log by a stop.
    text = "x" * 60_000
    for i in range(0, 400, 20):
        lines = "\n".join(f'large v={k},s="{text}" {T + k}' for k in range(i, i + 20))
        equal(request(server, "POST", "/write?db=d", lines)[0], 204)
    for i in range(5):
        write(server, i * 10, 10, f"m{i}")
    equal(server.stop(), 0)
    frames = frames_of_logs(server)
    assert len(frames) > 3, frames
    for path, at in frames[-2:]:
        flip(path, at + 20)
    assert "a log ends before frame" in verify(server), verify(server)
    server.start()
    equal(count(server, "first"), 10)
    equal(count(server, "m3"), 10)
    equal(count(server, "m4"), 0)
    assert "damaged log" in health(server), health(server)
    assert "acknowledged points may be lost" in server.read_log()
    equal(server.stop(), 0)


def test_a_missing_log_is_said():
    server = started()
    for i in range(20):
        write(server, i * 10, 10)
    server.stop(signal.SIGKILL)
    used_log(server).unlink()
    assert "is missing" in verify(server), verify(server)
    server.start()
    assert "missing log" in health(server), health(server)
    equal(server.stop(), 0)


def test_a_frame_of_a_newer_version_is_refused_and_kept():
    def crc32c(data):
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        return crc ^ 0xFFFFFFFF

    server = started()
    write(server, 0, 10)
    server.stop(signal.SIGKILL)
    log = used_log(server)
    content = bytearray(log.read_bytes())
    content[4] = 2
    content[60:64] = crc32c(bytes(content[:60])).to_bytes(4, "little")
    log.write_bytes(content)
    try:
        server.start()
    except AssertionError as refusal:
        assert "a newer version wrote it" in str(refusal), refusal
    else:
        server.stop()
        raise AssertionError("a log of a newer version was taken for a spare file")
    equal(log.read_bytes(), bytes(content))


def test_a_damaged_block_costs_its_rows_and_is_named():
    server = started()
    with_segments(server)
    segments = list(store(server).glob("shards/*/*.seg"))
    assert segments, "no segment"
    # In a chunk of values: the file begins with the blocks of the first measurement.
    flip(segments[0], 900)
    server.start()
    result = query(server, "SELECT v, s FROM m")
    rows = result["series"][0]["values"]
    assert 0 < len(rows) < POINTS, len(rows)
    message = result["messages"][0]
    equal(message["level"], "warning")
    assert "rows may be missing" in message["text"], message
    assert all(row[2] == f"text {row[1]}" for row in rows)
    assert segments[0].name in health(server), health(server)
    query(server, "SELECT v, s FROM m")
    equal(server.read_log().count('msg="segment damaged"'), 1)
    equal(server.stop(), 0)


class Lowly(Sluice):
    """Runs as nobody, who owns the data; root owns what he may not open."""

    NOBODY = 65534

    def start(self):
        for path in [self.root, *self.root.rglob("*")]:
            if path.stat().st_mode & 0o777:
                os.chown(path, self.NOBODY, self.NOBODY)
        super().start()

    def prepare_process(self):
        os.setgid(self.NOBODY)
        os.setuid(self.NOBODY)


def test_a_log_that_may_not_be_opened_ends_the_start_and_keeps_its_name():
    if os.geteuid() != 0:
        return
    server = Lowly("--cores", "1")
    query(server, "CREATE DATABASE d")
    write(server, 0, 10)
    server.stop(signal.SIGKILL)
    log = used_log(server)
    os.chown(log, 0, 0)
    log.chmod(0)
    try:
        server.start()
    except AssertionError as refusal:
        assert "Permission denied" in str(refusal) and log.name in str(refusal), refusal
    else:
        server.stop()
        raise AssertionError("the server goes on without a log that it may not open")
    log.chmod(0o640)
    server.start()
    equal(count(server), 10)
    assert "damaged" not in health(server), health(server)
    equal(server.stop(), 0)


def test_odd_things_among_our_files_are_left_alone():
    server = started()
    with_segments(server)
    directory = store(server)
    group = next(directory.glob("shards/*/*.seg")).parent
    for place in (directory, directory / "wal", directory / "shards", group):
        for name in ("lost+found", ".snapshot", "MANIFEST-900", "900.log", "900.seg"):
            (place / name).mkdir()
        os.mkfifo(place / "MANIFEST-901")
        os.mkfifo(place / "901.log")
        os.mkfifo(place / "901.seg")
        (place / "notes.txt").write_text("mine")
    server.start()
    equal(count(server), POINTS)
    write(server, POINTS, 10)
    equal(count(server), POINTS + 10)
    equal((group / "notes.txt").read_text(), "mine")
    assert "left alone" in server.read_log()
    equal(server.stop(), 0)
    server.start()
    equal(count(server), POINTS + 10)
    equal(server.stop(), 0)
