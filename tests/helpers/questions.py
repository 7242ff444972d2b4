# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of `:examples`, answered from the files of a procfs root without memsh, beside what memsh answers.

    questions.py prepare ROOT    makes a copy of the fixture `full` in which every question has an answer
    questions.py grow ROOT       what happens there between `before = procs()` and the questions of growth
    questions.py check ROOT      asks memsh, and compares
"""
import json
import os
import re
import shutil
import subprocess
import sys

MIB = 1 << 20
UNKNOWN = None


def edit(path, *changes):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        changed = re.sub(old, new, text, flags=re.M)
        assert changed != text, (path, old)
        text = changed
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def set_statm(path, **values):
    names = ("virt", "res", "shr", "code", "lib", "data", "dirty")
    with open(path, encoding="utf-8") as file:
        fields = dict(zip(names, file.read().split()))
    fields.update({name: str(value // 4096) for name, value in values.items()})
    with open(path, "w", encoding="utf-8") as file:
        file.write(" ".join(fields.values()) + "\n")


def prepare(root):
    shutil.copytree(os.environ["MEMSH_FIXTURES"] + "/full", root, symlinks=True)
    for name in ("maps", "smaps"):
        edit(f"{root}/412/{name}", (r"libc\.so\.6", "libssl.so.3"))
        edit(f"{root}/1107/{name}", (r"r--p (.*libold\.so)", r"r-xp \1"))
    edit(f"{root}/901/status", (r"^Threads:.*", "Threads:\t250"))
    edit(f"{root}/901/stat", (r"(\) S(?: \S+){16}) 1 ", r"\1 250 "))
    set_statm(f"{root}/901/statm", virt=3 << 30, data=2 << 30)


def grow(root):
    """901 has more shmem, 1107 more anonymous memory, 412 less; 1400 has gone, 1500 is new."""
    set_statm(f"{root}/901/statm", res=90 * MIB)
    edit(f"{root}/901/status", (r"^VmRSS:.*", f"VmRSS:\t{90 * 1024} kB"))
    set_statm(f"{root}/1107/statm", res=40 * MIB)
    edit(f"{root}/1107/status", (r"^VmRSS:.*", f"VmRSS:\t{40 * 1024} kB"), (r"^RssAnon:.*", f"RssAnon:\t{30 * 1024} kB"))
    set_statm(f"{root}/412/statm", res=1 * MIB)
    edit(f"{root}/412/status", (r"^VmRSS:.*", "VmRSS:\t1024 kB"))
    os.rename(f"{root}/1400", f"{root}/1500")
    edit(f"{root}/1500/stat", (r"^1400 ", "1500 "))
    edit(f"{root}/1500/status", (r"^Pid:.*", "Pid:\t1500"), (r"^Tgid:.*", "Tgid:\t1500"),
         (r"^RssAnon:.*", f"RssAnon:\t{50 * 1024} kB"))


# ---- reading


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def labels(text):
    """The kernel's labels and their numbers, those in kB as bytes."""
    found = re.findall(r"^(\w+):\s+(-?\d+)( kB)?$", text, re.M)
    return {name: int(number) * (1024 if unit else 1) for name, number, unit in found}


def read_mappings(pid, directory):
    mappings = []
    for line in text_of(directory + "/smaps").splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ (\S+) (\d+) *(.*)", line)
        if head:
            name = head[6].replace("\\012", "\n")
            path = name.removesuffix(" (deleted)") if name.startswith("/") else ""
            mappings.append({"pid": pid, "name": name, "path": path, "deleted": name.endswith(" (deleted)"),
                             "size": int(head[2], 16) - int(head[1], 16), "perms": head[3], "dev": head[4],
                             "inode": int(head[5])})
        elif label := re.match(r"(\w+): +(\d+) kB", line):
            mappings[-1][label[1]] = int(label[2]) * 1024
    return mappings


def read_process(root, pid, users):
    directory = f"{root}/{pid}"
    stat = text_of(directory + "/stat")
    state, *fields = stat[stat.rindex(")") + 2:].split()
    status, statm = labels(text_of(directory + "/status")), text_of(directory + "/statm").split()
    dead = state in "ZX"
    uid = re.search(r"^Uid:\s+\d+\s+(\d+)", text_of(directory + "/status"), re.M)[1]
    cgroup = re.search(r"0::(\S*)|$", text_of(directory + "/cgroup"))[1] or ""
    units = [part for part in cgroup.split("/") if re.search(r"\.(service|scope)$", part)]
    container = re.search(r"[0-9a-f]{64}", cgroup)
    rollup, ksm = labels(text_of(directory + "/smaps_rollup")), text_of(directory + "/ksm_stat")
    profit = re.search(r"ksm_process_profit (-?\d+)", ksm)
    merging = text_of(directory + "/ksm_merging_pages")
    process = {"pid": pid, "comm": stat[stat.index("(") + 1:stat.rindex(")")], "user": users.get(uid, uid),
               "threads": int(fields[16]), "kernel": int(fields[5]) & 0x200000, "cgroup": cgroup,
               "unit": units[-1] if units else "", "container": container[0] if container else "", "maps": []}
    memory = {"rss": ("", 1), "virt": ("", 0), "data": ("", 5)}
    for name, (_, index) in memory.items():
        process[name] = UNKNOWN if dead else int(statm[index]) * 4096
    for name, label in {"swap": "VmSwap", "rss_anon": "RssAnon", "hugetlb_pages": "HugetlbPages", "vm_stk": "VmStk",
                        "vm_pte": "VmPTE"}.items():
        process[name] = UNKNOWN if dead else status.get(label)
    for name, label in {"pss": "Pss", "locked": "Locked", "anon_huge_pages": "AnonHugePages"}.items():
        process[name] = rollup.get(label)
    process["uss"] = sum(rollup[name] for name in ("Private_Clean", "Private_Dirty", "Private_Hugetlb")) \
        if rollup else UNKNOWN
    process["ksm_process_profit"] = int(profit[1]) if profit else UNKNOWN
    process["ksm_merging_pages"] = int(merging) if merging else UNKNOWN
    return process


class Root:
    def __init__(self, root):
        users = dict((line.split(":")[2], line.split(":")[0]) for line in
                     text_of(root + "/.machine/passwd").splitlines())
        pids = sorted(int(name) for name in os.listdir(root) if name.isdigit())
        self.procs = [p for p in (read_process(root, pid, users) for pid in pids) if not p["kernel"]]
        self.maps = []
        for process in self.procs:
            for mapping in read_mappings(process["pid"], f"{root}/{process['pid']}"):
                self.maps.append({**mapping, "user": process["user"], "comm": process["comm"]})
        for mapping in self.maps:
            for name, label in {"rss": "Rss", "pss": "Pss", "private_dirty": "Private_Dirty"}.items():
                mapping[name] = mapping[label]
            mapping["quadrant"] = quadrant(mapping)


def quadrant(m):
    """What it was made as. 00:01 is the kernel's own shmem, 00:1b a tmpfs, 00:14 its pool of huge pages."""
    side = "private" if m["perms"][3] == "p" else "shared"
    if side == "shared":
        return "shared-anon" if m["dev"] in ("00:01", "00:1b", "00:14") else "shared-file"
    nameless = not m["path"] or m["path"] == "/dev/zero" or m["dev"] == "00:14"
    return "private-anon" if nameless else "private-file"


# ---- answering


def by_size(rows, name):
    """The largest first, what is unknown last; else as they were."""
    return sorted(rows, key=lambda row: (row[name] is UNKNOWN, -(row[name] or 0)))


def columns(rows, names):
    return [{name: row[name] for name in names.split()} for row in rows]


def add_up(values):
    known = [value for value in values if value is not UNKNOWN]
    return sum(known) if known else UNKNOWN


def groups(rows, keys, sums, owners=False):
    made = {}
    for row in rows:
        made.setdefault(tuple(row[key] for key in keys.split()), []).append(row)
    out = []
    for key, members in made.items():
        group = dict(zip(keys.split(), key)) | {"n": len(members)}
        if owners:
            group["procs"] = len({row["pid"] for row in members})
        out.append(group | {name: add_up(row[name] for row in members) for name in sums.split()})
    return out


def percentiles(rows):
    """Of rss by program, by nearest rank."""
    for group in (made := groups(rows, "comm", "rss")):
        known = sorted(row["rss"] for row in rows if row["comm"] == group["comm"] and row["rss"] is not UNKNOWN)
        for name, percent in {"half": 50, "most": 95}.items():
            group[name] = known[-(-len(known) * percent // 100) - 1] if known else UNKNOWN
        del group["rss"]
    return made


def growth(before, after):
    old = {p["pid"]: p for p in before.procs}
    new = {p["pid"]: p for p in after.procs}
    for pid in sorted(old.keys() | new.keys()):
        then, now = old.get(pid), new.get(pid)
        row = {"pid": pid, "status": "same" if then and now else "new" if now else "gone"}
        row["comm"] = (now or then)["comm"]
        for name in ("rss", "rss_anon"):
            values = [(p[name] if p else 0) for p in (now, then)]
            row[name] = UNKNOWN if UNKNOWN in values else values[0] - values[1]
        yield row


def answers(root, after):
    """A list for each question, in the order of :examples; None where something else is looked at, see below."""
    procs, maps = root.procs, root.maps
    grown = list(growth(root, after))
    return [
        by_size(groups(procs, "user", "rss swap pss"), "pss"),
        by_size(groups(procs, "unit", "pss swap"), "pss")[:15],
        by_size(groups(procs, "cgroup", "rss"), "rss"),
        columns(by_size(procs, "uss")[:10], "pid comm uss pss"),
        columns(sorted((p for p in procs if p["threads"] > 200), key=lambda p: (-p["threads"], p["comm"])),
                "pid comm threads vm_stk vm_pte"),
        None,
        columns(by_size([g for g in grown if (g["rss"] or 0) > 0], "rss"), "pid comm status rss"),
        columns(by_size([g for g in grown if (g["rss_anon"] or 0) > MIB and g["status"] == "same"], "rss_anon"),
                "pid comm rss_anon"),
        columns(by_size([m for m in maps if not m["name"] and m["size"] >= 64 * MIB and m["rss"] < m["size"] / 100],
                        "size"), "pid comm size rss perms"),
        columns([p for p in procs if (p["data"] or 0) > 1 << 30 and p["rss"] < p["data"] / 10], "pid comm data rss virt"),
        by_size(groups([m for m in maps if ".so" in m["path"]], "path", "private_dirty pss", True), "private_dirty")[:10],
        by_size(groups([m for m in maps if "libssl" in m["path"]], "user comm", "rss private_dirty", True),
                "private_dirty"),
        by_size(groups([m for m in maps if m["quadrant"] == "shared-anon"], "path inode", "size pss", True), "procs")[:20],
        by_size(groups(maps, "quadrant", "size rss pss private_dirty", True), "pss"),
        columns(by_size([p for p in procs if p["ksm_merging_pages"]], "ksm_process_profit"),
                "pid comm ksm_merging_pages ksm_process_profit"),
        columns([p for p in procs if p["hugetlb_pages"] or p["anon_huge_pages"]], "pid comm hugetlb_pages anon_huge_pages"),
        columns(by_size([p for p in procs if p["swap"]], "swap")[:10], "pid user comm swap"),
        add_up(p["swap"] for p in procs) / (1 << 30),
        by_size(groups([p for p in procs if p["container"]], "container", "pss uss"), "pss"),
        columns(by_size([p for p in procs if p["locked"]], "locked"), "pid user comm locked"),
        columns([m for m in maps if "w" in m["perms"] and "x" in m["perms"]], "pid user comm perms size path"),
        sorted(groups([m for m in maps if m["deleted"] and "x" in m["perms"]], "comm path", "", True),
               key=lambda group: group["comm"]),
        columns([m for m in maps if m["deleted"]][:20], "pid user comm size path"),
        None,
        percentiles(procs),
        None,
        None,
        None,
        None,
        [{"user": "root", "team": "base", "rss": add_up(p["rss"] for p in procs if p["user"] == "root")}],
        None,
        None,
        None,
        columns(by_size([m for m in maps if m["pid"] == 1 and m["inode"] and m["rss"]], "rss"), "perms rss path"),
        None,
    ]


def ask(root, questions):
    command = [os.environ["MEMSH"], "-s", root, "-f", "jsonl", "-e", "before = procs()"]
    command += ["-e", "local _ = os.execute(arg[1])"] if "before" in questions[0] else []
    for question in questions:
        command += ["-e", question]
    out = subprocess.run([*command, f"{sys.executable} {__file__} grow {root}"], check=True, capture_output=True,
                         text=True).stdout
    rows = [json.loads(line) for line in out.splitlines()]
    return rows[0]["value"] if rows and rows[0].keys() == {"value"} else rows


def check_reconcile(root):
    rows = ask(root, ["reconcile()"])
    total = labels(text_of(root + "/meminfo"))["MemTotal"]
    assert sum(row["size"] for row in rows) == total, total


def check(root):
    listing = subprocess.run([os.environ["MEMSH"], "-f", "jsonl", "-e",
                              "for _, one in ipairs(require 'memsh.help.examples') do require('memsh').show(one.text) end"],
                             check=True, capture_output=True, text=True).stdout
    questions = [json.loads(line)["value"] for line in listing.splitlines()]
    before = Root(root)
    later = root + ".later"
    shutil.copytree(root, later, symlinks=True)
    grow(later)
    expected = answers(before, Root(later))
    assert len(expected) == len(questions), (len(expected), len(questions))
    failed = 0
    for question, wanted in zip(questions, expected):
        if wanted is None:
            continue
        work = root + ".asked"
        shutil.copytree(root, work, symlinks=True)
        told = ask(work, [question])
        shutil.rmtree(work)
        if isinstance(wanted, list):
            assert wanted, ("the fixture has no answer to", question)
            told = [{name: row.get(name) for name in wanted[0]} for row in told]
        if told != wanted:
            failed += 1
            print(f"{question}\n  wanted {wanted}\n  told   {told}")
    check_reconcile(root)
    assert not failed


if __name__ == "__main__":
    {"prepare": prepare, "grow": grow, "check": check}[sys.argv[1]](sys.argv[2])
