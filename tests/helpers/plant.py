# SPDX-License-Identifier: GPL-3.0-or-later
"""Trouble for memsh doctor, planted in a process of its own: plant.py WHAT NUMBER. Prints lines "KEY VALUE" and
"ready", and lives for a minute at most."""
import ctypes
import mmap
import os
import resource
import signal
import sys
import time

MIB = 1 << 20
MADV_FREE, MADV_MERGEABLE = 8, 12
END = time.time() + 60


def anonymous(size, flags=mmap.MAP_PRIVATE):
    return mmap.mmap(-1, size, flags=flags | mmap.MAP_ANONYMOUS)


def touch(memory):
    memory[:: mmap.PAGESIZE] = b"x" * len(range(0, len(memory), mmap.PAGESIZE))


def ready():
    print("pid", os.getpid())
    print("ready", flush=True)


def hold(mib):
    """anonymous memory"""
    memory = anonymous(mib * MIB)
    touch(memory)
    ready()
    return memory


def lazy_free(mib):
    """memory that was given back by MADV_FREE"""
    memory = anonymous(mib * MIB)
    touch(memory)
    memory.madvise(MADV_FREE)
    ready()
    return memory


def workers(mib):
    """20 processes that map the same memory"""
    memory = anonymous(mib * MIB, mmap.MAP_SHARED)
    touch(memory)
    done, wait = os.pipe(), os.pipe()
    for _ in range(20):
        if os.fork() == 0:
            ctypes.CDLL(None).prctl(1, 9)  # it ends with its parent
            os.close(wait[1])
            sum(memory[:: mmap.PAGESIZE])
            os.write(done[1], b"x")
            os.read(wait[0], 1)
            os._exit(0)
    for _ in range(20):
        os.read(done[0], 1)
    ready()
    return memory, wait


def mergeable(mib):
    """memory for KSM, of which hardly anything is equal"""
    memory = anonymous(mib * MIB)
    memory[:] = os.urandom(mib * MIB)
    memory[: 16 * mmap.PAGESIZE] = b"x" * 16 * mmap.PAGESIZE
    memory.madvise(MADV_MERGEABLE)
    ready()
    return memory


def address_space(percent):
    """address space up to that share of RLIMIT_AS"""
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * mmap.PAGESIZE * 100 // percent
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    print("limit", limit)
    ready()


def grow(mib):
    """that many MiB more each second, for four seconds, or until SIGUSR1"""
    told = []
    signal.signal(signal.SIGUSR1, lambda *_: told.append(True))
    ready()
    kept = []
    for _ in range(40):
        if told:
            break
        kept.append(anonymous(mib * MIB // 10))
        touch(kept[-1])
        time.sleep(0.1)
    print("done", flush=True)
    return kept


def sweep(mib):
    """touches its memory from one end to the other, again and again"""
    memory = anonymous(mib * MIB)
    touch(memory)
    ready()
    while time.time() < END:
        touch(memory)


kept = {one.__name__: one for one in (hold, lazy_free, workers, mergeable, address_space, grow, sweep)}[sys.argv[1]](
    int(sys.argv[2]))
while time.time() < END:
    time.sleep(1)
