"""The manual pages name what there is, and nothing else."""

import re
import shutil
import subprocess
import unittest

from programs import BUILD, PROGRAMS, ROOT, options_by_command

PAGES = {"sluiced": "sluiced.8", "sluice": "sluice.1"}


def read_page(name):
    for folder in (ROOT / "packaging/man", BUILD / "packaging"):
        if (folder / name).exists():
            return folder / name
    raise AssertionError(f"there is no page {name}")


def described(path):
    """The options of each command as the page has them: what stands as a tag under COMMANDS and OPTIONS."""
    options, section, command, is_tag = {"": set()}, None, "", False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(".SH "):
            section, command = line[4:], ""
        elif line.startswith(".SS ") and section == "COMMANDS":
            command = line[4:]
            options[command] = set()
        elif is_tag and section in ("COMMANDS", "OPTIONS"):
            options[command] |= set(re.findall(r"--[a-z][a-z-]*", line.replace("\\", "")))
        is_tag = line in (".TP", ".TQ")
    return options


def test_every_command_and_option_is_described():
    for program, page in PAGES.items():
        said, there = described(read_page(page)), options_by_command(program)
        assert said == there, f"{page} says {said}, {program} has {there}"


def test_every_setting_is_described():
    """The settings are those that the server prints as its configuration."""
    printed = subprocess.run([PROGRAMS["sluiced"], "config", "--config", "/dev/null"], capture_output=True, text=True,
                             check=True, env={}).stdout
    there, section = set(), ""
    for line in printed.splitlines():
        if match := re.match(r"\[+(\w+)\]+$", line):
            section = match.group(1)
        elif match := re.match(r"\s*([a-z-]+) = (.*)$", line):
            there.add((section, match.group(1)))
    said, section = set(), ""
    for line in read_page("sluice.conf.5").read_text(encoding="utf-8").replace("\\-", "-").splitlines():
        if match := re.match(r"\.SS \[+(\w+)\]+$", line):
            section = match.group(1)
        elif match := re.match(r"\\fB([a-z-]+)\\fR = ", line):
            said.add((section, match.group(1)))
    assert there and said == there, f"only in the page {sorted(said - there)}, only in the server {sorted(there - said)}"


def test_pages_are_set_without_a_warning():
    if shutil.which("groff") is None:
        raise unittest.SkipTest("there is no groff")
    for page in (*PAGES.values(), "sluice.conf.5"):
        result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", read_page(page)], capture_output=True, text=True,
                                check=True)
        assert not result.stderr, result.stderr
        assert result.stdout
