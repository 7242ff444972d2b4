-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "control groups: memory used, limits, shortage",
  options = {
    { "s", "sort", type = "text", value = "KEYS", default = "-memory_current, path", help = "sort by KEYS" },
    { "w", "where", type = "text", value = "EXPRESSION", default = "true", help = "only groups for which it is true" },
  },
  example = { "memsh cgroups", "memsh cgroups -w 'memory_current > memory_max * 0.9'" },
}
return cgroups:where(opt.where):sort(opt.sort):show [[path, procs, procs_all, memory_current, memory_peak, memory_max,
  memory_anon, memory_file, memory_swap_current, events_oom_kill, pressure_some_avg60]]
