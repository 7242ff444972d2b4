-- SPDX-License-Identifier: GPL-3.0-or-later
-- The processes of a list in chunks: small ones first, as the first rows may be all that is asked for.
local core = require "memsh.core"

local readahead = {}

local FIRST <const>, LAST <const> = 16, 256
-- With one chunk ahead the readers would be idle from its end until it is taken.
local AHEAD <const> = 2

local Chunks = {}
Chunks.__index = Chunks

--- Chunks of the processes of a source.
---@param most integer|nil how many rows will be asked for
---@param files integer where all rows will be asked for: what is read of the next chunks while one is worked on; else 0
function readahead.of(source, pids, most, files)
  -- With a pause after each process a chunk takes seconds, so it is short, for the deadline.
  local slow = core.readers(source).gentle_ms > 0
  return setmetatable({ source = source, pids = pids, done = 0, at = 1, size = math.min(most or FIRST, FIRST),
    largest = slow and FIRST or LAST, files = slow and 0 or files, ahead = {} }, Chunks)
end

local function cut(self)
  local list = self.source:processes(self.pids, self.at, math.min(self.at + self.size - 1, #self.pids))
  self.at, self.size = self.at + #list, math.min(self.size * 2, self.largest)
  return list
end

local function read_ahead(self)
  while self.files ~= 0 and #self.ahead < AHEAD and self.at <= #self.pids do
    local list = cut(self)
    table.insert(self.ahead, { list = list, reading = core.ahead(list, self.files) })
  end
end

--- Whether all chunks were given.
function Chunks:is_over()
  return self.done >= #self.pids
end

--- The next chunk.
function Chunks:next()
  read_ahead(self)
  local one = table.remove(self.ahead, 1)
  local list = one and one.list or cut(self)
  read_ahead(self)
  if one and one.reading then one.reading:take() end
  self.done = self.done + #list
  return list
end

--- Gives up on what is being read ahead.
function Chunks:drop()
  for _, one in ipairs(self.ahead) do
    if one.reading then one.reading:drop() end
  end
  self.ahead = {}
end

return readahead
