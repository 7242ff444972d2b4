-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the prompt prints first: which memsh, which kernel, and how much of the machine can be seen. Somebody waits for
-- it, so what reads entries is loaded after it (prompt/entry.lua).
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local prompt = require "memsh.prompt"

require "memsh" -- which sees to it that the session is told of the command line

local banner = {}

-- Asking what a process is, and whether it may be read, costs some 40 microseconds; nobody waits for the prompt for
-- more of them.
local MOST <const> = 64

-- How many processes there are, kernel threads not counted, and how many of them may be read. nil where that takes
-- long.
local function count()
  local source, all, readable = machine.source(), 0, 0
  if source:is_crowded(MOST) then return nil end
  local pids = machine.pids()
  if #pids > MOST then return nil end
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

--- How much can be seen, in a line; nil among many processes.
---@param sudo_helps boolean whether root could read more
---@return string|nil
function banner.visible(sudo_helps)
  local ok, all, readable = pcall(count)
  if not ok then return tostring(all) end
  if not all then return nil end
  local text = plural(all, "process")
  if readable == all then return text .. ", all readable" end
  local rest = sudo_helps and "root reads the rest" or "the kernel denies the rest"
  if not machine.source():is_live() then rest = "the rest was not readable when this was saved" end
  return ("%s, %d readable; %s"):format(text, readable, rest)
end

--- Prints it.
---@param seen boolean whether somebody sees the output
function banner.show(seen)
  if not seen then return end
  local kernel = machine.system().kernel
  local where = core.known(kernel) and "Linux " .. kernel or "Linux"
  if not machine.source():is_live() then where = ("%s (%s)"):format(where, machine.source():root()) end
  core.note(("memsh %s, %s"):format(prompt.version, where))
  require("memsh.prompt.where").show()
  local visible = banner.visible(prompt.sudo_helps)
  if visible then core.note(visible) end
  if prompt.restricted then core.note "restricted mode: memsh looks at processes and does nothing else" end
  core.note "type help, or :examples for questions to start from; TAB completes"
end

return banner
