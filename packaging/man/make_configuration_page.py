#!/usr/bin/env python3
"""Makes the manual page sluice.conf(5) from its frame and from packaging/sluice.conf.

    make_configuration_page.py FRAME SLUICE_CONF >sluice.conf.5

The file that is installed has every setting with its default and its meaning; a second list could only
go stale. A comment is about the settings on the lines behind it, up to the next comment or empty line.
"""

import pathlib
import re
import sys

SECTION = re.compile(r"\[+([\w.]+)\]+$")
SETTING = re.compile(r"([\w-]+) = (.*)$")


def escaped(text):
    """As groff prints it letter by letter; a dash stays one that can be copied."""
    return text.replace("\\", "\\e").replace("-", "\\-")


def prose(lines):
    """A line of its own for each sentence; none may look like a request."""
    text = re.sub(r"(?<=[.:;]) (?=[A-Z])", "\n", " ".join(line.strip() for line in lines))
    return [re.sub(r"^(?=[.'])", r"\\&", escaped(line)) for line in text.splitlines()]


def example(lines):
    return [".PP", ".in +4n", ".nf", *(re.sub(r"^(?=[.'])", r"\\&", escaped(line)) for line in lines), ".fi", ".in"]


def settings_of(text):
    """The body of the page: a heading for each section, a paragraph for each group of settings."""
    page, comment, group = [], [], []

    def end_group():
        if group:
            for number, (key, value) in enumerate(group):
                page.extend([".TQ" if number else ".TP", f"\\fB{escaped(key)}\\fR = {escaped(value)}"])
            page.extend(prose(comment) or ["\\&"])
        elif comment:  # a table that the file only shows
            shown = next((i for i, line in enumerate(comment) if SECTION.match(line)), len(comment))
            page.extend([".PP", *prose(comment[:shown]), *example(comment[shown:])])
        comment.clear()
        group.clear()

    in_section = False
    for line in text.splitlines():
        words = line.strip()
        if match := SECTION.match(words):
            end_group()
            in_section = True
            page.append(f".SS {escaped(words)}")
        elif not in_section:
            continue  # the head of the file; the frame says that
        elif words.startswith("#"):
            if group:
                end_group()
            comment.append(words[1:].removeprefix(" "))
        elif match := SETTING.match(words):
            group.append(match.groups())
        elif not words:
            end_group()
        else:
            sys.exit(f"this is neither section, setting nor comment: {line}")
    end_group()
    return "\n".join(page)


def main():
    frame, configuration = (pathlib.Path(path).read_text(encoding="utf-8") for path in sys.argv[1:])
    print(frame.replace("@SETTINGS@", settings_of(configuration)), end="")


if __name__ == "__main__":
    main()
