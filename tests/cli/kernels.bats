# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Every number in the fixtures of all kernels, against another parser; labels that a kernel lacks are unsupported.

compare() {
  PYTHONPATH=$MEMSH_TESTS/helpers python3 - "$MEMSH_FIXTURES/$1" <<'PY'
import os, sys
import kernel

root = sys.argv[1]
pids = sorted(int(name) for name in os.listdir(root) if name.isdigit())
counted = 0
for pid in pids:
    alive = os.path.getsize(f"{root}/{pid}/maps") > 0
    truth = {**kernel.status(root, pid), **kernel.stat(root, pid)}
    truth.update(kernel.statm(root, pid) if alive else {})
    if os.path.exists(f"{root}/{pid}/smaps_rollup"):
        truth.update(kernel.rollup(root, pid))
    (row,), _ = kernel.memsh(f'procs{{kernel=true}}:where"pid == {pid}":show"pid {" ".join(truth)}"', root)
    assert not kernel.differences(row, truth), (pid, kernel.differences(row, truth))
    counted += len(truth)
    if not alive:
        continue
    rows, _ = kernel.memsh(f'proc({pid}):maps():sort"addr":show"{" ".join(kernel.smaps(root, pid)[0])}"', root)
    regions = sorted(kernel.smaps(root, pid), key=lambda region: region["addr"])
    assert len(rows) == len(regions), (len(rows), len(regions))
    for row, region in zip(rows, regions):
        assert not kernel.differences(row, region), (pid, region["name"], kernel.differences(row, region))
        counted += len(region)
assert counted > 100, counted
PY
}

@test "Linux 2.6.14" {
  compare kernels/2.6.14
}

@test "Linux 2.6.32" {
  compare kernels/2.6.32
}

@test "Linux 3.10" {
  compare kernels/3.10
}

@test "Linux 4.4" {
  compare kernels/4.4
}

@test "Linux 4.14" {
  compare kernels/4.14
}

@test "Linux 5.10" {
  compare kernels/5.10
}

@test "Linux 6.1" {
  compare kernels/6.1
}

@test "Linux 6.12" {
  compare kernels/6.12
}

@test "Linux 6.18" {
  compare kernels/6.18
}

@test "Linux 7.3" {
  compare kernels/7.3
}

@test "everything that is known at once" {
  compare full
}

@test "pages of 64 KiB" {
  compare pages64k
}
