"""The two servers the drivers start: sluiced, and the influxd (Debian's 1.6.7) it is compared with.

Both listen on a free loopback port and keep their data in a temporary directory of their own. stop()
ends them by their process, restart() brings them back on the same port with the same data.
"""

import http.client
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

READY_SECONDS_MAX = 60
# influxd evaluates some statements (GROUP BY time without a lower bound) in unlimited memory: it ends
# alone before it takes the machine with it.
INFLUX_BYTES_MAX = 2 << 30

INFLUX_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{root}/meta"
[data]
  dir = "{root}/data"
  wal-dir = "{root}/wal"
  max-series-per-database = 0
  max-values-per-tag = 0
  query-log-enabled = false
[coordinator]
  query-timeout = "{query_timeout}"
[monitor]
  store-enabled = false
[subscriber]
  enabled = {services}
[continuous_queries]
  enabled = {services}
  log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  max-body-size = {body_bytes_max}
{http}
[logging]
  level = "error"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program in a directory of its own. It is ready once /ping answers."""

    def __init__(self, name):
        self.port = free_port()
        self.directory = tempfile.TemporaryDirectory(prefix=f"sluice-{name}-", ignore_cleanup_errors=True)
        self.root = pathlib.Path(self.directory.name)
        self.log = open(self.root / "log", "ab+")
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def prepare_process(self):
        """Runs in the child before the program does."""

    def start(self):
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env=self.environment(), preexec_fn=self.prepare_process)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.is_ready():
                return
            time.sleep(0.02)
        words = self.read_log()[-2000:]
        self.stop(signal.SIGKILL)
        raise AssertionError(f"the server did not start: {words}")

    def is_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 204
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def has_ended(self, seconds=0.0):
        """Whether the program has ended, or does so within some seconds."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self, number=signal.SIGTERM):
        """The exit status; None where it had to be killed. The data stay. A crash is never an answer."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(30)
            if status < 0 and -status not in (number, signal.SIGKILL):
                raise AssertionError(f"the server was ended by signal {-status}: {self.read_log()[-2000:]}")
            return status
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def restart(self, number=signal.SIGTERM):
        self.stop(number)
        self.start()

    def read_log(self):
        return (self.root / "log").read_text(errors="replace")


class Sluice(Server):
    def __init__(self, *arguments, config=""):
        super().__init__("sluiced")
        self.arguments = arguments
        (self.root / "sluice.conf").write_text(config)
        self.start()

    def command(self):
        return [os.environ.get("SLUICED", "build/src/server/sluiced"), "--config", str(self.root / "sluice.conf"),
                "--data-dir", str(self.root / "data"), "--bind", f"127.0.0.1:{self.port}", *self.arguments]


class Influx(Server):
    @staticmethod
    def is_installed():
        return shutil.which("influxd") is not None

    def __init__(self, query_timeout="0s", services=False, body_bytes_max=25_000_000, http=""):
        """`services`: whether continuous queries run and subscriptions are served; `http`: more of [http]."""
        super().__init__("influxd")
        self.config = {"query_timeout": query_timeout, "services": str(services).lower(),
                       "body_bytes_max": body_bytes_max, "http": http}
        self.start()

    def command(self):
        path = self.root / "influxdb.conf"
        # Its second port is not part of anything: a new one each time cannot be in use.
        path.write_text(INFLUX_CONFIG.format(root=self.root, port=self.port, rpc=free_port(), **self.config))
        return ["influxd", "-config", str(path)]

    def environment(self):
        # It deals the series of a query out to as many goroutines as processors; where points have equal
        # times, the answer depends on that.
        return os.environ | {"GOMAXPROCS": "1"}

    def prepare_process(self):
        resource.setrlimit(resource.RLIMIT_DATA, (INFLUX_BYTES_MAX, INFLUX_BYTES_MAX))
