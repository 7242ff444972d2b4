-- SPDX-License-Identifier: GPL-3.0-or-later
--- A number of things in words: "1 process", "3 processes".
---@param n integer
---@param one string
---@return string
return function(n, one)
  return ("%d %s%s"):format(n, one, n == 1 and "" or one:find "s$" and "es" or "s")
end
