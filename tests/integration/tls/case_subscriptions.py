"""Writes are forwarded by https, to those whose certificate is good."""

import http.server
import json
import ssl
import threading
import urllib.parse

from secured import Authority, equal, eventually, holds
from servers import Sluice
from wire import Client

AUTHORITY, OTHER = Authority(), Authority("other")


class Destination:
    """Takes writes by TLS, with a certificate of its own."""

    def __init__(self, pair):
        self.lines = []
        destination = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                destination.lines += self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def forwarded(pair, host, more, expected):
    """What arrives, and the server's log; `expected` is how many lines, or a word of the log."""
    destination = Destination(pair)
    server = Sluice("--cores", "1", config=f"[subscriber]\n{more}\n")
    try:
        with Client(server.port) as client:
            url = f"https://{host}:{destination.port}"
            for statement in ("CREATE DATABASE d", f"CREATE SUBSCRIPTION s ON d.autogen DESTINATIONS ALL '{url}'"):
                answer = client.post("/query?" + urllib.parse.urlencode({"q": statement}))
                equal((answer.status, json.loads(answer.body)["results"][0]), (200, {"statement_id": 0}))
            for number in range(3):
                equal(client.post("/write?db=d", f"m v={number} {number}").status, 204)
        if isinstance(expected, int):
            eventually(lambda: len(destination.lines) >= expected, f"{expected} lines arrive: {server.read_log()}")
        else:
            eventually(lambda: expected in server.read_log(), f"the log says {expected!r}")
            equal(destination.lines, [])
            holds(server.read_log(), url)
    finally:
        equal(server.stop(), 0)
        destination.stop()


def test_a_good_destination_gets_every_write():
    forwarded(AUTHORITY.issue("good"), "localhost", f"ca-certs = '{AUTHORITY.certificate}'", 3)
    forwarded(AUTHORITY.issue("good"), "127.0.0.1", f"ca-certs = '{AUTHORITY.certificate}'", 3)


def test_others_get_nothing():
    trust = f"ca-certs = '{AUTHORITY.certificate}'"
    forwarded(AUTHORITY.issue("elsewhere", alternatives="DNS:elsewhere"), "localhost", trust, "hostname mismatch")
    forwarded(AUTHORITY.issue("old", days=0), "localhost", trust, "certificate has expired")
    forwarded(OTHER.issue("foreign"), "localhost", trust, "certificate verify failed")
    # Without ca-certs, those of the system count.
    forwarded(AUTHORITY.issue("good"), "localhost", "", "certificate verify failed")


def test_nobody_looks_where_nobody_wants_to():
    forwarded(OTHER.issue("foreign", alternatives="DNS:elsewhere"), "localhost",
              "insecure-skip-verify = true", 3)
