# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares memsh's mappings of the zoo with what the zoo says it made, field by field.

    zoo.py live FILE [ROOT]  FILE: what the helper program zoo said; ROOT: where it was saved
    zoo.py saved ROOT        a saved procfs root; its file `zoo` says what each mapping was made with
"""

import json
import os
import subprocess
import sys

import kernel

KB = 1024
MB = 1024 * KB
RINGS = {"heap": "[heap]", "stack": "[stack]", "vdso": "[vdso]"}


def parse(text):
    """A value as the zoo writes it: a range, a number, true or false, or text."""
    low, dots, high = text.partition("..")
    if dots and low.isdigit():
        return range(int(low), int(high) + 1)
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text.replace("\\040", " ")


def said(path):
    """{address: (name, {field: value})}, and what is absent."""
    maps, absent = {}, []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, rest = line.rstrip("\n").partition(" ")
            if key == "map":
                address, name, *pairs = rest.split(" ")
                maps[int(address, 16)] = name, {k: parse(v) for k, v in (pair.split("=", 1) for pair in pairs)}
            elif key == "absent":
                absent.append(rest)
            elif key == "pid":
                pid = int(rest)
    return pid, maps, absent


def fits(value, wanted):
    return value in wanted if isinstance(wanted, range) else kernel.same(value, wanted)


def compare(rows, maps):
    """How many values were compared; fails with all that differ."""
    by_address = {int(row["addr"], 16): row for row in rows}
    wrong, count = [], 0
    for address, (name, fields) in maps.items():
        row = by_address.get(address)
        assert row, f"no mapping at {address:#x} ({name})"
        for field, wanted in fields.items():
            count += 1
            if not fits(row.get(field), wanted):
                wrong.append(f"{name}.{field}: memsh {row.get(field)}, the zoo {wanted}")
    assert not wrong, "\n".join(wrong)
    return count


def known_fields():
    """The names that mappings have here."""
    out = subprocess.run([os.environ["MEMSH"], "--fields=json"], check=True, capture_output=True).stdout
    return {field["name"] for field in json.loads(out) if field["kind"] == "maps"}


def ask(pid, fields, root=None):
    names = sorted(fields | {"addr", "name", "kind", "quadrant", "perms", "rss", "anonymous", "on_shmem"})
    return kernel.memsh(f'proc({pid}):maps():show"{" ".join(names)}"', root)[0]


def kernel_areas(rows):
    """What every program has."""
    for kind, name in RINGS.items():
        found = [row for row in rows if row["name"] == name]
        assert found and all((row["kind"], row["quadrant"]) == (kind, "private-anon") for row in found), name


def quadrants(pid, rows, root=None):
    """Each is what status says of its pages, or what the mappings add up to. Before Linux 6.16 status may lag."""
    names = "private_anon shared_anon private_file shared_file rss_exact"
    (row,), _ = kernel.memsh(f'procs:where"pid == {pid}":show"{names}"', root)
    truth = kernel.status(root or "/proc", pid)
    assert row["private_anon"] == truth["rss_anon"] and row["shared_anon"] == truth["rss_shmem"], row
    files = {letter: sum(one["rss"] - one["anonymous"] for one in rows
                         if not one["on_shmem"] and one["perms"][3] == letter) for letter in "ps"}
    assert (row["private_file"], row["shared_file"]) == (files["p"], files["s"]), (row, files)
    if row["rss_exact"] == truth["vm_rss"]:
        assert files["p"] + files["s"] == truth["rss_file"], (row, truth)


def live(path, root=None):
    pid, maps, absent = said(path)
    if root:  # there a name is all that tells what was deleted
        for _, fields in maps.values():
            fields.pop("deleted", None)
    wanted = set().union(*(fields for _, fields in maps.values()))
    missing = wanted - known_fields()
    assert not missing, f"memsh has no field {missing}"
    rows = ask(pid, wanted, root)
    count = compare(rows, maps)
    kernel_areas(rows)
    quadrants(pid, rows, root)
    print(f"{len(maps)} mappings, {count} values; absent: {'; '.join(absent) or 'none'}")


# What each was made with, in the words of the saved roots' `zoo` files.
SAVED = {
    "private anonymous, 512k of 1M written":
        {"kind": "anon", "quadrant": "private-anon", "size": MB, "rss": 512 * KB, "anonymous": 512 * KB,
         "private_dirty": 512 * KB, "swap": 0},
    "private anonymous NORESERVE, 64M untouched":
        {"kind": "anon", "size": 64 * MB, "rss": 0, "noreserve": True, "accounted": False},
    "shared anonymous, 512k of 1M written":
        {"kind": "shmem", "quadrant": "shared-anon", "size": MB, "rss": 512 * KB, "anonymous": 0,
         "name": "/dev/zero (deleted)", "on_shmem": True},
    "memfd shared, 512k written":
        {"kind": "memfd", "quadrant": "shared-anon", "rss": 512 * KB, "anonymous": 0, "shared_dirty": 128 * KB,
         "private_dirty": 384 * KB, "pss": 448 * KB},
    "memfd private, 256k read, 128k of it written":
        {"kind": "memfd", "quadrant": "private-file", "rss": 256 * KB, "anonymous": 128 * KB,
         "shared_dirty": 128 * KB, "private_dirty": 128 * KB, "pss": 192 * KB, "on_shmem": True},
    "SysV segment, removed, 512k written":
        {"kind": "sysv", "quadrant": "shared-anon", "size": MB, "rss": 512 * KB, "anonymous": 0},
    "tmpfs file shared, 512k written":
        {"kind": "shmem", "quadrant": "shared-anon", "rss": 512 * KB, "anonymous": 0,
         "path": "/dev/shm/zoo tmpfs"},
    "file shared, 512k read, 256k written":
        {"kind": "file", "quadrant": "shared-file", "rss": 512 * KB, "anonymous": 0, "private_dirty": 256 * KB,
         "shared_dirty": 256 * KB, "path": "/var/tmp/zoo file", "on_shmem": False},
    "file private, 512k read, 256k written (copied)":
        {"kind": "file", "quadrant": "private-file", "rss": 512 * KB, "anonymous": 256 * KB,
         "private_dirty": 256 * KB, "shared_dirty": 256 * KB, "path": "/var/tmp/zoo file"},
    "deleted file private read-only, 1M read":
        {"kind": "file", "quadrant": "private-file", "perms": "r--p", "rss": MB, "anonymous": 0,
         "path": "/var/tmp/zoo deleted"},
    "file really named (deleted)":
        {"kind": "file", "quadrant": "shared-file", "perms": "r--s", "name": "/var/tmp/zoo real (deleted)"},
    "file with a newline in its name":
        {"kind": "file", "quadrant": "shared-file", "rss": 256 * KB, "name": "/var/tmp/zoo new\\012line"},
    "/dev/zero private, 512k written":
        {"kind": "anon", "quadrant": "private-anon", "rss": 512 * KB, "anonymous": 512 * KB, "name": "/dev/zero",
         "on_shmem": False},
    "mlock of 512k":
        {"kind": "anon", "size": 512 * KB, "rss": 512 * KB, "locked": 512 * KB, "locked_flag": True},
    "1M written, MADV_FREE of 512k":
        {"kind": "anon", "rss": MB, "anonymous": MB, "lazy_free": range(256 * KB, 512 * KB + 1)},
    "4M with MADV_HUGEPAGE, written":
        {"kind": "anon", "size": 4 * MB, "rss": 4 * MB, "huge_page": True,
         "anon_huge_pages": range(0, 4 * MB + 1), "kernel_page_size": 4 * KB},
    "writable and executable, 256k written":
        {"kind": "anon", "perms": "rwxp", "w": True, "x": True, "rss": 256 * KB},
    "PROT_NONE":
        {"kind": "anon", "quadrant": "private-anon", "perms": "---p", "rss": 0, "noreserve": False},
    "dontfork dontdump sequential":
        {"kind": "anon", "dont_fork": True, "dont_dump": True, "wipe_on_fork": False},
    "hugetlb 2M written":
        {"kind": "hugetlb", "quadrant": "private-anon", "size": 2 * MB, "rss": 0, "anonymous": 0,
         "hugetlb_flag": True, "kernel_page_size": 2 * MB},
    "1M written, then MADV_PAGEOUT":  # there was no swap
        {"kind": "anon", "size": MB, "rss": MB, "anonymous": MB, "swap": 0},
}


def saved_maps(root):
    maps = {}
    with open(f"{root}/zoo", encoding="utf-8") as lines:
        for line in lines:
            address, _, made = line.lstrip("# ").rstrip("\n").partition(" ")
            if address == "pid":
                pid = int(made)
            else:
                maps[int(address, 16)] = made, SAVED[made]
    return pid, maps


def saved(root):
    pid, maps = saved_maps(root)
    rows = ask(pid, set().union(*SAVED.values()) | {"private_hugetlb", "shared_hugetlb"}, root)
    count = compare(rows, maps)
    kernel_areas(rows)
    hugetlb = [row for row in rows if row["kind"] == "hugetlb"]
    assert [row["private_hugetlb"] + row["shared_hugetlb"] for row in hugetlb] == [2 * MB], hugetlb
    assert len(maps) == len(SAVED), len(maps)
    quadrants(pid, rows, root)
    print(f"{len(maps)} mappings, {count} values")


if __name__ == "__main__":
    {"live": live, "saved": saved}[sys.argv[1]](*sys.argv[2:])
