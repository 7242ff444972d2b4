-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields the running kernel does not have. `memsh --version` loads this and nothing else of memsh's Lua.
local core = require "memsh.core"

local missing_fields = {}

-- All files of the process are read at once. The mapping, or nil and a reason.
local function first_mapping(process)
  local listing, reason = core.listing(process, true, core.plan(core.may_lack "process"))
  return listing and #listing > 0 and listing:view() or nil, reason
end

--- Lines that name the fields this kernel lacks, as process `pid` (which may be memsh itself) shows it.
---@param pid integer
---@return string
function missing_fields.text(pid)
  local source = core.source()
  local process, out = source and source:process(pid), {}
  if not process then return "" end
  local mapping, reason = first_mapping(process)
  if not core.known(process.state) then return "" end
  local function say(title, row)
    local names = row and core.lacking(row) or {}
    if #names > 0 then out[#out + 1] = ("not in this kernel, of %s: %s"):format(title, table.concat(names, " ")) end
  end
  say("processes", process)
  say("mappings", mapping)
  if reason then out[#out + 1] = "what this kernel lacks of mappings is not known: " .. core.reason_text(reason) end
  say("the system", source:system())
  return table.concat(out, "\n")
end

return missing_fields
