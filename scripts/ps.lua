-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "processes and their memory, in the columns of ps",
  options = {
    { "p", "pid", type = "pid", many = true, help = "only these processes" },
    { "u", "user", type = "user", help = "only processes of USER" },
    { "C", "command", type = "text", value = "NAME", help = "only processes called NAME" },
    { "w", "where", type = "text", value = "EXPRESSION", default = "true", help = "only those for which it is true" },
    { "e", "every", help = "all processes, as without it" },
    { "f", "full", help = "with the command line, as without it" },
    { "s", "sort", type = "text", value = "KEYS", default = "pid", help = "sort by KEYS" },
  },
  args = { { "aux", values = { "aux", "ax", "auxw", "auxww" }, optional = true, help = "all processes, as ever" } },
  example = { "memsh ps aux", "memsh ps -u root -s -rss", "memsh ps -w 'threads > 8 and age < 1h'" },
}
return (opt.pid[1] and procs { pid = opt.pid } or procs { kernel = true })
  :where("(user == u or u == '') and (comm == name or name == '')", { u = opt.user or "", name = opt.command or "" })
  :where(opt.where):sort(opt.sort)
  :show [[user, pid, ppid, mem=mem_percent, vsz=virt, rss, stat=state, age, threads,
    command=if(cmdline == '', comm, cmdline)]]
