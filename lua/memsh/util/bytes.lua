-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"

local POWERS = { [""] = 0, K = 10, M = 20, G = 30, T = 40 }

--- The number of bytes that a text like "1.5G" means; nil and a message for any other text.
return function(text)
  local number, power = tostring(text):match "^%s*(%d+%.?%d*)%s*([KMGT]?)i?B?%s*$"
  local size = number and math.tointeger(math.floor(tonumber(number) * 2.0 ^ POWERS[power] + 0.5))
  if size and math.type(tonumber(number)) == "integer" then size = tonumber(number) << POWERS[power] end
  if type(text) == "number" then size = math.tointeger(text == text and math.floor(text) or nil) end
  if size then return size end
  return nil, ("'%s' is not a size; 64K, 100M, 1.5G are"):format(core.escape(tostring(text)))
end
