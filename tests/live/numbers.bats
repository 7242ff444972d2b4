# SPDX-License-Identifier: GPL-3.0-or-later
# Every number of a process that sits still, against another parser of the same files.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

@test "stat, statm and status: every number, in bytes" {
  start mem kinds 512
  PYTHONPATH=$MEMSH_TESTS/helpers python3 - "$helper_pid" <<'PY'
import sys
import kernel

pid = sys.argv[1]
truth = {**kernel.status("/proc", pid), **kernel.statm("/proc", pid), **kernel.stat("/proc", pid)}
(row,), _ = kernel.memsh(f'procs:where"pid == {pid}":show"{" ".join(truth)}"')
assert not kernel.differences(row, truth) and len(truth) > 25, kernel.differences(row, truth)
PY
}

@test "smaps: every number of every mapping, and the names" {
  start mem kinds 512
  PYTHONPATH=$MEMSH_TESTS/helpers python3 - "$helper_pid" <<'PY'
import sys
import kernel

pid = sys.argv[1]
# What other processes do to shared pages, memsh among them, is in these.
others = {"pss", "pss_dirty", "referenced", "shared_clean", "private_clean", "shared_dirty", "private_dirty"}
truth = kernel.smaps("/proc", pid)
rows, _ = kernel.memsh(f'proc({pid}):maps():sort"addr":show"{" ".join(truth[0])}"')
assert len(rows) == len(truth) > 20, (len(rows), len(truth))
for row, region in zip(rows, truth):
    wrong = kernel.differences(row, region)
    own = region["name"] in ("", "[heap]", "[stack]", "/dev/zero (deleted)")
    assert not wrong or not own and set(wrong) <= others, (region["name"], wrong)
PY
}

@test "smaps_rollup: every label, read beside it by the same program" {
  start mem kinds 512
  cat >query.lua <<'LUA'
local pid = math.tointeger(arg[1])
local function kernel()
  local numbers = {}
  for line in io.lines("/proc/" .. pid .. "/smaps_rollup") do
    local label, kb = line:match "^([%w_]+):%s+(%d+) kB$"
    if label then numbers[label] = math.tointeger(kb) * 1024 end
  end
  return numbers
end
local names = { KSM = "ksm", Rss = "rss_exact", Swap = "swap_exact" }
local function field(label) return names[label] or label:gsub("(%l)(%u)", "%1_%2"):lower() end
for _ = 1, 20 do
  local before, p = kernel(), proc(pid)
  local got = {}
  for label in pairs(before) do got[label] = p[field(label)] end
  local after, steady, count = kernel(), true, 0
  for label, value in pairs(before) do steady = steady and after[label] == value end
  if steady then
    for label, value in pairs(before) do
      assert(got[label] == value, label .. ": " .. tostring(got[label]) .. " and not " .. value)
      count = count + 1
    end
    assert(count > 15, "too few labels")
    os.exit(0)
  end
end
error "the numbers did not keep still"
LUA
  "$MEMSH" query.lua "$helper_pid"
}

@test "all processes are there, each once" {
  # Who lives before and after must be in it.
  python3 - <<'PY'
import json, os, subprocess

def pids():
    return {int(name) for name in os.listdir("/proc") if name.isdigit()}

before = pids()
out = subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", 'procs{kernel=true}:show"pid"'], check=True, capture_output=True).stdout
listed = [row["pid"] for row in json.loads(out)["rows"]]
missing = (before & pids()) - set(listed)
assert not missing and len(listed) == len(set(listed)), missing
PY
}

@test "a process with 20,000 mappings: all of them, in little memory" {
  start mem maps 20000
  run "$MEMSH" -f csv -e "proc($helper_pid):maps():where\"size == 4096\":count()"
  [ "$status" = 0 ]
  [ "${lines[-1]}" -ge 19999 ]
}
