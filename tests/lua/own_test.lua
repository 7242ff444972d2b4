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

t.finish()
