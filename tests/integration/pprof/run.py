#!/usr/bin/env python3
"""/debug/pprof: profiles that `go tool pprof` reads, and nothing that is made up.

    SLUICED=build/src/server/sluiced tests/integration/pprof/run.py [WORD]
"""

import gzip
import http.client
import io
import pathlib
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parents[1] / "support"), str(HERE.parent / "prometheus")]
from remote import fields  # noqa: E402
from servers import Sluice  # noqa: E402

GO = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
EMPTY = {"allocs": ["alloc_objects", "alloc_space"], "block": ["contentions", "delay"],
         "heap": ["inuse_objects", "inuse_space"], "mutex": ["contentions", "delay"], "threadcreate": ["threadcreate"]}


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()


def request(server, path, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, body)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


class Profile:
    def __init__(self, body):
        self.texts, self.samples, kinds, self.names = [], [], [], []
        functions = []
        for number, value in fields(gzip.decompress(body)):
            if number == 6:
                self.texts.append(value.decode())
            elif number == 1:
                kinds.append(dict(fields(value))[1])
            elif number == 2:
                self.samples.append(value)
            elif number == 5:
                functions.append(dict(fields(value))[2])
        self.kinds = [self.texts[kind] for kind in kinds]
        self.names = [self.texts[function] for function in functions]


def read_by_go(body, name):
    """The text of `go tool pprof -top`, or nothing where there is no Go."""
    if GO is None:
        print("    (Go is not at hand)")
        return None
    path = pathlib.Path(server_root) / f"{name}.pb.gz"
    path.write_bytes(body)
    done = subprocess.run([GO, "tool", "pprof", "-top", str(path)], capture_output=True, text=True, timeout=180,
                          env={"PATH": "/usr/bin:/bin", "HOME": server_root, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_all_the_time(server, stop):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    lines = "".join(f"m,t={i} v={i},w={i / 7} {i}\n" for i in range(5000)).encode()
    while not stop.is_set():
        connection.request("POST", "/write?db=d", lines)
        connection.getresponse().read()
    connection.close()


def the_index_is_a_page(server):
    for path in ("/debug/pprof", "/debug/pprof/"):
        answer = request(server, path)
        equal((answer.status, answer.headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        for name in (*EMPTY, "goroutine", "profile", "all"):
            assert f"/debug/pprof/{name}".encode() in answer.body, name
    equal(request(server, "/debug/pprof/nope").status, 404)
    assert b"\0--config\0" in request(server, "/debug/pprof/cmdline").body


def cpu_time_has_the_names_of_functions(server):
    stop = threading.Event()
    writer = threading.Thread(target=write_all_the_time, args=(server, stop))
    writer.start()
    try:
        began = time.monotonic()
        answer = request(server, "/debug/pprof/profile?seconds=3")
        assert 2.8 < time.monotonic() - began < 20
    finally:
        stop.set()
        writer.join()
    equal((answer.status, answer.headers["Content-Type"]), (200, "application/octet-stream"))
    profile = Profile(answer.body)
    equal(profile.kinds, ["samples", "cpu"])
    assert len(profile.samples) > 3, len(profile.samples)
    assert any("sluice::ingest::" in name for name in profile.names), profile.names
    assert any("sluice::io::Reactor::" in name for name in profile.names), profile.names
    text = read_by_go(answer.body, "cpu")
    if text is not None:
        assert "Type: cpu" in text and "sluice::" in text, text
    equal(request(server, "/ping").status, 204)


def one_cpu_profile_at_a_time(server):
    first = threading.Thread(target=request, args=(server, "/debug/pprof/profile?seconds=2"))
    first.start()
    time.sleep(0.5)
    answer = request(server, "/debug/pprof/profile?seconds=1")
    equal(answer.status, 500)
    assert b"Could not enable CPU profiling" in answer.body, answer.body
    first.join()
    equal(request(server, "/debug/pprof/profile?seconds=1").status, 200)


def a_client_that_leaves_ends_it(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/debug/pprof/profile?seconds=60")
    time.sleep(0.5)
    connection.close()
    deadline = time.monotonic() + 10
    while request(server, "/debug/pprof/profile?seconds=1").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def every_core_has_a_stack(server):
    answer = request(server, "/debug/pprof/goroutine")
    profile = Profile(answer.body)
    equal(profile.kinds, ["goroutine"])
    assert 1 <= len(profile.samples) <= 2, profile.samples
    assert any("sluice::io::" in name for name in profile.names), profile.names
    text = request(server, "/debug/pprof/goroutine?debug=1").body.decode()
    assert text.startswith("goroutine profile: total 2\n") and "#\tsluice::" in text, text


def what_is_not_known_is_empty(server):
    for name, kinds in EMPTY.items():
        answer = request(server, f"/debug/pprof/{name}")
        equal(answer.status, 200)
        profile = Profile(answer.body)
        equal((profile.kinds, profile.samples), (kinds, []))
    text = read_by_go(request(server, "/debug/pprof/heap").body, "heap")
    assert text is None or "Type: inuse_space" in text, text


def all_of_them_are_an_archive(server):
    answer = request(server, "/debug/pprof/all?cpu=1s")
    equal(answer.status, 200)
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as archive:
        names = archive.getnames()
        contents = {name: archive.extractfile(name).read() for name in names}
    equal(names, ["profiles/cpu.pb.gz"] + [f"profiles/{name}.pb.gz" for name in sorted((*EMPTY, "goroutine"))] +
          [f"profiles/{name}.txt" for name in ("shards", "stats", "diagnostics")])
    equal(Profile(contents["profiles/cpu.pb.gz"]).kinds, ["samples", "cpu"])
    assert b"autogen" in contents["profiles/shards.txt"], contents["profiles/shards.txt"]
    assert b"runtime" in contents["profiles/stats.txt"]


def an_admin_is_asked_for_where_the_configuration_says_so():
    server = Sluice("--cores", "1", config="[http]\nauth-enabled = true\npprof-auth-enabled = true\n")
    try:
        statement = urllib.parse.quote("CREATE USER root WITH PASSWORD 'r' WITH ALL PRIVILEGES")
        equal(request(server, f"/query?q={statement}", "POST").status, 200)
        equal(request(server, "/debug/pprof/heap").status, 401)
        equal(request(server, "/debug/pprof/heap?u=root&p=r").status, 200)
    finally:
        server.stop()


WITH_SERVER = [the_index_is_a_page, cpu_time_has_the_names_of_functions, one_cpu_profile_at_a_time,
               a_client_that_leaves_ends_it, every_core_has_a_stack, what_is_not_known_is_empty,
               all_of_them_are_an_archive]
ALONE = [an_admin_is_asked_for_where_the_configuration_says_so]
server_root = None


def main():
    global server_root
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    server = Sluice("--cores", "2")
    server_root = str(server.root)
    request(server, "/query?q=CREATE+DATABASE+d", "POST")
    request(server, "/write?db=d", "POST", b"m v=1 1")
    for test in WITH_SERVER + ALONE:
        if word not in test.__name__:
            continue
        try:
            test(server) if test in WITH_SERVER else test()
            passed += 1
            print(f"ok: {test.__name__}")
        except Exception as error:  # noqa: BLE001
            failed += 1
            print(f"FAILED {test.__name__}: {error!r}"[:2000])
    if server.stop() != 0:
        failed += 1
        print(f"FAILED the server: {server.read_log()[-1500:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
