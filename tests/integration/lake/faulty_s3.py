"""A store that speaks S3, checks signatures with a second implementation of them, and fails by a seed."""

import http.server
import random
import socketserver
import threading
import time
import urllib.parse
import xml.sax.saxutils

import s3

FAULTS = ("slow down", "internal, and done", "lost, and done", "closed", "slow", "wrong xml")


class Store:
    """What outlives a request: objects by key, and uploads."""

    def __init__(self, seed=1, chance=0.0):
        self.dice = random.Random(seed)
        self.chance = chance
        self.lock = threading.Lock()
        self.objects, self.uploads = {}, {}
        self.wrong, self.failed = [], 0

    def fault(self):
        with self.lock:
            if self.dice.random() >= self.chance:
                return None
            self.failed += 1
            return self.dice.choice(FAULTS)


def error(status, code):
    return status, {}, f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>as it is told</Message></Error>".encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def is_signed(self, body):
        words = dict(part.strip().split("=", 1) for part in self.headers["authorization"].split(" ", 1)[1].split(","))
        target = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qsl(target.query, keep_blank_values=True)
        names = words["SignedHeaders"].split(";")
        _, code = s3.signature(self.command, urllib.parse.unquote(target.path), query,
                               {name: self.headers[name] for name in names}, self.headers["x-amz-content-sha256"],
                               self.headers["x-amz-date"])
        return (code == words["Signature"] and "host" in names and
                s3.hashlib.sha256(body).hexdigest() == self.headers["x-amz-content-sha256"])

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        store = self.server.store
        fault = store.fault()
        if fault == "closed":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(1)
        answer = error(503, "SlowDown")
        if fault != "slow down":
            with store.lock:
                if not self.is_signed(body):
                    store.wrong.append(f"{self.command} {self.path}")
                answer = self.carry_out(store, body) if self.is_signed(body) else error(403, "SignatureDoesNotMatch")
        if fault == "lost, and done":
            self.close_connection = True
            return
        status, headers, text = error(500, "InternalError") if fault == "internal, and done" else answer
        if fault == "wrong xml":
            text = text[:len(text) // 2]
        self.send_response(status)
        for name, value in ({"Content-Length": len(text)} | headers).items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any

    def carry_out(self, store, body):
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query, keep_blank_values=True))
        key = urllib.parse.unquote(target.path).removeprefix("/lake").lstrip("/")
        if not key:
            return self.list_all(store, query)
        if "uploads" in query or "uploadId" in query:
            return self.upload(store, key, query, body)
        if self.command == "PUT":
            if "if-none-match" in self.headers and key in store.objects:
                return error(412, "PreconditionFailed")
            store.objects[key] = (body, self.headers.get("x-amz-meta-sluice-crc32c"))
            return 200, {"ETag": '"e"'}, b""
        if self.command == "DELETE":
            store.objects.pop(key, None)
            return 204, {}, b""
        if key not in store.objects:
            return error(404, "NoSuchKey")
        data, checksum = store.objects[key]
        if self.command == "HEAD":
            return 200, {"Content-Length": len(data)} | ({"x-amz-meta-sluice-crc32c": checksum} if checksum else {}), b""
        if "range" in self.headers:
            first, last = map(int, self.headers["range"].removeprefix("bytes=").split("-"))
            return 206, {}, data[first:last + 1]
        return 200, {}, data

    def upload(self, store, key, query, body):
        if "uploads" in query:
            name = f"upload {len(store.uploads)}/{key}"
            store.uploads[name] = [key, self.headers.get("x-amz-meta-sluice-crc32c"), {}, True]
            return 200, {}, f"<R><UploadId>{xml.sax.saxutils.escape(name)}</UploadId></R>".encode()
        upload = store.uploads.get(query["uploadId"])
        if upload is None or not upload[3]:
            return error(404, "NoSuchUpload")
        if self.command == "PUT":
            upload[2][int(query["partNumber"])] = body
            return 200, {"ETag": f'"{query["partNumber"]}"'}, b""
        upload[3] = False
        if self.command == "DELETE":
            return 204, {}, b""
        store.objects[key] = (b"".join(upload[2][number] for number in sorted(upload[2])), upload[1])
        return 200, {}, b"<R/>"

    def list_all(self, store, query):
        if "uploads" in query:
            items = "".join(f"<Upload><Key>{xml.sax.saxutils.escape(key)}</Key><UploadId>"
                            f"{xml.sax.saxutils.escape(name)}</UploadId></Upload>"
                            for name, (key, _, _, is_open) in store.uploads.items()
                            if is_open and key.startswith(query.get("prefix", "")))
            return 200, {}, f"<R>{items}<IsTruncated>false</IsTruncated></R>".encode()
        begin, page = query.get("continuation-token", ""), 7
        keys = sorted(key for key in store.objects if key.startswith(query["prefix"]) and key > begin)
        items = "".join(f"<Contents><Key>{xml.sax.saxutils.escape(key)}</Key><ETag>{hash(store.objects[key])}</ETag>"
                        f"<Size>{len(store.objects[key][0])}</Size></Contents>" for key in keys[:page])
        more = f"<NextContinuationToken>{xml.sax.saxutils.escape(keys[page - 1])}</NextContinuationToken>" \
            if len(keys) > page else ""
        return 200, {}, (f"<R>{items}{more}<IsTruncated>{str(bool(more)).lower()}</IsTruncated></R>").encode()


class FaultyS3(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """Serves from its making to its end. `context`: that of ssl, to speak TLS."""

    daemon_threads = True

    def __init__(self, store, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = store
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that was killed is no news."""

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    @property
    def port(self):
        return self.server_address[1]
