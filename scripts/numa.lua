-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of the NUMA nodes, and of processes on them",
  options = { { "p", "processes", help = "resident memory of processes on each node instead" } },
  example = { "memsh numa", "memsh numa -p" },
}
if not known(sys.nodes) then
  error(("numa: the nodes can't be read (%s)"):format(why(sys.nodes)), 0)
end
if opt.processes then
  local columns = { "pid", "user", "comm", "res" }
  for _, node in ipairs(sys.nodes) do columns[#columns + 1] = "numa" .. node.node end
  return procs:sort "-res":show(table.concat(columns, " ")):total()
end
return sys.nodes:show [[node, total=mem_total, free=mem_free, used=mem_used, file=file_pages, anon=anon_pages,
  shmem, slab]]
