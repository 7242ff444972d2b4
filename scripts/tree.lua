-- SPDX-License-Identifier: GPL-3.0-or-later
-- PSS divides a shared page among those that map it, so that a subtree's sum counts it once; vmrss adds RSS.
local opt = report {
  summary = "process trees: PSS, USS and swap of each subtree",
  options = {
    { "d", "depth", type = "count", default = 1000, help = "levels of descendants to show; sums have all" },
    { "m", "min", type = "size", default = 0, help = "leave out subtrees with less PSS and swap" },
  },
  args = { { "pid", type = "pid", optional = true, default = 1 } },
  example = { "memsh tree", "memsh tree 1 -d 2 --min 10M" },
}
local root = assert(proc(opt.pid))
local pids = { opt.pid }
for p in root:descendants() do pids[#pids + 1] = p.pid end
local all = procs { pid = pids }:show "pid ppid comm cmdline pss uss swap_pss":set()

local rows = {}
for _, tree in ipairs(require "memsh.query.family".subtrees(all:rows(), opt.pid, { "pss", "uss", "swap_pss" })) do
  local p, size = tree.row, tree.pss + tree.swap_pss
  if tree.depth <= opt.depth and (not known(size) or size >= opt.min) then
    local command = p.cmdline
    if command == "" or why(command) == "no_memory" then command = ("[%s]"):format(p:get("comm", "?")) end
    rows[#rows + 1] = { pid = p.pid, processes = tree.processes, all_pss = tree.pss, all_uss = tree.uss,
      all_swap = tree.swap_pss, pss = p.pss, command = known(command) and ("  "):rep(tree.depth) .. command or command }
  end
end
return require "memsh.query.from_tables"(rows, { { "pid", "count" }, { "processes", "count" }, { "all_pss", "bytes" },
  { "all_uss", "bytes" }, { "all_swap", "bytes" }, { "pss", "bytes" }, { "command", "text" } }, all.from.coverage)
