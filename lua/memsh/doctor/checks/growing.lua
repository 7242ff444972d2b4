-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local SOON <const>, LEAST <const>, YOUNG <const> = 600, 8 << 20, 60

local function growth(row, before)
  if words.known(before.start_time, 0) ~= words.known(row.start_time, 1) then return 0 end
  local now = words.known(row.rss_anon, words.known(row.res, 0)) + words.known(row.vm_swap, 0)
  local was = words.known(before.rss_anon, words.known(before.res, 0)) + words.known(before.vm_swap, 0)
  return now - was
end

return {
  id = "growing",
  looks_at = "processes that grow so fast that memory is used up soon",
  why = "WARNING where anonymous memory grew by 8 MiB at least, and at that rate uses up what is available in 10 " ..
    "minutes; INFO while the process is younger than a minute, since whatever starts up grows.",
  find = function(machine, out)
    if not machine.seconds then return out:lacks("growth", machine.no_sample) end
    local available = out:known(machine.sys.mem_available, "growth")
    if not available then return end
    for _, row in ipairs(machine.processes) do
      local before = machine.before[row.pid]
      local grown = before and growth(row, before) or 0
      local rate = grown / machine.seconds
      if grown >= LEAST and available < rate * SOON then
        out:add {
          severity = words.known(row.age, YOUNG) < YOUNG and "info" or "warn", subject = words.process(row),
          value = math.floor(rate), threshold = available // SOON, unit = "B/s",
          text = ("%s grew by %s in %s; at that rate the %s available is used up in %s."):format(words.process(row),
            words.size(grown), words.time(machine.seconds), words.size(available), words.time(available / rate)),
          question = ("procs{pid=%d}:show\"pid comm rss_anon swap age\""):format(row.pid),
          advice = ("It may be filling a cache, or leak: memsh leaks -n 6 -i 10s shows whether it goes on; memsh " ..
            "doctor %d what it is made of."):format(row.pid),
        }
      end
    end
  end,
}
