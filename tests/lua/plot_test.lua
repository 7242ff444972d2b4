-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Bars and plots: what they count and divide.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local bins = require "memsh.show.bins"
local machine = require "memsh.fields.machine"

t.test("a bar is the share of the column's greatest value", function()
  local text = procs:where "known(pss)":sort "pid":show "pid, bar(pss), half=bar(pss / 2)":csv()
  local greatest = 0
  for p in procs:where "known(pss)" do greatest = math.max(greatest, p.pss) end
  local n = 0
  for pid, share, half in text:gmatch "(%d+),([%d.e-]+),([%d.e-]+),\r\n" do
    t.eq(tonumber(share) + 0.0, proc(tonumber(pid)).pss / greatest)
    t.eq(tonumber(half), tonumber(share))
    n = n + 1
  end
  t.eq(n, 6)
end)

t.test("what is unknown or missing stays so, and a total has no bar", function()
  t.has(procs:where "pid == 1200":show "pid bar(pss)":csv(), "1200,,\r\n")
  t.eq(procs:where "pid == 1":show "comm bar(pss)":total():csv(), "comm,bar(pss),partial\r\nsystemd,1,\r\ntotal,,\r\n")
  t.eq(procs:where "swap == 0":show "bar(swap)":top(1):csv(), "bar(swap),partial\r\n0,\r\n")
  t.has(procs:where "pid == 1":show "bar(-pss)":csv(), "-1")
end)

t.test("a bar is marked where an unknown value may be the greatest", function()
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local denied = procs:show "pid, a=bar(pss), b=bar(rss), c=bar(0)":csv()
  local undecided = procs:where "pss > 0 or pid == 1":show "pid, a=bar(rss)":csv()
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
  t.has(denied, "\r\n1,,")
  t.has(denied, "\r\n1400,1,")
  t.eq(denied:match "\r\n1400,1,[%d.e-]+,0,([%a ]*)\r\n", "a", "rss is known of all that have memory")
  t.eq(undecided:match "\r\n1,[%d.e-]+,([%a ]*)\r\n", "a", "what is left out may have more")
  t.eq(procs:show "pid, a=bar(pss)":csv():find(",a\r", 1, true), nil, "zombies have no memory, which is known")
end)

t.test("bar is for a whole column of show", function()
  t.raises(function() return procs:where "bar(pss) > 1" end, "'bar' is for a whole column of show")
  t.raises(function() return procs:show "bar(comm)" end, "'bar' needs numbers")
  t.raises(function() return procs:show "bar()" end, "write bar%(rss%)")
end)

t.test("a scale is as fine as its bins allow, and its edges are round", function()
  local edge = bins.choose("bytes", 4096, 1 << 20, 16)
  t.eq({ edge(12), edge(13), bins.place(edge, 4096), bins.place(edge, 8191), bins.place(edge, 8192) },
    { 4096, 8192, 12, 12, 13 })
  edge = bins.choose("bytes", 1, 1 << 40, 8)
  t.eq({ edge(0), edge(1), bins.place(edge, 1 << 40) }, { 1, 1024, 4 })
  edge = bins.choose("count", 1, 999, 16)
  t.eq({ edge(0), edge(1), edge(2), edge(3), edge(9) }, { 1, 2, 5, 10, 1000 })
  edge = bins.choose("seconds", 1, 86400, 16)
  t.eq({ edge(1), edge(3), edge(6), edge(7), bins.place(edge, 59.9), bins.place(edge, 60) },
    { 1, 60, 6 * 3600, 86400, 2, 3 })
  for _, unit in ipairs { "bytes", "seconds", "count", "number" } do
    for _, most in ipairs { 4, 8, 16 } do
      edge = bins.choose(unit, 1e-30, 1e30, most)
      t.ok(bins.place(edge, 1e30) - bins.place(edge, 1e-30) <= most, unit)
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
