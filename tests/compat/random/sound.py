"""SELECT statements whose names, types and functions fit each other, so that most of them give rows."""

from data import MEASUREMENTS
from expressions import MATH_OF_ONE, INDICATORS, TRANSFORMATIONS

NUMBERS = ("integer", "float")
OF_NUMBERS = ("sum", "mean", "max", "min", "first", "last", "median", "spread", "stddev", "count", "mode")
OF_ALL = ("count", "first", "last", "mode")
SELECTORS = ("max", "min", "first", "last")
COLUMNS = ("a", "c", "e", "g")
WARMUPS = ("", ", 1", ", 0", ", 1, 'simple'", ", -1, 'exponential'", ", -1, 'none'")


class Scope:
    """The names a statement can use: columns with their types, and tags."""

    def __init__(self, source, columns, tags):
        self.source, self.columns, self.tags = source, columns, tags

    def of(self, *types):
        return [name for name, type in self.columns.items() if type in types]


class SoundSelects:
    def sound_select(self):
        self.is_windowed = self.choices.chance(55)
        self.is_descending = self.choices.chance(15)
        return self.sound_level(self.choices.weighted((55, 0), (35, 1), (10, 2)), is_outermost=True)[0]

    def sound_level(self, depth, is_outermost=False):
        """The statement, and the scope of one that selects from it."""
        scope = self.sound_source(depth)
        windows = self.is_windowed and bool(scope.of(*NUMBERS)) and self.choices.chance(75)
        # One call in a subquery: how several meet in its rows has changed with InfluxDB 1.8.
        self.is_inner = not is_outermost
        fields = self.sound_fields(scope, windows, 4 if is_outermost else 1)
        columns = {}
        text = "SELECT "
        for at, (field, type) in enumerate(fields):
            name = "" if field.startswith(("*", "/")) else COLUMNS[at]
            if name and not is_outermost:
                field += f" AS {name}"
                columns[name] = type
            text += (", " if at else "") + field
        text += " FROM " + scope.source + self.sound_where(scope, is_outermost)
        dimensions, tags = self.sound_dimensions(scope)
        if windows:
            offset = "" if self.choices.chance(75) else ", " + self.choices.pick(("", "-")) + self.interval()
            dimensions.insert(self.choices.draw(len(dimensions) + 1), f"time({self.interval()}{offset})")
        if dimensions:
            text += " GROUP BY " + ", ".join(dimensions)
        if windows:
            text += self.choices.pick(("", " fill(none)", " fill(previous)", " fill(linear)", " fill(0)", " fill(null)",
                                       " fill(-1.5)"))
        text += " ORDER BY time DESC" if self.is_descending else ""
        text += self.sound_limits(is_outermost)
        if is_outermost and self.choices.chance(10):
            text += f" tz('{self.choices.pick(('Europe/Berlin', 'America/New_York', 'Asia/Kolkata'))}')"
        return text, Scope(f"({text})", columns, tags)

    def sound_source(self, depth):
        if depth == 0:
            name = self.choices.pick(self.data.measurements)
            tags, fields = MEASUREMENTS[name]
            known = self.data.fields[name]
            return Scope(quoted(name), {quoted(field): type for field, type in fields.items() if field in known},
                         [quoted(tag) for tag in tags])
        scope = self.sound_level(depth - 1)[1]
        if self.choices.chance(10):
            other = self.sound_level(0)[1]
            self.is_inner = True
            shared = {name: type for name, type in scope.columns.items() if other.columns.get(name) == type}
            if shared:
                scope = Scope(f"{scope.source}, {other.source}", shared, [])
        return scope

    # ---- fields with their types

    def sound_fields(self, scope, windows, most):
        kinds = [(4, self.sound_aggregates), (2, self.sound_selector), (2, self.sound_lonely)]
        kinds.append((3, self.sound_transformations))
        if not windows:
            kinds.insert(0, (5, self.sound_rows))
        if not scope.of(*NUMBERS):
            kinds = [(1, self.sound_rows), (1, self.sound_counts)]
        return self.choices.weighted(*kinds)(scope, windows, most)

    def more_of(self, make, most):
        fields = [make()]
        while len(fields) < most and self.choices.chance(40):
            fields.append(make())
        return fields

    def sound_column(self, scope):
        options = list(scope.columns) + scope.tags
        name = self.choices.pick(options or ["h"])
        return name, scope.columns.get(name, "tag")

    def sound_rows(self, scope, _windows, most):
        def make():
            numbers = scope.of(*NUMBERS)
            kind = self.choices.draw(10) if numbers else self.choices.draw(7)
            if kind < 5:
                return self.sound_column(scope)
            if kind == 5:
                return self.choices.pick(("*", "*::field", "/^[a-f]/")), "any"
            if kind == 6:
                return self.choices.pick(scope.tags or ["h"]), "tag"
            return self.sound_arithmetic(lambda: self.choices.pick(numbers)), "float"
        return self.more_of(make, most + 2 if self.is_inner else most)

    def sound_counts(self, scope, _windows, most):
        options = list(scope.columns) or ["h"]
        return self.more_of(lambda: (f"{self.choices.pick(('count', 'first', 'last'))}({self.choices.pick(options)})", "any"),
                            most)

    def sound_aggregate(self, scope):
        others = scope.of("string", "boolean")
        if others and self.choices.chance(20):
            return f"{self.choices.pick(OF_ALL)}({self.choices.pick(others)})"
        if self.choices.chance(6):
            return f"{self.choices.pick(('mean', 'max', 'count', 'last'))}({self.choices.pick(('*', '/^[a-i]$/'))})"
        argument = self.choices.pick(scope.of(*NUMBERS))
        if self.choices.chance(8):
            return f"percentile({argument}, {self.choices.pick((50, 90, 100, 20, 5, 33.3))})"
        if self.choices.chance(4):
            return f"count(distinct({argument}))"
        return f"{self.choices.pick(OF_NUMBERS)}({argument})"

    def sound_aggregates(self, scope, _windows, most):
        def make():
            if self.choices.chance(25):
                numbers = scope.of(*NUMBERS)
                return self.sound_arithmetic(
                    lambda: f"{self.choices.pick(OF_NUMBERS)}({self.choices.pick(numbers)})"), "float"
            return self.sound_aggregate(scope), "float"
        return self.more_of(make, most)

    def sound_selector(self, scope, _windows, most):
        argument = self.choices.pick(scope.of(*NUMBERS))
        call = f"{self.choices.pick(SELECTORS)}({argument})"
        if self.choices.chance(15):
            call = f"percentile({argument}, {self.choices.pick((50, 90, 100, 20))})"
        return [(call, scope.columns[argument])] + self.more_of(lambda: self.sound_column(scope), most)[:most - 1]

    def sound_lonely(self, scope, windows, most):
        """Functions beside which no other may stand."""
        argument = self.choices.pick(scope.of(*NUMBERS))
        count = self.choices.pick((1, 2, 3, 5))
        kind = self.choices.draw(5)
        if kind < 2:
            tags = "".join(f", {tag}" for tag in scope.tags[:1] if self.choices.chance(40))
            call = f"{self.choices.pick(('top', 'bottom'))}({argument}{tags}, {count})"
            rest = self.more_of(lambda: self.sound_column(scope), most)[:most - 1] if self.choices.chance(40) else []
            return [(call, scope.columns[argument])] + rest
        if kind == 2:
            return [(f"distinct({self.choices.pick(list(scope.columns))})", "float")]
        if kind == 3:
            return [(f"integral({argument}{self.choices.pick(('', ', 1s', ', 1m', ', 1h'))})", "float")]
        if windows and not self.is_descending:
            return [(f"{self.choices.pick(('holt_winters', 'holt_winters_with_fit'))}(mean({argument}), 3, "
                     f"{self.choices.pick((0, 2, 4))})", "float")]
        return [(f"sample({argument}, 500)", "float")]

    def sound_transformations(self, scope, windows, most):
        def make():
            inner = self.choices.pick(scope.of(*NUMBERS))
            if windows:
                inner = f"{self.choices.pick(OF_NUMBERS)}({inner})"
            if self.choices.chance(25):
                name = self.choices.pick(INDICATORS)
                rest = f", {self.choices.pick((2, 3, 5))}"
                rest += "" if name.startswith("kaufmans") else self.choices.pick(WARMUPS)
                return f"{name}({inner}{rest})", "float"
            name = self.choices.pick(TRANSFORMATIONS)
            rest = ""
            if name.endswith("derivative") or name == "elapsed":
                rest = self.choices.pick(("", ", 1s", ", 1m", ", 1h"))
            elif name == "moving_average":
                rest = f", {self.choices.pick((2, 3, 4))}"
            return f"{name}({inner}{rest})", "float"
        return self.more_of(make, most)

    def sound_arithmetic(self, operand):
        if self.choices.chance(25):
            return f"{self.choices.pick(MATH_OF_ONE)}({operand()})"
        right = self.number() if self.is_inner else self.choices.pick((self.number, operand))()
        text = f"{operand()} {self.choices.weighted((4, '+'), (4, '-'), (4, '*'), (4, '/'), (1, '%'))} {right}"
        return f"({text}) * 2" if self.choices.chance(20) else text

    # ---- clauses

    def sound_where(self, scope, is_outermost):
        parts = []
        numbers = scope.of(*NUMBERS)
        if numbers and self.choices.chance(25):
            parts.append(f"{self.choices.pick(numbers)} {self.choices.pick(('>', '!=', '<=', '<'))} "
                         f"{self.choices.pick(('-8', '3', '7.5', '0', '-1.25'))}")
        if scope.tags and self.choices.chance(25):
            parts.append(f"{self.choices.pick(scope.tags)} " + self.choices.pick(
                ("!= 'a'", "=~ /a|b|u|1/", "!= ''", "= 'a'", "= ''", "!~ /^b/", "= 'eu'")))
        if len(parts) == 2 and self.choices.chance(30):
            parts = [f"({parts[0]} OR {parts[1]})"]
        if is_outermost and self.is_windowed:
            parts.append(f"time >= {self.time(-0.05, 0.3)} AND time {self.choices.pick(('<', '<='))} {self.time(0.6, 1.1)}")
        elif self.choices.chance(15):
            parts.append(f"time {self.choices.pick(('>', '>='))} {self.time(0, 0.4)}")
        return " WHERE " + " AND ".join(parts) if parts else ""

    def sound_dimensions(self, scope):
        if not scope.tags or not self.choices.chance(50):
            return [], []
        some = self.choices.some(scope.tags, 1, 2)
        return self.choices.weighted((6, (some, some)), (3, (["*"], scope.tags)), (1, (["/./"], scope.tags)))

    def sound_limits(self, is_outermost):
        text = ""
        if self.choices.chance(12 if is_outermost else 6):
            text += f" LIMIT {self.choices.pick((2, 1, 3, 10))}"
            if self.choices.chance(30):
                text += f" OFFSET {self.choices.pick((1, 2, 4))}"
        if self.choices.chance(4):
            text += f" SLIMIT {self.choices.pick((1, 2))}" + self.choices.pick(("", " SOFFSET 1"))
        return text


def quoted(name):
    return name if name.isidentifier() else f'"{name}"'
