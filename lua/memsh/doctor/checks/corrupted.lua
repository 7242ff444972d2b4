-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

return {
  id = "corrupted",
  looks_at = "pages that the kernel took out of use because the hardware reported them as broken",
  why = "WARNING from the first page on: memory modules that fail once fail again.",
  find = function(machine, out)
    local bad = machine.sys.hardware_corrupted
    if words.known(bad, 0) == 0 then return end
    out:add {
      severity = "warn", value = bad, threshold = 1, unit = "B",
      text = ("%s of memory is broken and was taken out of use since boot."):format(words.size(bad)),
      question = "sys.hardware_corrupted",
      advice = "Find the module (journalctl -k -g \"memory failure|hardware error\", ras-mc-ctl --errors) and " ..
        "replace it.",
    }
  end,
}
