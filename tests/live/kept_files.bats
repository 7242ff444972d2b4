# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Files that stay open while one watches say what they say when they are opened anew.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >keep.lua <<'LUA'
source = require "memsh.fields.machine".source()
source:keep_files(true)
function descriptors()
  local own <close>, n = io.open "/proc/self/stat", 0
  local list <close> = io.popen("ls -l /proc/" .. own:read "n" .. "/fd")
  for line in list:lines() do n = n + (line:find "/proc/%d+/statm?u?s?$" and 1 or 0) end
  return n - 1 -- its own
end
-- What statm says of a process.
function resident(pid)
  local file <close> = io.open(("/proc/%d/statm"):format(pid))
  return file and tonumber(file:read "a":match "%d+ (%d+)") * 4096
end
LUA
}

teardown() {
  stop_helpers
}

@test "among 20,000 forks a second each number is of the process that has it now" {
  start churn forks 12
  start churn forks 12
  cat >look.lua <<'LUA'
dofile "keep.lua"
local seen, file <close> = 0, io.open "/proc/self/stat"
local own = file:read "n"
for turn = 1, 40 do
  for p in procs:where "rss > 0":show "pid rss comm" do
    assert(p.pid ~= own or p.comm == "memsh", p.comm)
    seen = seen + 1
  end
  for p in procs { pid = { 1 } }:show "rss" do assert(p.rss == resident(1) or p.rss == resident(1)) end
end
assert(seen > 40)
print("open", descriptors())
LUA
  run "$MEMSH" look.lua
  echo "$output"
  [ "$status" = 0 ]
}

@test "a process that ended is gone, and its descriptors are closed" {
  sleep 100 &
  local pid=$!
  cat >ends.lua <<'LUA'
dofile "keep.lua"
local pid = tonumber(arg[1])
local function ask() return procs { pid = { pid } }:show "pid res" end
assert(ask():first().res > 0 and ask():first().res == resident(pid))
assert(descriptors() > 0)
os.execute("kill -9 " .. pid)
for _ = 1, 100 do
  if not resident(pid) or ask():first() == nil then break end
  os.execute "sleep 0.05"
end
local row = ask():first()
assert(row == nil or not known(row.res) or row.res == 0, "it shows memory")
for _ = 1, 12 do local _ = procs { pid = { 1 } }:show "res":first() end
local left = descriptors()
assert(left <= 1, left .. " are open")
source:keep_files(false)
assert(descriptors() == 0)
LUA
  run "$MEMSH" ends.lua "$pid"
  echo "$output"
  [ "$status" = 0 ]
}

@test "within the limit of descriptors every row is right" {
  local pids=()
  for _ in {1..30}; do
    sleep 100 &
    pids+=($!)
  done
  cat >limit.lua <<'LUA'
dofile "keep.lua"
local own = {}
for i, pid in ipairs(arg) do own[i] = tonumber(pid) end
for _ = 1, 3 do
  local n = 0
  for p in procs { pid = own }:where "comm == 'sleep'":show "pid res" do
    assert(p.res == resident(p.pid), p.pid)
    n = n + 1
  end
  assert(n == 30, n)
end
assert(descriptors() <= 20)
LUA
  for pid in "${pids[@]}"; do
    for _ in {1..500}; do
      ! grep -qx sleep "/proc/$pid/comm" || ! grep -q '^State:.S' "/proc/$pid/status" || break
      sleep 0.01
    done
  done
  run bash -c 'ulimit -n 276; "$0" -j2 limit.lua "$@"' "$MEMSH" "${pids[@]}"
  echo "$output"
  kill "${pids[@]}"
  [ "$status" = 0 ]
}

@test "processes in odd states are as they are without" {
  start states zombie
  cat >states.lua <<'LUA'
dofile "keep.lua"
local pid = tonumber(arg[1])
local function ask() return procs { pid = { pid }, kernel = true }:show "pid comm state res rss threads":csv() end
local first = ask()
for _ = 1, 3 do assert(ask() == first) end
source:keep_files(false)
assert(ask() == first, first .. ask())
LUA
  "$MEMSH" states.lua "$(value pid)"
}

@test "watching asks again and again, and knows of processes that come and go" {
  start churn forks 6
  run --separate-stderr "$MEMSH" --watch 0.2 --count 10 -f csv -e 'procs:where"pid == 1":show"pid res virt"'
  [ "$status" = 0 ]
  [ "$(grep -c ',1,' <<<"$output")" = 10 ]
}
