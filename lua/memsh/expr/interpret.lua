-- SPDX-License-Identifier: GPL-3.0-or-later
-- The slow way: a checked tree as closures that read a field when they need it and follow three-valued logic.
-- Each closure takes a row and gives a value or an unknown.
local core = require "memsh.core"
local diagnostics = require "memsh.expr.diagnostics"

local is_unknown = core.is_unknown

local interpret = {}

local build

local function field(node)
  local get, name = node.field.get, node.name
  return function(row)
    local value
    if get then value = get(row) else value = row[name] end
    if value == nil then return core.unknown("not_recorded", name) end
    return value
  end
end

-- A field in a tree that is asked with bounds: unknown where it lacks something.
local function bounded_field(node, ctx)
  local value_of, lack_of = field(node), ctx.lack_of(node.name)
  return function(row)
    local value, reason = value_of(row), lack_of(row)
    return not is_unknown(value) and reason and core.unknown(reason, node.name) or value
  end
end

local function shown(value)
  if type(value) == "string" then return ("'%s'"):format(diagnostics.quote(value:sub(1, 60))) end
  if type(value) == "table" then return "a list" end
  return tostring(value)
end

-- A value of a wrong type in a row whose columns have no fixed one.
local function refuse(node, ctx, row, operand, got)
  local parts = {}
  for i, name in ipairs(ctx.fields) do
    if i > 6 then break end
    local get = ctx.schema:field(name).get
    local value = get and get(row) or row[name]
    parts[i] = ("%s = %s"):format(diagnostics.quote(name), is_unknown(value) and "?" or shown(value))
  end
  local part = (node.args or { node.a, node.b })[operand]
  local text = diagnostics.format({
    text = ("this is %s in one of the rows, which does not fit here"):format(got), s = part.s, e = part.e,
    hint = "the row has " .. table.concat(parts, ", "),
  }, ctx.text)
  error(text, 0)
end

-- A function(row, ...) that refuses operands of a wrong type; nil where all types are known before.
local function checker(node, ctx)
  local guard = node.guard
  return guard and function(row, ...)
    local operand, got = guard(...)
    if operand then refuse(node, ctx, row, operand, got) end
  end
end

-- In an `and` or `or`, an operand of unknown type is looked at before its truth is.
local function condition(part, node, index, ctx)
  local value_of = build(part, ctx)
  if part.type ~= "any" then return value_of end
  return function(row)
    local value = value_of(row)
    if type(value) ~= "boolean" and not is_unknown(value) then
      local _, got = node.guard(value)
      refuse(node, ctx, row, index, got)
    end
    return value
  end
end

-- `decisive` is the value that settles it whatever the other side is: false for `and`, true for `or`.
local function logic(node, ctx, decisive)
  local a, b = condition(node.a, node, 1, ctx), condition(node.b, node, 2, ctx)
  return function(row)
    local left = a(row)
    if left == decisive then return left end
    if left == not decisive then return b(row) end
    if b(row) == decisive then return decisive end
    return left
  end
end

local function unary(node, ctx)
  local a, run, check = build(node.a, ctx), node.run, checker(node, ctx)
  return function(row)
    local x = a(row)
    if is_unknown(x) then return x end
    if check then check(row, x) end
    return run(x)
  end
end

local function operation(node, ctx, a, b)
  local run, check = node.run, checker(node, ctx)
  return function(row)
    local x = a(row)
    if is_unknown(x) then return x end
    local y = b(row)
    if is_unknown(y) then return y end
    if check then check(row, x, y) end
    return run(x, y)
  end
end

-- Whether a larger left side makes it true.
local GROWS <const> = { [">"] = true, [">="] = true, ["<"] = false, ["<="] = false }

-- A comparison with a field of which a lower bound is known, on one of its sides: that settles it one way.
local function by_bound(node, ctx, bound, a, b)
  local lack_of, compare = ctx.lack_of(bound.name), operation(node, ctx, a, b)
  local settled = GROWS[node.op] == (bound == node.a)
  return function(row)
    return select(2, lack_of(row)) and compare(row) == settled
  end, settled
end

local function comparison(node, ctx, a, b)
  local careful, sides = operation(node, ctx, a, b), {}
  if node.a.k == "field" then sides[#sides + 1] = table.pack(by_bound(node, ctx, node.a, field(node.a), b)) end
  if node.b.k == "field" then sides[#sides + 1] = table.pack(by_bound(node, ctx, node.b, a, field(node.b))) end
  return function(row)
    local value = careful(row)
    for _, side in ipairs(is_unknown(value) and sides or {}) do
      if side[1](row) then return side[2] end
    end
    return value
  end
end

local function binary(node, ctx)
  local a, b = build(node.a, ctx), build(node.b, ctx)
  return (ctx.lack_of and GROWS[node.op] ~= nil and comparison or operation)(node, ctx, a, b)
end

local function choice(node, ctx)
  local test = condition(node.args[1], node, 1, ctx)
  local a, b = build(node.args[2], ctx), build(node.args[3], ctx)
  return function(row)
    local chosen = test(row)
    if is_unknown(chosen) then return chosen end
    if chosen then return a(row) end
    return b(row)
  end
end

local function call(node, ctx)
  if node.fn == "if" then return choice(node, ctx) end
  local parts, n = {}, #node.args
  if node.fn == "known" or node.fn == "why" then ctx = ctx.plain or ctx end -- of a bound that much is known
  for i, arg in ipairs(node.args) do parts[i] = build(arg, ctx) end
  if node.fn == "known" then
    local a = parts[1]
    return function(row) return not is_unknown(a(row)) end
  end
  if node.fn == "why" then
    local a = parts[1]
    return function(row) return core.why(a(row)) or "" end
  end
  local run, check = node.run, checker(node, ctx)
  return function(row)
    local values = {}
    for i = 1, n do
      local value = parts[i](row)
      if is_unknown(value) then return value end
      values[i] = value
    end
    if check then check(row, table.unpack(values, 1, n)) end
    return run(table.unpack(values, 1, n))
  end
end

function build(node, ctx)
  local k = node.k
  if k == "const" then
    local value = node.v
    return function() return value end
  elseif k == "field" then
    return (ctx.lack_of and bounded_field or field)(node, ctx)
  elseif k == "call" then
    return call(node, ctx)
  elseif node.op == "and" or node.op == "or" then
    return logic(node, ctx, node.op == "or")
  elseif k == "un" then
    return unary(node, ctx)
  end
  return binary(node, ctx)
end

--- function(row) -> value or unknown, for a checked tree.
interpret.build = build

--- The same where a row may have mere bounds of its fields: what such a field does not settle is unknown.
---@param lack_of fun(name: string): fun(row: any): string|nil, boolean|nil why a field of a row lacks something, if it
--- does, and whether its value is a lower bound
function interpret.with_bounds(node, ctx, lack_of)
  return build(node, setmetatable({ lack_of = lack_of, plain = ctx }, { __index = ctx }))
end

return interpret
