-- SPDX-License-Identifier: GPL-3.0-or-later
-- top's nDRT is left out: it is the seventh number of statm, always 0 since Linux 2.6. --dirty shows a real number.
local opt = report {
  summary = "processes by resident memory, in the columns of top",
  options = {
    { "n", "count", type = "integer", default = 20, help = "show N rows" },
    { "s", "sort", type = "text", value = "KEYS", default = "-res", help = "sort by KEYS" },
    { "u", "user", type = "text", value = "USER", help = "only processes of USER" },
    { "c", "command-line", help = "command line instead of name" },
    { "dirty", help = "also private_dirty: pages mapped once and modified (needs the right to read smaps_rollup)" },
  },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh top", "memsh top -s '-swap, -res' -n 5", "memsh top -u root -c" },
}
local columns = "pid, mem=mem_percent, virt, swap, res, code, data, shr"
if opt.dirty then columns = columns .. ", private_dirty" end

return (opt.pid[1] and procs { pid = opt.pid } or procs { kernel = true })
  :where("user == u or u == ''", { u = opt.user or "" })
  :sort(opt.sort):top(opt.count)
  :show(columns .. (opt.command_line and ", command=if(cmdline == '', comm, cmdline)" or ", command=comm"))
