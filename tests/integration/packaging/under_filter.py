#!/usr/bin/python3
"""Runs a program as systemd would: with no other system calls than the unit allows.

    under_filter.py UNIT PROGRAM [ARGUMENT...]

Debian's own interpreter, because python3-seccomp is there for no other. Ends with 77 where it cannot.
"""

import errno
import os
import shutil
import subprocess
import sys

try:
    import seccomp
except ImportError:
    seccomp = None


def members(name):
    """The calls of a set such as @aio, and of the sets in it."""
    if not name.startswith("@"):
        return {name}
    text = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in text.splitlines()[1:]]
    return {call for word in words if word and word[0] != "#" for call in members(word)}


def allowed_calls(unit):
    allowed = set()
    with open(unit, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.strip().partition("=")
            if key == "SystemCallFilter" and value.startswith("~"):
                for name in value[1:].split():
                    allowed -= members(name)
            elif key == "SystemCallFilter":
                for name in value.split():
                    allowed |= members(name)
    # systemd allows these beside every list.
    return allowed | members("@default") | {"execve", "exit", "exit_group", "rt_sigreturn"}


def main():
    unit, program = sys.argv[1], sys.argv[2:]
    if seccomp is None or shutil.which("systemd-analyze") is None:
        sys.exit(77)
    rules = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))
    for call in sorted(allowed_calls(unit)):
        try:
            rules.add_rule(seccomp.ALLOW, call)
        except (RuntimeError, ValueError, OSError):
            pass  # a call that this machine or this library does not have
    rules.load()
    os.execv(program[0], program)


if __name__ == "__main__":
    main()
