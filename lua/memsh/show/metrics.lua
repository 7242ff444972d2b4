-- SPDX-License-Identifier: GPL-3.0-or-later
-- What metrics say of rows beyond their values: what a row is, what a column means, which numbers only grow, and which
-- say who is meant.
local metrics = {}

-- Numbers that only grow while what they are of is there.
local COUNTERS = {}
for name in ("min_flt maj_flt voluntary_ctxt_switches nonvoluntary_ctxt_switches pressure_some_total " ..
  "pressure_full_total events_high events_max events_oom events_oom_kill"):gmatch "%S+" do COUNTERS[name] = true end

-- Numbers that are names.
local IDS = {}
for name in ("pid ppid tracer_pid uid ruid gid rgid inode protection_key"):gmatch "%S+" do IDS[name] = true end

--- What a row of a set is called in the names of its metrics, or nil.
---@param set memsh.RowSet
---@return string|nil
function metrics.subject(set)
  local fields = set.schema
  if fields.subject then return fields.subject end
  if fields.row ~= "row" then return fields.row end
  return fields.keys and #fields.keys > 0 and table.concat(fields.keys, "_") or nil
end

local ROWS <const> = { process = true, mapping = true, cgroup = true, system = true }

local function is_counter(fields, name, field)
  if not ROWS[fields.row] and not fields.subject or field.sign then return false end
  return COUNTERS[name] or fields.row == "cgroup" and field.type == "count" and name:find "^memory_" ~= nil
end

--- A name that reads as the title of the row of all others (see top) gets a backslash, because two rows with the same
--- labels would be one series.
function metrics.mask(cells, n, title)
  for i = 1, n do
    if cells[i] == title then cells[i] = "\\" .. title end
  end
end

-- Whether groups are told apart by that column.
local function is_key(fields, name)
  for _, key in ipairs(fields.keys or {}) do
    if key == name then return true end
  end
  return false
end

--- Adds to a column what is known of the field that it shows.
---@param column table
---@param fields table the schema of the rows
---@param name string
function metrics.describe_field(column, fields, name)
  local field = fields:field(name)
  if not field then return end
  column.meaning, column.counter, column.id = field.meaning, is_counter(fields, name, field),
    IDS[name:gsub("^proc%.", "")]
end

--- Adds to the columns of a set what their terms say.
function metrics.describe(set, columns, terms)
  for i, term in ipairs(terms) do
    local name = term.fields and #term.fields == 1 and term.fields[1]
    if not term.share and name and (term.text == nil or term.text == name) then
      metrics.describe_field(columns[i], set.schema, name)
    end
    columns[i].meaning = columns[i].meaning or term.text
    columns[i].id = columns[i].id or is_key(set.schema, term.name)
  end
end

return metrics
