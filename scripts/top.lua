-- SPDX-License-Identifier: GPL-3.0-or-later
-- top's nDRT is left out: it is the seventh number of statm, always 0 since Linux 2.6. --dirty shows a real number.
local opt = report {
  summary = "processes by resident memory, in the columns of top",
  options = {
    { "n", "count", type = "count", default = 20, help = "show N rows" },
    { "b", "batch", help = "as top -b: all processes; -n is how often then, and may be 1" },
    { "p", "pids", type = "pid", many = true, help = "only these processes" },
    { "o", "order", type = "text", value = "COLUMN", help = "sort by a column of top: %MEM, VIRT, RES..." },
    { "s", "sort", type = "text", value = "KEYS", default = "-res", help = "sort by KEYS" },
    { "u", "user", type = "user", help = "only processes of USER" },
    { "c", "command-line", help = "command line instead of name" },
    { "dirty", help = "also private_dirty: pages mapped once and modified (needs the right to read smaps_rollup)" },
  },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh top", "memsh top -s '-swap, -res' -n 5", "memsh top -u root -c" },
}
local columns = "pid, mem=mem_percent, virt, swap, res, code, data, shr"
if opt.dirty then columns = columns .. ", private_dirty" end

local ORDERS <const> = { PID = "pid", USER = "user", COMMAND = "comm" }
for tool, column in require "memsh.help.other_tools".each() do
  if tool == "top" then ORDERS[column.name] = ("(%s)"):format(column.field) end
end
local order = opt.order and ORDERS[opt.order:match "^[+-]?(.*)$"]
if opt.order and not order then opt.refuse(("-o has no column '%s' of memory; -s takes fields"):format(opt.order)) end
if order then opt.sort = (opt.order:find "^%-" and "" or "-") .. order end

if opt.batch and opt.count ~= 1 and opt.count ~= 20 then
  opt.refuse(("memsh --watch 2 --count %d top repeats it"):format(opt.count))
end
table.move(opt.pids, 1, #opt.pids, #opt.pid + 1, opt.pid)
local rows = (opt.pid[1] and procs { pid = opt.pid } or procs { kernel = true })
  :where("user == u or u == ''", { u = opt.user or "" })
  :sort(opt.sort)
return (opt.batch and rows or rows:top(opt.count))
  :show(columns .. (opt.command_line and ", command=if(cmdline == '', comm, cmdline)" or ", command=comm"))
