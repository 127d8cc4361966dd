#!/usr/bin/env python3
"""An answer does not depend on how many stores the points lie in: one, two and four are compared.

    SLUICED=build/src/server/sluiced tests/compat/stores/run.py [--statements N] [--seed N]

The same points go to a server with one core, with two and with four, each batch over a connection of
its own, so that series have points in several stores and later values of a point lie elsewhere than
earlier ones. Then the statements of compat/query/corpus and random ones are asked of all three: while
the points are in memory, when they are in segments, when both hold some, after a restart with other
numbers of cores (a store goes to whichever core there is), while stores hand rows over to where they have
their home, and when every shard group lies in one store.
"""

import argparse
import collections
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parent / "random")]
from answers import NO_ANSWER, Asker, Question  # noqa: E402
from choices import Choices  # noqa: E402
from data import DataSet  # noqa: E402
from grammar import Grammar  # noqa: E402
from servers import Sluice  # noqa: E402

CORPUS = HERE.parent / "query/corpus"
CORES = (1, 2, 4)
# After the restart; as many stores as before, and more where there are more cores.
CORES_LATER = (4, 1, 1)
# What is in memory goes to a segment after so long without a write.
CONFIG = '[data]\ncache-snapshot-write-cold-duration = "1s"\n'
FLUSH_SECONDS = 3
# The same, and shard groups are sorted and merged after so long without one.
CONFIG_LATER = CONFIG + 'compact-full-write-cold-duration = "2s"\n'
SORTED_SECONDS = 60
# These answer about the server, not about points.
LEFT_OUT = ("show stats", "show diagnostics", "show shard", "show queries", "explain", "kill")


class Servers:
    def __init__(self):
        self.servers = []
        for cores in CORES:
            self.servers.append(Sluice("--cores", str(cores), config=CONFIG))
        self.connect()

    def connect(self):
        self.askers = [Asker(server.port) for server in self.servers]

    def stop(self):
        for server in self.servers:
            server.stop()

    def restart(self, cores):
        for server, count in zip(self.servers, cores):
            server.stop()
            server.arguments = ("--cores", str(count))
            (server.root / "sluice.conf").write_text(CONFIG_LATER)
            server.start()
        self.connect()

    def create(self, database):
        for asker in self.askers:
            asker.query(f'CREATE DATABASE "{database}"', method="POST")

    def write(self, lines, database):
        """A line each time over a connection of its own: the listener deals connections out to cores."""
        for server in self.servers:
            for line in lines:
                asker = Asker(server.port)
                answer = asker.write(line, database)
                asker.close()
                assert answer == "204 ", f"{line}: {answer}"

    def stores_in_use(self):
        """Of each server, how many stores have a segment."""
        return [len({path.parents[2] for path in server.root.glob("data/stores/*/shards/*/*.seg")})
                for server in self.servers]

    def groups_in_several_stores(self):
        """Of all servers, the shard groups that are not yet one segment."""
        found = 0
        for server in self.servers:
            groups = collections.Counter(path.parent.name for path in server.root.glob("data/stores/*/shards/*/*.seg"))
            found += sum(count > 1 for count in groups.values())
        return found

    def ask(self, question):
        return [question.ask(asker) for asker in self.askers]


class Run:
    def __init__(self, servers, seed, statements):
        self.servers, self.seed = servers, seed
        self.passed = self.failed = 0
        self.sets = [DataSet(Choices(seed=f"stores/{seed}/{number}")) for number in range(3)]
        self.questions = list(self.written())
        for number, data in enumerate(self.sets):
            for index in range(statements // len(self.sets)):
                self.questions += self.random(number, data, index)

    @staticmethod
    def databases():
        """(name, lines): the corpus and the data sets that come with parts of it."""
        yield "d", (CORPUS / "points.lp").read_text().splitlines()
        for path in sorted(CORPUS.glob("*.lp")):
            if path.stem != "points":
                yield path.stem, path.read_text().splitlines()

    @staticmethod
    def written():
        for path in sorted(CORPUS.glob("*.txt")):
            database = path.stem if path.with_suffix(".lp").exists() else "d"
            for line in path.read_text().splitlines():
                lower = line.lower()
                if lower.startswith(("select", "show", "explain")) and not lower.startswith(LEFT_OUT) and " into " not in lower:
                    yield Question(line, database)

    def random(self, number, data, index):
        grammar = Grammar(Choices(seed=f"stores/{self.seed}/{number}/{index}"), data)
        statements, changes = grammar.script()
        manner = grammar.manner()
        if not changes:
            # Its names say `d`; so does its default.
            statement = statements[0].replace("d.", f"r{number}.").replace("ON d", f"ON r{number}")
            yield Question(f"{statement} ## {manner}" if manner else statement, f"r{number}")

    def fill(self, share):
        """Writes that share (0 or 1) of everything: a line goes with its number's parity."""
        for name, lines in self.databases():
            self.servers.create(name)
            self.servers.write([line for at, line in enumerate(lines) if at % 2 == share and line], name)
        for number, data in enumerate(self.sets):
            self.servers.create(f"r{number}")
            lines = [line for batch in data.batches for line in batch]
            self.servers.write([line for at, line in enumerate(lines) if at % 2 == share], f"r{number}")

    def check_stores(self):
        found = tuple(self.servers.stores_in_use())
        if found == CORES:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED the points lie in {found} stores, not {CORES}")

    def await_sorted(self):
        until = time.monotonic() + SORTED_SECONDS
        while self.servers.groups_in_several_stores() and time.monotonic() < until:
            time.sleep(0.2)
        left = self.servers.groups_in_several_stores()
        if left:
            self.failed += 1
            print(f"FAILED {left} shard groups still lie in several segments")
        else:
            self.passed += 1

    def compare(self, phase):
        before = self.failed
        for question in self.questions:
            answers = self.servers.ask(question)
            if answers[0] != NO_ANSWER and len(set(answers)) == 1:
                self.passed += 1
                continue
            self.failed += 1
            if self.failed <= 40:
                print(f"FAILED {phase}: {question.line} (database {question.parameters['db']})")
                for cores, answer in zip(CORES, answers):
                    print(f"  {cores} cores {answer!r:.1200}", flush=True)
        print(f"{phase}: {len(self.questions)} statements, {self.failed - before} differ", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--statements", type=int, default=int(os.environ.get("SLUICE_STORES_STATEMENTS", "1200")))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    servers = Servers()
    try:
        run = Run(servers, arguments.seed, arguments.statements)
        run.fill(0)
        run.compare("half the points, in memory")
        time.sleep(FLUSH_SECONDS)
        run.check_stores()
        run.compare("half the points, in segments")
        run.fill(1)
        run.compare("one half in memory, one in segments")
        servers.restart(CORES_LATER)
        run.compare("after a restart with other cores, and while rows are handed over")
        run.await_sorted()
        run.compare("when every shard group has its home")
    finally:
        servers.stop()
    print(f"{run.passed} passed, {run.failed} failed")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
