"""Line protocol texts, good and bad, from a seed.

Texts are grown from a grammar that is wider than the real one (odd numbers, needless escapes, missing
parts), and a share of them is then damaged byte by byte.
"""

import random

NUMBERS = [
    b"0", b"-0", b"1", b"-1", b".5", b"1.", b"-.5", b"-1.", b".", b"-", b"-.", b"1e3", b"1E3", b"1e+3",
    b"1e-3", b"1.5e10", b"1e", b"1e+", b"e1", b".e1", b"1e1e1", b"1e400", b"-1e400", b"1e-400", b"1e308",
    b"1.7976931348623157e308", b"1.7976931348623158e308", b"1.7976931348623159e308", b"4.9e-324",
    b"2.4e-324", b"2.5e-324", b"2.2250738585072011e-308", b"2.2250738585072014e-308", b"NaN", b"nan",
    b"N", b"n", b"Inf", b"inf", b"-inf", b"+1", b"+Inf", b"0x1", b"1_000", b"1,5", b"1.1.1", b"..1",
    b"9007199254740991", b"9007199254740992", b"9007199254740993", b"9007199254740993.0",
    b"123456789012345678901234567890", b"0.1234567890123456789012345", b"100000000000000000000000",
    b"1e22", b"1e23", b"8.5e22", b"0.000001", b"1e-7", b"00012", b"-00012.500", b"--1", b"1-", b"1-2",
    b"5e-1.5", b"0e99999999999999999999", b"1e99999999999999999999", b"1e-99999999999999999999",
]
INTEGERS = [
    b"0i", b"-0i", b"1i", b"-1i", b"i", b"-i", b"1ii", b"1i1", b"1.5i", b"1e3i", b"1I", b"12i",
    b"9223372036854775807i", b"9223372036854775808i", b"-9223372036854775808i",
    b"-9223372036854775809i", b"00000000000000000000000001i", b"99999999999999999999i", b"+1i", b"1 i",
]
UNSIGNED = [
    b"0u", b"1u", b"u", b"-1u", b"1uu", b"1.5u", b"1u1", b"1iu", b"1ui", b"-u", b".u",
    b"18446744073709551615u", b"18446744073709551616u",
]
BOOLEANS = [
    b"t", b"T", b"true", b"True", b"TRUE", b"f", b"F", b"false", b"False", b"FALSE", b"tRUE", b"tr",
    b"truee", b"falsee", b"yes", b"0t", b"TRUe", b"fALSE", b"x", b"\xc3\xa9",
]
STRINGS = [
    b'""', b'"a"', b'"a b"', b'"a,b=c d"', b'"a\\"b"', b'"a\\\\"', b'"a\\\\b"', b'"a\\b"', b'"\\\\\\""',
    b'"a\nb"', b'"\n"', b'"', b'"a', b'"a\\"', b'"a"b', b'"a""b"', b'"a"b=2', b'"a" "b"', b"'a'",
    b'"\xc3\xa9\xe2\x82\xac"', b'"\xff"', b'"\t"', b'"a\\nb"', b'"a\\,b"', b'"a\\ b"', b'"a\r\nb"',
    b'"a\\', b'"=,"', b'"x=1,y=2"', b'"#"', b'"\\\\\\\\"', b'"\\"',
]
TIMES = [
    b"0", b"1", b"-1", b"7", b"1451606400000000000", b"1451606400000000001", b"1451606400000000000",
    b"1451606400", b"1451606400000", b"9223372036854775806", b"9223372036854775807",
    b"9223372036854775808", b"-9223372036854775806", b"-9223372036854775807", b"-9223372036854775808",
    b"99999999999999999999", b"-", b"--1", b"+1", b"1.5", b"1e9", b"abc", b"1i", b"00000000000000000007",
    b"9223372036854775", b"9223372036854776", b"9223372036", b"9223372037", b"153722867", b"153722868",
    b"2562047", b"2562048", b"-2562047", b"-2562048", b"12 34", b"12\r", b"12 ", b"12  ", b"12\t",
]
WORDS = [
    b"a", b"b", b"c", b"host", b"usage_user", b"v", b"value", b"x1", b"\xc3\xbc", b"A", b"zz", b"_f", b"a.b",
    b"a-b", b"1", b"0", b"true", b"\"q\"", b"q\"", b"a/b", b"time1", b"#", b"a#b",
]
ESCAPED = [
    b"a\\ b", b"a\\,b", b"a\\=b", b"a\\\\b", b"a\\b", b"\\a", b"\\,", b"\\ ", b"\\=", b"a\\\"b", b"a\\\\\\,b",
    b"a\\\\ b", b"a\\\\,b", b"a\\\\=b", b"a\\", b"a\\\\", b"a\\\nb", b"a\nb", b"a=b", b"a,b", b"a b", b"=", b"",
    b"a\tb", b"\ta", b"a\rb", b"\xff\xfe", b"time", b"\\\\", b"\\\\\\=", b"a\\t",
]
DAMAGE = b" ,=\"\\\n\t\r.-+eEiu0123459tfTF#am\x00\xff"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.count = 0

    def name(self, odd=0.08):
        r = self.random
        if r.random() < odd:
            return r.choice(ESCAPED)
        word = r.choice(WORDS)
        return word + b"%d" % r.randrange(20) if r.random() < 0.3 else word

    def number(self):
        r = self.random
        kind = r.random()
        if kind < 0.35:
            return b"%.2f" % (r.random() * 100)
        if kind < 0.5:
            return repr(r.uniform(-1000, 1000)).encode()
        if kind < 0.6:
            # Any finite double, printed so that it must be read back to the bit.
            return b"%.*g" % (r.randrange(1, 20), r.uniform(1, 10) * 10.0 ** r.randrange(-320, 308))
        if kind < 0.65:
            digits = "".join(r.choice("0123456789") for _ in range(r.randrange(1, 420)))
            at = r.randrange(len(digits) + 1)
            return (digits[:at] + r.choice([".", ""]) + digits[at:]).encode()
        if kind < 0.7:
            return b"%d.%0*d" % (r.randrange(10 ** r.randrange(1, 12)), r.randrange(1, 12), r.randrange(99))
        if kind < 0.8:
            return b"%d" % r.randrange(-10**6, 10**6)
        return r.choice(NUMBERS)

    def value(self):
        r = self.random
        kind = r.random()
        if kind < 0.55:
            return self.number()
        if kind < 0.68:
            return b"%di" % r.randrange(-(10 ** r.randrange(1, 19)), 10**18) if r.random() < 0.5 else r.choice(INTEGERS)
        if kind < 0.70:
            return r.choice(UNSIGNED)
        if kind < 0.80:
            return r.choice(BOOLEANS[:10]) if r.random() < 0.7 else r.choice(BOOLEANS)
        if kind < 0.99:
            return r.choice(STRINGS) if r.random() < 0.6 else b'"' + self.name(0.3) + b'"'
        return b""

    def key(self):
        r = self.random
        # A measurement of its own keeps a text's field types from meeting another's.
        key = b"m%d" % self.count
        if r.random() < 0.05:
            key += r.choice(ESCAPED)
        for _ in range(r.choice([0, 0, 1, 1, 2, 3, 5, 10])):
            key += b"," + self.name() + r.choice([b"="] * 60 + [b"", b"==", b"\\="]) + self.name(0.1)
        if r.random() < 0.005:
            key += b"," + b"," .join(b"t%d=%d" % (i, i) for i in r.sample(range(300), r.randrange(1, 250)))
        if r.random() < 0.0005:
            key += b",long=" + b"k" * r.choice([65000, 65500, 65520, 65530, 65535, 65536, 70000])
        return key

    def line(self):
        r = self.random
        self.count += 1
        fields = []
        for _ in range(r.choice([1, 1, 1, 2, 3, 5, 10])):
            fields.append(self.name(0.05) + r.choice([b"="] * 80 + [b"", b"=="]) + self.value())
        text = self.key() + r.choice([b" "] * 50 + [b"  ", b" \t", b"\t", b"", b" \x00"]) + b",".join(fields)
        kind = r.random()
        if kind < 0.5:
            text += b" " + (b"1451606400%09d" % r.randrange(10**9))
        elif kind < 0.9:
            text += r.choice([b" "] * 20 + [b"  ", b"\t", b" \t"]) + r.choice(TIMES)
        elif kind < 0.93:
            text += b" "
        if r.random() < 0.03:
            text = r.choice([b" ", b"\t", b"#", b"  ", b" #", b",", b"\x00", b"\n", b"=", b"\\"]) + text
        if r.random() < 0.02:
            text += r.choice([b"\r", b" ", b"\t", b"\n", b"\n\n", b"\\", b",", b"\x00"])
        if r.random() < 0.25:
            text = self.damage(text)
        return text

    def damage(self, text):
        r = self.random
        damaged = bytearray(text)
        for _ in range(r.choice([1, 1, 1, 2, 3])):
            # The first bytes are the measurement that keeps texts apart.
            at = r.randrange(min(6, len(damaged)), len(damaged) + 1)
            kind = r.randrange(4)
            if kind == 0 and at < len(damaged):
                del damaged[at]
            elif kind == 1 and at < len(damaged):
                damaged[at] = r.choice(DAMAGE)
            elif kind == 2:
                damaged.insert(at, r.choice(DAMAGE))
            else:
                del damaged[at:]
        return bytes(damaged)
