"""What the programs say of themselves: the commands and options in their --help."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("SLUICE_BUILD", ROOT / "build")).resolve()
PROGRAMS = {
    "sluiced": pathlib.Path(os.environ.get("SLUICED", BUILD / "src/server/sluiced")).resolve(),
    "sluice": BUILD / "src/server/sluice",
}


def help_sections(program, *command):
    """The lines under each heading of a help, by the heading in small letters."""
    text = subprocess.run([PROGRAMS[program], *command, "--help"], capture_output=True, text=True, check=True).stdout
    sections, lines = {}, []
    for line in text.splitlines():
        if match := re.match(r"(\w+):\s*$", line):
            lines = sections.setdefault(match.group(1).lower(), [])
        else:
            lines.append(line)
    return sections


def options_of(program, *command):
    """The long options; CLI11 writes "  -h,--help" or "  -h,     --help" at the beginning of a line."""
    lines = help_sections(program, *command).get("options", [])
    return {match.group(1) for line in lines if (match := re.match(r"\s{2,6}(?:-\w,\s*)?(--[a-z][\w-]*)", line))}


def commands_of(program):
    lines = help_sections(program).get("subcommands", [])
    return {match.group(1) for line in lines if (match := re.match(r"\s{2}([a-z][\w-]*)(\s|$)", line))}


def options_by_command(program):
    """The options of each command; those of the program itself stand under the empty name."""
    options = {command: options_of(program, command) for command in commands_of(program)}
    own = options_of(program)
    # Each command has --help, too; the page and the completions say it once.
    return {"": own} | {command: more - {"--help"} for command, more in options.items()}
