-- SPDX-License-Identifier: GPL-3.0-or-later
--- The keys of a table that fit, sorted.
---@param map table
---@param fits nil|fun(key: any, value: any): any all do where it is nil
---@return any[]
return function(map, fits)
  local keys = {}
  for key, value in pairs(map) do
    if not fits or fits(key, value) then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end
