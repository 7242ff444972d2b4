-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory as metrics for Prometheus, for cron and node_exporter",
  options = {
    { "n", "count", type = "count", default = 20, help = "the N largest of each; the others are one sum" },
    { "p", "pss", help = "also PSS and USS, which walk the pages of all processes" },
  },
  args = { { "report", many = true, optional = true, help = "also the rows of these saved reports" } },
  more = [[The format is prom (default) or openmetrics. The file of memsh's option -o is replaced as a whole, as the
textfile collector of node_exporter needs it.]],
  example = { "memsh -f prom metrics", "memsh -f prom -o memory.prom metrics", "memsh -f openmetrics metrics -n 9 -p" },
}
local sums = opt.pss and "rss, swap, pss, uss" or "rss, swap"
local all = procs:show("pid, comm, user, unit, " .. sums)
local metrics = require "memsh.reports.metrics"

if opt.format == "table" then require "memsh".set("mode", "prom") end
if not ("table prom openmetrics"):find(opt.format, 1, true) then opt.refuse "its formats are prom and openmetrics" end
if opt.count < 1 then opt.refuse "--count needs 1 or more" end
local known = {}
for _, one in ipairs(require "memsh.prompt".reports()) do known[one.name] = true end
for _, name in ipairs(opt.report) do
  if name == "metrics" then opt.refuse "metrics does not contain itself" end
  if not known[name] and not name:find "[/.]" then
    opt.refuse(("there is no report %s; memsh --list has them all"):format(name))
  end
end

metrics.show("machine", metrics.machine())
-- A sum of the other groups would count nested ones twice.
metrics.show("cgroup", cgroups:sort "-memory_current, path":top(opt.count):show [[path, memory_current, memory_max,
  memory_swap_current, events_oom_kill, pressure_some_total, pressure_full_total]])
all = all:set() -- one reading for all that follows
for _, one in ipairs { { "unit", "unit" }, { "user", "user" }, { "program", "comm" } } do
  local groups = all:by(one[2]):sum(sums):sort("-rss, " .. one[2])
  metrics.show(one[1], groups:show(("%s=%s, processes=n, %s"):format(one[1], one[2], sums))
    :top(opt.count, { others = true }))
end
for _, name in ipairs(opt.report) do metrics.show(name, report(name)) end
metrics.show("coverage", metrics.coverage(all, opt.pss and { "rss", "swap", "pss", "uss" } or { "rss", "swap" }))
metrics.show("run", metrics.run())
