-- SPDX-License-Identifier: GPL-3.0-or-later
-- How far a long run has come, on the terminal of standard error. The line goes when anything else is written.
local core = require "memsh.core"

local progress = {}

local AFTER <const>, EVERY <const> = 0.5, 0.1 -- seconds

local last = 0

-- What does not go well: files that could not be read, and readers that hang in one.
local function trouble(run)
  local unreadable, stuck = run.coverage:unreadable(), core.readers(run.source).lost
  local parts = {}
  if unreadable > 0 then parts[1] = ("%d unreadable"):format(unreadable) end
  if stuck > 0 then parts[#parts + 1] = ("%d stuck"):format(stuck) end
  return #parts > 0 and "  (" .. table.concat(parts, ", ") .. ")" or ""
end

--- Says how far `run` is, if it has taken long and was not said just now.
function progress.step(run)
  local now = core.clock()
  if now - run.started < AFTER or now - last < EVERY then return end
  last = now
  local all = #run.pids
  core.progress(("read %d of %d processes  %d%%  %.1f s%s"):format(run.at, all, all > 0 and 100 * run.at // all or 100,
    now - run.started, trouble(run)))
end

return progress
