#!/usr/bin/env python3
"""Accepted writes reach the destinations of subscriptions, and destinations cannot harm writes.

    SLUICED=build/src/server/sluiced tests/integration/subscriptions/run.py [WORD]
"""

import http.server
import json
import pathlib
import socket
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from servers import Sluice, free_port  # noqa: E402

ARRIVAL_SECONDS_MAX = 10


class Collector:
    """An HTTP destination: keeps what it is sent, answers as it is told."""

    def __init__(self, status=204, pause=0.0):
        self.requests = []
        self.connections = 0
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                collector.connections += 1
                super().setup()

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                time.sleep(pause)
                collector.requests.append((self.path, dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def lines(self):
        return sorted(line for _, _, body in list(self.requests) for line in body.splitlines())

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class UdpCollector:
    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(ARRIVAL_SECONDS_MAX)
        self.url = f"udp://127.0.0.1:{self.socket.getsockname()[1]}"

    def receive(self, count):
        return sorted(self.socket.recv(65536).decode() for _ in range(count))

    def stop(self):
        self.socket.close()


def query(server, statement):
    body = urllib.parse.urlencode({"q": statement}).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/query", body, timeout=30) as answer:
        result = json.load(answer)["results"][0]
    assert "error" not in result, (statement, result)
    return result


def write(server, lines, target="db=d"):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/write?{target}", lines.encode(), timeout=30) as answer:
        assert answer.status == 204


def statistics(server):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/debug/vars", timeout=30) as answer:
        return json.load(answer)


def eventually(condition, what):
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def subscribe(server, name, mode, *urls, policy="d.autogen"):
    destinations = ", ".join(f"'{url}'" for url in urls)
    query(server, f"CREATE SUBSCRIPTION {name} ON {policy} DESTINATIONS {mode} {destinations}")


def all_destinations_get_every_write(server):
    collectors = [Collector(), Collector()]
    udp = UdpCollector()
    subscribe(server, "s", "ALL", collectors[0].url, collectors[1].url + "/some/path", udp.url)
    write(server, 'cpu,host=a\\ b user=1,count=2i,name="a\\"b",up=true 1\ncpu,host=c user=0.25 2')
    write(server, "mem free=3u 3000", "db=d&precision=us")
    wanted = sorted(['cpu,host=a\\ b user=1,count=2i,name="a\\"b",up=true 1', "cpu,host=c user=0.25 2",
                     "mem free=3u 3000000"])
    for collector in collectors:
        eventually(lambda: collector.lines() == wanted, (collector.lines(), wanted))
    assert udp.receive(3) == wanted
    path, headers, _ = collectors[1].requests[0]
    url = urllib.parse.urlparse(path)
    assert url.path == "/some/path/write", path
    parameters = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
    assert parameters == {"consistency": "", "db": "d", "precision": "ns", "rp": "autogen"}, parameters
    assert headers["User-Agent"] == "InfluxDBClient"
    eventually(lambda: statistics(server)["subscriber"]["values"]["pointsWritten"] == 3, statistics(server)["subscriber"])
    entry = statistics(server)[f"subscriber:d:autogen:s:{udp.url}"]
    assert entry == {"name": "subscriber", "values": {"pointsWritten": 3, "writeFailures": 0},
                     "tags": {"database": "d", "destination": udp.url, "mode": "ALL", "name": "s",
                              "retention_policy": "autogen"}}, entry
    for collector in collectors:
        collector.stop()
    udp.stop()


def writes_at_the_same_time_reach_every_destination_once(server):
    collectors = [Collector(pause=0.01) for _ in range(3)]
    subscribe(server, "s", "ALL", *(collector.url for collector in collectors))

    def write_some(thread):
        for number in range(20):
            write(server, f"m,t={thread} v={number} {number}")

    threads = [threading.Thread(target=write_some, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = sorted(f"m,t={thread} v={number} {number}" for thread in range(4) for number in range(20))
    for collector in collectors:
        eventually(lambda: len(collector.requests) >= 80, lambda: len(collector.requests))
        assert collector.lines() == wanted, collector.lines()
    for collector in collectors:
        collector.stop()


def any_takes_turns_and_passes_over_the_dead(server):
    collectors = [Collector(), Collector()]
    dead = f"http://127.0.0.1:{free_port()}"
    subscribe(server, "s", "ANY", collectors[0].url, dead, collectors[1].url)
    for number in range(12):
        write(server, f"m v={number} {number}")
    eventually(lambda: sum(len(c.lines()) for c in collectors) == 12, [c.lines() for c in collectors])
    assert all(c.lines() for c in collectors), [c.lines() for c in collectors]
    for collector in collectors:
        collector.stop()


def only_the_policy_that_is_subscribed(server):
    collector = Collector()
    query(server, "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 1")
    subscribe(server, "s", "ALL", collector.url, policy="d.p")
    write(server, "m v=1 1")
    write(server, "m v=2 2", "db=d&rp=p")
    eventually(lambda: collector.lines(), "nothing came")
    query(server, "DROP SUBSCRIPTION s ON d.p")
    write(server, "m v=3 3", "db=d&rp=p")
    time.sleep(0.3)
    assert collector.lines() == ["m v=2 2"], collector.lines()
    assert dict(urllib.parse.parse_qsl(urllib.parse.urlparse(collector.requests[0][0]).query))["rp"] == "p"
    collector.stop()


def a_password_in_the_url_becomes_a_header(server):
    collector = Collector()
    subscribe(server, "s", "ALL", collector.url.replace("//", "//user:pa%20ss@"))
    write(server, "m v=1 1")
    eventually(lambda: collector.requests, "nothing came")
    assert collector.requests[0][1]["Authorization"] == "Basic dXNlcjpwYSBzcw==", collector.requests
    collector.stop()


def a_connection_is_kept_and_found_again(server):
    collector = Collector()
    subscribe(server, "s", "ALL", collector.url.replace("127.0.0.1", "localhost"))
    for number in range(5):
        write(server, f"m v={number} {number}")
        eventually(lambda: len(collector.lines()) == number + 1, collector.lines())
    assert collector.connections <= 4, collector.connections
    collector.stop()


def a_failing_destination_is_counted(server):
    collector = Collector(status=500)
    subscribe(server, "s", "ALL", collector.url)
    write(server, "m v=1 1")
    eventually(lambda: statistics(server)["subscriber"]["values"]["writeFailures"] == 1, "no failure")
    assert statistics(server)["subscriber"]["values"]["pointsWritten"] == 0
    collector.stop()


def a_slow_destination_slows_no_write(server):
    """More than its queue holds is dropped; writes go on, and the server stops at once."""
    collector = Collector(pause=30)
    subscribe(server, "s", "ALL", collector.url)
    began = time.monotonic()
    for number in range(400):
        write(server, f"m v={number} {number}")
    # One after the other and each on a new connection; had they waited for the destination: minutes.
    took = time.monotonic() - began
    assert took < 60, took
    values = statistics(server)
    assert values["subscriber"]["values"]["writeFailures"] >= 100, values["subscriber"]
    assert values["write"]["values"]["subWriteDrop"] >= 100, values["write"]
    began = time.monotonic()
    status = server.stop()
    took = time.monotonic() - began
    assert status == 0 and took < 15, (status, took)
    collector.stop()


def it_goes_on_after_a_restart(server):
    collector = Collector()
    subscribe(server, "s", "ALL", collector.url)
    server.restart()
    write(server, "m v=1 1")
    eventually(lambda: collector.lines() == ["m v=1 1"], collector.lines())
    collector.stop()


TESTS = [all_destinations_get_every_write, writes_at_the_same_time_reach_every_destination_once,
         any_takes_turns_and_passes_over_the_dead, only_the_policy_that_is_subscribed, a_password_in_the_url_becomes_a_header,
         a_connection_is_kept_and_found_again, a_failing_destination_is_counted,
         a_slow_destination_slows_no_write, it_goes_on_after_a_restart]
CONFIG = """
[subscriber]
  write-concurrency = 4
  write-buffer-size = 100
"""


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for test in TESTS:
        if word not in test.__name__:
            continue
        server = Sluice(config=CONFIG)
        try:
            query(server, "CREATE DATABASE d")
            test(server)
            passed += 1
            print(f"ok: {test.__name__}")
        except Exception as error:  # noqa: BLE001
            failed += 1
            print(f"FAILED {test.__name__}: {error!r}\n{server.read_log()[-1500:]}")
        finally:
            server.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
