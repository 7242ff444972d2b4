-- SPDX-License-Identifier: GPL-3.0-or-later
-- first
-- Patterns: regular expressions against Lua's own where both write the same; globs.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local core = require "memsh.core"
local expr = require "memsh.expr.expr"
local from_tables = require "memsh.query.from_tables"

local random = math.random

local function random_text(pieces, most)
  local out = {}
  for i = 1, random(0, most) do out[i] = pieces[random(#pieces)] end
  return table.concat(out)
end

-- Of very many: the note is made where they differ.
local function same(actual, expected, form, ...)
  if actual ~= expected then t.eq(actual, expected, form:format(...)) end
end

local function name_of(id)
  for _, name in ipairs(sample.quick:names()) do
    if sample.quick:field(name).id == id then return name end
  end
end

-- Each in both languages.
local PIECES = { { "a", "a" }, { "b", "b" }, { ".", "[^\n]" }, { "\\d", "%d" }, { "\\s", "%s" }, { "[ab]", "[ab]" },
  { "[^ab]", "[^ab]" }, { "\\.", "%." }, { "a*", "a*" }, { ".+", "[^\n]+" }, { "b?", "b?" }, { ".*?", "[^\n]-" },
  { "%", "%%" }, { "(a*)", "(a*)" }, { "-", "%-" } }
local BYTES = { "a", "b", "c", "1", " ", ".", "-", "%", "\n", "a", "b", "ab" }

t.test("random patterns match what the same ones of Lua do", function()
  local matched = 0
  for _ = 1, 20000 do
    local regex, lua = { random() < 0.3 and "^" or "" }, {}
    lua[1] = regex[1]
    for i = 2, random(1, 6) do
      local piece = PIECES[random(#PIECES)]
      regex[i], lua[i] = piece[1], piece[2]
    end
    if random() < 0.3 then regex[#regex + 1], lua[#lua + 1] = "$", "$" end
    local pattern, text = table.concat(regex), random_text(BYTES, 10)
    local expected = text:find(table.concat(lua)) ~= nil
    same(core.regex(pattern)(text), expected, "%q in %q", pattern, text)
    same(core.regex(pattern, true)(text), not expected, "%q not in %q", pattern, text)
    if expected then matched = matched + 1 end
  end
  t.ok(matched > 5000 and matched < 18000, matched)
end)

t.test("malformed patterns say what and where", function()
  local cases = {
    { "[a", "missing terminating ] for character class", 3 }, { "a(", "missing closing parenthesis", 3 },
    { "a)", "unmatched closing parenthesis", 2 }, { "*a", "quantifier does not follow a repeatable item", 1 },
    { "a\\G", "\\G has no meaning here", 2 },
  }
  for _, case in ipairs(cases) do
    t.eq({ core.regex(case[1]) }, { nil, case[2], case[3] }, case[1])
  end
  local text = t.raises(function() expr.compile("comm =~ '[' .. 'a'", sample.slow)({ comm = "x" }) end,
    "malformed pattern '%[a': missing terminating")
  t.ok(not text:find "^[^ ]*:%d+:", "no place in the program")
end)

local HOSTILE <const> = ("a"):rep(60) .. "b"

t.test("whether a text matches is unknown where finding out takes for ever, and that is said once", function()
  local times = 0
  local matches = core.regex("(a+)+$", false, function() times = times + 1 end)
  for _ = 1, 3 do t.eq(core.why(matches(HOSTILE)), "budget") end
  t.eq(times, 1)
  t.eq(matches "aaa", true)
end)

t.test("such a row is undecided whichever way it is asked about", function()
  local row = { comm = HOSTILE, deleted = true, stopped = false }
  for _, schema in ipairs { sample.slow, sample.quick } do sample.with_fetch(function()
    local function value(text) return expr.compile(text, schema)(row) end
    for _, text in ipairs { "comm =~ '(a+)+$'", "comm !~ '(a+)+$'", "not (comm =~ '(a+)+$')", "match(comm, '(a+)+$')",
      "comm =~ '(a+)' .. '+$'", "comm =~ '(a+)+$' and deleted", "deleted and comm =~ '(a+)+$'",
      "stopped or comm !~ '(a+)+$'", "if(comm =~ '(a+)+$', 1, 2)" } do
      t.eq(core.why(value(text)), "budget", text)
    end
    t.eq(value "comm =~ '(a+)+$' and stopped", false)
    t.eq(value "comm =~ '(a+)+$' or deleted", true)
    t.eq(value "deleted or comm =~ '(a+)+$'", true)
    t.eq(value "known(comm =~ '(a+)+$')", false)
  end) end
end)

t.test("so it is among many rows at once", function()
  local count = 0
  local columns = { {}, {} }
  for i = 1, 20 do columns[1][i], columns[2][i] = i % 4 == 0 and HOSTILE or i % 2 == 0 and "aa" or "b", i % 8 > 0 end
  sample.with_fetch(function()
    local e = expr.compile("comm =~ '^(a+)+$' and deleted", sample.quick)
    local values, places = {}, {}
    if name_of(e.by_columns.ids[1]) ~= "comm" then columns[1], columns[2] = columns[2], columns[1] end
    e.by_columns.run(20, values, table.unpack(columns))
    local n, doubt = e.sieve(20, 0, places, table.unpack(columns))
    t.eq(doubt, true)
    local said = {}
    for i = 1, n do said[math.abs(places[i])] = places[i] > 0 or nil end
    for i = 1, 20 do
      local expected = false
      if i % 4 == 0 then expected = nil elseif i % 2 == 0 then expected = true end
      t.ok(values[i] == expected, i)
      t.ok(said[i] == (expected or nil), i)
      count = count + 1
    end
  end)
  t.eq(count, 20)
end)

t.test("a string after =~ and !~ is taken as it is, and by match()", function()
  local row = { comm = [[a\b 'c' 12]] }
  local function value(text) return expr.compile(text, sample.slow)(row) end
  t.eq(value [[comm =~ '\d{2}$']], true)
  t.eq(value [[comm =~ '\\b']], true)
  t.eq(value [[comm =~ '\bb\b']], true)
  t.eq(value [[comm =~ '\'c\'']], true)
  t.eq(value [[comm =~ "'c'\x20"]], true)
  t.eq(value [[comm !~ "\D$"]], true)
  t.eq(value [[match(comm, '(\d)(\d)$') and not match(comm, '(\d)\1$')]], true)
  t.eq(value [[comm == 'a\\b \'c\' 12']], true)
end)

t.test("a pattern can be a parameter, or another text of the row", function()
  local list = from_tables({ { name = "node", pattern = "^n" }, { name = "python3", pattern = "^n" } },
    { { "name", "text" }, { "pattern", "text" } })
  t.eq(list:where("name =~ p", { p = "\\d$" }):count(), 1)
  t.eq(list:where("name !~ pattern"):first().name, "python3")
  local text = t.raises(function() list:where("name =~ p", { p = "[a" }) end, "malformed pattern: missing terminating")
  t.has(text, "\n  name =~ p\n          ^")
end)

t.test("what is kept of expressions is bounded", function()
  local function used()
    collectgarbage()
    collectgarbage()
    return collectgarbage "count"
  end
  local function ask(from, to)
    for i = from, to do
      expr.compile(("comm =~ 'n%d' and pid > %d"):format(i, i), require("memsh.fields.schema").process)
      pcall(expr.compile, ("pid%d > 1"):format(i), require("memsh.fields.schema").process)
    end
  end
  ask(1, 1000)
  local before = used()
  ask(1001, 6000)
  t.ok(used() - before < 100, used() - before)
end)

t.test("globs", function()
  local yes = {
    { "", "" }, { "", "*" }, { "a", "?" }, { "abc", "a*c" }, { "abc", "*" }, { "a/b/c", "a*c" }, { "abc", "[a-c]*" },
    { "x", "[!a-c]" }, { "x", "[^a-c]" }, { "*", "\\*" }, { "]", "[]]" }, { "a", "[!]]" }, { "-", "[a-]" },
    { "-", "[\\-]" }, { "\\", "[\\\\]" }, { "\\", "\\\\" }, { "aXbXc", "*X*X*" }, { "aab", "*ab" }, { "a\0b", "a?b" },
    { "\xff", "?" }, { "mississippi", "m*issip*" }, { "b", "[\\a-c]" }, { "!", "[a!]" },
  }
  for _, case in ipairs(yes) do t.ok(core.glob(case[1], case[2]), case[1] .. " in " .. case[2]) end
  local no = {
    { "a", "" }, { "", "?" }, { "abc", "a*b" }, { "abc", "?" }, { "a", "[!a-c]" }, { "a", "\\*" }, { "A", "a" },
    { "ab", "*ab?" }, { "abc", "b*" }, { "a", "[]]" },
  }
  for _, case in ipairs(no) do t.ok(not core.glob(case[1], case[2]), case[1] .. " not in " .. case[2]) end
  t.eq({ core.glob_check "a[b" }, { nil, "missing ']'", 2 })
  t.eq({ core.glob_check "a\\" }, { nil, "it ends with '\\'", 2 })
  t.raises(function() core.glob("a", "[") end, "missing ']'")
  local long = ("x"):rep(1 << 20)
  t.eq(core.glob(long, "*y"), false)
  t.eq(core.glob(long, "*x*x*x"), true)
end)

-- The same glob written as one of Lua's patterns.
local function as_pattern(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

t.test("random globs match what the same patterns do", function()
  local pieces = { "a", "b", "*", "?", "/", ".", "-", "*", "ab", "%", "(" }
  local matched = 0
  for _ = 1, 100000 do
    local text, glob = random_text({ "a", "b", "/", ".", "%", "-" }, 8), random_text(pieces, 6)
    local expected = text:find(as_pattern(glob)) ~= nil
    same(core.glob(text, glob), expected, "%q in %q", glob, text)
    if expected then matched = matched + 1 end
  end
  t.ok(matched > 5000)
end)

t.finish()
