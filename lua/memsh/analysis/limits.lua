-- SPDX-License-Identifier: GPL-3.0-or-later
-- budget{...}: limits for the reading of processes, from now on.
local core = require "memsh.core"
local bytes = require "memsh.util.bytes"
local machine = require "memsh.fields.machine"
local suggest = require "memsh.util.suggest"

local function milliseconds(name, value, scale, most)
  local n = math.type(value) and value * scale
  if not n or not (n >= 1 and n <= most) then
    core.raise(("budget: %s is a number of %s"):format(name, scale == 1 and "milliseconds, from 1 to 60000" or
      "seconds, as 2 or 0.5"))
  end
  return math.tointeger(n // 1)
end

local TAKES = {
  max_rss = function(value)
    if value == false then return "max_rss", 0 end
    local size, message = bytes(value)
    if not size or size <= 0 then core.raise("budget: " .. (message or "max_rss is a size, as 2G; false for none")) end
    return "max_rss", size
  end,
  gentle = function(value)
    return "gentle_ms", value == false and 0 or milliseconds("gentle", value, 1, 60000)
  end,
  read_timeout = function(value) return "timeout_ms", milliseconds("read_timeout", value, 1000, 86400000) end,
}

local NAMES = { "max_rss", "gentle", "read_timeout" }

--- Sets limits; what is not named stays: max_rss (pages of larger processes stay unread), gentle (milliseconds of pause
--- after each process whose mappings were read), read_timeout (seconds until a file that gives nothing is given up).
---@param given {max_rss: integer|string|false|nil, gentle: integer|false|nil, read_timeout: number|nil}
return function(given)
  local limits = {}
  for name, value in pairs(given) do
    if not TAKES[name] then
      core.raise(("budget knows no '%s'%s"):format(core.escape(tostring(name)),
        suggest.ending(name, NAMES, "; there are " .. table.concat(NAMES, ", "))))
    end
    local key, number = TAKES[name](value)
    limits[key] = number
  end
  machine.limit(limits)
end
