#!/usr/bin/env python3
"""More than the server can take: a full disk, ten times the load, idle and slow clients, new series without end.

    SLUICED=build/src/server/sluiced tests/integration/overload/run.py [--large] [WORD]

What is asked of it each time: no crash, memory within its budget, 503 with Retry-After where it cannot go on, and
service as before when the trouble is over. --large is the form that is run by hand: as many connections as there
are descriptors, five million series. Full disks need root and a loop device; without them they are left out.
"""

import argparse
import http.client
import json
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from servers import Sluice  # noqa: E402

MIB = 1 << 20
large = False


class Skipped(Exception):
    pass


def request(server, method, target, body=b"", timeout=30):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def write(server, lines, timeout=30):
    return request(server, "POST", "/write?db=d", lines.encode() if isinstance(lines, str) else lines, timeout)


def query(server, text):
    target = "/query?" + urllib.parse.urlencode({"q": text, "db": "d"})
    status, _, body = request(server, "POST", target)
    assert status == 200, (status, body)
    return json.loads(body)["results"][0]


def count(server, measurement):
    result = query(server, f"SELECT count(v) FROM {measurement}")
    assert "error" not in result, result
    return result["series"][0]["values"][0][1] if "series" in result else 0


def memory_of(server, word="VmRSS"):
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith(word):
            return int(line.split()[1]) * 1024
    raise AssertionError("the server has no memory: it is gone")


# ---- a full disk

class SmallDisk:
    """A file system of its own that can be filled to the last byte."""

    def __init__(self, mib):
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-disk-", ignore_cleanup_errors=True)
        root = pathlib.Path(self.directory.name)
        self.image, self.mount = root / "image", root / "mount"
        self.mount.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(mib * MIB)
        made = subprocess.run(f"mkfs.ext4 -q -m 0 {self.image} && mount -o loop {self.image} {self.mount}",
                              shell=True, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Skipped(f"no file system can be mounted here: {made.stderr.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", str(self.mount)], check=False)
        self.directory.cleanup()

    def fill(self):
        for size in (MIB, 64 << 10, 4096, 512):
            with open(self.mount / f"filler-{size}", "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    pass
        subprocess.run(["sync", "-f", str(self.mount)], check=True)

    def make_room(self):
        for path in self.mount.glob("filler-*"):
            path.unlink()


FULL_DISK_CONFIG = """
[sluice]
  memory-limit = "64m"
  free-space-min = "4m"
"""


def start_on_a_full_disk(disk, server, how, points):
    """Fills the disk while the server is away; what must hold from then on."""
    server.stop(how)
    disk.fill()
    server.start()
    assert count(server, "m") == points
    status, headers, body = write(server, f"m v=1 {10**6 + points}")
    assert status == 503, (status, body)
    assert int(headers["Retry-After"]) >= 1, headers
    status, _, body = request(server, "GET", "/health")
    assert status == 503, (status, body)
    # Reads, and what makes room, go on.
    assert count(server, "m") == points
    assert "error" not in query(server, "DROP DATABASE unwanted")

    disk.make_room()
    began = time.monotonic()
    while write(server, f"m v=2 {2 * 10**6 + points}")[0] != 204:
        assert time.monotonic() - began < 10, "no recovery"
        time.sleep(0.02)
    took = time.monotonic() - began
    assert count(server, "m") == points + 1
    return round(took, 2)


def test_a_disk_that_is_full_at_the_start():
    with SmallDisk(200) as disk:
        server = Sluice("--cores", "2", "--data-dir", str(disk.mount / "data"), config=FULL_DISK_CONFIG)
        try:
            for name in ("d", "unwanted"):
                query(server, f"CREATE DATABASE {name}")
            request(server, "POST", "/write?db=unwanted", b"x v=1 1")
            for first in range(0, 1000, 100):
                lines = "\n".join(f"m,host=h{i % 7} v={i} {i}" for i in range(first, first + 100))
                assert write(server, lines)[0] == 204
            took = []
            for points, how in ((1000, 15), (1001, 9), (1002, 9)):
                took.append(start_on_a_full_disk(disk, server, how, points))
                query(server, "CREATE DATABASE unwanted")
            server.restart()
            assert count(server, "m") == 1003
            return f"took writes again after {took} s"
        finally:
            server.stop()


def test_a_first_start_on_a_full_disk():
    """It ends at once and says why in one line; what it began is no obstacle later."""
    with SmallDisk(200) as disk:
        data = str(disk.mount / "data")
        disk.fill()
        try:
            Sluice("--cores", "2", "--data-dir", data, config=FULL_DISK_CONFIG).stop()
            raise AssertionError("it starts without any space")
        except AssertionError as ended:
            said = [line for line in str(ended).removeprefix("the server did not start: ").splitlines()
                    if "lvl=" not in line]
            assert len(said) == 1 and said[0].startswith("sluiced: "), said
            assert said[0].endswith(": No space left on device"), said
        disk.make_room()
        server = Sluice("--cores", "2", "--data-dir", data, config=FULL_DISK_CONFIG)
        try:
            query(server, "CREATE DATABASE d")
            assert write(server, "m v=1 1")[0] == 204
            return said[0].split("/")[0] + "..."
        finally:
            server.stop()


# ---- more load than it takes

def test_a_disk_that_stalls():
    """Longer than any deadline of a connection: answers come late, but they come."""
    stall_s = 33
    with SmallDisk(256) as disk:
        server = Sluice("--cores", "2", "--data-dir", str(disk.mount / "data"), config=FULL_DISK_CONFIG + '[coordinator]\n  write-timeout = "0s"\n')
        frozen = False
        try:
            assert query(server, "CREATE DATABASE d") == {"statement_id": 0}
            assert write(server, "m v=0 1")[0] == 204
            frozen = subprocess.run(["fsfreeze", "-f", str(disk.mount)], check=False).returncode == 0
            if not frozen:
                raise Skipped("file systems cannot be frozen here")
            form = urllib.parse.urlencode({"q": "SELECT v INTO copy FROM m"}).encode()
            requests = [("/write?db=d", b"m v=1 2", ""), ("/write?db=d", b"m v=2 3", ""),
                        ("/query?db=d", form, "Content-Type: application/x-www-form-urlencoded\r\n")]
            sockets = []
            for target, body, headers in requests:
                connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
                connection.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\n{headers}"
                                   f"Content-Length: {len(body)}\r\n\r\n".encode())
                time.sleep(0.1)  # the body comes by itself, and its deadline begins
                connection.sendall(body)
                sockets.append(connection)
            time.sleep(1)
            assert count(server, "m") == 1, "a point is shown that is not durable"
            time.sleep(stall_s - 1)
            subprocess.run(["fsfreeze", "-u", str(disk.mount)], check=True)
            frozen = False
            for connection, status in zip(sockets, (b"204", b"204", b"200")):
                head = connection.recv(65536)
                assert head[9:12] == status, head
                connection.close()
            assert count(server, "m") == 3 and count(server, "copy") >= 1
        finally:
            if frozen:
                subprocess.run(["fsfreeze", "-u", str(disk.mount)], check=False)
            server.stop()
    return f"{len(requests)} requests waited {stall_s} s for their answers"


def test_bodies_that_do_not_come():
    """Half-sent bodies hold their room: who finds none left hears it before sending his own."""
    limit = 128 * MIB
    server = Sluice("--cores", "1", config=f'[sluice]\n  memory-limit = "{limit // MIB}m"\n')
    holders = []
    try:
        query(server, "CREATE DATABASE d")
        size = 4 * MIB
        refused = 0
        for _ in range(10 * limit // 100 * 15 // size):  # bodies get 15 parts of 100
            holder = socket.create_connection(("127.0.0.1", server.port), 10)
            holders.append(holder)
            holder.sendall(f"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\nm v=".encode())
            holder.settimeout(0.2)
            try:
                answer = holder.recv(1000).decode()
                assert answer.startswith("HTTP/1.1 503") and "\r\nRetry-After: " in answer, answer
                refused += 1
            except TimeoutError:
                pass
        held = len(holders) - refused
        assert refused > 0 and held > 0, (refused, held)
        assert write(server, "m v=1 1" + "\n" * size)[0] == 503
        assert memory_of(server) < limit + 96 * MIB
        while holders:
            holders.pop().close()
        began = time.monotonic()
        while write(server, "m v=1 1" + "\n" * size)[0] != 204:
            assert time.monotonic() - began < 5, "no recovery"
        return f"{held} bodies held, {refused} refused"
    finally:
        for holder in holders:
            holder.close()
        server.stop()


def test_ten_times_the_load():
    """Bodies that together are ten times the budget: some are refused, none is lost, memory stays."""
    limit = 128 * MIB
    server = Sluice("--cores", "2", config=f'[sluice]\n  memory-limit = "{limit // MIB}m"\n')
    try:
        query(server, "CREATE DATABASE d")
        line = "load,host=h{},region=eu v={},w=2.5,s=\"some text\" {}\n"
        body_lines = 60_000
        results = {}
        lock = threading.Lock()
        peak = [0]

        def client(number, until):
            body = "".join(line.format(i % 100, i, number * 10**9 + i) for i in range(body_lines)).encode()
            while time.monotonic() < until:
                try:
                    status, headers, _ = write(server, body, 60)
                except OSError:
                    # Refused before its body was read; the answer may be gone with the connection.
                    status, headers = 0, {}
                if status == 503:
                    assert int(headers["Retry-After"]) >= 1
                with lock:
                    results[status] = results.get(status, 0) + 1
                    peak[0] = max(peak[0], memory_of(server))

        until = time.monotonic() + (60 if large else 10)
        threads = [threading.Thread(target=client, args=(i, until)) for i in range(64 if large else 40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(results) <= {0, 204, 503}, results
        assert results.get(204, 0) > 0, results
        assert peak[0] < limit + 96 * MIB, f"{peak[0] // MIB} MiB with a limit of {limit // MIB}"
        began = time.monotonic()
        while write(server, "after v=1 1")[0] != 204:
            assert time.monotonic() - began < 5, "no recovery"
        return f"{results}, peak {peak[0] // MIB} MiB of {limit // MIB}"
    finally:
        server.stop()


# ---- connections

def open_connections(server, wanted):
    """As many as there are descriptors for on either side."""
    connections = []
    try:
        while len(connections) < wanted:
            # One address has ports for some 14,000; after that the kernel searches long for each.
            source = f"127.0.0.{2 + len(connections) // 8000}"
            connections.append(socket.create_connection(("127.0.0.1", server.port), 10, (source, 0)))
    except OSError:
        pass
    return connections


def test_idle_and_slow_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server = Sluice("--cores", "2")
    connections = []
    try:
        query(server, "CREATE DATABASE d")
        # As many as it takes beside its own files; beyond that idle ones are closed.
        while "connections_max=" not in server.read_log():
            assert not server.has_ended(0.02)
        taken = int(re.search(r"connections_max=(\d+)", server.read_log())[1])
        wanted = min(hard - 1500, taken - 100, 100_000 if large else 20_000)
        before = memory_of(server)
        connections = open_connections(server, wanted)
        # A third says nothing, a third stops in its head, a third in its body.
        for number, each in enumerate(connections):
            if number % 3 == 1:
                each.sendall(b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            elif number % 3 == 2:
                each.sendall(b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nm v=")
        slowest = 0
        for i in range(50):
            began = time.monotonic()
            assert write(server, f"busy v={i} {i}")[0] == 204
            slowest = max(slowest, time.monotonic() - began)
        grown = memory_of(server) - before
        assert grown < len(connections) * 16 * 1024 + 64 * MIB, f"{grown // MIB} MiB for {len(connections)}"
        assert count(server, "busy") == 50
        # Who waits that long is still served.
        connections[0].sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connections[0].recv(100).startswith(b"HTTP/1.1 204")
        return f"{len(connections)} connections, {grown // MIB} MiB, slowest write {slowest * 1000:.0f} ms"
    finally:
        for each in connections:
            each.close()
        server.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_more_connections_than_descriptors():
    """The server's own limit: who comes too late waits or is turned away, the others are served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    server = Sluice("--cores", "1")
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    connections = []
    try:
        query(server, "CREATE DATABASE d")
        kept = socket.create_connection(("127.0.0.1", server.port), 10)
        # Who has asked something is not closed for those who only come.
        kept.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(1000).startswith(b"HTTP/1.1 204")
        connections = open_connections(server, 600)
        kept.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(100).startswith(b"HTTP/1.1 204")
        kept.close()
        for each in connections:
            each.close()
        connections = []
        began = time.monotonic()
        while True:
            try:
                if write(server, "m v=1 1", 5)[0] == 204:
                    break
            except OSError:
                pass
            assert time.monotonic() - began < 10, "no recovery"
            time.sleep(0.05)
        return f"recovered in {time.monotonic() - began:.2f} s"
    finally:
        for each in connections:
            each.close()
        server.stop()


# ---- series

def test_series_without_end():
    limit = (512 if large else 128) * MIB
    total = 5_000_000 if large else 300_000
    server = Sluice("--cores", "2", config=f'[sluice]\n  memory-limit = "{limit // MIB}m"\n')
    try:
        query(server, "CREATE DATABASE d")
        began = time.monotonic()
        refused = peak = 0
        for first in range(0, total, 10_000):
            body = "".join(f"s,id=series-{i},host=h{i % 100},region=r{i % 7} v={i} {i}\n"
                           for i in range(first, first + 10_000)).encode()
            while (status := write(server, body, 60)[0]) != 204:
                assert status == 503, status
                refused += 1
                time.sleep(0.2)
            peak = max(peak, memory_of(server))
        took = time.monotonic() - began
        assert peak < limit + 96 * MIB, f"{peak // MIB} MiB with a limit of {limit // MIB}"
        if not large:  # five million series at once are more than a query may hold
            assert count(server, "s") == total
        result = query(server, "SELECT v FROM s WHERE id = 'series-77'")
        assert result["series"][0]["values"] == [["1970-01-01T00:00:00.000000077Z", 77]], result
        return f"{total} series in {took:.0f} s, {refused} refusals, peak {peak // MIB} MiB of {limit // MIB}"
    finally:
        server.stop()


def main():
    global large
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", action="store_true")
    parser.add_argument("word", nargs="?", default="")
    arguments = parser.parse_args()
    large = arguments.large
    passed = failed = skipped = 0
    for name, test in [(n, t) for n, t in globals().items() if n.startswith("test_") and arguments.word in n]:
        try:
            print(f"{name}: {test()}", flush=True)
            passed += 1
        except Skipped as why:
            skipped += 1
            print(f"skipped {name}: {why}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}")
            print("    " + traceback.format_exc().strip().replace("\n", "\n    "), flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
