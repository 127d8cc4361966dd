"""Short texts that once ended the process, held a core for ever, or took its memory."""

import gzip
import http.client
import json
import pathlib
import re
import signal
import threading
import time
import urllib.parse

from servers import Sluice

WRITERS_P99_MS_MAX = 100  # on a shared machine; each of these took seconds
BASE = 1_700_000_000 * 10**9


def post(port, path, body, headers=None, seconds=60):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        client.request("POST", path, body, headers or {})
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


def write(server, lines, headers=None):
    return post(server.port, "/write?db=d", lines, headers)


def query(server, text, seconds=60, **parameters):
    status, body = post(server.port, "/query", urllib.parse.urlencode({"q": text, "db": "d", **parameters}),
                        {"Content-Type": "application/x-www-form-urlencoded"}, seconds)
    return status, json.loads(body) if body else None


def error_of(answer):
    return answer.get("error") or answer["results"][0].get("error")


def serve(*arguments, config=""):
    server = Sluice(*arguments, config=config)
    query(server, "CREATE DATABASE d")
    assert write(server, f"m,host=a v=1 {BASE}")[0] == 204
    return server


class Writer(threading.Thread):
    """A well-behaved client on a connection of its own, beside what a test does."""

    def __init__(self, server):
        super().__init__()
        self.client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.waits_ms, self.failures, self.ends = [], 0, threading.Event()
        self.start()

    def run(self):
        while not self.ends.is_set():
            began = time.monotonic()
            self.client.request("POST", "/write?db=d", "w v=1")
            answer = self.client.getresponse()
            answer.read()
            self.failures += answer.status != 204
            self.waits_ms.append((time.monotonic() - began) * 1000)
            time.sleep(0.002)

    def check(self):
        self.ends.set()
        self.join()
        waits = sorted(self.waits_ms)
        p99 = waits[int(len(waits) * 0.99)]
        assert self.failures == 0, f"{self.failures} writes refused"
        assert p99 <= WRITERS_P99_MS_MAX, f"writers waited {p99:.0f} ms, the slowest {waits[-1]:.0f} ms"


def peak_mib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def test_trees_are_bounded_as_a_whole():
    """Short in each pair of parentheses, deep in all together."""
    server = serve("--cores", "1")
    try:
        for nested, operators in ((2, 9990), (3, 8000), (4, 6000), (400, 9990)):
            tree = "v"
            for _ in range(nested):
                tree = f"({tree}{'+1' * operators})"
            for text in (f"SELECT {tree} FROM m", f"SELECT v FROM m WHERE {tree} > 1",
                         f"DELETE FROM m WHERE {tree} > 1", f"SHOW SERIES WHERE {tree} > 1",
                         f"SELECT v FROM m WHERE time > {tree}", f"EXPLAIN SELECT {tree} FROM m",
                         f"CREATE CONTINUOUS QUERY c ON d BEGIN SELECT mean({tree}) INTO o FROM m GROUP BY time(1s) END"):
                if len(text) > 200_000:
                    continue
                status, answer = query(server, text)
                assert status == 400 and "too many" in answer["error"], (status, str(answer)[:200])
                status, answer = query(server, text, **{"async": "true"})
                assert status == 400, status
        status, answer = query(server, "SELECT v" + "+1" * 10_000 + " FROM m")
        assert answer["results"][0]["series"][0]["values"][0][1] == 10_001, str(answer)[:200]
    finally:
        assert server.stop() == 0


def test_nested_calls_cost_what_they_are_long():
    server = serve("--cores", "1")
    try:
        began = time.monotonic()
        for calls in (45, 400):
            _, answer = query(server, "SELECT " + "abs(" * calls + "v" + ")" * calls + " FROM m")
            assert answer["results"][0]["series"][0]["values"][0][1] == 1, answer
        assert time.monotonic() - began < 5
    finally:
        server.stop()


def test_dense_points_in_a_wide_group():
    """A nanosecond apart, each series in the stores of both cores, little memory."""
    for limit in ("64m", "256m"):
        server = serve("--cores", "2", config=f'[sluice]\nmemory-limit = "{limit}"\n')
        try:
            clients = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in range(8)]
            total = 400_000
            for number, first in enumerate(range(0, total, 10_000)):
                lines = "\n".join(f"n,s=s{i % 100} a={i % 97}.5 {BASE + i}" for i in range(first, first + 10_000))
                client = clients[number * 5 % 8]
                client.request("POST", "/write?db=d", lines)
                answer = client.getresponse()
                answer.read()
                assert answer.status == 204
            text = "x" * 60_000
            for first in range(0, 2000, 50):
                lines = "\n".join(f't,s=s{i % 50} a=1,s="{text}" {BASE + i}' for i in range(first, first + 50))
                assert write(server, lines)[0] == 204
            began = time.monotonic()
            _, answer = query(server, "SELECT count(a), mean(a) FROM n")
            row = answer["results"][0]["series"][0]["values"][0]
            assert row[1] == total and abs(row[2] - sum(i % 97 + 0.5 for i in range(total)) / total) < 1e-9, row
            _, answer = query(server, "SELECT mean(a), count(s) FROM t")
            assert answer["results"][0]["series"][0]["values"][0][1:] == [1, 2000], answer
            # Too many windows for the memory: an error that names the limit, and soon.
            _, answer = query(server, "SELECT max(a) FROM n GROUP BY time(1ns)")
            assert "series" in answer["results"][0] or "memory" in error_of(answer), answer
            assert time.monotonic() - began < 30
        finally:
            server.stop()


def test_a_continuous_query_that_ends_each_start():
    """Killed while it runs, three starts in a row: the fourth puts it aside and says so."""
    server = serve("--cores", "1", config='[continuous_queries]\nrun-interval = "100ms"\n')
    try:
        now = time.time_ns()
        for first in range(0, 400_000, 20_000):
            lines = "\n".join(f"big,s=s{i % 5000} v={i} {now - i * 1000}" for i in range(first, first + 20_000))
            assert write(server, lines)[0] == 204
        # Long enough to be met: all rows, in subqueries, each second.
        source = "(SELECT top(v, 100000) AS v FROM big)" + ", (SELECT top(v, 100000) AS v FROM big)" * 60
        status, answer = query(server, "CREATE CONTINUOUS QUERY c ON d RESAMPLE EVERY 1s FOR 10h BEGIN SELECT "
                                       f"count(v) INTO o FROM {source} GROUP BY time(1h) END")
        assert status == 200 and not error_of(answer), answer
        notes = server.root / "data" / "continuous-queries"

        def starts_noted():
            """The count behind the header, the number of notes, d, c and the checksum of the text."""
            return int.from_bytes(notes.read_bytes()[21:25], "little") if notes.exists() else 0

        for start in range(1, 4):
            deadline = time.monotonic() + 30
            while starts_noted() != start:
                assert time.monotonic() < deadline, "the query does not run"
                time.sleep(0.01)
            server.stop(signal.SIGKILL)
            server.start()
        deadline = time.monotonic() + 30
        while True:
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            client.request("GET", "/health")
            health = client.getresponse().read().decode()
            if "continuous query c of database d is put aside" in health:
                break
            assert time.monotonic() < deadline, health
            time.sleep(0.1)
        assert "a continuous query cannot be executed" in server.read_log()
        assert write(server, "m v=2")[0] == 204
        query(server, "DROP CONTINUOUS QUERY c ON d")
    finally:
        assert server.stop() == 0


def test_a_stop_ends_queries_that_nobody_waits_for():
    server = serve("--cores", "1", config='[sluice]\ndrain-timeout = "1s"\n')
    try:
        for first in range(0, 400_000, 20_000):
            lines = "\n".join(f"big,s=s{i % 5000} v={i} {BASE + i}" for i in range(first, first + 20_000))
            assert write(server, lines)[0] == 204
        source = ", ".join(["(SELECT top(v, 100000) FROM big)"] * 200)
        status, _ = query(server, f"SELECT count(top) FROM {source}", **{"async": "true"})
        assert status == 204, status
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 15
    finally:
        server.stop(signal.SIGKILL)


def test_short_texts_hold_no_core():
    server = serve("--cores", "1")
    try:
        lines = "\n".join(f"m,host=h{i} v={i} {BASE + i}" for i in range(20_000))
        assert write(server, lines)[0] == 204
        fields = ",".join(f"f{i}=1" for i in range(10_000))
        assert write(server, f"wide {fields}")[0] == 204
        patterns = [f"/[^x]{{900}}N{i}/" for i in range(4000)]
        hosts = " OR ".join(f"host = 'x{i}'" for i in range(4000))
        texts = {
            "patterns in FROM": "SELECT v FROM " + ", ".join(patterns),
            "patterns in WHERE": "SELECT v FROM m WHERE " + " OR ".join(f"host =~ {each}" for each in patterns),
            "short patterns": "SELECT v FROM m WHERE " + " OR ".join(f"host =~ /^a{i}$/" for i in range(1000)),
            "all of many fields": "SELECT * FROM wide LIMIT 1",
            "a delete of many": f"DELETE FROM m WHERE {hosts}",
            "a count after it": "SELECT count(v) FROM m",
            "many hosts": f"SELECT v FROM m WHERE {hosts}",
            "series of many hosts": f"SHOW SERIES FROM m WHERE {hosts}",
            "a chain of ANDs": "SELECT v FROM m WHERE " + " AND ".join(["v > 0"] * 4999) + " LIMIT 1",
            "classes of Unicode": "SELECT v FROM /" + r"\pL\pN" * 20_000 + "/",
        }
        for name, text in texts.items():
            writer = Writer(server)
            try:
                query(server, text)
            finally:
                try:
                    writer.check()
                except AssertionError as found:
                    raise AssertionError(f"{name}: {found}") from found
    finally:
        server.stop()


TURN_US_MAX = 300_000  # on a shared machine; of what stands in a segment these texts held a core for 2 s


def longest_query_turn_us(server):
    text = r"requests waited for a long turn.* share=query .*longest_us=(\d+)"
    turns = [int(each) for each in re.findall(text, server.read_log())]
    return max(turns, default=0)


def test_long_conditions_and_wide_statements_run_in_slices():
    server = serve("--cores", "1")
    try:
        lines = "\n".join(f"m,host=h{i % 50} v={i},w={i}i {BASE + i}" for i in range(20_000))
        assert write(server, lines)[0] == 204
        assert write(server, "wide " + ",".join(f"f{i}={i}" for i in range(20_000)) + f" {BASE}")[0] == 204
        chain = " AND ".join(f"v > {-i}" for i in range(1, 4990))
        texts = {
            f"SELECT count(w) FROM m WHERE {chain}": 20_000,
            f"SELECT count(w) FROM (SELECT w, v FROM m) WHERE {chain}": 20_000,
            f"SELECT sum(w) FROM (SELECT w FROM m WHERE {chain} LIMIT 3)": 3,
            "SELECT * FROM wide LIMIT 1": None,
            "SELECT mean(*) FROM wide": None,
        }
        for text, expected in texts.items():
            server.restart()  # of the lines about turns, one comes at once and the next a minute later
            _, answer = query(server, text, 120)
            assert error_of(answer) is None, answer
            values = answer["results"][0]["series"][0]["values"]
            if expected is None:
                assert values[0][1:5] == [0, 1, 10, 100], values[0][:5]
            else:
                assert values[0][1] == expected, (text[:60], values)
            turn = longest_query_turn_us(server)
            assert turn < TURN_US_MAX, f"a turn of {turn} us: {text[:60]}"
    finally:
        server.stop()


def test_memory_of_requests_is_bounded():
    """Many fields in few bytes, large targets of idle connections, large forms."""
    limit = 256
    server = serve("--cores", "2", config=f'[sluice]\nmemory-limit = "{limit}m"\n')
    try:
        sparse = gzip.compress("\n".join(f"m f{i}=1 {i}" for i in range(4090)).encode())
        target = b"GET /ping?" + b"a&" * 500_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        form = "q=SHOW+DATABASES" + "&a" * 10_000_000
        statuses = []

        def send(number):
            statuses.append(write(server, sparse, {"Content-Encoding": "gzip"})[0])
            if number % 4 == 0:
                statuses.append(post(server.port, "/query", form,
                                     {"Content-Type": "application/x-www-form-urlencoded"})[0])

        writer = Writer(server)
        senders = [threading.Thread(target=send, args=(number,)) for number in range(20)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()
        idle = []
        for _ in range(100):
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            client.connect()
            client.sock.sendall(target)
            client.sock.recv(4096)
            idle.append(client)
        writer.ends.set()
        writer.join()
        assert set(statuses) <= {204, 400, 413, 503}, statuses
        assert peak_mib(server) <= limit + 64, f"{peak_mib(server)} MiB"
        for client in idle:
            client.close()
    finally:
        server.stop()


def test_names_of_measurements_are_bounded():
    """Bodies of nothing but new measurements: those beyond the memory for names are refused by line."""
    limit = 128
    server = serve("--cores", "2", config=f'[sluice]\nmemory-limit = "{limit}m"\n')
    try:
        answers = []

        def send(number):
            lines = "\n".join(f"n{number}_{i} v={i} {BASE + i}" for i in range(60_000))
            answers.append(write(server, lines))

        for _ in range(2):
            senders = [threading.Thread(target=send, args=(number,)) for number in range(3)]
            for each in senders:
                each.start()
            for each in senders:
                each.join()
        refused = [body for status, body in answers if status == 400]
        assert refused and {status for status, _ in answers} <= {204, 400, 503}, [each[0] for each in answers]
        assert b"no memory for more measurements (memory-limit): measurement=" in refused[0], refused[0][:300]
        # Rows of that many measurements take their part in memtables, too, beyond the limit: 240 to 340 MiB were seen.
        assert peak_mib(server) <= limit + 256, f"{peak_mib(server)} MiB"
        # What is there is written on, whatever comes beside it; a drop makes room.
        status, body = write(server, f"m,host=a v=2 {BASE + 1}\nanother v=1 {BASE}")
        assert status == 400 and b"another" in body, (status, body)
        _, answer = query(server, "SELECT count(v) FROM m")
        assert answer["results"][0]["series"][0]["values"][0][1] == 2, answer
        query(server, "DROP DATABASE d")
        query(server, "CREATE DATABASE d")
        assert write(server, f"another v=1 {BASE}")[0] == 204
    finally:
        server.stop()


def test_queries_share_memory():
    """Many heavy ones, and many whose answers nobody reads; small ones are answered beside them."""
    limit = 256
    server = serve("--cores", "2", config=f'[sluice]\nmemory-limit = "{limit}m"\n')
    try:
        for first in range(0, 400_000, 20_000):
            lines = "\n".join(f"big,s=s{i % 5000} v={i} {BASE + i}" for i in range(first, first + 20_000))
            assert write(server, lines)[0] == 204
        unread = []
        for _ in range(100):
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
            client.request("GET", "/query?db=d&q=SELECT%20*%20FROM%20big")
            unread.append(client)
        for client in unread:
            client.close()
        answers = []
        heavy = [threading.Thread(target=lambda: answers.append(query(server, "SELECT mean(v) FROM big GROUP BY *")))
                 for _ in range(60)]
        for each in heavy:
            each.start()
        began = time.monotonic()
        _, answer = query(server, "SHOW DATABASES")
        assert time.monotonic() - began < 5 and not error_of(answer), answer
        for each in heavy:
            each.join()
        assert any("series" in answer["results"][0] for _, answer in answers)
        for _, answer in answers:
            error = error_of(answer)
            assert error is None or "too many queries at once" in error or "memory" in error, error
        # The allocator keeps some of what was given back; without the bound this was 5 GB.
        assert peak_mib(server) <= 2 * limit, f"{peak_mib(server)} MiB"
    finally:
        server.stop()
