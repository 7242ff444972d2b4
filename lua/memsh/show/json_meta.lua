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

--- The meta object of an answer.
---@param query string|nil
---@param seen table|nil its coverage
function json_meta.object(query, seen)
  local paths, given = machine.paths()
  if paths then -- of no one host, at no one time
    return { schema = SCHEMA, source = given, query = query, coverage = seen and seen:counts() or nil }
  end
  local system = machine.system()
  return {
    schema = SCHEMA, host = known(system.host), boot_id = known(system.boot_id), time = known(system.now),
    kernel = known(system.kernel), source = machine.source():root(), query = query,
    coverage = seen and seen:counts() or nil,
  }
end

--- The same for a run of a row set.
function json_meta.of(set, started)
  return json_meta.object(require("memsh.query.to_text").text(set), started.coverage)
end

return json_meta
