-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Columns that show names, as fields of the rows that a loop gets.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

t.test("a named column is a field of the rows in loops, lists and functions", function()
  local set, n = procs:where "pid == 901":show "pid, mb=rss/M":show "mb, twice=mb*2", 0
  for p in set do
    n = n + 1
    t.eq({ p.mb, p.twice }, { p.rss / (1 << 20), p.rss / (1 << 19) })
  end
  t.eq(n, 1)
  t.eq(set:first().mb, proc(901).rss / (1 << 20))
  t.eq(set:rows()[1].mb, proc(901).rss / (1 << 20))
  t.eq(set:where(function(p) return p.mb > 70 end):count(), 1)
  t.eq(set:where(function(p) return p.mb > 80 end):count(), 0)
  t.eq(set:sort(function(p) return -p.mb end):first().pid, 901)
  for m in maps:where "rss > 1M":show "mb=rss/M" do t.eq(m.mb, m.rss / (1 << 20)) end
  for p in set:set() do t.eq(p.mb, p.rss / (1 << 20)) end
end)

t.test("other rows do not have it", function()
  t.raises(function() return proc(901).mb end, "no field 'mb' of a process")
  t.raises(function() return procs:first().mb end, "no field 'mb' of a process")
  t.raises(function()
    for p in procs do t.eq(p.mb, nil) end
  end, "no field 'mb' of a process")
end)

t.test("what is unknown stays so", function()
  local set = procs:where "pid == 1200":show "mb=rss/M"
  t.eq(why(set:first().mb), "no_memory")
end)

t.test("a name that two sets of one frozen row use differently is an error and no wrong number", function()
  local frozen = procs:where "pid == 901":set()
  local row = frozen:show "x=rss/M":first()
  t.eq(row.x, row.rss / (1 << 20))
  t.eq(frozen:show "x=rss/M":first().x, row.x)
  frozen:show "x=rss/K":first()
  t.raises(function() return row.x end, "'x' is rss/M in one set of this row, and rss/K in another")
end)

t.test("define takes a function: the field is where fields are", function()
  define("letters_t", function(p) return p.comm:match "^%a+" end, "the letters of its name")
  define("double_t", function(p) return p.rss * 2 end, "a test")
  define("quad_t", "double_t * 2", "a test")
  t.eq({ proc(901).letters_t, proc(901).double_t }, { "postgres", 2 * proc(901).rss })
  t.eq(procs:where "letters_t == 'nginx'":count(), 2)
  t.eq(procs:where "quad_t > 100M":rows()[1].pid, 901)
  t.eq(procs:by "letters_t":count():where "letters_t == 'nginx'":rows()[1].n, 2)
  t.eq(procs:sort "-double_t":first().pid, 901)
  t.eq(procs:where "pid == 901":show "pid, double_t":csv(), ("pid,double_t\r\n901,%d\r\n"):format(2 * proc(901).rss))
  t.eq((maps:sum "double_t"), 2 * maps:sum "rss")
  t.eq((maps:where "double_t > 0":count()), (maps:where "rss > 0":count()))
  t.eq(why(proc(1200).double_t), "no_memory", "what it reads is unknown")
  t.eq((t.plainly(function() return procs:where "double_t > 1M":count() end)), (procs:where "double_t > 1M":count()))
  define("nothing_t", function() end, "a test")
  t.eq(why(proc(1).nothing_t), "not_recorded")
  t.raises(function() define("rss", print, "a test") end, "own_test.lua:%d+: there is a field 'rss' already")
end)

t.test("show takes columns by functions beside the text", function()
  local set = procs:where "pid == 901":show("pid comm", { half = function(p) return p.rss // 2 end, mb = "rss / M" })
  t.eq(set:csv(), ("pid,comm,half,mb\r\n901,postgres,%d,%s\r\n"):format(proc(901).rss // 2,
    tostring(proc(901).rss / M)))
  t.eq({ set:first().half, set:where "half > 0":count() }, { proc(901).rss // 2, 1, 0 })
  t.eq(procs:show { t = function(p) return p.pid end }:sort "-t":first().pid, 1400)
  t.eq(tostring(procs:show("pid", { t = print })), 'procs:show("pid", {t = function})')
  t.raises(function() procs:show("pid", { t = 3 }) end, "own_test.lua:%d+: show takes an expression in quotes")
  t.raises(function() procs:show("pid", {}) end, "show takes an expression")
end)

t.finish()
