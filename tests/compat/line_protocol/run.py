#!/usr/bin/env python3
"""Compares our line protocol parser with InfluxDB 1.x, line by line.

Random texts go to a real influxd and to our parser (line_protocol_verdict). Verdict, sentence and the
stored values must be the same, to the bit; differences we chose are in chosen_differences.json.

    run.py [--lines N] [--seed N]

SLUICE_COMPAT_LINES sets the default of --lines.
"""

import argparse
import json
import os
import re
import signal
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from generator import Generator  # noqa: E402
from oracle import Influx, Oracle  # noqa: E402

BATCH = 1000
REJECTION_BYTES_MAX = 64 * 1024
PRECISIONS = [("n", 1), ("u", 10**3), ("ms", 10**6), ("s", 10**9), ("m", 60 * 10**9),
              ("h", 3600 * 10**9)]


def as_go_prints(text):
    """Our bytes (as Latin-1) as they come back through Go's JSON; runs of bad bytes are one."""
    return collapse(text.encode("latin-1").decode("utf-8", "replace"))


def collapse(text):
    return re.sub("\ufffd+", "\ufffd", text)


class Ours:
    """What our parser says about one text."""

    def __init__(self, answer):
        answer = json.loads(answer)
        self.is_open = answer["open"]
        self.rows = answer["rows"]
        self.errors = [as_go_prints(each) for each in answer["errors"]]
        self.dropped = [as_go_prints(each) for each in answer["dropped"]]
        self.has_unsigned = any(kind == "unsigned" for row in self.rows for _, kind, _ in row["fields"])

    def has_conflict(self):
        return any(len({name for name, _, _ in row["fields"]}) != len(row["fields"])
                   for row in self.rows)

    def is_simple(self):
        """May share a request with others: its errors are all there is to say."""
        return not (self.is_open or self.dropped or self.has_unsigned or self.has_conflict() or
                    any("parse unsigned" in each or "invalid value: field-key" in each or
                        len(each) > 30000 for each in self.errors))

    def describe(self):
        words = list(self.errors) + list(self.dropped)
        for row in self.rows:
            words.append("stored %s" % json.dumps(row, sort_keys=True))
        return "\n".join(words) or "nothing"


def expected_answer(verdicts):
    errors = [error for each in verdicts for error in each.errors]
    if not errors:
        return None
    text = "\n".join(errors)
    if any(each.rows for each in verdicts):
        text = "partial write: " + text + " dropped=0"
    return text


def ask_ours(program, texts, unit):
    data = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    done = subprocess.run([program, str(unit)], input=data, stdout=subprocess.PIPE, check=False)
    answers = done.stdout.decode("ascii").split("\n")[:-1]
    if done.returncode != 0 or len(answers) != len(texts):
        raise RuntimeError("line_protocol_verdict ended with %d after %d of %d texts"
                           % (done.returncode, len(answers), len(texts)))
    return [Ours(each) for each in answers]


def same_value(kind, ours, theirs):
    if kind == "float":
        bits = struct.pack("<Q", int(ours))
        return struct.pack("<d", float(theirs)) == bits
    if kind == "integer":
        return int(ours) == int(theirs)
    if kind == "boolean":
        return theirs is (ours == "true")
    return as_go_prints(ours) == collapse(theirs)


class Stored:
    """The points of some measurements as InfluxDB gives them back."""

    def __init__(self, results, types):
        self.series = {}
        self.types = types
        for result in results:
            for series in result.get("series", []):
                tags = {collapse(k): collapse(v) for k, v in series.get("tags", {}).items() if v != ""}
                rows = self.series.setdefault(self.key(collapse(series["name"]), tags), {})
                names = [collapse(each) for each in series["columns"]]
                for values in series["values"]:
                    fields = {n: v for n, v in zip(names[1:], values[1:]) if v is not None}
                    rows.setdefault(int(values[0]), {}).update(fields)

    @staticmethod
    def key(name, tags):
        return (name, tuple(sorted(tags.items())))

    def holds(self, row):
        name = as_go_prints(row["name"])
        tags = {as_go_prints(k): as_go_prints(v) for k, v in row["tags"].items()}
        rows = self.series.get(self.key(name, tags), {})
        if "time" in row:
            found = rows.get(int(row["time"]))
        else:
            # The server's clock: after 2020, while given times are not.
            now = [time for time in rows if time > 1.6e18 and time < 4e18]
            found = rows[now[-1]] if now else None
        if found is None or len(found) < len(row["fields"]):
            return False
        types = self.types.get(name, {})
        for field, kind, value in row["fields"]:
            field = as_go_prints(field)
            if field not in found or types.get(field) != kind:
                return False
            if not same_value(kind, value, found[field]):
                return False
        return True


class Comparison:
    def __init__(self, oracle, program):
        self.oracle = oracle
        self.program = program
        self.database_count = 0
        self.passed = 0
        self.chosen = {}
        self.common = None
        self.failures = []
        with open(os.path.join(HERE, "chosen_differences.json"), encoding="utf-8") as file:
            self.differences = json.load(file)

    def new_database(self):
        self.database_count += 1
        name = "d%d" % self.database_count
        self.oracle.create_database(name)
        return name

    def common_database(self):
        if self.common is None:
            self.common = self.new_database()
        return self.common

    def read_types(self, database):
        types = {}
        for series in self.oracle.query("SHOW FIELD KEYS", database)[0].get("series", []):
            types[collapse(series["name"])] = {collapse(field): kind for field, kind in series["values"]}
        return types

    def read_back(self, database, names):
        types = self.read_types(database)
        results = []
        names = sorted(names)
        for start in range(0, len(names), 200):
            statements = ['SELECT *::field FROM "%s" GROUP BY *'
                          % name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
                          for name in names[start:start + 200]]
            results += self.oracle.query(";".join(statements), database)
        return Stored(results, types)

    def judge_together(self, texts, verdicts, precision):
        """The texts that need a closer look."""
        database = self.new_database()
        suspects = []
        self.write_group(database, list(zip(texts, verdicts)), precision, suspects)
        names = set()
        for verdict in verdicts:
            names.update(as_go_prints(row["name"]) for row in verdict.rows)
        # What needs no thought inside double quotes; the rest is judged alone.
        readable = {name for name in names if re.fullmatch(r"[ -~]+", name) and "\\" not in name}
        stored = self.read_back(database, readable)
        for text, verdict in zip(texts, verdicts):
            if any(text is each for each in suspects):
                continue
            if all(stored.holds(row) for row in verdict.rows):
                self.passed += 1
            else:
                suspects.append(text)
        self.oracle.drop_database(database)
        return suspects

    def write_group(self, database, group, precision, suspects):
        if not group:
            return
        body = b"\n".join(text for text, _ in group)
        answer = self.oracle.write(database, body, precision)
        expected = expected_answer([verdict for _, verdict in group])
        if (answer and collapse(answer)) == expected:
            return
        if len(group) == 1:
            suspects.append(group[0][0])
            return
        half = len(group) // 2
        self.write_group(database, group[:half], precision, suspects)
        self.write_group(database, group[half:], precision, suspects)

    def ask_alone(self, text, precision):
        database = self.new_database()
        answer = self.oracle.write(database, text, precision)
        results = self.oracle.query("SELECT *::field FROM /.*/ GROUP BY *", database)
        stored = Stored(results, self.read_types(database))
        self.oracle.drop_database(database)
        return None if answer is None else collapse(answer), stored

    def judge_alone(self, text, verdict, precision):
        nothing = Stored([], {})
        try:
            if not verdict.rows or verdict.has_unsigned:
                # Mostly nothing is to be stored, so any database will do for the sentence.
                answer = self.oracle.write(self.common_database(), text, precision)
                answer = answer and collapse(answer)
                if answer and (self.agrees(verdict, answer, nothing) or
                               self.find_difference(text, verdict, answer)):
                    self.passed += 1
                    return
            answer, stored = self.ask_alone(text, precision)
        except OSError:
            # Some texts end the whole server.
            if not self.oracle.has_ended():
                raise
            self.oracle.restart()
            self.common = None
            answer, stored = "panic: the server ended", nothing
        if self.agrees(verdict, answer, stored):
            self.passed += 1
            return
        theirs = (answer + "\n" if answer else "") + "stored %s" % sorted(stored.series.items())
        if self.find_difference(text, verdict, theirs):
            self.passed += 1
            return
        ours = verdict.describe()
        self.failures.append((text, ours, theirs))
        if len(self.failures) <= 30:
            print("text   %r\n  ours   %s\n  theirs %s" % (text[:300], ours[:600], theirs[:600]), flush=True)

    def find_difference(self, text, verdict, theirs):
        ours = verdict.describe()
        for each in self.differences:
            if (re.search(each["text"], text.decode("latin-1"), re.S) and
                    re.search(each["ours"], ours, re.S) and re.search(each["theirs"], theirs, re.S)):
                self.chosen[each["reason"]] = self.chosen.get(each["reason"], 0) + 1
                return True
        return False

    @staticmethod
    def agrees(verdict, answer, stored):
        expected = expected_answer([verdict])
        if verdict.dropped:
            # One sentence for all, and the parse errors are forgotten.
            expected = "partial write: %s dropped=%d" % (verdict.dropped[0], len(verdict.dropped))
        elif verdict.has_conflict():
            return answer is not None and "field type conflict" in answer
        # Ours are cut or left out beyond a bound; characters are fewer than bytes.
        if answer is not None and expected is not None and len(answer) >= REJECTION_BYTES_MAX - 1000:
            if not answer.startswith(expected[:REJECTION_BYTES_MAX // 2]):
                return False
        elif answer != expected:
            return False
        return all(stored.holds(row) for row in verdict.rows)

    def run(self, line_count, seed):
        generator = Generator(seed)
        done = 0
        while done < line_count and len(self.failures) < 200:
            texts = [generator.line() for _ in range(min(BATCH, line_count - done))]
            done += len(texts)
            precision, unit = PRECISIONS[0 if generator.random.random() < 0.6 else
                                         generator.random.randrange(len(PRECISIONS))]
            verdicts = ask_ours(self.program, texts, unit)
            self.judge(texts, verdicts, precision)
            if done % 50000 == 0:
                print("%d lines, %d differ" % (done, len(self.failures)), flush=True)

    def judge(self, texts, verdicts, precision):
        by_text = dict(zip(texts, verdicts))
        simple = [text for text in texts if by_text[text].is_simple()]
        alone = [text for text in texts if not by_text[text].is_simple()]
        try:
            alone += self.judge_together(simple, [by_text[text] for text in simple], precision)
        except OSError:
            if not self.oracle.has_ended():
                raise
            self.oracle.restart()
            self.common = None
            alone = texts
        for text in alone:
            self.judge_alone(text, by_text[text], precision)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=int(os.environ.get("SLUICE_COMPAT_LINES", "60000")))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    build = os.environ.get("SLUICE_BUILD", os.path.join(HERE, "../../../build"))
    program = os.path.join(build, "tests/compat/line_protocol/line_protocol_verdict")
    if not Influx.is_installed():
        print("influxd is not installed: nothing to compare with")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    oracle = Oracle()
    try:
        comparison = Comparison(oracle, program)
        comparison.run(arguments.lines, arguments.seed)
    finally:
        oracle.stop()
    for reason, count in sorted(comparison.chosen.items()):
        print("chosen difference, %d times: %s" % (count, reason))
    print("seed %d" % arguments.seed)
    print("%d passed, %d failed" % (comparison.passed, len(comparison.failures)))
    return 1 if comparison.failures else 0


if __name__ == "__main__":
    sys.exit(main())
