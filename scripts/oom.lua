-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each kill that the kernel counted between two moments of a recording. The kernel says whom it killed in its own log
-- alone; where that is lost, the victim is what the moments before and after make likely.
local opt = report {
  summary = "kills in a recording: whom, who held the memory, who had grown",
  options = {
    { "n", "count", type = "count", default = 20, help = "the newest N times" },
    { "before", type = "age", default = 600, help = "growth is looked at for so long before a kill" },
    { "from", type = "text", value = "TIME", help = "not those before: '03:14', 'yesterday 18:00', '-6h'" },
    { "to", type = "text", value = "TIME", help = "not those after" },
  },
  args = { { "file", type = "text", optional = true, help = "a recording; else that of --source" } },
  example = { "memsh -s web1.memsh oom", "memsh -f jsonl oom web1.memsh --from -1d" },
}
if opt.count < 1 then opt.refuse "-n is 1 or more" end
local oom = require "memsh.analysis.oom"

local recording, message = require "memsh.query.span".recording(opt.file)
if not recording then error("oom: " .. message, 0) end
local found = oom.find(recording, opt)
if opt.format ~= "table" then return oom.rows(found) end
print(require "memsh.reports.oom"(found))
