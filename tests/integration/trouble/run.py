#!/usr/bin/env python3
"""Small inputs and small mishaps that once ended badly, each for its kind.

    SLUICED=build/src/server/sluiced tests/integration/trouble/run.py [WORD]

Runs every function `test_*` of every module `case_*.py` in this folder.
"""

import importlib
import pathlib
import sys
import traceback
import unittest

HERE = pathlib.Path(__file__).resolve().parent
for folder in (HERE, HERE.parents[1] / "support", HERE.parent / "http"):
    sys.path.insert(0, str(folder))


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = skipped = 0
    for path in sorted(HERE.glob("case_*.py")):
        module = importlib.import_module(path.stem)
        for name, test in list(vars(module).items()):
            if not name.startswith("test_") or word not in f"{path.stem}.{name}":
                continue
            try:
                test()
                passed += 1
            except unittest.SkipTest as reason:
                skipped += 1
                print(f"skipped {path.stem}.{name}: {reason}")
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED {path.stem}.{name}")
                print("    " + traceback.format_exc().strip().replace("\n", "\n    "))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
