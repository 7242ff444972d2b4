-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "processes as ps shows them, with what it says of memory",
  options = {
    { "p", "pid", type = "pid", many = true, help = "these" },
    { "u", "user", type = "text", value = "USER", help = "those of a user" },
    { "C", "command", type = "text", value = "NAME", help = "those of this name" },
    { "w", "where", type = "text", value = "EXPRESSION", default = "true", help = "those for which it is true" },
    { "s", "sort", type = "text", value = "KEYS", default = "pid", help = "in this order" },
  },
  example = { "memsh ps", "memsh ps -u root -s -rss", "memsh ps -w 'threads > 8 and age < 1h'" },
}
return (opt.pid[1] and procs { pid = opt.pid } or procs { kernel = true })
  :where("(user == u or u == '') and (comm == name or name == '')", { u = opt.user or "", name = opt.command or "" })
  :where(opt.where):sort(opt.sort)
  :show [[user, pid, ppid, mem=mem_percent, vsz=virt, rss, stat=state, age, threads,
    command=if(cmdline == '', comm, cmdline)]]
