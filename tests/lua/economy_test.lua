-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What a query opens, file by file.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

-- How often each file was opened while f ran.
local function opens(f)
  local before, difference = machine.source():opened(), {}
  f()
  for file, n in pairs(machine.source():opened()) do
    if n ~= (before[file] or 0) then difference[file] = n - (before[file] or 0) end
  end
  return difference
end

-- The processes of the fixture and their threads of the kernel.
local ALL <const>, SWAPPED <const>, HEADLESS <const> = 9, 3, 1

t.test("the first rows alone are read, and none of the threads of the kernel before them", function()
  for n = 0, 5 do
    t.eq(opens(function() t.eq(#procs:top(n):show "pid pss":rows(), n) end).smaps_rollup or 0, n)
    t.eq(opens(function() procs:top(n):show "pid pss":csv() end).smaps_rollup or 0, n)
  end
  t.eq(procs:top(5):show "pid comm":csv(), procs:show "pid comm":set():top(5):csv())
  t.eq(procs:skip(2):top(2):show "pid":csv(), procs:show "pid":set():skip(2):top(2):csv())
end)

t.test("a chain that is only built opens nothing", function()
  t.eq(opens(function()
    local set = procs:where "swap > 0":sort "-private_dirty":show "pid comm pss":top(3)
    return tostring(set:maps():where "w and rss > 0":by "path":sum "rss":total()),
      tostring(procs:join(maps:by "pid":count(), "pid")),
      tostring(proc "nginx":where(function(p) return p.pss > 0 end))
  end), {})
end)

t.test("the flagship query: status once for each process, the dear file only for those with swap", function()
  local n = opens(function() procs:where "swap > 0":sort "-private_dirty":top(10):csv() end)
  -- Of those with swap status is read again beside the dear file, between two looks at stat: so both are of one
  -- process. What seems to have no memory may be looked at again, too: it may be ending.
  local more = n.status - ALL - SWAPPED
  t.ok(more >= 0 and more <= HEADLESS, n.status)
  t.ok(n.stat >= 2 * SWAPPED and n.stat <= 2 * (SWAPPED + HEADLESS), n.stat)
  t.eq(n, { status = n.status, smaps_rollup = SWAPPED, stat = n.stat })
end)

t.test("one file of each process where one will do", function()
  local n = opens(function() procs { kernel = true }:where "known(vm_swap)":sum "vm_hwm" end)
  t.eq(n, { status = n.status, stat = n.stat })
  t.ok(n.status >= ALL and n.status <= ALL + HEADLESS and (n.stat or 0) <= 2 * HEADLESS, n.status)
  t.eq(opens(function() procs { kernel = true }:show "pid comm state":csv() end), { stat = ALL })
  t.eq(opens(function() procs { kernel = true }:show "pid":csv() end), {})
  t.eq(opens(function() proc(1, 412, 4711):show "pid":csv() end), { stat = 3 })
end)

t.test("counting processes reads what tells threads of the kernel from them", function()
  t.eq(opens(function() procs:count() end), { stat = ALL })
  t.eq(opens(function() procs { kernel = true }:count() end), {})
end)

t.test("a cheap condition goes before a dear one, wherever it stands", function()
  local function dear(set)
    return opens(function() set:show "pid":csv() end).smaps_rollup
  end
  t.eq(dear(procs:where "pss > 0 and comm == 'zoo'"), 1)
  t.eq(dear(procs:where "comm == 'zoo' and pss > 0"), 1)
  t.eq(dear(procs:where "pss > 0":where "comm == 'zoo'"), 1)
  t.eq(dear(procs:where "pss > 0 and user == 'nobody'"), nil)
  t.eq(dear(procs:where "pid == 1107":sort "-pss"), 1)
  t.eq(dear(procs:where "swap > 0":where(function(p) return p.pss > 0 end)), SWAPPED + 2)
end)

t.test("what is asked of top rows alone is not read of the others", function()
  local n = opens(function() procs:sort "-res":top(2):show "pid pss":csv() end)
  t.eq(n.smaps_rollup, 2)
  n = opens(function() procs:sort "-res":top(1):rows() end)
  t.eq(n.smaps_rollup, nil)
end)

t.test("mappings: conditions on the process open no mappings of others", function()
  local n = opens(function() maps:where "user == 'bob'":count() end)
  t.eq(n.maps, 1)
  t.eq(n.smaps, nil)
  n = opens(function() maps:where "rss > 0 and comm == 'zoo'":count() end)
  t.eq(n.smaps, 1)
  t.eq(n.maps, nil)
  n = opens(function() maps:where "rss > 0":where "proc.swap > 0":count() end)
  t.eq(n.smaps, SWAPPED + 2) -- of two zombies it is not known whether they have swap
end)

t.test("mappings: smaps only where a counter is asked for", function()
  local function files(set)
    local n = opens(function() set:csv() end)
    return (n.maps or 0) > 0, (n.smaps or 0) > 0
  end
  t.eq({ files(maps:show "pid path") }, { true, false })
  t.eq({ files(maps:show "pid path size perms addr inode offset") }, { true, false })
  t.eq({ files(maps:show "pid rss") }, { false, true })
  t.eq({ files(maps:by "path":count()) }, { true, false })
  t.eq({ files(maps:by "path":sum "size") }, { true, false })
  t.eq({ files(maps:by "path":sum "rss") }, { false, true })
  t.eq({ files(maps:where "w and x":show "pid") }, { true, false })
  t.eq({ files(maps:where "w and locked > 0":show "pid") }, { true, true })
  t.eq({ files(maps:where "w or locked > 0":show "pid") }, { false, true })
  t.eq({ files(proc(1107):maps():show "path") }, { true, false })
  t.eq({ files(procs:maps():show "path") }, { true, false })
  t.eq({ files(maps:distinct "path":show "path") }, { true, false })
end)

t.test("mappings: no smaps for a loop over what has no counters", function()
  local function smaps(set)
    return opens(function()
      for _ in set do end
    end).smaps
  end
  t.eq(smaps(maps:by "path":count()), nil)
  t.eq(smaps(maps:where "w and x":procs()), nil)
  t.ok(smaps(maps:by "path":sum "rss"))
  t.ok(smaps(maps:by(function(m) return m.rss end):count()))
  t.ok(smaps(maps:show "addr"))
end)

t.test("mappings are read once for each process", function()
  -- The listing alone is opened, and again, beside stat, of the process whose main thread has exited: it is empty.
  local n = opens(function() maps:by "path":sum "rss":csv() end)
  t.eq(n.smaps, ALL + 1)
  t.ok(n.stat < ALL)
  t.eq(opens(function() maps:sort "-rss":top(3):show "pid rss path":csv() end).smaps, ALL)
  t.eq(opens(function() maps:first() end).smaps, 1)
  t.eq(opens(function() maps:any() end).maps, 1)
end)

t.test("mappings that are summed while they are read are read once, unless a number of them is unknown", function()
  local plan = require "memsh.exec.reference_mode"
  local function smaps(query)
    return opens(function() query():csv() end).smaps
  end
  local function known() return maps:by "path":sum "pss" end
  local function unknown() return maps:by "path":sum "ksm pss" end
  local once = smaps(known)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/kernels/4.4")
  local tried = smaps(unknown)
  plan.plain = true
  local plain = smaps(unknown)
  plan.plain = false
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
  t.eq(once, ALL + 1) -- that of a main thread that has exited is looked at again
  t.ok(tried >= plain and tried <= 2 * plain, tried .. " beside " .. plain)
end)

t.test("from processes to mappings only those that are left are read", function()
  t.eq(opens(function() procs:where "swap > 0":maps():count() end).maps, SWAPPED)
  t.eq(opens(function() procs:where "swap > 0":maps():sum "pss" end).smaps, SWAPPED)
  local n = opens(function() procs:where "swap > 0":maps():sum "rss" end)
  t.eq({ n.smaps, n.smaps_rollup }, { nil, SWAPPED })
  t.eq(opens(function() maps:where "comm == 'zoo' and w":procs():show "pid":csv() end).maps, 1)
end)

t.test("a share of all rows needs them all, and so does a row that sums up the others", function()
  local all = opens(function() procs:show "pid pss":csv() end).smaps_rollup
  t.eq(opens(function() procs:show "pid, pct(pss)":top(1):csv() end).smaps_rollup, all)
  t.eq(opens(function() procs:show "pid pss":top(1, { others = true }):csv() end).smaps_rollup, all)
end)

t.test("the ends that need few rows read few", function()
  t.eq(opens(function() procs:where "pss > 0":first() end).smaps_rollup, 1)
  local some = procs { kernel = true }:where "pid ~= 2"
  t.eq(opens(function() some:top(1):show "pid pss":csv() end).smaps_rollup, 1)
  t.eq(opens(function() some:show "pid pss":top(1):csv() end).smaps_rollup, 1)
  t.eq(opens(function() some:sort "pid":show "pid pss":top(1):csv() end).smaps_rollup, 1)
  t.eq(opens(function() some:top(0):show "pid pss":csv() end), {})
  t.eq(opens(function() proc(1, 412, 413, 901):top(2):show "pid pss":csv() end).smaps_rollup, 2)
  t.eq(opens(function() procs:top(0):rows() end), {})
end)

t.finish()
