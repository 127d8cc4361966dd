"""Clients that come by TLS: versions, certificates, sessions, large bodies, mistakes."""

import json
import os
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from secured import (SLUICED, Authority, SecureClient, SecureSluice, config_of, equal, eventually, half_connection, holds,
                     metric, openssl, trusting)

AUTHORITY = Authority()
PAIR = AUTHORITY.issue("server")


def curl(server, *arguments, authority=AUTHORITY):
    """Exit status and what came."""
    result = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", authority.certificate, *arguments],
                            capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


def with_server(test):
    """Gives the test a server with TLS, and looks that it ends well."""
    def run():
        server = SecureSluice(config=config_of(*PAIR))
        try:
            test(server)
        finally:
            equal(server.stop(), 0)
    return run


@with_server
def test_curl_by_both_versions(server):
    for version, words in (("1.2", ["--tls-max", "1.2"]), ("1.3", ["--tlsv1.3"])):
        form = ["--data-urlencode", "q=CREATE DATABASE d"]
        equal(curl(server, *words, *form, f"{server.url}/query")[0], 0)
        status, text = curl(server, *words, "-w", "%{http_code}", "--data-binary", f"m v={version} 1",
                            f"{server.url}/write?db=d")
        equal((status, text), (0, "204"))
        status, text = curl(server, *words, "-G", "--data-urlencode", "q=SELECT v FROM d..m", f"{server.url}/query")
        holds(text, f"[\"1970-01-01T00:00:00.000000001Z\",{version}]")
    assert metric(server, 'sluice_tls_handshakes_total{result="full"}') >= 4


@with_server
def test_the_cookie_of_a_session_stays_on_tls(server):
    curl(server, "--data-urlencode", "q=CREATE USER a WITH PASSWORD 'p' WITH ALL PRIVILEGES", f"{server.url}/query")
    status, text = curl(server, "-i", "-X", "POST", "-u", "a:p", f"{server.url}/api/v2/signin")
    equal(status, 0)
    holds(text, "204", "HttpOnly", "; Secure")


@with_server
def test_only_http_1_1_is_offered(server):
    status, text = curl(server, "--http2", "-w", "%{http_version}", f"{server.url}/ping")
    equal((status, text), (0, "1.1"))
    context = trusting(AUTHORITY)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with SecureClient(server.port, context) as client:
        equal(client.socket.selected_alpn_protocol(), "http/1.1")


def test_versions_and_ciphers_are_those_of_the_configuration():
    server = SecureSluice(config=config_of(*PAIR, sections="[tls]\nmin-version = 'tls1.3'\n"))
    try:
        assert curl(server, "--tls-max", "1.2", f"{server.url}/ping")[0] == 35
        equal(curl(server, f"{server.url}/ping")[0], 0)
    finally:
        server.stop()
    server = SecureSluice(config=config_of(*PAIR, sections="[tls]\nmax-version = 'tls1.2'\nciphers = "
                                           "['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305']\n"))
    try:
        with SecureClient(server.port, trusting(AUTHORITY)) as client:
            equal(client.socket.cipher()[:2], ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLSv1.2"))
    finally:
        server.stop()


@with_server
def test_the_cheap_cipher_comes_first(server):
    with SecureClient(server.port, trusting(AUTHORITY)) as client:
        equal(client.socket.cipher()[:2], ("TLS_AES_128_GCM_SHA256", "TLSv1.3"))


@with_server
def test_a_stranger_is_not_believed(server):
    other = Authority("other")
    status, text = curl(server, f"{server.url}/ping", authority=other)
    equal(status, 60)
    eventually(lambda: metric(server, 'sluice_tls_handshakes_total{result="failed"}') >= 1, "the failure is counted")
    holds(server.read_log(), "a client was not understood", "unknown ca")


def test_one_that_has_expired_is_served_with_a_warning():
    over = AUTHORITY.issue("over", days=0)
    server = SecureSluice(config=config_of(*over))
    try:
        holds(server.read_log(), "the certificate has expired", str(over[0]))
        status, text = curl(server, f"{server.url}/ping")
        equal(status, 60)
        holds(text, "expired")
        equal(metric(server, "sluice_tls_certificate_days_left"), 0)
    finally:
        server.stop()


def test_check_says_how_long_a_certificate_is_valid():
    # A certificate is good from the second in which it is made: a day less, once that is over.
    for days, sentences in ((0, ["the certificate has expired"]),
                            (5, [f"the certificate expires in {left} days" for left in (4, 5)]),
                            (30, [f"the certificate is valid for {left} more days" for left in (29, 30)])):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(config_of(*AUTHORITY.issue(f"days-{days}", days=days)))
            file.flush()
            result = subprocess.run([SLUICED, "check", "--config", file.name], capture_output=True, text=True,
                                    timeout=30, check=False)
        validity, verdict = result.stdout.splitlines()
        equal((result.returncode, verdict), (0, "the configuration is good"))
        assert validity in sentences, validity


@with_server
def test_plain_http_is_told_so(server):
    for request in (b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n", b"POST /write?db=d HTTP/1.1\r\nContent-Length: 5\r\n\r\nm v=1"):
        with half_connection(server.port, request) as plain:
            answer = b""
            while piece := plain.recv(4096):
                answer += piece
        equal(answer.split(b"\r\n")[0], b"HTTP/1.1 400 Bad Request")
        equal(answer.split(b"\r\n\r\n")[1], b"Client sent an HTTP request to an HTTPS server.\n")
    equal(metric(server, 'sluice_tls_handshakes_total{result="plain"}'), 2)


@with_server
def test_garbage_ends_its_connection_only(server):
    hello = bytes.fromhex("160301") + b"\xff\xff" + os.urandom(200)
    for data in (os.urandom(500).replace(b"G", b"g"), b"\x16\x03\x01\x00\x05hello", hello, b"\x00" * 64, b"\x80\x2e\x01"):
        with half_connection(server.port, data) as half:
            half.shutdown(socket.SHUT_WR)
            try:
                while half.recv(4096):
                    pass
            except ConnectionResetError:
                pass
    equal(curl(server, f"{server.url}/ping")[0], 0)


@with_server
def test_large_bodies_and_answers(server):
    context = trusting(AUTHORITY)
    with SecureClient(server.port, context, timeout=60) as client:
        equal(client.post("/query?q=CREATE+DATABASE+d").status, 200)
        for size in (1, 16_384, 16_385, 400_000):
            lines = "\n".join(f"m,s={i % 7} v={i},w=\"{'x' * 20}\" {i}" for i in range(max(1, size // 40)))
            equal(client.post("/write?db=d&precision=s", lines).status, 204)
        answer = client.get("/query?db=d&chunked=true&q=" + urllib.parse.quote("SELECT * FROM m"))
        equal(answer.status, 200)
        rows = sum(len(series["values"]) for line in answer.body.splitlines()
                   for series in json.loads(line)["results"][0]["series"])
        equal(rows, 10_000)
        # A chunked body, and what follows it on the same connection.
        client.send(b"POST /write?db=d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nn v=1 \r\n3\r\n1\nn\r\n7\r\n v=2 2\n\r\n"
                    b"0\r\n\r\nGET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        equal((client.read().status, client.read().status), (204, 204))


@with_server
def test_bytes_in_any_pieces(server):
    """Records that arrive byte by byte: through memory, so that the test chooses where to cut."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = trusting(AUTHORITY).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with half_connection(server.port) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def until_done(function, *arguments):
            while True:
                try:
                    done = function(*arguments)
                except ssl.SSLWantReadError:
                    done = None
                for byte in outgoing.read():
                    wire.sendall(bytes([byte]))
                if done is not None or function == secure.do_handshake and secure.version() and done is None:
                    return done
                incoming.write(wire.recv(7))
        try:
            while True:
                try:
                    secure.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        wire.sendall(bytes([byte]))
                    incoming.write(wire.recv(7))
        finally:
            for byte in outgoing.read():
                wire.sendall(bytes([byte]))
        secure.write(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        holds(until_done(secure.read, 100).decode(), "HTTP/1.1 204")


@with_server
def test_sessions_are_resumed_on_every_core(server):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = trusting(AUTHORITY, maximum_version=version)
        with SecureClient(server.port, context) as client:
            equal(client.get("/ping").status, 204)
            session = client.socket.session
        for _ in range(12):
            with SecureClient(server.port, context, session=session) as client:
                equal(client.get("/ping").status, 204)
                assert client.socket.session_reused
    equal(metric(server, 'sluice_tls_handshakes_total{result="resumed"}'), 24)


@with_server
def test_there_is_no_renegotiation(server):
    talk = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_2"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(0.5)
    talk.stdin.write(b"R\n")
    talk.stdin.flush()
    time.sleep(0.5)
    talk.stdin.close()
    text = talk.stdout.read().decode(errors="replace")
    talk.wait(20)
    holds(text, "no renegotiation")
    equal(curl(server, f"{server.url}/ping")[0], 0)


@with_server
def test_half_handshakes_are_bounded_and_make_room(server):
    halves = [half_connection(server.port, b"\x16\x03\x01") for _ in range(700)]
    try:
        begin = time.monotonic()
        equal(curl(server, f"{server.url}/ping")[0], 0)
        assert time.monotonic() - begin < 5, "a client had to wait for those who say nothing"
        assert metric(server, "sluice_tls_handshakes_unfinished") <= 2 * 256
        eventually(lambda: metric(server, "sluice_tls_handshakes_unfinished") <= 1, "they are given up", 20)
        assert metric(server, 'sluice_tls_handshakes_total{result="late"}') >= 700
        assert metric(server, "sluice_connections_active") <= 2
    finally:
        for half in halves:
            half.close()


@with_server
def test_the_first_request_may_come_late(server):
    with SecureClient(server.port, trusting(AUTHORITY)) as client:
        time.sleep(11)  # a handshake ends within ten
        equal(client.get("/ping").status, 204)


@with_server
def test_a_stop_does_not_wait_for_handshakes(server):
    halves = [half_connection(server.port, b"\x16\x03\x01") for _ in range(4)]
    time.sleep(0.2)
    begin = time.monotonic()
    equal(server.stop(), 0)
    assert time.monotonic() - begin < 5
    for half in halves:
        half.close()
    server.start()


@with_server
def test_clients_of_python(server):
    try:
        import influxdb
        import requests
    except ImportError as error:
        raise unittest.SkipTest(str(error)) from error
    with requests.Session() as session:
        session.trust_env = False  # its variables would go before what is said here
        session.verify = str(AUTHORITY.certificate)
        equal(session.get(f"{server.url}/ping").status_code, 204)
        equal(session.post(f"{server.url}/query", data={"q": "CREATE DATABASE r"}).status_code, 200)
    client = influxdb.InfluxDBClient("localhost", server.port, database="d", ssl=True, verify_ssl=str(AUTHORITY.certificate))
    client.create_database("d")
    client.write_points([{"measurement": "m", "fields": {"v": i}, "time": i} for i in range(2000)])
    equal(list(client.query("SELECT count(v) FROM m"))[0][0]["count"], 2000)
    client.close()


def test_client_certificates():
    other = Authority("other")
    mine, theirs = AUTHORITY.issue("client", "ann"), other.issue("client", "ann")
    required = f"https-client-ca = '{AUTHORITY.certificate}'\n"
    for optional in (False, True):
        more = required + ("https-client-required = false\n" if optional else "")
        server = SecureSluice(config=config_of(*PAIR, more), identity=mine)
        try:
            def status(*identity):
                return curl(server, *identity, "-w", "%{http_code}", f"{server.url}/ping")
            equal(status("--cert", mine[0], "--key", mine[1]), (0, "204"))
            assert status("--cert", theirs[0], "--key", theirs[1])[0] != 0
            equal(status()[0] == 0, optional)
        finally:
            equal(server.stop(), 0)


def test_a_certificate_stands_for_a_user():
    ann, nobody = AUTHORITY.issue("ann", "ann"), AUTHORITY.issue("nobody", "nobody")
    more = (f"auth-enabled = true\nhttps-client-ca = '{AUTHORITY.certificate}'\nhttps-client-required = false\n"
            "https-client-name-is-user = true\n")
    server = SecureSluice(config=config_of(*PAIR, more))
    try:
        def ask(statement, *words):
            form = ["--data-urlencode", f"q={statement}"]
            status, text = curl(server, *words, *form, "-w", " %{http_code}", f"{server.url}/query")
            return text.rsplit(" ", 1)
        root = ("-u", "root:top")
        equal(ask("CREATE USER root WITH PASSWORD 'top' WITH ALL PRIVILEGES")[1], "200")
        equal(ask("CREATE USER ann WITH PASSWORD 'a'; CREATE DATABASE d; CREATE DATABASE e; GRANT READ ON d TO ann", *root)[1],
              "200")
        shown = ("--cert", ann[0], "--key", ann[1])
        text, status = ask("SHOW DATABASES", *shown)
        equal(status, "200")
        holds(text, '["d"]')
        assert '["e"]' not in text
        equal(ask("CREATE DATABASE f", *shown)[1], "403")
        # Credentials go before the certificate.
        equal(ask("CREATE DATABASE f", *shown, *root)[1], "200")
        equal(ask("SHOW DATABASES", *shown, "-u", "ann:wrong")[1], "401")
        equal(ask("SHOW DATABASES", "--cert", nobody[0], "--key", nobody[1]), ['{"error":"user not found"}\n', "401"])
        equal(ask("SHOW DATABASES")[1], "401")
        equal(ask("DROP USER ann", *root)[1], "200")
        equal(ask("SHOW DATABASES", *shown)[1], "401")
    finally:
        equal(server.stop(), 0)


@with_server
def test_every_metric_of_tls_is_documented(server):
    import importlib.util
    import pathlib
    path = pathlib.Path(__file__).resolve().parents[1] / "http/run.py"
    spec = importlib.util.spec_from_file_location("http_run", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with SecureClient(server.port, trusting(AUTHORITY)) as client:
        shown = module.shown_metrics(client.get("/metrics").text)

    def of_tls(metrics):
        return {name: facts for name, facts in metrics.items() if name.startswith("sluice_tls_")}
    equal(len(of_tls(shown)), 3)
    equal(of_tls(shown), of_tls(module.documented_metrics()))
    equal(metric(server, "sluice_tls_certificate_days_left"), 29)
