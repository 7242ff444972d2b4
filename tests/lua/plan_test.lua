-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What is read in place of something dearer never changes an answer.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
-- odd is not among them: there the files of a process contradict each other.
local ROOTS <const> = { "full", "denied", "sealed", "pages64k", "kernels/2.6.14", "kernels/2.6.32", "kernels/3.10",
  "kernels/4.4", "kernels/4.14", "kernels/5.10", "kernels/6.1", "kernels/6.12", "kernels/6.18", "kernels/7.3" }

local function opens(f)
  local before, difference = machine.source():opened(), {}
  f()
  for file, n in pairs(machine.source():opened()) do
    if n ~= (before[file] or 0) then difference[file] = n - (before[file] or 0) end
  end
  return difference
end

local plainly = t.plainly

-- An answer with what it rests on, but for the time, and for what may count twice: what tells that is not asked here.
local function answer(query)
  local set = load("return " .. query)()
  if type(set) ~= "table" then return tostring(set) end
  return (set:json():gsub('"time": [%d.]+', ""):gsub('"maybe_counted_twice": %d+,? ?', ""))
end

-- The number and how many are missing from it.
local function numbers(query)
  local value, missing = load("return " .. query)()
  return { known(value) and value or why(value), missing }
end

local SETS <const> = {
  "maps:by'pid':sum'rss private_dirty'", "maps:by'user':sum'swap'", "maps:by'':sum'rss swap anonymous'",
  "maps:by'comm, user':sum'private_clean':sort'-private_clean'", "maps:by'pid':sum'rss':show'pid rss'",
  "maps:by'pid':sum'both=private_clean + private_dirty':where'both > 0'", "maps:by'cgroup':sum'rss':top(2)",
  "maps:where\"user == 'bob'\":by'pid':sum'rss'", "maps:where'proc.swap > 0':by'pid':sum'swap'",
  "procs:maps():by'user':sum'swap'", "procs{kernel=true}:maps():by'user':sum'rss'",
  "maps:by'pid':sum'rss':by'rss > 1M':sum'rss'",
  "procs:where'swap > 0':maps():by'pid':sum'rss':sort'-rss'", "maps:by'pid':sum'rss':by'':max'rss, most=n'",
  "maps:by'exe':sum'rss'", "maps:by'pid':sum'ksm':where'ksm == 0'", "maps:by'pid':sum'lazy_free, shared_hugetlb'",
  "maps:by'pid':sum'pss'", "maps:by'pid':sum'locked'", "maps:by'pid':sum'rss':count()", "maps:by'pid':avg'rss'",
  "maps:by'pid':sum'rss - swap'", "maps:by'quadrant':sum'rss'", "maps:where'rss > 0':by'pid':sum'rss'",
  "maps:where'swap > 0':show'pid addr swap'", "maps:where'private_dirty > 1M':show'pid addr'",
  "maps:where'locked > 0':show'pid addr locked'", "maps:where'pss > 1M':show'pid addr pss'",
  "maps:where'swap_pss >= 4K':show'pid addr'", "maps:where'rss >= 0':show'pid addr'",
  "maps:where'swap ~= 0':show'pid addr'", "maps:where'swap == 0':by'pid':count()", "maps:where'0 < swap':count()",
  "maps:where'swap == 4096':show'pid addr'", "maps:where'not (swap > 0)':by'pid':count()",
  "maps:where'swap > 0 or private_dirty > 1M':show'pid addr'", "maps:where'swap + rss > 3M':show'pid addr'",
  "maps:where'swap > 0 and w':show'pid addr'", "maps:where'swap > rss':show'pid addr'",
  "maps:where'rss > size / 2':show'pid addr'", "maps:where'swap > 0 or w':show'pid addr'",
  "maps:where'swap > 0 and exe ~= \"\"':show'pid addr'",
  "maps:where('swap > lim', {lim = 1 << 20}):show'pid addr'",
  "maps:where'anon_huge_pages > 0':procs():show'pid'", "procs:where'swap > 0':maps'swap > 0':show'pid addr'",
  "maps:where'ksm > 0':show'pid addr'", "maps:where'shared_hugetlb > 0 or private_hugetlb > 0':show'pid addr'",
  "maps:where'swap > 0':by'path':sum'swap'", "maps:where'swap > 0xffffffffffffffff':show'pid'",
  "maps:where'rss > 0':where'swap > 0':sort'-swap':top(2):show'pid addr swap'",
  "maps:where'rss >= 1':top(3):show'pid'",
  "maps:by'path':sum'private_dirty'", "maps:by'path':sum'ksm pss'", "maps:by'kind, on_shmem':sum'pss':avg'mean=rss'",
  "maps:by'path':max'size'", "maps:by'user, path':sum'pss locked'", "maps:by'perms, dev':min'pss':max'most=pss'",
  "maps:by'':avg'swap'", "maps:by'path':sum'size':sort'-size':top(5)", "procs:maps():by'name':sum'swap_pss'",
  "maps:by'path':sum'protection_key'", "procs:where'pid > 1':maps():by'quadrant':sum'rss size'",
}
local NUMBERS <const> = {
  "maps:sum'rss'", "maps:sum'private_dirty'", "maps:sum'swap'", "maps:sum'pss'",
  "maps:sum'private_clean+private_dirty'",
  "procs:maps():sum'rss'", "procs:where'swap > 0':maps():sum'rss'", "maps:where'user == \"root\"':sum'anonymous'",
  "maps:where'swap > 0':count()", "maps:where'swap > 0':any()", "maps:where'private_dirty > 1G':empty()",
  "maps:where'swap > 0':sum'rss'", "maps:sum'ksm'", "maps:max'rss'",
  "maps:avg'pss'", "maps:min'size'", "maps:sum'size'",
}

for _, root in ipairs(ROOTS) do
  t.test("the same answers either way: " .. root, function()
    machine.configure(FIXTURES .. "/" .. root)
    for _, query in ipairs(SETS) do t.eq(answer(query), plainly(answer, query), query) end
    for _, query in ipairs(NUMBERS) do t.eq(numbers(query), plainly(numbers, query), query) end
    for _, p in ipairs(procs { kernel = true }:rows()) do
      for _, field in ipairs { "rss", "swap", "private_dirty" } do
        local function sum()
          local value, missing = p:maps():sum(field)
          return { known(value) and value or why(value), missing }
        end
        t.eq(sum(), plainly(sum), ("%d %s"):format(p.pid, field))
      end
    end
  end)
end

machine.configure(FIXTURES .. "/full")

-- Nine processes: two of the others are zombies, whose mappings are asked for to be sure.
local ALL <const>, HEADLESS <const> = 9, 2

t.test("sums that a rollup tells open no smaps", function()
  for _, query in ipairs { "maps:sum'private_dirty'", "maps:by'pid':sum'rss private_dirty'",
    "procs:maps():by'user':sum'swap'", "maps:by'user':sum'both=private_clean+private_dirty'" } do
    local n = opens(function() answer(query) end)
    t.eq(n.smaps, HEADLESS, query)
    t.ok(n.smaps_rollup >= ALL - HEADLESS, query)
    t.eq(plainly(opens, function() answer(query) end).smaps_rollup, nil, query)
  end
  t.eq(opens(function() answer "proc(1107):maps():sum'rss'" end).smaps, nil)
  t.eq(opens(function() answer "maps:by'user':sum'rss':show'user rss'" end).maps, nil)
  t.eq(opens(function() answer "maps:by'user':sum'rss'" end).maps, ALL)
end)

t.test("those that it tells only nearly, or not of each mapping, do", function()
  for _, query in ipairs { "maps:sum'pss'", "maps:sum'swap_pss'", "maps:sum'locked'", "maps:sum'pss_dirty'",
    "maps:avg'rss'", "maps:by'path':sum'rss'", "maps:by'kind':sum'rss'", "maps:where'w or rss > 0':sum'rss'",
    "maps:sum'rss * 2'" } do
    local n = opens(function() answer(query) end)
    -- A listing that is read alone is looked at again if it is empty, as a main thread has exited.
    t.ok(n.smaps == ALL or n.smaps == ALL + 1, query)
    t.eq(n.smaps_rollup, nil, query)
  end
end)

t.test("of kernels whose rollup may lack swapped shmem Swap is summed over the mappings", function()
  machine.configure(FIXTURES .. "/kernels/4.14")
  t.eq(opens(function() answer "maps:sum'rss'" end).smaps, nil)
  t.ok(opens(function() answer "maps:sum'swap'" end).smaps >= 2)
  t.ok(opens(function() answer "maps:where'swap > 1T'" end).smaps >= 2)
  t.eq(opens(function() answer "maps:where'rss > 1T'" end).smaps, nil)
  machine.configure(FIXTURES .. "/full")
end)

t.test("where there are no rollups nothing is read for one beyond the first processes", function()
  machine.configure(FIXTURES .. "/kernels/3.10")
  t.ok(opens(function() answer "maps:where'rss > 1T'" end).smaps <= 2 * plainly(opens, function()
    answer "maps:where'rss > 1T'"
  end).smaps)
  machine.configure(FIXTURES .. "/full")
end)

t.test("processes of whose mappings none can fit are not listed", function()
  local function smaps(text)
    return opens(function() maps:where(text):show "pid addr":csv() end).smaps
  end
  local fit = 0
  for _, p in ipairs(procs:rows()) do
    if known(p.swap_exact) and p.swap_exact > 0 then fit = fit + 1 end
  end
  t.eq(smaps "swap > 0", fit + HEADLESS)
  t.eq(smaps "0 < swap", fit + HEADLESS)
  t.eq(smaps "swap >= 1 and w", fit + HEADLESS)
  t.eq(smaps "swap ~= 0", fit + HEADLESS)
  t.eq(smaps "swap > 1T", HEADLESS)
  t.eq(smaps "locked > 1T or (rss + swap > 1T)", HEADLESS)
  t.eq(smaps "swap > 1T or w", ALL)
  t.eq(smaps "rss >= 0", ALL)
  t.eq(smaps "size > 1T", nil)
end)

t.test("what is frozen is not read again", function()
  local frozen = procs:where "pid == 1107":show "pid rss_exact":set()
  t.eq(why(frozen:maps():sum "rss"), "not_recorded")
  t.eq(select(2, frozen:maps():where "swap > 1T":count()), 1)
end)

t.test("a process that is held is read anew each time", function()
  local p = proc(1107)
  local _ = p.pss
  t.eq(opens(function() p:maps():sum "rss" end).smaps_rollup, 1)
  t.eq(opens(function() p:maps():sum "rss" end).smaps_rollup, 1)
end)

t.test("a function that sums is given each mapping", function()
  local plain = maps:sum "rss"
  t.eq(maps:sum(function(m) return m.rss end), plain)
end)

t.test("the rollup of a process that a condition is in doubt about is not summed", function()
  local root = os.tmpname()
  os.remove(root)
  assert(os.execute(("cp -r %s/full %s && echo '412/exe EACCES' >>%s/errors"):format(FIXTURES, root, root)))
  machine.configure(root)
  local function answers()
    local rows = maps:where "exe ~= 'x'":by "user":sum "rss":rows()
    return { rows[1].user, rows[1].rss, rows[1].partial.rss, maps:where "exe ~= 'x'":sum "rss" }
  end
  local found = answers()
  t.eq(found, t.plainly(answers))
  t.eq({ found[1], found[2], found[3] }, { "root", proc(1).rss_exact, proc(412).mappings })
  os.execute("rm -r " .. root)
end)

t.finish()
