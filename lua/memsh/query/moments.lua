-- SPDX-License-Identifier: GPL-3.0-or-later
-- The moments of a recording as rows.
local COLUMNS <const> = require "memsh.query.moment_columns"
local coverage = require "memsh.exec.coverage"
local core = require "memsh.core"
local recorded = require "memsh.fields.recorded"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"
local span = require "memsh.query.span"

local names = {}
for i, column in ipairs(COLUMNS) do names[column[1]] = i end

local Row = {}

-- Why something could not be looked up in the file, by the name of an errno.
local function missed(name)
  local reason = name == "ENOMEM" and "out_of_memory" or "malformed"
  coverage.miss(reason)
  return reason
end

-- Size, lost pieces, and what it has are asked of the file when somebody wants them.
local function measure(row)
  local size, lost, name = rawget(row, 1):size(rawget(row, "id"))
  if size and lost > 0 then coverage.miss "malformed" end
  local reason = size and "malformed" or missed(name)
  row.size = size or core.unknown(reason, "size")
  row.lost = size and rawget(row, "why") ~= "damaged" and lost or core.unknown(reason, "lost")
end

local ALSO <const> = { { "smaps_rollup", "pss" }, { "smaps", "maps" } }

-- What it has that most moments lack.
local function look_inside(row)
  local parts = {}
  local reason = rawget(row, "why") == "damaged" and "malformed" or nil
  for _, kind in ipairs(reason and {} or ALSO) do
    local has, _, name = rawget(row, 1):has(rawget(row, "id"), kind[1])
    if has then parts[#parts + 1] = kind[2] end
    if has == nil then reason = missed(name) end
  end
  row.also = reason and core.unknown(reason, "also") or table.concat(parts, " ")
end

local LATE <const> = { size = measure, lost = measure, also = look_inside }

function Row.__index(row, name)
  if not LATE[name] then
    return names[name] and core.unknown(rawget(row, "why") == "damaged" and "malformed" or "not_recorded", name) or nil
  end
  LATE[name](row)
  return rawget(row, name)
end

local function field(column)
  local name = column[1]
  local made = schema.column(name, column[2], column[3])
  made.get = function(row) return row[name] end
  return made
end

local FILE <const> = field { "file", "path", "the recording" }

-- All of a recording; of one of several nil where they can't be read.
local function moments_of(one, is_one_of_several, seen)
  local list, message = one.recording:moments()
  if not list and not is_one_of_several then core.raise("cannot read " .. message) end
  if list then seen:read_host(one.path) else seen:lose_host(message, one.path) end
  return list
end

local function add(rows, one, options, with_file, seen)
  local all = moments_of(one, with_file, seen)
  if not all then return end
  local list, damaged = span.within(all, options, "moments: ")
  seen:lose_moments(one.recording, damaged, #list)
  for _, row in ipairs(list) do
    row[1], row.file = one.recording, with_file and one.path or nil
    rows[#rows + 1] = setmetatable(row, Row)
  end
end

--- The moments of a recording, or of several, each the oldest first. Raises where they can't be read.
---@param of userdata|{recording: userdata, path: string}[]
---@param options memsh.Span only those
---@param lost {path: string, message: string}[]|nil recordings that can't be opened
---@return memsh.RowSet
return function(of, options, lost)
  local list = type(of) == "userdata" and { { recording = of, path = "" } } or of
  local fields, rows, with_file, seen = {}, {}, #list + #(lost or {}) > 1, coverage.new()
  if with_file then fields[1] = FILE end
  for _, column in ipairs(COLUMNS) do fields[#fields + 1] = field(column) end
  for _, one in ipairs(list) do add(rows, one, options or {}, with_file, seen) end
  seen.of = not with_file and recorded.last(list[1].recording, rows)
  for _, one in ipairs(lost or {}) do seen:lose_host(one.message, one.path) end
  return rowset.of_rows(rows, schema.made(fields), seen)
end
