"""Random InfluxQL: every production of the grammar, most of it valid, over the names of data.py.

The order of the options is their simplicity (choices.py). Statements in which windows occur are bound
in time on both sides: InfluxDB makes every window between the first point and now, in memory.
"""

import datetime

from expressions import Expressions
from sound import SoundSelects
from words import damage

FILLS = ("", " fill(none)", " fill(null)", " fill(previous)", " fill(linear)", " fill(0)", " fill(7)", " fill(-1.5)")
ZONES = ("Europe/Berlin", "America/New_York", "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Nowhere/Else")
SOURCES = ("m", "n", '"o p"', "m, n", "/m|n/", "/.*/", "d..m", "d.autogen.n", '"d"."autogen"."m"', "d..m, n",
           "autogen.m", "nosuch", "m, m", "d../o.*/", "x..m", "d.nosuch.m")
KEYS = ("h", "r", "x", '"t 1"', "nosuch", "f")


class Grammar(Expressions, SoundSelects):
    def script(self):
        """Statements to be carried out in order, and whether they change anything."""
        kind = self.choices.weighted((38, self.plain_select), (40, self.sound_select), (17, self.show), (2, self.several),
                                     (1, self.select_into), (2, self.delete))
        statements = kind()
        if isinstance(statements, str):
            # Damage could take the bounds off the windows.
            if "time(" not in statements and self.choices.chance(6):
                statements = damage(statements, self.choices)
            return [statements], False
        return statements, True

    def manner(self):
        letters = self.choices.weighted((60, ""), (8, "c"), (6, "p"), (6, "v"), (3, "cv"), (3, "chunked=true"),
                                        (3, "chunked=true chunk_size=3"))
        epoch = self.choices.weighted((70, ""), (5, "epoch=ns"), (3, "epoch=u"), (3, "epoch=ms"), (3, "epoch=s"),
                                      (2, "epoch=m"), (2, "epoch=h"))
        return " ".join(word for word in (letters, epoch) if word)

    # ---- SELECT

    def plain_select(self):
        self.is_windowed = self.choices.chance(50)
        return self.select(self.choices.weighted((70, 0), (25, 1), (5, 2)))

    def several(self):
        self.is_windowed = self.choices.chance(30)
        return "; ".join([self.select(0), self.choices.pick((self.show, lambda: self.select(0)))()])

    def select_into(self):
        self.is_windowed = self.choices.chance(60)
        target = self.choices.pick(("t", '"a b"', "d..t", "d.autogen.t", "d.autogen.:MEASUREMENT", "d.nosuch.t", "e..t"))
        statement = self.select(self.choices.weighted((8, 0), (2, 1)), into=" INTO " + target)
        return [statement, "SELECT * FROM /.*/", "SELECT * FROM /^t$|a b/ GROUP BY *", "SHOW FIELD KEYS"]

    def select(self, depth, into="", is_outermost=True):
        inner = depth > 0
        windows = self.is_windowed and self.choices.chance(70)
        source = self.choices.weighted(*[(max(1, 24 >> at), source) for at, source in enumerate(SOURCES)])
        if inner:
            subqueries = [self.select(depth - 1, is_outermost=False)]
            if self.choices.chance(12):
                subqueries.append(self.select(0, is_outermost=False))
            source = ", ".join(f"({subquery})" for subquery in subqueries)
            if self.choices.chance(5):
                source += ", m"
        text = "SELECT " + self.fields(windows, inner) + into + " FROM " + source
        text += self.where(is_outermost and self.is_windowed, 70 if is_outermost else 15)
        text += self.group_by(windows)
        if windows or self.choices.chance(4):
            text += self.choices.pick(FILLS)
        text += self.limits()
        if is_outermost and self.choices.chance(12):
            text += f" tz('{self.choices.weighted(*zip((12, 4, 4, 3, 2, 1), ZONES))}')"
        return text

    def where(self, must_be_bound, percent):
        """`must_be_bound`: on both sides."""
        condition = ""
        if self.choices.chance(45):
            condition = self.condition(self.choices.weighted((6, 0), (3, 1), (1, 2)))
        if must_be_bound:
            bounds = f"time >= {self.time(0, 0.45)} AND time {self.choices.pick(('<', '<='))} {self.time(0.5, 1.1)}"
        elif self.choices.chance(percent * 0.6):
            bounds = self.choices.pick((
                lambda: f"time >= {self.time(-0.1, 0.9)}", lambda: f"time < {self.time(0.1, 1.1)}",
                lambda: f"time > {self.time(-0.1, 0.4)} AND time <= {self.time(0.45, 1.1)}",
                lambda: f"time = {self.time(0, 1)}", lambda: "time < now()", lambda: f"{self.time(0, 0.5)} <= time",
                lambda: f"time != {self.time(0, 1)}"))()
        else:
            bounds = ""
        parts = [part for part in (condition, bounds) if part]
        if len(parts) == 2:
            if " OR " in condition:
                parts[0] = f"({condition})"
            if self.choices.chance(30):
                parts.reverse()
        return " WHERE " + " AND ".join(parts) if parts else ""

    def time(self, low, high):
        """A moment so far into the data (0 begin, 1 end), in one of the ways to write it."""
        span = self.data.step * self.data.steps
        steps = self.choices.between(round(low * self.data.steps), round(high * self.data.steps))
        late = self.choices.weighted((8, 0), (1, 1), (1, self.data.step // 3), (1, -1))
        moment = self.data.begin + min(steps * self.data.step, 2 * span) + late
        form = self.choices.weighted((5, "ns"), (3, "s"), (3, "text"), (1, "sum"), (1, "ms"))
        if form == "s" and moment % 10**9 == 0:
            return f"{moment // 10**9}s"
        if form == "ms" and moment % 10**6 == 0:
            return f"{moment // 10**6}ms"
        if form == "text":
            return self.time_text(moment)
        if form == "sum":
            return f"{moment - 3600 * 10**9} + 1h"
        return str(moment)

    def time_text(self, moment):
        second, rest = divmod(moment, 10**9)
        when = datetime.datetime.fromtimestamp(second, datetime.timezone.utc)
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        if not rest and second % 86400 == 0 and self.choices.chance(50):
            return f"'{when:%Y-%m-%d}'"
        return self.choices.pick((f"'{when:%Y-%m-%dT%H:%M:%S}{fraction}Z'", f"'{when:%Y-%m-%d %H:%M:%S}{fraction}'"))

    def group_by(self, windows):
        dimensions = []
        if windows:
            interval = self.interval()
            if self.choices.chance(20):
                offset = self.choices.pick((self.interval(), "-" + self.interval(), "0s", "'1970-01-01T00:00:03Z'"))
                interval += ", " + offset
            dimensions.append(f"time({interval})")
        if self.choices.chance(45):
            dimensions += self.choices.weighted((6, ["h"]), (3, ["*"]), (1, ["r"]), (1, ["x"]), (1, ["h", "r"]),
                                                (1, ["/h|t/"]), (1, ["nosuch"]), (1, ['"t 1"']), (1, ["h", "h"]),
                                                (1, ["h", "*"]), (1, ["f"]), (1, ["h::tag"]))
        if self.choices.chance(30):
            dimensions.reverse()
        return " GROUP BY " + ", ".join(dimensions) if dimensions else ""

    def limits(self):
        text = ""
        if self.choices.chance(15):
            text += self.choices.pick((" ORDER BY time DESC", " ORDER BY time", " ORDER BY DESC", " ORDER BY time ASC"))
        for keyword, percent in (("LIMIT", 15), ("OFFSET", 6), ("SLIMIT", 6), ("SOFFSET", 4)):
            # OFFSET without LIMIT is another thing in InfluxDB (differences.json).
            if self.choices.chance(percent) and (keyword != "OFFSET" or " LIMIT" in text):
                text += f" {keyword} {self.choices.pick((1, 2, 3, 5, 20, 0))}"
        return text

    # ---- SHOW

    def show(self):
        return self.choices.pick((
            lambda: "SHOW DATABASES", self.show_measurements, self.show_series, self.show_tag_keys,
            self.show_tag_values, self.show_field_keys, self.show_cardinality,
            lambda: "SHOW RETENTION POLICIES" + self.choices.pick(("", " ON d", " ON nosuch"))))()

    def show_on(self):
        return self.choices.weighted((6, ""), (2, " ON d"), (1, " ON nosuch"))

    def show_from(self):
        return self.choices.weighted((4, ""), (3, " FROM m"), (1, " FROM n"), (1, " FROM m, n"), (1, " FROM /m|o/"),
                                     (1, ' FROM "o p"'), (1, " FROM nosuch"), (1, " FROM d..m"), (1, " FROM autogen.m"))

    def show_where(self):
        if not self.choices.chance(35):
            return ""
        condition = self.tag_condition() if self.choices.chance(75) else self.condition(1)
        return " WHERE " + condition

    def show_limits(self):
        text = ""
        if self.choices.chance(8):
            text += self.choices.pick((" ORDER BY ASC", " ORDER BY DESC", " ORDER BY time"))
        for keyword, percent in (("LIMIT", 20), ("OFFSET", 12)):
            if self.choices.chance(percent):
                text += f" {keyword} {self.choices.pick((1, 2, 3, 0, 20))}"
        return text

    def show_measurements(self):
        which = self.choices.weighted((6, ""), (1, " WITH MEASUREMENT = m"), (1, " WITH MEASUREMENT =~ /m|n/"),
                                      (1, " WITH MEASUREMENT != m"), (1, " WITH MEASUREMENT !~ /m/"))
        return "SHOW MEASUREMENTS" + self.show_on() + which + self.show_where() + self.show_limits()

    def show_series(self):
        return "SHOW SERIES" + self.show_on() + self.show_from() + self.show_where() + self.show_limits()

    def show_tag_keys(self):
        text = "SHOW TAG KEYS" + self.show_on() + self.show_from() + self.show_where() + self.show_limits()
        for keyword in ("SLIMIT", "SOFFSET"):
            if self.choices.chance(5):
                text += f" {keyword} {self.choices.pick((1, 2))}"
        return text

    def with_key(self):
        key = self.choices.pick(KEYS)
        return self.choices.pick((f" WITH KEY = {key}", f" WITH KEY IN (h, {key})", f" WITH KEY != {key}",
                                  " WITH KEY =~ /h|x/", " WITH KEY !~ /h/", ' WITH KEY = "' + key.strip('"') + '"'))

    def show_tag_values(self):
        return ("SHOW TAG VALUES" + self.show_on() + self.show_from() + self.with_key() + self.show_where() +
                self.show_limits())

    def show_field_keys(self):
        return "SHOW FIELD KEYS" + self.show_on() + self.show_from() + self.show_limits()

    def show_cardinality(self):
        what = self.choices.pick(("SERIES", "MEASUREMENT", "TAG KEY", "TAG VALUES", "FIELD KEY"))
        exact = self.choices.pick((" EXACT", ""))
        text = "SHOW " + what + exact + " CARDINALITY" + self.show_on()
        if exact or self.choices.chance(30):
            text += self.show_from()
        if what == "TAG VALUES":
            text += self.with_key()
        if exact:
            text += self.show_where()
        return text

    # ---- what changes points

    def delete(self):
        source = self.choices.weighted((4, " FROM m"), (1, " FROM n"), (1, " FROM /m|n/"), (1, " FROM nosuch"), (1, ""))
        verb = self.choices.pick(("DELETE", "DROP SERIES", "DROP MEASUREMENT"))
        if verb == "DROP MEASUREMENT":
            text = verb + " " + self.choices.pick(("m", '"o p"', "nosuch", "/m/"))
        else:
            parts = []
            if self.choices.chance(60):
                parts.append(self.tag_condition() if self.choices.chance(85) else self.condition(0))
            if verb == "DELETE" and self.choices.chance(60):
                parts.append(f"time >= {self.time(0, 0.7)}")
                parts.append(f"time < {self.time(0.3, 1.1)}")
            text = verb + source + (" WHERE " + " AND ".join(parts) if parts else "")
        return [text, "SELECT * FROM /.*/ GROUP BY *", "SHOW SERIES", "SHOW MEASUREMENTS", "SHOW FIELD KEYS",
                "SHOW TAG VALUES WITH KEY =~ /.*/"]
