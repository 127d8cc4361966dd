#!/usr/bin/env python3
"""Over what wire: TLS, a Unix socket, several addresses, subscriptions by https, with the real binary.

    SLUICED=build/src/server/sluiced tests/integration/tls/run.py [WORD]

Runs every function `test_*` of every module `case_*.py` in this folder.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1] / "support", HERE.parent / "http"):
    sys.path.insert(0, str(folder))

from cases import run_cases  # noqa: E402  pylint: disable=wrong-import-position

if __name__ == "__main__":
    sys.exit(run_cases(HERE, *sys.argv[1:2]))
