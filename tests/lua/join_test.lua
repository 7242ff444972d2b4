-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: denied
-- Joins where keys are unknown, and what is said of them.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local OWN <const>, DENIED <const> = 1400, 7

t.test("what is unknown is equal to nothing, not to what else is unknown", function()
  local set = procs:join(procs, "exe")
  local rows, undecided = set:rows()
  t.eq(#rows, 1)
  t.eq(rows[1].pid, OWN)
  t.eq(undecided, 2 * DENIED)
end)

t.test("a row whose key is known may still belong to one whose key is not", function()
  local _, undecided = procs:join(procs:where "known(exe)", "exe"):rows()
  t.eq(undecided, DENIED)
end)

t.test("rows that the mappings of denied processes would have given are missing", function()
  local rows, undecided = procs:join(maps:by "pid":sum "rss", "pid"):rows()
  t.eq(#rows, 1)
  t.eq(rows[1].pid, OWN)
  t.eq(undecided, DENIED)
end)

t.finish()
