-- SPDX-License-Identifier: GPL-3.0-or-later
-- Thresholds and numbers as the guidelines for monitoring plugins have them.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local range = require "memsh.reports.audit.threshold"

local function alerted(text, whole)
  local out = {}
  local threshold = range.parse(text, whole)
  for _, value in ipairs { -1, 0, 5, 10, 10.5, 15, 20, 21 } do
    if range.alerts(threshold, value) then out[#out + 1] = tostring(value) end
  end
  return table.concat(out, " ")
end

t.test("what each form alerts", function()
  t.eq(alerted "10", "-1 10.5 15 20 21")
  t.eq(alerted(10), "-1 10.5 15 20 21")
  t.eq(alerted "10:", "-1 0 5")
  t.eq(alerted "~:10", "10.5 15 20 21")
  t.eq(alerted "10:20", "-1 0 5 21")
  t.eq(alerted "@10:20", "10 10.5 15 20")
  t.eq(alerted("50%", 20), "-1 10.5 15 20 21")
  t.eq(alerted(nil), "")
end)

t.test("as performance data has them", function()
  for given, text in pairs { ["10"] = "10", ["10:"] = "10:", ["~:10"] = "~:10", ["10:20"] = "10:20",
    ["@10:20"] = "@10:20", ["0:5"] = "5", ["1K"] = "1024", ["~:1M"] = "~:1048576" } do
    t.eq(range.text(range.parse(given)), text, given)
  end
  t.eq(range.text(range.parse("80%", 1000)), "800")
  t.eq(range.text(nil), "")
end)

t.test("what is none", function()
  for _, text in ipairs { "", "x", "20:10", "1:2:3", "--1", "5%" } do
    t.raises(function() range.parse(text) end, "audit: '")
  end
end)

t.test("numbers have no exponent", function()
  t.eq(range.number(1 << 50), "1125899906842624")
  t.eq(range.number(0.25), "0.25")
  t.eq(range.number(2.0), "2")
  t.eq(range.number(1e15), "1000000000000000")
end)

t.finish()
