#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long memsh takes, beside a reader that only reads, and beside other programs.

    sh tests/run.sh bench [--md] [--quick] [QUESTION...]     all of them by default, in about 15 minutes

Everything is measured on this machine under loads that are made here: processes with 80 mappings each, one with
65,530 mappings, one with much memory. Who is compared runs in turns (A B A B); a ratio is that of the runs of one
turn; shown are their median, the least and the greatest. "raw" opens, reads and closes the same files in one thread
and looks at nothing. --md prints the rows of README.md in this directory, --quick takes three turns. Nothing is asserted
but that memsh ended well.
"""

import contextlib
import os
import pty
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

MEMSH = os.environ["MEMSH"]
HELPERS = os.environ["MEMSH_HELPERS"]
HERE = os.path.dirname(os.path.abspath(__file__))
MEASURE = f"{HELPERS}/measure"
CPUS = len(os.sched_getaffinity(0))
FLAGSHIP = 'procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss"'
FULL_INFO = """
import psutil
for p in psutil.process_iter():
    try: p.memory_full_info()
    except psutil.Error: pass
"""
MEMORY_MAPS = FULL_INFO.replace("memory_full_info()", "memory_maps()")
KEPT = """
local function resident()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "VmRSS:%s+(%d+)"
    if kb then return tonumber(kb) * 1024 end
  end
end
local process = proc(tonumber(arg[1]))
process:maps():where"pid > 0":count()
collectgarbage() collectgarbage()
local before = resident()
local set = process:maps():set()
collectgarbage() collectgarbage()
print(math.floor((resident() - before) / set:count()))
"""
GROWTH = """
local process = proc(tonumber(arg[1]))
local before = process:maps():set()
print((process:maps():set() - before):where"status ~= 'same' or rss ~= 0":count())
"""
RANGES = """
local n = 0
for mapping in proc(tonumber(arg[1])):maps():show"addr" do n = n + #mapping:ranges() end
print(n)
"""
SECONDS = 14  # for one table, more or less
LATENCY_SECONDS = 3
STUCK_SECONDS = 2  # that of --read-timeout where nothing is said


class Skip(Exception):
    pass


@contextlib.contextmanager
def load(*command):
    """A helper that has said it is ready; gives what it said."""
    child = subprocess.Popen([f"{HELPERS}/{command[0]}", *map(str, command[1:])], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, text=True)
    try:
        said = {}
        for line in child.stdout:
            key, _, value = line.strip().partition(" ")
            if key == "ready":
                break
            said[key] = value
        else:
            raise Skip(said.get("skip", f"{command[0]} failed"))
        said["child"] = child
        yield said
    finally:
        child.kill()
        child.wait()


@contextlib.contextmanager
def swap():
    """Some swap, the machine's or a file's; says nothing where there can be none."""
    with open("/proc/swaps") as swaps:
        if len(swaps.readlines()) > 1 or os.geteuid() != 0:
            yield
            return
    with tempfile.NamedTemporaryFile(dir="/var/tmp", prefix="memsh-bench-swap.") as file:
        os.chmod(file.name, 0o600)
        file.write(bytes(64 << 20))
        file.flush()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        on = (subprocess.run(["mkswap", file.name], **quiet).returncode == 0
              and subprocess.run(["swapon", file.name], **quiet).returncode == 0)
        try:
            yield
        finally:
            if on:
                subprocess.run(["swapoff", file.name], **quiet)


@contextlib.contextmanager
def filesystem():
    """One that may be frozen, and what it takes to freeze it. It thaws in the end, whatever happens."""
    if os.geteuid() != 0 or not all(shutil.which(tool) for tool in ("fsfreeze", "mkfs.ext4", "mount")):
        raise Skip("a filesystem is frozen by root, with fsfreeze and mkfs.ext4")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="memsh-bench."))
        there = f"{directory}/there"
        os.mkdir(there)
        with open(f"{directory}/image", "wb") as image:
            image.truncate(8 << 20)
        for command in (["mkfs.ext4", "-q", image.name], ["mount", "-o", "loop", image.name, there]):
            if subprocess.run(command, **quiet).returncode != 0:
                raise Skip(f"{command[0]} does not work here")
        stack.callback(subprocess.run, ["umount", there])
        thaw = ["fsfreeze", "--unfreeze", there]
        stack.callback(subprocess.run, thaw, **quiet)
        late = subprocess.Popen(["sh", "-c", 'sleep 100; exec "$@"', "sh", *thaw], start_new_session=True, **quiet)
        stack.callback(late.wait)
        stack.callback(os.killpg, late.pid, signal.SIGKILL)
        yield there, lambda: subprocess.run(["fsfreeze", "--freeze", there], **quiet).returncode == 0, \
            lambda: subprocess.run(thaw, **quiet)


class Run:
    def __init__(self, name, command):
        self.name, self.command, self.seconds, self.cpu, self.kb = name, command, [], [], 0

    def go(self):
        done = subprocess.run([MEASURE, "run", *self.command], stdout=subprocess.PIPE, text=True, check=True)
        seconds, cpu, kb, status = done.stdout.split()
        if status != "0" and self.command[0] == MEMSH:
            sys.exit(f"{' '.join(self.command)}: exit status {status}")
        self.seconds.append(float(seconds))
        self.cpu.append(float(cpu))
        self.kb = max(self.kb, int(kb))

    @property
    def median(self):
        return statistics.median(self.seconds)


class Prompt(Run):
    """From the start to the first prompt, on a terminal."""

    def go(self):
        start = time.monotonic()
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "xterm"
            os.execv(self.command[0], self.command)
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while b"memsh> " not in shown:
                shown += os.read(terminal, 1 << 16)
            self.seconds.append(time.monotonic() - start)
            with open(f"/proc/{pid}/status") as status:  # what wait4 says has the memory of this program in it
                self.kb = max(self.kb, next(int(line.split()[1]) for line in status if line.startswith("VmHWM")))
            os.write(terminal, b"\4")
            while os.read(terminal, 1 << 16):
                pass
        os.close(terminal)
        os.waitpid(pid, 0)


class Watch(Run):
    """The time of the CPU that one tick takes: of some ticks, less that of the first two."""

    FIRST, MORE = 2, 5

    def ticks(self, count):
        done = subprocess.run([MEASURE, "run", MEMSH, "--watch", "0.5", "--count", str(count), *self.command],
                              stdout=subprocess.PIPE, text=True, check=True)
        _, cpu, kb, status = done.stdout.split()
        if status != "0":
            sys.exit(f"memsh --watch: exit status {status}")
        self.kb = max(self.kb, int(kb))
        return float(cpu)

    def go(self):
        first = self.ticks(self.FIRST)
        self.seconds.append(max(self.ticks(self.FIRST + self.MORE) - first, 1e-6) / self.MORE)


class Cpu(Run):
    """A program's time of the CPU, as if it were the time that it takes."""

    def go(self):
        super().go()
        self.seconds[-1] = self.cpu[-1]


def ended(command):
    """How many seconds it took, and how many of them were left after the last of its output."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0) as child:
        last = start
        while child.stdout.read(1 << 20):
            last = time.monotonic()
        if child.wait() != 0:
            sys.exit(f"{' '.join(command)}: exit status {child.returncode}")
    return time.monotonic() - start, time.monotonic() - last


def hang(child, freeze):
    if not freeze():
        raise Skip("the filesystem can't be frozen here")
    child.send_signal(signal.SIGUSR1)
    time.sleep(1)
    with subprocess.Popen(["timeout", "-s", "KILL", "1", "cat", f"/proc/{child.pid}/smaps_rollup"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as reader:
        if reader.wait() == 0:
            raise Skip("this kernel does not hang over a frozen filesystem")


HAS_JOBS = "--jobs" in subprocess.run([MEMSH, "--help"], capture_output=True, text=True).stdout


def memsh(query, *options, pid=None):
    return [MEMSH, *options, "-e", query, *([str(pid)] if pid else [])]


def variants(query, *options):
    """memsh with one reader thread, and with two."""
    if not HAS_JOBS:
        return [Run("memsh", memsh(query, *options))]
    return [Run("memsh -j1", memsh(query, "-j1", *options)), Run("memsh -j2", memsh(query, "-j2", *options))]


def raw(files, *pids):
    return Run(f"raw {files.replace(',', ' + ')}", [MEASURE, "read", files, *map(str, pids)])


def tool(*command, name=None):
    return [Run(name or " ".join(command), list(command))] if shutil.which(command[0]) else []


def own_library(pid):
    """A library that is mapped here, and not by that process."""
    def mapped(which):
        with open(f"/proc/{which}/maps") as lines:
            return {line.split()[-1] for line in lines if ".so" in line}
    return min(mapped("self") - mapped(pid))


def python(name, program):
    interpreter = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
    there = subprocess.run([interpreter, "-c", "import psutil"], capture_output=True).returncode == 0
    return [Run(name, [interpreter, "-c", program])] if there else []


def duration(seconds):
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def spread(ratios):
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}..{max(ratios):.2f})"


class Bench:
    def __init__(self, md, quick):
        self.md, self.quick = md, quick

    def line(self, text):
        print(text, flush=True)

    def compare(self, what, ours, others, turns=None):
        """Runs all in turns; those that take long run in the first three turns only."""
        runs = ours + others
        for one in runs:
            one.go()  # what the first run brings into caches counts for nobody
            one.seconds.clear()
            one.cpu.clear()
        start, turn = time.monotonic(), 0
        turns = turns or (3 if self.quick else 15)
        while turn < 3 or (turn < turns and time.monotonic() - start < SECONDS):
            for one in runs:
                if turn < 3 or one.median < 2:
                    one.go()
            turn += 1
        self.table(what, ours, others)
        return ours, others

    def table(self, what, ours, others):
        if self.md:
            cells = [f"{one.name} {duration(one.median)} {one.kb / 1024:.1f} MiB" for one in ours]
            beside = [f"{one.name} {duration(one.median)}" for one in others]
            best = ours[-1]
            ratios = [spread([a / b for a, b in zip(best.seconds, one.seconds)]) for one in others]
            for i, one in enumerate(beside):
                first = f"{what} | {', '.join(cells)}" if i == 0 else " | "
                most = f"{max(one.kb for one in ours) / 1024:.0f} MiB" if i == 0 else ""
                self.line(f"| {first} | {one} | {ratios[i]} | {most} |")
            return
        self.line(f"\n{what}")
        for one in ours + others:
            ratios = [f"{our.name} takes {spread([a / b for a, b in zip(our.seconds, one.seconds)])} of it"
                      for our in ours if our is not one and (one not in ours or our is ours[-1])]
            self.line(f"    {one.name:44} {duration(one.median):>9} {one.kb / 1024:6.1f} MiB   {'; '.join(ratios)}")

    # ---- questions

    def startup(self):
        lua = tool("lua5.4", "-e", "print(1)")
        self.compare("start", [Run("memsh -e 1", memsh("1"))], lua, 51)
        self.compare("--version", [Run("memsh --version", [MEMSH, "--version"])], lua, 51)
        self.compare("the list of reports", [Run("memsh --list", [MEMSH, "--list"])], lua, 51)
        self.compare("to the first prompt", [Prompt("memsh", [MEMSH])], lua, 51)

    def among_processes(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(swap())
            swapped = "some"
            for i in range(5):
                try:
                    stack.enter_context(load("mem", "swapped", 512 * (i + 1), 256))
                except Skip:
                    swapped = "none"
                    break
            stack.enter_context(load("load", "processes", 2000, 80))
            ps = tool("ps", "-eo", "pid,pss", "--sort=-pss")
            self.compare(f"flagship: 2,000 processes, {swapped} of them swapped", variants(FLAGSHIP), [raw("status")] + ps)
            self.compare("the ten with most PSS", variants('procs:sort"-pss":top(10)'),
                         [raw("smaps_rollup,stat")] + ps + python("psutil memory_full_info", FULL_INFO) + tool("smem") +
                         tool("ps_mem"))
            self.compare("private dirty memory by path, 166,000 mappings",
                         variants('maps:by"path":sum"private_dirty"'),
                         [raw("smaps")] + python("psutil memory_maps", MEMORY_MAPS))
            self.compare("all processes by resident memory", variants('procs:sort"-res"'),
                         [raw("statm")] + tool("top", "-b", "-n1"))
            self.memory()

    def output(self):
        """Rows that go from the kernel's text to a pipe or a file, and questions that need little of each process."""
        columns = "pid addr addr_end perms offset dev inode path"
        with load("load", "processes", 2000, 80):
            for form in ("csv", "tsv", "jsonl", "json"):
                self.compare(f"all mappings as {form}, with the columns of maps",
                             variants(f'maps:show"{columns}"', "-f", form), [raw("maps")])
            self.compare("the same as csv, with an expression", variants(f'maps:show"{columns} pages=size/4096"', "-f", "csv"),
                         [raw("maps")])
            self.compare("all processes as csv", variants('procs:show"pid user comm res virt shr"', "-f", "csv"),
                         [raw("statm,status")])
            self.compare("whose command line has an x", variants("procs:where\"cmdline =~ 'x'\""),
                         [raw("cmdline")] + tool("sh", "-c", "grep -l x /proc/[0-9]*/cmdline", name="grep -l x /proc/*/cmdline"))
            self.compare("how many processes there are", variants("procs:count()"),
                         tool("ls", "/proc", name="ls /proc") + [raw("stat")])
            for name, question in (("describe", 'procs:show"pss":describe()'), ("plot", 'procs:plot"pss"'),
                                   ("total", 'procs:show"pid pss":total()'), ("pct", 'procs:show"pid pct(pss)"')):
                self.compare(f"{name} of pss", variants(question), [raw("smaps_rollup")])
            top = tool("top", "-b", "-n1")
            self.compare("CPU of a tick of --watch, rss of 2,000 processes",
                         [Watch("memsh --watch", ["-e", 'procs:sort"-rss":top(20)'])],
                         [Cpu(one.name, one.command) for one in top], 3)
            self.compare("to the first prompt, among 2,000 processes", [Prompt("memsh", [MEMSH])],
                         tool("ls", "/proc", name="ls /proc"))

    def few_rows(self):
        """Conditions that maps alone decides, and that leave few rows; at last one that leaves most."""
        with load("load", "processes", 2000, 80) as said:
            def reports(*words):
                return [Run(f"memsh -j{jobs}", [MEMSH, f"-j{jobs}", *words]) for jobs in (1, 2)]

            self.compare("writable and executable, with rss", variants('maps:where"w and x":show"pid comm addr rss"'),
                         [raw("maps"), raw("smaps")])
            one, two = self.compare("memsh wx", reports("wx"), [raw("maps")])[0]
            ratios = spread([a / b for a, b in zip(two.cpu, one.cpu)])
            cpu = [f"{statistics.median(run.cpu) * 1e3:.0f} ms" for run in (two, one)]
            self.line(f"| its time of the CPU | memsh -j2 {cpu[0]} | memsh -j1 {cpu[1]} | {ratios} |" if self.md
                      else f"    time of the CPU: {cpu[0]} with -j2, {cpu[1]} with -j1: {ratios}")
            self.compare("memsh deleted", reports("deleted"), [raw("maps")])
            self.compare("memsh shm", reports("shm"), [raw("maps")])
            self.compare("memsh librank -l of one library", reports("librank", "-l", "-P", own_library(said["pid"])),
                         [raw("maps")])
            self.compare("rss by path of what is writable, which all have", variants('maps:where"w":by"path":sum"rss"'),
                         [raw("smaps")])

    def memory(self):
        """Rows that are in memory already: nothing is read, all is memsh's own work."""
        self.figures([[MEMSH, f"{HERE}/memory.lua"]], "rows in memory")

    def figures(self, commands, title):
        """What programs print as lines of a number and what it is of."""
        turns = 2 if self.quick else 5
        done = [subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
                for command in commands for _ in range(turns)]
        figures = {}
        for text in done:
            for line in text.splitlines():
                value, _, what = line.partition(" ")
                figures.setdefault(what, []).append(float(value))
        if not self.md:
            self.line(f"\n{title}")
        for what, values in figures.items():
            self.line(f"| {what} | {statistics.median(values):.2f} | | |" if self.md
                      else f"    {statistics.median(values):9.2f} {what}   ({min(values):.2f}..{max(values):.2f})")

    def one_process(self):
        with load("load", "processes", 1, 80) as said:
            pid = said["pid"]
            self.compare("PSS of one process", [Run("memsh", memsh(f"proc({pid}).pss"))],
                         tool("ps", "-p", pid, "-o", "pid,pss", name="ps -p PID -o pid,pss"))
            fields = "addr perms offset dev inode size rss pss referenced anonymous swap locked name"
            self.compare("mappings of one process", [Run("memsh", memsh(f'proc({pid}):maps():show"{fields}"'))],
                         tool("pmap", "-X", pid, name="pmap -X PID"))

    def many_mappings(self):
        with open("/proc/sys/vm/max_map_count") as limit:
            count = min(int(limit.read()), 65530) - 60
        with load("mem", "maps", count) as said:
            pid = said["pid"]
            none = Run("memsh -e 1", memsh("1"))
            none.go()
            sums, _ = self.compare(f"one process with {count:,} mappings, summed", variants(f'proc({pid}):maps():sum"pss"'),
                                   [raw("smaps", pid)])
            self.compare("the same, all rows kept",
                         [Run("memsh", memsh(f'local rows = proc({pid}):maps():set() print(#rows:rows())'))],
                         [raw("smaps", pid)])
            kept = subprocess.run([MEMSH, "-e", KEPT, str(pid)], capture_output=True, text=True, check=True).stdout
            self.line(f"| bytes of a mapping that is kept | {kept.strip()} | | |" if self.md else
                      f"    {kept.strip()} bytes a mapping kept; {sums[0].kb - none.kb} KiB at most while they are summed, "
                      "beside those of memsh itself")

    def pages(self):
        """A process with many mappings: what is below them, and the reports that show them all."""
        with open("/proc/sys/vm/max_map_count") as limit:
            count = min(int(limit.read()), 65530) - 60
        with load("mem", "maps", count) as said:
            pid = said["pid"]
            what = f"of a process with {count:,} mappings"
            self.compare(f"m:ranges() of each mapping {what}", [Run("memsh", memsh(RANGES, pid=pid))],
                         [Run("one PAGEMAP_SCAN of all", [MEASURE, "scan", pid]), raw("maps", pid)])
            # It reads the others twice, to know that the process kept still.
            self.compare(f"p:check() {what}", [Run("memsh", memsh(f"proc({pid}):check():rows()"))],
                         [raw("statm,status,smaps_rollup,smaps,statm,status,smaps_rollup", pid)])
            self.compare(f"growth {what}, between two readings", [Run("memsh", memsh(GROWTH, pid=pid))],
                         [raw("smaps,smaps", pid)])
            for report in "bugreport", "showmap":
                self.compare(f"{report} {what}", [Run("memsh", [MEMSH, report, pid])], [raw("smaps", pid)])
            for options in [], ["-x"], ["-X"]:
                name = " ".join(["pmap", *options])
                self.compare(f"{name} {what}", [Run("memsh", [MEMSH, "pmap", *options, pid])],
                             tool("pmap", *options, pid, name=f"{name} of procps"))

    def all_checked(self):
        with load("load", "processes", 2000, 80):
            runs = [Run(f"memsh -j{jobs}", [MEMSH, f"-j{jobs}", "selfcheck"]) for jobs in (1, 2)]
            self.compare("selfcheck of 2,000 processes", runs,
                         [raw("statm,status,smaps_rollup,smaps,statm,status,smaps_rollup")])

    def made(self):
        """Rows that Lua made, ten times and a hundred times as many."""
        self.figures([[MEMSH, f"{HERE}/made.lua", str(n)] for n in (10000, 100000, 1000000)], "rows that Lua made")

    def much_memory(self):
        with open("/proc/meminfo") as info:
            free = next(int(line.split()[1]) for line in info if line.startswith("MemAvailable")) // 1024
        size = min(4096, free // 2)
        with load("load", "resident", size) as said:
            pid = said["pid"]
            self.compare(f"one process with {size} MiB resident", variants(f"proc({pid}).pss"),
                         [raw("smaps_rollup", pid)])

    def many_processes(self):
        """What a process costs when there are six times as many."""
        query = 'procs:sort"-pss":top(10)'
        costs = {}
        for count in (2000, 12000):
            with load("load", "processes", count, 80):
                for one in variants(query):
                    one.go()
                    one.seconds.clear()
                    for _ in range(3 if self.quick else 5):
                        one.go()
                    costs.setdefault(one.name, []).append([seconds / count for seconds in one.seconds])
        if not self.md:
            self.line("\na process among 12,000 beside one among 2,000")
        for name, (few, many) in costs.items():
            ratio = spread([a / b for a, b in zip(many, few)])
            text = (f"{statistics.median(many) * 1e6:.1f} us", f"{statistics.median(few) * 1e6:.1f} us", ratio)
            self.line(f"| one of 12,000 processes, {name} | {text[0]} | one of 2,000 {text[1]} | {text[2]} |" if self.md
                      else f"    {name}: {text[0]} beside {text[1]}: {ratio}")

    def tab(self):
        """TAB at the prompt among 10,000 processes, which may take 50 ms."""
        with load("load", "processes", 10000, 4):
            text = subprocess.run([MEMSH, f"{HERE}/tab.lua"], capture_output=True, text=True, check=True).stdout
        if not self.md:
            self.line("\nTAB among 10,000 processes: median and longest of nine presses, time of the CPU")
        for typed, median, longest, cpu, note in (line.split("\t") for line in text.splitlines()):
            self.line(f"| TAB behind `{typed}` among 10,000 processes | {median} ms | longest {longest} ms | CPU {cpu} ms |"
                      if self.md else f"    {typed:32} {median:>6} ms  {longest:>6} ms  {cpu:>6} ms  {note}")

    def latency(self):
        """How long a process that maps memory, again and again, is held up by who looks at it."""
        with load("load", "latency", 65000, LATENCY_SECONDS) as said:
            pid = said["pid"]
            readers = {
                "nobody": None,
                "cat smaps": ["cat", f"/proc/{pid}/smaps"],
                "memsh, smaps": memsh(f'proc({pid}):maps():sum"pss"'),
                "memsh, smaps of all": memsh('maps:sum"pss"'),
                "cat smaps_rollup": ["cat", f"/proc/{pid}/smaps_rollup"],
                "memsh, smaps_rollup": memsh(f"proc({pid}).pss"),
                "nice -n 19 cat smaps": ["nice", "-n", "19", "cat", f"/proc/{pid}/smaps"],
            }
            for busy in (0, 2 * CPUS):
                with contextlib.ExitStack() as stack:
                    for _ in range(busy):
                        child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
                        stack.callback(lambda one=child: (one.kill(), one.wait()))
                    self.latencies(f"{busy} busy programs on {CPUS} CPUs" if busy else "idle", said["child"], readers)

    def latencies(self, when, target, readers):
        felt = {name: [] for name in readers}
        for _ in range(1 if self.quick else 5):
            for name, command in readers.items():
                target.send_signal(signal.SIGUSR1)
                reads, end = 0, time.monotonic() + LATENCY_SECONDS - 0.1
                while command is not None and time.monotonic() < end:
                    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    reads += 1
                worst, most, calls = map(int, target.stdout.readline().split()[1:])
                felt[name].append((worst / 1e6, most / 1e6, calls / LATENCY_SECONDS, reads))
        if not self.md:
            self.line("\none mmap and munmap of a process with 65,000 mappings that is read without end: the worst, what "
                      f"999 of 1,000\nstay below, how many it makes a second, how often it is read meanwhile: {when}")
        for name, turns in felt.items():
            worst, most, calls, reads = zip(*turns)
            text = f"{statistics.median(worst):.2f} ms ({min(worst):.2f}..{max(worst):.2f})"
            most = f"{statistics.median(most):.2f} ms"
            calls = f"{statistics.median(calls):,.0f}"
            self.line(f"| longest stop of a process, {when} | read by {name} | {text}, 999 of 1,000 below {most} | |"
                      if self.md else f"    {name:24} {text:32} {most:>12} {calls:>10} {statistics.median(reads):5.0f}")


    def stuck(self):
        """How much longer it takes when a process hangs with its mappings locked, and how soon memsh ends then."""
        queries = ['procs:sort"-pss":top(10)', 'procs:show"pid cmdline pss_dirty"', 'maps:by"path":sum"private_dirty"']
        longer, ending = {query: [] for query in queries}, {query: [] for query in queries}
        with filesystem() as (there, freeze, thaw):
            for _ in range(3 if self.quick else 9):
                with load("stuck", f"{there}/file") as said:
                    before = {query: ended(memsh(query, "--read-timeout", str(STUCK_SECONDS))) for query in queries}
                    try:
                        hang(said["child"], freeze)
                        for query in queries:
                            took, end = ended(memsh(query, "--read-timeout", str(STUCK_SECONDS)))
                            longer[query].append((took - before[query][0]) / STUCK_SECONDS)
                            ending[query].append(end)
                    finally:
                        thaw()
        if not self.md:
            self.line(f"\na process hangs: how many times the {STUCK_SECONDS} s of --read-timeout longer it takes, and "
                      "from the last output to the end")
        for query in queries:
            most = f"{duration(statistics.median(ending[query]))} (at most {duration(max(ending[query]))})"
            self.line(f"| a process hangs: `{query}` takes | {spread(longer[query])} x --read-timeout longer | ends within "
                      f"{most} | |" if self.md else f"    {query:40} {spread(longer[query]):20} {most}")

    def recording(self):
        """What moments cost and take, and questions to recordings beside the same ones to the running machine."""
        with tempfile.TemporaryDirectory(prefix="memsh-bench-") as folder, \
                subprocess.Popen([sys.executable, f"{HERE}/mixed_load.py", "4"], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True) as mixed:
            said = dict(line.split(" ") for line in iter(mixed.stdout.readline, "ready\n"))
            for level, name, files in ((1, "processes", "statm,stat,status,cmdline,cgroup,oom_score"),
                                       (2, "rollup", "statm,stat,status,cmdline,cgroup,oom_score,smaps_rollup"),
                                       (3, "mappings", "statm,stat,status,cmdline,cgroup,oom_score,smaps_rollup,smaps")):
                taken = subprocess.run([MEMSH, f"{HERE}/recording.lua", f"{folder}/{name}.memsh", str(level),
                                        "3" if self.quick else "30"], capture_output=True, text=True, check=True).stdout
                seconds, cpu, size, processes, mappings, kb = map(float, taken.split()[1::2])
                each = f"{size / processes:.1f} bytes a process" if level < 3 else f"{size / mappings:.1f} bytes a mapping"
                one = raw(files)
                one.go()
                beside = f"CPU {duration(one.cpu[-1])}"
                what = f"a moment of level {name}, {processes:.0f} processes of {int(said['programs'])} programs"
                text = f"CPU {duration(cpu)}, {duration(seconds)}, {each}, {kb / 1024:.1f} MiB"
                ratio = f"{cpu / one.cpu[-1]:.2f}"
                self.line(f"| {what} | memsh {text} | {one.name} {beside} | {ratio} | |" if self.md else
                          f"\n{what}\n    {text}; {one.name}: {beside}; {ratio} of it")
            mixed.stdin.close()
        with tempfile.TemporaryDirectory(prefix="memsh-bench-") as folder, load("load", "processes", 2000, 80):
            subprocess.run([MEMSH, "record", "--once", "-o", f"{folder}/now.memsh"], check=True)
            for name, query in (("flagship", FLAGSHIP), ("the ten with most PSS", 'procs:sort"-pss":top(10)'),
                                ("mappings by path", 'maps:by"path":sum"private_dirty"')):
                self.compare(f"{name}, of a recording", [Run("memsh -s FILE", memsh(query, "-s", f"{folder}/now.memsh"))],
                             [Run("memsh, live", memsh(query))])

    def week(self):
        """A recording of a week: 60,480 moments."""
        with tempfile.TemporaryDirectory(prefix="memsh-bench-") as folder:
            path = f"{folder}/week.memsh"
            subprocess.run([f"{HELPERS}/../unit/test_recording"], env=dict(os.environ, MEMSH_WEEK=path), check=True)
            first = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(1700000010))
            for name, options in (("the newest", []), ("the first", ["--at", first]), ("three days before", ["--at", "-3d"])):
                self.compare(f"a week of moments: {name}", [Run("memsh", memsh('procs:sort"-rss":top(10)', "-s", path, *options))],
                             tool("lua5.4", "-e", "print(1)"))

    def over(self):
        """Questions over many moments, beside a program that decompresses what they need and looks at nothing."""
        program, moments = f"{HELPERS}/../unit/test_recording", 60 if self.quick else 360
        with tempfile.TemporaryDirectory(prefix="memsh-bench-") as folder:
            path = f"{folder}/busy.memsh"
            subprocess.run([program, str(moments), "2000"], env=dict(os.environ, MEMSH_BUSY=path), check=True)
            for name, query, kinds in (("one program", 'procs:over{}:where"comm == \'java\'":by"time":sum"rss"', ["stat", "statm"]),
                                       ("large ones", 'procs:over{}:where"rss > 20M":by"time":count()', ["stat", "statm"]),
                                       ("all processes", 'procs:over{}:by"time":sum"rss"', ["stat", "statm"])):
                ours, _ = self.compare(f"CPU for {moments} moments of 2,000 processes: {name}",
                                       [Cpu("memsh", memsh(query, "-s", path))],
                                       [Cpu("zstd", ["env", f"MEMSH_RAW={path}", program, *kinds])])
                each = f"{1e3 * ours[0].median / moments:.3f} ms"
                self.line(f"| CPU for each moment of those | {each} | | |" if self.md else f"    a moment: {each}")


QUESTIONS = {
    "start": Bench.startup, "processes": Bench.among_processes, "output": Bench.output, "few": Bench.few_rows,
    "one": Bench.one_process, "mappings": Bench.many_mappings, "pages": Bench.pages, "selfcheck": Bench.all_checked,
    "made": Bench.made, "resident": Bench.much_memory, "12000": Bench.many_processes,
    "tab": Bench.tab, "recording": Bench.recording, "week": Bench.week, "over": Bench.over, "latency": Bench.latency, "stuck": Bench.stuck,
}


def main(arguments):
    # What is killed takes its loads and its swap file with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = {argument for argument in arguments if argument.startswith("--")}
    names = [argument for argument in arguments if not argument.startswith("--")] or list(QUESTIONS)
    wrong = [name for name in names if name not in QUESTIONS] + sorted(options - {"--md", "--quick"})
    if wrong:
        sys.exit(f"{wrong[0]}: there is {', '.join(QUESTIONS)}; --md, --quick")
    bench = Bench("--md" in options, "--quick" in options)
    if bench.md:
        print("| question | memsh | beside | ratio: median (least..greatest) | peak memory |\n|---|---|---|---|---|")
    for name in names:
        try:
            QUESTIONS[name](bench)
        except Skip as reason:
            bench.line(f"{name}: SKIP {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
