"""A device without room, at the start and while it serves."""

import contextlib
import pathlib
import resource
import shutil
import subprocess
import time
import unittest

from case_queries import BASE, query, write
from servers import Sluice


def test_more_cores_than_before_on_a_full_device():
    """There is no room for the stores of the new cores: what is there is read, and writes follow when there is room."""
    server = Sluice("--cores", "1")
    data = server.root / "data"
    query(server, "CREATE DATABASE d")
    assert write(server, f"m v=1 {BASE}")[0] == 204
    server.stop()
    kept = server.root / "kept"
    data.rename(kept)
    data.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,nr_inodes=100", "none", str(data)],
                      capture_output=True, check=False).returncode != 0:
        raise unittest.SkipTest("may not mount")
    try:
        shutil.copytree(kept, data, dirs_exist_ok=True)
        fill = data / "fill"
        fill.mkdir()
        with contextlib.suppress(OSError):
            for number in range(100):
                (fill / str(number)).touch()
        server.arguments = ("--cores", "3")
        server.start()
        _, answer = query(server, "SELECT v FROM m")
        assert answer["results"][0]["series"][0]["values"][0][1] == 1, answer
        shutil.rmtree(fill)
        deadline = time.monotonic() + 20
        # Connections fall to any core: all take writes again.
        written = 0
        while written < 30:
            written = written + 1 if write(server, f"m v=2 {BASE + 1 + written}")[0] == 204 else 0
            assert time.monotonic() < deadline, server.read_log()
            time.sleep(0.02)
        _, answer = query(server, "SELECT count(v) FROM m")
        assert answer["results"][0]["series"][0]["values"][0][1] >= 31, answer
        assert server.stop() == 0
    finally:
        server.stop()
        subprocess.run(["umount", str(data)], check=False)


class FewDescriptors(Sluice):
    """A server that may have 256 descriptors; 64 of them are for the segments of its one store."""

    def prepare_process(self):
        super().prepare_process()
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def test_more_shard_groups_than_descriptors():
    """Each is a segment with a file: all are read, over and over, and what comes after still finds descriptors."""
    groups = 600
    config = '[data]\ncache-snapshot-write-cold-duration = "1s"\ncompact-full-write-cold-duration = "24h"\n'
    server = FewDescriptors("--cores", "1", config=config)
    try:
        query(server, "CREATE DATABASE d WITH SHARD DURATION 1h")
        lines = "\n".join(f"m,host=h{i % 7} v={i}i {BASE - i * 3600 * 10**9}" for i in range(groups))
        assert write(server, lines)[0] == 204
        deadline = time.monotonic() + 60
        while len(list((server.root / "data").glob("stores/*/shards/*/*.seg"))) < groups:
            assert time.monotonic() < deadline, "no flush"
            time.sleep(0.1)
        server.restart()
        wanted = [[groups, sum(range(groups))]]
        for _ in range(3):
            _, answer = query(server, "SELECT count(v), sum(v) FROM m")
            assert [row[1:] for row in answer["results"][0]["series"][0]["values"]] == wanted, answer
            _, answer = query(server, "SHOW SERIES FROM m")
            assert len(answer["results"][0]["series"][0]["values"]) == 7, answer
            _, answer = query(server, "SELECT last(v) FROM m GROUP BY host")
            assert len(answer["results"][0]["series"]) == 7, answer
            assert write(server, f"other v=1 {BASE}")[0] == 204
        descriptors = len(list(pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()))
        assert descriptors < 160, descriptors
    finally:
        assert server.stop() == 0
