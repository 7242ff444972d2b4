#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of Lua that ran, as lua_lines.c notes them.

    lua_lines.py ROOT FILE     writes the list of Lua files that lua_lines.c reads, and FILE.reached, all zero
"""

import pathlib
import re
import subprocess
import sys

INSTRUCTION = re.compile(r"\t(\d+)\t\[(\d+)\]\t(\w+).*?(?:; (?:exit )?to (\d+))?$")
FUNCTION = re.compile("(?:main|function) <")
# Instructions after which the next one may be left out.
TESTS = {"EQ", "LT", "LE", "EQK", "EQI", "LTI", "LEI", "GTI", "GEI", "TEST", "TESTSET"}


def lua_files(root):
    return sorted(str(path.relative_to(root)) for part in ("lua/memsh", "scripts")
                  for path in (root / part).rglob("*.lua"))


def write_list(root, path):
    counts = {name: (root / name).read_bytes().count(b"\n") + 1 for name in lua_files(root)}
    path.write_text("".join(f"{name} {count}\n" for name, count in counts.items()))
    reached = path.with_name(path.name + ".reached")
    reached.write_bytes(bytes(sum(counts.values())))
    reached.chmod(0o666)  # tests run memsh as other users, too


def followers(number, name, target):
    """Instructions that may run after one."""
    if name in ("RETURN", "RETURN0", "RETURN1"):
        return []
    if name == "JMP":
        return [target]
    if name == "LFALSESKIP":
        return [number + 2]
    return [number + 1, *([number + 2] if name in TESTS else []), *([target] if target else [])]


def lines_of(function):
    """The lines of a function whose instructions can run; the compiler adds some that can't."""
    seen, todo = set(), [1]
    while todo:
        number = todo.pop()
        if number in function and number not in seen:
            seen.add(number)
            todo += followers(number, *function[number][1:])
    last = max(function)  # the return at its "end", which says nothing
    return {function[number][0] for number in seen if number != last and function[number][1] != "VARARGPREP"}


def code_lines(path):
    """The lines of a file that hold code."""
    listing = subprocess.run(["luac5.4", "-p", "-l", path], check=True, capture_output=True, text=True).stdout
    functions = []
    for line in listing.splitlines():
        instruction = INSTRUCTION.match(line)
        if FUNCTION.match(line):
            functions.append({})
        elif instruction:
            number, at, name, target = instruction.groups()
            functions[-1][int(number)] = int(at), name, int(target or 0)
    return set().union(*map(lines_of, functions))


def collect(root, path):
    """{file: {line: reached}}"""
    reached = path.with_name(path.name + ".reached").read_bytes()
    lines, start = {}, 0
    for name, count in map(str.split, path.read_text().splitlines()):
        lines[name] = {line: bool(reached[start + line - 1]) for line in sorted(code_lines(root / name))}
        start += int(count)
    return lines


if __name__ == "__main__":
    write_list(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
