-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 90, 97

return {
  id = "pids_limit",
  looks_at = "control groups near pids.max, the number of tasks that they may have",
  why = "WARNING from 90 %, CRITICAL from 97 %: at the limit fork and thread creation fail with EAGAIN, which " ..
    "programs often report as a lack of memory (Linux, Documentation/admin-guide/cgroup-v2.rst, PID).",
  find = function(machine, out)
    for _, row in ipairs(out:groups(machine)) do
      local most, reason = machine:group_number(row, "pids.max")
      local now = most and most < math.huge and machine:group_number(row, "pids.current")
      if not most and reason ~= "unsupported" then
        out:lacks("pids.max", core.reason_text(reason), reason, "group")
      elseif now and most > 0 and 100 * now / most >= WARN then
        local share = 100 * now / most
        out:add {
          severity = share >= CRIT and "crit" or "warn", subject = row.path, value = now, threshold = most,
          text = ("Group %s has %d tasks, %s of the %d that pids.max allows; at the limit fork fails."):format(
            core.escape(row.path), now, words.percent(share), most),
          question = ("procs:where[[cgroup == %s]]:sort\"-threads\":top(10):show\"pid comm threads\""):format(
            words.literal(row.path)),
          advice = "Raise it (systemctl set-property UNIT TasksMax=...), or find out why there are so many tasks.",
        }
      end
    end
  end,
}
