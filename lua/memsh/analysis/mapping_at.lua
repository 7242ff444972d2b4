-- SPDX-License-Identifier: GPL-3.0-or-later
-- p:at(addr): the mapping that covers an address.
local core = require "memsh.core"

local function number_of(addr)
  if math.type(addr) == "integer" then return addr end
  local digits = type(addr) == "string" and addr:match "^%s*0[xX](%x+)%s*$"
  if digits and #digits:gsub("^0+", "") <= 16 then return math.tointeger(tonumber("0x" .. digits)) end
  return core.raise(("at takes an address: an integer, or a text like \"0x7f001000\", not '%s'"):format(
    core.escape(tostring(addr))))
end

local function nothing(process, addr)
  return nil, ("nothing is mapped at 0x%x of process %d"):format(addr, process.pid), "unmapped"
end

--- The mapping of a process that covers an address, with all its fields; or nil, a message, a name.
---@param process any
---@param addr integer|string
return function(process, addr)
  addr = number_of(addr)
  -- Addresses of the kernel's half (negative as integers) are [vsyscall] or nothing, and it is not asked for.
  if addr >= 0 and core.covered(process, addr) == false then return nothing(process, addr) end
  local listing, reason = core.listing(process, true, 0)
  if not listing then
    return nil, ("mappings of process %d: %s"):format(process.pid, core.reason_text(reason)), reason
  end
  local index = core.find(listing, addr)
  if not index then return nothing(process, addr) end
  local view = listing:view()
  core.seek(view, index)
  return core.keep(view)
end
