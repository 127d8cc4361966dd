"""Certificates and keys as files: what keeps a server from its start, and what is read again later."""

import os
import pathlib
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time

from secured import (Authority, SecureClient, SecureSluice, config_of, equal, eventually, holds, openssl, refusal,
                     trusting)

AUTHORITY = Authority()
PAIR = AUTHORITY.issue("server")
CERTIFICATE, KEY = PAIR


def served_serial(port):
    with socket.create_connection(("127.0.0.1", port), 20) as plain:
        with trusting(None).wrap_socket(plain) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True))


def test_what_cannot_be_used_does_not_start():
    other = AUTHORITY.issue("other")
    root = AUTHORITY.root
    (root / "empty").write_text("")
    (root / "text").write_text("no certificate")
    openssl("ec", "-in", KEY, "-aes256", "-passout", "pass:secret", "-out", root / "locked.key")
    equal(refusal(config_of(root / "absent", KEY)),
          f"http.https-certificate: cannot read {root}/absent: No such file or directory")
    equal(refusal(config_of(root / "empty", KEY)), f"http.https-certificate: cannot read {root}/empty: the file is empty")
    equal(refusal(config_of(root / "text", KEY)),
          f"http.https-certificate: {root}/text holds no certificate in PEM form")
    equal(refusal(config_of(CERTIFICATE, "")),
          f"http.https-private-key: {CERTIFICATE} holds no private key in PEM form")
    equal(refusal(config_of(CERTIFICATE, other[1])),
          f"the private key in http.https-private-key: {other[1]} does not belong to the first certificate in "
          f"http.https-certificate: {CERTIFICATE}")
    equal(refusal(config_of(CERTIFICATE, root / "locked.key")),
          f"http.https-private-key: {root}/locked.key: the private key in it is encrypted")
    equal(refusal(config_of(CERTIFICATE, KEY, f"https-client-ca = '{root}/text'")),
          f"http.https-client-ca: {root}/text holds no certificate in PEM form")
    equal(refusal(config_of(CERTIFICATE, KEY, sections="[tls]\nmin-version = 'tls1.1'")),
          'tls.min-version: "tls1.1" is broken and not offered; name "tls1.2" or "tls1.3"')
    equal(refusal(config_of(CERTIFICATE, KEY, sections="[tls]\nciphers = ['ROT13']")),
          'tls.ciphers: unknown cipher "ROT13"; a right one is "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"')
    equal(refusal(f"[http]\nhttps-client-ca = '{root}/ca.pem'\n"),
          "http.https-client-ca: nobody shows a certificate without https-enabled")
    equal(refusal(config_of(CERTIFICATE, KEY, "https-client-name-is-user = true")),
          "http.https-client-name-is-user: it needs https-client-ca")
    equal(refusal(f"[subscriber]\nca-certs = '{root}/absent'\n"),
          f"subscriber.ca-certs: cannot read {root}/absent: No such file or directory")


def test_both_may_lie_in_one_file():
    both = AUTHORITY.root / "both.pem"
    both.write_text(KEY.read_text() + CERTIFICATE.read_text() + AUTHORITY.certificate.read_text())
    server = SecureSluice(config=config_of(both, ""))
    equal(server.stop(), 0)


def test_a_key_that_systemd_hands_over():
    config = config_of(CERTIFICATE, "$CREDENTIALS_DIRECTORY/server.key")
    equal(refusal(config), "http.https-private-key: $CREDENTIALS_DIRECTORY/server.key needs CREDENTIALS_DIRECTORY, "
                           "which systemd sets for a unit with LoadCredential=")
    server = SecureSluice(config=config, environment={"CREDENTIALS_DIRECTORY": str(AUTHORITY.root)})
    equal(server.stop(), 0)


class Rotation:
    """A server whose files can be replaced, and its client's view of them."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="sluice-tls-")
        root = pathlib.Path(self.directory.name)
        self.certificate, self.key = root / "cert.pem", root / "key.pem"
        self.put(PAIR)
        self.server = SecureSluice(config=config_of(self.certificate, self.key))

    def put(self, pair):
        for source, target in zip(pair, (self.certificate, self.key)):
            shutil.copy(source, f"{target}.new")
            os.rename(f"{target}.new", target)

    def serves(self, pair):
        return served_serial(self.server.port).strip() == pathlib.Path(pair[0]).read_text().strip()


def test_rotation_under_load_fails_no_request():
    rotation = Rotation()
    server = rotation.server
    stopping = threading.Event()
    failures, counts = [], [0, 0]
    context = trusting(AUTHORITY)
    with SecureClient(server.port, context) as client:
        equal(client.post("/query?q=CREATE+DATABASE+d").status, 200)

    def work(index, keep):
        client = None
        while not stopping.is_set():
            try:
                client = client or SecureClient(server.port, context)
                answer = client.post("/write?db=d", f"m,t={index} v={counts[keep]}")
                if answer.status != 204:
                    failures.append(answer.text)
                counts[keep] += 1
                if not keep:
                    client.close()
                    client = None
            except OSError as error:
                failures.append(repr(error))
                client = None
        if client:
            client.close()
    threads = [threading.Thread(target=work, args=(i, i % 2)) for i in range(4)]
    for thread in threads:
        thread.start()
    try:
        pairs = [AUTHORITY.issue(f"next{i}") for i in range(4)]
        for number, pair in enumerate(pairs):
            rotation.put(pair)
            if number % 2:
                server.process.send_signal(signal.SIGHUP)
            eventually(lambda pair=pair: rotation.serves(pair), "the new certificate is served", 8)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    equal(failures, [])
    assert min(counts) > 20, counts
    holds(server.read_log(), "new connections get the new certificate")
    equal(server.stop(), 0)


def test_a_bad_one_is_refused_and_the_old_one_stays():
    rotation = Rotation()
    server = rotation.server
    over, other = AUTHORITY.issue("over", days=0), AUTHORITY.issue("fourth")
    with SecureClient(server.port, trusting(AUTHORITY)) as kept:
        for pair, why in (((other[0], KEY), "does not belong to the first certificate"), (over, "the certificate has expired"),
                          ((AUTHORITY.root / "absent", KEY), None)):
            if why is None:
                rotation.certificate.unlink()
                why = "No such file or directory"
            else:
                rotation.put(pair)
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda why=why: why in server.read_log(), why)
            assert rotation.serves(PAIR)
        equal(server.read_log().count("the new certificate is refused"), 3)
        # It is not looked at again before it changes.
        time.sleep(4)
        equal(server.read_log().count("the new certificate is refused"), 3)
        rotation.put(other)
        eventually(lambda: rotation.serves(other), "a good one after the bad ones", 8)
        equal(kept.get("/ping").status, 204)
    equal(server.stop(), 0)


def test_new_authorities_of_clients_end_old_sessions():
    clients, later = Authority("clients"), Authority("later")
    first, second = clients.issue("first", "first"), later.issue("second", "second")
    trust = AUTHORITY.root / "clients.pem"
    shutil.copy(clients.certificate, trust)
    server = SecureSluice(config=config_of(*PAIR, f"https-client-ca = '{trust}'"), identity=first)
    try:
        context = trusting(AUTHORITY, first)
        with SecureClient(server.port, context) as client:
            equal(client.get("/ping").status, 204)
            session = client.socket.session
        shutil.copy(later.certificate, trust)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "new connections get the new certificate" in server.read_log(), "it is read again")
        for old in (session, None):
            try:
                with SecureClient(server.port, context, session=old) as client:
                    client.get("/ping")
                raise AssertionError("a client of the old authority was served")
            except OSError:
                pass
        with SecureClient(server.port, trusting(AUTHORITY, second)) as client:
            equal(client.get("/ping").status, 204)
    finally:
        equal(server.stop(), 0)
