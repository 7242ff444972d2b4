# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# Conditions that maps decides, with numbers of smaps: what the kernel's own files say, and nothing mixed or lost where
# mappings, programs and processes change between the two readings.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

# "ADDRESS RSS" of the mappings in smaps of which an awk condition holds.
expected() {
  awk "/^[0-9a-f]+-/ { there = $2; split(\$1, range, \"-\") } there && \$1 == \"Rss:\" { print range[1], \$2 * 1024 }" \
    "/proc/$1/smaps"
}

@test "among all processes: the rows of some, as their smaps has them, both ways" {
  start mem maps 300
  one=$helper_pid
  start mem dirty 8192
  two=$helper_pid
  while IFS='|' read -r condition in_awk; do
    for plain in false true; do
      run --separate-stderr "$MEMSH" -e "
        require('memsh.exec.reference_mode').plain = $plain
        for m in maps:where[[$condition]] do
          if m.pid == $one or m.pid == $two then print(('%x %d'):format(m.addr, m.rss)) end
        end"
      [ "$status" = 0 ]
      sed 's/^0*//' <(expected "$one" "$in_awk") <(expected "$two" "$in_awk") | sort >truth
      [ -s truth ]
      sort <<<"$output" | diff - truth
    done
  done <<'CONDITIONS'
w and rss >= 0 and size > 0|$2 ~ /w/
x and rss >= 0|$2 ~ /x/
path =~ 'libc[.-]' and rss >= 0|$6 ~ /libc[.-]/
name == '[stack]' and rss >= 0|$6 == "[stack]"
CONDITIONS
}

@test "smaps is read of those alone that may have a row" {
  start zoo "$PWD" "$PWD"
  run --separate-stderr "$MEMSH" -e "
    local source = require('memsh.fields.machine').source()
    local rows = maps:where[[has(path, '$PWD/') and rss >= 0]]:show'pid addr rss':rows()
    local pids, n = {}, 0
    for _, m in ipairs(rows) do n, pids[m.pid] = n + (pids[m.pid] and 0 or 1), true end
    print(#rows > 0, n, pids[$helper_pid], source:opened().smaps or 0, source:opened().maps)"
  echo "$output" "$stderr"
  read -r some number is_there smaps maps <<<"$output"
  [ "$some $is_there" = "true true" ]
  # What can't be listed, or has no memory, is looked at again: it may be ending.
  [ "$maps" -ge 10 ] && [ "$smaps" -ge "$number" ] && [ "$smaps" -lt "$maps" ]
}

@test "two threads remap without end: each row meets the condition, and what stays is never lost" {
  start remap
  cat >query.lua <<'LUA'
local pid = math.tointeger(arg[1])
local start, end_ = math.tointeger(tonumber(arg[2])), math.tointeger(tonumber(arg[3]))
local rows = 0
local function code()
  local list = {}
  for _, m in ipairs(maps:where("pid == n and x and rss >= 0", { n = pid }):rows()) do
    assert(m.x)
    list[#list + 1] = ("%x %x"):format(m.addr, m.size)
  end
  return table.concat(list, "\n")
end
local before = code()
assert(#before > 0)
for i = 1, 200 do
  local last = 0
  for _, m in ipairs(maps:where("pid == n and w and addr >= a and addr < z", { n = pid, a = start, z = end_ })
    :show "pid addr perms size rss":rows()) do
    rows = rows + 1
    assert(m.w and m.perms:sub(2, 2) == "w" and m.pid == pid)
    assert(m.addr >= last, "they overlap")
    assert(m.inconsistent or known(m.rss) and m.rss <= m.size)
    last = m.addr_end
  end
  assert(i % 10 > 0 or code() == before, "what never changes did")
end
assert(rows > 200 * 20, rows)
LUA
  run --separate-stderr "$MEMSH" query.lua "$helper_pid" "$(value start)" "$(value end)"
  echo "$output" "$stderr"
  [ "$status" = 0 ]
}

@test "a pid that is given to another process again and again: a mapping is shown with its own process" {
  start churn twins 30 5000
  cat >twins.lua <<'LUA'
local pid, until_, seen = math.tointeger(arg[1]), os.time() + 25, 0
repeat
  for m in maps:where("pid == n and w and size >= 8M and rss >= 0", { n = pid }):show "pid comm size private_dirty" do
    if known(m.comm) then
      seen = seen + 1
      assert(m.comm == "twin-big", ("%s has %d bytes"):format(m.comm, m.size))
    end
  end
until seen > 100 or os.time() >= until_
assert(seen > 20, "too few were seen to tell")
LUA
  "$MEMSH" twins.lua "$(value pid)"
}

@test "a process that becomes another program again and again: a mapping is shown with its own program" {
  start states exec 20000
  cat >exec.lua <<'LUA'
local pid, until_, seen = math.tointeger(arg[1]), os.time() + 25, 0
repeat
  for m in maps:where("pid == n and w and size > 8M - 4K and rss > 4M", { n = pid }):show "pid comm rss" do
    if known(m.comm) and m.comm:find "^exec" then
      seen = seen + 1
      assert(m.comm == "exec-big", m.comm)
    end
  end
until seen > 100 or os.time() >= until_
assert(seen > 20, "too few were seen to tell")
LUA
  "$MEMSH" exec.lua "$helper_pid"
}

@test "beside processes that come and go: what stays is found each time" {
  start mem maps 300
  stays=$helper_pid
  start churn forks 40
  run --separate-stderr "$MEMSH" -e "
    local start, turns, took, first = os.time(), 0
    repeat
      local n = 0
      turns = turns + 1
      for _, m in ipairs(maps:where'w and size == 4096 and rss >= 0':show'pid addr rss comm':rows()) do
        if m.pid == $stays then n = n + 1 end
      end
      first = first or n
      assert(n == first and n > 100, n)
      took = os.time() - start
    until turns >= 150 or took >= 5 and turns >= 5 or took >= 30
    assert(turns >= 5, turns)
    print(first)"
  echo "$output" "$stderr"
  [ "$status" = 0 ]
  [ "$output" = "$(awk '/^[0-9a-f]+-/ { w = $2 ~ /w/ } $1 == "Size:" && w && $2 == 4 { n++ } END { print n }' \
    "/proc/$stays/smaps")" ]
}
