-- SPDX-License-Identifier: GPL-3.0-or-later
-- The number that a text of digits is; nil where Lua would make another of it: a whole number beyond 64 bits would lose
-- digits, and what is beyond floats would be infinite, which means "no limit".
return function(digits)
  local value = tonumber(digits)
  if math.type(value) == "integer" then return value end
  return value and digits:find "[.eE]" and math.abs(value) < math.huge and value or nil
end
