-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What explain() says of a query, beside what was opened while it ran and what is known of the fixture.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
-- The fixture's processes, without its thread of the kernel, those with memory in swap, those without any.
local ALL <const>, USERS <const>, SWAPPED <const>, ZOMBIES <const> = 9, 8, 3, 2
local DEAR <const> = { "maps", "smaps", "smaps_rollup", "numa_maps" }

local function opens(f)
  local before, difference = machine.source():opened(), {}
  local result = f()
  for file, n in pairs(machine.source():opened()) do
    if n ~= (before[file] or 0) then difference[file] = n - (before[file] or 0) end
  end
  return difference, result
end

-- The steps by what they are, and in their order; the last row is apart.
local function steps_of(set)
  local rows = set:rows()
  local last, by_name, list = table.remove(rows), {}, {}
  for i, row in ipairs(rows) do by_name[row.what], list[i] = row, row.what end
  return by_name, list, last
end

-- What the steps say was opened, by file.
local function said(set)
  local counts = {}
  for _, row in ipairs(set:rows()) do
    if row.file ~= "" and row.file ~= "/proc" and row.opened > 0 then
      counts[row.file] = (counts[row.file] or 0) + row.opened
    end
    for n, file in row.also:gmatch "(%d+) ([%w_]+)" do
      if row.what ~= "in all" then counts[file] = (counts[file] or 0) + math.tointeger(n) end
    end
  end
  return counts
end

t.test("nothing of it is there for queries that are not explained", function()
  procs:where "swap > 0":sort "-pss":rows()
  maps:by "pid":sum "rss":rows()
  t.eq(package.loaded["memsh.exec.trace"], nil)
  t.eq(package.loaded["memsh.show.explain"], nil)
end)

t.test("the flagship query: its steps in order, what each opened, was given and left", function()
  local steps, order, last = steps_of(procs:where "swap > 0 and user ~= 'x'":sort "-private_dirty":top(2):explain())
  t.eq(order, { "processes", "no kernel threads", "where swap > 0", "where user ~= 'x'", "read private_dirty",
    "sort -private_dirty", "top 2", "columns: pid user comm swap private_dirty res" })
  t.eq({ steps.processes.file, steps.processes.left }, { "/proc", ALL })
  t.eq({ steps["no kernel threads"].rows, steps["no kernel threads"].left }, { ALL, USERS })
  local where = steps["where swap > 0"]
  t.eq({ where.file, where.rows }, { "status", USERS })
  t.eq({ where.left, where.undecided, where.why }, { SWAPPED + ZOMBIES, ZOMBIES, "2 no_memory" })
  t.eq({ steps["sort -private_dirty"].rows, steps["sort -private_dirty"].left, steps["top 2"].left }, { SWAPPED, 2, 2 })
  t.eq(last.left, 2)
end)

t.test("what it says was opened is what was opened", function()
  for _, query in ipairs {
    "procs:where'swap > 0':sort'-private_dirty'", "maps:by'path':sum'rss'", "maps:by'user':sum'rss'",
    "maps:where'w and x'", "maps:where'swap > 0'", "procs:where(function(p) return p.pss > 0 end)",
    "procs:show(function(p) return p.pss end)",
    "procs:where'swap > 0':maps():sort'-rss':top(3)", "procs:join(maps:by'pid':sum'rss', 'pid')", "maps:distinct'path'",
    "procs:sort(function(p) return p.uss end)", "maps:where(function(m) return m.rss > 0 end):by'exe':count()",
    "proc(1107):maps()", "maps:procs()", "procs:where'pss > 0'", "maps:by'':sum'rss swap'", "procs:top(0)",
  } do
    local set = load("return " .. query)()
    local counted, explained = opens(function() return set:explain() end)
    t.eq(said(explained), counted, query)
  end
end)

t.test("the rows of mappings", function()
  local steps = steps_of(maps:where "comm == 'zoo' and rss > 0 and w":by "kind":count():explain())
  local zoo, resident, written = 0, 0, 0
  for _, m in ipairs(proc(1107):maps():rows()) do
    zoo = zoo + 1
    if m.rss > 0 then resident = resident + 1 end
    if m.rss > 0 and m.w then written = written + 1 end
  end
  t.eq({ steps["where comm == 'zoo'"].rows, steps["where comm == 'zoo'"].left }, { ALL, 1 })
  t.eq({ steps.mappings.rows, steps.mappings.left, steps.mappings.file, steps.mappings.opened }, { 1, zoo, "smaps", 1 })
  t.eq({ steps["where rss > 0"].rows, steps["where rss > 0"].left }, { zoo, resident })
  t.eq({ steps["where w"].rows, steps["where w"].left }, { resident, written })
  t.eq(steps["by kind"].rows, written)
end)

t.test("maps that is read twice is counted where it is read", function()
  local steps = steps_of(maps:where "w and not shared":show "user addr perms":explain())
  local first = steps["some mapping with w and not shared"]
  t.eq({ first.file, steps.mappings.file }, { "maps", "maps" })
  t.ok(first.left > 0 and first.left < first.rows and first.opened >= first.rows)
  t.eq(steps.mappings.opened, first.left)
end)

t.test("rollups in the place of smaps", function()
  local steps = steps_of(maps:by "user":sum "rss":show "user rss":explain())
  t.eq(steps["totals of mappings"].file, "smaps_rollup")
  steps = steps_of(maps:where "swap > 0":explain())
  t.eq(steps["where mappings may fit"].rows, ALL)
  t.ok(steps["where mappings may fit"].left < ALL)
  t.eq(steps.mappings.rows, steps["where mappings may fit"].left)
end)

t.test("what was undecided and why, and who may read it", function()
  machine.configure(FIXTURES .. "/denied")
  local steps = steps_of(procs:where "pss > 0":explain())
  local where = steps["where pss > 0"]
  t.eq({ where.undecided, where.why }, { 7, "7 denied" })
  t.eq(where.permission, "same user, or CAP_SYS_PTRACE, or CAP_PERFMON (6.15)")
  t.eq(steps["no kernel threads"].permission, "")
  steps = steps_of(maps:by "path":count():explain())
  t.eq({ steps.mappings.undecided, steps.mappings.why, steps.mappings.left }, { 7, "7 denied", 12 })
  steps = steps_of(procs:show "pid pss":explain())
  t.eq(steps["columns: pid pss"].why, "7 denied")
  t.eq(steps["columns: pid pss"].undecided, 0)
  steps = steps_of(procs:where "pss > 0 and exe ~= ''":explain())
  t.eq(steps["where exe ~= ''"].undecided + steps["where pss > 0"].undecided, 7)
  -- The sort reads status, too, which is anybody's: it is the pss of smaps_rollup that it misses.
  local sorted = procs:where "rss > 0":sort "-pss":top(3):explain()
  for _, row in ipairs(sorted:rows()) do
    if row.why:find "denied" then t.has(row.permission, "CAP_SYS_PTRACE") end
  end
  t.ok(not table.concat(sorted.from.notes, "\n"):find "anybody")
  t.has(table.concat(sorted.from.notes, "\n"), "smaps_rollup: 5 denied")
  local set = procs:where "pss > 0":explain()
  t.has(table.concat(set.from.notes, "\n"), "smaps_rollup: 7 denied; readable by: same user, or CAP_SYS_PTRACE")
  t.has(set:json(), '"coverage": {"denied": 7, "read": 1, "total": 8, "undecided": 7')
  machine.configure(FIXTURES .. "/full")
end)

t.test("dry: nothing dear is opened, whatever is asked", function()
  for _, query in ipairs {
    "procs:where'user == \"bob\" and pss > 1M':sort'-pss':top(3)", "maps:by'path':sum'rss'", "maps:by'user':sum'rss'",
    "maps:where'swap > 0'", "procs:where(function(p) return p.pss > 0 end)", "procs:show(function(p) return p.pss end)",
    "procs:where'swap > 0':maps():sort'-rss'", "procs:join(maps:by'pid':sum'rss', 'pid')", "procs:sort'-pss':maps()",
    "maps:where(function(m) return m.rss > 0 end)", "procs:show'pid pss numa mappings private_file'", "maps:procs()",
  } do
    local set = load("return " .. query)()
    local counted = opens(function() return set:explain "dry" end)
    for _, file in ipairs(DEAR) do t.eq(counted[file], nil, query .. " " .. file) end
  end
end)

t.test("dry: cheap conditions are decided, dear files are counted and estimated", function()
  local steps, _, last = steps_of(procs:where "swap > 0 and pss > 0":sort "-pss":explain "dry")
  t.eq(steps["where swap > 0"].file, "status")
  local dear = steps["where pss > 0"]
  t.eq({ dear.rows, why(dear.left), dear.file }, { SWAPPED + ZOMBIES, "not_recorded", "smaps_rollup" })
  t.eq(dear.opened, SWAPPED)
  t.ok(dear.ms > 0 and dear.ms < 1000)
  t.ok(last.ms >= dear.ms)
  t.eq(last.what, "estimated")
  steps = steps_of(procs:sort "-res":top(2):maps():explain "dry")
  t.eq({ steps["top 2"].left, steps.mappings.rows, steps.mappings.file }, { 2, 2, "smaps" })
  steps = steps_of(maps:where "comm == 'zoo' and rss > 0":explain "dry")
  t.eq({ steps["where comm == 'zoo'"].left, steps.mappings.rows }, { 1, 1 })
end)

t.test("one huge process does not make all of them dear", function()
  local tracing = require "memsh.exec.trace"
  -- 2,000 processes of 150 us each and one of 150 ms: 450 ms in all.
  local function is_about(seconds, n, what)
    local all = tracing.of_all("numa_maps", seconds, n, 2001, 1)
    t.ok(all > 0.225 and all < 0.9, ("%s: %g s"):format(what, all))
  end
  is_about(0.15, 1, "the huge one alone, nothing measured")
  is_about(0.45, 2001, "all")
  is_about(0.15 + 1023 * 150e-6, 1024, "half of them")
  for _ = 1, 20 do tracing.keep_measured("numa_maps", 0.15 + 9 * 150e-6, 10) end
  tracing.keep_measured("numa_maps", 0.45, 2001)
  for _ = 1, 20 do tracing.keep_measured("numa_maps", 0.15 + 9 * 150e-6, 10) end
  is_about(0.15, 1, "the huge one, after all were measured")
  is_about(0.15 + 9 * 150e-6, 10, "it among ten")
end)

t.test("files that are cheap: the time of a step is not theirs", function()
  local tracing = require "memsh.exec.trace"
  -- 150 ms, mostly of other work, and 20 files of 20 us.
  t.ok(tracing.of_all("stat", 0.15, 20, 2117, 1) < 0.3)
  t.ok(tracing.of_all("stat", 0.15, 20, 2117, 1) > 0.15)
  local slow = procs:show(function(p)
    for _ = 1, 1e6 do end -- luacheck: ignore
    return p.res
  end):explain()
  for _, row in ipairs(slow:rows()) do t.ok(row.worst_ms <= 1.5 * row.ms + 1, row.what) end
end)

-- 300 more processes like 412.
local function with_many(f)
  local root = os.tmpname()
  os.remove(root)
  assert(os.execute(([[cp -r %s/full %s && cd %s && i=20000 && while [ $i -lt 20300 ]; do ln -s 412 $i; i=$((i + 1))
    done]]):format(FIXTURES, root, root)))
  machine.configure(root)
  local ok, problem = pcall(f)
  os.execute("rm -r " .. root)
  machine.configure(FIXTURES .. "/full")
  if not ok then error(problem, 0) end
end

t.test("dry, after it was explained: as many dear files as were opened, within a factor of two", function()
  with_many(function()
    for _, query in ipairs {
      "maps:where'w and x':show'pid addr rss'", "maps:where'w':by'path':sum'rss'", "maps:where'swap > 0'",
      "maps:where'size > 1T':by'pid':sum'rss'", "maps:where'rss > 0'",
      "maps:where'w and x':show'pid user addr'", "procs:where'pss > 1M':show'pid numa'",
      "procs:where'pss > 1G':maps():by'path':sum'pss'", "maps:by'user':sum'rss'",
      "maps:where'w and swap > 0':show'pid rss'",
    } do
      local set = load("return " .. query)()
      local counted = opens(function() return set:explain() end)
      local foreseen = said(set:explain "dry")
      for _, file in ipairs(DEAR) do
        local real, guess = counted[file] or 0, foreseen[file] or 0
        -- Those that turn out to have no memory are opened, and not foreseen.
        t.ok(guess <= 2 * real + ZOMBIES + 1 and real <= 2 * guess + 2 * ZOMBIES + 1,
          ("%s: %d %s, foreseen %d"):format(query, real, file, guess))
      end
    end
  end)
end)

t.test("which step reads maps, which smaps of how many, and why", function()
  with_many(function()
    local steps = steps_of(maps:where "w and x":show "pid addr rss":explain())
    local first = steps["some mapping with w and x"]
    t.eq({ first.file, first.rows, first.opened - first.rows <= 1 }, { "maps", ALL + 300, true })
    t.eq({ steps.mappings.file, steps.mappings.rows }, { "smaps", first.left })
    t.ok(first.left < 5)
    local set = maps:where "w":show "pid addr rss":explain()
    steps = steps_of(set)
    first = steps["some mapping with w"]
    t.ok(first.opened < 80 and first.rows == ALL + 300 and first.left > 300, first.opened)
    t.eq(steps.mappings.rows, first.left)
    t.has(table.concat(set.from.notes, "\n"),
      "most processes have some mapping with w: of the others all is read at once")
  end)
end)

t.test("dry: more resident memory is dearer, and a budget is kept", function()
  local function ms(set)
    return select(3, steps_of(set:explain "dry")).ms, select(1, steps_of(set:explain "dry"))
  end
  local zoo = proc(1107).res
  local _, steps = ms(procs:where "pid == 1107":show "pid pss")
  local one = steps["read pid pss"]
  t.eq(one.opened, 1)
  core.limit(machine.source(), { max_rss = zoo - 1 })
  _, steps = ms(procs:where "pid == 1107":show "pid pss")
  core.limit(machine.source(), { max_rss = 0 })
  t.eq({ steps["read pid pss"].opened, steps["read pid pss"].why }, { 0, "1 budget" })
end)

t.test("what is explained is an answer like any other", function()
  local set = procs:where "swap > 0":explain()
  local long = "pid == 1107 or pid == 1108 or pid == 1109 or pid == 1110"
  t.has(procs:where(long):explain():csv(), long)
  for ms in set:show "ms":csv():gmatch "%d+%.(%d+)" do t.ok(#ms <= 3, ms) end
  t.has(set:csv(), "what,file,rows,opened,ms,left,undecided,why,permission,worst_ms,also")
  t.has(set:where "file == 'status'":show "what opened":csv(), "where swap > 0,")
  t.eq(core.kind(set), nil)
  t.eq(tostring(procs:where "swap > 0":set():explain():rows()[1].what), "processes")
end)

t.test("rows that are at hand, and frozen ones: how they were read", function()
  local frozen = procs:where "swap > 0":set()
  local _, order = steps_of(frozen:explain())
  t.eq(order[1], "processes")
  _, order = steps_of(frozen:where "pid > 1":explain())
  t.eq(order[1], "rows at hand")
end)

t.test("an error in a query leaves nothing behind", function()
  t.raises(function() procs:where(function() error "on purpose" end):explain() end, "on purpose")
  t.eq(require("memsh.exec.run").trace, nil)
  t.raises(function() procs:explain "wet" end, "explain takes nothing, or \"dry\"")
end)

t.test("progress tells what is unreadable and what is stuck", function()
  local progress = require "memsh.exec.progress"
  local show, readers, shown = core.progress, core.readers, nil
  core.progress = function(text) shown = text end
  core.readers = function() return { lost = 2 } end
  progress.step { pids = { 1, 2, 3, 4 }, at = 3, started = core.clock() - 1,
    coverage = { unreadable = function() return 3 end } }
  core.progress, core.readers = show, readers
  t.ok(shown:find "^read 3 of 4 processes  75%%  1%.%d s  %(3 unreadable, 2 stuck%)$", shown)
end)

t.finish()
