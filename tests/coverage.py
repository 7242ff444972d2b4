#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums what gcov counted, by layer of src: coverage.py ROOT BUILD-DIR

A line that the compiler put into several places, or that several programs have, counts once, and is reached if any of
them was. So does a branch. The files with the most lines that nothing reached are named, and these lines.
"""

import collections
import json
import pathlib
import subprocess
import sys

MOST_FILES, MOST_LINES = 15, 12


def counts_of(build):
    """What gcov says of each object file, one document after the other."""
    notes = sorted(str(path) for path in build.rglob("*.gcno") if path.with_suffix(".gcda").exists())
    decoder = json.JSONDecoder()
    for start in range(0, len(notes), 50):
        text = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", *notes[start:start + 50]],
                              check=True, capture_output=True, text=True, cwd=build).stdout.strip()
        while text:
            document, end = decoder.raw_decode(text)
            yield document
            text = text[end:].lstrip()


def collect(root, build):
    """{file: {line: reached}}, {file: {(line, index): reached}} of what is below src."""
    lines, branches = collections.defaultdict(dict), collections.defaultdict(dict)
    for document in counts_of(build):
        for file in document["files"]:
            path = (pathlib.Path(document["current_working_directory"]) / file["file"]).resolve()
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


def layer_of(name):
    parts = name.split("/")
    return "/".join(parts[:2]) if parts[0] == "procfs" and len(parts) > 2 else parts[0]


def percent(reached, of):
    return 100 * reached / of if of else 100


def print_layers(lines, branches):
    sums = collections.defaultdict(lambda: [0, 0, 0, 0])
    for name, of_file in lines.items():
        for key in layer_of(name), "all":
            row = sums[key]
            row[0] += sum(of_file.values())
            row[1] += len(of_file)
            row[2] += sum(branches[name].values())
            row[3] += len(branches[name])
    print(f"{'layer':<18} {'lines':>7} {'reached':>8} {'branches':>9} {'reached':>8}")
    for layer in sorted(sums, key=lambda layer: (layer == "all", layer)):
        got, of, got_branches, of_branches = sums[layer]
        print(f"{layer:<18} {of:>7} {percent(got, of):>7.1f}% {of_branches:>9} "
              f"{percent(got_branches, of_branches):>7.1f}%")


def print_missed(lines):
    missed = {name: [number for number, reached in sorted(of_file.items()) if not reached]
              for name, of_file in lines.items()}
    print("\nnot reached:")
    for name in sorted(missed, key=lambda name: -len(missed[name]))[:MOST_FILES]:
        numbers = missed[name]
        more = f" and {len(numbers) - MOST_LINES} more" if len(numbers) > MOST_LINES else ""
        print(f"{name}: {len(numbers)} lines: {' '.join(map(str, numbers[:MOST_LINES]))}{more}")


def main():
    root, build = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
    lines, branches = collect(root, build)
    print_layers(lines, branches)
    print_missed(lines)


main()
