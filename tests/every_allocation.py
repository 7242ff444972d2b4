#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs memsh once for each allocation that it makes, and lets that one fail, or it and all after it (--forever). With
status 0 the answer is the true one, to the byte; any other status has a message; nothing aborts or hangs.

    MEMSH=build/memsh MEMSH_ROOT=. tests/every_allocation.py [--forever|--own] [--step N] [--from N] [RUN...]

All runs take an hour on two CPUs, and as long with --forever. --own leaves out the allocations of Lua, which collects its garbage
and asks again where one fails.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import fault_runs
from fault_runs import RUNS


LIVING = ("recorder",) # ends by a signal: it allocates as often as it lives long


class Runner:
    def __init__(self, folder, mode):
        self.folder = folder
        self.own = folder.path / "home"
        self.own.mkdir()
        self.library, self.count = str(self.own / "failing.so"), self.own / "count"
        source = fault_runs.ROOT / "tests" / "unit" / "failing_malloc.c"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", self.library, source], check=True)
        self.mode = {mode: "1"} if mode else {}

    def run(self, moment):
        return self.folder.run(environment={"LD_PRELOAD": self.library, "FAIL_AT": str(moment),
                                            "FAIL_COUNT": str(self.count), **self.mode})

    def allocations(self):
        return int(self.count.read_text())


def fault(true, got, folder):
    """What is wrong with a run, or None."""
    if fault_runs.crash(got) or fault_runs.half_a_file(true, got, folder.files):
        return fault_runs.crash(got) or fault_runs.half_a_file(true, got, folder.files)
    if folder.name in fault_runs.SESSIONS:
        return fault_runs.session(true, got)
    if got[0] == true[0]:
        return None if (got[1], fault_runs.contents(got[3])) == (true[1], fault_runs.contents(true[3])) else "another answer"
    if got[0] == 0:
        return "another answer"
    return None if got[2] or b"UNKNOWN - " in got[1] else "no message"


def try_all(name, mode, first, step):
    with tempfile.TemporaryDirectory() as path, fault_runs.Folder(path, name) as folder:
        runner = Runner(folder, mode)
        true = runner.run(1 << 40)
        count, faults, failed = runner.allocations(), 0, 0
        for moment in range(first, count + 20, step):
            got = runner.run(moment)
            wrong = fault(true, got, folder)
            failed += got[0] != true[0]
            if wrong:
                faults += 1
                print(f"{name} {moment}{' and after it' if mode == 'FAIL_FOREVER' else ''}: {wrong}: status {got[0]}\n"
                      f"  {got[1][-300:]!r}\n  {got[2][-300:]!r}", flush=True)
        print(f"{name}: {len(range(first, count + 20, step))} moments, {failed} failed, {faults} faults", flush=True)
        return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--forever", dest="mode", action="store_const", const="FAIL_FOREVER",
                       help="all allocations after it fail, too")
    modes.add_argument("--own", dest="mode", action="store_const", const="FAIL_NOT_LUA",
                       help="all but those of Lua's library")
    parser.add_argument("--step", type=int, default=1, help="each Nth allocation alone")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first one")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="so many runs beside each other")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=" ".join(RUNS))
    options = parser.parse_args()
    return bool(fault_runs.each(options.runs or [name for name in RUNS if name not in LIVING], options.jobs,
                                lambda name: try_all(name, options.mode, options.first, options.step)))


if __name__ == "__main__":
    sys.exit(main())
