-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a computed number is shown as. Sizes stay sizes and times times as far as that is sure; what mixes things that
-- do not go together is a plain number.
local units = {}

local PLAIN = { integer = true, number = true, any = true }

local function plain(a, b)
  return (a == "integer" and b == "integer") and "integer" or "number"
end

local function sum(op, a, b)
  if a == "addr" and b == "addr" then return "bytes" end
  if a == "addr" or b == "addr" then return "addr" end
  if a == "time" and b == "time" then return op == "-" and "seconds" or "number" end
  if (a == "time" and b == "seconds") or (a == "seconds" and b == "time") then return "time" end
  if PLAIN[a] and PLAIN[b] then return plain(a, b) end
  if a == b or PLAIN[b] then return a end
  if PLAIN[a] then return b end
  return "number"
end

local SCALABLE = { bytes = true, seconds = true, percent = true, count = true }

local function product(a, b)
  if PLAIN[a] and PLAIN[b] then return plain(a, b) end
  if SCALABLE[a] and (PLAIN[b] or b == "count") then return a end
  if SCALABLE[b] and (PLAIN[a] or a == "count") then return b end
  return "number"
end

local function quotient(op, a, b)
  if a == "addr" then return "integer" end
  if (a == "bytes" or a == "seconds" or a == "percent") and (PLAIN[b] or b == "count") then return a end
  local whole = op == "//" and a ~= "number" and b ~= "number" and a ~= "any" and b ~= "any"
  return whole and "integer" or "number"
end

local RESULT = {
  ["+"] = function(a, b) return sum("+", a, b) end,
  ["-"] = function(a, b) return sum("-", a, b) end,
  ["*"] = product,
  ["/"] = function(a, b) return quotient("/", a, b) end,
  ["//"] = function(a, b) return quotient("//", a, b) end,
  ["%"] = function(a, b)
    if a == "addr" then return "bytes" end
    return PLAIN[a] and plain(a, b) or a
  end,
}

-- Whoever divides by 1024 or 3600 converts: what comes out is no longer bytes, or seconds.
local CONVERTS = { bytes = 1000, seconds = 60 }

local function converts(op, a, b)
  return (op == "/" or op == "//") and CONVERTS[a.unit] and b.k == "const" and type(b.v) == "number"
    and b.v >= CONVERTS[a.unit]
end

--- The unit of `a op b`, and whether it is one that an age must not meet.
function units.arithmetic(op, a, b)
  if converts(op, a, b) then return op == "//" and "integer" or "number", false end
  local unit = RESULT[op](a.unit, b.unit)
  return unit, not PLAIN[unit]
end

--- The unit of something that is one of `nodes`.
function units.join(nodes)
  local unit = nodes[1].unit
  for i = 2, #nodes do
    local other = nodes[i].unit
    if unit ~= other then
      if unit == "addr" or other == "addr" then
        unit = "addr"
      elseif PLAIN[unit] and PLAIN[other] then
        unit = plain(unit, other)
      elseif PLAIN[unit] or PLAIN[other] then
        unit = PLAIN[unit] and other or unit
      else
        unit = "number"
      end
    end
  end
  return unit == "any" and "number" or unit
end

return units
