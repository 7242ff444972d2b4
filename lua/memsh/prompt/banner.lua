-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the prompt prints first: which memsh, which kernel, and how much of the machine can be seen.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"

local banner = {}

-- Asking whether a process may be read costs some 25 microseconds; nobody waits for the prompt for more of them.
local MOST <const> = 1500

-- How many processes there are, kernel threads not counted, and how many of them may be read.
local function count()
  local source, all, readable = machine.source(), 0, 0
  local pids = machine.pids()
  if #pids > MOST then return nil, nil, #pids end
  local processes = source:processes(pids, 1, #pids)
  core.drop_kernel(processes, #processes)
  for _, process in ipairs(processes) do
    if not core.is_gone(process) then
      all = all + 1
      if core.may_read(process) then readable = readable + 1 end
    end
  end
  return all, readable
end

--- How much can be seen, in a line.
---@param privileged boolean
---@return string
function banner.visible(privileged)
  local ok, all, readable, pids = pcall(count)
  if not ok then return tostring(all) end
  if pids then return ("%d processes and kernel threads"):format(pids) end
  local text = plural(all, "process")
  if readable == all then return text .. ", all readable" end
  local rest = "root reads the rest"
  if privileged then rest = "the kernel denies the rest" end
  if not machine.source():is_live() then rest = "the rest was not readable when this was saved" end
  return ("%s, %d readable; %s"):format(text, readable, rest)
end

--- Prints it.
function banner.show(prompt)
  local kernel = machine.system().kernel
  local where = core.known(kernel) and "Linux " .. kernel or "Linux"
  if not machine.source():is_live() then where = ("%s (%s)"):format(where, machine.source():root()) end
  core.note(("memsh %s, %s"):format(prompt.version, where))
  core.note(banner.visible(prompt.privileged))
  core.note "type help, or :examples for questions to start from; TAB completes"
end

return banner
