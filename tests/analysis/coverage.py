#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums what gcov and lua_lines.c noted, by room.

    coverage.py --take ROOT BUILD-DIR             adds gcov's counts to BUILD-DIR/reached.json, and removes them
    coverage.py ROOT BUILD-DIR LUA-LINES          prints the sums

Counts are taken after each kind of test: a memsh that is killed while it writes them, or may not write, spoils them.

A line that the compiler put into several places, or that several programs have, counts once, and is reached if any of
them was. So does a branch: one way out of a condition, each part of `a && b` a condition. A line with a comment
LCOV_EXCL_BR_LINE, which says why, has branches that are not counted. What the goals lack is named, and the lines of
the files with the most that nothing reached. Status 1: a goal was missed.
"""

import collections
import json
import pathlib
import subprocess
import sys

import lua_lines

MOST_FILES, MOST_LINES = 15, 12
# What comes from files and kernels, and what shuts memsh in, has no branch that no test has seen.
WHOLE_BRANCHES = ("procfs/parse", "confine")
LINES_GOAL = 95


def counts_of(build):
    """What gcov says of each object file, one document after the other."""
    notes = sorted(str(path) for path in (build / "src").rglob("*.gcno") if path.with_suffix(".gcda").exists())
    decoder = json.JSONDecoder()
    for start in range(0, len(notes), 50):
        text = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *notes[start:start + 50]],
                              stdout=subprocess.PIPE, text=True, cwd=build).stdout.strip()
        while text:
            document, end = decoder.raw_decode(text)
            yield document
            text = text[end:].lstrip()


def collect(root, build):
    """{file: {line: reached}}, {file: {(line, index): reached}} of what is below src."""
    lines, branches = collections.defaultdict(dict), collections.defaultdict(dict)
    for document in counts_of(build):
        for file in document["files"]:
            # Names are relative to the root (-ffile-prefix-map), or to where the compiler ran.
            places = root / file["file"], pathlib.Path(document["current_working_directory"]) / file["file"]
            path = next((place for place in places if place.exists()), places[0]).resolve()
            if not path.is_relative_to(root / "src"):
                continue
            name = str(path.relative_to(root / "src"))
            for line in file["lines"]:
                number = line["line_number"]
                lines[name][number] = lines[name].get(number, False) or line["count"] > 0
                for index, branch in enumerate(line["branches"]):
                    key = number, index
                    branches[name][key] = branches[name].get(key, False) or branch["count"] > 0
    return lines, branches


def take(root, build):
    """Adds what was reached to what had been before."""
    path = build / "reached.json"
    sums = json.loads(path.read_text()) if path.exists() else {"lines": {}, "branches": {}}
    for what, found in zip(("lines", "branches"), collect(root, build)):
        for name, of_file in found.items():
            before = sums[what].setdefault(name, {})
            for key, reached in of_file.items():
                key = str(key) if what == "lines" else "{} {}".format(*key)
                before[key] = before.get(key, False) or reached
    path.write_text(json.dumps(sums))
    for counts in build.rglob("*.gcda"):
        counts.unlink()


def taken(build):
    sums = json.loads((build / "reached.json").read_text())
    lines = {name: {int(key): reached for key, reached in of_file.items()} for name, of_file in sums["lines"].items()}
    branches = {name: {tuple(map(int, key.split())): reached for key, reached in of_file.items()}
                for name, of_file in sums["branches"].items()}
    return lines, branches


def leave_out(root, branches):
    for name, of_file in branches.items():
        text = (root / "src" / name).read_text().splitlines()
        for key in [key for key in of_file if "LCOV_EXCL_BR_LINE" in text[key[0] - 1]]:
            del of_file[key]


def room_of(name):
    parts = name.split("/")
    if parts[0] == "lua":
        return "lua " + (parts[2] if len(parts) > 3 else "init")
    return "/".join(parts[:2]) if parts[0] == "procfs" and len(parts) > 2 else parts[0]


def percent(reached, of):
    return 100 * reached / of if of else 100


class Sums(dict):
    """By room, and of all: lines reached, lines, branches reached, branches."""

    def __init__(self, lines, branches, name_of_all):
        super().__init__()
        for name, of_file in lines.items():
            for key in room_of(name), name_of_all:
                row = self.setdefault(key, [0, 0, 0, 0])
                row[0] += sum(of_file.values())
                row[1] += len(of_file)
                row[2] += sum(branches.get(name, {}).values())
                row[3] += len(branches.get(name, {}))

    def print(self):
        for room, (got, of, got_branches, of_branches) in self.items():
            shown = f" {of_branches:>9} {percent(got_branches, of_branches):>7.1f}%" if of_branches else ""
            print(f"{room:<18} {of:>7} {percent(got, of):>7.1f}%{shown}")


def in_order(sums, last):
    for room in sorted(sums, key=lambda room: (room == last, room)):
        sums[room] = sums.pop(room)
    return sums


def missed_branches(branches):
    """Of the rooms that should have none: "file:line", how many of how many."""
    for name, of_file in sorted(branches.items()):
        if room_of(name) not in WHOLE_BRANCHES:
            continue
        for number in sorted({number for (number, _), reached in of_file.items() if not reached}):
            ways = [reached for (line, _), reached in sorted(of_file.items()) if line == number]
            yield f"src/{name}:{number}: way {' '.join(str(i + 1) for i, r in enumerate(ways) if not r)} of {len(ways)}"


def print_missed(lines):
    missed = {name: [number for number, reached in sorted(of_file.items()) if not reached]
              for name, of_file in lines.items()}
    for name in sorted(missed, key=lambda name: -len(missed[name]))[:MOST_FILES]:
        numbers = missed[name]
        more = f" and {len(numbers) - MOST_LINES} more" if len(numbers) > MOST_LINES else ""
        if numbers:
            print(f"  {name}: {len(numbers)} lines: {' '.join(map(str, numbers[:MOST_LINES]))}{more}")


def main():
    if sys.argv[1] == "--take":
        return take(*(pathlib.Path(path).resolve() for path in sys.argv[2:]))
    root, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    lines, branches = taken(build)
    leave_out(root, branches)
    lua = lua_lines.collect(root, pathlib.Path(sys.argv[3]))
    c_sums, lua_sums = (in_order(Sums(*args), args[2]) for args in ((lines, branches, "C"), (lua, {}, "Lua")))
    print(f"{'room':<18} {'lines':>7} {'reached':>8} {'branches':>9} {'reached':>8}")
    c_sums.print()
    lua_sums.print()
    print("\nlines that no test reached, in the files with the most:")
    print_missed({**lines, **lua})
    failed = False
    for language, row in (("C", c_sums["C"]), ("Lua", lua_sums["Lua"])):
        share = percent(row[0], row[1])
        failed |= share < LINES_GOAL
        print(f"{'short of the goal' if share < LINES_GOAL else 'goal met'}: {share:.1f} % of the lines of {language}, "
              f"{LINES_GOAL} % wanted")
    missed = list(missed_branches(branches))
    failed |= bool(missed)
    print(f"{'short of the goal' if missed else 'goal met'}: every branch of {' and '.join(WHOLE_BRANCHES)}")
    for line in missed:
        print(f"  {line}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
