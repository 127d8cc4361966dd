"""The section "On a network" of README.md does what it says.

Its commands run as they stand there, with other paths, ports and passwords of nobody: a few programs that would
change this machine are stood in for. The package itself is tested by tests/integration/packaging.
"""

import base64
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
import urllib.parse

from secured import SLUICED, Authority, SecureClient, equal, trusting
from servers import free_port

README = pathlib.Path(__file__).resolve().parents[3] / "README.md"

# In the place of systemctl: what the unit does, in short.
SYSTEMCTL = """#!/bin/sh
set -a; . "$ROOT/etc/default/sluice"; set +a
"$SLUICED" --data-dir "$ROOT/data" --bind "127.0.0.1:$PORT" --cores 1 --config /dev/null --pidfile "$ROOT/pid" \
    >"$ROOT/log" 2>&1 </dev/null &
for _ in $(seq 200); do [ -s "$ROOT/pid" ] && exit 0; sleep 0.05; done
cat "$ROOT/log"; exit 1
"""


def section():
    """The commands and Telegraf's configuration."""
    text = README.read_text(encoding="utf-8").split("\n## On a network\n")[1].split("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", text, re.S)[1], re.search(r"```toml\n(.*?)```", text, re.S)[1]


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)


def test_the_section_on_a_network():
    commands, telegraf = section()
    authority = Authority()
    certificate, key = authority.issue("server")
    with tempfile.TemporaryDirectory(prefix="sluice-readme-") as directory:
        root, port = pathlib.Path(directory), free_port()
        for folder in ("etc/sluice", "etc/default", "bin"):
            (root / folder).mkdir(parents=True)
        shutil.copy(certificate, root / "server.pem")
        shutil.copy(key, root / "server.key")
        write_program(root / "bin/sudo", '#!/bin/sh\nexec "$@"\n')
        write_program(root / "bin/apt", "#!/bin/sh\nexit 0\n")
        write_program(root / "bin/systemctl", SYSTEMCTL)
        here = commands.replace("/etc/", f"{root}/etc/").replace("metrics.example.org:8086", f"localhost:{port}")
        here = here.replace(" -g sluice", "")  # the user comes with the package
        environment = os.environ | {"ROOT": directory, "PORT": str(port), "SLUICED": str(pathlib.Path(SLUICED).resolve()),
                                    "PATH": f"{root}/bin:{os.environ['PATH']}", "CURL_CA_BUNDLE": str(authority.certificate)}
        try:
            done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", here], cwd=root, env=environment, timeout=60,
                                  capture_output=True, text=True, check=False)
            equal((done.returncode, done.stdout.count('{"results"'), done.stdout.count("error")), (0, 3, 0))
            output = tomllib.loads(telegraf)["outputs"]["influxdb"][0]
            equal(output["urls"], ["https://metrics.example.org:8086"])
            # What outputs.influxdb of Telegraf sends with it.
            target = "/write?" + urllib.parse.urlencode({"db": output["database"], "rp": "", "consistency": "any"})
            with SecureClient(port, trusting(authority)) as client:
                equal(client.post(target, "cpu v=1").status, 401)
                basic = base64.b64encode(f"{output['username']}:{output['password']}".encode()).decode()
                equal(client.post(target, "cpu v=1", [("Authorization", f"Basic {basic}")]).status, 204)
                equal(client.post("/write?db=other", "cpu v=1", [("Authorization", f"Basic {basic}")]).status, 404)
        finally:
            if (root / "pid").exists():
                process = int((root / "pid").read_text())
                os.kill(process, signal.SIGTERM)
                deadline = time.monotonic() + 30
                while (root / "pid").exists() and time.monotonic() < deadline:
                    time.sleep(0.05)
