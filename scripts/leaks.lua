-- SPDX-License-Identifier: GPL-3.0-or-later
-- Anonymous memory, swapped or not, is what a program asked for and keeps. A cache that fills looks the same at first.
local opt = report {
  summary = "processes whose anonymous memory keeps growing",
  options = {
    { "n", "samples", type = "integer", default = 6, help = "number of samples, 2 or more" },
    { "i", "interval", type = "age", default = 10, help = "time between samples (30s, 5m)" },
    { "m", "min", type = "size", default = 1 << 20, help = "least growth in total" },
    { "a", "all", help = "also processes that did not grow every time" },
  },
  example = "memsh leaks -n 3 -i 0.2s",
}
local core = require "memsh.core"

if opt.samples < 2 then opt.refuse "--samples: growth is a difference, which takes 2 samples or more" end

-- On a terminal, how many there are of how many.
local function show_progress(n)
  core.progress(("sample %d of %d"):format(n, opt.samples))
end

local first = procs:show "pid user comm rss_anon swap":set()
local last, times, started = first, {}, core.clock()
show_progress(1)
for i = 2, opt.samples do
  repeat until core.wait(started + (i - 1) * opt.interval) -- a terminal that is resized wakes it
  local now = procs:show "pid user comm rss_anon swap":set()
  for row in (now - last):where "status == 'same' and rss_anon + swap > 0" do
    times[row.pid] = (times[row.pid] or 0) + 1
  end
  last = now
  show_progress(i)
end

return (last - first):where("status == 'same' and rss_anon + swap >= least", { least = opt.min })
  :where(function(row) return opt.all or times[row.pid] == opt.samples - 1 end)
  :sort "-(rss_anon + swap)"
  :show(("pid, user, comm, grown=rss_anon + swap, rss_anon, swap, " ..
    "per_hour=floor(3600 * (rss_anon + swap) / %.3f)"):format(
    math.max((opt.samples - 1) * opt.interval, 0.001)))
