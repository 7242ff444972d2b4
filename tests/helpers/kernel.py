# SPDX-License-Identifier: GPL-3.0-or-later
"""What a procfs root says, by a parser that shares nothing with memsh's: memsh's field names, sizes in bytes."""

import json
import os
import re
import subprocess

ROLLUP = {"Rss": "rss_exact", "Swap": "swap_exact"}
SPECIAL = {"THPeligible": "thp_eligible", "KSM": "ksm", "MMUPageSize": "mmu_page_size"}


def snake(label):
    return SPECIAL.get(label) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", label).lower()


def page_size(root):
    try:
        with open(f"{root}/.machine/info") as info:
            return next(int(line.split()[1]) for line in info if line.startswith("page_size"))
    except FileNotFoundError:
        return os.sysconf("SC_PAGESIZE")


def number(text):
    words = text.split()
    return int(words[0]) * (1024 if words[1:] == ["kB"] else 1)


def status(root, pid):
    with open(f"{root}/{pid}/status", encoding="utf-8", errors="surrogateescape") as lines:
        pairs = dict(line.rstrip("\n").split(":", 1) for line in lines)
    fields = {snake(label): number(value) for label, value in pairs.items() if value.endswith(" kB")}
    fields.update(threads=int(pairs["Threads"]), ruid=int(pairs["Uid"].split()[0]), uid=int(pairs["Uid"].split()[1]),
                  gid=int(pairs["Gid"].split()[1]), ppid=int(pairs["PPid"]))
    return fields


def statm(root, pid):
    with open(f"{root}/{pid}/statm") as line:
        values = [int(word) * page_size(root) for word in line.read().split()]
    return {name: values[i] for name, i in (("virt", 0), ("res", 1), ("shr", 2), ("code", 3), ("data", 5))}


def stat(root, pid):
    with open(f"{root}/{pid}/stat", "rb") as line:
        words = line.read().rpartition(b")")[2].decode().split()
    return {"state": words[0], "ppid": int(words[1]), "min_flt": int(words[7]), "maj_flt": int(words[9]),
            "threads": int(words[17])}


def rollup(root, pid):
    with open(f"{root}/{pid}/smaps_rollup") as lines:
        next(lines)
        pairs = (line.split(":", 1) for line in lines)
        return {ROLLUP.get(label) or snake(label): number(value) for label, value in pairs}


def smaps(root, pid):
    rows = []
    with open(f"{root}/{pid}/smaps", "rb") as lines:
        for line in lines:
            if re.match(rb"[0-9a-f]+-[0-9a-f]+ ", line):
                head = line.rstrip(b"\n").split(None, 5)
                start, end = (int(x, 16) for x in head[0].split(b"-"))
                rows.append({"addr": start, "addr_end": end, "size": end - start, "perms": head[1].decode(),
                             "offset": int(head[2], 16), "dev": head[3].decode(), "inode": int(head[4]),
                             "name": head[5].decode() if len(head) > 5 else ""})
                continue
            label, value = line.decode().rstrip("\n").split(":", 1)
            if label == "VmFlags":
                rows[-1]["vm_flags"] = value.split()
            elif label != "Size":
                rows[-1][snake(label)] = bool(number(value)) if label == "THPeligible" else number(value)
    return rows


def memsh(query, root=None, *options):
    """The rows that memsh gives, and the whole document."""
    command = [os.environ["MEMSH"], *(["--source", root] if root else []), "-f", "json", *options, "-e", query]
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, f"{query}: {done.returncode}: {done.stderr.decode()}"
    document = json.loads(done.stdout)
    return document["rows"], document


def same(got, expected):
    """Addresses are text in JSON."""
    if isinstance(got, str) and got.startswith("0x") and isinstance(expected, int):
        got = int(got, 16)
    return got == expected and isinstance(got, bool) == isinstance(expected, bool)


def differences(row, expected):
    return {field: (row.get(field), value) for field, value in expected.items() if not same(row.get(field), value)}
