#!/usr/bin/env python3
"""What trouble costs the real binary: each case_*.py beside this file holds tests of one kind.

    SLUICED=build/src/server/sluiced tests/integration/trouble/run.py [WORD]
"""

import importlib
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support"), str(HERE.parent / "http")]


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    for path in sorted(HERE.glob("case_*.py")):
        module = importlib.import_module(path.stem)
        for name, test in list(vars(module).items()):
            full_name = f"{path.stem}.{name}"
            if not name.startswith("test_") or word not in full_name:
                continue
            try:
                test()
                passed += 1
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED {full_name}")
                print("    " + traceback.format_exc().strip().replace("\n", "\n    "))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
