#!/usr/bin/env python3
"""Sends InfluxDB and Sluice the same points and statements and compares the answers byte for byte.

    SLUICED=build/src/server/sluiced tests/compat/query/run.py [WORD] [--verbose]

corpus/NAME.txt holds statements that only read, one a line, each judged for itself; they are asked of
database d, which holds points.lp, or of NAME where there is a NAME.lp.

sequences/NAME.txt holds lines that are carried out in order, on two new servers for each file:

    CREATE DATABASE x       a statement, sent by POST
    !db x [rp]              the database (and policy) of the next statements and points; d exists and is the first
    !write m,h=a v=1 1      a point; neighbouring lines are one request
    !restart                ends both servers and starts them again
    !same PATTERN           what it matches in an answer is no difference (times of day, ids)
    # a comment

Behind ` ## ` stands the manner of asking (support/answers.py: Question). WORD selects lines of the
corpus that contain it and sequences whose name does. differences.json names the chosen differences.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "support"))
from answers import Asker, Differences, Question, Tally  # noqa: E402
from servers import Influx, Sluice  # noqa: E402

# Longer than this no statement of the corpus takes; influxd would work on some for ever.
QUERY_TIMEOUT = "4s"


class Pair:
    """Both servers. The reference is started again when a statement ends it."""

    def __init__(self):
        self.influx = Influx(query_timeout=QUERY_TIMEOUT)
        try:
            self.sluice = Sluice()
        except AssertionError:
            self.influx.stop()
            raise
        self.askers = [Asker(self.influx.port), Asker(self.sluice.port)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.influx.stop()
        self.sluice.stop()

    def both(self, request):
        """What both answer to `request`, a function of an Asker."""
        answers = [request(asker) for asker in self.askers]
        for server in (self.influx, self.sluice):
            if server.has_ended():
                server.start()
        return answers

    def restart(self):
        self.influx.restart()
        self.sluice.restart()

    def write(self, lines, database, policy=""):
        return self.both(lambda asker: asker.write(lines, database, policy))

    def create(self, database):
        self.both(lambda asker: asker.query(f'CREATE DATABASE "{database}"', method="POST"))


def lines_of(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("# ")]


def fill(pair, database, path):
    pair.create(database)
    for answer in pair.write(path.read_bytes(), database):
        assert answer == "204 ", f"points were refused: {answer}"


def run_corpus(tally, word, verbose):
    with Pair() as pair:
        fill(pair, "d", HERE / "corpus/points.lp")
        for path in sorted((HERE / "corpus").glob("*.txt")):
            database = "d"
            if path.with_suffix(".lp").exists():
                database = path.stem
                fill(pair, database, path.with_suffix(".lp"))
            for line in lines_of(path):
                if word not in line:
                    continue
                question = Question(line, database)
                tally.judge(line, *pair.both(question.ask))
                if verbose:
                    print(line)


class Sequence:
    """The lines of one file at work on two new servers."""

    def __init__(self, path, pair, tally):
        self.name, self.lines = path.stem, lines_of(path)
        self.pair, self.tally = pair, tally
        self.database, self.policy = "d", ""
        self.same = []
        self.points = []

    def run(self):
        self.pair.create("d")
        for line in self.lines:
            if line.startswith("!write "):
                self.points.append(line.removeprefix("!write "))
                continue
            self.flush()
            if line.startswith("!"):
                self.obey(*line[1:].split(" ", 1))
            else:
                question = Question(line, self.database, method="POST")
                if self.policy:
                    question.parameters.setdefault("rp", self.policy)
                self.judge(line, self.pair.both(question.ask))
        self.flush()

    def obey(self, word, rest=""):
        if word == "db":
            self.database, _, self.policy = rest.partition(" ")
        elif word == "same":
            self.same.append(rest)
        elif word == "restart":
            self.pair.restart()
        else:
            raise ValueError(f"{self.name}: nothing is called !{word}")

    def flush(self):
        if self.points:
            lines = "\n".join(self.points)
            self.points = []
            self.judge("!write " + lines, self.pair.write(lines, self.database, self.policy))

    def judge(self, line, answers):
        for pattern in self.same:
            answers = [re.sub(pattern, "~", answer) for answer in answers]
        self.tally.judge(line, *answers, place=f"{self.name}: ")


def run_sequences(tally, word):
    for path in sorted((HERE / "sequences").glob("*.txt")):
        if word in path.stem:
            with Pair() as pair:
                Sequence(path, pair, tally).run()


def main():
    words = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    word = words[0] if words else ""
    if not Influx.is_installed():
        print("influxd is not installed: nothing to compare with\n0 passed, 0 failed, 1 skipped")
        return 0
    tally = Tally(Differences())
    run_corpus(tally, word, "--verbose" in sys.argv)
    run_sequences(tally, word)
    if not word:
        for line in tally.differences.unmet_lines():
            print(f"listed as different, but equal: {line}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
