"""What a running server publishes to a bucket of S3, held against what was acknowledged: SeaweedFS's, and one that fails.

The objects are fetched by a client of the tests' own, and DuckDB reads them as files.
"""

import os
import pathlib
import random
import signal
import ssl
import subprocess
import tempfile
import time

from faulty_s3 import FaultyS3, Store
from published import Node, KILLS, WEEK, eventually, in_lake, sluice_lake, some_points
from rig import DAY, T, equal, query, write
from s3 import KEY_ID, SECRET, Bucket, Mirror, Weed

PREFIX = "a lake/of=ours"


def settings(folder, endpoint):
    path = pathlib.Path(folder) / "credentials"
    path.write_text(f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n")
    return f'  endpoint = "{endpoint}"\n  path-style = true\n  credentials-file = "{path}"\n'


def node_at(endpoint, mirror, name="a", more=""):
    return Node(mirror.root, name, settings(mirror.root, endpoint) + more, f"s3://lake/{PREFIX}")


def in_bucket(mirror, measurement="m"):
    """None: it changed while it was read."""
    return in_lake(mirror.root, measurement) if mirror.update() else None


def rows_of(*nodes, measurement="m"):
    return [list(row) for row in sorted(row for node in nodes for row in node.expected(measurement))]


def generations_by_day(files):
    found = {}
    for key in files:
        folder, _, name = key.rpartition("/")
        group, generation, _ = name.split("-")
        found.setdefault((folder, group), set()).add(generation)
    return found


def test_a_bucket_has_what_was_acknowledged():
    with Weed() as weed, Mirror(weed.bucket, PREFIX) as mirror, node_at(weed.endpoint, mirror) as node:
        node.write(some_points(3000))
        write(node.server, [f"we\\ ird\\,%\\=+,host=a v=1i {T}", f"Z\u00fcrich,host=b v=2i {T}"])
        eventually(lambda: in_bucket(mirror), rows_of(node), "first")
        eventually(lambda: in_bucket(mirror, "Z\u00fcrich"), [["b", 1, 2, 2, 2]], "unicode")
        eventually(lambda: node.metric("sluice_lake_groups_due"), 0, "due")
        assert any("we%20ird" in key for key in mirror.files()), mirror.files()
        node.write([("h1", T + i * 1000, 5000 + i) for i in range(50)] + [("new", T, 7)])
        eventually(lambda: in_bucket(mirror), rows_of(node), "late")
        node.delete("m", "h2", T + WEEK)
        eventually(lambda: in_bucket(mirror), rows_of(node), "deleted")
        assert all(len(each) == 1 for each in generations_by_day(mirror.files()).values()), mirror.files()
        eventually(lambda: node.metric("sluice_lake_groups_due"), 0, "due")
        equal([node.metric("sluice_lake_failures_total"), node.metric("sluice_lake_retries_total")], [0, 0])
        equal(node.health(), "ready for queries and writes")
        # The same by the tool, which has to be told how the bucket is reached.
        node.server.stop()
        said = sluice_lake(node, "status")
        assert f"lake s3://lake/{PREFIX}, node a" in said.stdout, said.stdout
        said = sluice_lake(node, "verify")
        assert said.returncode == 1 and "--config FILE" in said.stderr, said.stderr
        config = ("--config", str(node.server.root / "sluice.conf"))
        said = sluice_lake(node, "verify", *config)
        equal(said.returncode, 0, said.stdout + said.stderr)
        key = f"{PREFIX}/{mirror.files()[0]}"
        equal(weed.bucket.ask("PUT", key, body=weed.bucket.get(key)[:-1] + b"x")[0], 200)
        said = sluice_lake(node, "verify", *config)
        assert said.returncode == 1 and "is not the file that was published" in said.stderr, said.stderr
        assert SECRET not in node.server.read_log() + said.stderr


def test_two_nodes_in_one_bucket_are_killed_while_they_publish():
    with Weed() as weed, Mirror(weed.bucket, PREFIX) as mirror, \
            node_at(weed.endpoint, mirror, "one", '  bandwidth = "60k"\n') as one, \
            node_at(weed.endpoint, mirror, "two", '  bandwidth = "60k"\n') as two:
        dice = random.Random(5)
        for cycle in range(KILLS):
            for node in (one, two):
                points = some_points(1200, weeks=3, seed=cycle)
                node.write([(f"{node is one}-{host}", at, value) for host, at, value in points])
            if cycle % 3 == 2:
                one.delete("m", f"True-h{cycle % 7}", T + dice.randrange(3 * WEEK))
            time.sleep(dice.uniform(0.2, 2.5))
            (one, two)[cycle % 2].server.restart(signal.SIGKILL)
        eventually(lambda: in_bucket(mirror), rows_of(one, two), "both")
        for node in (one, two):
            eventually(lambda node=node: node.metric("sluice_lake_groups_due"), 0, "due")
        equal(in_bucket(mirror), rows_of(one, two), "both, and nothing more")
        assert all(len(each) == 1 for each in generations_by_day(mirror.files()).values()), mirror.files()
        equal(weed.bucket.uploads(), [])
        for node in (one, two):
            eventually(lambda node=node: list((node.server.root / "data/lake").glob("*.stage/*")), [], "stage")


def test_a_name_of_a_node_has_one_owner_in_a_bucket():
    with Weed() as weed, Mirror(weed.bucket, PREFIX) as mirror, node_at(weed.endpoint, mirror) as first:
        first.write(some_points(100))
        eventually(lambda: in_bucket(mirror), rows_of(first), "first")
        with node_at(weed.endpoint, mirror) as second:
            second.write([("other", T, 1)])
            eventually(lambda: "belongs to another data directory" in second.health(), True, "told")
            equal(in_bucket(mirror), rows_of(first))


def test_a_large_file_goes_to_a_bucket_in_parts():
    """It is killed while they are sent: what was begun is ended by the next start."""
    with Weed() as weed, Mirror(weed.bucket, PREFIX) as mirror, \
            node_at(weed.endpoint, mirror, more='  bandwidth = "8m"\n') as node:
        dice = random.Random(6)
        count = 1_300_000
        values = [dice.getrandbits(42) for _ in range(count)]
        for begin in range(0, count, 100_000):
            write(node.server, "\n".join(f"m,host=a v={values[i]}i,w={dice.getrandbits(62)}i {T + i * 1000}"
                                         for i in range(begin, begin + 100_000)).encode())
        node.points = {("m", "a"): {T + i * 1000: value for i, value in enumerate(values)}}
        eventually(lambda: len(weed.bucket.uploads()), 1, "begun")
        node.server.restart(signal.SIGKILL)
        eventually(lambda: in_bucket(mirror), rows_of(node), "DuckDB")
        eventually(weed.bucket.uploads, [], "uploads")
        size, = (int(size) for key, (_, size) in weed.bucket.keys().items() if key.endswith(".parquet"))
        assert size > 8 << 20, size


def test_a_bucket_that_is_out_of_reach_is_waited_for():
    with Weed() as weed, Mirror(weed.bucket, PREFIX) as mirror:
        weed.stop()
        with node_at(weed.endpoint, mirror) as node:
            node.write(some_points(500))
            eventually(lambda: "nothing is published to the lake" in node.health(), True, "told")
            assert node.metric("sluice_lake_retries_total") > 0
            equal(node.metric("sluice_lake_failing"), 1)
            # It ends at once, however patient it is with the store.
            begin = time.monotonic()
            node.server.restart()
            assert time.monotonic() - begin < 15
            weed.start()
            eventually(lambda: in_bucket(mirror), rows_of(node), "DuckDB", seconds=200)
            eventually(node.health, "ready for queries and writes", "health")


def test_a_store_that_fails_loses_nothing():
    seeds = range(1, 1 + int(os.environ.get("SLUICE_FAULTY_STORE_SEEDS", "3")))
    for seed in seeds:
        store = Store(seed, chance=0.15)
        with FaultyS3(store) as server, Mirror(Bucket(server.port), PREFIX) as mirror, \
                node_at(f"http://127.0.0.1:{server.port}", mirror) as node:
            dice = random.Random(seed)
            for cycle in range(4):
                node.write(some_points(800, weeks=2, seed=cycle))
                time.sleep(dice.uniform(0.5, 3))
                node.server.restart(signal.SIGKILL)
            node.delete("m", "h3", T + WEEK)
            eventually(lambda: node.metric("sluice_lake_retries_total") > 0, True, "retries")
            eventually(lambda: node.metric("sluice_lake_groups_due"), 0, "due", seconds=240)
            store.chance = 0
            eventually(lambda: in_bucket(mirror), rows_of(node), f"seed {seed}")
            assert all(len(each) == 1 for each in generations_by_day(mirror.files()).values()), mirror.files()
            equal(store.wrong, [], "signatures")
            assert store.failed >= 5, store.failed


def test_a_store_by_tls_is_verified():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", f"{folder}/key", "-out", f"{folder}/certificate", "-days", "2", "-subj", "/CN=store",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/certificate", f"{folder}/key")
        store = Store()
        with FaultyS3(store, context) as server, Mirror(None, PREFIX) as mirror:
            endpoint = f"https://127.0.0.1:{server.port}"
            with node_at(endpoint, mirror) as node:
                node.write([("a", T + DAY, 1)])
                eventually(lambda: "certificate" in node.health(), True, "not trusted")
                equal(store.objects, {})
                # The system's trust store, as OpenSSL finds it.
                os.environ["SSL_CERT_FILE"] = f"{folder}/certificate"
                try:
                    node.server.restart()
                finally:
                    del os.environ["SSL_CERT_FILE"]
                eventually(lambda: sum(key.endswith(".parquet") for key in store.objects), 1, "published")
                equal(query(node.server, "SELECT count(v) FROM m")["results"][0]["series"][0]["values"][0][1], 1)
