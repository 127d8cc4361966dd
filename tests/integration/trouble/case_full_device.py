"""A device without room, at the start and while it serves."""

import contextlib
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
