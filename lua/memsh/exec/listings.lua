-- SPDX-License-Identifier: GPL-3.0-or-later
-- Listings of mappings, read ahead.
local core = require "memsh.core"

local listings = {}

local LARGE <const> = 2000 -- mappings

local Ahead = {}
Ahead.__index = Ahead

local function pull(self)
  local process, none, total = self.next_owner()
  self.ended = not process
  if self.ended then return end
  self.run.owner = self.run.owner or process.pid
  self.last = self.last + 1
  self.queue[self.last] = { process = process, none = none, total = total,
    listing = self.reads and not none and not total and self.request(process) or nil }
end

--- The next process, with the listing that was requested of it.
---@return { process: any, none: any, total: any, listing: any }|nil
function Ahead:next()
  while not self.ended and self.last - self.first + 1 < self.window do pull(self) end
  local one = self.queue[self.first]
  self.queue[self.first] = nil
  if not one then return nil end
  self.first = self.first + 1
  self.window = math.min(2 * self.window, self.large and self.jobs + 2 or 2 * self.jobs + 6)
  return one
end

--- One of them had so many mappings: of large ones few are held at once.
function Ahead:had(mappings)
  self.large = mappings > LARGE
end

--- Each process that next_owner gives, with its listing: for as many as there are readers, and two more; for some more
--- than that where they are small, so that nobody has to wait for each. The first rows may be all that is asked for, so
--- it begins with one.
---@param next_owner fun(): any, any, any the process, and what is known of it without a listing: none, total
---@param request fun(process: any): any
function listings.ahead(run, next_owner, request)
  return setmetatable({ run = run, next_owner = next_owner, request = request, queue = {}, first = 1, last = 0,
    window = 1, jobs = core.readers(run.source).jobs, ended = false, large = false,
    reads = not (run.trace and run.trace.dry) }, Ahead)
end

return listings
