-- SPDX-License-Identifier: GPL-3.0-or-later
-- The expression language of where"...", sort"...", show"...", by"...". A text is parsed, its names and types are
-- checked, and it becomes a function of a row with three-valued logic.
local field_lists = require "memsh.expr.field_lists"
local lazy = require "memsh.util.lazy"

local build, resolve = lazy "memsh.expr.build", lazy "memsh.expr.resolve"
local codegen, interpret = lazy "memsh.expr.codegen", lazy "memsh.expr.interpret"
local diagnostics, operators = lazy "memsh.expr.diagnostics", lazy "memsh.expr.operators"
local upper_bound, without_flags = lazy "memsh.expr.upper_bound", lazy "memsh.expr.without_flags"

local expr = {}

local LONGEST <const> = 65536

---@class memsh.Expr
---@field text string as it was written
---@field name string what a column of it is called
---@field type "number"|"text"|"boolean"|"list"|"any"
---@field unit string what its values are shown as
---@field fields string[] the fields it names
---@field field table|nil the field's descriptor, where it is a field and nothing else
---@field by_columns memsh.ByColumns|false it for many rows at once
---@field sieve function it for many rows at once, where that can be (codegen.sieve)
---@field moments table<string, number>|false what the times in it were read as, seconds since 1970
---@field conjuncts memsh.Expr[] the parts that all must be true
---@field with_bounds fun(lack_of: function): fun(row: any): any it where rows have mere bounds (interpret.with_bounds)
---@field possible fun(most: fun(name: string): number|nil): boolean false where it holds of no row with fields so small
---@field grows boolean whether of lower bounds it is one
---@field never_negative boolean
---@field stays_false boolean whether what it is false of by maps, it is false of by smaps, too
---@overload fun(row: any): any

-- The trees that `and` joins, from the left.
local function conjuncts_of(node, list)
  if node.k == "bin" and node.op == "and" then
    conjuncts_of(node.a, list)
    return conjuncts_of(node.b, list)
  end
  list[#list + 1] = node
  return list
end

local function collect_fields(node, list, seen)
  if node.k == "field" and not seen[node.name] then
    seen[node.name] = true
    list[#list + 1] = node.name
  end
  if node.a then collect_fields(node.a, list, seen) end
  if node.b then collect_fields(node.b, list, seen) end
  for _, arg in ipairs(node.args or {}) do collect_fields(arg, list, seen) end
  return list
end

-- The function is made when the first row comes: a planner may only want the parts.
local function compile_on_call(node, ctx, meta)
  return function(self, row)
    local tree
    local function slow_way(one)
      tree = tree or interpret().build(node, ctx)
      return tree(one)
    end
    meta.__call = node.k == "field" and field_lists.reader(node, slow_way) or codegen().build(node, slow_way)
      or function(_, one) return slow_way(one) end
    return meta.__call(self, row)
  end
end

local object

-- What is worked out when it is first asked for.
local PARTS = {
  by_columns = function(node) return codegen().by_columns(node) or false end,
  sieve = function(node) return codegen().sieve(node) end,
  possible = function(node) return function(most) return upper_bound().possible(node, most) end end,
  with_bounds = function(node, ctx) return function(lack_of) return interpret().with_bounds(node, ctx, lack_of) end end,
  grows = function(node) return upper_bound().grows(node) end,
  never_negative = function(node) return upper_bound().never_negative(node) end,
  stays_false = function(node) return without_flags().stays_false(node) end,
  conjuncts = function(node, ctx, e)
    local parts = conjuncts_of(node, {})
    if #parts == 1 then return { e } end
    for i, part in ipairs(parts) do parts[i] = object(part, ctx) end
    return parts
  end,
}

function object(node, ctx)
  local text = ctx.text:sub(node.s, node.e):match "^%s*(.*%S)"
  local e = {
    text = text, type = node.type, unit = node.unit, fields = collect_fields(node, {}, {}),
    moments = ctx.moments or false,
    name = node.k == "field" and node.name or text, field = node.k == "field" and node.field or nil,
  }
  local meta = { __name = "expression", __tostring = function() return text end }
  meta.__call = compile_on_call(node, ctx, meta)
  meta.__index = function(_, key)
    e[key] = PARTS[key] and PARTS[key](node, ctx, e)
    return rawget(e, key)
  end
  return setmetatable(e, meta)
end

local function context(text, schema, params)
  if type(text) ~= "string" then
    error(("an expression is a string, and this is a %s"):format(type(text)), 0)
  end
  if #text > LONGEST then error(("this expression is too long: %d bytes"):format(#text), 0) end
  if params ~= nil then resolve().check_parameters(schema, params) end
  return { text = text, schema = schema, params = params, fields = {}, seen = {} }
end

-- What f makes of a text. Errors are texts without a place: what is wrong is in the expression.
local function compiled(f, text, schema, params)
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    return f(ctx)
  end)
  if ok then return result end
  error(diagnostics().is_failure(result) and diagnostics().format(result, text) or result, 0)
end

--- Compiles one expression.
---@param schema table kind, other, field(name), names()
---@param params table|nil values by name
---@return memsh.Expr
function expr.compile(text, schema, params)
  return compiled(function(ctx) return object(build().of(ctx), ctx) end, text, schema, params)
end

--- Compiles a condition: like compile, but anything that is neither true nor false is refused.
function expr.predicate(text, schema, params)
  return compiled(function(ctx)
    ctx.is_condition = true
    return object(build().of_condition(ctx), ctx)
  end, text, schema, params)
end

---@class memsh.ListOptions
---@field signs boolean|nil a leading minus means descending, for all of the item
---@field names boolean|nil name=expr names an item
---@field shares boolean|nil an item may be pct(expr) or bar(expr)

---@class memsh.Item
---@field name string
---@field expr memsh.Expr
---@field desc boolean
---@field share "pct"|"bar"|nil to be shown as a share of the total, of the greatest

--- Compiles a list of expressions. Commas separate; blanks do, where all items are names, calls or name=expr without
--- blanks.
---@return memsh.Item[]
function expr.list(text, schema, options)
  return compiled(function(ctx)
    local items = field_lists.items(ctx, options or {}) or build().items(ctx, options or {})
    for _, item in ipairs(items) do item.expr = object(item.node, ctx) end
    return items
  end, text, schema)
end

--- How two known values of a column of this unit are ordered: a function(a, b) that says whether a comes first.
function expr.less(unit)
  return operators().less(unit)
end

return expr
