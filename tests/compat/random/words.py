"""Statements with one word too many, too few or in the wrong place."""

import re

WORD = re.compile(r"""\s+|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|/(?:\\.|[^/\s])+/|\w+|::|[=!<>~]+|.""", re.S)
OTHERS = ("(", ")", ",", "SELECT", "FROM", "WHERE", "BY", "time", "1", "1s", "'", '"', "/", "*", "=", "=~", "AND", ".", ";",
          "$p", "9223372036854775808", "1.", ".5", "--", "/*", "\\", "::", "fill", "LIMIT", "-1", "ä")


def damage(statement, choices):
    words = WORD.findall(statement)
    at = choices.draw(len(words))
    kind = choices.draw(4)
    if kind == 0:
        del words[at]
    elif kind == 1:
        words[at] = choices.pick(OTHERS)
    elif kind == 2:
        words.insert(at, choices.pick(OTHERS) + choices.pick((" ", "")))
    else:
        other = choices.draw(len(words))
        words[at], words[other] = words[other], words[at]
    return "".join(words)
