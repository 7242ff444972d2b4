-- SPDX-License-Identifier: GPL-3.0-or-later
-- What can hold of rows whose numbers are at most so much. The truth: every row that there can be is asked.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local expr = require "memsh.expr.expr"
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")

local rows = sample.grouped { a = "integer", b = "integer", c = "integer" }

local function possible(text, most)
  return expr.predicate(text, rows).possible(function(name) return most[name] end)
end

-- Whether a row has it; c, of which nothing is known, is anything.
local function is_there(text, most)
  local holds = expr.predicate(text, rows)
  for a = 0, most.a do
    for b = 0, most.b do
      for c = -4, 8 do
        if holds { a = a, b = b, c = c } then return true end
      end
    end
  end
  return false
end

-- Each field at most once, where nothing is lost by looking at the two sides of an operator each by itself.
t.test("what no row can have is ruled out, and nothing else", function()
  for _, text in ipairs {
    "a > 2", "a >= 2", "a < 2", "a <= 2", "a == 2", "a ~= 2", "2 > a", "2 <= a", "2 == a", "a < 0", "a <= 0", "0 ~= a",
    "a > b", "a >= b", "a < b", "a == b", "a ~= b", "a + b > 3", "a + 1 > b", "3 < a + b", "a + b == 4", "a + b ~= 0",
    "a + 1 ~= b + 1", "a > 1 and b > 1", "a > 1 or b > 1", "a > 2 and b >= 0", "a > 2 or b == 0", "a > 2 or b ~= 0",
    "c > 2", "a > c", "a + c > 3",
    "c ~= 0", "a > 2 or c > 2", "a > 2 and c > 2", "not (a > 2)", "a - b > 0", "a * b > 3",
    "a > 0.5", "a == 0.5",
  } do
    for a = 0, 3 do
      for b = 0, 3 do
        local most = { a = a, b = b }
        local plain = not text:find "[-*.]" and not text:find "not"
        local found, there = possible(text, most), is_there(text, most)
        t.ok(found or not there, ("%s: a %d, b %d"):format(text, a, b))
        if plain then t.eq(found, there, ("%s: a %d, b %d"):format(text, a, b)) end
      end
    end
  end
end)

t.test("sums that may be rounded are not looked at", function()
  local large = (1 << 52) - 1
  t.eq(possible("a + b > 9007199254740990", { a = large, b = large }), false)
  for _, most in ipairs { { a = large + 1, b = 0 }, { a = 0, b = large + 1 }, { a = math.maxinteger, b = 1 } } do
    t.eq(possible("a + b > 9223372036854775806", most), true)
  end
end)

t.test("texts have no bound", function()
  local texts = sample.grouped { s = "text" }
  for _, text in ipairs { "s =~ 'x'", "s !~ 'x'", "s == 'x'", "s .. 'y' == 'xy'" } do
    t.eq(expr.predicate(text, texts).possible(function() return nil end), true, text)
  end
end)

t.test("constants", function()
  t.eq({ possible("true", {}), possible("false", {}), possible("false or a > 0", { a = 0 }) }, { true, false, false })
end)

t.finish()
