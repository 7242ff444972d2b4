-- SPDX-License-Identifier: GPL-3.0-or-later
-- An expression as tokens: { kind = "name" | "number" | "string" | "end" | the operator or keyword itself,
-- value =, s = first byte, e = last byte }. Literals have a type and a unit; ages are marked.
local AGES = require "memsh.util.seconds"
local diagnostics = require "memsh.expr.diagnostics"

local common_mistakes = require("memsh.util.lazy") "memsh.util.common_mistakes"

local fail, quote = diagnostics.fail, diagnostics.quote
local find, sub, byte = string.find, string.sub, string.byte

local lexer = {}

local KEYWORDS = { ["and"] = true, ["or"] = true, ["not"] = true }

-- What Lua has and expressions do not.
local FOREIGN = {
  ["nil"] = "ask known(x), or not known(x)",
  ["function"] = "hand over a function itself: where(function(p) return ... end)",
}
for word in ("break do else elseif end for goto local repeat return then until while"):gmatch "%a+" do
  FOREIGN[word] = false
end

local OPERATORS = {}
for op in ("+ - * / // % .. == ~= != < <= > >= =~ !~ ( ) , ="):gmatch "%S+" do OPERATORS[op] = op end
OPERATORS["!="] = "~="

-- What other languages write, and what to write here.
local SLIPS = {
  ["==="] = "use '=='", ["!=="] = "use '~=' or '!='", ["&&"] = "use 'and'", ["||"] = "use 'or'",
  ["<>"] = "use '~=' or '!='", ["=>"] = "use '>='", ["=<"] = "use '<='",
  ["<<"] = "multiply, or use sizes such as 64K", [">>"] = "use '//'", ["**"] = "multiply, or use sizes such as 64K",
  ["!"] = "use 'not'", ["&"] = "use 'and'", ["|"] = "use 'or'", ["^"] = "multiply, or use sizes such as 64K",
  ["~"] = "'~=' compares, '=~' and '!~' match a pattern", ["#"] = "use len(x)", ["?"] = "use if(condition, a, b)",
  ["["] = "has(list, 'item') looks into a list", [":"] = false, ["{"] = false, [";"] = false,
}

-- What a page or a word processor makes of plain characters.
local TYPOGRAPHY = { ["\u{2018}"] = "'", ["\u{2019}"] = "'", ["\u{201c}"] = '"', ["\u{201d}"] = '"', ["\u{2212}"] = "-",
  ["\u{2013}"] = "-", ["\u{2264}"] = "<=", ["\u{2265}"] = ">=", ["\u{2260}"] = "~=", ["\u{d7}"] = "*" }

local SCALES = { K = 1 << 10, M = 1 << 20, G = 1 << 30, T = 1 << 40 }
local PARTS = { ms = 1e3, us = 1e6, ns = 1e9 } -- of a second

-- Bytes are whole, seconds need not be.
local function scaled(digits, suffix, s, e)
  local n, scale = tonumber(digits), SCALES[suffix] or AGES[suffix]
  if math.type(n) == "integer" then
    if n > math.maxinteger // scale then fail(("'%s' is too large"):format(sub(digits, 1, 40)), s, e) end
    return n * scale
  end
  local exact = n * scale
  if exact >= 2.0 ^ 63 then fail("this is too large", s, e) end
  return AGES[suffix] and (math.tointeger(exact) or exact) or math.floor(exact + 0.5)
end

local function bad_number(raw, s, e)
  local digits, suffix = raw:match "^([%d.]+)(%a+)$"
  local letter = suffix and sub(suffix, 1, 1):upper()
  local hint = "numbers are 42, 1.5, 0xff; sizes 64K 1.5G; ages 30s 5m 2h 7d"
  if letter and SCALES[letter] and tonumber(digits) and #suffix <= 3 then
    hint = ("sizes use K M G T, e.g. %s%s"):format(digits, letter)
  end
  if PARTS[suffix] and tonumber(digits) then
    hint = ("times are in seconds: %.9g; ages 30s 5m 2h 7d"):format(tonumber(digits) / PARTS[suffix])
  end
  local time, span = common_mistakes().time(raw), common_mistakes().span(raw)
  if span then
    hint = ("a span is written %s, the moment that long ago %s"):format(span, time)
  elseif time then
    hint = "a time is a text in quotes: " .. time
  end
  fail(("bad number '%s'"):format(quote(sub(raw, 1, 40))), s, e, hint)
end

-- A decimal number that Lua can hold only as a float may still be an address.
local function as_unsigned(raw)
  if not find(raw, "^%d+$") or #raw > 20 or (#raw == 20 and raw > "18446744073709551615") then return nil end
  local n = 0
  for digit in raw:gmatch "%d" do n = n * 10 + tonumber(digit) end
  return n
end

local function number(text, at)
  local _, e = find(text, "^[%w_.]+", at)
  local exponent = find(text, "^0[xX]", at) and "[pP]$" or "^[%d.]+[eE]$"
  local raw = sub(text, at, e)
  if find(raw, exponent) and find(text, "^[+-]%d", e + 1) then
    _, e = find(text, "^[+-][%w_.]+", e + 1)
    raw = sub(text, at, e)
  end
  local token = { kind = "number", type = "number", s = at, e = e, unit = "integer" }
  local digits, suffix = raw:match "^([%d.]+)([KMGTsmhd])$"
  if digits and tonumber(digits) then
    token.value = scaled(digits, suffix, at, e)
    token.unit = SCALES[suffix] and "bytes" or "seconds"
    token.age = AGES[suffix] ~= nil
    return token
  end
  token.value = tonumber(raw)
  if not token.value then bad_number(raw, at, e) end
  if math.type(token.value) == "float" then
    token.unit = "number"
    token.unsigned = as_unsigned(raw)
  end
  return token
end

local SIMPLE = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\",
  ['"'] = '"', ["'"] = "'" }

-- The bytes that the escape at `at` (a backslash) means, and where the text goes on.
local function unescape(text, at)
  local c = sub(text, at + 1, at + 1)
  if SIMPLE[c] then return SIMPLE[c], at + 2 end
  local hex = text:match("^x(%x%x)", at + 1)
  if hex then return string.char(tonumber(hex, 16)), at + 4 end
  local decimal = text:match("^%d%d?%d?", at + 1)
  if decimal and tonumber(decimal) <= 255 then return string.char(tonumber(decimal)), at + 1 + #decimal end
  local code = text:match("^u{(%x+)}", at + 1)
  if code and #code <= 8 and tonumber(code, 16) < 0x80000000 then
    return utf8.char(tonumber(code, 16)), at + 4 + #code
  end
  local shown = text:match("^\\[xu]?[%w{]*", at) or "\\"
  fail(("unknown escape '%s'"):format(quote(sub(shown == "\\" and sub(text, at, at + 1) or shown, 1, 12))), at, at + 1,
    "write \\\\ for one backslash; only patterns, after =~ and !~, take it as it is")
end

-- What the bytes s..e between quotes mean.
local function decode(text, s, e)
  local parts, from = {}, s
  while true do
    local stop = find(text, "\\", from, true)
    if not stop or stop > e then break end
    parts[#parts + 1] = sub(text, from, stop - 1)
    parts[#parts + 1], from = unescape(text, stop)
  end
  parts[#parts + 1] = sub(text, from, e)
  return table.concat(parts)
end

-- `value`, or why the text has none in `problem`; `raw` is what is between the quotes. `exact`: byte n of the value is
-- byte s + n of the text.
local function string_token(text, at)
  local mark = sub(text, at, at)
  local pieces, from = mark == "'" and "['\\]" or '["\\]', at + 1
  local stop = find(text, pieces, from)
  while stop and byte(text, stop) == 92 do stop = find(text, pieces, stop + 2) end
  if not stop then fail("this string has no end", at, #text, ("close it with %s"):format(mark)) end
  local token = { kind = "string", type = "text", unit = "text", s = at, e = stop, raw = sub(text, from, stop - 1) }
  token.exact = not find(token.raw, "\\", 1, true)
  if token.exact then
    token.value = token.raw
    return token
  end
  local ok, value = pcall(decode, text, from, stop - 1)
  token[ok and "value" or "problem"] = value
  return token
end

-- Where Lua has a method, there is a function.
local METHODS = { find = "has(%s, 'part')", match = "match(%s, 'pattern')", lower = "lower(%s)", upper = "upper(%s)",
  len = "len(%s)" }

-- 9:00, where the number is before the colon.
local function time_hint(text, previous)
  local raw = previous and previous.kind == "number" and text:match("^[%d:]+%s?[ap]?m?", previous.s)
  local time = raw and common_mistakes().time(raw)
  return time and "a time is a text in quotes: " .. time
end

local function slip(text, op, at, previous)
  local hint = op == ":" and time_hint(text, previous) or SLIPS[op]
  local method = op == ":" and text:match("^:%s*([%a_][%w_]*)", at)
  if method and previous and previous.kind == "name" then
    hint = not METHODS[method] and common_mistakes().called(previous.value .. "." .. method)
      or "functions come first: " .. (METHODS[method] or method .. "(%s)"):format(previous.value)
  end
  fail(("'%s' is not an operator here"):format(op), at, at + #op - 1, hint or nil)
end

-- What to ask where somebody compares with nil.
local function instead_of_nil(tokens, n)
  local compared, op = tokens[n - 1], tokens[n]
  if not compared or compared.kind ~= "name" then return FOREIGN["nil"] end
  if op.kind == "==" then return ("ask not known(%s)"):format(compared.value) end
  if op.kind == "~=" then return ("ask known(%s)"):format(compared.value) end
  return FOREIGN["nil"]
end

local function name(text, at, tokens, n)
  local _, e = find(text, "^[%a_][%w_]*", at)
  while find(text, "^%.[%a_]", e + 1) do _, e = find(text, "^%.[%w_]+", e + 1) end
  local value = sub(text, at, e)
  if value == "true" or value == "false" then
    return { kind = value, type = "boolean", unit = "boolean", value = value == "true", s = at, e = e }
  end
  if KEYWORDS[value] then return { kind = value, s = at, e = e } end
  if FOREIGN[value] ~= nil then
    if value == "nil" then fail("'nil' is no value here", at, e, instead_of_nil(tokens, n)) end
    fail(("'%s' is not part of expressions"):format(value), at, e, FOREIGN[value] or nil)
  end
  return { kind = "name", value = value, s = at, e = e }
end

local MATCHES = { ["=~"] = "", ["!~"] = "not " }

-- Whoever writes comm =~ py* means what that is to a shell.
local function glob_hint(shown, op, compared)
  local start, star = shown:match "^([%w_]*)(%*)"
  if not star or start ~= "" and #shown > #start + 1 then return nil end
  local glob = ("%sglob(%s, '%s')"):format(MATCHES[op], compared, shown)
  return start == "" and "write " .. glob or ("write '^%s', or %s"):format(start, glob)
end

-- comm =~ ^py, path !~ /usr/
local function pattern_without_quotes(text, at, op, compared)
  local raw = text:match("^%S+", at)
  if not find(raw, "(", 1, true) then raw = raw:match "^.[^)]*" end
  local shown = quote(sub(raw, 1, 40))
  fail("a pattern is a text in quotes", at, at + #raw - 1, not find(raw, "'", 1, true) and
    (compared.kind == "name" and glob_hint(shown, op, compared.value)
      or ("write '%s'"):format(shown:match "^/(.+)/$" or shown)) or nil)
end

-- Whether what follows =~ is a pattern, and no name, call, text or number.
local function is_bare_pattern(text, at)
  return find(text, "^[%w_][%w_.]*[*+?^$|%[{\\]", at) or not find(text, "^[%w_'\"(,.]", at)
end

local function operator(text, at, previous)
  for length = 3, 1, -1 do
    local op = sub(text, at, at + length - 1)
    if #op == length then
      if OPERATORS[op] then return { kind = OPERATORS[op], s = at, e = at + length - 1 } end
      if SLIPS[op] ~= nil then slip(text, op, at, previous) end
    end
  end
  local char = text:match("^[\xc2-\xf4][\x80-\xbf][\x80-\xbf]?[\x80-\xbf]?", at) or sub(text, at, at)
  fail(("unexpected '%s'"):format(quote(char)), at, at + #char - 1,
    TYPOGRAPHY[char] and ("write it as %s"):format(TYPOGRAPHY[char]) or nil)
end

--- The tokens of `text`; the last one is after its end, and has the kind "end".
function lexer.tokens(text)
  local tokens, n, at = {}, 0, 1
  while true do
    at = find(text, "%S", at)
    if not at then break end
    local token
    local op, compared = tokens[n], tokens[n - 1]
    if compared and MATCHES[op.kind] and is_bare_pattern(text, at) then
      pattern_without_quotes(text, at, op.kind, compared)
    end
    local c = byte(text, at)
    if find(text, "^[%a_]", at) then
      token = name(text, at, tokens, n)
    elseif find(text, "^%.?%d", at) then
      token = number(text, at)
    elseif c == 34 or c == 39 then
      token = string_token(text, at)
    else
      token = operator(text, at, tokens[n])
    end
    n = n + 1
    tokens[n] = token
    at = token.e + 1
  end
  tokens[n + 1] = { kind = "end", s = #text + 1, e = #text + 1 }
  return tokens
end

return lexer
