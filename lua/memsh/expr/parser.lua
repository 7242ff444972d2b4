-- SPDX-License-Identifier: GPL-3.0-or-later
-- Tokens to a tree. A node is { k = "const" | "field" | "un" | "bin" | "call", s = first byte, e = last byte, ... };
-- names are not looked up here.
local diagnostics = require "memsh.expr.diagnostics"
local operators = require "memsh.expr.operators"

local common_mistakes = require("memsh.util.lazy") "memsh.util.common_mistakes"

local fail, quote = diagnostics.fail, diagnostics.quote

local parser = {}

local DEEPEST <const> = 200
local LONGEST <const> = 5000 -- operators: the tree of a chain is as deep as the chain is long

-- Left and right binding power, Lua's own, but that .. goes from the left, which joins the same text.
local BINARY = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 }, ["<"] = { 3, 3 }, ["<="] = { 3, 3 }, [">"] = { 3, 3 }, [">="] = { 3, 3 },
  ["=="] = { 3, 3 }, ["~="] = { 3, 3 }, ["=~"] = { 3, 3 }, ["!~"] = { 3, 3 }, [".."] = { 9, 9 },
  ["+"] = { 10, 10 }, ["-"] = { 10, 10 },
  ["*"] = { 11, 11 }, ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 },
}
local UNARY <const> = 12
local COMPARISON <const> = 3

-- Words of SQL and others where an operator is expected; NAME is the name in front of them.
local WORDS = {
  ["and"] = "use 'and', in small letters", ["or"] = "use 'or', in small letters",
  like = "use glob(NAME, 'a*') or NAME =~ 'pattern'", ilike = "use glob(lower(NAME), 'a*')",
  is = "ask known(NAME), or not known(NAME)", between = "use NAME >= 1 and NAME <= 5",
  regexp = "use NAME =~ 'pattern'", contains = "use has(NAME, 'part')",
  eq = "use '=='", ne = "use '~='", lt = "use '<'", gt = "use '>'", le = "use '<='", ge = "use '>='",
  div = "use '//'", mod = "use '%'",
}

local PERCENT <const> = "'%' is the rest of a division; a percentage is a plain number: mem_percent > 10"

local Parser = {}
Parser.__index = Parser

function Parser:slice(token) return quote(self.text:sub(token.s, token.e)) end

local function binary(self, op, a, b)
  self.count = self.count + 1
  if self.count > LONGEST then fail("the expression is too long", op.s, op.e) end
  return { k = "bin", op = op.kind, a = a, b = b, s = a.s, e = b.e, os = op.s, oe = op.e }
end

local function chained(self, node, op)
  local hint = "compare two and two: a < b and b < c"
  local last = self.tokens[self.at + 1]
  if (last.kind == "name" or last.kind == "number" or last.kind == "string") and node.e - node.s < 40 then
    hint = ("write %s and %s %s %s"):format(self:slice(node), self:slice(node.b), self:slice(op), self:slice(last))
  end
  fail("comparisons do not chain", op.s, op.e, hint)
end

-- user in ('a', 'b'), user not in ('a', 'b'): from the word in.
local function membership(self, node, at, is_not)
  local name, parts = node and node.k == "field" and node.name or "x", {}
  if self.tokens[at + 1].kind == "(" then
    for place = at + 2, #self.tokens, 2 do
      local item, after = self.tokens[place], self.tokens[place + 1]
      if not item.type or not after or after.kind ~= "," and after.kind ~= ")" then break end
      parts[#parts + 1] = ("%s == %s"):format(name, self:slice(item))
      if after.kind == ")" then break end
    end
  end
  if #parts == 0 then parts = { name .. " == 'a'", name .. " == 'b'" } end
  local text = table.concat(parts, " or ")
  local word = self.tokens[at]
  fail("'in' is not an operator here", word.s, word.e, "write " .. (is_not and ("not (%s)"):format(text)
    or #parts > 1 and ("(%s)"):format(text) or text))
end

local function is_word(token, word)
  return token and token.kind == "name" and token.value:lower() == word
end

-- There is a token where the expression, or this part of it, should have ended.
local function misplaced(self, node)
  local token = self.tokens[self.at]
  local shown = quote(self.text:sub(token.s, math.min(token.e, token.s + 40)))
  if token.kind == "=" then fail("'=' is assignment", token.s, token.e, "use '==' to compare") end
  if token.kind == ")" then fail("')' without '('", token.s, token.e) end
  if is_word(token, "in") then membership(self, node, self.at) end
  if token.kind == "not" and is_word(self.tokens[self.at + 1], "in") then membership(self, node, self.at + 1, true) end
  local word = token.kind == "name" and WORDS[token.value:lower()]
  if word then
    local name = node and node.k == "field" and node.name or "x"
    fail(("'%s' is not an operator here"):format(shown), token.s, token.e, (word:gsub("NAME", name)))
  end
  if node and node.k == "field" and node.name:lower() == "not" then
    fail(("'%s' is not an operator here"):format(node.name), node.s, node.e, "use 'not', in small letters")
  end
  local fn = node and node.k == "field" and operators.functions[node.name]
  if fn and (token.kind == "name" or token.kind == "string") then
    fail(("'%s' is a function"):format(node.name), node.s, node.e, "write " .. fn.usage)
  end
  if token.kind == "," then
    fail("unexpected ','", token.s, token.e, "one expression goes here; join conditions with 'and'")
  end
  local before = self.tokens[self.at - 1]
  local span = before.kind == "number" and token.kind == "name" and
    common_mistakes().span(self.text:sub(before.s, token.e))
  local letter = token.kind == "name" and before.kind == "number" and token.value:match "^([KMGT])i?B?$"
  fail(("unexpected '%s'"):format(shown), token.s, token.e,
    span and ("a span is written %s, the moment that long ago '-%s'"):format(span, span)
      or letter and ("a size is written without a blank: %s%s"):format(self:slice(before), letter)
      or node and node.k == "field" and common_mistakes().word(node.name)
      or token.kind == "name" and common_mistakes().word(token.value)
      or self.in_list and "commas separate items, where one is more than a name"
      or "an operator is missing in front of it")
end

local NOT_ALL <const> = "columns are named one by one; fields\"procs\" lists them"

local function missing(self)
  local token, before = self.tokens[self.at], self.tokens[self.at - 1]
  if token.kind == "end" then
    if not before then fail("the expression is empty", 1, 1) end
    fail(("something is missing after '%s'"):format(self:slice(before)), token.s, token.e,
      before.kind == "%" and PERCENT or nil)
  end
  if token.kind == "=" then misplaced(self) end
  local shown = self:slice(token)
  fail(("unexpected '%s'"):format(shown), token.s, token.e, not before and (self.in_list and shown == "*" and NOT_ALL
    or "a value is missing in front of it")
    or before.kind == "%" and PERCENT or ("a value is missing between '%s' and '%s'"):format(self:slice(before), shown))
end

function Parser:expect(kind, opened)
  local token = self.tokens[self.at]
  if token.kind == kind then
    self.at = self.at + 1
    return token
  end
  if token.kind == "end" then fail("this '(' has no ')'", opened.s, opened.e) end
  misplaced(self, self.last)
end

function Parser:arguments(node, opened)
  local args = node.args
  if self.tokens[self.at].kind ~= ")" then
    repeat
      if #args > 0 then self.at = self.at + 1 end
      args[#args + 1] = self:expression(0)
      self.last = args[#args]
    until self.tokens[self.at].kind ~= ","
  end
  node.e = self:expect(")", opened).e
  return node
end

function Parser:name(token)
  local opened = self.tokens[self.at]
  if opened.kind == "(" then
    self.at = self.at + 1
    return self:arguments({ k = "call", fn = token.value, args = {}, s = token.s, os = token.s, oe = token.e }, opened)
  end
  return { k = "field", name = token.value, s = token.s, e = token.e }
end

function Parser:primary()
  local token = self.tokens[self.at]
  local kind = token.kind
  if kind == "end" then missing(self) end
  self.at = self.at + 1
  if kind == "name" then return self:name(token) end
  if token.type then return { k = "const", literal = true, v = token.value, type = token.type, unit = token.unit,
    age = token.age, unsigned = token.unsigned, exact = token.exact, raw = token.raw, problem = token.problem,
    s = token.s, e = token.e } end
  if kind == "(" then
    local node = self:expression(0)
    self.last = node
    node.s, node.e, node.paren = token.s, self:expect(")", token).e, true
    return node
  end
  self.at = self.at - 1
  missing(self)
end

function Parser:unary()
  local token = self.tokens[self.at]
  if token.kind ~= "not" and token.kind ~= "-" then return self:primary() end
  self.at = self.at + 1
  local a = self:expression(UNARY)
  return { k = "un", op = token.kind, a = a, s = token.s, e = a.e, os = token.s, oe = token.e }
end

-- An expression of operators that bind tighter than `limit`.
function Parser:expression(limit)
  self.depth = self.depth + 1
  if self.depth > DEEPEST then
    local token = self.tokens[self.at]
    fail("the expression is nested too deeply", token.s, token.e)
  end
  local node = self:unary()
  while true do
    local op = self.tokens[self.at]
    local power = BINARY[op.kind]
    if not power or power[1] <= limit then break end
    if power[1] == COMPARISON and node.k == "bin" and not node.paren and BINARY[node.op][1] == COMPARISON then
      chained(self, node, op)
    end
    self.at = self.at + 1
    node = binary(self, op, node, self:expression(power[2]))
  end
  self.depth = self.depth - 1
  return node
end

--- The tree of the tokens, which are of `text`; the last one is of the kind "end". `in_list`: it is an item of a list.
function parser.parse(text, tokens, in_list)
  local self = setmetatable({ text = text, tokens = tokens, at = 1, depth = 0, count = 0, in_list = in_list }, Parser)
  local node = self:expression(0)
  if tokens[self.at].kind ~= "end" then misplaced(self, node) end
  return node
end

return parser
