# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of memsh into which every_allocation.py and every_system_call.py put faults, and what each of them leaves."""
import concurrent.futures
import os
import pathlib
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
import termios
import time

ROOT = pathlib.Path(os.environ.get("MEMSH_ROOT", ".")).resolve()
MEMSH = os.path.abspath(os.environ.get("MEMSH", ROOT / "build" / "memsh"))
HELPERS = pathlib.Path(os.environ.get("MEMSH_HELPERS", pathlib.Path(MEMSH).parent / "tests" / "helpers"))
FULL = str(ROOT / "tests" / "fixtures" / "full")
SECONDS = 20

FILES = {
    "script.lua": 'local n = 0\nfor p in procs:where"swap == 0" do n = n + p.pss end\nprint(n, #proc(1107):maps():rows())\n',
    # Each question thrice: what failed once must not be wrong ever after.
    "session.lua": 'local function ask() return procs:sum"pss", maps:where"w and x":count(), sys.mem_total end\n'
                   'for _ = 1, 3 do print(pcall(ask)) end\n',
    "owners.csv": "user,owner,size\nroot,ops,4096\nbob,dev,0x10\n",
    "before.jsonl": '{"pid": 1, "rss": 1000000}\n{"pid": 1107, "rss": null}\n',
    "idle.lua": 'local opt = report{summary = "idle ones", options = {{"m", type = "size", default = 0}}}\n'
                'return procs:where("rss > least", {least = opt.m}):show"pid rss"\n',
    "drift.lua": 'report{summary = "drift"}\nlocal a = audit"drift"\n'
                 'a:baseline(os.getenv"HOME" .. "/base", procs:where"rss > 10M", "comm", {gone = "warn"})\na:done()\n',
    "tested.lua": 'report{summary = "x"}\nexpect{rows = 8}\nreturn procs:show"pid"\n',
    "base": "postgres\n",
    "out": "old",
}
AUDIT = 'audit "x":warn(procs:where"pid == 1":show"pid", "first"):done()'
MAPPING = 'proc({pid}):maps():where"kind == \'file\'"'

# name -> arguments. They read the fixture, those with "{pid}" a process that stays as it is.
RUNS = {
    "value": ["-e", "1"],
    "sum": ["-e", 'procs:sum"pss"'],
    "count": ["-f", "json", "-e", "procs:count()"],
    "table": ["-e", 'procs:where"comm =~ \\"^n\\"":sort"-pss":show"pid user comm pss swap"'],
    "maps": ["-f", "jsonl", "-e", 'maps:where"kind == \\"shmem\\"":by"user":sum"rss"'],
    "csv": ["-f", "csv", "-e", 'proc(1107):maps():show"addr perms kind rss name"'],
    "cgroups": ["-f", "json", "-e", "cgroups"],
    "meta": ["-f", "json", "-e", 'procs:by"user":agg{all = "sum(pss)", number = "count()"}'],
    "vertical": ["-f", "vertical", "-e", "proc(1107)"],
    "md": ["-f", "md", "-e", 'procs:plot"pss"', "-e", 'procs:show"rss pss":describe()'],
    "footprint": ["-e", 'local f = footprint(procs) print(f.resident, f.freed, f.resident_min, f.resident_max, f.partial)'],
    "join": ["-f", "tsv", "-e", 'read_csv"owners.csv":join(procs, "user"):show"user owner size pid"',
             "-e", 'read_jsonl"before.jsonl"'],
    "growth": ["-e", 'local before = procs() print((procs() - before):where"rss > 0":count()) before = maps() '
               'print((maps() - before):sum"rss")'],
    "define": ["-e", 'define("mb", "rss / M", "in MiB")', "-e", 'procs:where"mb > 1":distinct"user, mb":sort"user mb"'],
    "explain": ["-f", "csv", "-e", 'procs:where"pss > 2M":explain():show"what rows"'],
    "ps": ["-f", "json", "ps"],
    "pmap": ["pmap", "1107"],
    "smem": ["smem"],
    "tree": ["tree"],
    "shm": ["shm"],
    "swap": ["swap", "-S"],
    "librank": ["librank"],
    "selfcheck": ["selfcheck"],
    "reconcile": ["reconcile"],
    "doctor": ["doctor"],
    "bugreport": ["bugreport", "--html", "1107"],
    "metrics": ["metrics"],
    "openmetrics": ["-f", "openmetrics", "-o", "out", "cgroups"],
    "check": ["--check", "-e", AUDIT],
    "wx": ["--check", "wx"],
    "accept": ["--check", "--accept", "./drift.lua"],
    "test": ["--test", "./tested.lua"],
    "file": ["-o", "out", "-f", "csv", "-e", 'procs:show"pid comm"'],
    "sqlite": ["-f", "sqlite", "-o", "out", "-e", 'procs:show"pid comm pss"'],
    "append": ["-f", "sqlite", "--append", "-o", "db", "-e", 'procs:show"pid comm"'],
    "record": ["record", "--from", FULL, "-o", "kept.memsh"],
    "recorder": ["record", "--every", "0.1s", "-o", "kept.memsh"], # until somebody sees MOMENTS new moments
    "moments": ["-f", "csv", "moments", "kept.memsh"],
    "over": ["-f", "json", "-e", 'recording"kept.memsh".procs:over{}:by"comm":sum"res, pss"'],
    "timeline": ["-f", "csv", "timeline", "kept.memsh"],
    "oom": ["-f", "json", "oom", "kept.memsh"],
    "script": ["script.lua"],
    "session": ["session.lua"],
    "own": ["--reports", ".", "idle", "-m", "1M"],
    "list": ["--list"],
    "version": ["--version"],
    "watch": ["--watch", "1", "--count", "1", "-e", "procs:top(2)"],
    "prompt": ["-i"],
    "live": ["-f", "csv", "-e", MAPPING + ':show"addr size rss perms path build_id deleted"'],
    "pages": ["-e", MAPPING + ':sum"size rss private_dirty swap"',
              "-e", 'for m in proc({pid}):maps():where"rss > 0" do print(m.addr, #m:ranges()) end'],
}
# What makes the file that a run adds to, its name last.
BEFORE = {"append": ["-f", "sqlite", "-e", 'procs:show"pid comm"', "-o", "db"], "record": RUNS["record"],
          **dict.fromkeys(("recorder", "moments", "over", "timeline", "oom"), RUNS["record"])}
MOMENTS, RECORDED_SECONDS = 2, 4
TYPED = 'procs:sum"pss"\nproc(1107).rss\n6*7\n:quit\n'


class Folder:
    """Where a run happens: files that it may change, a home."""

    def __init__(self, path, name):
        self.path = pathlib.Path(path)
        self.name = name
        self.helper = None
        arguments = RUNS[name]
        of_helper = any("{pid}" in argument for argument in arguments)
        live = of_helper or name == "recorder"
        if of_helper:
            self.helper = subprocess.Popen([HELPERS / "mem", "dirty", "512"], stdout=subprocess.PIPE, text=True)
            while self.helper.stdout.readline().strip() not in ("ready", ""):
                pass
            arguments = [argument.replace("{pid}", str(self.helper.pid)) for argument in arguments]
        self.command = [MEMSH, *([] if live else ["-s", FULL]), "--reports", str(ROOT / "scripts"), *arguments]
        self.files = {file: text.encode() for file, text in FILES.items()}
        self.fill()
        before = BEFORE.get(name)
        if before:
            subprocess.run([*self.command[:-len(arguments)], *before], cwd=self.path, check=True)
            self.files[before[-1]] = self.path.joinpath(before[-1]).read_bytes()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.helper:
            self.helper.kill()
            self.helper.wait()
            self.helper.stdout.close()

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.path), "LC_ALL": "C.UTF-8", "TERM": "dumb",
                "INPUTRC": "/dev/null", "NO_COLOR": "1"}

    def fill(self):
        for file, content in self.files.items():
            self.path.joinpath(file).write_bytes(content)
        for path in self.path.iterdir():
            if path.is_file() and path.name not in self.files:
                path.unlink()

    def run(self, before=(), environment=()):
        """Status (None: it hangs), standard output, standard error, the files that there are then."""
        self.fill()
        command = [*before, *self.command]
        environment = {**self.environment(), **dict(environment)}
        run = {"prompt": talk, "recorder": record}.get(self.name, ask)
        status, out, words = run(command, self.path, environment)
        files = {path.name: path.read_bytes() for path in self.path.iterdir() if path.is_file()}
        return status, settled(out), words, files


def settled(out):
    """Without what takes its time."""
    return re.sub(rb"(?m)(^memsh_run_duration_seconds ).*", rb"\1", out)


def ask(command, folder, environment):
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, close_fds=False,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, words = process.communicate(timeout=SECONDS)
        return process.returncode, out, words
    except subprocess.TimeoutExpired:
        process.kill()
        out, words = process.communicate()
        return None, out, words


def talk(command, folder, environment):
    """At the prompt: what was typed before it came, on a terminal without an echo of its own."""
    master, slave = pty.openpty()
    mode = termios.tcgetattr(slave)
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    os.write(master, TYPED.encode())
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave,
                               start_new_session=True)
    os.close(slave)
    out, end = b"", time.monotonic() + SECONDS
    try:
        while time.monotonic() < end:
            if select.select([master], [], [], 0.2)[0]:
                out += os.read(master, 65536)
    except OSError:
        pass # it has ended
    os.close(master)
    late = time.monotonic() >= end
    if late:
        process.kill()
    process.wait()
    return None if late else process.returncode, out, out


def seen_moments(path):
    """What others see of a recording while it is written; nothing where it can't be read just then."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0)
    except sqlite3.Error:
        return set()
    try:
        return set(connection.execute("SELECT id, time, pieces, sum FROM moment"))
    except sqlite3.Error:
        return set()
    finally:
        connection.close()


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def record(command, folder, environment):
    """A recorder until others see new moments, or time is over; then it is to end. What they saw is the output."""
    seen = seen_moments(folder / "kept.memsh")
    before = len(seen)
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, close_fds=False,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + RECORDED_SECONDS
    recorder = []
    while process.poll() is None and time.monotonic() < end and len(seen) < before + MOMENTS:
        seen |= seen_moments(folder / "kept.memsh")
        recorder = children(process.pid) or recorder
        time.sleep(0.02)
    for pid in recorder if process.poll() is None else []:
        os.kill(pid, signal.SIGTERM)
    status, words = None, b""
    try:
        _, words = process.communicate(timeout=SECONDS)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill() # and with it what it traces
        process.communicate()
    return status, "".join(f"{moment}\n" for moment in sorted(seen)).encode(), words


def recorded(got, folder):
    """What is wrong with the recording that a recorder left, or None. It says so where it drops the oldest, as the disk
    is full, or keeps a damaged one, as which SQLite takes one that can't be read, under another name."""
    kept = {str(moment) for path in folder.glob("*.memsh*") for moment in seen_moments(path)}
    dropped = sum(int(n) for n in re.findall(rb"dropped (\d+) of the oldest", got[2]))
    if not set(got[1].decode().splitlines()[dropped:]) <= kept:
        return "a moment that was there is lost"
    if got[0] and not got[2]:
        return "no message"
    asked = subprocess.run([MEMSH, "--strict", "-s", "kept.memsh", "-f", "csv", "-e",
                            'recording"kept.memsh".moments:where"lost > 0":count()', "-e", "procs:over{}:count()"],
                           cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    lost, processes = (asked.stdout.split() + [b"", b""])[:2]
    if asked.returncode == 0 and lost == b"0" and int(processes) > 0:
        return None
    return f"it can't be read whole: {asked.stdout[-300:]}"


def each(names, jobs, try_all):
    """The number of faults of all runs, `jobs` of them beside each other."""
    unknown = [name for name in names if name not in RUNS]
    if unknown:
        sys.exit(f"no such run: {' '.join(unknown)}; there are {' '.join(RUNS)}")
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return sum(pool.map(try_all, names))


def crash(got):
    """What no fault may do, whatever else it does; None: it did not."""
    if got[0] is None:
        return "it hangs"
    if got[0] < 0 or got[0] >= 128:
        return "a crash"
    return None


DATABASE = b"SQLite format 3"
PAGE = 4096


def is_whole(content, true):
    """Whether it ends as a file does: another answer has other rows."""
    if true.startswith(DATABASE):
        return content.startswith(DATABASE) and len(content) % PAGE == 0
    return content[-1:] == true[-1:] and (not true.endswith(b"# EOF\n") or content.endswith(b"# EOF\n"))


def rows_with_log(files, name):
    """The rows of a database and of the log beside it, as SQLite reads them."""
    with tempfile.TemporaryDirectory() as path:
        for part in name, name + "-wal":
            if part in files:
                pathlib.Path(path, part).write_bytes(files[part])
        connection = sqlite3.connect(pathlib.Path(path, name))
        try:
            return set(connection.iterdump())
        finally:
            connection.close()


def is_log(name):
    """Of a recording that was not closed; what is in it counts with the file."""
    return name.endswith((".memsh-wal", ".memsh-shm"))


def moments(files, name):
    return sum('INTO "moment"' in row for row in rows_with_log(files, name))


def contents(files):
    """The files, recordings as the number of their moments: what can't be read is recorded as such."""
    return {name: moments(files, name) if name.endswith(".memsh") else content
            for name, content in files.items() if not is_log(name)}


def half_a_file(true, got, old):
    """A file that is not the old one and no whole new one; None: there is none."""
    for name, content in got[3].items():
        if content == old.get(name):
            continue
        if ".memsh" in name: # what was recorded before is there still
            name = name[:name.index(".memsh") + len(".memsh")]
            if not rows_with_log(old, name) <= rows_with_log(got[3], name):
                return f"moments of {name} are lost"
            continue
        if name not in true[3]:
            return f"left {name}"
        if not is_whole(content, true[3][name]):
            return f"half of {name}"
    return None


def session(true, got):
    """Of three equal answers two are right at least, and the third says what it lacks; at the prompt what was typed
    last was answered. What is wrong, or None."""
    if b"memsh> " in true[1]:
        return None if re.search(rb"(?m)(^|> )42\r?$", got[1]) or got[0] else "not usable afterwards"
    good, answers = true[1].splitlines()[0], got[1].splitlines()
    if any(line != good and not line.startswith(b"false") and b"unknown (" not in line for line in answers) and not got[2]:
        return "another answer"
    return None if answers.count(good) >= 2 or got[0] and got[2] else "not usable afterwards"


SESSIONS = ("session", "prompt")
