# SPDX-License-Identifier: GPL-3.0-or-later
# The question memsh was written for, against the kernel's own words.
load ../helpers/helpers

QUERY='procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss"'

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
  swap_off
}

@test "what is in swap, by private dirty memory: what status and smaps_rollup say, in bytes, in order" {
  swap_on
  start mem swapped 3072 1024 swap-less
  less=$helper_pid
  start mem swapped 9216 2048 swap-more
  more=$helper_pid
  "$MEMSH" -f json -e "$QUERY" >rows.json
  python3 - "$less" "$more" <<'PY'
import json, sys

def kernel(pid, file, label):
    with open(f"/proc/{pid}/{file}") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(label + ":")) * 1024

rows = json.load(open("rows.json"))["rows"]
pids = [row["pid"] for row in rows]
less, more = (int(pid) for pid in sys.argv[1:])
assert less in pids and more in pids and pids.index(more) < pids.index(less), pids
for row in rows:
    if row["pid"] in (less, more):
        assert row["swap"] == kernel(row["pid"], "status", "VmSwap"), row
        assert row["private_dirty"] == kernel(row["pid"], "smaps_rollup", "Private_Dirty"), row
        # memsh was one more of those who share a page.
        assert abs(row["pss"] - kernel(row["pid"], "smaps_rollup", "Pss")) <= 16384, row
assert [row["comm"] for row in rows if row["pid"] in (less, more)] == ["swap-more", "swap-less"]
known = [row["private_dirty"] for row in rows if row["private_dirty"] is not None]
assert known == sorted(known, reverse=True)
assert all(row["swap"] > 0 for row in rows)
PY
}

@test "in a pipe the table has exact bytes" {
  swap_on
  start mem swapped 1024 4096 swapper
  run --separate-stderr "$MEMSH" -e "procs:where\"pid == $helper_pid\":show\"pid swap\""
  [ "$status" = 0 ]
  [[ ${lines[1]} =~ ^\ *$helper_pid\ +$((4096 * 1024))\ *$ ]]
}
