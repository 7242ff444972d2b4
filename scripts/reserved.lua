-- SPDX-License-Identifier: GPL-3.0-or-later
-- Address space that was reserved and never touched costs nothing but page tables, and counts in VIRT and Committed_AS.
local opt = report {
  summary = "memory reserved and never touched",
  options = {
    { "m", "min", type = "size", default = 64 << 20, help = "at least so much of a mapping untouched" },
    { "p", "processes", help = "a row for each process" },
    { "n", "none", help = "PROT_NONE areas, too: guards, reserves" },
  },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh reserved", "memsh reserved -m 1G -n", "memsh reserved -p" },
  needs = { "private_file" },
}
local reserved = (opt.pid[1] and procs { pid = opt.pid } or procs)
  :maps():where "kind == 'anon'"
  :where("size - rss - swap >= least and (none or r or w or x)", { least = opt.min, none = opt.none })

if opt.processes then
  return reserved:by "pid, user, comm":sum "size, rss, swap, untouched=size - rss - swap":sort "-untouched"
end
return reserved:sort "-(size - rss - swap)"
  :show "pid, user, comm, addr, perms, size, rss, swap, untouched=size - rss - swap, anon_name"
