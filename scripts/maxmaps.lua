-- SPDX-License-Identifier: GPL-3.0-or-later
-- At the limit the next mmap fails, and most programs with it.
local opt = report {
  summary = "processes whose number of mappings is near vm.max_map_count",
  options = {
    { "n", "count", type = "integer", default = 20, help = "show N rows" },
    { "warn", type = "number", value = "PERCENT", default = 80, help = "audit: WARNING from this percentage" },
    { "crit", type = "number", value = "PERCENT", default = 95, help = "audit: CRITICAL from this percentage" },
  },
  example = { "memsh maxmaps", "memsh --check maxmaps --warn 50" },
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
return procs:sort "-mappings":top(opt.count):show(COLUMNS)
