-- SPDX-License-Identifier: GPL-3.0-or-later
-- Makes checked trees of texts: that of an expression, and those of the items of a list.
local types = require "memsh.expr.types"
local lexer = require "memsh.expr.lexer"
local diagnostics = require "memsh.expr.diagnostics"
local parser = require "memsh.expr.parser"

local fail = diagnostics.fail

local build = {}

local function trim(text)
  return text:match "^%s*(.*%S)" or ""
end

-- Columns of grouped rows can have names that are no identifiers, such as basename(path).
local function whole_name(ctx, s, e)
  local name = trim(ctx.text:sub(s, e))
  local at = ctx.text:find("%S", s)
  if name:find "^[%a_][%w_.]*$" or not ctx.schema:field(name) then return nil end
  return { k = "field", name = name, s = at, e = at + #name - 1 }
end

--- The tree of an expression.
function build.of(ctx)
  local node = whole_name(ctx, 1, #ctx.text) or parser.parse(ctx.text, lexer.tokens(ctx.text))
  types.annotate(node, ctx)
  return node
end

-- How many brackets are open at each token.
local function depths(tokens, first, last)
  local list, depth = {}, 0
  for i = first, last do
    if tokens[i].kind == "(" then depth = depth + 1 end
    if tokens[i].kind == ")" then depth = depth - 1 end
    list[i] = depth
  end
  return list
end

-- The pieces of a list that blanks separate: { first token, last token } of each.
local function split(tokens, first, last)
  local pieces, depth, from = {}, depths(tokens, first, last), first
  for i = first, last do
    if depth[i] == 0 and i > from and tokens[i].s > tokens[i - 1].e + 1 then
      pieces[#pieces + 1] = { from, i - 1 }
      from = i
    end
  end
  pieces[#pieces + 1] = { from, last }
  return pieces
end

local function by_commas(tokens)
  local pieces, depth, from = {}, depths(tokens, 1, #tokens), 1
  for i, token in ipairs(tokens) do
    if token.kind == "end" or (depth[i] == 0 and token.kind == ",") then
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
  local depth = depths(tokens, from, to)
  for i = from, to do
    if depth[i] == 0 then return i == to end
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

-- Blanks separate where there is nothing but such words between them.
local function by_blanks(tokens, piece, options)
  local words = split(tokens, piece[1], piece[2])
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
  types.annotate(node, ctx)
  if made.share then types.need_number(node, ("'%s'"):format(made.share), ctx) end
  made.node = node
  return made
end

--- The tree of a condition: what gives neither true nor false is refused.
function build.of_condition(ctx)
  local node = build.of(ctx)
  types.need_condition(node, "this", ctx)
  return node
end

--- The items of a list: each with its tree, `name`, `desc` and `share`.
---@return {node: table, name: string, desc: boolean, share: string|nil}[]
function build.items(ctx, options)
  local items = {}
  if not ctx.text:find "%S" then return items end
  local tokens = lexer.tokens(ctx.text)
  for _, piece in ipairs(by_commas(tokens)) do
    for _, word in ipairs(by_blanks(tokens, piece, options)) do
      items[#items + 1] = item(ctx, tokens, word, options)
    end
  end
  return items
end

return build
