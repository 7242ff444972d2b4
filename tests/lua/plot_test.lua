-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Bars and plots: what they count and divide.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local scale = require "memsh.show.bins"

t.test("a bar is the share of the column's greatest value", function()
  local text = procs:where "known(pss)":sort "pid":show "pid, bar(pss), half=bar(pss / 2)":csv()
  local greatest = 0
  for p in procs:where "known(pss)" do greatest = math.max(greatest, p.pss) end
  local n = 0
  for pid, share, half in text:gmatch "(%d+),([%d.e-]+),([%d.e-]+)\r\n" do
    t.eq(tonumber(share) + 0.0, proc(tonumber(pid)).pss / greatest)
    t.eq(tonumber(half), tonumber(share))
    n = n + 1
  end
  t.eq(n, 6)
end)

t.test("what is unknown or missing stays so, and a total has no bar", function()
  t.has(procs:where "pid == 1200":show "pid bar(pss)":csv(), "1200,\r\n")
  t.eq(procs:where "pid == 1":show "comm bar(pss)":total():csv(), "comm,bar(pss),partial\r\nsystemd,1,\r\ntotal,,\r\n")
  t.eq(procs:where "swap == 0":show "bar(swap)":top(1):csv(), "bar(swap)\r\n0\r\n")
  t.has(procs:where "pid == 1":show "bar(-pss)":csv(), "-1")
end)

t.test("bar is for a whole column of show", function()
  t.raises(function() return procs:where "bar(pss) > 1" end, "'bar' is for a whole column of show")
  t.raises(function() return procs:show "bar(comm)" end, "'bar' needs numbers")
  t.raises(function() return procs:show "bar()" end, "write bar%(rss%)")
end)

t.test("a scale is as fine as its bins allow, and its edges are round", function()
  local edge = scale.choose("bytes", 4096, 1 << 20, 16)
  t.eq({ edge(12), edge(13), scale.place(edge, 4096), scale.place(edge, 8191), scale.place(edge, 8192) },
    { 4096, 8192, 12, 12, 13 })
  edge = scale.choose("bytes", 1, 1 << 40, 8)
  t.eq({ edge(0), edge(1), scale.place(edge, 1 << 40) }, { 1, 1024, 4 })
  edge = scale.choose("count", 1, 999, 16)
  t.eq({ edge(0), edge(1), edge(2), edge(3), edge(9) }, { 1, 2, 5, 10, 1000 })
  edge = scale.choose("seconds", 1, 86400, 16)
  t.eq({ edge(1), edge(3), edge(6), edge(7), scale.place(edge, 59.9), scale.place(edge, 60) },
    { 1, 60, 6 * 3600, 86400, 2, 3 })
  for _, unit in ipairs { "bytes", "seconds", "count", "number" } do
    for _, bins in ipairs { 4, 8, 16 } do
      edge = scale.choose(unit, 1e-30, 1e30, bins)
      t.ok(scale.place(edge, 1e30) - scale.place(edge, 1e-30) <= bins, unit)
    end
  end
end)

t.test("plot refuses what is no number", function()
  t.raises(function() procs:plot "comm" end, "plot draws numbers, and comm is a text")
  t.raises(function() maps:plot "addr" end, "and addr is an address")
  t.raises(function() procs:plot "pss, rss" end, "one field or expression")
  t.raises(function() procs:plot "psss" end, "did you mean 'pss'")
  t.raises(function() procs:plot(function() return "x" end) end, "gave a string")
end)

t.finish()
