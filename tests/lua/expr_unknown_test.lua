-- SPDX-License-Identifier: GPL-3.0-or-later
-- Three-valued logic: what an expression gives where something is not known.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local core = require "memsh.core"
local expr = require "memsh.expr.expr"

local UNKNOWN = core.unknown("denied", "pss")
local OTHER = core.unknown("gone", "swap")

-- By both ways.
local function value(text, row)
  local slow = expr.compile(text, sample.slow)(row)
  sample.with_fetch(function()
    local quick = expr.compile(text, sample.quick)(row)
    t.ok(rawequal(quick, slow) or quick == slow, "the quick way of " .. text)
  end)
  return slow
end

t.test("and, or, not", function()
  local F, T, U = false, true, UNKNOWN
  local tables = {
    ["deleted and stopped"] = { { F, F, F }, { F, T, F }, { F, U, F }, { T, F, F }, { T, T, T }, { T, U, U },
      { U, F, F }, { U, T, U }, { U, U, U } },
    ["deleted or stopped"] = { { F, F, F }, { F, T, T }, { F, U, U }, { T, F, T }, { T, T, T }, { T, U, T },
      { U, F, U }, { U, T, T }, { U, U, U } },
    ["not deleted"] = { { F, F, T }, { T, F, F }, { U, F, U } },
  }
  for text, cases in pairs(tables) do
    for _, case in ipairs(cases) do
      local got = value(text, { deleted = case[1], stopped = case[2] })
      t.ok(got == case[3], ("%s with %s, %s: %s"):format(text, case[1], case[2], got))
    end
  end
end)

t.test("every other operator and function hands an unknown on", function()
  local row = { rss = 5, pss = UNKNOWN, comm = "x", user = UNKNOWN, argv = UNKNOWN, addr = UNKNOWN, deleted = UNKNOWN,
    stopped = true, addr_end = 7, odd = UNKNOWN }
  for op in ("+ - * / // % < <= > >= == ~= .."):gmatch "%S+" do
    t.ok(value("rss " .. op .. " pss", row) == UNKNOWN, op)
    t.ok(value("pss " .. op .. " rss", row) == UNKNOWN, op)
    t.ok(value("pss " .. op .. " pss", row) == UNKNOWN, op)
  end
  local texts = {
    "-pss", "comm =~ user", "user =~ 'x'", "user !~ 'x'", "comm !~ user",
    "has(user, 'x')", "has(comm, user)", "starts(user, '')", "ends(comm, user)",
    "glob(user, '*')", "match(user, '')", "basename(user)", "dirname(user)", "upper(user)", "lower(user)", "len(user)",
    "len(argv)", "has(argv, 'x')", "min(rss, pss)", "max(pss, rss, 1)", "abs(pss)", "floor(pss)", "if(deleted, 1, 1)",
    "if(stopped, pss, 1)", "K(pss)", "addr < addr_end", "addr_end // addr", "min(addr, addr_end)", "'' .. addr",
    "pss * 0", "odd", "odd + 1", "odd == 1", "odd < 'x'", "not odd", "odd and true", "pss == pss", "(rss + pss) // 0",
  }
  for _, text in ipairs(texts) do t.ok(value(text, row) == UNKNOWN, text) end
end)

t.test("the first unknown that is met is the one that is told", function()
  local row = { pss = UNKNOWN, swap = OTHER, deleted = UNKNOWN, stopped = OTHER, rss = 1 }
  for _, text in ipairs { "pss + swap", "pss == swap", "deleted and stopped", "deleted or stopped",
    "pss > 0 and swap > 0", "max(rss, pss, swap)" } do
    t.ok(value(text, row) == UNKNOWN, text)
  end
  t.ok(value("swap < pss", row) == OTHER)
  t.ok(value("rss == 1 and swap > 0", row) == OTHER)
end)

t.test("what is not needed does not matter", function()
  local row = { pss = UNKNOWN, rss = 1, deleted = false }
  t.eq(value("pss > 0 and rss > 1", row), false)
  t.eq(value("rss > 1 and pss > 0", row), false)
  t.eq(value("pss > 0 or rss == 1", row), true)
  t.eq(value("if(deleted, pss, rss)", row), 1)
  t.eq(value("known(pss)", row), false)
  t.eq(value("known(rss)", row), true)
  t.eq(value("known(pss) and pss > 0", row), false)
  t.eq(value("not known(pss + rss)", row), true)
  t.eq(value("known(deleted and pss > 0)", row), true)
end)

t.test("a column that a row lacks is unknown, and no error", function()
  t.eq(core.why(expr.compile("rss > 5", sample.slow) {}), "not_recorded")
end)

t.test("a field is read when it is needed, and only then", function()
  local read
  local row = setmetatable({}, { __index = function(_, name)
    -- What turned out unknown is asked for again by the slow way; that reads no file twice.
    if read[#read] ~= name then read[#read + 1] = name end
    return ({ rss = 5, deleted = false, stopped = true, comm = "x", user = "y", threads = 3,
      swap = UNKNOWN })[name]
  end })
  local function reads(text, names)
    read = {}
    expr.compile(text, sample.slow)(row)
    t.eq(table.concat(read, " "), names, text)
  end
  reads("rss > 5 and swap > 0", "rss")
  reads("rss == 5 or swap > 0", "rss")
  reads("swap > 0 and rss > 5", "swap rss")
  reads("if(deleted, rss, threads) == 1", "deleted threads")
  reads("if(stopped, comm, user) == 'x'", "stopped comm")
end)

-- Random expressions against an evaluator that knows the rules and nothing else.
local FIELDS = {
  number = { "rss", "swap", "pss", "threads" }, text = { "comm", "user" }, boolean = { "deleted", "stopped" },
}
local DOMAIN = { number = { 0, 1, 7, -3 }, text = { "", "a", "ba" }, boolean = { false, true } }
local random = math.random

local function pick(list) return list[random(#list)] end

local RULES = {
  ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b end, ["<"] = function(a, b) return a < b end,
  ["//"] = function(a, b) return b == 0 and a // 0.0 or a // b end, [">="] = function(a, b) return a >= b end,
  ["=="] = function(a, b) return a == b end, ["~="] = function(a, b) return a ~= b end,
  [".."] = function(a, b) return a .. b end, has = function(a, b) return a:find(b, 1, true) ~= nil end,
  starts = function(a, b) return a:sub(1, #b) == b end, max = math.max, upper = string.upper,
  len = function(a) return #a end, negate = function(a) return -a end,
  ["=~"] = function(a) return a:find "a$" ~= nil end, ["!~"] = function(a) return not a:find "a$" end,
}

local grow

local function leaf(type)
  if random() < 0.3 then return { "const", pick(DOMAIN[type]) } end
  return { "field", pick(FIELDS[type]) }
end

local GROW = {
  number = function(depth)
    local kind = random(6)
    if kind == 1 then return { "negate", grow("number", depth) } end
    if kind == 2 then return { "len", grow("text", depth) } end
    if kind == 3 then return { "max", grow("number", depth), grow("number", depth) } end
    if kind == 4 then return { "if", grow("boolean", depth), grow("number", depth), grow("number", depth) } end
    return { pick { "+", "-", "*", "//" }, grow("number", depth), grow("number", depth) }
  end,
  text = function(depth)
    local kind = random(3)
    if kind == 1 then return { "upper", grow("text", depth) } end
    if kind == 2 then return { "if", grow("boolean", depth), grow("text", depth), grow("text", depth) } end
    return { "..", grow("text", depth), grow("text", depth) }
  end,
  boolean = function(depth)
    local kind = random(9)
    if kind == 1 then return { "not", grow("boolean", depth) } end
    if kind == 2 then return { "known", grow(pick { "number", "text", "boolean" }, depth) } end
    if kind == 3 then return { pick { "<", ">=", "==", "~=" }, grow("number", depth), grow("number", depth) } end
    if kind == 4 then return { pick { "has", "starts", "==", "<" }, grow("text", depth), grow("text", depth) } end
    if kind == 5 then return { pick { "=~", "!~" }, grow("text", depth), { "const", "a$" } } end
    return { pick { "and", "or" }, grow("boolean", depth), grow("boolean", depth) }
  end,
}

function grow(type, depth)
  if depth == 0 or random() < 0.15 then return leaf(type) end
  return GROW[type](depth - 1)
end

local CALLS = { has = true, starts = true, max = true, upper = true, len = true, known = true, ["if"] = true }

local function write(tree)
  local op = tree[1]
  if op == "field" then return tree[2] end
  if op == "const" then
    return type(tree[2]) == "string" and ("%q"):format(tree[2]) or "(" .. tostring(tree[2]) .. ")"
  end
  local parts = {}
  for i = 2, #tree do parts[i - 1] = write(tree[i]) end
  if CALLS[op] then return op .. "(" .. table.concat(parts, ", ") .. ")" end
  if op == "not" or op == "negate" then return "(" .. (op == "not" and "not " or "-") .. parts[1] .. ")" end
  return "(" .. parts[1] .. " " .. op .. " " .. parts[2] .. ")"
end

local function judge(tree, row)
  local op = tree[1]
  if op == "const" then return tree[2] end
  if op == "field" then return row[tree[2]] end
  local a = judge(tree[2], row)
  if op == "known" then return core.known(a) end
  if op == "and" or op == "or" then
    local b = judge(tree[3], row)
    local decisive = op == "or"
    if core.known(a) and a == decisive or core.known(b) and b == decisive then return decisive end
    if not core.known(a) then return a end
    return b
  end
  if not core.known(a) then return a end
  if op == "not" then return not a end
  if op == "if" then return judge(tree[a and 3 or 4], row) end
  local b = tree[3] and judge(tree[3], row)
  if not core.known(b) then return b end
  return RULES[op](a, b)
end

local function random_row()
  local row, hidden = {}, {}
  for type, names in pairs(FIELDS) do
    for _, name in ipairs(names) do
      row[name] = pick(DOMAIN[type])
      if random() < 0.3 then
        row[name] = core.unknown("denied", name)
        hidden[#hidden + 1] = { name = name, values = DOMAIN[type] }
      end
    end
  end
  return row, hidden
end

local function same(a, b)
  return rawequal(a, b) or a == b or (a ~= a and b ~= b)
end

-- f(row) for every way to fill in what is hidden.
local function completions(row, hidden, i, f)
  if not hidden[i] then return f(row) end
  local name = hidden[i].name
  local was = row[name]
  for _, value_there in ipairs(hidden[i].values) do
    row[name] = value_there
    completions(row, hidden, i + 1, f)
  end
  row[name] = was
end

local function asks(tree)
  if tree[1] == "known" then return true end
  for i = 2, #tree do
    if type(tree[i]) == "table" and asks(tree[i]) then return true end
  end
  return false
end

t.test("random expressions: quick way, slow way and the rules agree", function()
  for round = 1, 1500 do
    local tree = grow(pick { "number", "text", "boolean", "boolean" }, 4)
    local text = write(tree)
    local slow, quick = expr.compile(text, sample.slow), expr.compile(text, sample.quick)
    for _ = 1, 5 do
      local row, hidden = random_row()
      local expected = judge(tree, row)
      local got = slow(row)
      t.ok(same(got, expected), ("%s gives %s, not %s"):format(text, got, expected))
      sample.with_fetch(function()
        t.ok(same(quick(row), expected), "the quick way of " .. text)
      end)
      -- Whatever is known stays so whatever the unknown turns out to be.
      if core.known(got) and round % 4 == 0 and #hidden <= 4 and not asks(tree) then
        completions(row, hidden, 1, function(full)
          t.ok(same(slow(full), got), text .. " is decided too early")
        end)
      end
    end
  end
end)

t.test("a conjunction is decided as its parts are, in any order", function()
  for _ = 1, 500 do
    local parts = {}
    for i = 1, random(2, 4) do parts[i] = write(grow("boolean", 2)) end
    local row = random_row()
    local whole = expr.compile(table.concat(parts, " and "), sample.slow)
    local any_false, any_unknown = false, false
    for _, part in ipairs(whole.conjuncts) do
      local one = part(row)
      if one == false then any_false = true elseif not core.known(one) then any_unknown = true end
    end
    local got = whole(row)
    if any_false then
      t.eq(got, false)
    else
      t.eq(not core.known(got), any_unknown)
    end
  end
end)

t.finish()
