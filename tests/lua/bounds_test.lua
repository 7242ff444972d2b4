-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: denied
-- What is made of sums that lack something: all but process 1400 deny smaps_rollup, so that pss is known of one alone.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local ALL <const>, DENIED <const>, OWN <const> = 8, 7, 1400

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

-- The cell of the only row, as people see it.
local function shown(set, text)
  return (set:show("x=" .. text):md():match "|\n| (.-) |\n$":gsub("\\", ""))
end

t.test("what is made of a lower bound is marked as one where it is one", function()
  local set, pss = procs:by "":sum "pss", proc(OWN).pss
  for text, expected in pairs { ["pss"] = ">=" .. pss, ["pss + 1"] = ">=" .. pss + 1, ["pss / 2"] = ">=" .. pss // 2,
    ["max(2 * pss, 1)"] = ">=" .. 2 * pss, ["-pss"] = "~" .. -pss, ["1G - pss"] = "~" .. (1 << 30) - pss,
    ["-1 * pss"] = "~" .. -pss, ["pss % 1000"] = "~" .. pss % 1000, ["if(pss > 1T, 1, 2)"] = "~2",
    ["n"] = tostring(ALL), ["pss > 1"] = "yes", ["pss > 1T"] = "?", ["not (pss > 1)"] = "no" } do
    t.eq(shown(set, text), expected, text)
  end
  t.eq(shown(procs:by "":avg "pss", "pss * 2"), "~" .. 2 * pss)
  t.eq(shown(procs:by "":max "pss", "pss * 2"), ">=" .. 2 * pss)
  t.eq({ procs:by "":avg "pss":where "pss > 1":count() }, { 0, 1 })
  local named = set:show "free=1G - pss, big=pss > 1T, some=pss > 1"
  t.eq({ named:where "free > 0":count() }, { 0, 1 })
  t.eq({ named:where "big":count() }, { 0, 1 })
  t.eq({ named:where "some":count() }, { 1, 0 })
end)

t.test("a sum of what may be negative is no lower bound", function()
  local of_own = proc(OWN).virt - proc(OWN).pss
  for text, mark in pairs { ["virt + pss"] = ">=", ["virt - pss"] = "~", ["abs(virt - pss)"] = ">=",
    ["if(pid > 1, pss, 0)"] = ">=", ["-pss"] = "~" } do
    local set = procs:where("pid ~= 1200 and pid ~= 1300"):by "":sum("x=" .. text)
    t.eq(shown(set, "x"):match "^[>=~]*", mark, text)
    t.eq({ set:where "x >= 1 or x < 0":count() }, mark == "~" and { 0, 1 } or { 1, 0 }, text)
  end
  t.eq((procs:sum "virt - pss"), of_own)
end)

t.finish()
