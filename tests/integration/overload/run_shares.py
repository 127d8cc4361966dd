#!/usr/bin/env python3
"""One client address does not take all connections, all memory of bodies or all memory of queries from the others.

    SLUICED=build/src/server/sluiced tests/integration/overload/run_shares.py [WORD]

The clients are addresses of the loopback network. The server has one core, so that the figures are exact.
"""

import contextlib
import http.client
import pathlib
import re
import socket
import sys
import time
import traceback
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from servers import Sluice  # noqa: E402

MIB = 1 << 20
ONE, OTHER = "127.0.0.2", "127.0.0.3"
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"
HALF_A_HEAD = b"GET /ping HTTP/1.1\r\nHost: x\r\nX-Slow: "


def request(server, address, method, target, body=b""):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30, source_address=(address, 0))
    try:
        connection.request(method, target, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def query(server, address, text):
    return request(server, address, "POST", "/query?" + urllib.parse.urlencode({"q": text, "db": "d"}))


def refusals(server, address, what):
    page = request(server, address, "GET", "/metrics")[1]
    return int(re.search(rf'sluice_client_share_refusals_total{{what="{what}"}} (\d+)', page)[1])


class Clients(contextlib.ExitStack):
    """Connections that are kept open until the end."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def connect(self, address, receive_bytes=None):
        connection = self.enter_context(socket.socket())
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.settimeout(30)
        connection.bind((address, 0))
        connection.connect(("127.0.0.1", self.server.port))
        return connection

    def is_served(self, address):
        connection = self.connect(address)
        connection.sendall(PING)
        answer = connection.recv(4096).decode()
        if answer.startswith("HTTP/1.1 204"):
            return True
        assert answer.startswith("HTTP/1.1 503") and "\r\nRetry-After: " in answer, answer
        assert "too many connections" in answer, answer
        connection.close()
        return False


def server_with(config):
    return Sluice("--cores", "1", config=config)


def test_one_address_does_not_take_all_connections():
    server = server_with("[http]\n  max-connection-limit = 100\n")
    try:
        with Clients(server) as clients:
            assert clients.is_served(OTHER)
            served = sum(clients.is_served(ONE) for _ in range(120))
            assert served == 80, served
            assert sum(clients.is_served(OTHER) for _ in range(10)) == 10
            over = refusals(server, OTHER, "connection")
            assert over == 120 - served, (over, served)
            return f"{served} of 120 for one, 10 of 10 for another"
    finally:
        server.stop()


def test_an_address_that_is_alone_has_all_connections():
    """As a proxy is, before all clients. It is the address that asked whether the server is ready."""
    server = server_with("[http]\n  max-connection-limit = 100\n")
    try:
        with Clients(server) as clients:
            served = sum(clients.is_served("127.0.0.1") for _ in range(120))
            assert served == 100, served
            # Whoever comes only now finds no room, but is heard: from here on the shares bind.
            assert not clients.is_served(OTHER)
            return f"{served} of 120"
    finally:
        server.stop()


def test_heads_that_never_end_make_room_for_another_address():
    server = server_with("[http]\n  max-connection-limit = 100\n")
    try:
        with Clients(server) as clients:
            for _ in range(100):
                clients.connect("127.0.0.1").sendall(HALF_A_HEAD)
            time.sleep(1.2)
            began = time.monotonic()
            while not clients.is_served(OTHER):
                assert time.monotonic() - began < 5, "no room for another"
                time.sleep(0.05)
            return f"after {time.monotonic() - began:.2f} s"
    finally:
        server.stop()


def test_one_address_does_not_take_all_bodies():
    server = server_with('[sluice]\n  memory-limit = "128m"\n')
    head = f"POST /write?db=d HTTP/1.1\r\nHost: x\r\nContent-Length: {MIB}\r\n\r\nm v=".encode()
    try:
        assert query(server, OTHER, "CREATE DATABASE d")[0] == 200
        with Clients(server) as clients:
            def holds(address):
                connection = clients.connect(address)
                connection.sendall(head)
                connection.settimeout(0.2)
                try:
                    answer = connection.recv(1000).decode()
                except TimeoutError:
                    return True
                assert answer.startswith("HTTP/1.1 503") and "\r\nRetry-After: " in answer, answer
                return False

            held = sum(holds(ONE) for _ in range(40))
            assert 0 < held < 40, held
            assert refusals(server, OTHER, "body") == 40 - held
            assert sum(holds(OTHER) for _ in range(2)) == 2, "nothing is left for another client"
            line = request(server, OTHER, "POST", "/write?db=d", b"m v=1 1")
            assert line[0] == 204, line
            return f"{held} bodies of one were let in, {40 - held} refused, 2 of 2 of another"
    finally:
        server.stop()


def test_a_share_that_is_switched_off():
    server = server_with("[http]\n  max-connection-limit = 50\n  max-client-share = 0\n")
    try:
        with Clients(server) as clients:
            assert clients.is_served(OTHER)
            served = sum(clients.is_served(ONE) for _ in range(60))
            assert served == 49, served
            assert not clients.is_served(OTHER)
    finally:
        server.stop()


def test_a_share_that_is_no_percentage():
    try:
        server_with("[http]\n  max-client-share = 101\n").stop()
    except AssertionError as ended:
        assert "max-client-share: a percentage, at most 100" in str(ended), ended
        return
    raise AssertionError("the server has started")


def test_many_queries_of_one_address_leave_room_for_another():
    """A hundred answers that nobody reads hold the memory of queries."""
    server = server_with('[sluice]\n  memory-limit = "128m"\n')
    ask = b"GET /query?db=d&q=SELECT+*+FROM+m HTTP/1.1\r\nHost: x\r\n\r\n"
    try:
        assert query(server, OTHER, "CREATE DATABASE d")[0] == 200
        lines = "".join(f"m,host=h{i % 100} v={i} {i}\n" for i in range(200_000))
        assert request(server, OTHER, "POST", "/write?db=d", lines.encode())[0] == 204
        with Clients(server) as clients:
            for _ in range(100):
                clients.connect(ONE, receive_bytes=4096).sendall(ask)
            # All that one client gets is given out by now, and the others of it wait or are refused.
            time.sleep(8)
            began = time.monotonic()
            status, body = query(server, OTHER, "SELECT count(v) FROM m")
            took = time.monotonic() - began
            assert status == 200 and "200000" in body, (status, body)
            assert took < 10, took
            return f"answered after {took:.1f} s"
    finally:
        server.stop()


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for name, test in [(n, t) for n, t in globals().items() if n.startswith("test_") and word in n]:
        try:
            print(f"{name}: {test() or 'ok'}", flush=True)
            passed += 1
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}")
            print("    " + traceback.format_exc().strip().replace("\n", "\n    "), flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
