-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the operators and functions of expressions do with known values.
local core = require "memsh.core"

local find, sub, format = string.find, string.sub, string.format
local mtype, ult = math.type, math.ult

local operators = {}

-- Addresses: integers are the 64 bits without a sign; floats are what they are.
local function unsigned(n)
  if mtype(n) == "integer" and n < 0 then return n + 2.0 ^ 64 end
  return n
end

local function addr_lt(a, b)
  if mtype(a) == "integer" and mtype(b) == "integer" then return ult(a, b) end
  return unsigned(a) < unsigned(b)
end

-- The one of some values that comes before all others.
local function first_by(less)
  return function(a, ...)
    for _, b in ipairs { ... } do
      if less(b, a) then a = b end
    end
    return a
  end
end

local function addr_div(a, b)
  if b == 0 then return a / 0.0 end
  if b < 0 then return ult(a, b) and 0 or 1 end
  if a >= 0 then return a // b end
  local q = ((a >> 1) // b) << 1
  if not ult(a - q * b, b) then q = q + 1 end
  return q
end

--- Comparisons and arithmetic of which an operand is an address.
operators.addr = {
  ["+"] = function(a, b) return a + b end,
  ["-"] = function(a, b) return a - b end,
  ["<"] = addr_lt,
  ["<="] = function(a, b) return not addr_lt(b, a) end,
  [">"] = function(a, b) return addr_lt(b, a) end,
  [">="] = function(a, b) return not addr_lt(a, b) end,
  ["//"] = function(a, b)
    if mtype(b) == "integer" then return addr_div(a, b) end
    return unsigned(a) // b
  end,
  ["%"] = function(a, b)
    if mtype(b) == "integer" and b ~= 0 then return a - addr_div(a, b) * b end
    return unsigned(a) % (b == 0 and 0.0 or b)
  end,
  min = first_by(addr_lt),
  max = first_by(function(a, b) return addr_lt(b, a) end),
}

-- Lua's integers wrap around; a number that is too large for one is a float here.
local LEAST <const>, ITS_OPPOSITE <const> = math.mininteger, 2.0 ^ 63

local function plus(a, b)
  local sum = a + b
  if (sum < a) ~= (b < 0) and mtype(sum) == "integer" then return (a + 0.0) + b end
  return sum
end

local function minus(a, b)
  local rest = a - b
  if (rest > a) ~= (b < 0) and mtype(rest) == "integer" then return (a + 0.0) - b end
  return rest
end

local function times(a, b)
  local exact, rough = a * b, (a + 0.0) * b
  if mtype(exact) == "integer" and (rough >= 2.0 ^ 63 or rough < -2.0 ^ 63) then return rough end
  return exact
end

-- Lua raises for integers; a row must not.
local function whole_quotient(a, b)
  if b == -1 and a == LEAST then return ITS_OPPOSITE end
  return a // (b == 0 and 0.0 or b)
end

operators.binary = {
  ["+"] = plus,
  ["-"] = minus,
  ["*"] = times,
  ["/"] = function(a, b) return a / b end,
  ["//"] = whole_quotient,
  ["%"] = function(a, b) return a % (b == 0 and 0.0 or b) end,
  [".."] = function(a, b) return a .. b end,
  ["=="] = function(a, b) return a == b end,
  ["~="] = function(a, b) return a ~= b end,
  ["<"] = function(a, b) return a < b end,
  ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}

function operators.negate(a) return a == LEAST and ITS_OPPOSITE or -a end
function operators.invert(a) return not a end
function operators.hex(a) return format("0x%x", a) end

function operators.has_item(list, item)
  for i = 1, #list do
    if list[i] == item then return true end
  end
  return false
end

local function scale(factor)
  return function(n)
    local scaled = n * factor
    if mtype(scaled) == "float" or scaled // factor ~= n then return n * (factor + 0.0) end
    return scaled
  end
end

-- Without the slashes at its end. (Patterns with one way to match: a path can be long, and is somebody else's.)
local function untailed(path)
  return path:match "^(.*[^/])/*$"
end

local function basename(path)
  local rest = untailed(path)
  if not rest then return sub(path, 1, 1) end
  return rest:match "^.*/(.*)$" or rest
end

-- A name without a slash, such as [heap], is in no directory.
local function dirname(path)
  local dir = (untailed(path) or path):match "^(.*)/"
  return dir and (untailed(dir) or "/") or ""
end

-- Each is its row of the catalogue, too: how it is called, what it means, an example.
-- args: "text", "number", "boolean", "list", "sized" (text or list), "any"; a last one with
-- "..." repeats. unit: what the result is; "same" keeps that of the arguments. Those without `run` are done elsewhere.
operators.functions = {
  has = { usage = "has(text, part)", meaning = "whether a text has a part, or a list an item",
    example = 'procs:where"has(cmdline, \'--config\')"', args = { "sized", "text" }, unit = "boolean",
    run = function(text, part) return find(text, part, 1, true) ~= nil end },
  starts = { usage = "starts(text, beginning)", meaning = "whether a text begins so",
    example = 'procs:where"starts(exe, \'/usr/sbin/\')"', args = { "text", "text" }, unit = "boolean",
    run = function(text, part) return sub(text, 1, #part) == part end },
  ends = { usage = "ends(text, ending)", meaning = "whether a text ends so",
    example = 'maps:where"ends(path, \'.so\')"', args = { "text", "text" }, unit = "boolean",
    run = function(text, part) return part == "" or sub(text, -#part) == part end },
  match = { usage = "match(text, 'pattern')", meaning = "whether a pattern is found in a text, as =~ does",
    example = 'procs:where"match(comm, \'^ng\')"', args = { "text", "text" }, unit = "boolean",
    is_match = true },
  glob = { usage = "glob(text, 'a*')", meaning = "whether a whole text is like a file name with * and ?",
    example = 'maps:where"glob(path, \'/usr/lib/*\')"', args = { "text", "text" }, unit = "boolean", run = core.glob,
    check = core.glob_check },
  basename = { usage = "basename(path)", meaning = "the last part of a path",
    example = 'maps:by"basename(path)":sum"rss"', args = { "text" }, unit = "text", run = basename },
  dirname = { usage = "dirname(path)", meaning = "a path without its last part",
    example = 'maps:by"dirname(path)":sum"rss"', args = { "text" }, unit = "path", run = dirname },
  upper = { usage = "upper(text)", meaning = "in capital letters", example = 'procs:show"pid, upper(comm)"',
    args = { "text" }, unit = "text", run = string.upper },
  lower = { usage = "lower(text)", meaning = "in small letters", example = 'procs:where"lower(comm) == \'nginx\'"',
    args = { "text" }, unit = "text", run = string.lower },
  len = { usage = "len(text)", meaning = "how long a text or list is", example = 'procs:where"len(argv) > 3"',
    args = { "sized" }, unit = "count", run = function(x) return #x end },
  min = { usage = "min(a, b...)", meaning = "the smallest of some numbers", example = 'procs:show"pid, min(rss, swap)"',
    args = { "number", "..." }, unit = "same", run = math.min },
  max = { usage = "max(a, b...)", meaning = "the largest of some numbers", example = 'procs:show"pid, max(rss, swap)"',
    args = { "number", "..." }, unit = "same", run = math.max },
  abs = { usage = "abs(number)", meaning = "a number without its sign", example = 'procs:show"pid, abs(rss - virt)"',
    args = { "number" }, unit = "same", run = function(a) return a == LEAST and ITS_OPPOSITE or math.abs(a) end },
  floor = { usage = "floor(number)", meaning = "a number without its fraction",
    example = 'procs:show"pid, hours=floor(age / 3600)"', args = { "number" }, unit = "same", run = math.floor },
  ["if"] = { usage = "if(condition, a, b)", meaning = "a where the condition holds, else b",
    example = 'procs:by"if(user == \'root\', \'root\', \'others\')":sum"rss"', args = { "boolean", "any", "any" } },
  known = { usage = "known(field)", meaning = "whether a field could be read", example = 'procs:where"known(pss)"',
    args = { "any" }, unit = "boolean" },
  why = { usage = "why(field)", meaning = "why a field is unknown, in a word; an empty text where it is known",
    example = 'procs:show"pid, comm, pss, why(pss)"', args = { "any" }, unit = "text" },
  K = { usage = "K(number)", meaning = "1024; K(n): n KiB", example = 'procs:where"rss > 64 * K"',
    args = { "number" }, unit = "bytes", run = scale(1 << 10), constant = 1 << 10 },
  M = { usage = "M(number)", meaning = "1024 K; M(n): n MiB", example = 'procs:show"pid, mb=rss/M"',
    args = { "number" }, unit = "bytes", run = scale(1 << 20), constant = 1 << 20 },
  G = { usage = "G(number)", meaning = "1024 M; G(n): n GiB", example = 'procs:where"virt > G(2)"',
    args = { "number" }, unit = "bytes", run = scale(1 << 30), constant = 1 << 30 },
  T = { usage = "T(number)", meaning = "1024 G; T(n): n TiB", example = 'procs:where"virt > T(1)"',
    args = { "number" }, unit = "bytes", run = scale(1 << 40), constant = 1 << 40 },
}

operators.names = {}
for name in pairs(operators.functions) do operators.names[#operators.names + 1] = name end
table.sort(operators.names)

local RANK = { boolean = 1, number = 2, string = 3, table = 4 }

local function number_lt(a, b)
  -- What is not a number comes last, else there would be no order.
  return a < b or (b ~= b and a == a)
end

local function any_lt(a, b)
  local ta, tb = type(a), type(b)
  if ta ~= tb then return (RANK[ta] or 9) < (RANK[tb] or 9) end
  if ta == "number" then return number_lt(a, b) end
  if ta == "string" then return a < b end
  if ta == "boolean" then return not a and b end
  if ta ~= "table" then return tostring(a) < tostring(b) end
  for i = 1, math.min(#a, #b) do
    if a[i] ~= b[i] then return any_lt(a[i], b[i]) end
  end
  return #a < #b
end

--- How two known values of a column of this unit are ordered: a function(a, b) that says whether a comes first.
function operators.less(unit)
  if unit == "addr" then return addr_lt end
  if unit == "any" or unit == "boolean" or unit == "list" then return any_lt end
  if unit == "text" or unit == "path" then return operators.binary["<"] end
  return number_lt
end

return operators
