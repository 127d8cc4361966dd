"""What the tests of the lake share: a server with a folder beside it, and engines that read the folder."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "http"), str(HERE.parents[1] / "support")]
from python_packages import python_with  # noqa: E402
from servers import Sluice  # noqa: E402
from wire import Client  # noqa: E402

BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", "build")).resolve()
TOOL = BUILD / "src/server/sluice"
EDGES = BUILD / "tests/integration/lake/lake-edges"
PACKAGES = ("duckdb==2.0.1", "polars==2.1.0", "pyarrow==26.0.1", "pytz")
ENGINES = ("duckdb", "polars", "pyarrow")
DAY = 86_400_000_000_000
T = 1_700_000_000_000_000_000
TIME_MIN, TIME_MAX = -(2**63) + 2, 2**63 - 2


def equal(found, expected, what=""):
    if found != expected:
        raise AssertionError(f"{what}: expected {str(expected)[:1500]}, found {str(found)[:1500]}")


def engines_python():
    return python_with(PACKAGES, BUILD / "python-lake")


def read(engine, folder):
    done = subprocess.run([str(engines_python()), str(HERE / "engines.py"), engine, str(folder)], capture_output=True,
                          text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{engine} cannot read {folder}: {done.stderr[-3000:]}"
    return json.loads(done.stdout)


def ask(server, method, target, body=None):
    with Client(server.port) as client:
        return client.request(method, target, body, [])


def query(server, text):
    answer = ask(server, "POST", "/query?" + urllib.parse.urlencode({"db": "d", "q": text}))
    assert answer.status == 200 and '"error"' not in answer.text, answer.text
    return json.loads(answer.body)


def write(server, lines, **parameters):
    """Returns once it is acknowledged."""
    target = "/write?" + urllib.parse.urlencode({"db": "d"} | parameters)
    body = "\n".join(lines).encode() if isinstance(lines, list) else lines
    answer = ask(server, "POST", target, body)
    equal(answer.status, 204, answer.text)


def export(server, folder, *options):
    return subprocess.run([str(TOOL), "export", "--parquet", str(folder), *map(str, options),
                           str(server.root / "data")], capture_output=True, text=True, check=False)


class Lake:
    """A server with a database, and a folder beside it."""

    def __init__(self, *arguments, **settings):
        self.server = Sluice(*(arguments or ("--cores", "2")), **settings)
        self.folder = self.server.root / "lake"
        query(self.server, "CREATE DATABASE d")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.server.directory.cleanup()

    def export(self, number=signal.SIGTERM):
        self.server.stop(number)
        done = export(self.server, self.folder)
        equal(done.returncode, 0, done.stderr)
        return done.stderr

    def table(self, measurement, policy="autogen"):
        return self.folder / "d" / policy / measurement
