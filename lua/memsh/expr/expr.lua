-- SPDX-License-Identifier: GPL-3.0-or-later
-- The expression language: what stands in where"...", sort"...", show"...", by"...". A text is taken apart, its names
-- and types are checked, and it becomes a function of a row with three-valued logic.
local field_lists = require "memsh.expr.field_lists"
local lazy = require "memsh.util.lazy"

local upper_bound = lazy "memsh.expr.upper_bound"
local diagnostics = lazy "memsh.expr.diagnostics"
local resolve = lazy "memsh.expr.resolve"
local operators = lazy "memsh.expr.operators"
local codegen = lazy "memsh.expr.codegen"
local interpret = lazy "memsh.expr.interpret"
local build = lazy "memsh.expr.build"

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
---@field conjuncts memsh.Expr[] the parts that all must be true
---@field possible fun(most: fun(name: string): number|nil): boolean false where it holds of no row with fields so small
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

local function object(node, ctx)
  local text = ctx.text:sub(node.s, node.e):match "^%s*(.*%S)"
  local e = {
    text = text, type = node.type, unit = node.unit, fields = collect_fields(node, {}, {}),
    name = node.k == "field" and node.name or text, field = node.k == "field" and node.field or nil,
  }
  local meta = { __name = "expression", __tostring = function() return text end }
  meta.__call = compile_on_call(node, ctx, meta)
  meta.__index = function(_, key)
    if key == "possible" then return function(most) return upper_bound().possible(node, most) end end
    if key == "by_columns" then
      e.by_columns = codegen().by_columns(node) or false
      return e.by_columns
    end
    if key == "sieve" then
      e.sieve = codegen().sieve(node)
      return e.sieve
    end
    if key ~= "conjuncts" then return nil end
    local parts = conjuncts_of(node, {})
    local all = { e }
    if #parts > 1 then
      for i, part in ipairs(parts) do all[i] = object(part, ctx) end
    end
    e.conjuncts = all
    return all
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

-- Raises what went wrong below, as a text, in the name of whoever called compile or list, or `where` levels above.
local function raise(problem, text, where)
  if diagnostics().is_failure(problem) then problem = diagnostics().format(problem, text) end
  error(problem, 3 + (where or 0))
end

--- Compiles one expression.
---@param schema table kind, other, field(name), names()
---@param params table|nil values by name
---@param where integer|nil how many levels above the caller an error is to be placed
function expr.compile(text, schema, params, where)
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    return object(build().of(ctx), ctx)
  end)
  if not ok then raise(result, text, where) end
  return result
end

--- Compiles a condition: like compile, but anything that is neither true nor false is refused.
function expr.predicate(text, schema, params, where)
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    return object(build().of_condition(ctx), ctx)
  end)
  if not ok then raise(result, text, where) end
  return result
end

---@class memsh.ListOptions
---@field signs boolean|nil a leading minus means descending, for all of the item
---@field names boolean|nil name=expr names an item
---@field shares boolean|nil an item may be pct(expr) or bar(expr)
---@field where integer|nil as for compile

---@class memsh.Item
---@field name string
---@field expr memsh.Expr
---@field desc boolean
---@field share "pct"|"bar"|nil to be shown as a share of the total, of the greatest

--- Compiles a list of expressions. Commas separate; blanks do, where all items are names, calls or name=expr without
--- blanks.
function expr.list(text, schema, params, options)
  options = options or {}
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    local items = field_lists.items(ctx, options) or build().items(ctx, options)
    for _, item in ipairs(items) do item.expr = object(item.node, ctx) end
    return items
  end)
  if not ok then raise(result, text, options.where) end
  return result
end

--- How two known values of a column of this unit are ordered: a function(a, b) that tells whether a comes first.
function expr.less(unit)
  return operators().less(unit)
end

--- Does `a` come before `b` in a column of this unit? Both are known.
function expr.lt(a, b, unit)
  return operators().less(unit)(a, b)
end

return expr
