-- SPDX-License-Identifier: GPL-3.0-or-later
-- Did you mean...? The nearest of some names, if it is near enough to be meant.
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

-- The only one that begins with it; a letter or two begin too much.
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
  if #name < 2 or #name > LONGEST then return nil end -- any other letter is one slip away from a letter
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

--- The end of a message about a name that does not exist: "; did you mean 'NEAR'?", or `otherwise`.
---@param name any
---@param names string[]
---@param otherwise string|nil
---@return string
function suggest.ending(name, names, otherwise)
  local near = suggest.nearest(tostring(name), names)
  return near and ("; did you mean '%s'?"):format(near) or otherwise or ""
end

return suggest
