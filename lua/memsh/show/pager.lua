-- SPDX-License-Identifier: GPL-3.0-or-later
-- What of an answer is written: rows from some place on, and so many of them; as a table or, where that would lose
-- columns, as vertical records.
local core = require "memsh.core"

local pager = {}

local Window = {}
Window.__index = Window

-- So many rows decide whether the columns fit.
local HELD <const> = 500

local function writer_of(self, format)
  return (self.open or core.writer)(self.sink, format, self.columns, { human = self.human, first = self.from,
    partial = self.partial, width = self.width, subject = self.subject, exposition = self.exposition,
    max_series = self.max_series, database = self.database, create = self.create, insert = self.insert })
end

---@class memsh.WindowOptions
---@field human boolean|nil
---@field partial boolean|nil whether a cell may lack a part
---@field width integer|nil of a table; nil: the terminal's
---@field from integer|nil rows that are left out before the first
---@field rows integer|nil how many are written
---@field lines integer|nil or how many lines
---@field auto boolean|nil vertical where a table does not fit
---@field subject string|nil what a row is called in the names of metrics
---@field exposition any what metrics are added to; nil: they are a document of their own
---@field max_series integer|nil of that one
---@field database any what rows of sqlite are added to, with the statements `create` and `insert`
---@field open function|nil makes the writer, in place of core.writer
---@field marker table|nil tells rows apart and marks what has changed (see prompt/watch.lua)

local function rows_in(lines, format, columns)
  return lines and math.max(1, format == "vertical" and lines // (#columns + 1) or lines)
end

--- A writer for these columns.
---@param sink any
---@param format string
---@param columns table[]
---@param options memsh.WindowOptions
function pager.open(sink, format, columns, options)
  local self = setmetatable({ sink = sink, columns = columns, human = options.human, partial = options.partial,
    width = options.width,
    lines = options.lines,
    limit = options.rows or rows_in(options.lines, format, columns), fixed = options.rows ~= nil,
    from = options.from or 0, met = 0, shown = 0, open = options.open, subject = options.subject,
    exposition = options.exposition, max_series = options.max_series, database = options.database,
    create = options.create, insert = options.insert }, Window)
  self.writer = writer_of(self, format)
  self.held = options.auto and format == "table" and {} or nil
  return self
end

--- Whether the next row is to be written.
function Window:wants()
  self.met = self.met + 1
  return self.met > self.from and not (self.limit and self.shown >= self.limit)
end

-- The rows that are at hand say which it is to be.
local function decide(self)
  local held = self.held
  self.held = nil
  if self.writer:fits() then return true end
  self.writer = writer_of(self, "vertical")
  if not self.fixed then self.limit = rows_in(self.lines, "vertical", self.columns) end
  self.shown = math.min(#held, self.limit or #held)
  for i = 1, self.shown do
    if not self.writer:row(held[i].cells, held[i].partial) then return false end
  end
  return true
end

--- Writes a row that was wanted.
---@param cells table
---@param partial table|nil
---@return boolean
function Window:row(cells, partial)
  self.shown = self.shown + 1
  if not self.held then return self.writer:row(cells, partial) end
  self.held[#self.held + 1] = { cells = table.move(cells, 1, #self.columns, 1,
    { types = cells.types, marks = cells.marks }), partial = partial }
  if not self.writer:row(cells, partial) then return false end
  return #self.held < HELD or decide(self)
end

--- Writes rows many at once, where all are wanted and the writer is core's: those of places[from..till] (see its
--- rows). Gives which of the places is the first that was not written, and is to be written by itself; nil where the
--- output has failed.
---@return integer|nil
function Window:rows(rows, places, from, till, parts)
  if self.open or self.held or self.limit or self.met < self.from then return from end
  local next_at = self.writer:rows(rows, places, from, till, parts)
  if next_at then self.met, self.shown = self.met + next_at - from, self.shown + next_at - from end
  return next_at
end

--- Writes the last row, which sums up all of them.
function Window:total(cells, partial)
  if self.held then decide(self) end
  return self.writer:row(cells, partial)
end

function Window:close(meta)
  if self.held then decide(self) end
  return self.writer:close(meta)
end

return pager
