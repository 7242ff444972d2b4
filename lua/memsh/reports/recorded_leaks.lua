-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the report leaks says of a recording.
local core = require "memsh.core"
local leaks = require "memsh.analysis.leaks"
local machine = require "memsh.fields.machine"
local one_process = require "memsh.query.one_process"
local plural = require "memsh.util.plural"

-- What is to be said beside the rows.
local function note(found, brief)
  local minutes = leaks.SECONDS // 60
  if leaks.is_short(found) then
    core.note(("memsh: %s in %.0f s %s not tell a leak from a start: that takes %d minutes, and %d moments")
      :format(plural(found.all, "moment"), found.seconds, found.all == 1 and "does" or "do", minutes, leaks.MOMENTS))
  elseif brief > 0 then
    core.note(("memsh: %d more grew, but were there for less than %d minutes or %d moments; -a shows them"):format(
      brief, minutes, leaks.MOMENTS))
  end
end

-- Of processes that are named it is shown whether they grow.
local function show_named(opt, is_live)
  if not opt.pid[1] then return end
  opt.all, opt.min = true, math.mininteger
  for _, pid in ipairs(is_live and opt.pid or {}) do
    local process, message = one_process.of(machine.source(), pid)
    if not process then error("leaks: " .. message, 0) end
  end
end

--- Rows of the recording that is asked; nil: it is the running machine.
---@param opt table of scripts/leaks.lua
---@return memsh.RowSet|nil
return function(opt)
  if machine.paths() then error("leaks: it is about one recording, or the running machine", 0) end
  local recording = machine.recording(machine.source())
  if not recording and (opt.from or opt.to) then
    opt.refuse "--from and --to are about a recording: memsh -s web1.memsh leaks --from -6h"
  end
  show_named(opt, not recording)
  if not recording then return nil end
  if opt.samples or opt.interval then opt.refuse "-n and -i are for the running machine, not for a recording" end
  local found, message = leaks.find(recording, opt)
  if not found then error("leaks: " .. message, 0) end
  local rows, brief = leaks.rows(found, opt.all)
  note(found, brief)
  return rows
end
