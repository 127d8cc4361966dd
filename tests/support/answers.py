"""Asks a server over HTTP, and judges two answers: the same to the byte, different by choice, or different."""

import csv
import http.client
import json
import pathlib
import re
import urllib.parse

DIFFERENCES = pathlib.Path(__file__).resolve().parents[1] / "compat/query/differences.json"
ANSWER_SECONDS_MAX = 10
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NO_ANSWER = "no answer"


class Asker:
    """One connection to a server, opened again when it was lost."""

    def __init__(self, port, seconds_max=ANSWER_SECONDS_MAX):
        self.port = port
        self.seconds_max = seconds_max
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        """(status, headers, body); None without an answer. Asks twice: a server may drop an idle connection."""
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.seconds_max)
            try:
                self.connection.request(method, target, body, headers or {})
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read()
            except TimeoutError:
                self.close()
                return None
            except (OSError, http.client.HTTPException):
                self.close()
                if fresh or attempt == 2:
                    return None
        return None

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def query(self, statement, parameters=None, headers=None, method="GET"):
        """Status and body as one text."""
        parameters = dict(parameters or {})
        if method == "GET":
            target, body, sent = "/query?" + urllib.parse.urlencode(parameters | {"q": statement}), None, {}
        else:
            target, body, sent = ("/query?" + urllib.parse.urlencode(parameters),
                                  urllib.parse.urlencode({"q": statement}), FORM)
        return as_text(self.request(method, target, body, sent | (headers or {})))

    def write(self, lines, database="d", policy="", precision="ns"):
        target = "/write?" + urllib.parse.urlencode({"db": database, "rp": policy, "precision": precision})
        return as_text(self.request("POST", target, lines.encode() if isinstance(lines, str) else lines))


def as_text(answer):
    if answer is None:
        return NO_ANSWER
    status, _, body = answer
    return f"{status} {body.decode('utf-8', 'backslashreplace')}"


class Question:
    """A line of a corpus: `statement ## manner`, where the manner is letters and name=value pairs.

    c chunked by 2, e epoch=ms, p pretty, v CSV, m the other method (GET reads, POST changes).
    Pairs are parameters of the request: db=x epoch=u chunk_size=3 params={"a":1}.
    """

    def __init__(self, line, database="d", method="GET"):
        self.line = line
        self.statement, _, manner = line.partition(" ## ")
        self.parameters = {"db": database}
        self.headers = {}
        self.method = method
        for word in manner.split():
            name, equals, value = word.partition("=")
            if equals:
                self.parameters[name] = value
            else:
                self.take_letters(word)

    def take_letters(self, letters):
        for letter in letters:
            if letter == "c":
                self.parameters |= {"chunked": "true", "chunk_size": "2"}
            elif letter == "e":
                self.parameters["epoch"] = "ms"
            elif letter == "p":
                self.parameters["pretty"] = "true"
            elif letter == "v":
                self.headers["Accept"] = "application/csv"
            elif letter == "m":
                self.method = {"GET": "POST", "POST": "GET"}[self.method]
            else:
                raise ValueError(f"{self.line}: nothing is called {letter}")

    def ask(self, asker):
        return asker.query(self.statement, self.parameters, self.headers, self.method)


def without_empty_columns(answer):
    """What the rows of an answer have, without columns and tags that have no value in a series."""
    status, _, body = answer.partition(" ")
    if not body.startswith("{"):
        blocks = [list(csv.reader(block.splitlines())) for block in body.split("\n\n")]
        return [status, [[list(row) for row in zip(*columns_with_values(zip(*block)))] for block in blocks]]
    documents = documents_of(body)
    for document in documents:
        for result in document.get("results", []):
            for series in result.get("series", []):
                series["tags"] = {key: value for key, value in series.get("tags", {}).items() if value}
                table = [series.pop("columns"), *series.pop("values", [])]
                series["rows"] = columns_with_values(zip(*table))
    return [status, documents]


def rows_in_any_order(answer):
    """Each row with the head of its series, sorted: series, their parts and their rows have no order."""
    status, _, body = answer.partition(" ")
    if not body.startswith("{"):
        return [status, sorted(line for line in body.splitlines() if line and not line.startswith("name,tags,"))]
    rows = []
    for document in documents_of(body):
        for result in document.pop("results", []):
            for series in result.pop("series", []):
                series.pop("partial", None)
                values = series.pop("values", [])
                rows += [json.dumps([result["statement_id"], series, row]) for row in values]
            rows.append(result.get("error", ""))
        rows.append(document.get("error", ""))
    return [status, sorted(filter(None, rows))]


def documents_of(body):
    documents, decoder, at = [], json.JSONDecoder(), 0
    while at < len(body):
        document, at = decoder.raw_decode(body, at)
        at += len(body[at:]) - len(body[at:].lstrip())
        if not isinstance(document, int):  # the status of the next answer of a script
            documents.append(document)
    return documents


def rounded(answer):
    """The answer with 12 digits of each float. Times of day and integers are longer, and stay."""
    return re.sub(r"(?<![\w.:])-?\d+\.\d+(e[-+]?\d+)?(?![\w.:])|(?<![\w.:-])-?\d{1,9}(?![\w.:-])",
                  lambda number: f"{float(number.group()):.12g}", answer)


def columns_with_values(columns):
    return [list(column) for column in columns if any(value not in (None, "") for value in column[1:])]


class Differences:
    """The chosen ones (differences.json).

    A record names a `line` of a corpus, or a pattern `statement` and, to be narrower, patterns for the
    two answers, `influx` and `sluice`. All patterns are searched, case does not matter. `but_for` says
    what alone the answers may differ by: "empty columns", "order", "rounding", or a pattern for what is taken out.
    """

    def __init__(self):
        records = json.loads(DIFFERENCES.read_text())
        self.lines = {record["line"]: record["reason"] for record in records if "line" in record}
        self.patterns = [record for record in records if "statement" in record]
        self.met = set()

    def find(self, line, influx, sluice):
        """The reason, None if this difference was not chosen."""
        reason = self.lines.get(line)
        if reason is None:
            for record in self.patterns:
                if self.fits(record, line, influx, sluice):
                    reason = record["reason"]
                    break
        if reason is not None:
            self.met.add(line)
        return reason

    @staticmethod
    def fits(record, line, influx, sluice):
        texts = (("statement", line), ("influx", influx), ("sluice", sluice))
        if not all(re.search(record.get(name, ""), text, re.I | re.S) for name, text in texts):
            return False
        but_for = record.get("but_for")
        essence = {"empty columns": without_empty_columns, "order": rows_in_any_order, "rounding": rounded}.get(but_for)
        if essence is not None:
            try:
                return essence(influx) == essence(sluice)
            except ValueError:
                return False
        return but_for is None or re.sub(but_for, "", influx) == re.sub(but_for, "", sluice)

    def unmet_lines(self):
        """Listed, but not different this time."""
        return [line for line in self.lines if line not in self.met]


class Tally:
    """Counts verdicts and prints what differs."""

    def __init__(self, differences):
        self.differences = differences
        self.passed = self.failed = self.chosen = 0

    def judge(self, line, influx, sluice, place=""):
        if influx == sluice:
            self.passed += 1
            return True
        if self.differences.find(line, influx, sluice) is not None:
            self.chosen += 1
            return True
        self.failed += 1
        print(f"FAILED {place}{line}\n  InfluxDB {influx!r:.1500}\n  Sluice   {sluice!r:.1500}", flush=True)
        return False

    def finish(self, skipped=0):
        """Prints the closing line; the exit status."""
        if self.chosen:
            print(f"{self.chosen} differ by choice")
        print(f"{self.passed} passed, {self.failed} failed" + (f", {skipped} skipped" if skipped else ""))
        return 1 if self.failed else 0
