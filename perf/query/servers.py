"""The two servers, each with a directory that may be there already, and one connection to each."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

START_TIMEOUT_S = 60


class Connection:
    """HTTP over one connection that stays open; reads bodies of a length or in chunks."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise OSError("the server closed the connection")
        self.buffer += data

    def _take(self, size):
        parts = [self.buffer[:size]]
        self.buffer = self.buffer[size:]
        missing = size - len(parts[0])
        while missing:
            data = self.socket.recv(min(missing, 1 << 20))
            if not data:
                raise OSError("the server closed the connection")
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def ask(self, method, target):
        """Status and body of the answer."""
        self.socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status = int(head[9:12])
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if length:
            return status, self._take(int(length[1]))
        parts = []
        if b"chunked" in head.lower():
            while size := int(self._line().split(b";")[0], 16):
                parts.append(self._take(size))
                self._line()
            self._line()
        return status, b"".join(parts)


def query_target(statement):
    return "/query?" + urllib.parse.urlencode({"db": "bench", "q": statement})


class Server:
    """One process on a port of 127.0.0.1. `cpus` as taskset takes them, or empty for all."""

    def __init__(self, name, directory, port, cpus):
        self.name = name
        self.directory = pathlib.Path(directory)
        self.port = port
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self.log = open(f"{self.directory}.log", "ab")
        command, environment = getattr(self, f"_{name}")()
        if cpus:
            command = ["taskset", "-c", cpus, *command]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        env=os.environ | environment)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                connection = Connection(port)
                status, _ = connection.ask("GET", "/ping")
                connection.close()
                if status == 204:
                    return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit(f"{name} did not start; see {self.directory}.log")
            time.sleep(0.05)

    def _sluice(self):
        sluiced = os.environ.get("SLUICED", "build/src/server/sluiced")
        return ([sluiced, "--data-dir", str(self.directory), "--bind", f"127.0.0.1:{self.port}"],
                {"INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "3s",
                 "INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION": "5s"})

    def _influxdb(self):
        root = self.directory
        return ([os.environ.get("influxd", "influxd"), "-config", "/dev/null"],
                {"INFLUXDB_REPORTING_DISABLED": "true", "INFLUXDB_BIND_ADDRESS": f"127.0.0.1:{self.port + 1}",
                 "INFLUXDB_META_DIR": f"{root}/meta", "INFLUXDB_DATA_DIR": f"{root}/data",
                 "INFLUXDB_DATA_WAL_DIR": f"{root}/wal",
                 "INFLUXDB_HTTP_BIND_ADDRESS": f"127.0.0.1:{self.port}",
                 "INFLUXDB_HTTP_LOG_ENABLED": "false", "INFLUXDB_DATA_QUERY_LOG_ENABLED": "false",
                 "INFLUXDB_MONITOR_STORE_ENABLED": "false",
                 "INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION": "8s",
                 "INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION": "10s"})

    def cpu_s(self):
        """CPU time of all threads that live, to the nanosecond where the kernel counts it so."""
        total = 0
        for task in os.scandir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"{task.path}/schedstat") as stat:
                    total += int(stat.read().split()[0])
            except OSError:
                pass
        return total / 1e9

    def wait_until_idle(self, quiet_s, timeout_s=300):
        quiet_since = time.monotonic()
        deadline = quiet_since + timeout_s
        before = self.cpu_s()
        while time.monotonic() < min(deadline, quiet_since + quiet_s):
            time.sleep(0.5)
            now = self.cpu_s()
            if now - before > 0.02:
                quiet_since = time.monotonic()
            before = now

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def load_command(data, port, build, connections, *options):
    return [str(pathlib.Path(build) / "perf/load"), "--port", str(port), "--shape", "cpu",
            "--series", str(data.hosts), "--interval", str(data.interval_s * 10**9),
            "--connections", str(connections), *options]


def start_loaded(name, data, root, port, cpus, build, connections, afresh):
    """A server that holds `data` and is at rest; loads it unless it was loaded before."""
    directory = pathlib.Path(root) / f"{name}-{data.name}"
    loaded = directory.with_suffix(".loaded")
    if afresh or not loaded.exists():
        shutil.rmtree(directory, ignore_errors=True)
        loaded.unlink(missing_ok=True)
    server = Server(name, directory, port, cpus)
    if loaded.exists():
        server.wait_until_idle(2)
        return server
    connection = Connection(port)
    connection.ask("POST", query_target("CREATE DATABASE bench"))
    connection.close()
    subprocess.run(load_command(data, port, build, connections, "--lines", str(data.lines)),
                   check=True, stdout=subprocess.DEVNULL)
    server.wait_until_idle(15)
    loaded.touch()
    return server
