#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads OpenMetrics, or with --classic the text format before it, as the specification has it; knows nothing of memsh.

Prints each sample as a line of JSON: [name, {labels}, value]. Fails with the line that breaks a rule: metadata once and
before the samples, the samples of a family together, names of types and units, each series once, "# EOF" at the end.
"""
import json
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)')
SUFFIX = {"counter": "_total", "info": "_info", "gauge": ""}


def labels_of(text):
    labels = {}
    while text:
        found = LABEL.match(text)
        assert found, "labels"
        assert found[1] not in labels, "a label twice"
        labels[found[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), found[2])
        text = text[found.end():]
    return labels


class Reader:
    def __init__(self, classic):
        self.classic, self.about, self.done, self.current, self.seen = classic, {}, set(), None, set()

    def enter(self, family):
        if family != self.current:
            assert family not in self.done, "the family in two places"
            self.done.add(family)
            self.current = family
            self.about[family] = {}

    def describe(self, line):
        found = re.fullmatch(rf"# (HELP|TYPE|UNIT) ({NAME})(?: (.*))?", line)
        assert found, "comment"
        self.enter(found[2])
        assert found[1] not in self.about[found[2]], "metadata twice"
        self.about[found[2]][found[1]] = found[3]
        if found[1] == "UNIT":
            assert not self.classic and found[2].endswith("_" + found[3]), "unit"

    def sample(self, line):
        found = re.fullmatch(rf"({NAME})(?:\{{(.*)\}})? (\S+)", line)
        assert found, "sample"
        about = self.about[self.current]
        assert about.get("HELP"), "no help"
        suffix = "" if self.classic else SUFFIX[about["TYPE"]]
        assert found[1] == self.current + suffix, "name"
        if self.classic:
            assert about["TYPE"] in ("gauge", "counter") and (about["TYPE"] == "counter") == found[1].endswith("_total")
        labels = labels_of(found[2] or "")
        series = (found[1], tuple(sorted(labels.items())))
        assert series not in self.seen, "a series twice"
        self.seen.add(series)
        return found[1], labels, float(found[3])


def main():
    classic = "--classic" in sys.argv
    reader, lines = Reader(classic), sys.stdin.buffer.read().decode("utf-8").split("\n")
    assert lines.pop() == "", "the last line has no end"
    if not classic:
        assert lines.pop() == "# EOF", "no end"
    for line in lines:
        try:
            if line.startswith("#"):
                reader.describe(line)
            else:
                print(json.dumps(reader.sample(line)))
        except (AssertionError, KeyError) as error:
            sys.exit(f"{error!r}: {line}")


main()
