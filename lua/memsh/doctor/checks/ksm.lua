-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

return {
  id = "ksm",
  only_notes = true,
  looks_at = "processes for which KSM costs more than it saves (ksm_process_profit)",
  why = "INFO where the profit of merging equal pages is below -1 MiB: each page that KSM watches costs the kernel " ..
    "some 64 bytes, and CPU time, whether an equal one is found or not (Linux, Documentation/admin-guide/mm/ksm.rst).",
  find = function(machine, out)
    for _, row in ipairs(machine:merging()) do
      local profit = row.ksm_process_profit
      if core.is_unknown(profit) then
        if core.why(profit) ~= "unsupported" then out:known(profit, "what KSM saves", "process") end
      elseif profit < -(1 << 20) then
        out:add {
          severity = "info", subject = words.process(row), value = profit, threshold = -(1 << 20), unit = "B",
          text = ("KSM costs %s more than it saves for %s: few of the pages it watches have equals."):format(
            words.size(-profit), words.process(row)),
          question = ("procs{pid=%d}:show\"pid comm ksm_process_profit ksm_rmap_items\""):format(row.pid),
          advice = "Do not offer its memory to KSM (MADV_MERGEABLE, MemoryKSM= of its unit).",
        }
      end
    end
  end,
}
