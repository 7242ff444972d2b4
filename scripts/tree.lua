-- SPDX-License-Identifier: GPL-3.0-or-later
-- PSS divides a shared page among those that map it, so that a subtree's sum counts it once; vmrss adds RSS.
local opt = report {
  summary = "process trees: PSS, USS and SwapPss of each subtree",
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

local made_rows = require "memsh.fields.made_rows"
local rows, SUMS <const> = {}, { all_pss = "pss", all_uss = "uss", all_swap_pss = "swap_pss" }
for _, tree in ipairs(require "memsh.query.family".subtrees(all:rows(), opt.pid, { "pss", "uss", "swap_pss" })) do
  local p, size, is_whole = tree.row, tree.pss + tree.swap_pss, tree.missing.pss + tree.missing.swap_pss == 0
  if tree.depth <= opt.depth and (not is_whole or size >= opt.min) then
    local command = p.cmdline
    if command == "" or why(command) == "no_memory" then command = ("[%s]"):format(p:get("comm", "?")) end
    local row = { pid = p.pid, processes = tree.processes, pss = p.pss,
      command = known(command) and ("  "):rep(tree.depth) .. command or command }
    for column, name in pairs(SUMS) do
      made_rows.put(row, column, tree[name], known(tree[name]) and tree.missing[name] or 0, tree.why[name], true)
    end
    rows[#rows + 1] = row
  end
end
return require "memsh.query.from_tables"(rows, { { "pid", "count" }, { "processes", "count" }, { "all_pss", "bytes" },
  { "all_uss", "bytes" }, { "all_swap_pss", "bytes" }, { "pss", "bytes" }, { "command", "text" } }, all.from.coverage)
