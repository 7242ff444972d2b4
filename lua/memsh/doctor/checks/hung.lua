-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

return {
  id = "hung",
  looks_at = "processes whose mappings could not be read in time, because they hang with their mappings locked",
  why = "WARNING where reading took longer than --read-timeout (2 s): who waits for a disk or a network filesystem " ..
    "while it changes its mappings blocks ps, top and every tool that looks at it. Only of processes that were read.",
  find = function(machine, out)
    for _, row in ipairs(machine:timed_out()) do
      out:add {
        severity = "warn", subject = words.process(row),
        text = ("%s hangs with its mappings locked (state %s): whoever looks at its memory hangs, too."):format(
          words.process(row), words.known(row.state, "?")),
        question = ("procs{pid=%d}:show\"pid comm state\""):format(row.pid),
        advice = ("cat /proc/%d/stack (as root) shows what it waits for: mostly a disk or a network filesystem " ..
          "that does not answer."):format(row.pid),
      }
    end
  end,
}
