-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a query is given as a text or a function, as one thing that gives a value for a row.
local core = require "memsh.core"
local expr = require "memsh.expr.expr"
local made_rows = require "memsh.fields.made_rows"
local named_columns = require "memsh.fields.named_columns"
local sorted_keys = require "memsh.util.sorted_keys"
local upward = require "memsh.util.upward"

local evaluate = {}

local call, is_unknown, why, unknown = core.call, core.is_unknown, core.why, core.unknown

-- Calls one of the expression language's functions. An error is placed where memsh was called; that in an argument of
-- a report is not of the report's line.
local function checked(f, what, ...)
  local ok, result = pcall(f, what, ...)
  if ok then return result end
  local argument = upward.report().argument_of(what)
  if argument then error(("%s: %s"):format(argument, result), 0) end
  return core.raise(result)
end

---@class memsh.Term
---@field name string
---@field unit string what its values are shown as
---@field fields string[]|nil what it reads; nil: not known before (a function)
---@field lacks nil|fun(row: any): integer|nil, string|nil from how many rows something is missing, and why
---@field value fun(row: any): any
---@field is_settled boolean|nil what its fields lack does not matter: it is known in spite of it, or unknown

local function of_function(f, schema, name)
  return { name = name, unit = "any", value = function(row)
    local value, reason = call(f, named_columns.attach(row, schema))
    if value == nil and reason then return unknown(reason) end
    return value
  end }
end

-- What it reads; nil where a field that a function of the user's computes may read any.
local function reads_of(e, schema)
  for _, name in ipairs(e.fields) do
    local field = schema:field(name)
    if field and field.anything then return nil end
  end
  return e.fields
end

-- What an expression's fields lack, of those that say so (shares of a sum that something is missing from).
local function lacks_of(e, schema)
  local list = {}
  for _, name in ipairs(e.fields) do
    local field = schema:field(name)
    list[#list + 1] = field and field.lacks
  end
  if #list == 0 then return nil end
  return function(row)
    for _, lacks in ipairs(list) do
      local missing, reason = lacks(row)
      if missing then return missing, reason end
    end
    return nil
  end
end

local function of_expression(e, name, schema)
  return { name = name or e.name, unit = e.unit, fields = reads_of(e, schema), value = e, text = e.text,
    lacks = lacks_of(e, schema) }
end

--- A term from a text or a function.
---@param name string what a function's values are called
function evaluate.term(what, schema, name)
  if type(what) == "function" then return of_function(what, schema, name) end
  return of_expression(checked(expr.compile, what, schema), nil, schema)
end

-- { name = function(row) ... }: columns by functions, or expressions, in the order of their names.
local function named_terms(what, schema)
  local terms = {}
  for i, name in ipairs(sorted_keys(what, function(name) return type(name) == "string" end)) do
    terms[i] = evaluate.term(what[name], schema, name)
    terms[i].name = name
  end
  return terms
end

--- Terms from a list ("pid, comm, mb=rss/M"), a function, or an array of both.
---@return memsh.Term[] each with `desc` where it is to be descending, `share` where it is one
function evaluate.terms(what, schema, options)
  local terms = {}
  if type(what) == "function" then return { of_function(what, schema, "value") } end
  if type(what) == "table" then
    for _, part in ipairs(what) do
      for _, term in ipairs(evaluate.terms(part, schema, options)) do terms[#terms + 1] = term end
    end
    for _, term in ipairs(named_terms(what, schema)) do terms[#terms + 1] = term end
    return terms
  end
  for i, item in ipairs(checked(expr.list, what, schema, options)) do
    terms[i] = of_expression(item.expr, item.name, schema)
    terms[i].desc, terms[i].share = item.desc, item.share
  end
  return terms
end

-- true, false, or nil and a reason
local function decide(value)
  if value == true then return true end
  if is_unknown(value) then return nil, why(value) end
  return false
end

-- For a field of these rows: why a row's value lacks something, and whether it is a lower bound; nil where it does not.
local function lack_of(schema)
  return function(name)
    local field = schema:field(name)
    return function(row)
      local lacks = made_rows.lacks(row)
      if lacks[name] then return lacks[name].why, lacks[name].at_least end
      for _, part in ipairs(field.reads or {}) do -- named columns are made of others
        if lacks[part] then return lacks[part].why end
      end
      return field.lacks and select(2, field.lacks(row)) or nil
    end
  end
end

-- A condition on rows, of which a sum may be a mere lower bound: it is decided where the bound is enough.
local function bounded(e, schema, lacks)
  local with_bounds
  return function(row)
    local yes, reason = decide(e(row))
    if yes == nil or not (lacks or next(made_rows.lacks(row))) then return yes, reason end
    with_bounds = with_bounds or e.with_bounds(lack_of(schema))
    yes, reason = decide(with_bounds(row))
    return yes, reason, yes == nil
  end
end

-- A key of rows that a query made: one that is worked out from a mere bound is unknown where the bound does not settle
-- it, as in a condition.
local function key_of(e, schema)
  local with_bounds
  return function(row)
    if not next(made_rows.lacks(row)) then return e(row) end
    with_bounds = with_bounds or e.with_bounds(lack_of(schema))
    return with_bounds(row)
  end
end

local function is_made(schema)
  return schema.row ~= "process" and schema.row ~= "mapping"
end

--- Terms that are keys: what rows are grouped by, or matched by.
---@return memsh.Term[]
function evaluate.keys(what, schema, options)
  local terms = evaluate.terms(what, schema, options)
  for _, term in ipairs(is_made(schema) and terms or {}) do
    if type(term.value) == "table" then term.value = key_of(term.value, schema) end
  end
  return terms
end

--- Terms that are columns: whether a condition holds is known where a bound settles it, else unknown.
---@return memsh.Term[]
function evaluate.columns(what, schema, options)
  local terms = evaluate.terms(what, schema, options)
  for _, term in ipairs(is_made(schema) and terms or {}) do
    if term.unit == "boolean" and type(term.value) == "table" and not term.value.field then
      term.value, term.is_settled = key_of(term.value, schema), true
    end
  end
  return terms
end

--- Whether a column that is made of lower bounds is none.
---@param term memsh.Term
function evaluate.is_vague(term)
  return type(term.value) == "table" and not term.value.field and not term.value.grows
end

---@class memsh.Condition
---@field fields string[]|nil
---@field decide fun(row: any): boolean|nil, string|nil, boolean|nil true, false, or nil and why it is unknown; third,
--- whether that is so of other rows, which a sum lacks
---@field whole memsh.Expr|nil what it is a part of, where that is asked of processes or mappings
---@field part memsh.Expr|nil it by itself, there
---@field possible nil|fun(most: fun(name: string): number|nil): boolean see memsh.Expr

--- The conditions that must all hold, cheap to order: those of a text joined by `and`, or one function.
function evaluate.conditions(what, schema, params)
  if type(what) == "function" then
    return { { decide = function(row)
      local value, reason = call(what, named_columns.attach(row, schema))
      if reason then return nil, reason end
      if is_unknown(value) then return nil, why(value) end
      return not not value
    end } }
  end
  local conditions, plain = {}, schema.row == "process" or schema.row == "mapping"
  local whole = checked(expr.predicate, what, schema, params)
  for i, e in ipairs(whole.conjuncts) do
    local lacks = lacks_of(e, schema)
    conditions[i] = { fields = reads_of(e, schema), text = e.text, possible = e.possible, moments = e.moments,
      whole = plain and whole or nil, part = plain and e or nil,
      decide = plain and not lacks and function(row) return decide(e(row)) end or bounded(e, schema, lacks) }
  end
  return conditions
end

return evaluate
