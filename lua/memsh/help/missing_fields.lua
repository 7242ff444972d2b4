-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields the running kernel does not have. `memsh --version` loads this and nothing else of memsh's Lua.
local core = require "memsh.core"

local missing_fields = {}

-- All files of the process are read at once. The mapping, or nil and a reason.
local function first_mapping(process)
  local listing, reason = core.listing(process, true, core.plan(core.may_lack "process"))
  return listing and #listing > 0 and listing:view() or nil, reason
end

local function not_known(of, why)
  return ("what this kernel lacks%s is not known: %s"):format(of, why)
end

--- Lines that name the fields this kernel lacks, as process `pid`, memsh itself, shows it.
---@param pid integer
---@return string
function missing_fields.text(pid)
  local source, message = core.source()
  if not source then return not_known("", message) end
  core.limit(source, { jobs = 0 }) -- no thread, which takes time to begin: memsh itself does not hang
  local process, out = source:process(pid), {}
  local mapping, reason = first_mapping(process)
  if not core.known(process.state) then return not_known("", core.reason_text(core.why(process.state))) end
  local function say(title, row)
    local names, unread = {}, nil
    if row then names, unread = core.lacking(row) end
    if #names > 0 then out[#out + 1] = ("not in this kernel, of %s: %s"):format(title, table.concat(names, " ")) end
    if unread then out[#out + 1] = not_known((" of some fields of %s"):format(title), core.reason_text(unread)) end
  end
  say("processes", process)
  say("mappings", mapping)
  if reason then out[#out + 1] = not_known(" of mappings", core.reason_text(reason)) end
  local system = source:system()
  local why = core.why(system.mem_total)
  say("the system", system)
  if why then out[#out + 1] = not_known(" of the system", core.reason_text(why)) end
  return table.concat(out, "\n")
end

return missing_fields
