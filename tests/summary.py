#!/usr/bin/env python3
"""Counts the cases of one `meson test` run: summary.py BUILD/meson-logs/LOGBASE

A GoogleTest program counts as its cases, any other test as one. A program that ended badly without
a failed case (a crash, a timeout) is one failure more.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree


def count_cases(junit_path):
    """The cases of each test of the run: name -> [passed, failed, skipped]."""
    cases = {}
    try:
        root = ElementTree.parse(junit_path).getroot()
    except (OSError, ElementTree.ParseError):
        return cases
    for suite in root.iter("testsuite"):
        # GoogleTest's suites are named project.test.Suite.
        parts = suite.get("name", "").split(".")
        if len(parts) < 3:
            continue
        counts = cases.setdefault(parts[1], [0, 0, 0])
        for case in suite.iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                counts[1] += 1
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                counts[2] += 1
            else:
                counts[0] += 1
    return cases


def main():
    logbase = sys.argv[1]
    cases = count_cases(logbase + ".junit.xml")
    total = [0, 0, 0]
    with open(logbase + ".json", encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            name = test["name"].split(" / ")[-1].split(":")[-1]
            ended_well = test["result"] in ("OK", "EXPECTEDFAIL")
            counts = cases.get(name, [0, 0, 0])
            if sum(counts) == 0:
                counts = [1, 0, 0] if ended_well else [0, 0, 0]
                if test["result"] == "SKIP":
                    counts = [0, 0, 1]
            if not ended_well and test["result"] != "SKIP" and counts[1] == 0:
                counts[1] = 1
                print(f"{name}: {test['result']}, exit status {test.get('returncode')}")
            total = [a + b for a, b in zip(total, counts)]
    skipped = f", {total[2]} skipped" if total[2] else ""
    print(f"{total[0]} passed, {total[1]} failed{skipped}")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
