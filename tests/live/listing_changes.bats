# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Mappings that split and merge while they are listed.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

@test "two threads remap without end: what memsh lists never overlaps, and says where it had to be clipped" {
  start remap
  cat >query.lua <<'LUA'
local pid = math.tointeger(arg[1])
local set = procs:where("pid == wanted", { wanted = pid }):maps() -- read anew each time
local flagged, mappings = 0, 0
for _ = 1, 300 do
  local last, inconsistent = 0, false
  for _, m in ipairs(set:rows()) do
    assert(math.ult(last - 1, m.addr) or last == m.addr or last == 0, ("%x before %x"):format(m.addr, last))
    assert(m.addr_end - m.addr == m.size)
    last, inconsistent, mappings = m.addr_end, inconsistent or m.inconsistent, mappings + 1
    -- what was cut has no counters; what was not has them
    assert(m.inconsistent or known(m.rss))
    if m.path == "[vsyscall]" then last = 0 end
  end
  if inconsistent then flagged = flagged + 1 end
end
print(("%d mappings in 300 readings, %d of them clipped"):format(mappings, flagged))
assert(mappings > 300 * 100)
LUA
  run --separate-stderr "$MEMSH" query.lua "$helper_pid"
  echo "$output" "$stderr"
  [ "$status" = 0 ]
}
