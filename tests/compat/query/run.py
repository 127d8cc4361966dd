#!/usr/bin/env python3
"""Sends InfluxDB and Sluice the same points and statements and compares the answers byte for byte.

    SLUICED=build/src/server/sluiced tests/compat/query/run.py [WORD] [--verbose]

The reference is Debian's influxd 1.6.7 in a directory of its own. corpus/*.txt holds one statement a
line, behind ` ## ` the manner of asking: c chunked by 2, e epoch=ms, p pretty, v CSV.
corpus/differences.json names the statements whose answers differ by choice, with the reason.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
sys.path.insert(0, str(HERE.parent.parent / "integration" / "http"))
from wire import Server  # noqa: E402

ORACLE_PORT = 18486
ORACLE_RPC_PORT = 18488
ANSWER_TIMEOUT_S = 5


class Oracle:
    def __init__(self):
        self.port = ORACLE_PORT
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-oracle-")
        root = pathlib.Path(self.directory.name)
        config = root / "influxdb.conf"
        config.write_text(f"""
reporting-disabled = true
bind-address = "127.0.0.1:{ORACLE_RPC_PORT}"
[meta]
  dir = "{root}/meta"
[data]
  dir = "{root}/data"
  wal-dir = "{root}/wal"
[coordinator]
  query-timeout = "4s"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
""")
        self.process = subprocess.Popen(["influxd", "-config", str(config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while fetch(self.port, "/ping") is None:
            assert time.monotonic() < deadline and self.process.poll() is None, "influxd did not start"
            time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def fetch(port, path, body=None, headers=None):
    """The body of the answer, whatever its status; None without a connection."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError:
        return None


def ask(port, statement, flags):
    parameters = {"db": "d", "q": statement}
    if "e" in flags:
        parameters["epoch"] = "ms"
    if "c" in flags:
        parameters |= {"chunked": "true", "chunk_size": "2"}
    if "p" in flags:
        parameters["pretty"] = "true"
    headers = {"Accept": "application/csv"} if "v" in flags else {}
    return fetch(port, "/query?" + urllib.parse.urlencode(parameters), headers=headers)


def fill(port):
    fetch(port, "/query", urllib.parse.urlencode({"q": "CREATE DATABASE d"}).encode())
    answer = fetch(port, "/write?db=d", (CORPUS / "points.lp").read_bytes())
    assert answer == "", f"points were refused: {answer}"


def corpus(word):
    for path in sorted(CORPUS.glob("*.txt")):
        for line in path.read_text().splitlines():
            if line and word in line:
                yield line


def compare(reference, sluice, word, verbose):
    differences = json.loads((CORPUS / "differences.json").read_text())
    passed = failed = chosen = 0
    for line in corpus(word):
        statement, _, flags = line.partition(" ## ")
        wanted = ask(reference, statement, flags)
        got = ask(sluice, statement, flags)
        if line in differences:
            chosen += 1
        elif wanted == got:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {line}\n  InfluxDB {wanted!r:.1500}\n  Sluice   {got!r:.1500}")
        if verbose:
            print(line)
    print(f"{chosen} differ by choice")
    return passed, failed


def main():
    words = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if shutil.which("influxd") is None:
        print("skipped: influxd is not installed\n0 passed, 0 failed")
        return 0
    oracle = Oracle()
    try:
        server = Server()
        try:
            fill(oracle.port)
            fill(server.port)
            passed, failed = compare(oracle.port, server.port, words[0] if words else "",
                                     "--verbose" in sys.argv)
        finally:
            server.stop()
    finally:
        oracle.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
