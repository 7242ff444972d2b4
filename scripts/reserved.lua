-- SPDX-License-Identifier: GPL-3.0-or-later
-- Reserved address space that was never touched costs only page tables; it counts in VIRT and Committed_AS.
local opt = report {
  summary = "memory that was reserved and never used",
  options = {
    { "m", "min", type = "size", default = 64 << 20, help = "least untouched size of a mapping" },
    { "p", "processes", help = "one row per process" },
    { "n", "none", help = "also PROT_NONE areas: guards, reserves" },
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
