-- SPDX-License-Identifier: GPL-3.0-or-later
-- The account of reconcile(), with what processes map divided by unit, program, process and kind.
local opt = report {
  summary = "all of the machine's memory as areas, on a page for the browser",
  options = {
    { "by", values = { "unit", "cgroup", "user" }, value = "WHAT", default = "unit",
      help = "what processes are grouped by" },
  },
  more = [[The page needs nothing else and runs nothing. What is drawn adds up to MemTotal. Other formats than
table have the same as rows.]],
  example = { "memsh -o memory.html picture", "memsh -f csv picture --by user" },
}
if opt.format == "table" and require "memsh.show.output".output().sink:is_tty() then
  opt.refuse "it writes a page: memsh -o memory.html picture; -f csv and the like write rows"
end
local memory_tree = require "memsh.analysis.memory_tree"

local tree, message = memory_tree.of(opt.by)
if not tree then error("picture: " .. message, 0) end
if opt.format ~= "table" then return memory_tree.rows(tree) end
print(require "memsh.reports.picture"(tree, opt.by))
