"""Points leave a directory while a server is at work on it."""

import json
import re
import threading
import time

from case_catalog import equal, query, request
from case_repair import T, import_lines, picture, started, statement, tool
from servers import Sluice

# Heads are flushed and segments merged all the time.
BUSY = """
[data]
  cache-snapshot-write-cold-duration = "300ms"
  compact-full-write-cold-duration = "1s"
"""
LINE = re.compile(rb"^m(\d+),host=h(\d+) v=(\d+)i (\d+)$", re.M)


def said_nothing_bad(words):
    bad = [line for line in words.splitlines() if not re.search(r"shard groups, \d+ lines$|lines, \d+ bytes$", line)]
    equal(bad, [])


def test_a_running_server_is_exported_as_it_is():
    server, other = started(2), Sluice("--cores", "1")
    try:
        query(server, 'DELETE FROM "m 1" WHERE host = \'h3\'')
        expected = picture(server)
        status, out, words = tool("export", server.root / "data")
        equal(status, 0)
        said_nothing_bad(words)
        import_lines(other, out)
        equal((picture(other), picture(server)), (expected, expected))
        # One store alone, which knows no catalog and says so, and what is asked for alone.
        stores = [tool("export", server.root / "data" / "stores" / name, "--lponly") for name in ("0001", "0002")]
        equal([(status, "knew none of them" in words) for status, _, words in stores], [(1, True), (1, True)])
        equal(sum(out.count(b"k,c=1 ") for _, out, _ in stores), 10)
        status, out, _ = tool("export", server.root / "data", "--database", "e", "--lponly", "--start", str(T + 2),
                              "--end", str(T + 4))
        equal((status, out.decode()), (0, "".join(f"k,c=1 v={i}i {T + i}\n" for i in (2, 3, 4))))
        # What another command that must be alone says.
        status, _, _ = tool("lake", "verify", server.root / "data")
        equal(status, 1)
        # The copy was in nobody's way: it is gone, and the directory is what a stop makes of it.
        assert "sluice-export" not in str(list(server.root.iterdir()))
        server.restart()
        equal(picture(server), expected)
    finally:
        server.stop()
        other.stop()


class Writer(threading.Thread):
    """Writes points that no other one writes, again and again, and knows which were acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number, self.is_ended = server, number, False
        self.points = []  # (measurement, host, time), in the order of the writes
        self.acknowledged = 0  # of them

    def run(self):
        while not self.is_ended:
            at = len(self.points)
            # Now and then a measurement that the catalog does not know.
            fresh = [(at // 5_000, self.number * 1000 + i % 50, T + at + i) for i in range(200)]
            self.points += fresh
            body = "\n".join(f"m{name},host=h{host} v={when - T}i {when}" for name, host, when in fresh)
            status, answer = request(self.server, "POST", "/write?db=d", body.encode())
            equal((status, answer), (204, ""))
            self.acknowledged = len(self.points)
            time.sleep(0.01)


def test_an_export_beside_writes_has_all_that_was_acknowledged():
    server = Sluice("--cores", "2", config=BUSY)
    writers = [Writer(server, number) for number in range(3)]
    try:
        query(server, "CREATE DATABASE d")
        for each in writers:
            each.start()
        sizes = []
        for _ in range(5):
            time.sleep(0.5)
            acknowledged = {point for each in writers for point in each.points[:each.acknowledged]}
            status, out, words = tool("export", server.root / "data", "--lponly")
            sent = {point for each in writers for point in list(each.points)}
            equal((status, words if status else ""), (0, ""))
            said_nothing_bad(words)
            found = {(int(name), int(host), int(when)) for name, host, _, when in LINE.findall(out)}
            equal((len(acknowledged - found), len(found - sent)), (0, 0))
            sizes.append(len(found))
        assert sizes == sorted(sizes) and sizes[0] < sizes[-1], sizes
        for each in writers:
            each.is_ended = True
            each.join()
        for restart in (False, True):
            if restart:
                server.restart()
            counted = json.loads(statement(server, "SELECT count(v) FROM /m.*/"))["results"][0]["series"]
            equal(sum(each["values"][0][1] for each in counted), sum(len(each.points) for each in writers))
        health = json.loads(request(server, "GET", "/health")[1])
        equal(health["message"], "ready for queries and writes")
    finally:
        for each in writers:
            each.is_ended = True
        server.stop()
