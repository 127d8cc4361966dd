"""Requests written byte for byte."""

import gzip
import socket


class Answer:
    def __init__(self, status, reason, headers, body):
        self.status, self.reason, self.headers, self.body = status, reason, headers, body

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None

    @property
    def text(self):
        return self.body.decode()


class Client:
    """One connection. send() writes bytes as they are, read() takes one answer off the stream."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.buffer += piece

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("latin-1")

    def _bytes(self, count):
        while len(self.buffer) < count:
            self._more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read(self, method="GET"):
        version, status, reason = self._line().split(" ", 2)
        assert version == "HTTP/1.1", version
        headers = []
        while line := self._line():
            name, value = line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
            headers.append((name, value))
        answer = Answer(int(status), reason, headers, b"")
        if method == "HEAD" or answer.status in (100, 204):
            return answer
        if answer.header("Transfer-Encoding") == "chunked":
            while size := int(self._line(), 16):
                answer.body += self._bytes(size)
                assert self._line() == ""
            assert self._line() == ""
        elif answer.header("Content-Length") is not None:
            answer.body = self._bytes(int(answer.header("Content-Length")))
        else:
            answer.body = self.buffer + self.rest()
            self.buffer = b""
        return answer

    def rest(self):
        data = b""
        while piece := self.socket.recv(65536):
            data += piece
        return data

    def closed(self):
        """Whether the server has ended the connection, with nothing more to say."""
        return self.buffer == b"" and self.socket.recv(1) == b""

    def request(self, method, target, body=None, headers=()):
        head = f"{method} {target} HTTP/1.1\r\nHost: test\r\n"
        for name, value in headers:
            head += f"{name}: {value}\r\n"
        if body is not None:
            head += f"Content-Length: {len(body)}\r\n"
        self.send(head.encode() + b"\r\n" + (body or b""))
        return self.read(method)

    def get(self, target, headers=()):
        return self.request("GET", target, headers=headers)

    def post(self, target, body=b"", headers=()):
        return self.request("POST", target, body if isinstance(body, bytes) else body.encode(), headers)


def chunked(body, size):
    framed = b""
    for at in range(0, len(body), size):
        piece = body[at:at + size]
        framed += f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    return framed + b"0\r\n\r\n"


def zipped(body):
    return gzip.compress(body if isinstance(body, bytes) else body.encode())
