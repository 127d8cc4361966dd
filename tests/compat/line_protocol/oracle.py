"""The line protocol as InfluxDB takes it: what it says to a text, and what it then has."""

import http.client
import json
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from servers import Influx  # noqa: E402


class Number(str):
    """A JSON number as it was printed."""


class Oracle:
    def __init__(self):
        self.start()

    def start(self):
        self.server = Influx(body_bytes_max=0)
        self.connection = None

    def has_ended(self):
        return self.server.has_ended(seconds=5)

    def restart(self):
        """With nothing in it."""
        self.stop()
        self.start()

    def stop(self):
        self.server.stop()

    def request(self, method, path, body=None, headers=None):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
            try:
                self.connection.request(method, path, body, headers or {})
                response = self.connection.getresponse()
                return response.status, response.read()
            except (OSError, http.client.HTTPException):
                # A panic inside the server ends the connection and nothing else.
                self.connection.close()
                self.connection = None
                if attempt == 2:
                    raise

    def query(self, text, database=""):
        path = "/query?" + urllib.parse.urlencode({"db": database, "epoch": "ns"})
        body = urllib.parse.urlencode({"q": text})
        status, answer = self.request(
            "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = json.loads(answer, parse_int=Number, parse_float=Number)
        if status != 200:
            raise RuntimeError("query failed: %s" % answer)
        return answer["results"]

    def create_database(self, name):
        # One shard for all of time, or random timestamps would make thousands.
        self.query('CREATE DATABASE "%s" WITH DURATION INF SHARD DURATION 10000w' % name)

    def drop_database(self, name):
        self.query('DROP DATABASE "%s"' % name)

    def write(self, database, body, precision):
        """None, or InfluxDB's error sentence."""
        path = "/write?" + urllib.parse.urlencode({"db": database, "precision": precision})
        try:
            status, answer = self.request("POST", path, body)
        except http.client.HTTPException as error:
            return "no answer: %r" % error
        if status == 204:
            return None
        try:
            return json.loads(answer)["error"]
        except ValueError:
            return "panic, status %d: %r" % (status, answer[:200])
