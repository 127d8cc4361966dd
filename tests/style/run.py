#!/usr/bin/env python3
"""Keeps what the code is built by: arrows between rooms, properties one can grep for, sizes.

Every check is one test; it prints what it does not like and why.
"""

import collections
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The picture in src/README.md: which room may include which, directly. What a room may include its
# includers may as well.
ARROWS = {
    "base": [],
    "model": ["base"],
    "codec": ["model"],
    "lake": ["codec"],
    "ingest": ["model"],
    "influxql": ["model"],
    "http": ["model"],
    "tls": ["base"],
    "io": ["model", "tls"],
    "meta": ["io"],
    "storage": ["io", "codec"],
    "engine": ["meta", "storage"],
    "query": ["engine", "influxql"],
    "server": ["query", "http", "ingest", "lake"],
}
# A big room is a ladder of folders, lowest first; "" is the room's root, its door. A file includes
# its own folder and lower ones.
LADDERS = {
    "meta": ["draft", "log", ""],
    "storage": ["files", "rows", "memtable", "wal", "cache", "segment", "manifest", "parts", "upkeep", "store", "tools"],
    "engine": ["names", ""],
    "query": ["go", "expr", "functions", "request", "answer", "session", "compile", "scan", "aggregate",
              "rows", "points", "select", "show", "statements", "", "background"],
    "server": ["config", "process", "auth", "export", "outgoing", "s3", "lake", "tool", "forward", "services", "http", "write", "udp", "query", "prometheus",
               "v2", "profile", "monitor", ""],
}
# Beside the order: the first does not know the second, though it stands higher.
APART = {("storage", "segment", "wal"), ("storage", "tools", "store"), ("storage", "tools", "parts"),
         ("storage", "tools", "upkeep"), ("server", "query", "write"), ("server", "v2", "write")}
# Which step a header in include/sluice/<room>/ belongs to.
PUBLIC_STEPS = {
    "meta": {"bucket": "draft", "catalog": "draft", "catalog_rebuild": "", "catalog_editor": "", "catalog_writer": "", "inspect": "", "name_map": "draft", "password": "draft", "principal": "", "retention_policy": "draft", "subscription": "draft", "token": "draft", "user": "draft"},
    "storage": {"group_facts": "files", "head": "memtable", "inspect": "tools", "live_files": "manifest", "log_use": "wal", "scan": "rows",
                "series_list": "rows", "store": "store", "store_facts": "tools",
                "neighbours": "files", "store_metrics": "files", "store_options": "files", "store_report": "files",
                "string_bytes": "files", "verify": "tools"},
    "engine": {"admission": "", "catalog_rebuild": "", "core": "", "engine": "", "scan": ""},
    "query": {"answer_format": "request", "answer_sink": "answer", "continuous_queries": "background",
              "dropped_points_text": "go", "error_document": "answer", "hidden_directory": "request", "json_text": "go", "privileges": "statements",
              "query_memory": "request", "query_registry": "request", "query_request": "request",
              "series_counts": "background", "server_facts": "request",
              "statement_executor": "", "unfinished_runs": "background", "value_text": "go"},
    "server": {},
}
FILES_IN_FOLDER_MAX = 30
# What nothing but the language calls, or only tests: a coroutine's promise and awaiters; what a test
# looks at from outside.
CALLED_BY_LANGUAGE = {
    "await_ready", "await_resume", "await_suspend", "final_suspend", "get_return_object", "initial_suspend",
    "is_transparent", "main", "return_value", "return_void", "unhandled_exception",
}
CALLED_BY_TESTS = {
    "accept_failures", "append_keys", "available", "available_kernels", "backend_word", "file_exists",
    "granted_bytes",
    "has_waiters", "is_secure", "kExpressionLevelsMax", "list_measurements", "on_every_core", "sanitize", "tag_ids",
}
# What is there because its neighbours are: a level of the log, a word in a table of words.
NEIGHBOURS = {"kInsert", "log_debug"}
PURE_ROOMS = ["base", "model", "codec", "lake", "ingest", "influxql", "http", "tls"]
# What only io does, to the kernel and to other threads. The log has a clock of its own: it must work
# when a reactor does not.
THREAD_FILES = {"include/sluice/base/metrics.h"}
CLOCK_FILES = {"src/base/log.cc"}

LINES_MAX = 400
LONG_FILES = ROOT / "tests/style/long_files.txt"


def sources(*folders, suffixes=(".h", ".cc")):
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def room_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "src":
        return parts[1]
    if parts[:2] == ("include", "sluice"):
        return parts[2]
    return None


def code_lines(path):
    """The lines with comments and the contents of string literals taken out, numbered from 1."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'R"(\w*)\(.*?\)\1"', lambda m: '""' + "\n" * m.group().count("\n"), text, flags=re.S)
    # Comments, where they are no part of a literal.
    literal_or_comment = r"""'(?:\\.|[^'\\\n])'|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/"""
    text = re.sub(literal_or_comment,
                  lambda m: m.group() if m.group()[0] in "'\"" else "\n" * m.group().count("\n"), text, flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.lstrip().startswith("#include"):
            line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        yield number, line


def find(pattern, paths, allowed=lambda path: False):
    """Where the pattern occurs in code, except in files that may have it."""
    expression = re.compile(pattern)
    for path in paths:
        if allowed(path):
            continue
        for number, line in code_lines(path):
            if expression.search(line):
                yield f"{name_of(path)}:{number}: {line.strip()}"


def reachable(room):
    rooms = {room}
    for below in ARROWS[room]:
        rooms |= reachable(below)
    return rooms


def check_arrows():
    """A room includes only what src/README.md draws below it"""
    include = re.compile(r'#include "sluice/(\w+)/')
    for path in sources("src", "include"):
        room = room_of(path)
        if room not in ARROWS:
            yield f"{name_of(path)}: no room {room} in the picture"
            continue
        for number, line in code_lines(path):
            match = include.search(line)
            if match and match.group(1) not in reachable(room):
                yield f"{name_of(path)}:{number}: {room} does not know {match.group(1)}"


def check_private_headers():
    """A header in src/<room>/ is included by that room only"""
    include = re.compile(r'#include "([a-z0-9_]+)/[a-z0-9_/]+\.h"')
    for path in sources("src", "include"):
        for number, line in code_lines(path):
            match = include.search(line)
            if match and match.group(1) in ARROWS and match.group(1) != room_of(path):
                yield f"{name_of(path)}:{number}: {line.strip()}"


def step_of(path):
    """The step of its room's ladder that a file belongs to; None where there is none."""
    room = room_of(path)
    if path.is_relative_to(ROOT / "include"):
        return PUBLIC_STEPS[room].get(path.stem)
    folder = path.parent.relative_to(ROOT / "src" / room).as_posix()
    folder = "" if folder == "." else folder
    return folder if folder in LADDERS[room] else None


def check_ladders():
    """In a big room a file includes its own folder and lower steps of the ladder"""
    private = re.compile(r'#include "(\w+)/(?:(\w+)/)?\w+\.h"')
    public = re.compile(r'#include "sluice/(\w+)/(\w+)\.h"')
    for path in sources("src", "include"):
        room = room_of(path)
        ladder = LADDERS.get(room)
        if ladder is None:
            continue
        own = step_of(path)
        if own is None:
            yield f"{name_of(path)}: on no step of the ladder of {room}"
            continue
        for number, line in code_lines(path):
            if match := public.search(line):
                other = PUBLIC_STEPS[room].get(match.group(2)) if match.group(1) == room else None
            elif match := private.search(line):
                other = match.group(2) or "" if match.group(1) == room else None
            else:
                continue
            if other is not None and (ladder.index(other) > ladder.index(own) or (room, own, other) in APART):
                yield f"{name_of(path)}:{number}: {own or room} does not know {other or room}"


def check_folder_sizes():
    """No folder has more than 30 files: one that has is about two things"""
    for folder in sorted(path for path in (ROOT / "src").rglob("*") if path.is_dir()):
        count = sum(path.suffix in (".h", ".cc") for path in folder.iterdir())
        if count > FILES_IN_FOLDER_MAX:
            yield f"{name_of(folder)}: {count} files, at most {FILES_IN_FOLDER_MAX}"


def check_tests_mirror():
    """tests/unit/<room>/ has the folders of src/<room>/"""
    for room, ladder in LADDERS.items():
        for folder in sorted(path for path in (ROOT / "tests/unit" / room).iterdir() if path.is_dir()):
            if folder.name not in ladder:
                yield f"{name_of(folder)}: no such folder in src/{room}"


def check_liburing():
    """liburing.h is included by one file"""
    users = {path for path in sources("src", "include") if list(find(r"#include.*liburing", [path]))}
    if len(users) > 1:
        yield "included by " + ", ".join(sorted(map(name_of, users)))


def check_threads():
    """Threads, locks and atomics live in io and base/metrics.h"""
    pattern = r"\bstd::(atomic|thread|jthread|mutex|shared_mutex|condition_variable)\b"
    return find(pattern, sources("src", "include"),
                lambda path: room_of(path) == "io" or name_of(path) in THREAD_FILES)


def check_clock():
    """The clock is read behind io::Backend only"""
    pattern = r"\bclock_gettime\b|\bgettimeofday\b|_clock::now\b|\bstd::time\b"
    return find(pattern, sources("src", "include"),
                lambda path: room_of(path) == "io" or name_of(path) in CLOCK_FILES)


def check_pure():
    """Pure rooms open no file and no socket"""
    pattern = r"#include <(fstream|filesystem|sys/socket\.h|fcntl\.h|sys/mman\.h|sys/epoll\.h)>"
    return find(pattern, (path for path in sources("src", "include") if room_of(path) in PURE_ROOMS))


def check_throw():
    """throw appears nowhere"""
    return find(r"\bthrow\b", sources("src", "include"))


def check_heavy_headers():
    """Neither <regex> nor, in headers, <iostream>"""
    yield from find(r"#include <regex>", sources("src", "include"))
    yield from find(r"#include <iostream>", sources("include"))


def check_pragma():
    """A header says what it is for, then #pragma once"""
    for path in sources("include", "src", "perf", "tests", suffixes=(".h",)):
        text = path.read_text(encoding="utf-8")
        if not text.startswith("//"):
            yield f"{name_of(path)}: begins without its purpose"
        # A body is included more than once on purpose: by its kernels, each with its own flags.
        if "#pragma once" not in text and not path.name.endswith("_body.h"):
            yield f"{name_of(path)}: no #pragma once"


def check_openings():
    """A .cc says what it is for, or includes the header of its own name first, which says it"""
    first_include = re.compile(r'#include "(?:\w+/)*(\w+)\.h"')
    for path in sources("src", suffixes=(".cc",)):
        opening = path.read_text(encoding="utf-8").partition("\n")[0]
        own_header = first_include.match(opening)
        if not opening.startswith("// ") and not (own_header and own_header.group(1) == path.stem):
            yield f"{name_of(path)}: begins without its purpose"


def check_lengths():
    """No file over 400 lines; those that are longer do not grow (long_files.txt)"""
    known = {}
    if LONG_FILES.exists():
        for line in LONG_FILES.read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                lines, name = line.split()
                known[name] = int(lines)
    for path in sources("src", "include", "perf"):
        count = len(path.read_text(encoding="utf-8").splitlines())
        bound = known.pop(name_of(path), LINES_MAX)
        if count > bound:
            yield f"{name_of(path)}: {count} lines, at most {bound}; look for the second noun in it"
        elif bound > LINES_MAX and count <= LINES_MAX:
            yield f"{name_of(path)}: {count} lines; take it out of long_files.txt"
    for name in known:
        yield f"{name}: in long_files.txt, but not there"


def check_unfinished():
    """Nothing is left for later in a comment"""
    expression = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path in sources("src", "include", "perf", "tests", suffixes=(".h", ".cc", ".md", ".sh")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if expression.search(line):
                yield f"{name_of(path)}:{number}: {line.strip()}"


def check_awaits():
    """Nothing is awaited inside a condition, a && or a ||: GCC 12 miscompiles it"""
    in_condition = re.compile(r"\b(if|while|switch)\s*\((.*)")
    for path in sources("src", "include", "tests"):
        for number, line in code_lines(path):
            match = in_condition.search(line)
            condition = ""
            if match:
                depth = 1
                for character in match.group(2):
                    depth += {"(": 1, ")": -1}.get(character, 0)
                    if depth == 0:
                        break
                    condition += character
            if "co_await" in condition or re.search(r"(&&|\|\|) *!?\(?co_await", line):
                yield f"{name_of(path)}:{number}: {line.strip()}"


def check_built():
    """Every source file is named in a meson.build"""
    for folder in ("src", "perf", "tests"):
        built = "".join(path.read_text(encoding="utf-8")
                        for path in (ROOT / folder).rglob("meson.build"))
        for path in sources(folder, suffixes=(".cc",)):
            short = path.name.removesuffix("_fuzz.cc") if path.name.endswith("_fuzz.cc") else path.name
            stem = path.name.removesuffix(".cc")
            if f"{short}'" not in built and f"'{stem}'" not in built:
                yield f"{name_of(path)}: in no meson.build"


def check_example_configuration():
    """packaging/sluice.conf names every setting"""
    settings = re.findall(r'visitor\(\s*"([a-z_]+)",\s*"([a-z-]+)"',
                          (ROOT / "src/server/config/config.h").read_text(encoding="utf-8"))
    settings += [("udp", key) for key in re.findall(
        r'visitor\("([a-z-]+)"', (ROOT / "src/server/config/udp_settings.h").read_text(encoding="utf-8"))]
    section, named = None, set()
    for line in (ROOT / "packaging/sluice.conf").read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\[+(\w+)\]", line):
            section = match.group(1)
        elif match := re.match(r"\s*([a-z-]+) =", line):
            named.add((section, match.group(1)))
    for setting in sorted(set(settings) ^ named):
        yield ".".join(setting) + (": not in sluice.conf" if setting in settings else ": no such setting")


def check_links():
    """Links between documents lead somewhere"""
    link = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
    documents = [ROOT / "README.md"]
    documents += sources("src", "tests", "perf", "packaging", ".github", suffixes=(".md",))
    for path in documents:
        if not path.exists():
            continue
        for target, _ in link.findall(path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                yield f"{name_of(path)}: {target} does not exist"


def check_map():
    """Every document in src is reached by links from src/README.md"""
    link = re.compile(r"\]\(([^)#:]+\.md)(#[^)]*)?\)")
    reached, waiting = set(), [ROOT / "src/README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or not path.exists():
            continue
        reached.add(path)
        waiting += [(path.parent / target).resolve() for target, _ in link.findall(path.read_text(encoding="utf-8"))]
    for path in sources("src", suffixes=(".md",)):
        if path not in reached:
            yield f"{name_of(path)}: no way to it from src/README.md"


def check_unused():
    """Nothing is declared that nobody uses"""
    program = shutil.which("ctags")
    if program is None:
        return None
    kinds = {"class", "enum", "enumerator", "function", "member", "prototype", "struct", "typedef", "variable"}
    files = [str(path) for path in sources("src", "include")]
    result = subprocess.run([program, "-x", "--_xformat=%N\t%K\t%F\t%n\t%C", "--c++-kinds=+px", "--c++-kinds=-l",
                             "--languages=C++", "--language-force=C++", *files],
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:  # not Universal Ctags
        return None
    return find_unused(line.split("\t") for line in result.stdout.splitlines())


def find_unused(tags):
    """Names that occur in src and include only where they are declared and defined."""
    word = re.compile(r"[A-Za-z_]\w*")
    statement = re.compile(r"\s*(.*\bco_await\b|.*\bco_return\b|return\b|static_assert\b)")

    def count_words(*folders):
        return collections.Counter(name for path in sources(*folders) for _, line in code_lines(path)
                                   for name in word.findall(line))

    used, tested = count_words("src", "include", "perf"), count_words("tests")
    declared = {}
    for name, kind, path, line, text in tags:
        # Some uses look like declarations to ctags.
        if word.fullmatch(name) and not name.startswith("__anon") and not statement.match(text):
            declared.setdefault(name, []).append((kind, name_of(pathlib.Path(path)), line))
    for name, places in sorted(declared.items()):
        kind, path, line = places[0]
        if used[name] > len(places) or name in CALLED_BY_LANGUAGE | NEIGHBOURS or kind in ("enum", "struct", "class", "macro"):
            continue
        if tested[name] == 0:
            yield f"{path}:{line}: {name} is used nowhere"
        elif name not in CALLED_BY_TESTS:
            yield f"{path}:{line}: {name} is used by tests only"


def check_shell():
    """Shell scripts parse"""
    scripts = [ROOT / ".ci/run"]
    for folder in ("packaging", "perf", "tests"):
        scripts += sorted((ROOT / folder).rglob("*.sh"))
    for path in scripts:
        result = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            yield result.stderr.strip()


def check_format():
    """clang-format changes nothing"""
    # Releases differ in taste; the code follows the one of Debian 12.
    program = shutil.which("clang-format-14")
    if program is None:
        return None
    files = [str(path) for path in sources("src", "include", "perf", "tests")]
    result = subprocess.run([program, "--dry-run", *files], capture_output=True, text=True, check=False)
    return sorted({name_of(pathlib.Path(line.split(":")[0])) + ": run clang-format -i"
                   for line in result.stderr.splitlines() if "[-Wclang-format-violations]" in line})


def main():
    passed = failed = skipped = 0
    checks = [check for name, check in globals().items() if name.startswith("check_")]
    for check in checks:
        complaints = check()
        if complaints is None:
            skipped += 1
            print(f"skipped: {check.__doc__}")
            continue
        complaints = list(complaints)
        if complaints:
            failed += 1
            print(f"FAILED: {check.__doc__}")
            for complaint in complaints:
                print(f"    {complaint}")
        else:
            passed += 1
            print(f"ok: {check.__doc__}")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
