-- SPDX-License-Identifier: GPL-3.0-or-later
-- Gives every node of a tree its type ("number" "text" "boolean" "list" "any") and unit, and refuses what cannot mean
-- anything. `node.run` becomes what its operator does with known values, `node.guard` a look at values whose type
-- only the row knows.
local diagnostics = require "memsh.expr.diagnostics"
local field_lists = require "memsh.expr.field_lists"
local resolve = require "memsh.expr.resolve"
local lazy = require "memsh.util.lazy"
local operators = require "memsh.expr.operators"
local units = require "memsh.expr.units"

local common_mistakes = lazy "memsh.util.common_mistakes"
local moments = lazy "memsh.expr.moments"
local patterns = lazy "memsh.expr.patterns"

local fail, quote = diagnostics.fail, diagnostics.quote

local types = {}

local NOUN = { number = "a number", text = "text", boolean = "a condition", list = "a list", any = "anything" }
local TYPE_OF = { number = "number", string = "text", boolean = "boolean", table = "list" }

local annotate

local function snippet(node, ctx)
  local text = ctx.text:sub(node.s, node.e)
  if #text > 30 or text:find "%c" then return "this" end
  return quote(text)
end

local function is_a(node, ctx)
  return ("%s is %s"):format(snippet(node, ctx), NOUN[node.type])
end

-- What to write instead of `node` where a condition is needed.
local function condition_hint(node, ctx, what)
  local text = snippet(node, ctx)
  if text == "this" then return nil end
  if what == "'not'" and node.k == "field" and node.type ~= "list" then
    return ("it binds tighter than comparisons: not (%s == ...)"):format(text)
  end
  if node.type == "number" then return ("compare it, e.g. %s ~= 0"):format(text) end
  if node.type == "list" then return ("look into it, e.g. has(%s, 'item')"):format(text) end
  if node.k == "const" then return "compare something with it" end
  return ("compare it, e.g. %s == 'root'"):format(text)
end

local function type_name(value)
  return TYPE_OF[type(value)] or type(value)
end

-- The first of these values that is not of the types in `wanted`, or in wanted[i], and what it is.
local function misfit(wanted, ...)
  for i = 1, select("#", ...) do
    local got = type_name((select(i, ...)))
    if not (wanted[i] or wanted)[got] then return i, NOUN[got] or got end
  end
end

-- A guard for operands that must be of `wanted` types, where some are known by the row only.
local function guard(node, wanted, ...)
  for _, operand in ipairs { ... } do
    if operand.type == "any" then node.guard = function(...) return misfit(wanted, ...) end end
  end
end

local BOOLEAN <const>, NUMBER <const>, TEXT <const> = { boolean = true }, { number = true }, { text = true }
local PIECE <const>, SIZED <const> = { text = true, number = true }, { text = true, list = true }

local function need_condition(node, what, ctx)
  if node.type == "boolean" or node.type == "any" then return end
  local needs = what == "this" and "has to be" or "needs"
  fail(("%s %s a condition, and %s"):format(what, needs, is_a(node, ctx)), node.s, node.e,
    condition_hint(node, ctx, what))
end

types.need_condition = need_condition

local function logic(node, ctx)
  local what = ("'%s'"):format(node.op)
  need_condition(node.a, what, ctx)
  if node.b then need_condition(node.b, what, ctx) end
  node.type, node.unit, node.run = "boolean", "boolean", operators.invert
  guard(node, BOOLEAN, node.a, node.b)
end

local function need_number(node, what, ctx, hint)
  if node.type == "number" or node.type == "any" then return end
  fail(("%s needs numbers, and %s"):format(what, is_a(node, ctx)), node.s, node.e, hint)
end

types.need_number = need_number

local MEETS_AGES = { seconds = true, time = true, number = true, any = true }

-- An age may only meet times: 5m beside bytes is a slip for 5M.
local function check_age(age, other, ctx)
  if not age.age or other.age then return end
  if other.k == "const" or MEETS_AGES[other.unit] then return end
  if not other.fixed_unit and other.k ~= "field" then return end
  local text = ctx.text:sub(age.s, age.e)
  local hint = text:find "m$" and ("a size is written with a capital letter: %s"):format(text:upper()) or nil
  fail(("%s is a time, and %s is not"):format(quote(text), snippet(other, ctx)), age.s, age.e, hint)
end

local function check_ages(node, ctx)
  check_age(node.a, node.b, ctx)
  check_age(node.b, node.a, ctx)
end

-- start_time > 1h: any moment since 1970 is more than an hour after that.
local function check_span(span, other, ctx)
  if not span.age or other.unit ~= "time" then return end
  local text = ctx.text:sub(span.s, span.e)
  fail(("%s is a span, and %s is a moment"):format(quote(text), snippet(other, ctx)), span.s, span.e,
    ("the moment that long ago is written '-%s'"):format(text))
end

local function concatenation(node, ctx)
  for _, side in ipairs { "a", "b" } do
    local part = node[side]
    if part.type ~= "text" and part.type ~= "number" and part.type ~= "any" then
      fail(("'..' joins text and numbers, and %s"):format(is_a(part, ctx)), part.s, part.e)
    end
    if part.unit == "addr" then
      node[side] = { k = "un", op = "hex", a = part, run = operators.hex, type = "text", unit = "text", s = part.s,
        e = part.e }
    end
  end
  node.type, node.unit = "text", "text"
  guard(node, PIECE, node.a, node.b)
end

local function address_arithmetic(node, ctx)
  local a, b, op = node.a, node.b, node.op
  if a.unit ~= "addr" and b.unit ~= "addr" then return end
  local both = a.unit == "addr" and b.unit == "addr"
  if op == "*" or op == "/" or (op == "+" and both) or (op ~= "+" and a.unit ~= "addr") then
    fail(("'%s' makes no sense with an address"):format(op), node.os, node.oe,
      ("%s is one; addresses take +, -, // and %%, and comparisons"):format(snippet(a.unit == "addr" and a or b, ctx)))
  end
  node.run = operators.addr[op] or node.run
  node.code, node.may_wrap = op == "+" or op == "-", false
end

local function is_const(node, kind)
  return node.k == "const" and math.type(node.v) == kind
end

-- Lua's own operator will do: the divisor is not zero, the product does not overflow. (Of sums it is seen afterwards.)
local function is_harmless(op, a, b)
  if op == "*" then return is_const(a, "float") or is_const(b, "float") end
  return (op ~= "//" and op ~= "%") or (b.k == "const" and b.v ~= 0 and b.v ~= -1)
end

local function arithmetic(node, ctx)
  local what = ("'%s'"):format(node.op)
  local hint = node.op == "+" and (node.a.type == "text" or node.b.type == "text") and "'..' joins text" or nil
  need_number(node.a, what, ctx, hint)
  need_number(node.b, what, ctx, hint)
  node.type = "number"
  node.code = is_harmless(node.op, node.a, node.b)
  node.may_wrap = node.op == "+" or node.op == "-"
  address_arithmetic(node, ctx)
  if node.op == "+" or node.op == "-" then check_ages(node, ctx) end
  node.unit, node.fixed_unit = units.arithmetic(node.op, node.a, node.b)
  guard(node, NUMBER, node.a, node.b)
end

local WRITTEN <const> = {
  bytes = "is a number of bytes, written 64K, 10M, 1.5G", seconds = "is a number of seconds, written 30s, 5m, 2h, 7d",
}

-- age < '10m', rss > comm
local function number_hint(node, number, text, ctx)
  local what, value = snippet(number, ctx), text.literal and tostring(text.v)
  local span = number.unit == "seconds" and value and common_mistakes().span(value)
  local bare = span or value and number.unit == "bytes" and value:match "^%d+%.?%d*[KMGT]$"
  if bare and number == node.a then
    return ("%s %s: write %s %s %s"):format(what, WRITTEN[number.unit], what, node.op, bare)
  end
  if WRITTEN[number.unit] then return ("%s %s"):format(what, WRITTEN[number.unit]) end
  return "numbers are compared with numbers, text with text"
end

local function compare_hint(node)
  local literal, other = node.b, node.a
  if node.a.literal and not node.b.literal then literal, other = node.a, node.b end
  if not literal.literal then return nil end
  if other.type == "text" and literal.type == "number" then return ("text is written in quotes: '%s'") end
  if other.type == "number" and literal.type == "text" and tonumber(literal.v) then
    return "a number is written without quotes"
  end
  if other.type == "boolean" and literal.type == "number" then
    return "it is true or false by itself: leave the comparison out"
  end
  return nil
end

-- A literal too large for a signed integer is an address all the same.
local function exact_address(node, other)
  if node.unsigned and other.unit == "addr" then
    node.v, node.unit = node.unsigned, "integer"
  end
end

-- A text beside a time is a time; one that is relative, '-2h', is so whenever the question is asked, and on a recording
-- beside the moment that is asked.
local function as_moment(node, other, ctx)
  if other.unit ~= "time" or node.k ~= "const" or node.type ~= "text" then return node end
  local now, asked = ctx.schema:field "sys.now", moments().asked and moments().asked()
  local moment, message = moments().read(node.v, asked or now and now.get())
  if not moment then
    local time = common_mistakes().time(node.v)
    fail(("%s is not a time%s"):format(snippet(node, ctx), message and ": " .. message or ""), node.s, node.e,
      time and "write " .. time or moments().HINT)
  end
  moments().note(quote(node.v), moment)
  if asked and moment.ago then moment = { at = asked - moment.ago } end
  ctx.moments = ctx.moments or {}
  ctx.moments[node.v] = moment.at
  local read = { k = "const", v = moment.at or moment.ago, type = "number", unit = moment.at and "time" or "seconds",
    age = moment.ago ~= nil, s = node.s, e = node.e }
  if moment.at then return read end
  read = { k = "bin", op = "-", a = { k = "field", name = "sys.now", s = node.s, e = node.e }, b = read, s = node.s,
    e = node.e, os = node.s, oe = node.e }
  annotate(read, ctx)
  return read
end

local function comparison(node, ctx)
  node.a, node.b = as_moment(node.a, node.b, ctx), as_moment(node.b, node.a, ctx)
  local a, b = node.a, node.b
  node.type, node.unit, node.code = "boolean", "boolean", true
  local ordering = node.op ~= "==" and node.op ~= "~="
  if a.type == "list" or b.type == "list" then
    local list = a.type == "list" and a or b
    fail(("lists are not compared, and %s"):format(is_a(list, ctx)), node.os, node.oe, condition_hint(list, ctx))
  end
  if a.type ~= b.type and a.type ~= "any" and b.type ~= "any" then
    local hint = compare_hint(node)
    local number, text = a, b
    if b.type == "number" then number, text = b, a end
    hint = hint and hint:format(snippet(number, ctx))
      or number.type == "number" and text.type == "text" and number_hint(node, number, text, ctx) or nil
    fail(("%s and %s"):format(is_a(a, ctx), is_a(b, ctx)), node.os, node.oe, hint)
  end
  if ordering and (a.type == "boolean" or b.type == "boolean") then
    fail(("'%s' orders numbers and text, and %s"):format(node.op, is_a(a.type == "boolean" and a or b, ctx)),
      node.os, node.oe)
  end
  exact_address(a, b)
  exact_address(b, a)
  check_ages(node, ctx)
  check_span(a, b, ctx)
  check_span(b, a, ctx)
  if ordering and (a.unit == "addr" or b.unit == "addr") then
    node.run, node.code = operators.addr[node.op], false
  end
  if ordering and (a.type == "any" or b.type == "any") then
    local known = a.type ~= "any" and a.type or b.type
    if known ~= "any" then return guard(node, { [known] = true }, a, b) end
    node.guard = function(x, y)
      local first, second = type_name(x), type_name(y)
      if not PIECE[first] then return 1, NOUN[first] or first end
      if first ~= second then return 2, ("%s, and not %s"):format(NOUN[second] or second, NOUN[first]) end
    end
  end
end

-- `offset` is that of the byte of the text `node` that is wrong.
local function malformed(what, message, node, offset, hint)
  local s, e = node.s, node.e
  if node.exact then s, e = node.s + offset, node.s + offset end
  fail(("malformed %s: %s"):format(what, message), s, e, hint)
end

-- A pattern in quotes is the bytes between them: its backslashes are the pattern's.
local function take_raw(node)
  if node and node.k == "const" and node.raw then node.v, node.exact, node.problem = node.raw, true, nil end
end

-- A pattern that does not depend on the row is compiled now.
local function use_pattern(node, pattern)
  local opposite = node.op == "!~"
  node.may_give_up = true
  if pattern.k ~= "const" then
    node.run = opposite and patterns().differs or patterns().match
    return
  end
  local matches, message, offset = patterns().compile(pattern.v, opposite)
  if not matches then malformed("pattern", message, pattern, offset, patterns().hint(pattern.v, message)) end
  patterns().note_lua(pattern.v)
  node.run = matches
end

local ARGUMENT = { text = TEXT, number = NUMBER, boolean = BOOLEAN, sized = SIZED,
  any = { text = true, number = true, boolean = true, list = true, any = true } }
local WANTS = { text = "text", number = "a number", boolean = "a condition", sized = "text or a list" }

local function argument_count(node, fn)
  local least, most = #fn.args, #fn.args
  if fn.args[most] == "..." then least, most = most - 1, 100 end
  local n = #node.args
  if n >= least and n <= most then return end
  local what = n < least and "too few" or "too many"
  fail(("%s arguments for '%s'"):format(what, node.fn), node.os, node.oe, "write " .. fn.usage)
end

local function arguments(node, fn, ctx)
  argument_count(node, fn)
  local kind, wanted = nil, {}
  for i, arg in ipairs(node.args) do
    kind = fn.args[i] ~= "..." and fn.args[i] or kind
    if not ARGUMENT[kind][arg.type] and arg.type ~= "any" then
      local hint = arg.type == "list" and ("has(%s, 'item') looks into a list"):format(snippet(arg, ctx))
        or arg.type == "number" and kind == "text" and arg.literal and ("text is written in quotes: '%s'")
          :format(snippet(arg, ctx)) or nil
      fail(("'%s' needs %s, and %s"):format(node.fn, WANTS[kind], is_a(arg, ctx)), arg.s, arg.e,
        hint or "write " .. fn.usage)
    end
    wanted[i] = ARGUMENT[kind]
    if kind ~= "any" then guard(node, wanted, arg) end
  end
end

local function choice(node, ctx)
  local a, b = node.args[2], node.args[3]
  if a.type ~= b.type and a.type ~= "any" and b.type ~= "any" then
    fail(("the two values of 'if' differ: %s, %s"):format(is_a(a, ctx), is_a(b, ctx)), b.s, b.e)
  end
  node.type = a.type == b.type and a.type or "any"
  node.unit = node.type == "number" and units.join { a, b } or (a.unit == b.unit and a.unit) or node.type
end

local function call(node, ctx)
  local fn = resolve.resolve_function(node, ctx)
  if fn.is_match then take_raw(node.args[2]) end
  for _, arg in ipairs(node.args) do annotate(arg, ctx) end
  arguments(node, fn, ctx)
  node.run = fn.run
  if node.fn == "if" then return choice(node, ctx) end
  if fn.unit == "same" then
    node.type, node.unit = "number", units.join(node.args)
    node.fixed_unit = node.unit ~= "integer" and node.unit ~= "number"
    if node.fn == "floor" and node.unit == "number" then node.unit = "integer" end
    if node.unit == "addr" then
      if node.fn == "abs" then fail("'abs' makes no sense with an address", node.os, node.oe) end
      node.run = operators.addr[node.fn] or fn.run
    end
    return
  end
  node.unit = fn.unit
  node.type = field_lists.TYPES[fn.unit]
  if node.fn == "has" and node.args[1].type == "list" then node.run, node.on_list = operators.has_item, true end
  if node.fn == "has" and node.args[1].type == "any" then
    node.run = function(where, what) return (type(where) == "table" and operators.has_item or fn.run)(where, what) end
  end
  local pattern = node.args[2]
  if fn.check and pattern.k == "const" then
    local ok, message, offset = fn.check(pattern.v)
    if not ok then malformed("glob", message, pattern, offset) end
  end
  if fn.is_match then use_pattern(node, pattern) end
end

local function matching(node, ctx)
  for _, part in ipairs { node.a, node.b } do
    if part.type ~= "text" and part.type ~= "any" then
      local hint = part == node.b and "a pattern is written in quotes: name =~ 'nginx'"
        or part.type == "list" and ("has(%s, 'item') looks into a list"):format(snippet(part, ctx)) or nil
      fail(("'%s' needs text, and %s"):format(node.op, is_a(part, ctx)), part.s, part.e, hint)
    end
  end
  use_pattern(node, node.b)
  node.type, node.unit = "boolean", "boolean"
  guard(node, TEXT, node.a, node.b)
end

local MATCHES <const> = { ["=~"] = true, ["!~"] = true }

local function bin(node, ctx)
  local op = node.op
  if op == "and" or op == "or" then return logic(node, ctx) end
  if MATCHES[op] then return matching(node, ctx) end
  node.run = operators.binary[op]
  if op == ".." then
    node.code = true
    return concatenation(node, ctx)
  end
  if operators.binary[op] and (op:find "[<>=]") then return comparison(node, ctx) end
  return arithmetic(node, ctx)
end

local function un(node, ctx)
  if node.op == "not" then return logic(node, ctx) end
  need_number(node.a, "'-'", ctx)
  if node.a.unit == "addr" then fail("'-' makes no sense with an address", node.os, node.oe) end
  node.type, node.unit, node.run = "number", node.a.unit, operators.negate
  node.code = node.a.k == "const" and node.a.v ~= math.mininteger
  node.age, node.fixed_unit = node.a.age, node.a.fixed_unit
  if node.unit == "any" then node.unit = "number" end
  guard(node, NUMBER, node.a)
end

function annotate(node, ctx)
  local k = node.k
  if k == "field" then
    resolve.resolve(node, ctx)
  elseif node.problem then
    error(node.problem, 0)
  elseif k == "bin" then
    if MATCHES[node.op] then take_raw(node.b) end
    annotate(node.a, ctx)
    annotate(node.b, ctx)
    bin(node, ctx)
  elseif k == "un" then
    annotate(node.a, ctx)
    un(node, ctx)
  elseif k == "call" then
    call(node, ctx)
  end
end

types.annotate = annotate

return types
