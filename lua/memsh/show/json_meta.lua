-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a JSON document says about itself.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local json_meta = {}

local SCHEMA <const> = 1

-- A known value, or nil: a saved machine may lack it.
local function known(value)
  return not core.is_unknown(value) and value or nil
end

-- The source that an answer is of; false: several, or nobody knows. A value of Lua may be of any that is open.
local function source_of(seen, of)
  if of then return of end
  local said = seen and seen.of
  if type(said) == "function" then return said() end
  if said ~= nil then return said end
  return not machine.paths() and not machine.has_others() and machine.source()
end

--- The meta object of an answer.
---@param query string|nil
---@param seen table|nil its coverage
---@param of userdata|nil the source that is asked, where it is no run's
function json_meta.object(query, seen, of)
  local meta = { schema = SCHEMA, query = query, coverage = seen and seen:counts() or nil }
  if seen then meta.sources, meta.unread = seen:read_sources() end
  local source = source_of(seen, of)
  if not source then
    meta.source = select(2, machine.paths())
    return meta
  end
  local system = machine.system(source)
  meta.host, meta.boot_id, meta.kernel = known(system.host), known(system.boot_id), known(system.kernel)
  meta.time, meta.source = known(system.now), source:root()
  return meta
end

--- The same for a run of a row set.
function json_meta.of(set, started)
  return json_meta.object(require("memsh.query.to_text").text(set), started.coverage)
end

return json_meta
