-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "who is swapped out, and is the machine short of memory",
  options = {
    { "n", "count", type = "integer", default = 1000, help = "so many of them" },
    { "m", "mappings", help = "what of them is swapped" },
  },
  example = { "memsh swap", "memsh swap -m" },
}
local swapped = procs:where "swap > 0":sort "-swap":show "pid user comm swap swap_pss res unit"

if opt.mappings then
  return procs:where "swap > 0":maps():where "swap > 0":sort "-swap"
    :show "pid, user, comm, addr, size, rss, swap, swap_pss, name"
end
return swapped:top(opt.count)
