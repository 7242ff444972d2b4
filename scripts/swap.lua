-- SPDX-License-Identifier: GPL-3.0-or-later
-- Swap that was filled last week hurts nobody; waiting for memory does, and that is pressure.
local opt = report {
  summary = "who is swapped out, and whether the machine is short of memory",
  options = {
    { "n", "count", type = "count", default = 1000, help = "show N rows" },
    { "m", "mappings", help = "swapped mappings instead of processes" },
    { "S", "shmem", help = "swapped shared memory: each segment and who maps it" },
    { "process", type = "size", default = 256 << 20, help = "audit: WARNING if one process has this much in swap" },
    { "used", type = "percent", default = 80, help = "audit: WARNING if this much of swap is used" },
    { "pressure", type = "percent", default = 10, help = "audit: CRITICAL from this share of time" },
  },
  example = { "memsh swap", "memsh swap -m", "memsh swap -S", "memsh --check swap --process 100M" },
}
local swapped = procs:where "state ~= 'Z' and swap > 0":sort "-swap"

if opt.check then
  local a = audit "swap"
  local much = swapped:where("swap >= most", { most = opt.process })
  a:warn(much:show "pid user comm swap swap_pss unit", "processes in swap")
  a:value("used", sys.swap_total - sys.swap_free, { of = sys.swap_total, warn = opt.used .. "%", unit = "B" })
  if why(sys.pressure_some_avg60) ~= "unsupported" then
    a:value("pressure", sys.pressure_some_avg60, { crit = opt.pressure, unit = "%" })
  end
  a:done()
end
if opt.mappings then
  return swapped:maps():where "swap > 0":sort "-swap":show "pid, user, comm, addr, size, rss, swap, swap_pss, name"
end
if opt.shmem then -- the kernel counts it for each process that maps it, and for none in VmSwap
  return maps:where "on_shmem and swap > 0":by "kind, inode, name, pid, user, comm":sum "swap, swap_pss":max "size"
    :sort "-swap, inode, pid":show "kind, id=inode, name, size, swap, swap_pss, pid, user, comm"
end
if opt.format == "table" then
  print(("swap: %s of %s used; waiting for memory: %s %% (1 min), %s %% (5 min)"):format(
    human(sys.swap_total - sys.swap_free), human(sys.swap_total), tostring(sys.pressure_some_avg60),
    tostring(sys.pressure_some_avg300)))
end
return swapped:top(opt.count):show "pid user comm swap swap_pss res unit"
