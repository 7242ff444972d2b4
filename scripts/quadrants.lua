-- SPDX-License-Identifier: GPL-3.0-or-later
-- There are two questions: what mappings were made as and, with -p, what the pages of processes are.
local opt = report {
  summary = "memory by kind: private or shared, anonymous or file",
  options = { { "p", "pages", help = "by page, one row per process" } },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh quadrants", "memsh quadrants 1234", "memsh quadrants -p" },
  needs = { "private_file" },
}
local processes = opt.pid[1] and procs { pid = opt.pid } or procs

if opt.pages then
  return processes:where "virt > 0":sort "-res"
    :show "pid comm private_anon shared_anon private_file shared_file res":total()
end
return processes:maps():by "quadrant"
  :agg { mappings = "count()", reserved = "sum(size)", resident = "sum(rss)", pss = "sum(pss)",
    dirty = "sum(private_dirty + shared_dirty)", swapped = "sum(swap)" }
  :sort "if(starts(quadrant, 'private'), 1, 2), quadrant"
  :show "quadrant mappings reserved resident dirty pss swapped":total()
