#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes one operator or constant at a time in the parsers (src/procfs/parse) and the expressions (lua/memsh/expr),
and runs the tests that should notice: mutants.py ROOT BUILD-DIR [--sample N] [--seed N] [FILE...]

BUILD-DIR is one of ninja, with tests. What is changed in C is compiled with sanitizers, which notice more. A change that
a test notices is killed, by a failure, a crash or by not ending (10 seconds of CPU). One that none notices survives:
either no test asserts what it breaks, or it breaks nothing. Those of the second kind are in equivalent.tsv, with the
reason, and do not count. Status 1: the score is below 80 %.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

GOAL = 80
CPU_SECONDS, WALL_SECONDS = 10, 900
SANITIZERS = "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-O1", "-U_FORTIFY_SOURCE"

# Tests of each parser, the quickest to notice first: test programs of the build.
C_TESTS = {
    "graphics.c": ["test_procfs_limits", "fuzz_limits"],
    "keyval.c": ["test_procfs_keyval", "fuzz_keyval"],
    "kmsg.c": ["test_kmsg", "fuzz_kmsg"],
    "lines.c": ["test_procfs_limits", "fuzz_limits"],
    "numa_maps.c": ["test_procfs_limits", "fuzz_limits"],
    "stat.c": ["test_procfs_stat", "fuzz_stat", "fuzz_statm", "fuzz_text"],
    "swaps.c": ["test_procfs_lists", "test_shmem", "fuzz_kmsg"],
    "value.c": ["test_procfs_keyval", "test_procfs_stat", "fuzz_keyval", "fuzz_text"],
}
# Of the expressions, the quickest first: what one lets through the next is asked about.
LUA_TESTS = ["expr_messages", "moments", "filter_columns", "expr_field", "expr", "economy", "expr_unknown", "undecided",
             "expr_errors", "without_flags", "upper_bound"]

C_SKIPPED = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$'
LUA_SKIPPED = r'--\[\[.*?\]\]|--[^\n]*|\[\[.*?\]\]|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
NUMBER = r"(?<![\w.])\d+(?![\w.])"
BINARY = r"(?<= )(?:[-+*/%<>&|]|//|<<|>>|<=|>=)(?= )"
C_TOKEN = rf"'(?:\\.[0-9a-f]*|[^'\\])'|[=!]=|&&|\|\||\+\+|--|[-+|]=|!(?=[\w(*])|{BINARY}|{NUMBER}|\b(?:true|false)\b|" \
          r"\bMS_(?:KNOWN|MALFORMED|UNSUPPORTED|NO_MEMORY|OUT_OF_MEMORY)\b"
LUA_TOKEN = rf"[=~]=|{BINARY}|{NUMBER}|\b(?:true|false|and|or|not)\b"
CHANGES = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "~=": "==", "&&": "||", "||": "&&",
    "and": "or", "or": "and", "not": "", "!": "", "+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*",
    "&": "|", "|": "&", "<<": ">>", ">>": "<<", "++": "--", "--": "++", "+=": "-=", "-=": "+=", "|=": "&=",
    "true": "false", "false": "true", "MS_KNOWN": "MS_MALFORMED", "MS_MALFORMED": "MS_UNSUPPORTED",
    "MS_UNSUPPORTED": "MS_MALFORMED", "MS_NO_MEMORY": "MS_MALFORMED", "MS_OUT_OF_MEMORY": "MS_MALFORMED",
}


def changed(token, is_lua):
    if token == "==" and is_lua:
        return "~="
    if token[0] == "'":
        return "'\\1'"
    return str(int(token) + 1) if token.isdigit() else CHANGES[token]


class Mutant:
    def __init__(self, root, path, text, match):
        self.path, self.name, self.is_lua = path, str(path.relative_to(root)), path.suffix == ".lua"
        new = changed(match[0], self.is_lua)
        self.line = text.count("\n", 0, match.start()) + 1
        source = text.splitlines()[self.line - 1]
        column = match.start() - text.rfind("\n", 0, match.start()) - 1
        self.text = text[:match.start()] + new + text[match.end():]
        self.old, self.new = source.strip(), (source[:column] + new + source[column + len(match[0]):]).strip()

    def __str__(self):
        return f"{self.name}:{self.line}: {self.old}\n    became: {self.new}"

    def key(self):
        return self.name, self.old, self.new


def mutants_of(root, path):
    text = path.read_text()
    skipped, token = (LUA_SKIPPED, LUA_TOKEN) if path.suffix == ".lua" else (C_SKIPPED, C_TOKEN)
    for match in re.finditer(f"(?P<skipped>{skipped})|{token}", text, re.M | re.S):
        if match["skipped"] is None:
            yield Mutant(root, path, text, match)


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Workshop:
    """A directory of one thread, where mutants are made and tested, one after the other."""

    def __init__(self, root, build, place):
        self.root, self.build = root, build
        self.place = pathlib.Path(tempfile.mkdtemp(dir=place))
        shutil.copytree(root / "lua", self.place / "lua")
        tests = root / "tests"
        self.environment = {
            **os.environ, "MEMSH_TESTS": str(tests), "MEMSH_FIXTURES": str(tests / "fixtures"), "MEMSH_ROOT": str(root),
            "MEMSH": str(build / "memsh"), "LC_ALL": "C.UTF-8", "CCACHE_DISABLE": "1", "SUDO_UID": "",
            "TZ": "NZST-12NZDT,M9.5.0,M4.1.0/3",  # far from UTC, so that who takes one for the other is noticed
            "ASAN_OPTIONS": "detect_leaks=1"}

    def run(self, command, limited=True):
        """Whether it went well."""
        try:
            return subprocess.run(command, cwd=self.build, env=self.environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, timeout=WALL_SECONDS,
                                  preexec_fn=limit if limited else None).returncode in (0, 77)
        except subprocess.TimeoutExpired:
            return False

    def lua_test(self, name):
        path = self.root / "tests" / "lua" / f"{name}_test.lua"
        source = re.search("^-- source: (.*)$", path.read_text(), re.M)
        root = ["--source", str(self.root / "tests" / "fixtures" / source[1])] if source else []
        return [str(self.build / "memsh"), "--lua-dir", str(self.place / "lua"), *root, str(path)]

    def c_test(self, name, program):
        corpus = self.root / "tests" / "fuzz" / "corpus" / name.removeprefix("fuzz_")
        return [str(program), *([str(corpus)] if name.startswith("fuzz_") else [])]

    def check_unchanged(self):
        """Without a change all tests pass, or no score means anything."""
        folders = {name: "fuzz" if name.startswith("fuzz_") else "unit" for tests in C_TESTS.values() for name in tests}
        failing = [name for name, folder in folders.items()
                   if not self.run(self.c_test(name, self.build / "tests" / folder / name))]
        failing += [name for name in LUA_TESTS if not self.run(self.lua_test(name))]
        if failing:
            sys.exit(f"Without a change these fail: {' '.join(failing)}")

    def try_lua(self, mutant):
        place = self.place / mutant.name
        whole = place.read_text()
        place.write_text(mutant.text)
        try:
            if not self.run(["luac5.4", "-p", str(place)]):
                return "invalid"
            return "survived" if all(self.run(self.lua_test(name)) for name in LUA_TESTS) else "killed"
        finally:
            place.write_text(whole)

    def try_c(self, mutant, commands):
        source, made = self.place / mutant.path.name, self.place / "mutant.o"
        source.write_text(mutant.text)
        compiler = commands.compile(mutant.path)
        compiler[compiler.index("-o") + 1], compiler[compiler.index("-c") + 1] = str(made), str(source)
        if not self.run([*compiler, *SANITIZERS], limited=False):
            return "invalid"
        for test in C_TESTS[mutant.path.name]:
            program = self.place / test
            if not self.run(["sh", "-c", commands.link(test, made, program)], limited=False):
                raise RuntimeError(f"{test} can't be linked")
            if not self.run(self.c_test(test, program)):
                return "killed"
        return "survived"


class Commands:
    """How the build makes things."""

    def __init__(self, build):
        self.build = build
        self.objects = {pathlib.Path(entry["file"]).resolve(): shlex.split(entry["command"])
                        for entry in json.loads((build / "compile_commands.json").read_text())}
        self.links = {test: self.link_of(test) for tests in C_TESTS.values() for test in tests}

    def link_of(self, test):
        lines = subprocess.run(["ninja", "-t", "commands", test], cwd=self.build, check=True, capture_output=True,
                               text=True).stdout
        return lines.splitlines()[-1]

    def compile(self, path):
        return list(self.objects[path.resolve()])

    def link(self, test, made, program):
        """The mutant's object comes first, so that the library's own is not taken."""
        return re.sub(r" -o \S+", f" {made} -o {program} {SANITIZERS[0]}", self.links[test], count=1)


def equivalent(root):
    lines = (root / "tests" / "analysis" / "equivalent.tsv").read_text().splitlines()
    return {tuple(line.split("\t")[:3]) for line in lines if line and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--sample", type=int, help="only so many, chosen by chance")
    parser.add_argument("--seed", type=int, default=1, help="of that chance")
    parser.add_argument("files", nargs="*", metavar="FILE", help="names of files, as stat.c or lexer.lua")
    options = parser.parse_intermixed_args()
    root, build = options.root.resolve(), options.build.resolve()
    paths = [*sorted((root / "src/procfs/parse").glob("*.c")), *sorted((root / "lua/memsh/expr").glob("*.lua"))]
    paths = [path for path in paths if not options.files or path.name in options.files]
    known = equivalent(root)
    mutants = [mutant for path in paths for mutant in mutants_of(root, path) if mutant.key() not in known]
    if options.sample and options.sample < len(mutants):
        mutants = random.Random(options.seed).sample(mutants, options.sample)
    return report(*try_all(root, build, mutants))


def try_all(root, build, mutants):
    commands, own, survivors, counts = Commands(build), threading.local(), [], {}

    def try_one(mutant):
        if not hasattr(own, "shop"):
            own.shop = Workshop(root, build, place)
        fate = own.shop.try_lua(mutant) if mutant.is_lua else own.shop.try_c(mutant, commands)
        return mutant, fate

    with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        Workshop(root, build, place).check_unchanged()
        for number, (mutant, fate) in enumerate(pool.map(try_one, mutants), 1):
            by_fate = counts.setdefault(mutant.name, {"killed": 0, "survived": 0, "invalid": 0})
            by_fate[fate] += 1
            if fate == "survived":
                survivors.append(mutant)
            if number % 50 == 0:
                print(f"{number} of {len(mutants)}", file=sys.stderr, flush=True)
    return survivors, counts


def report(survivors, counts):
    print("survivors:")
    for mutant in sorted(survivors, key=lambda mutant: (mutant.name, mutant.line)):
        print(f"  {mutant}")
    print(f"\n{'file':<36} {'tried':>6} {'killed':>7} {'score':>7}")
    sums = {"parsers": [0, 0], "expressions": [0, 0], "all": [0, 0]}
    for name, fates in sorted(counts.items()):
        killed, tried = fates["killed"], fates["killed"] + fates["survived"]
        for key in "all", "expressions" if name.endswith(".lua") else "parsers":
            sums[key][0] += killed
            sums[key][1] += tried
        print_row(name, killed, tried)
    for name, (killed, tried) in sums.items():
        print_row(name, killed, tried)
    print(f"not counted, as they do not compile: {sum(fates['invalid'] for fates in counts.values())}")
    return 100 * sums["all"][0] < GOAL * sums["all"][1]


def print_row(name, killed, tried):
    if tried:
        print(f"{name:<36} {tried:>6} {killed:>7} {100 * killed / tried:>6.1f}%")


if __name__ == "__main__":
    sys.exit(main())
