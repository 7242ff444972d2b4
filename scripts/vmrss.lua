-- SPDX-License-Identifier: GPL-3.0-or-later
-- A page that several of them map counts in each, so the sum is more than they really use.
local opt = report {
  summary = "resident memory of a process tree; shared pages count in each",
  options = { { "d", "depth", type = "count", default = 1000, help = "levels of descendants to show" } },
  args = { { "pid", type = "pid", optional = true, default = 1 } },
  example = { "memsh vmrss 1234", "memsh vmrss 1 -d 1" },
}
local children, found = {}, nil
local all = procs { kernel = true }:show "pid ppid comm vm_rss vm_swap":set()
for p in all do
  local parent = p:get("ppid", 0)
  children[parent] = children[parent] or {}
  table.insert(children[parent], p)
  if p.pid == opt.pid then found = p end
end
if not found then error(("vmrss: no process %d"):format(opt.pid), 0) end

local rows = {}
local function walk(p, depth)
  local row = { pid = p.pid, rss = p.vm_rss, swap = p.vm_swap, name = ("  "):rep(depth) .. p.comm, processes = 1,
    all = p.vm_rss }
  if depth <= opt.depth then rows[#rows + 1] = row end
  local own = children[p.pid] or {}
  children[p.pid] = nil -- a process id reused meanwhile makes no cycle
  for _, child in ipairs(own) do
    local below = walk(child, depth + 1)
    if known(below.all) then row.all = known(row.all) and row.all + below.all or below.all end
    row.processes = row.processes + below.processes
  end
  return row
end
walk(found, 0)
return require "memsh.query.from_tables"(rows, { { "pid", "count" }, { "rss", "bytes" }, { "all", "bytes" },
  { "swap", "bytes" }, { "processes", "count" }, { "name", "text" } }, all.from.coverage)
