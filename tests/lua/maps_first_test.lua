-- SPDX-License-Identifier: GPL-3.0-or-later
-- first
-- source: full
-- maps is read first, and smaps of those alone that may have a row: the same answers, and what is opened for them.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
local ROOTS <const> = { "full", "denied", "sealed", "pages64k", "kernels/2.6.14", "kernels/2.6.32", "kernels/3.10",
  "kernels/4.4", "kernels/4.14", "kernels/5.10", "kernels/6.1", "kernels/6.12", "kernels/6.18", "kernels/7.3" }
-- The processes of "full", and those that seem to have no mapping, of which smaps is asked to be sure.
local ALL <const>, HEADLESS <const> = 9, 2

local CONDITIONS <const> = {
  "w and x", "x and rss > 0", "w", "r", "deleted and x", "deleted", "shared and on_shmem", "on_shmem", "not on_shmem",
  "not on_shmem and shared", "kind == 'heap'", "'sysv' == kind", "kind == 'hugetlb'", "kind == 'device'",
  "kind ~= 'file'", "kind =~ '^s'", "kind == 'sysv' or kind == 'memfd'", "kind == 'file' and x", "known(kind)",
  "quadrant == 'shared-anon'", "quadrant == 'private-file'", "inconsistent", "not inconsistent", "path == ''",
  "has(path, 'lib') and comm == 'zoo'", "size > 1G", "size > 1T", "size + addr > 1T", "starts(path, '/usr/lib')",
  "known(path)", "w and x and swap > 0", "w and swap > 0", "inode > 0 and private_dirty > 0", "user == 'bob' and x",
  "x or rss > 1M", "x or pid == 1", "path == exe", "anon_name ~= ''", "dev == '00:00' and not w", "perms == 'r-xp'",
}
local WAYS <const> = {
  "maps:where[[%s]]:show'pid addr rss'", "procs:where'pid > 1':maps():where[[%s]]:show'pid user addr kind'",
  "maps:where[[%s]]:by'path, pid':sum'rss pss':max'size'", "procs:maps[[%s]]:procs():show'pid cgroup'",
}

local function opens(f)
  local before, difference = machine.source():opened(), {}
  f()
  for file, n in pairs(machine.source():opened()) do
    if n ~= (before[file] or 0) then difference[file] = n - (before[file] or 0) end
  end
  return difference
end

-- An answer with what it rests on, but for the time, and for what may count twice: what tells that is not asked here.
local function answer(set)
  return (set:json():gsub('"time": [%d.]+', ""):gsub('"maybe_counted_twice": %d+,? ?', ""))
end

local function compare()
  for i, condition in ipairs(CONDITIONS) do
    for _, way in ipairs { WAYS[1], WAYS[i % #WAYS + 1] } do
      local query = way:format(condition)
      local function ask() return answer(load("return " .. query)()) end
      t.eq(ask(), t.plainly(ask), query)
    end
    local function sum()
      local value, missing = maps:where(condition):sum "rss"
      return { known(value) and value or why(value), missing }
    end
    t.eq(sum(), t.plainly(sum), condition)
  end
end

for _, root in ipairs(ROOTS) do
  t.test("the same answers either way: " .. root, function()
    machine.configure(FIXTURES .. "/" .. root)
    compare()
  end)
end

-- A copy of "full" that a shell command changes.
local function changed(command, f)
  local root = os.tmpname()
  os.remove(root)
  assert(os.execute(("cp -r %s/full %s && chmod -R u+w %s && cd %s && %s"):format(FIXTURES, root, root, root, command)))
  machine.configure(root)
  local ok, problem = pcall(f)
  os.execute("rm -r " .. root)
  machine.configure(FIXTURES .. "/full")
  if not ok then error(problem, 0) end
end

t.test("what flags alone say is asked of smaps", function()
  -- The heap of one becomes a device, another's library one of pool huge pages: maps does not say so.
  local flag = [[awk -v at="%s" -v code=%s '/^[0-9a-f]+-/ { there = $0 ~ at } /^VmFlags/ && there { $0 = $0 code " " }
    { print }' %d/smaps >new && mv new %d/smaps]]
  changed(flag:format("libc", "io", 412, 412) .. " && " .. flag:format("heap", "ht", 413, 413), function()
    compare()
    local function pids(text)
      local list = {}
      for i, row in ipairs(maps:where(text):distinct "pid, rss >= 0":rows()) do list[i] = row.pid end
      return list
    end
    t.ok(#maps:where "pid == 412 and kind == 'device' and has(path, 'libc') and rss >= 0":rows() > 0)
    t.eq(#maps:where "pid == 413 and kind == 'hugetlb' and rss >= 0":rows(), 1)
    t.eq(pids "kind == 'heap'", t.plainly(pids, "kind == 'heap'"))
  end)
end)

t.test("maps that can't be read, or is odd: the same answers", function()
  for _, command in ipairs {
    "echo '412/maps EACCES' >>errors", "echo '412/maps ESRCH' >>errors", "rm 412/maps 413/maps", "rm */maps",
    ": >412/maps", "echo nonsense >>412/maps", "sed -i 2p 412/maps", "sed -i 2d 412/maps", "echo '1/maps EIO' >>errors",
  } do changed(command, compare) end
end)

t.test("smaps that can't be read: what maps rules out is decided", function()
  changed("for pid in 1 412 413; do echo $pid/smaps EACCES; done >>errors", function()
    t.eq(select(2, maps:where "size > 1T":show "rss":rows()), 0)
    t.eq(select(2, maps:where "has(path, 'libc')":show "rss":rows()), 3)
  end)
end)

t.test("smaps is opened for those alone that may have a row", function()
  local function files(set)
    local n = opens(function() set:csv() end)
    return { n.maps or 0, n.smaps or 0 }
  end
  local with = {}
  for _, m in ipairs(maps:where "w and x":show "pid":rows()) do with[m.pid] = true end
  local number = 0
  for _ in pairs(with) do number = number + 1 end
  t.ok(number < ALL - HEADLESS - 1)
  -- A main thread that has exited: its listing is empty when it is opened alone, and looked at again.
  local found = files(maps:where "w and x":show "pid addr rss")
  t.ok(found[1] == ALL or found[1] == ALL + 1, found[1])
  t.ok(found[2] >= number and found[2] <= number + HEADLESS, found[2])
  t.ok(files(maps:where "size > 1T":show "rss")[2] <= HEADLESS)
  t.eq(t.plainly(files, maps:where "size > 1T":show "rss"), { 0, ALL })
  -- Files of processes, too, are read of those alone.
  t.ok((opens(function() maps:where "size > 1T":show "user cgroup addr":csv() end).status or 0) <= HEADLESS)
end)

t.test("who is asked for by name, and what is at hand, is read once", function()
  local function files(set)
    local n = opens(function() set:csv() end)
    return { n.maps or 0, n.smaps or 0 }
  end
  t.eq(files(proc(1107):maps():where "w and x":show "addr rss"), { 0, 1 })
  t.eq(files(procs { pid = { 1107 } }:maps():where "w and x":show "addr rss"), { 0, 1 })
  t.eq(files(maps:where "w and x":show "pid addr")[2], 0)
  t.eq(files(maps:set():where "w and x":show "addr rss"), { 0, 0 })
end)

t.test("where most processes have such a mapping smaps is read at once", function()
  -- 300 more like 412.
  changed([[i=20000; while [ $i -lt 20300 ]; do ln -s 412 $i; i=$((i + 1)); done]], function()
    local n = opens(function() maps:where "w":show "pid addr rss":csv() end)
    t.ok(n.maps >= 32 and n.maps < 80, n.maps)
    t.ok(n.smaps >= 300, n.smaps)
    n = opens(function() maps:where "w and size > 1T":show "pid addr rss":csv() end)
    t.ok(n.maps >= 300, n.maps)
    t.ok((n.smaps or 0) <= HEADLESS, n.smaps)
    local function ask() return answer(maps:where "w":show "pid addr rss") end
    t.eq(ask(), t.plainly(ask))
  end)
end)

t.test("nothing moves across a function", function()
  local seen = 0
  maps:where(function(m) seen = seen + 1 return m.pid > 0 end):where "size > 1T":show "rss":rows()
  t.eq(seen, maps:where "rss >= 0":count())
end)

t.test("a limit of resident memory: what maps rules out is decided", function()
  core.limit(machine.source(), { max_rss = 1 })
  local rows, undecided = maps:where "size > 1T":show "rss":rows()
  core.limit(machine.source(), { max_rss = 0 })
  t.eq({ #rows, undecided }, { 0, 0 })
end)

t.finish()
