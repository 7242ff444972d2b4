-- SPDX-License-Identifier: GPL-3.0-or-later
-- The quick way: a checked tree as one Lua function that takes all loaded fields at once and works on plain values.
-- Where anything is not loaded or not known it hands the row to the slow way. The program text is made of generated
-- names, operators and small integers alone; everything else is an upvalue.
local core = require "memsh.core"

local codegen = {}

local MOST_COLUMNS <const> = 24
local MOST_LOCALS <const> = 150 -- Lua has room for 200 in a function

local Writer = {}
Writer.__index = Writer

-- A name for a value that the function gets from outside.
function Writer:upvalue(value)
  local known = self.upvalue_names[value]
  if known then return known end
  local n = #self.values + 1
  self.values[n] = value
  local name = "u" .. n
  -- As keys 2^60 and its float would be the same.
  if type(value) ~= "number" then self.upvalue_names[value] = name end
  return name
end

function Writer:emit(line)
  self.lines[#self.lines + 1] = line
end

function Writer:fresh()
  self.locals = self.locals + 1
  return "d" .. self.locals
end

-- Runs `f` with an empty list of lines and a scope of its own; gives its result and the lines.
function Writer:inside(f)
  local lines, seen = self.lines, self.seen
  self.lines, self.seen = {}, setmetatable({}, { __index = seen })
  local code = f()
  local inner = self.lines
  self.lines, self.seen = lines, seen
  return code, inner
end

local gen

-- The value of a field of the table.
local function value_of(w, id)
  local name = w.loaded[id]
  if not name then
    w.ids[#w.ids + 1] = ("%d"):format(id)
    name = "v" .. #w.ids
    w.loaded[id] = name
  end
  return name
end

-- A computed field is worked out where it is needed: it may read a file.
local function computed(w, node)
  local name = w.seen[node.name]
  if name then return name end
  name = w:fresh()
  w.seen[node.name] = name
  if node.field.quick then
    w:emit(("local %s = %s(%s)"):format(name, w:upvalue(node.field.quick), value_of(w, node.field.of.id)))
    w:emit(("if %s == nil then %s end"):format(name, w.leave))
    return name
  end
  local key = node.name
  local read = w:upvalue(node.field.get or function(row) return row[key] end)
  w.needs_row = true
  w:emit(("local %s = %s(row)"):format(name, read))
  w:emit(("if %s == nil or %s(%s) then return %s(row) end"):format(name, w.is_unknown, name, w.slow))
  return name
end

local function field(w, node)
  local id = node.field.id
  return math.type(id) == "integer" and value_of(w, id) or computed(w, node)
end

local function const(w, node)
  local v = node.v
  if type(v) == "boolean" then return tostring(v) end
  if math.type(v) == "integer" and v >= 0 and v < 1 << 53 then return ("%d"):format(v) end
  if v ~= v then return "(0/0)" end
  return w:upvalue(v)
end

-- `head`, such as "if x then", and what gives `name` its value after it.
local function branch(w, head, lines, name, code)
  w:emit(head)
  for _, line in ipairs(lines) do w:emit(line) end
  w:emit(("%s = %s"):format(name, code))
end

local function logic(w, node)
  local a = gen(w, node.a)
  local b, lines = w:inside(function() return gen(w, node.b) end)
  if #lines == 0 then
    -- A chain needs no parentheses, and Lua's parser goes only so deep.
    if node.a.op == node.op then a = a:match "^%((.*)%)$" or a end
    return ("(%s %s %s)"):format(a, node.op, b)
  end
  local name = w:fresh()
  w:emit(("local %s = %s"):format(name, a))
  branch(w, ("if %s%s then"):format(node.op == "or" and "not " or "", name), lines, name, b)
  w:emit "end"
  return name
end

local function choice(w, node)
  local test, name = gen(w, node.args[1]), w:fresh()
  w:emit("local " .. name)
  local a, a_lines = w:inside(function() return gen(w, node.args[2]) end)
  local b, b_lines = w:inside(function() return gen(w, node.args[3]) end)
  branch(w, ("if %s then"):format(test), a_lines, name, a)
  branch(w, "else", b_lines, name, b)
  w:emit "end"
  return name
end

-- Whether a text matches may be unknown.
local function decided(w, node, code)
  if not node.may_give_up then return code end
  local name = w:fresh()
  w:emit(("local %s = %s"):format(name, code))
  w:emit(("if %s ~= true and %s ~= false then %s end"):format(name, name, w.leave))
  return name
end

local function call(w, node)
  if node.fn == "if" then return choice(w, node) end
  local parts = {}
  for i, arg in ipairs(node.args) do parts[i] = gen(w, arg) end
  -- Whatever is not known has gone the slow way by now.
  if node.fn == "known" then return "true" end
  if node.fn == "why" then return "''" end
  if node.fn == "has" and not node.on_list then
    return ("(%s(%s, %s, 1, true) ~= nil)"):format(w:upvalue(string.find), parts[1], parts[2])
  end
  return decided(w, node, ("%s(%s)"):format(w:upvalue(node.run), table.concat(parts, ", ")))
end

-- A name or a number, to be written more than once.
local function named(w, code)
  if code:find "^[%w.]+$" then return code end
  local name = w:fresh()
  w:emit(("local %s = %s"):format(name, code))
  return name
end

-- Lua's own sum or difference, unless it wrapped around. A chain of them has one local.
local function sum(w, node, a, b)
  a, b = named(w, a), named(w, b)
  local name, wrong, run = w.sums[a] and a or w:fresh(), node.op == "+" and "<" or ">", w:upvalue(node.run)
  if name ~= a then w:emit("local " .. name) end
  w:emit(("do local s = %s %s %s if (s %s %s) ~= (%s < 0) then s = %s(%s, %s) end %s = s end"):format(a, node.op, b,
    wrong, a, b, run, a, b, name))
  w.sums[name] = true
  return name
end

local function binary(w, node)
  local a, b = gen(w, node.a), gen(w, node.b)
  if node.may_wrap then return sum(w, node, a, b) end
  if not node.code then return decided(w, node, ("%s(%s, %s)"):format(w:upvalue(node.run), a, b)) end
  if node.a.op == node.op and node.a.k == "bin" then a = a:match "^%((.*)%)$" or a end
  return ("(%s %s %s)"):format(a, node.op, b)
end

function gen(w, node)
  if node.guard then w.impossible = true end
  local k = node.k
  if k == "const" then return const(w, node) end
  if k == "field" then return field(w, node) end
  if k == "call" then return call(w, node) end
  if node.op == "and" or node.op == "or" then return logic(w, node) end
  if k == "bin" then return binary(w, node) end
  if node.op == "not" then return ("(not %s)"):format(gen(w, node.a)) end
  if node.code then return ("(- %s)"):format(gen(w, node.a)) end
  return ("%s(%s)"):format(w:upvalue(node.run), gen(w, node.a))
end

local function writer()
  return setmetatable({ values = {}, upvalue_names = {}, lines = {}, seen = {}, loaded = {}, ids = {}, locals = 0,
    sums = {} }, Writer)
end

-- u1, u2, u3...
local function numbered(form, n)
  local list = {}
  for i = 1, n do list[i] = form:format(i) end
  return table.concat(list, ", ")
end

-- The function that lines of Lua give, with their upvalues; nil where they nest deeper than Lua parses.
local function loaded(w, lines)
  if #w.values > 0 then table.insert(lines, 1, ("local %s = ..."):format(numbered("u%d", #w.values))) end
  local chunk = load(table.concat(lines, "\n"), "=expr", "t", {})
  return chunk and chunk(table.unpack(w.values, 1, #w.values))
end

--- function(_, row) for a checked tree; nil where only the slow way, a function(row), will do: it has columns of no
--- fixed type, more fields than Lua has locals for, or is deeper than Lua parses.
function codegen.build(node, slow_way)
  local w = writer()
  w.fetch, w.slow, w.is_unknown = w:upvalue(core.fetch), w:upvalue(slow_way), w:upvalue(core.is_unknown)
  w.leave = ("return %s(row)"):format(w.slow)
  local result = gen(w, node)
  if w.impossible or #w.values > MOST_LOCALS or #w.ids + w.locals > MOST_LOCALS then return nil end
  local read = #w.ids > 0 and ("local %s = %s(row, %s) if v1 == nil then return %s(row) end"):format(
    numbered("v%d", #w.ids), w.fetch, table.concat(w.ids, ", "), w.slow) or ""
  return loaded(w, { "return function(_, row)", read, table.concat(w.lines, "\n"), "return " .. result, "end" })
end

-- A function over rows in columns, `head` its parameters in front of them; and what it takes. `put` is what is done
-- with the value of a row, `leave` with a row that is to be decided by itself. nil where fields are not those of the
-- table alone.
local function over_columns(node, head, put, leave)
  local w = writer()
  w.slow, w.is_unknown, w.leave = "nil", "nil", leave .. " goto next" -- a tree that needs the row is refused
  local result = gen(w, node)
  if w.impossible or w.needs_row or #w.ids == 0 or #w.ids > MOST_COLUMNS or #w.values + w.locals > MOST_LOCALS then
    return nil
  end
  return loaded(w, { ("return function(%s, %s)"):format(head, numbered("c%d", #w.ids)), "local m, doubt = 0",
    "for i = 1, n do", ("local %s = %s"):format(numbered("v%d", #w.ids), numbered("c%d[i]", #w.ids)),
    ("if v1 == nil then %s else"):format(leave), table.concat(w.lines, "\n"), put:format(result), "end", "::next::",
    "end", "return m, doubt", "end" }), w.ids
end

---@class memsh.ByColumns
---@field ids integer[] the fields that it takes, as core.columns gives them
---@field run fun(n: integer, values: any[], ...: any[]): integer, boolean|nil works on n rows, in columns; nil where a
--- field is not known, and then true

--- A checked tree for many rows at once, or nil.
function codegen.by_columns(node)
  local run, names_of_ids = over_columns(node, "n, values", "values[i] = %s", "doubt, values[i] = true, nil")
  if not run then return nil end
  local ids = {}
  for i, id in ipairs(names_of_ids) do ids[i] = tonumber(id) end
  return { ids = ids, run = run }
end

--- A condition for many rows at once, where that can be: puts down the places of those that it is true of, and the
--- negative where a field is not known; gives how many, and whether there are such.
---@return fun(n: integer, base: integer, places: integer[], ...: any[]): integer, boolean|nil
function codegen.sieve(node)
  return (over_columns(node, "n, base, places", "if %s then m = m + 1 places[m] = base + i end",
    "m, doubt = m + 1, true places[m] = -(base + i)"))
end

return codegen
