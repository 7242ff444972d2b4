-- SPDX-License-Identifier: GPL-3.0-or-later
-- Thresholds as monitoring plugins write them: "10" alerts outside 0 to 10, "10:" below 10, "~:10" above 10, "10:20"
-- outside, "@10:20" inside. The numbers may be sizes (100M) or, if a value has a whole, shares (80%).
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local bytes = lazy "memsh.util.bytes"

local threshold = {}

--- A number as perfdata has it: digits, never an exponent.
---@param number number
---@return string
function threshold.number(number)
  local whole = math.tointeger(number)
  if whole then return tostring(whole) end
  return (("%.6f"):format(number):gsub("0+$", ""):gsub("%.$", ""))
end

local function wrong(text)
  core.raise(("audit: '%s' is not a threshold; 10, 100M, 80%%, 10:20, ~:5 and @10:20 are"):format(core.escape(text)))
end

local function number_of(text, whole, all)
  local share = text:match "^([%d.]+)%%$"
  if share and tonumber(share) then
    if not whole then core.raise(("audit: '%s' is a share of what? give the whole as of ="):format(all)) end
    return tonumber(share) * whole / 100
  end
  local number = text:find "^[+-]?[%d.]+$" and tonumber(text) or bytes()(text)
  return number or wrong(all)
end

--- What a threshold means: a range, and whether it alerts `inside` it; nil for none.
---@param given string|number|nil
---@param whole number|nil what a share is of
---@return {low: number|nil, high: number|nil, inside: boolean}|nil
function threshold.parse(given, whole)
  if given == nil then return nil end
  local text = type(given) == "number" and threshold.number(given) or tostring(given)
  local inside, rest = text:match "^(@?)(.*)$"
  local low, high = rest:match "^(.-):(.*)$"
  if not low then low, high = "0", rest end
  local made = { inside = inside ~= "", low = low ~= "~" and number_of(low == "" and "0" or low, whole, text) or nil,
    high = high ~= "" and number_of(high, whole, text) or nil }
  if rest == "" or (made.low and made.high and made.low > made.high) then wrong(text) end
  return made
end

--- Whether limits, as parse gives them, alert for a value.
function threshold.alerts(limits, value)
  if not limits then return false end
  local out = (limits.low and value < limits.low) or (limits.high and value > limits.high) or false
  return out ~= limits.inside
end

--- As perfdata has it.
function threshold.text(limits)
  if not limits then return "" end
  local low, high = limits.low, limits.high and threshold.number(limits.high) or ""
  local from = low == 0 and limits.high and "" or (low and threshold.number(low) or "~") .. ":"
  return (limits.inside and "@" or "") .. from .. high
end

return threshold
