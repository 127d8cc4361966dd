"""An InfluxDB 1.x server of our own on a free loopback port, in a temporary directory."""

import http.client
import json
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
max-series-per-database = 0
max-values-per-tag = 0
query-log-enabled = false
[monitor]
store-enabled = false
[subscriber]
enabled = false
[continuous_queries]
enabled = false
[http]
bind-address = "127.0.0.1:{http}"
log-enabled = false
max-body-size = 0
[logging]
level = "error"
"""


class Number(str):
    """A JSON number as it was printed."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def limit_memory():
    # It ends alone, and is started again, before it takes the machine with it.
    resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))


class Oracle:
    @staticmethod
    def is_installed():
        return shutil.which("influxd") is not None

    def __init__(self):
        self.start()

    def start(self):
        self.folder = tempfile.mkdtemp(prefix="line-protocol-oracle-")
        self.port = free_port()
        config = os.path.join(self.folder, "influxdb.conf")
        with open(config, "w") as out:
            out.write(CONFIG.format(folder=self.folder, http=self.port, rpc=free_port()))
        self.log = open(os.path.join(self.folder, "log"), "w")
        self.process = subprocess.Popen(
            ["influxd", "-config", config], stdout=self.log, stderr=self.log,
            preexec_fn=limit_memory)
        self.connection = None
        deadline = time.monotonic() + 60
        while True:
            try:
                self.request("GET", "/ping")
                break
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    print(self.last_words())
                    self.stop()
                    raise RuntimeError("influxd does not start")
                time.sleep(0.1)

    def last_words(self):
        with open(self.log.name, errors="replace") as log:
            return log.read()[-2000:]

    def has_ended(self):
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            return False
        return True

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def request(self, method, path, body=None, headers=None):
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
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
