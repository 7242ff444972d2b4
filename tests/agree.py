#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares memsh's numbers of every process of this machine with those of other programs.

    MEMSH=build/memsh python3 tests/agree.py [kernel] [ps] [top] [pmap] [smem] [psutil]      all of them by default

`kernel` is another reader of the kernel's files: helpers/kernel.py.

memsh reads before and after the other program; what it read differently is in motion and not compared, but counted.
How often a page is mapped (pss, uss, private_ and shared_ numbers) depends on who runs: memsh is kept alive while the
other program reads, and that one, held at its output, while memsh reads again. Where other programs were started
meanwhile, those numbers are not compared either; what differs is asked for again before it counts as a difference.
Exit status: 0 all agree, 1 something differs, 77 nothing could be compared.
"""

import collections
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "helpers"))
import kernel  # noqa: E402

ROUNDS = 8
NOISY_ROUNDS = 3
FEW = 20
NOISE = 1 << 20
KB = 1024
PAGE = os.sysconf("SC_PAGESIZE")
F_SETPIPE_SZ = 1031
# Numbers of pages by how often they are mapped, and marks that any reader of the page sets.
SHARING = {"pss", "pss_dirty", "pss_anon", "pss_file", "pss_shmem", "uss", "uss_of_ps", "shared_clean", "shared_dirty",
           "private_clean", "private_dirty", "referenced", "shared_hugetlb", "private_hugetlb", "locked"}

SERVER = """
local what = { procs = function() return procs:show(arg[1]) end, maps = function() return maps:show(arg[2]) end }
for line in io.lines() do
  io.write(what[line]():jsonl(), ".\\n")
  io.flush()
end
"""

# What has a label in status and in smaps_rollup, of which a kernel may lack some.
STATUS = ("vm_peak vm_size vm_lck vm_pin vm_hwm vm_rss rss_anon rss_file rss_shmem vm_data vm_stk vm_exe vm_lib vm_pte "
          "vm_pmd vm_swap hugetlb_pages")
ROLLUP = ("pss pss_dirty pss_anon pss_file pss_shmem rss_exact shared_clean shared_dirty private_clean private_dirty "
          "referenced anonymous ksm lazy_free anon_huge_pages shmem_pmd_mapped file_pmd_mapped shared_hugetlb "
          "private_hugetlb swap_exact swap_pss locked")
PROCESS = (f"pid ppid state uid ruid gid rgid virt res shr code data threads min_flt maj_flt oom_score oom_score_adj {STATUS} "
           f"{ROLLUP} swap uss uss_of_ps=private_clean+private_dirty")
MAPPING = ("pid addr size perms offset inode name rss pss pss_dirty shared_clean shared_dirty private_clean "
           "private_dirty referenced anonymous ksm lazy_free anon_huge_pages shmem_pmd_mapped file_pmd_mapped "
           "shared_hugetlb private_hugetlb swap swap_pss locked kernel_page_size mmu_page_size thp_eligible vm_flags")


def rounds(tally, compare):
    """Until the machine was quiet for once, or has shown that it will not be, and nothing differs."""
    for i in range(1, ROUNDS + 1):
        quiet = compare()
        if not tally.open and (quiet or i >= NOISY_ROUNDS):
            break


class Missing(Exception):
    pass


class Memsh:
    """memsh, alive as long as it is needed."""

    def __init__(self):
        command = [os.environ["MEMSH"], "-b", "-e", SERVER, PROCESS, MAPPING]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2):  # so that it has touched of its libraries what it will touch
            self.processes()
            self.mappings()

    def ask(self, what):
        self.process.stdin.write(what.encode() + b"\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            if line == b".\n":
                return rows
            rows.append(json.loads(line))
        raise SystemExit("memsh ended")

    def processes(self):
        return {row["pid"]: row for row in self.ask("procs")}

    def mappings(self):
        return {(row["pid"], int(row["addr"], 16)): row for row in self.ask("maps")}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def forks():
    with open("/proc/stat") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("processes"))


class Held:
    """A program whose first output finds a full pipe: it has read what it reads, and stays."""

    def __init__(self, command):
        self.read_end, write_end = os.pipe()
        size = fcntl.fcntl(write_end, F_SETPIPE_SZ, 4096)
        os.write(write_end, b"\n" * size)
        environment = dict(os.environ, LC_ALL="C")
        self.process = subprocess.Popen(command, stdout=write_end, stderr=subprocess.DEVNULL, env=environment)
        os.close(write_end)
        self.wait()

    def wait(self):
        """Until it sleeps and its processor time stands still."""
        last = None
        for _ in range(600):
            with open(f"/proc/{self.process.pid}/stat", "rb") as file:
                words = file.read().rpartition(b")")[2].split()
            now = words[0], words[11], words[12]
            if now == last and words[0] == b"S":
                return
            if words[0] == b"Z":
                raise SystemExit("it ended before it wrote anything: " + " ".join(self.process.args))
            last = now if words[0] == b"S" else None
            time.sleep(0.15)
        raise SystemExit("it did not come to rest: " + " ".join(self.process.args))

    def output(self):
        with os.fdopen(self.read_end, "rb") as pipe:
            lines = pipe.read().decode("utf-8", "surrogateescape").split("\n")
        self.process.wait()
        return [line for line in lines if line.strip()]


class Tally:
    """What was compared with one program."""

    def __init__(self, name):
        self.name = name
        self.agreed, self.moved, self.unknown, self.own, self.open = set(), set(), set(), set(), {}

    def note(self, key, values, other, quiet):
        """`key` is what it is of and the field; `values` are memsh's two readings."""
        if key in self.agreed:
            return
        before, after = values
        steady = before == after
        if after is None:
            self.unknown.add(key)
        elif steady and after == other:
            self.agreed.add(key)
            self.moved.discard(key)
            self.open.pop(key, None)
        elif steady and (quiet or key[-1] not in SHARING or abs(after - other) > max(NOISE, after // 10)):
            self.open[key] = (after, other)
        else:
            self.moved.add(key)

    def doubtful(self):
        """Fields of mappings that are in motion suspiciously often. (The pss of a process has libc's in it: whoever
        starts or ends anywhere moves it.)"""
        moved, agreed = (collections.Counter(key[-1] for key in keys if key[-1] in SHARING and len(key) > 2)
                         for keys in (self.moved - self.agreed, self.agreed))
        return [field for field, count in moved.items() if count > max(FEW, agreed[field])]

    def report(self):
        for key in [key for key in self.open if not os.path.exists(f"/proc/{key[0]}")]:
            self.moved.add(key)
            del self.open[key]
        doubtful = self.doubtful()
        skipped = (self.moved | self.unknown | self.own) - self.agreed - set(self.open)
        objects = len({key[:-1] for key in self.agreed})
        print(f"{self.name}: {len(self.agreed)} values of {objects} objects agree, {len(self.open)} differ, "
              f"{len(skipped)} not compared ({len(self.unknown - self.agreed)} unknown to memsh, "
              f"{len(self.own)} of files that {self.name} itself maps, the others in motion)")
        for key, (mine, other) in sorted(self.open.items(), key=str)[:20]:
            print(f"  {' '.join(map(str, key))}: memsh {mine}, {self.name} {other}")
        for field in doubtful:
            print(f"  {field}: it moved in more objects than it agreed in, which others on the machine do not explain")
        return not self.open and self.agreed and not doubtful


def need(command):
    if not shutil.which(command):
        raise Missing(f"there is no {command}")


def rests(pid, *readings):
    """Whether a process did nothing that memsh can see, but for what the others on the machine do to it."""
    own = [{field: value for field, value in rows[pid].items() if field not in SHARING} for rows in readings]
    return all(one == own[0] for one in own)


def held_round(memsh, tally, command, parse):
    """One comparison of process fields with a program that prints when it has read all."""
    before = memsh.processes()
    started = forks()
    tool = Held(command)
    after = memsh.processes()
    again = memsh.processes()
    quiet = forks() == started + 1
    theirs = parse(tool.output())
    ours = {memsh.process.pid, tool.process.pid, os.getpid()}
    for pid, fields in theirs.items():
        if pid in ours or pid not in before or pid not in after or pid not in again:
            continue
        at_rest = rests(pid, before, after, again)
        for field, value in fields.items():
            if field in SHARING and not at_rest:
                tally.moved.add((pid, field))
                continue
            first = after if field in SHARING else before
            last = again if field in SHARING else after
            tally.note((pid, field), (first[pid][field], last[pid][field]), value, quiet)
    return quiet


NO_NUMBER = -1


def every_file():
    """What the kernel says of each process and of each mapping, NO_NUMBER for what it has no label for."""
    processes, mappings = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            of_process, parts = kernel.stat("/proc", pid), kernel.smaps("/proc", pid)
            if parts:
                files = kernel.status("/proc", pid), kernel.statm("/proc", pid), kernel.rollup("/proc", pid)
                of_process.update(dict.fromkeys(f"{STATUS} {ROLLUP}".split(), NO_NUMBER))
                for fields in files:
                    of_process.update(fields)
        except OSError:
            continue
        processes[int(pid),] = of_process
        for part in parts:
            address, part["offset"] = part.pop("addr"), f"{part['offset']:#x}"
            mappings[int(pid), address] = {**dict.fromkeys(MAPPING.split()[2:], NO_NUMBER), **part}
    return processes, mappings


def kernel_round(memsh, tally):
    def ours():
        return {(pid,): row for pid, row in memsh.processes().items()}, memsh.mappings()

    started, before = forks(), ours()
    theirs = every_file()
    after = ours()
    quiet = forks() == started
    for first, fields_of, last in zip(before, theirs, after):
        for key in first.keys() & fields_of.keys() & last.keys():
            if key[0] in (memsh.process.pid, os.getpid()):
                continue
            for field in first[key].keys() & fields_of[key].keys():
                values = [NO_NUMBER if row[key][field] is None else row[key][field] for row in (first, last)]
                tally.note((*key, field), values, fields_of[key][field], quiet)
    return quiet


def compare_kernel(memsh, tally):
    rounds(tally, lambda: kernel_round(memsh, tally))


PS = {"ppid": ("ppid", 1), "euid": ("uid", 1), "ruid": ("ruid", 1), "egid": ("gid", 1), "rgid": ("rgid", 1),
      "vsz": ("virt", KB), "rss": ("res", KB), "sz": ("virt", PAGE), "size": ("data", KB), "nlwp": ("threads", 1),
      "min_flt": ("min_flt", 1), "maj_flt": ("maj_flt", 1), "pss": ("pss", KB), "uss": ("uss_of_ps", KB),
      "oom": ("oom_score", 1), "oomadj": ("oom_score_adj", 1)}


def compare_ps(memsh, tally):
    need("ps")
    # Before procps 4.0 there is neither PSS nor a score of the OOM killer.
    listed = subprocess.run(["ps", "L"], check=True, capture_output=True, text=True).stdout
    known = {line.split()[0] for line in listed.splitlines()}
    names = [name for name in PS if name in known]
    if len(names) < len(PS):
        print("ps has no " + ", ".join(name for name in PS if name not in known))

    def parse(lines):
        rows = {}
        for line in lines:
            pid, *words = line.split()
            rows[int(pid)] = {PS[name][0]: int(word) * PS[name][1] for name, word in zip(names, words)}
        return rows

    command = ["ps", "-e", "--no-headers", "--sort=pid", "-o", ",".join(f"{name}:20" for name in ["pid"] + names)]
    rounds(tally, lambda: held_round(memsh, tally, command, parse))


TOP = {"VIRT": "virt", "RES": "res", "SHR": "shr"}


def compare_top(memsh, tally):
    need("top")

    def parse(lines):
        rows, columns = {}, []
        for line in lines:
            words = line.split()
            if words[0] == "PID":
                columns = words
            elif columns and words[0].isdigit():
                cells = dict(zip(columns, words))
                # What does not fit its column is scaled.
                rows[int(cells["PID"])] = {field: int(cells[name]) * KB for name, field in TOP.items()
                                           if cells[name].isdigit()}
        return rows

    command = ["top", "-b", "-n", "1", "-w", "512", "-E", "k", "-e", "k"]
    rounds(tally, lambda: held_round(memsh, tally, command, parse))


def compare_smem(memsh, tally):
    need("smem")

    # Every number is a sum over smaps; that of pss is truncated for each mapping, so it is compared with such a sum.
    def parse(lines):
        rows = {}
        for line in lines:
            words = line.split()
            if len(words) == 4 and all(word.isdigit() for word in words):
                pid, uss, rss, swap = map(int, words)
                rows[pid] = {"uss_of_ps": uss * KB, "rss_exact": rss * KB, "swap_exact": swap * KB}
        return rows

    rounds(tally, lambda: held_round(memsh, tally, ["smem", "-H", "-c", "pid uss rss swap"], parse))
    rounds(tally, lambda: smem_pss(memsh, tally))


def smem_pss(memsh, tally):
    before, started = memsh.mappings(), forks()
    tool = Held(["smem", "-H", "-c", "pid pss"])
    after, again = memsh.mappings(), memsh.mappings()
    quiet = forks() == started + 1
    for pid, pss in (map(int, line.split()) for line in tool.output()):
        if pid in (memsh.process.pid, os.getpid()):
            continue
        own = [{key[1]: row for key, row in rows.items() if key[0] == pid} for rows in (before, after, again)]
        resident = [{address: row["rss"] for address, row in rows.items()} for rows in own]
        if resident[0] != resident[1] or resident[1] != resident[2]:
            tally.moved.add((pid, "pss"))
            continue
        sums = [sum(row["pss"] or 0 for row in rows.values()) for rows in own[1:]]
        tally.note((pid, "pss"), sums, pss * KB, quiet)
    return quiet


PSUTIL = {"rss": "res", "vms": "virt", "shared": "shr", "text": "code", "data": "data", "uss": "uss", "pss": "pss",
          "swap": "swap_exact"}
PSUTIL_MAPS = ["rss", "size", "pss", "shared_clean", "shared_dirty", "private_clean", "private_dirty", "referenced",
               "anonymous", "swap"]


def read_psutil(psutil):
    whole, parts = {}, {}
    for process in psutil.process_iter():
        try:
            whole[process.pid] = process.memory_full_info()
            for area in process.memory_maps(grouped=False):
                parts[process.pid, int(area.addr.partition("-")[0], 16)] = area
        except psutil.Error:
            continue
    return whole, parts


def psutil_round(memsh, tally, psutil):
    started, before, maps_before = forks(), memsh.processes(), memsh.mappings()
    whole, parts = read_psutil(psutil)
    after, maps_after = memsh.processes(), memsh.mappings()
    quiet = forks() == started
    ours = {memsh.process.pid, os.getpid()}
    for pid, info in whole.items():
        if pid in before and pid in after and pid not in ours:
            for name, field in PSUTIL.items():
                tally.note((pid, field), (before[pid][field], after[pid][field]), getattr(info, name), quiet)
    for key, area in parts.items():
        if key in maps_before and key in maps_after and key[0] not in ours:
            for field in PSUTIL_MAPS:
                tally.note((*key, field), (maps_before[key][field], maps_after[key][field]), getattr(area, field),
                           quiet)
    return quiet


def compare_psutil(memsh, tally):
    try:
        import psutil
    except ImportError:
        raise Missing("this Python has no psutil") from None
    rounds(tally, lambda: psutil_round(memsh, tally, psutil))


PMAP = {"Size": "size", "Rss": "rss", "Pss": "pss", "Pss_Dirty": "pss_dirty", "Shared_Clean": "shared_clean",
        "Shared_Dirty": "shared_dirty", "Private_Clean": "private_clean", "Private_Dirty": "private_dirty",
        "Referenced": "referenced", "Anonymous": "anonymous", "KSM": "ksm", "LazyFree": "lazy_free",
        "AnonHugePages": "anon_huge_pages", "ShmemPmdMapped": "shmem_pmd_mapped", "FilePmdMapped": "file_pmd_mapped",
        "Shared_Hugetlb": "shared_hugetlb", "Private_Hugetlb": "private_hugetlb", "Swap": "swap",
        "SwapPss": "swap_pss", "Locked": "locked", "KernelPageSize": "kernel_page_size",
        "MMUPageSize": "mmu_page_size"}


def pmap_rows(text):
    """{(pid, address): {field: value}} of pmap -X or -XX."""
    rows, pid, columns = {}, None, None
    for line in text.split("\n"):
        words = line.split()
        if not words:
            continue
        if words[0] == "Address":
            columns = words
            name_at = line.index("Mapping")
        elif line[0] not in " 0123456789abcdef" or set(words[0]) == {"="}:
            columns = None if set(words[0]) == {"="} else columns
        elif words[0].rstrip(":").isdigit() and words[0].endswith(":"):
            pid, columns = int(words[0][:-1]), None
        elif columns:
            cells = dict(zip(columns, line[:name_at].split()))
            row = {PMAP[name]: int(cells[name]) * KB for name in columns if name in PMAP}
            row["perms"] = cells["Perm"]
            row["offset"] = f"{int(cells['Offset'], 16):#x}"
            row["inode"] = int(cells["Inode"])
            row["thp_eligible"] = bool(int(cells["THPeligible"])) if "THPeligible" in cells else None
            if "VmFlags" in columns:
                row["vm_flags"] = line[:name_at].split()[columns.index("VmFlags"):]
            rows[pid, int(cells["Address"], 16)] = {name: value for name, value in row.items() if value is not None}
    return rows


def pmap_x_rows(text):
    """The same of pmap -x: size, rss, and what is dirty."""
    rows, pid = {}, None
    for line in text.split("\n"):
        words = line.split()
        if words and words[0].endswith(":") and words[0][:-1].isdigit():
            pid = int(words[0][:-1])
        elif len(words) > 4 and len(words[0]) == 16 and words[1].isdigit():
            rows[pid, int(words[0], 16)] = {"size": int(words[1]) * KB, "rss": int(words[2]) * KB,
                                            "dirty": int(words[3]) * KB}
    return rows


def files_of(command):
    """What a program maps: its numbers of these depend on whether it runs."""
    path = shutil.which(command)
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True).stdout.split()
    return {os.path.realpath(word) for word in [path, *libraries] if word.startswith("/")} | {"[vdso]"}


def pmap_round(memsh, tally, option, parse, own):
    started, before = forks(), memsh.mappings()
    pids = sorted({key[0] for key in before} - {memsh.process.pid, os.getpid()})
    done = subprocess.run(["pmap", option, *map(str, pids)], capture_output=True, env=dict(os.environ, LC_ALL="C"))
    after = memsh.mappings()
    quiet = forks() == started + 1
    for key, fields in parse(done.stdout.decode("utf-8", "surrogateescape")).items():
        if key not in before or key not in after:
            continue
        for rows in (before, after):
            row = rows[key]
            row["dirty"] = None if row["private_dirty"] is None else row["private_dirty"] + row["shared_dirty"]
        for field, value in fields.items():
            shared = field in SHARING and before[key]["name"] in own
            values = before[key][field], after[key][field]
            if not shared and field != "dirty" or field == "dirty" and before[key]["name"] not in own:
                tally.note((*key, field), values, value, quiet)
            elif shared:
                tally.own.add((*key, field))
    return quiet


def compare_pmap(memsh, tally):
    need("pmap")
    own = files_of("pmap")
    for option, parse in (("-XX", pmap_rows), ("-X", pmap_rows), ("-x", pmap_x_rows)):
        rounds(tally, lambda: pmap_round(memsh, tally, option, parse, own))


PROGRAMS = {"kernel": compare_kernel, "ps": compare_ps, "top": compare_top, "pmap": compare_pmap, "smem": compare_smem,
            "psutil": compare_psutil}


def main(names):
    memsh = Memsh()
    results = []
    for name in names or PROGRAMS:
        tally = Tally(name)
        try:
            PROGRAMS[name](memsh, tally)
            results.append(bool(tally.report()))
        except Missing as why:
            print(f"{name}: SKIP, {why}")
    memsh.close()
    return 77 if not results else 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
