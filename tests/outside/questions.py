#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the questions of scripts/fleet/questions: questions.py [--times] [--no-memsh] MEMSH FLEET [NAME=COMMAND...]

COMMAND reads SQL and prints rows with tabs. It fails where an engine's numbers are not those of memsh -s FLEET (or, with
--no-memsh, of the first engine). memsh's answers are kept in FLEET.answers, for the next engine. --times prints a Markdown table of seconds (of
CPU). `--columns` alone prints the columns, and `--markdown` the table of scripts/fleet/README.md.
"""

import csv
import io
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import time

FILE = pathlib.Path(__file__).resolve().parents[2] / "scripts/fleet/questions"


def questions():
    """(words, memsh, SQL) of each."""
    return re.findall(r"^\? (.*)\nmemsh (.*)\nsql (.*)$", FILE.read_text(), re.M)


def columns():
    return re.search(r"^columns (.*)$", FILE.read_text(), re.M)[1]


def value(text):
    if text in ("", "\\N"):
        return None
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text) else text


def by_memsh(memsh, fleet, question):
    """Rows without the last column, which names sums that lack something."""
    out = subprocess.run([memsh, "-s", fleet, "-f", "csv", "-e", question], check=True, capture_output=True,
                         encoding="utf-8").stdout
    rows = list(csv.reader(io.StringIO(out)))
    if not (len(rows) == 1 and len(rows[0]) == 1):
        if rows[0][-1] == "partial":
            rows = [row[:-1] for row in rows]
        rows = rows[1:]
    return [[value(text) for text in row] for row in rows]


def by_engine(command, sql):
    out = subprocess.run(command, shell=True, check=True, input=sql + ";\n", stdout=subprocess.PIPE,
                         encoding="utf-8").stdout
    return [[value(text) for text in line.split("\t")] for line in out.splitlines()]


def same(left, right):
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9)
    return left == right


def agree(left, right):
    return len(left) == len(right) > 0 and all(
        len(a) == len(b) and all(map(same, a, b)) for a, b in zip(left, right))


def timed(function, *arguments):
    """What a function returns, and its seconds, with those of CPU of the programs that it ran (not of a server)."""
    begin, before = time.monotonic(), os.times()
    rows = function(*arguments)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return rows, f"{time.monotonic() - begin:.2f} ({cpu:.2f})"


def all_by_memsh(memsh, fleet):
    """For each question its rows and seconds."""
    kept = pathlib.Path(f"{fleet}.answers")
    if not kept.exists():
        kept.write_text(json.dumps({question: timed(by_memsh, memsh, fleet, question) for _, question, _ in questions()}))
    return json.loads(kept.read_text())


def ask(memsh, fleet, engines, show_times, with_memsh):
    wrong = 0
    answers = all_by_memsh(memsh, fleet) if with_memsh else {}
    if show_times:
        names = (["memsh"] if with_memsh else []) + list(engines)
        print("| question | " + " | ".join(names) + " |\n|---|" + "---:|" * len(names))
    for words, question, sql in questions():
        want, times = None, []
        if with_memsh:
            want, seconds = answers[question]
            times.append(seconds)
        for name, command in engines.items():
            rows, seconds = timed(by_engine, command, sql)
            times.append(seconds)
            want = rows if want is None else want
            if not agree(want, rows):
                wrong += 1
                print(f"{words} {name} differs:\n  {want}\n  {rows}", file=sys.stderr)
        if show_times:
            print(f"| {words} | " + " | ".join(times) + " |", flush=True)
    return wrong


def main():
    options = {word for word in sys.argv[1:] if word.startswith("--")}
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if "--columns" in options:
        print(columns())
    elif "--markdown" in options:
        print("| question | memsh | SQL |\n|---|---|---|")
        for row in questions():
            print("| {} | `{}` | `{}` |".format(*row))
    else:
        engines = dict(word.split("=", 1) for word in words[2:])
        sys.exit(1 if ask(words[0], os.fspath(words[1]), engines, "--times" in options, "--no-memsh" not in options)
                 else 0)


if __name__ == "__main__":
    main()
