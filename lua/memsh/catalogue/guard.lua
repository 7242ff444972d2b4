-- SPDX-License-Identifier: GPL-3.0-or-later
-- Functions that use their arguments or refuse them. One usual argument, or none, is let through as it is; others are
-- held against the catalogue, which is not loaded before.
local lazy = require "memsh.util.lazy"

local arguments = lazy "memsh.catalogue.arguments"

local guard = {}

-- What is usual.
function guard.text(value) return type(value) == "string" end
function guard.table(value) return type(value) == "table" end
function guard.number(value) return type(value) == "number" end
function guard.count(value) return math.type(value) == "integer" and value >= 0 end
function guard.nothing(value) return value == nil end
function guard.anything() return true end
function guard.never() return false end

--- `f`, a global or (kind "rowset", "process"...) a method, in the catalogue under `name`.
---@param is_usual fun(value: any): boolean
function guard.new(kind, name, f, is_usual)
  if is_usual == guard.anything then -- known and why are called for each row
    return function(value, second, third)
      if second ~= nil or third ~= nil then arguments().take(kind, name, value, second, third) end
      return f(value)
    end
  elseif kind == "global" then
    return function(...)
      if select("#", ...) <= 1 and is_usual((...)) then return f(...) end
      return f(arguments().take(kind, name, ...))
    end
  end
  return function(self, ...)
    if select("#", ...) <= 1 and is_usual((...)) then return f(self, ...) end
    return f(self, arguments().take(kind, name, ...))
  end
end

return guard
