-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local SHORT <const>, SHARE <const> = 10, 25

local function is_short(sys)
  local total = words.known(sys.mem_total, 0)
  local available = words.known(sys.mem_available, total)
  return available < math.min(total * SHORT // 100, 2 << 30) or words.known(sys.pressure_some_avg60, 0) >= SHORT
end

return {
  id = "largest",
  only_notes = true,
  looks_at = "who holds most memory, where memory is short",
  why = "INFO, only where the checks pressure or available would speak: programs that hold a quarter of memory or " ..
    "more in anonymous memory and swap, which is what ending them gives back. A large program by itself is no trouble.",
  find = function(machine, out)
    local sys = machine.sys
    local total = words.known(sys.mem_total, 0)
    if total == 0 or not is_short(sys) then return end
    for _, one in ipairs(machine:programs()) do
      local held = one.anon + one.swap
      if held * 100 >= total * SHARE then
        out:add {
          severity = "info", subject = one.comm, value = held, threshold = total * SHARE // 100, unit = "B",
          text = ("%s (%s) holds %s of anonymous memory and %s of swap, together %s of memory."):format(
            core.escape(one.comm), words.count(one.n, "process", "processes"), words.size(one.anon),
            words.size(one.swap), words.percent(100 * held / total)),
          question = ("procs:where[[comm == %s]]:sort\"-rss_anon\":top(10):show\"pid user rss_anon swap age\""):format(
            words.literal(one.comm)),
          advice = one.n == 1 and ("memsh doctor %d says what it is made of."):format(one.pid)
            or "Fewer of them, or smaller ones, give most memory back.",
        }
      end
    end
  end,
}
