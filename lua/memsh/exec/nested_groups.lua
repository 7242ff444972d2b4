-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums over control groups of which one is below another, which count what is in the lower one twice.

-- Whether a group below or above this one was met before.
local function is_nested(state, path)
  state.paths, state.above = state.paths or {}, state.above or {}
  if state.paths[path] then return false end -- at another moment
  local nested, up = state.above[path] ~= nil, path
  state.paths[path] = true
  while up ~= "/" do
    up = up:match "^(.+)/[^/]*$" or "/"
    nested, state.above[up] = nested or state.paths[up] ~= nil, true
  end
  return nested
end

--- The step of a sum that notes it in the coverage of the run.
---@param step fun(state: table, value: any)
---@return fun(state: table, value: any, less: function|nil, row: any, run: table)
return function(step)
  return function(state, value, _, row, run)
    step(state, value)
    if value ~= 0 and not run.coverage.nested and is_nested(state, row.path) then run.coverage.nested = true end
  end
end
