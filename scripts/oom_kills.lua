-- SPDX-License-Identifier: GPL-3.0-or-later
-- By the kernel's own log: what was overwritten there is lost; the report oom asks a recording. `limited` names the
-- group whose limit it was.
local opt = report {
  summary = "whom the kernel killed for lack of memory, and when",
  options = { { "n", "count", type = "count", default = 20, help = "rows" } },
  example = { "memsh oom_kills", "memsh -f jsonl oom_kills -n 5" },
}
local kills, message = require "memsh.query.oom_kills".rows()
if not kills then error("oom_kills: " .. message, 0) end
return kills:top(opt.count)
