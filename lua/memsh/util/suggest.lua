-- SPDX-License-Identifier: GPL-3.0-or-later
-- Did you mean...? The nearest of some names, if it is near enough to be meant.
local core = require "memsh.core"

local suggest = {}

local LONGEST = 64 -- no name is longer; keeps a pasted page from costing anything

-- Insertions, deletions, replacements and swaps of two neighbours count one each. Gives up above `limit`.
local function distance(a, b, limit)
  local before, last = nil, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local now, best = { [0] = i }, i
    local byte = a:byte(i)
    for j = 1, #b do
      local cost = last[j - 1] + (byte == b:byte(j) and 0 or 1)
      cost = math.min(cost, last[j] + 1, now[j - 1] + 1)
      if i > 1 and j > 1 and byte == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        cost = math.min(cost, before[j - 2] + 1)
      end
      now[j], best = cost, math.min(best, cost)
    end
    if best > limit then return limit + 1 end
    before, last = last, now
  end
  return last[#b]
end

-- The only name that begins with it; too many begin with one letter or two.
local function only_longer(wanted, names)
  local found
  if #wanted < 3 then return nil end
  for _, candidate in ipairs(names) do
    if candidate:sub(1, #wanted):lower() == wanted and candidate ~= found then
      if found or #candidate == #wanted then return nil end
      found = candidate
    end
  end
  return found
end

--- The name in `names` that `name` was meant to be: at most one slip, or one in three letters; else the only one
--- that begins with it. Case does not count.
function suggest.nearest(name, names)
  -- Of a single letter, any other is one slip away.
  if type(name) ~= "string" or #name < 2 or #name > LONGEST then return nil end
  local wanted = name:lower()
  local limit = math.max(1, #name // 3)
  local best, least = nil, limit + 1
  for _, candidate in ipairs(names) do
    if math.abs(#candidate - #name) <= limit then
      local cost = distance(wanted, candidate:lower(), limit)
      -- Of two equally near ones the one that begins alike: slips in a first letter are rare.
      if cost <= limit and cost > 0 and candidate:byte(1) ~= name:byte(1) then cost = cost + 0.5 end
      if cost < least and cost <= limit + 0.5 then best, least = candidate, cost end
    end
  end
  return best or only_longer(wanted, names)
end

--- The question as a hint; nil where no name is near.
function suggest.hint(near)
  return near and ("did you mean '%s'?"):format(near)
end

--- How a message goes on that refuses a name: "; did you mean 'NEAR'?", or `otherwise`, where none is near.
function suggest.meant(near, otherwise)
  return near and "; " .. suggest.hint(near) or otherwise or ""
end

--- The same for `name`, where these names are known.
function suggest.ending(name, names, otherwise)
  return suggest.meant(suggest.nearest(tostring(name), names), otherwise)
end

--- Raises: `owner` has no field of that name.
---@param near string|nil
---@param otherwise string|nil what is said where none is near
function suggest.no_field(name, owner, near, otherwise)
  core.raise(("no field '%s' of %s%s"):format(core.escape(tostring(name)), owner, suggest.meant(near, otherwise)))
end

return suggest
