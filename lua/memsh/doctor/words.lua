-- SPDX-License-Identifier: GPL-3.0-or-later
-- How findings are worded: sizes, shares, names, questions to be pasted.
local core = require "memsh.core"

local words = {}

--- A size as people read it.
words.size = core.human

--- A share in per cent, never rounded up to 100: 99.7 is 99.7, 41.6 is 42.
---@param share number
---@return string
function words.percent(share)
  if share >= 99.5 and share < 100 then return ("%.1f %%"):format(math.floor(share * 10) / 10) end
  if share > 0 and share < 10 then return ("%.1f %%"):format(share) end
  return ("%.0f %%"):format(share)
end

--- "1 process", "3 processes".
function words.count(n, one, many)
  return n == 1 and "1 " .. one or ("%d %s"):format(n, many or one .. "s")
end

local function two_units(large, large_name, small, small_name)
  return ("%d %s"):format(large, large_name) .. (small > 0 and (" %d %s"):format(small, small_name) or "")
end

--- How long something lasts, by its two largest units at most: "3 days 4 h", "12 min", "8 s".
---@param seconds number
---@return string
function words.time(seconds)
  local s = math.floor(seconds)
  if s >= 172800 then return two_units(s // 86400, "days", s % 86400 // 3600, "h") end
  if s >= 7200 then return two_units(s // 3600, "h", s % 3600 // 60, "min") end
  if s >= 120 then return ("%d min"):format(s // 60) end
  return ("%d s"):format(s)
end

--- "postgres (901)"
function words.process(row)
  return ("%s (%d)"):format(core.escape(words.known(row.comm, "?")), row.pid)
end

--- A value, or a default where it is unknown or not there.
function words.known(value, default)
  if value == nil or core.is_unknown(value) then return default end
  return value
end

--- A text as an expression has it between [[ and ]], and a shell between single quotes.
---@param text string
---@return string
function words.literal(text)
  return '"' .. text:gsub("[^%w%._/@:%-+, ]", function(byte) return ("\\x%02x"):format(byte:byte()) end) .. '"'
end

return words
