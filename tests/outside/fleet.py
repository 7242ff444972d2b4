#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a fleet: fleet.py MEMSH DIRECTORY HOSTS PROCESSES [JOBS] records as many hosts in DIRECTORY/hN.memsh.

A host is a saved copy of /proc with PROCESSES processes, all of whose numbers come from the host's number and a fixed
seed; one in 20 differs from host to host, the others are alike on all. `memsh record --from` takes it in.
"""

import concurrent.futures
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

NOW = 1700086400
PROGRAMS = [  # command, user, unit, threads, typical resident kB
    ("nginx", 33, "nginx.service", 1, 9000), ("postgres", 70, "postgresql.service", 1, 60000),
    ("java", 1000, "app.service", 80, 900000), ("sshd", 0, "ssh.service", 1, 5000),
    ("node", 1001, "web.service", 11, 120000), ("python3", 1001, "jobs.service", 4, 45000),
    ("redis-server", 70, "redis.service", 5, 30000), ("cron", 0, "cron.service", 1, 2500),
    ("bash", 1000, "session-3.scope", 1, 4000), ("worker", 1001, "jobs.service", 2, 15000)]
PAGE = 4


def process(root, pid, host):
    """Writes the files of one process; they agree with each other as the kernel's do."""
    dice = random.Random(f"{host}/{pid}")
    command, uid, unit, threads, typical = PROGRAMS[pid % len(PROGRAMS)]
    anon = dice.randrange(typical // 8, typical) * PAGE // PAGE // PAGE * PAGE
    file, shmem = dice.randrange(200, 800) * PAGE, dice.choice([0, 0, 0, 64, 4096])
    rss, swap = anon + file + shmem, dice.choice([0, 0, 0, 0, 128, 20480])
    shared = file // 2 // PAGE * PAGE
    virtual, start = rss * 3 // PAGE * PAGE, dice.randrange(100, 8600000)
    pss = anon + (file - shared) + shared // 4 + shmem
    directory = root / str(pid)
    directory.mkdir(exist_ok=True)
    zeros = " ".join(["0"] * 27)
    files = {
        "comm": f"{command}\n", "cmdline": f"/usr/bin/{command}\0--instance={pid}\0", "exe": f"/usr/bin/{command}",
        "cgroup": f"0::/system.slice/{unit}\n",
        "stat": f"{pid} ({command}) S 1 {pid} {pid} 0 -1 4194304 512 0 0 0 12 3 0 0 20 0 {threads} 0 {start} "
                f"{virtual * 1024} {rss // PAGE} 18446744073709551615 {zeros}\n",
        "statm": f"{virtual // PAGE} {rss // PAGE} {(file + shmem) // PAGE} 16 0 {anon // PAGE} 0\n",
        "status": f"Name:\t{command}\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t1\nTracerPid:\t0\n"
                  f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t{uid}\t{uid}\t{uid}\t{uid}\nNSpid:\t{pid}\nKthread:\t0\n"
                  f"VmPeak:\t{virtual} kB\nVmSize:\t{virtual} kB\nVmLck:\t0 kB\nVmPin:\t0 kB\nVmHWM:\t{rss} kB\n"
                  f"VmRSS:\t{rss} kB\nRssAnon:\t{anon} kB\nRssFile:\t{file} kB\nRssShmem:\t{shmem} kB\nVmData:\t{anon} kB\n"
                  f"VmStk:\t132 kB\nVmExe:\t64 kB\nVmLib:\t1372 kB\nVmPTE:\t48 kB\nVmSwap:\t{swap} kB\n"
                  f"HugetlbPages:\t0 kB\nThreads:\t{threads}\n",
    }
    rollup = {"Rss": rss, "Pss": pss, "Pss_Dirty": anon, "Pss_Anon": anon, "Pss_File": pss - anon - shmem,
              "Pss_Shmem": shmem, "Shared_Clean": shared, "Shared_Dirty": 0, "Private_Clean": file - shared,
              "Private_Dirty": anon + shmem, "Referenced": rss, "Anonymous": anon, "LazyFree": 0, "AnonHugePages": 0,
              "ShmemPmdMapped": 0, "FilePmdMapped": 0, "Shared_Hugetlb": 0, "Private_Hugetlb": 0, "Swap": swap,
              "SwapPss": swap, "Locked": 0}
    files["smaps_rollup"] = "00400000-7ffc181a6000 ---p 00000000 00:00 0    [rollup]\n" + "".join(
        f"{name}: {kb} kB\n" for name, kb in rollup.items())
    for name, text in files.items():
        (directory / name).write_text(text)


def machine(root, host):
    """What belongs to no process."""
    (root / ".machine").mkdir(exist_ok=True)
    total = (32 + host % 4 * 32) << 20
    (root / ".machine/info").write_text(f"hz 100\npage_size 4096\nhost h{host:05}\nnow {NOW}\n")
    (root / ".machine/passwd").write_text("".join(
        f"{name}:x:{uid}:{uid}::/:/bin/sh\n" for name, uid in
        [("root", 0), ("www-data", 33), ("postgres", 70), ("alice", 1000), ("bob", 1001)]))
    (root / "meminfo").write_text(
        f"MemTotal: {total} kB\nMemFree: {total // 8} kB\nMemAvailable: {total // 2 - host * 1000} kB\n"
        f"SwapTotal: {8 << 20} kB\nSwapFree: {4 << 20} kB\n")
    (root / "stat").write_text(f"cpu 0 0 0 0 0 0 0 0 0 0\nbtime {NOW - 86400}\n")
    (root / "uptime").write_text("86400.00 0.00\n")
    (root / "version").write_text("Linux version 6.1.0 (x) #1 SMP\n")
    # Like a kernel thread and a zombie, 1 in 100 has no memory: its numbers are unknown.
    (root / "errors").write_text("".join(f"{pid}/smaps_rollup EACCES\n" for pid in sorted(
        int(entry.name) for entry in root.iterdir() if entry.name.isdigit()) if pid % 100 == host % 100))


def hosts(memsh, directory, numbers, processes):
    """Records some hosts, one after the other: a copy of /proc becomes the next one by what differs."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as saved:
        root = pathlib.Path(saved)
        for pid in range(1, processes + 1):
            process(root, pid, 0)
        for host in numbers:
            for pid in range(1 + host % 20, processes + 1, 20):
                process(root, pid, host)
            machine(root, host)
            subprocess.run([memsh, "record", "--from", root, "-o", directory / f"h{host:05}.memsh"], check=True,
                           stdout=subprocess.DEVNULL)
            for pid in range(1 + host % 20, processes + 1, 20):
                process(root, pid, 0)


def main():
    memsh, directory, count, processes = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else 2
    shutil.rmtree(directory, ignore_errors=True)
    pathlib.Path(f"{directory}.answers").unlink(missing_ok=True)  # of questions.py
    directory.mkdir(parents=True)
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        for done in [pool.submit(hosts, memsh, directory, range(job, count, jobs), processes) for job in range(jobs)]:
            done.result()


if __name__ == "__main__":
    main()
