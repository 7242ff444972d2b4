-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

return {
  id = "deleted",
  only_notes = true,
  looks_at = "programs and libraries in use that were replaced or deleted",
  why = "INFO: after an update old code runs until it is restarted, and its memory is not shared with the new one. " ..
    "Processes whose mappings may be read.",
  find = function(machine, out)
    local rows, missing, reason = machine:stale_code()
    if missing > 0 then
      for _ = 1, missing do out:lacks("code in use", core.reason_text(reason), reason, "process") end
    end
    if #rows == 0 then return end
    local names = {}
    for i = 1, math.min(#rows, 3) do names[i] = words.process(rows[i]) end
    out:add {
      severity = "info", value = #rows, threshold = 1,
      text = ("%s %s replaced or deleted code: %s%s."):format(words.count(#rows, "process", "processes"),
        #rows == 1 and "runs" or "run", table.concat(names, ", "), #rows > 3 and " and others" or ""),
      question = 'maps:where[[deleted and x and kind == "file"]]:by"pid, comm, path":count():top(10)',
      advice = "Restart them when it suits: memsh deleted -u lists their units.",
    }
  end,
}
