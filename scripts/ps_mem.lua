-- SPDX-License-Identifier: GPL-3.0-or-later
-- A program's processes share what they map: each page is divided among those that map it, so that the sum is right.
local opt = report {
  summary = "memory by program: private, plus its part of shared memory",
  options = {
    { "S", "swap", help = "also swap" },
    { "p", "pid", type = "pid", many = true, help = "only these processes" },
    { "s", "sort", type = "text", value = "KEYS", default = "ram", help = "sort by KEYS" },
    { "t", "total", help = "add a row of totals" },
  },
  example = { "memsh ps_mem", "memsh ps_mem -S -t -s -ram" },
  needs = { "pss" },
}
local programs = (opt.pid[1] and procs { pid = opt.pid } or procs)
  :by "program=if(known(exe) and starts(basename(exe), comm), basename(exe), comm)"
  :agg { private = "sum(uss)", shared = "sum(pss - private_clean - private_dirty)", ram = "sum(pss + private_hugetlb)",
    swap = "sum(swap_pss)" }
  :sort(opt.sort):show("private, shared, ram, " .. (opt.swap and "swap, " or "") .. "program, n")

return opt.total and programs:total() or programs
