-- SPDX-License-Identifier: GPL-3.0-or-later
-- Between which moments of a recording the kernel killed processes for lack of memory. The counter oom_kill of vmstat
-- only grows while a machine runs, so that it takes a few moments to find them among many.
local core = require "memsh.core"
local recorded = require "memsh.fields.recorded"
local machine = require "memsh.fields.machine"

local kills = {}

local function counter(self, i)
  local moment = self.list[i]
  local known = self.counts[moment.id]
  if known == nil then
    local source = recorded.whole(self.recording, moment.id)
    local vmstat = source and machine.system(source).vmstat
    if not source then
      known = false
    elseif core.is_unknown(vmstat) then
      known, self.reason = false, self.reason or core.reason_text(core.why(vmstat))
    else
      known = vmstat.oom_kill or false
      if not known then self.reason = self.reason or "this kernel does not count them" end
    end
    self.counts[moment.id] = known
  end
  return known or nil
end

local function add(self, first, last, n)
  self.found[#self.found + 1] = { before = self.list[first], after = self.list[last], n = n }
end

-- The kills from one moment to a later one of the same boot: halved until both are neighbours.
local function search(self, first, last)
  local a, b = counter(self, first), counter(self, last)
  if not a or not b then
    -- A moment without the counter is stepped over.
    if last - first < 2 then return end
    if not a then return search(self, first + 1, last) end
    return search(self, first, last - 1)
  end
  if b <= a then return end
  local middle = (first + last) // 2
  while middle > first and not counter(self, middle) do middle = middle - 1 end
  if middle == first then
    middle = (first + last) // 2 + 1
    while middle < last and not counter(self, middle) do middle = middle + 1 end
    if middle >= last then return add(self, first, last, b - a) end
  end
  search(self, first, middle)
  search(self, middle, last)
end

---@class memsh.KillInterval
---@field before table the moment before
---@field after table the moment after
---@field n integer how many

--- The intervals of a list of moments in which there were kills, the earliest first; and why some are not known.
---@param recording userdata
---@param list table[] moments, the oldest first
---@return memsh.KillInterval[]
---@return string|nil
function kills.find(recording, list)
  local self = { recording = recording, list = list, counts = {}, found = {} }
  local first = 1
  for i = 1, #list do
    local follows = list[i + 1]
    if not follows or follows.boot_id ~= list[i].boot_id then
      if i > first then search(self, first, i) end
      first = i + 1
    end
  end
  return self.found, self.reason
end

--- How many there were on that boot before the first of these moments; nil where that is not known.
function kills.earlier(recording, list)
  if #list == 0 then return nil end
  return counter({ recording = recording, list = list, counts = {} }, 1)
end

return kills
