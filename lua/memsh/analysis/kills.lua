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
      self.damaged[moment.id] = true
    elseif core.is_unknown(vmstat) then
      self.reason = self.reason or core.reason_text(core.why(vmstat))
      self.without[#self.without + 1] = core.why(vmstat)
    elseif not vmstat.oom_kill then
      self.reason = self.reason or "this kernel does not count them"
      self.without[#self.without + 1] = "unsupported"
    else
      known = vmstat.oom_kill
    end
    self.counts[moment.id] = known or false
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
  self.compared = true
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

---@class memsh.KillSearch
---@field damaged table<integer, boolean> ids of moments that were asked and can't be read
---@field without string[] why others that were asked lack the counter, a reason each
---@field compared boolean|nil whether two moments of one boot have it
---@field earlier integer|nil kills on that boot before the first of the moments; nil where that is not known

--- The intervals of a list of moments in which there were kills, the earliest first; why some are not known; and what
--- that rests on.
---@param recording userdata
---@param list table[] moments, the oldest first
---@return memsh.KillInterval[]
---@return string|nil
---@return memsh.KillSearch
function kills.find(recording, list)
  local self = { recording = recording, list = list, counts = {}, found = {}, damaged = {}, without = {} }
  self.earlier = list[1] and counter(self, 1)
  local first = 1
  for i = 1, #list do
    local follows = list[i + 1]
    if not follows or follows.boot_id ~= list[i].boot_id then
      if i > first then search(self, first, i) end
      first = i + 1
    end
  end
  return self.found, self.reason, self
end

return kills
