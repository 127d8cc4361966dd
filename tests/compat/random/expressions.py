"""Fields, calls and conditions of random statements."""

MATH_OF_ONE = ("floor", "ceil", "round", "sqrt", "exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin",
               "acos", "atan")
AGGREGATES = ("count", "sum", "max", "min", "mean", "first", "last", "median", "mode", "spread", "stddev", "distinct")
TRANSFORMATIONS = ("derivative", "difference", "non_negative_difference", "non_negative_derivative", "cumulative_sum",
                   "elapsed", "moving_average")
INDICATORS = ("exponential_moving_average", "double_exponential_moving_average", "triple_exponential_moving_average",
              "triple_exponential_derivative", "relative_strength_index", "kaufmans_efficiency_ratio",
              "kaufmans_adaptive_moving_average", "chande_momentum_oscillator")


def duration(nanoseconds):
    for unit, size in (("w", 604800 * 10**9), ("d", 86400 * 10**9), ("h", 3600 * 10**9), ("m", 60 * 10**9),
                       ("s", 10**9), ("ms", 10**6), ("u", 10**3)):
        if nanoseconds % size == 0 and nanoseconds:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"


class Expressions:
    def __init__(self, choices, data):
        self.choices = choices
        self.data = data
        self.is_windowed = False

    def interval(self):
        return duration(self.data.step * self.choices.pick((10, 5, 1, 2, 3, 24, 7, 100)))

    # ---- the fields of a SELECT

    def fields(self, windows=False, inner=False):
        kind = self.choices.weighted((3 if not windows else 1, self.row_field), (6, self.calculated_field),
                                     (1, self.mixed_field))
        fields = []
        while not fields or (len(fields) < 4 and self.choices.chance(38)):
            text = kind(windows)
            if self.choices.chance(12) or (inner and self.choices.chance(20)):
                text += " AS " + self.choices.pick(("a", "i", '"a b"', "f", "time", "h"))
            fields.append(text)
        if self.choices.chance(4):
            fields.append("time")
        return ", ".join(fields)

    def name(self):
        # Columns that subqueries tend to have stand beside those of points.
        return self.choices.weighted((8, "f"), (8, "i"), (3, "s"), (3, "b"), (3, "v"), (2, "h"), (2, "x"), (1, "r"),
                                     (1, "nosuch"), (1, '"the b"'), (1, "mean"), (1, "max"), (1, "a"))

    def reference(self):
        cast = self.choices.weighted((24, ""), (1, "::float"), (1, "::integer"), (1, "::string"), (1, "::boolean"),
                                     (1, "::field"), (1, "::tag"))
        return self.name() + cast

    def row_field(self, _windows):
        return self.choices.weighted((8, self.reference), (4, lambda: "*"), (1, lambda: "*::tag"),
                                     (1, lambda: "*::field"), (1, lambda: "/f|i/"), (1, lambda: "/h|s/"),
                                     (4, lambda: self.arithmetic(self.reference)), (2, lambda: self.math(self.reference)))()

    def mixed_field(self, windows):
        return self.choices.pick((self.row_field, self.calculated_field))(windows)

    def calculated_field(self, windows):
        make = lambda: self.call(windows)  # noqa: E731
        return self.choices.weighted((8, make), (1, lambda: self.arithmetic(make)), (1, lambda: self.math(make)),
                                     (1, lambda: self.arithmetic(lambda: self.choices.pick((make, self.reference))())))()

    def number(self):
        return self.choices.pick(("2", "3", "0", "1.5", "-1", "10", "0.25", "100"))

    def arithmetic(self, operand):
        left, right = operand(), self.choices.pick((self.number, operand))()
        if self.choices.chance(20):
            left, right = right, left
        text = f"{left} {self.choices.weighted((4, '+'), (4, '-'), (4, '*'), (4, '/'), (2, '%'), (1, '&'), (1, '|'), (1, '^'))} {right}"
        if self.choices.chance(20):
            text = f"({text}) {self.choices.pick(('*', '-', '/'))} {self.choices.pick((self.number, operand))()}"
        return "-" + left if self.choices.chance(4) else text

    def math(self, operand):
        name = self.choices.weighted((12, None), (1, "pow"), (1, "atan2"), (1, "log"))
        if name is None:
            # abs() of a negative integer is itself in 1.6; since 1.8 it is positive.
            if self.choices.chance(8):
                return "abs(f)"
            return f"{self.choices.pick(MATH_OF_ONE)}({operand()})"
        return f"{name}({operand()}, {self.choices.pick((self.number, operand))()})"

    # ---- calls

    def argument(self):
        return self.choices.weighted((24, self.name), (2, lambda: "*"), (1, lambda: "/f|i/"), (1, self.reference))()

    def call(self, windows):
        kind = self.choices.weighted((12, self.aggregate), (5, self.selector), (6, self.transformation),
                                     (2, self.indicator), (1, self.forecast), (1, self.odd_call))
        return kind(windows)

    def aggregate(self, _windows=False):
        return f"{self.choices.pick(AGGREGATES)}({self.argument()})"

    def selector(self, _windows=False):
        count = self.choices.pick((1, 2, 3, 10))
        return self.choices.pick((
            lambda: f"percentile({self.argument()}, {self.choices.pick((50, 90, 0, 100, 33.3, 1))})",
            lambda: f"top({self.name()}, {count})", lambda: f"bottom({self.name()}, {count})",
            lambda: f"top({self.name()}, {self.choices.pick(('h', 'h, r', 'x', 'f'))}, {count})",
            lambda: f"bottom({self.name()}, {self.choices.pick(('h', 'r, h', 'nosuch'))}, {count})",
            lambda: f"count(distinct({self.name()}))", lambda: f"count(DISTINCT {self.name()})",
            lambda: f"DISTINCT {self.name()}",
            lambda: f"integral({self.argument()}{self.unit()})",
            # Fewer than there are would be drawn at random.
            lambda: f"sample({self.argument()}, 500)"))()

    def unit(self):
        return self.choices.pick(("", ", 1s", ", 1m", ", 10ms", ", 1h"))

    def inner(self, windows):
        """What a transformation works on: points, or the result of each window."""
        if windows != self.choices.chance(4):
            return self.choices.weighted((8, self.aggregate), (1, self.selector))()
        return self.argument()

    def transformation(self, windows):
        name = self.choices.pick(TRANSFORMATIONS)
        rest = ""
        if name in ("derivative", "non_negative_derivative", "elapsed"):
            rest = self.unit()
        elif name == "moving_average":
            rest = f", {self.choices.pick((2, 3, 5, 1))}"
        inner = self.inner(windows)
        if windows and self.choices.chance(8):
            inner = f"{self.choices.pick(TRANSFORMATIONS[:6])}({inner})"
        return f"{name}({inner}{rest})"

    def indicator(self, windows):
        name = self.choices.pick(INDICATORS)
        rest = f", {self.choices.pick((2, 3, 1, 5))}"
        if self.choices.chance(30):
            rest += f", {self.choices.pick((1, 0, -1, 4))}"
            if self.choices.chance(50) and not name.startswith("kaufmans"):
                rest += f", {self.choices.pick(QUOTED_WARMUPS)}"
        return f"{name}({self.inner(windows)}{rest})"

    def forecast(self, windows):
        name = self.choices.pick(("holt_winters", "holt_winters_with_fit"))
        return f"{name}({self.inner(windows)}, {self.choices.pick((2, 1, 5))}, {self.choices.pick((0, 2, 4))})"

    def odd_call(self, windows):
        return self.choices.pick((
            lambda: f"foo({self.name()})", lambda: f"count({self.number()})", lambda: f"mean({self.aggregate()})",
            lambda: "max()", lambda: f"sum({self.name()}, 2)", lambda: f"top({self.name()})",
            lambda: f"percentile({self.name()})", lambda: f"derivative({self.aggregate()})",
            lambda: f"max({self.arithmetic(self.reference)})", lambda: "count(time)", lambda: "max(time)",
            lambda: f"moving_average({self.inner(windows)})", lambda: f"sample({self.name()}, 0)"))()

    # ---- conditions

    def condition(self, depth):
        if depth == 0:
            return self.choices.weighted((5, self.tag_condition), (6, self.field_condition))()
        text = f" {self.choices.pick(('AND', 'OR'))} ".join(self.condition(depth - 1) for _ in range(2))
        return f"({text})" if self.choices.chance(40) else text

    def tag_condition(self):
        tag = self.choices.weighted((6, "h"), (2, "r"), (2, "x"), (1, '"t 1"'), (1, "nosuch"), (1, "h::tag"))
        comparison = self.choices.weighted((6, "= 'a'"), (2, "!= 'a'"), (2, "=~ /a|b/"), (2, "!~ /^a$/"), (1, "= ''"),
                                           (1, "!= ''"), (1, "=~ /.*/"), (1, "= 'eu'"), (1, "= 'nosuch'"), (1, "<> 'b'"),
                                           (1, "=~ /^$/"), (1, "= '1'"))
        return f"{tag} {comparison}"

    def field_condition(self):
        comparison = self.choices.weighted((4, ">"), (3, "<"), (2, ">="), (2, "<="), (3, "="), (2, "!="))
        return self.choices.weighted(
            (6, lambda: f"{self.choices.pick(('i', 'f', 'v'))} {comparison} {self.number()}"),
            (2, lambda: f"s {self.choices.pick(('=', '!='))} {self.choices.pick(QUOTED_STRINGS)}"),
            (1, lambda: f"s {self.choices.pick(('=~', '!~'))} {self.choices.pick(('/x/', '/^$/', '/y+/'))}"),
            # A missing boolean counts as false since 1.8 (differences.json): these two do not show it.
            (1, lambda: self.choices.pick(("b = true", "b != false"))),
            (1, lambda: f"{self.reference()} {comparison} {self.choices.pick((self.number, self.reference))()}"),
            (1, lambda: f"{self.arithmetic(self.reference)} {comparison} {self.number()}"),
            (1, lambda: f"{self.math(self.reference)} {comparison} {self.number()}"),
            (1, lambda: f"{self.number()} {comparison} {self.name()}"),
            (1, lambda: self.choices.pick(("true", "false", "1 = 1", "s < 'b'", "h = i", "f = 'x'", "h > 'a'"))))()


QUOTED_STRINGS = ("'x'", "'yy'", "''", "'q\"u'")
QUOTED_WARMUPS = ("'exponential'", "'simple'", "'none'")
