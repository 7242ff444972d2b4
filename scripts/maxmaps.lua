-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "processes whose mappings come near vm.max_map_count",
  options = {
    { "n", "count", type = "integer", default = 20, help = "so many of them" },
    { "warn", type = "number", value = "PERCENT", default = 80, help = "as an audit, a warning from here" },
    { "crit", type = "number", value = "PERCENT", default = 95, help = "critical from here" },
  },
  example = { "memsh maxmaps" },
  needs = { "mappings" },
}
-- At the limit the next mmap fails, and most programs with it.
local counted = procs:sort "-mappings"
  :show "pid, user, comm, mappings, percent=map_count_percent, max=sys.max_map_count"

return counted:top(opt.count)
