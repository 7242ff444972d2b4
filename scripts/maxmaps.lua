-- SPDX-License-Identifier: GPL-3.0-or-later
-- At the limit the next mmap fails, and most programs with it.
local opt = report {
  summary = "processes whose number of mappings is near vm.max_map_count",
  options = {
    { "near", type = "percent", default = 50, help = "list processes from this share of the limit" },
    { "n", "count", type = "count", default = 20, help = "show N rows" },
    { "warn", type = "percent", default = 80, help = "audit: WARNING from this percentage" },
    { "crit", type = "percent", default = 95, help = "audit: CRITICAL from this percentage" },
  },
  example = { "memsh maxmaps", "memsh maxmaps --near 0 -n 5", "memsh --check maxmaps --warn 50" },
  needs = { "mappings" },
}
local COLUMNS <const> = "pid, user, comm, mappings, percent=map_count_percent, max=sys.max_map_count"

if opt.check then
  local a, limits = audit "maxmaps", { warn = opt.warn, crit = opt.crit }
  local alive = procs:where "state ~= 'Z'"
  a:crit(alive:where("map_count_percent >= crit", limits):show(COLUMNS), "next to the limit")
  a:warn(alive:where("map_count_percent >= warn and map_count_percent < crit", limits):show(COLUMNS), "near the limit")
  a:done()
end
local all = procs:where "state ~= 'Z'":show(COLUMNS):set()
local looked, near = 0, 0
for p in all do
  looked = looked + (known(p.mappings) and 1 or 0)
  near = near + (p:get("map_count_percent", -1) >= opt.near and 1 or 0)
end
io.stderr:write(("memsh: maxmaps: %d of %d processes have %g %% of vm.max_map_count or more\n"):format(near, looked,
  opt.near))
return all:where("map_count_percent >= near", { near = opt.near }):sort "-mappings":top(opt.count):show(COLUMNS)
