-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

return {
  id = "leaderless",
  only_notes = true,
  looks_at = "processes whose main thread has ended while others live on",
  why = "INFO: such a process looks like a zombie, and ps, top and smem show no memory of it, though its threads " ..
    "have all of it.",
  find = function(machine, out)
    for _, row in ipairs(machine.processes) do
      if words.known(row.state, "") == "Z" and words.known(row.threads, 1) > 1 then
        out:add {
          severity = "info", subject = words.process(row), value = row.threads,
          text = ("%s looks like a zombie, but it still has %s, and memory that no tool shows."):format(
            words.process(row), words.count(row.threads - 1, "thread")),
          question = ("procs{pid=%d}:show\"pid comm state threads\""):format(row.pid),
          advice = ("ls /proc/%d/task lists the threads; the status of one shows the memory."):format(row.pid),
        }
      end
    end
  end,
}
