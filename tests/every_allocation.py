#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs memsh once for each allocation that it makes, and lets that one fail, or it and all after it (--forever). With
status 0 the answer is the true one, to the byte; any other status has a message; nothing aborts.

    MEMSH=build/memsh MEMSH_ROOT=. tests/every_allocation.py [--forever|--own] [--step N] [--from N] [RUN...]

All runs take a quarter of an hour, and as long with --forever. --own leaves out the allocations of Lua, which collects
its garbage and asks again where one fails: a minute.
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("MEMSH_ROOT", ".")).resolve()
MEMSH = os.path.abspath(os.environ.get("MEMSH", ROOT / "build" / "memsh"))
FULL = str(ROOT / "tests" / "fixtures" / "full")
AUDIT = 'audit "x":warn(procs:where"pid == 1":show"pid", "first"):done()'
SCRIPT = 'local n = 0\nfor p in procs:where"swap == 0" do n = n + p.pss end\nprint(n, #proc(1107):maps():rows())\n'

# name -> arguments; all read the fixture
RUNS = {
    "value": ["-e", "1"],
    "sum": ["-e", 'procs:sum"pss"'],
    "count": ["-f", "json", "-e", "procs:count()"],
    "table": ["-e", 'procs:where"comm =~ \\"^n\\"":sort"-pss":show"pid user comm pss swap"'],
    "maps": ["-f", "jsonl", "-e", 'maps:where"kind == \\"shmem\\"":by"user":sum"rss"'],
    "csv": ["-f", "csv", "-e", 'proc(1107):maps():show"addr perms kind rss name"'],
    "cgroups": ["-f", "json", "-e", "cgroups"],
    "meta": ["-f", "json", "-e", 'procs:by"user":agg{all = "sum(pss)", number = "count()"}'],
    "ps": ["-f", "json", "ps"],
    "pmap": ["pmap", "1107"],
    "reconcile": ["reconcile"],
    "check": ["--check", "-e", AUDIT],
    "file": ["-o", "out", "-f", "csv", "-e", 'procs:show"pid comm"'],
    "script": ["script.lua"],
    "list": ["--list"],
    "version": ["--version"],
    "watch": ["--watch", "1", "--count", "1", "-e", "procs:top(2)"],
}


class Runner:
    def __init__(self, folder, arguments, mode):
        self.mode = mode
        self.folder = pathlib.Path(folder)
        self.library = str(self.folder / "failing.so")
        self.command = [MEMSH, "-s", FULL, "--reports", str(ROOT / "scripts"), *arguments]
        self.folder.joinpath("script.lua").write_text(SCRIPT)

    def build(self):
        source = ROOT / "tests" / "unit" / "failing_malloc.c"
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", self.library, source], check=True)

    def run(self, moment):
        """Status, standard output, the file of -o, standard error."""
        self.folder.joinpath("out").write_text("old")
        environment = {"LD_PRELOAD": self.library, "FAIL_AT": str(moment), "FAIL_COUNT": str(self.folder / "count"),
                       "PATH": os.environ["PATH"], "HOME": self.folder, "LC_ALL": "C.UTF-8"}
        if self.mode:
            environment[self.mode] = "1"
        done = subprocess.run(self.command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, close_fds=False, timeout=60)
        left = [path.name for path in self.folder.glob(".out*")]
        return done.returncode, done.stdout, self.folder.joinpath("out").read_bytes(), done.stderr, left

    def allocations(self):
        return int(self.folder.joinpath("count").read_text())


def fault(true, got):
    """What is wrong with a run, or None."""
    status, out, file, words, left = got
    if left:
        return f"left {left}"
    if status == true[0]:
        return None if (out, file) == true[1:3] else "another answer"
    if status <= 0 or status >= 128:
        return "another answer" if status == 0 else "a crash"
    if file not in (b"old", true[2]):
        return "half a file"
    return None if words or b"UNKNOWN - " in out else "no message"


def try_all(name, mode, first, step):
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder, RUNS[name], mode)
        runner.build()
        true = runner.run(1 << 40)
        count, faults, failed = runner.allocations(), 0, 0
        assert true[0] == (1 if name == "check" else 0), true
        for moment in range(first, count + 20, step):
            got = runner.run(moment)
            wrong = fault(true, got)
            failed += got[0] != true[0]
            if wrong:
                faults += 1
                print(f"{name} {moment}{' and after it' if mode == 'FAIL_FOREVER' else ''}: {wrong}: status {got[0]}\n"
                      f"  {got[1][-300:]!r}\n  {got[3][-300:]!r}", flush=True)
        print(f"{name}: {len(range(first, count + 20, step))} moments, {failed} failed, {faults} faults", flush=True)
        return faults or not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--forever", dest="mode", action="store_const", const="FAIL_FOREVER",
                       help="all allocations after it fail, too")
    modes.add_argument("--own", dest="mode", action="store_const", const="FAIL_NOT_LUA",
                       help="all but those of Lua's library")
    parser.add_argument("--step", type=int, default=1, help="each Nth allocation alone")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first one")
    parser.add_argument("runs", nargs="*", metavar="RUN", help=" ".join(RUNS))
    options = parser.parse_args()
    names = options.runs or RUNS
    return bool(sum(try_all(name, options.mode, options.first, options.step) for name in names))


if __name__ == "__main__":
    sys.exit(main())
