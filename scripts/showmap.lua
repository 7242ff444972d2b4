-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "one process's memory by mapped file or kind",
  options = { { "s", "sort", type = "text", value = "KEYS", default = "object", help = "sort by KEYS" } },
  args = { { "pid", type = "pid" } },
  example = { "memsh showmap 1234", "memsh showmap 1234 -s -pss" },
  needs = { "pss" },
}
return procs { pid = opt.pid }:maps():by "object=if(name == '', '[anon]', name)"
  :sum "virtual=size, rss, pss, shared_clean, shared_dirty, private_clean, private_dirty, swap, swap_pss"
  :sort(opt.sort)
  :show "object, virtual, rss, pss, shared_clean, shared_dirty, private_clean, private_dirty, swap, swap_pss, n":total()
