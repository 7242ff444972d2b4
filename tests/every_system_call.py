#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs memsh once for each system call that it makes and each fault that this one may have: an error, an interruption,
less than it was asked for. With --strict and status 0 the answer is the true one, to the byte; any other status has a
message; nothing crashes or hangs, no descriptor is left open, and a file is the old one or the whole new one.

    MEMSH=build-test/memsh MEMSH_ROOT=. tests/every_system_call.py [--lasting] [--step N] [RUN...]

All runs take half an hour on two CPUs.
"""
import argparse
import collections
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

import fault_runs
from fault_runs import RUNS

TOOL = str(fault_runs.HELPERS / "failing_call")
NOT_HERE = 77
INCOMPLETE = 3 # of --strict, and of an audit that could not read enough
NO_SUCH_PROCESS = 42 # of pmap, without a word
GONE = ("ENOENT", "ESRCH") # a process that has ended, a file that was never there: another answer is as true
MOST = {"recorder": 12} # calls of each name: it makes thousands, of all the processes that there are
# Of --version what it could not look up, of --list reports and directories.
MARKS = (b" is not known: ", b" is not run as root: ", b"reports are not listed: ")
NOT_LASTING = ("EINTR", "EAGAIN", "short") # what the kernel does now and then alone


class Runner:
    def __init__(self, folder):
        self.folder = folder
        self.report = str(folder.path / "home" / "report")
        folder.path.joinpath("home").mkdir()
        folder.command[1:1] = ["--strict"]

    def run(self, *fault):
        """What the run gives, and the lines of the report."""
        got = self.folder.run(before=[TOOL, *fault, self.report])
        with open(self.report, encoding="ascii") as report:
            return got, report.read().splitlines()


def descriptors(report):
    return max((int(line.split()[1]) for line in report if line.startswith("open ")), default=0)


def chosen(number, of, most):
    """Whether a call is one of `most`, evenly spread."""
    return number * most // of != (number - 1) * most // of


def faults(report, lasting, most):
    """(name, number, fault) of all that may go wrong, of at most so many calls of each name."""
    calls = [line.split()[1:] for line in report if line.startswith("call ")]
    total, count = collections.Counter(words[0] for words in calls), {}
    for name, *words in calls:
        count[name] = count.get(name, 0) + 1
        if total[name] > most and not chosen(count[name], total[name], most):
            continue
        for fault in words:
            if not lasting:
                yield name, count[name], fault
            elif fault not in NOT_LASTING:
                yield name, count[name], fault + "+"


def is_same(true, got):
    """What meta does not know of the machine it leaves out."""
    known = [(without_machine(answer[1]), {name: rows_of(file) for name, file in fault_runs.contents(answer[3]).items()})
             for answer in (true, got)]
    return known[0] == known[1] or any(mark in got[1] + got[2] for mark in MARKS)


def without_machine(out):
    return re.sub(rb'"(host|boot_id|kernel)": "[^"]*", ', b"", out)


def rows_of(content):
    """A database as its statements, without the machine; anything else as it is."""
    if not isinstance(content, bytes) or not content.startswith(fault_runs.DATABASE):
        return content
    connection = sqlite3.connect(":memory:")
    connection.deserialize(content)
    return [line for line in connection.iterdump() if 'INTO "memsh_answer"' not in line]


def wrong(true, got, runner, report, open_at_end, fault):
    """What is wrong with a run, or None."""
    lives = runner.folder.name == "recorder"
    bad = fault_runs.crash(got) or not lives and fault_runs.half_a_file(true, got, runner.folder.files)
    if bad:
        return bad
    if descriptors(report) > open_at_end:
        return f"{descriptors(report)} descriptors are open at the end, not {open_at_end}"
    if lives:
        return fault_runs.recorded(got, runner.folder.path)
    if runner.folder.name in fault_runs.SESSIONS:
        hung_up = runner.folder.name == "prompt" and fault[0] == "read" # the terminal has gone
        return None if hung_up or fault[2].rstrip("+") in GONE else fault_runs.session(true, got)
    if got[0] not in (true[0], 0) or got[0] == INCOMPLETE:
        is_mute = fault[0] == "write" and got[:2] == true[:2] # the message itself could not be written
        has_ended = fault[2].rstrip("+") in GONE and got[0] == NO_SUCH_PROCESS
        return None if got[2] or is_mute or has_ended or b"UNKNOWN - " in got[1] else "no message"
    forbidden = fault[0] == "access" and fault[2].rstrip("+") == "EACCES" # a report that may not be read is none
    if forbidden:
        return None
    is_marked = "--check" in runner.folder.command and b"not all that was asked for could be read" in got[2]
    return None if is_marked or fault[2].rstrip("+") in GONE or is_same(true, got) else "another answer"


def try_all(name, lasting, step):
    with tempfile.TemporaryDirectory() as path, fault_runs.Folder(path, name) as folder:
        runner = Runner(folder)
        true, calls = runner.run("list")
        open_at_end = descriptors(calls)
        tried = made = failed = bad = 0
        for number, fault in enumerate(faults(calls, lasting, MOST.get(name, len(calls)))):
            if number % step:
                continue
            got, report = runner.run(*map(str, fault))
            tried, made, failed = tried + 1, made + ("done" in report), failed + (got[0] != true[0])
            what = wrong(true, got, runner, report, open_at_end, fault)
            if what:
                bad += 1
                print(f"{name}: {' '.join(map(str, fault))}: {what}: status {got[0]}\n  {got[1][-300:]!r}\n"
                      f"  {got[2][-300:]!r}", flush=True)
        print(f"{name}: {len(calls) - 1} calls, {tried} faults, {made} made, {failed} runs failed, {bad} wrong", flush=True)
        return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lasting", action="store_true", help="all calls of that name after it fail, too")
    parser.add_argument("--step", type=int, default=1, help="each Nth fault alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many runs beside each other")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=" ".join(RUNS))
    options = parser.parse_args()
    if not os.access(TOOL, os.X_OK) or subprocess.run([TOOL], check=False).returncode == NOT_HERE:
        print("system calls are made to fail on x86-64 alone")
        return 0
    return bool(fault_runs.each(options.runs or list(RUNS), options.jobs,
                                lambda name: try_all(name, options.lasting, options.step)))


if __name__ == "__main__":
    sys.exit(main())
