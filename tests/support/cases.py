"""Runs the cases of one folder: every function `test_*` of every module `case_*.py` in it."""

import importlib
import pathlib
import sys
import traceback
import unittest


def run_cases(folder, word=""):
    """The exit status. Only cases with the word in `case_name.test_name` run; SkipTest is no failure."""
    passed = failed = skipped = 0
    for path in sorted(pathlib.Path(folder).glob("case_*.py")):
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
