-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: denied
-- What is made of sums that lack something: all but process 1400 deny smaps_rollup, so that pss is known of one alone.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local ALL <const>, DENIED <const> = 8, 7

t.test("a key that is worked out from a mere bound is unknown where the bound does not settle it", function()
  local set = procs:by "":sum "pss"
  t.eq(set:first().partial, { pss = DENIED })
  for text, expected in pairs { ["pss > 1"] = true, ["pss > 1T"] = "denied", ["pss < 1T"] = "denied",
    ["pss"] = "denied", ["pss // 1K"] = "denied", ["n"] = ALL } do
    local key = set:by("key=" .. text):count():first().key
    t.eq(known(key) and key or why(key), expected, text)
  end
  local each = procs:by "pid":sum "pss"
  t.eq(each:by "pss":count():count(), 2)
  t.eq({ set:join(each, "pss"):count() }, { 0, 1 + DENIED })
  t.eq(set:distinct "pss":count(), 1)
end)

t.finish()
