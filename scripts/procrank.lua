-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "processes by PSS, with VSS, RSS, USS and swap",
  options = {
    { "s", "sort", type = "text", value = "KEYS", default = "-pss", help = "sort by KEYS" },
    { "P", "processfilter", type = "text", value = "PATTERN", default = "", help = "only command lines that match" },
  },
  example = { "memsh procrank", "memsh procrank -s -uss" },
  needs = { "pss" },
}
return procs:where("match(cmdline, pattern)", { pattern = opt.processfilter }):sort(opt.sort)
  :show "pid, vss=virt, rss=rss_exact, pss, uss, swap=swap_exact, pswap=swap_pss, cmdline":total()
