# SPDX-License-Identifier: GPL-3.0-or-later
# Scans for a minute, while 20,000 processes a second come and go: none that stays is lost, none is mixed with another.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >crowd.lua <<'LUA'
-- What the crowd said of itself, and how its processes are recognised.
local crowd = { families = {}, planted = {}, count = 0 }
local MB, GB = 1 << 20, 1 << 30

for line in io.lines(arg[1]) do
  local key, pid = line:match "^(%a+) (%d+)$"
  if key == "family" then
    crowd.count = crowd.count + 1
    crowd.families[tonumber(pid)] = crowd.count
  elseif key == "planted" then
    crowd.planted[tonumber(pid)] = true
  end
end

-- Each field on its own tells the family; those that are from different files must tell the same.
local tells = {
  comm = function(v) return v:match "^kin%-(%d)" end,
  cmdline = function(v) return v:match "^kin%-(%d)" end,
  virt = function(v) return v // GB end,
  vm_size = function(v) return v // GB end,
  rss_anon = function(v) return v // (4 * MB) end,
  anonymous = function(v) return v // (4 * MB) end,
}

function crowd.family(field, value) return math.tointeger(tells[field](value)) end

-- Whether it is one of them, after all that is known of it was compared.
function crowd.check(p, fields)
  local comm = p.comm
  local family = known(comm) and crowd.family("comm", comm)
  if not family then return false end
  for _, field in ipairs(fields) do
    local value = p[field]
    if known(value) then
      assert(crowd.family(field, value) == family, ("%d, %s, has %s %s"):format(p.pid, comm, field, value))
    end
  end
  local parent = p.ppid
  local of = known(parent) and crowd.families[parent]
  assert(not of or of == family, ("%d, %s, is a child of family %s"):format(p.pid, comm, of))
  return true
end

-- To be called with each row of a scan; all that were planted must have been there.
function crowd.scan(fields)
  local there, planted = {}, 0
  return function(p)
    assert(not there[p.pid], "twice in one scan")
    there[p.pid] = true
    if crowd.planted[p.pid] then
      assert(p.comm == "planted" and p.private_dirty >= 64 << 10, p.pid)
      planted = planted + 1
    end
    return crowd.check(p, fields)
  end, function()
    for pid in pairs(crowd.planted) do assert(there[pid], pid .. " was lost") end
    assert(planted == 40)
  end
end

return crowd
LUA
}

teardown() {
  stop_helpers
}

# It counts only beside as many as the title says.
fast_enough() {
  kill -TERM "$helper_pid"
  wait "$helper_pid"
  echo "# $(value rate) processes a second" >&3
  [ "$(value rate)" -ge 20000 ] || skip "only $(value rate) processes a second came and went"
}

@test "a minute of full scans beside 20,000 processes a second: none is lost, none is mixed" {
  start crowd
  cat >scan.lua <<'LUA'
local crowd = dofile "crowd.lua"
local fields = { "virt", "vm_size", "rss_anon", "anonymous", "cmdline" }
local until_, scans, kin = os.time() + 60, 0, 0
local function open_files()
  local count = 0
  for fd = 0, 255 do
    local file = io.open("/proc/self/fdinfo/" .. fd)
    if file then
      count = count + 1
      file:close()
    end
  end
  return count
end
local ways = {
  -- Everything of a process at once, in steps from file to file, and as a function asks.
  function() return procs:show "pid comm virt vm_size rss_anon anonymous cmdline ppid private_dirty" end,
  function() return procs:where "virt > 0 and vm_size >= 0":where "anonymous >= 0":sort "-anonymous" end,
  function() return procs:where(function(p) return known(p.rss_anon) and known(p.anonymous) end) end,
  function() return procs end,
}
local files
repeat
  for _, way in ipairs(ways) do
    local look, finish = crowd.scan(fields)
    for p in way() do kin = look(p) and kin + 1 or kin end
    finish()
    scans = scans + 1
  end
  files = files or open_files()
  for try = 1, 100 do -- a reader that was given up on closes its files when it comes back
    if open_files() == files then break end
    assert(try < 100, "files were left open")
    os.execute "sleep 0.1"
  end
until os.time() >= until_
print(scans .. " scans", kin .. " rows of those that come and go")
assert(scans > 10 and kin > 100)
LUA
  run -0 "$MEMSH" scan.lua "$helper_output"
  echo "# ${lines[-1]}" >&3
  fast_enough
}

@test "a minute of listings that are read ahead, beside as many" {
  start crowd
  cat >list.lua <<'LUA'
local crowd = dofile "crowd.lua"
local until_, scans, mappings, kin = os.time() + 60, 0, 0, 0
local pid, last, comm, reserved
local function close_listing()
  assert(not known(comm) or not crowd.family("comm", comm) or reserved == 1, "not one reserved area")
end
repeat
  pid, last, comm = nil, nil, ""
  for m in maps do
    if m.pid ~= pid then
      close_listing()
      pid, last, comm, reserved = m.pid, nil, m.comm, 0
      kin = known(comm) and crowd.family("comm", comm) and kin + 1 or kin
    end
    assert(not last or not math.ult(m.addr, last), "mappings of two processes, or out of order")
    if m.size >= 1 << 30 and known(comm) and crowd.family("comm", comm) then
      assert(m.size >> 30 == crowd.family("comm", comm), comm .. " with mappings of another one")
      reserved = reserved + 1
    end
    last, mappings = m.addr, mappings + 1
  end
  close_listing()
  scans = scans + 1
until os.time() >= until_
print(scans .. " scans", mappings .. " mappings", kin .. " listings of those that come and go")
assert(scans > 3 and mappings > 1000 and kin > 100)
LUA
  run -0 "$MEMSH" -j4 list.lua "$helper_output"
  echo "# ${lines[-1]}" >&3
  fast_enough
}
