"""The completions of the shells offer the commands and options that there are, and no others."""

import re
import shlex
import shutil
import subprocess
import unittest

from programs import ROOT, options_by_command

FOLDER = ROOT / "packaging/completions"

# bash-completion splits the line and finds files; here its two functions do as little as is needed.
BASH = r"""
_init_completion() { words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}; }
_filedir() { :; }
source sluice.bash
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_sluice
printf '%s\n' "${COMPREPLY[@]}"
"""

# _arguments is told what to offer, so it only has to repeat it. The first call is about the words up to the
# command, the second one about those behind it.
ZSH = r"""
service=$1; shift
words=("$@")
_arguments() {
    print -r -- CALL
    print -rl -- "$@"
    if [[ $1 == -C ]]; then state=arguments; return 1; fi
}
_sluice() { source ./_sluice }
_sluice
"""


def run(program, *arguments):
    if shutil.which(program) is None:
        raise unittest.SkipTest(f"there is no {program}")
    return subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=True).stdout


def compare(offered):
    """`offered(program, command)` is the set of options, and of commands where `command` is empty."""
    for program in ("sluiced", "sluice"):
        there = options_by_command(program)
        commands = set(there) - {""}
        for command, options in there.items():
            # The commands of sluiced take its options; each command of sluice has its own, and --help.
            wanted = there[""] if program == "sluiced" else options | {"--help"}
            wanted = wanted if command else wanted | commands
            found = offered(program, command)
            assert found == wanted, f"{program} {command}: offered {sorted(found)}, there are {sorted(wanted)}"


def test_bash():
    def offered(program, command):
        words = [program] + ([command] if command else [])
        found = set(run("bash", "-c", BASH, "bash", *words, "-").split())
        return found if command else found | set(run("bash", "-c", BASH, "bash", *words, "").split())
    compare(offered)


def test_zsh():
    def offered(program, command):
        calls = run("zsh", "-fc", ZSH, "zsh", program, command).split("CALL\n")[1:]
        # In one call sluiced offers all.
        text = calls[1] if command and program == "sluice" else calls[0]
        found = set(re.findall(r"^(?:\([^)]*\))?(--[a-z-]+)\[", text, re.M))
        return found if command else found | set(re.findall(r"(?:\(\(|\s)([a-z]+)\\:", text))
    compare(offered)


def test_fish():
    def offered(program, command):
        line = " ".join([program] + ([command] if command else []))
        asked = [f"{line} -"] + ([] if command else [f"{line} "])
        found = set()
        for text in asked:
            answer = run("fish", "--no-config", "-c", f"source {program}.fish; complete -C {shlex.quote(text)}")
            found |= {answer_line.split("\t")[0] for answer_line in answer.splitlines()}
        return {word for word in found if word != "-h"}
    compare(offered)
