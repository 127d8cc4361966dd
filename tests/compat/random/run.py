#!/usr/bin/env python3
"""Asks InfluxDB and Sluice the same random statements about the same random points.

    SLUICED=build/src/server/sluiced tests/compat/random/run.py [--statements N] [--seed N] [--case SET/NUMBER]
        [--like PATTERN]

A difference that is not in compat/query/differences.json is made smaller (fewer points, a shorter
statement) and printed; --case repeats it. --like asks only statements that match. Every seed gives the
same data and statements, everywhere. Where InfluxDB, asked again, gives another answer than before and
Sluice's is one of them, it contradicts itself: that is counted, not a difference.
SLUICE_RANDOM_STATEMENTS sets the default of --statements.
"""

import argparse
import collections
import os
import pathlib
import re
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support")]
from answers import NO_ANSWER, Asker, Differences, Question  # noqa: E402
from choices import Choices, shrink  # noqa: E402
from data import DataSet  # noqa: E402
from grammar import Grammar  # noqa: E402
from servers import Influx, Sluice  # noqa: E402

STATEMENTS_PER_DATA_SET = 100
# Differences of one kind look alike; only the first of a kind are made smaller.
KINDS_SHRUNK_MAX = 60
ASKED_AGAIN = 12
QUERY_TIMEOUT = "4s"


class Case:
    """A script for a data set, built from choices."""

    def __init__(self, data, choices):
        grammar = Grammar(choices, data)
        self.statements, self.changes = grammar.script()
        self.manner = grammar.manner()

    def questions(self):
        for statement in self.statements:
            line = f"{statement} ## {self.manner}" if self.manner else statement
            yield Question(line, "d", method="POST" if self.changes else "GET")

    def text(self):
        return "\n    ".join(question.line for question in self.questions())


class Judge:
    def __init__(self, seed, like):
        self.seed, self.like = seed, like
        self.influx = Influx(query_timeout=QUERY_TIMEOUT)
        self.sluice = Sluice("--cores", "2")
        self.askers = [Asker(self.influx.port), Asker(self.sluice.port)]
        self.differences = Differences()
        self.loaded = None
        self.counts = collections.Counter()
        self.kinds = {}
        self.reported = set()

    def stop(self):
        self.influx.stop()
        self.sluice.stop()

    def load(self, batches):
        if self.loaded == batches:
            return
        self.loaded = batches
        for asker in self.askers:
            for statement in ("DROP DATABASE d", "CREATE DATABASE d"):
                asker.query(statement, method="POST")
        for lines in batches:
            if lines:
                answers = [asker.write("\n".join(lines)) for asker in self.askers]
                if NO_ANSWER in answers:
                    ended = [server.has_ended(0.2) for server in (self.influx, self.sluice)]
                    raise AssertionError(f"{answers}, ended: {ended}\n{self.sluice.read_log()[-2000:]}")
                assert answers == ["204 ", "204 "], f"points were refused: {answers}"

    def revive(self):
        """Starts what has ended."""
        for server in (self.influx, self.sluice):
            if server.has_ended(0.2):
                self.loaded = None
                server.start()

    def difference(self, batches, case):
        """(question, influx, sluice) where they first differ; None if nothing does, or by choice."""
        self.load(batches)
        if case.changes:
            self.loaded = None
        asked = []
        for question in case.questions():
            influx, sluice = (question.ask(asker) for asker in self.askers)
            asked.append((question.statement, influx, sluice))
            if NO_ANSWER in (influx, sluice):
                self.revive()
                if influx == NO_ANSWER:
                    self.counts["without an answer of InfluxDB"] += 1
                    return None
            if influx == sluice:
                continue
            # What a script did before may be the reason.
            script = ["\n".join(texts) for texts in zip(*asked)]
            if self.differences.find(question.statement, influx, sluice) or self.differences.find(*script):
                self.counts["differ by choice"] += 1
                return None
            return question, influx, sluice
        return None

    def contradicts_itself(self, batches, case, question, sluice):
        """Whether InfluxDB, asked again, gives the answer that Sluice gives every time.

        It walks Go's maps; where shards are deleted from at once, its index at times keeps what is gone.
        """
        again = [], []
        for _ in range(ASKED_AGAIN):
            if case.changes:
                self.loaded = None
                self.load(batches)
            for asker, answers in zip(self.askers, again):
                for step in case.questions() if case.changes else [question]:
                    answer = step.ask(asker)
                    if step.line == question.line:
                        answers.append(answer)
        self.loaded = None if case.changes else self.loaded
        return sluice in again[0] and all(answer == sluice for answer in again[1])

    def run_case(self, place, data, choices):
        case = Case(data, choices)
        if not re.search(self.like, case.statements[0]):
            return
        found = self.difference(data.batches, case)
        self.counts["asked"] += len(case.statements)
        if found is None:
            return
        if self.contradicts_itself(data.batches, case, *found[::2]):
            self.counts["InfluxDB contradicts itself"] += 1
            return
        self.counts["differ"] += 1
        kind = shape(found)
        if kind in self.kinds:
            self.kinds[kind] += 1
            return
        self.kinds[kind] = 1
        if len(self.kinds) <= KINDS_SHRUNK_MAX:
            self.report(place, data, case, choices, found)

    def report(self, place, data, case, choices, first):
        def build(taken):
            return Case(data, Choices(taken=taken))

        kept = dict(self.counts)
        smaller = build(shrink(choices.taken, lambda taken: build(taken).text(),
                               lambda taken: self.difference(data.batches, build(taken)) is not None))
        batches = self.fewer_points(data.batches, smaller)
        found = self.difference(batches, smaller)
        self.counts = collections.Counter(kept)
        if found is None:
            print(f"FAILED --seed {self.seed} --case {place}: does not repeat\n    {case.text()}")
            print(f"  InfluxDB {first[1]!r:.600}\n  Sluice   {first[2]!r:.600}", flush=True)
            return
        if shape(found) in self.reported:
            return
        self.reported.add(shape(found))
        _, influx, sluice = found
        print(f"FAILED --seed {self.seed} --case {place}\n    {smaller.text()}")
        for lines in batches:
            for line in lines[:60]:
                print(f"    !write {line}")
        print(f"  InfluxDB {influx!r:.1200}\n  Sluice   {sluice!r:.1200}", flush=True)

    def fewer_points(self, batches, case, attempts_max=150):
        best = [list(lines) for lines in batches]
        size = max(1, sum(map(len, best)) // 2)
        attempts = 0
        while size >= 1 and attempts < attempts_max:
            for number, lines in enumerate(best):
                at = 0
                while at < len(lines) and attempts < attempts_max:
                    attempts += 1
                    candidate = best[:number] + [lines[:at] + lines[at + size:]] + best[number + 1:]
                    if self.difference(candidate, case) is not None:
                        best, lines = candidate, candidate[number]
                    else:
                        at += size
            size //= 2
        return best


def shape(found):
    """What makes two differences look alike: the statement without its names, numbers and strings."""
    question, influx, sluice = found
    words = re.sub(r"'[^']*'|\"[^\"]*\"|\b\d[\w.]*|/[^/]+/", "~", question.statement)
    words = " ".join(sorted(set(re.findall(r"[a-z_0-9]+\(|[A-Z]+|[-+*%&|^]|::\w+", words))))
    errors = " | ".join(re.sub(r"\d+", "0", text.split('"error":')[1][:60]) if '"error":' in text else "rows"
                        for text in (influx, sluice))
    return words + " -> " + errors


def cases(judge, seed, statements):
    for number in range(-(-statements // STATEMENTS_PER_DATA_SET)):
        data = DataSet(Choices(seed=f"{seed}/{number}"))
        for index in range(min(STATEMENTS_PER_DATA_SET, statements - number * STATEMENTS_PER_DATA_SET)):
            place = f"{number}/{index}"
            judge.run_case(place, data, Choices(seed=f"{seed}/{place}"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--statements", type=int, default=int(os.environ.get("SLUICE_RANDOM_STATEMENTS", "3000")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case")
    parser.add_argument("--like", default="")
    arguments = parser.parse_args()
    if not Influx.is_installed():
        print("influxd is not installed: nothing to compare with\n0 passed, 0 failed, 1 skipped")
        return 0
    began = time.monotonic()
    judge = Judge(arguments.seed, arguments.like)
    try:
        if arguments.case:
            data = DataSet(Choices(seed=f"{arguments.seed}/{arguments.case.split('/')[0]}"))
            judge.run_case(arguments.case, data, Choices(seed=f"{arguments.seed}/{arguments.case}"))
        else:
            cases(judge, arguments.seed, arguments.statements)
    finally:
        judge.stop()
    counts = judge.counts
    failed = counts.pop("differ", 0)
    asked = counts.pop("asked", 0)
    for kind, count in sorted(judge.kinds.items(), key=lambda item: -item[1])[:40]:
        if count > 1:
            print(f"{count} times: {kind}")
    print(", ".join(f"{count} {name}" for name, count in counts.items()) or "all judged")
    print(f"seed {arguments.seed}, {time.monotonic() - began:.0f} s")
    print(f"{asked - failed - sum(counts.values())} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
