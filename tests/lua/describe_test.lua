-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- set:describe(): counts, quartiles, sums.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local function column(set, name)
  for row in set:describe() do
    if row.column == name then return row end
  end
end

-- The smallest value that at least this share of them do not exceed, counted one by one.
local function quantile(values, part)
  local best
  for _, value in ipairs(values) do
    local covered = 0
    for _, other in ipairs(values) do covered = covered + (other <= value and 1 or 0) end
    if covered >= part * #values and (best == nil or value < best) then best = value end
  end
  return best
end

t.test("quartiles are values that are there", function()
  for n = 1, 13 do
    local rows, values = {}, {}
    local fields = require("memsh.fields.schema").made { require("memsh.fields.schema").column("v", "bytes", "") }
    for i = 1, n do
      values[i] = (i * 7919) % 101
      rows[i] = { v = values[i] }
    end
    local row = column(require("memsh.query.rowset").of_rows(rows, fields), "v")
    local sum = 0
    for _, value in ipairs(values) do sum = sum + value end
    t.eq({ row.count, row.missing, row.sum }, { n, 0, sum })
    t.eq({ row.min, row.p25, row.median, row.p75, row.p95, row.max },
      { quantile(values, 0), quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75),
        quantile(values, 0.95), quantile(values, 1) }, n .. " values")
  end
end)

t.test("the columns of show that are numbers; else what is named and what is cheap", function()
  local function columns(set)
    local list = {}
    for row in set:describe() do list[#list + 1] = row.column end
    return table.concat(list, " ")
  end
  t.eq(columns(procs:show "pid, comm, rss, mb=rss/M, pct(rss), user"), "rss mb")
  t.eq(columns(procs:where "pss > 0"), "pss virt res shr data rss_anon rss_file rss_shmem swap threads")
  t.eq(columns(procs:where "rss > 0"), "rss virt shr data rss_anon rss_file rss_shmem swap threads")
  t.eq(columns(procs:by "user":sum "rss"), "n rss")
  t.eq(columns(maps), "size rss pss private_dirty swap")
  t.eq(columns(cgroups:top(1)), "procs memory_current memory_peak memory_swap_current")
  t.eq(columns(procs:show "comm"), "")
  t.eq(columns(procs:show(function(p) return p.pid end)), "value")
  t.eq(columns(procs:show(function(p) return p.comm end)), "")
end)

t.test("it reads what it describes, once", function()
  local before = machine.source():opened()
  procs:show "pid, virt":describe():rows()
  local after = machine.source():opened()
  t.eq(after.smaps_rollup, before.smaps_rollup)
  t.eq(after.statm and after.statm > (before.statm or 0) or after.status > (before.status or 0), true)
end)

t.test("what could not be read is missing, what has no memory is nowhere", function()
  local rss = column(procs:show "rss", "rss")
  t.eq({ rss.count, rss.missing }, { 6, 0 }, "a zombie has none")
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local pss = column(procs:show "pss", "pss")
  local own, missing = proc(1400).pss, select(2, procs:sum "pss")
  t.eq({ pss.count, pss.missing }, { 1, missing })
  t.eq({ pss.min, pss.p25, pss.median, pss.p75, pss.max, pss.sum }, { own, own, own, own, own, own })
  t.eq(procs:show "pss":describe():csv(), ("column,count,missing,min,p25,median,p75,p95,max,sum,partial\r\n" ..
    "pss,1,%d,%d,%d,%d,%d,%d,%d,%d,min p25 median p75 p95 max sum\r\n"):format(missing, own, own, own, own, own, own,
      own))
  t.has(procs:show "pss":describe():jsonl(),
    '"partial": {"min": 7, "p25": 7, "median": 7, "p75": 7, "p95": 7, "max": 7, "sum": 7}')
  local none = column(procs:where "pid < 1400":show "pss", "pss")
  t.eq({ none.count, none.missing, why(none.median), why(none.sum) }, { 0, 7, "denied", "denied" })
  -- the largest is at least what is known of it; nothing else can be told
  t.eq(procs:show "pss":describe():where "max > 0":count(), 1)
  t.eq({ procs:show "pss":describe():where "median > 0":count() }, { 0, 1 })
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("undecided rows are missing, too", function()
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local rss = column(procs:where "pss > 0":show "rss", "rss")
  t.eq({ rss.count, rss.missing }, { procs:where "pss > 0":count() })
  t.ok(rss.missing >= 6)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("nothing at all", function()
  local rss = column(procs:where "false":show "rss", "rss")
  t.eq({ rss.count, rss.missing, rss.min, rss.max, rss.sum }, { 0, 0, nil, nil, 0 })
end)

t.test("rows like any, sizes scaled where people look", function()
  t.eq(tostring(procs:show "rss":describe():top(1)), 'procs:show("rss"):describe():top(1)')
  t.eq(procs:show "rss virt":describe():sort "-max":show "column":csv(), "column,partial\r\nvirt,\r\nrss,\r\n")
  t.eq(procs:show "rss virt":describe():where "max > 100G":count(), 0)
  t.ok(procs:show "rss":describe():where "max > 64K":count() == 1)
  local core = require "memsh.core"
  local sink = core.sink_memory()
  local show = require "memsh.show.rowset"
  show.write(procs:where "pid == 1":show "rss threads":describe():show "column max", sink, "table",
    { human = true })
  local size = human(proc(1).rss)
  t.has(sink:text(), "rss" .. (" "):rep(#"threads" - #"rss" + 2 + math.max(3 - #size, 0)) .. size .. "\n")
end)

t.finish()
