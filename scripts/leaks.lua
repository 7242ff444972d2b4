-- SPDX-License-Identifier: GPL-3.0-or-later
-- Anonymous memory, swapped or not, is what a program asked for and keeps. A cache that fills looks the same at first.
local opt = report {
  summary = "processes whose anonymous memory keeps growing",
  options = {
    { "n", "samples", type = "count", help = "number of samples, 2 or more (6)" },
    { "i", "interval", type = "age", help = "time between samples, as 30s, 5m (10s)" },
    { "m", "min", type = "size", default = 1 << 20, help = "least growth in total" },
    { "a", "all", help = "also processes that did not grow every time" },
    { "from", type = "text", value = "TIME", help = "of a recording: not what was before: '03:14', '-6h'" },
    { "to", type = "text", value = "TIME", help = "of a recording: not what was after" },
  },
  args = { { "pid", type = "pid", many = true, optional = true, unchecked = true, help = "these, grown or not" } },
  more = [[Of a recording each process has its slope over all moments: the median of the slopes between all pairs of
them (Theil-Sen), and the interval in which it is with 95 % probability if moments are independent of each other. A
process grows if all of the interval is above 0 and it still grew in the last third. With less than 10 minutes or 8
moments the verdict is 'too short'.]],
  example = { "memsh leaks -n 3 -i 0.2s", "memsh -s web1.memsh leaks --from -6h" },
}
local recorded = require "memsh.reports.recorded_leaks"(opt)
if recorded then return recorded end

opt.samples, opt.interval = opt.samples or 6, opt.interval or 10
if opt.samples < 2 then opt.refuse "--samples: growth is a difference, which takes 2 samples or more" end

local core = require "memsh.core"
local reader = require("memsh.fields.machine").source():reader() or 0 -- memsh keeps the samples: it grows by itself
local function show_progress(n) core.progress(("sample %d of %d"):format(n, opt.samples)) end
local asked = (opt.pid[1] and procs { pid = opt.pid } or procs):show "pid user comm rss_anon swap"
local first, times, started = asked:set(), {}, core.clock()
local last = first
show_progress(1)
for i = 2, opt.samples do
  repeat until core.wait(started + (i - 1) * opt.interval) -- a terminal that is resized wakes it
  local now = asked:set()
  for row in (now - last):where "status == 'same' and rss_anon + swap > 0" do
    times[row.pid] = (times[row.pid] or 0) + 1
  end
  last = now
  show_progress(i)
end

return (last - first)
  :where("status == 'same' and rss_anon + swap >= least and pid ~= reader", { least = opt.min, reader = reader })
  :where(function(row) return opt.all or times[row.pid] == opt.samples - 1 end)
  :sort "-(rss_anon + swap)"
  :show(("pid, user, comm, grown=rss_anon + swap, rss_anon, swap, " ..
    "per_hour=floor(3600 * (rss_anon + swap) / %.3f)"):format(math.max((opt.samples - 1) * opt.interval, 0.001)))
