-- SPDX-License-Identifier: GPL-3.0-or-later
-- The expression language: what stands in where"...", sort"...", show"...", by"...". A text is taken apart, its names
-- and types are checked, and it becomes a function of a row with three-valued logic.
local bound = require "memsh.expr.bound"
local check = require "memsh.expr.check"
local lexer = require "memsh.expr.lexer"
local message = require "memsh.expr.message"
local names = require "memsh.expr.names"
local ops = require "memsh.expr.ops"
local parser = require "memsh.expr.parser"
local quick = require "memsh.expr.quick"
local slow = require "memsh.expr.slow"

local fail = message.fail

local expr = {}

local LONGEST <const> = 65536

---@class memsh.Expr
---@field text string as it was written
---@field name string what a column of it is called
---@field type "number"|"text"|"boolean"|"list"|"any"
---@field unit string what its values are shown as
---@field fields string[] the fields it names
---@field field table|nil the field's descriptor, where it is a field and nothing else
---@field batch memsh.Batch|false it for many rows at once
---@field conjuncts memsh.Expr[] the parts that all must be true
---@field possible fun(most: fun(name: string): number|nil): boolean false where it holds of no row with fields so small
---@overload fun(row: any): any

local function trim(text)
  return text:match "^%s*(.*%S)" or ""
end

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
      tree = tree or slow.build(node, ctx)
      return tree(one)
    end
    meta.__call = quick.build(node, slow_way) or function(_, one) return slow_way(one) end
    return meta.__call(self, row)
  end
end

local function object(node, ctx)
  local text = trim(ctx.text:sub(node.s, node.e))
  local e = {
    text = text, type = node.type, unit = node.unit, fields = collect_fields(node, {}, {}),
    name = node.k == "field" and node.name or text, field = node.k == "field" and node.field or nil,
  }
  local meta = { __name = "expression", __tostring = function() return text end }
  meta.__call = compile_on_call(node, ctx, meta)
  meta.__index = function(_, key)
    if key == "possible" then return function(most) return bound.possible(node, most) end end
    if key == "batch" then
      e.batch = quick.batch(node) or false
      return e.batch
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
  names.check_parameters(schema, params)
  return { text = text, schema = schema, params = params, fields = {}, seen = {} }
end

-- Columns of grouped rows can have names that are no identifiers, such as basename(path).
local function whole_name(ctx, s, e)
  local name = trim(ctx.text:sub(s, e))
  local at = ctx.text:find("%S", s)
  if name:find "^[%a_][%w_.]*$" or not ctx.schema:field(name) then return nil end
  return { k = "field", name = name, s = at, e = at + #name - 1 }
end

local function analyse(ctx)
  local node = whole_name(ctx, 1, #ctx.text) or parser.parse(ctx.text, lexer.tokens(ctx.text))
  check.annotate(node, ctx)
  return node
end

-- Raises what went wrong below, as a text, in the name of whoever called compile or list, or `where` levels above.
local function raise(problem, text, where)
  if message.is_failure(problem) then problem = message.format(problem, text) end
  error(problem, 3 + (where or 0))
end

--- Compiles one expression.
---@param text string
---@param schema table kind, other, field(name), names()
---@param params table|nil values by name
---@param where integer|nil how many levels above the caller an error is to be placed
---@return memsh.Expr
function expr.compile(text, schema, params, where)
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    return object(analyse(ctx), ctx)
  end)
  if not ok then raise(result, text, where) end
  return result
end

--- Compiles a condition: like compile, but anything that is neither true nor false is refused.
---@param text string
---@param schema table
---@param params table|nil
---@param where integer|nil
---@return memsh.Expr
function expr.predicate(text, schema, params, where)
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    local node = analyse(ctx)
    check.need_condition(node, "this", ctx)
    return object(node, ctx)
  end)
  if not ok then raise(result, text, where) end
  return result
end

-- Where the items of a list are separated: { first token, last token } of each.
local function split(tokens, first, last, separates)
  local pieces, depth, from = {}, 0, first
  for i = first, last do
    local kind = tokens[i].kind
    if kind == "(" then depth = depth + 1 end
    if kind == ")" then depth = depth - 1 end
    if depth == 0 and i > from and separates(i) then
      pieces[#pieces + 1] = { from, i - 1 }
      from = i
    end
  end
  pieces[#pieces + 1] = { from, last }
  return pieces
end

local function by_commas(tokens)
  local pieces, depth, from = {}, 0, 1
  for i, token in ipairs(tokens) do
    if token.kind == "(" then depth = depth + 1 end
    if token.kind == ")" then depth = depth - 1 end
    if token.kind == "end" or (depth == 0 and token.kind == ",") then
      if i == from then
        fail(token.kind == "," and "an item is missing in front of this ','" or "an item is missing after the last ','",
          token.s, token.e)
      end
      pieces[#pieces + 1] = { from, i - 1 }
      from = i + 1
    end
  end
  return pieces
end

-- Whether the bracket that opens at `from` closes at `to`.
local function encloses(tokens, from, to)
  local depth = 0
  for i = from, to do
    if tokens[i].kind == "(" then depth = depth + 1 end
    if tokens[i].kind == ")" then depth = depth - 1 end
    if depth == 0 then return i == to end
  end
  return false
end

-- name, -name, call(...) or name=expr
local function is_word(tokens, from, to, options)
  if options.signs and tokens[from].kind == "-" then from = from + 1 end
  if from > to or tokens[from].kind ~= "name" then return false end
  if from == to or encloses(tokens, from + 1, to) then return true end
  return options.names and from + 1 < to and tokens[from + 1].kind == "="
end

-- Blanks separate where nothing but such words stands between them.
local function by_blanks(tokens, piece, options)
  local words = split(tokens, piece[1], piece[2], function(i) return tokens[i].s > tokens[i - 1].e + 1 end)
  for _, word in ipairs(words) do
    if not is_word(tokens, word[1], word[2], options) then return { piece } end
  end
  return words
end

local SHARES <const> = { pct = true, bar = true }

-- pct(x) as a whole item is x, to be shown as a share of the total; bar(x), of the greatest.
local function share(node, ctx)
  if node.k ~= "call" or not SHARES[node.fn] or ctx.schema:field(node.fn) then return node end
  if #node.args ~= 1 then
    fail(("'%s' takes one argument"):format(node.fn), node.os, node.oe, ("write %s(rss)"):format(node.fn))
  end
  return node.args[1], node.fn
end

local function item(ctx, tokens, piece, options)
  local from, to = piece[1], piece[2]
  local made = { desc = false }
  if not whole_name(ctx, tokens[from].s, tokens[to].e) then
    if options.signs and tokens[from].kind == "-" then
      made.desc, from = true, from + 1
    end
    if options.names and from < to and tokens[from].kind == "name" and tokens[from + 1].kind == "=" then
      made.name, from = tokens[from].value, from + 2
      if made.name:find(".", 1, true) then
        fail("a column's name has no dots", tokens[from - 2].s, tokens[from - 2].e)
      end
    end
  end
  local own = table.move(tokens, from, to, 1, {})
  own[#own + 1] = { kind = "end", s = tokens[to].e + 1, e = tokens[to].e + 1 }
  if #own == 1 then fail("an item is missing here", own[1].s, own[1].e) end
  local node = whole_name(ctx, own[1].s, tokens[to].e) or parser.parse(ctx.text, own, true)
  made.name = made.name or (node.k == "field" and node.name) or trim(ctx.text:sub(node.s, node.e))
  if options.shares then node, made.share = share(node, ctx) end
  check.annotate(node, ctx)
  if made.share then check.need_number(node, ("'%s'"):format(made.share), ctx) end
  made.expr = object(node, ctx)
  return made
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
---@param text string
---@param schema table
---@param params table|nil
---@param options memsh.ListOptions|nil
---@return memsh.Item[]
function expr.list(text, schema, params, options)
  options = options or {}
  local ok, result = pcall(function()
    local ctx = context(text, schema, params)
    local items = {}
    if not text:find "%S" then return items end
    local tokens = lexer.tokens(text)
    for _, piece in ipairs(by_commas(tokens)) do
      for _, word in ipairs(by_blanks(tokens, piece, options)) do
        items[#items + 1] = item(ctx, tokens, word, options)
      end
    end
    return items
  end)
  if not ok then raise(result, text, options.where) end
  return result
end

expr.less = ops.less

--- Does `a` come before `b` in a column of this unit? Both are known.
function expr.lt(a, b, unit)
  return ops.less(unit)(a, b)
end

return expr
