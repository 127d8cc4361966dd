"""Random points: a few measurements with few tags and values, so that series meet at equal times.

The names are always the same, so that statements need not know the data. Floats are multiples of a
quarter: their sums are exact in whichever order they are added up.
"""

SECOND = 10**9
HOUR = 3600 * SECOND

# Per measurement: its tags, its fields with their types. `v` has two types, `x` is a tag in one place
# and a field in another.
MEASUREMENTS = {
    "m": (("h", "r"), {"i": "integer", "f": "float", "s": "string", "b": "boolean", "v": "integer"}),
    "n": (("h", "x"), {"i": "integer", "f": "float", "v": "float", "s": "string"}),
    "o p": (("h", "t 1"), {"f": "float", "x": "integer", "the b": "boolean"}),
}
TAG_VALUES = {"h": ("a", "b", "c"), "r": ("eu", "us"), "x": ("1", "2"), "t 1": ("v,1", "v=2")}
STRINGS = ("x", "yy", "", 'q"u', "x")

# (begin, step, steps): seconds from 1970, a shape across shard groups (a week each), and hours around
# the end of summer time in Berlin (2018-10-28 01:00 UTC).
SHAPES = ((0, SECOND, 60), (1_000_000 * SECOND, 6 * HOUR, 90), (1_540_591_200 * SECOND, HOUR // 2, 96))


class DataSet:
    """`batches` are line protocol texts to be written one after the other; `measurements` and `fields` what is in them."""

    def __init__(self, choices):
        self.begin, self.step, self.steps = choices.pick(SHAPES)
        self.batches = []
        self.measurements = []
        self.fields = {name: set() for name in MEASUREMENTS}
        self.choices = choices
        for _ in range(choices.between(1, 3)):
            self.batches.append(self.batch())

    def batch(self):
        lines = []
        for measurement in self.choices.some(MEASUREMENTS, 1, 3):
            tags, fields = MEASUREMENTS[measurement]
            if measurement not in self.measurements:
                self.measurements.append(measurement)
            for _ in range(self.choices.between(1, 4)):
                lines += self.series(measurement, self.tag_set(tags), fields)
        return lines

    def tag_set(self, tags):
        chosen = ""
        for tag in tags:
            if self.choices.chance(80):
                chosen += f",{escape(tag)}={escape(self.choices.pick(TAG_VALUES[tag]))}"
        return chosen

    def series(self, measurement, tag_set, fields):
        """Points with the same fields, most at even steps; some steps have none, and some are a little late."""
        mine = self.choices.some(fields, 1, len(fields))
        self.fields[measurement].update(mine)
        at = self.choices.draw(self.steps // 2)
        for _ in range(self.choices.between(1, 20)):
            late = self.choices.weighted((8, 0), (1, 1), (1, self.step // 3))
            values = ",".join(f"{escape(name)}={self.value(fields[name])}" for name in mine
                              if name is mine[0] or self.choices.chance(80))
            yield f"{escape(measurement)}{tag_set} {values} {self.begin + at * self.step + late}"
            at += self.choices.weighted((6, 1), (2, 2), (1, 7))
            if at >= self.steps:
                return

    def value(self, kind):
        if kind == "integer":
            return f"{self.choices.between(0, 40) - 20}i"
        if kind == "float":
            return self.choices.weighted((8, f"{(self.choices.between(0, 80) - 40) / 4:g}"), (1, "1000000"), (1, "-0.25"))
        if kind == "boolean":
            return self.choices.pick(("true", "false"))
        return '"' + self.choices.pick(STRINGS).replace('"', '\\"') + '"'


def escape(name):
    for character in ("\\", " ", ",", "="):
        name = name.replace(character, "\\" + character)
    return name
