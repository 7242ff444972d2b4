-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of the NUMA nodes, and of processes on them",
  options = { { "p", "processes", help = "resident memory of processes on each node instead" } },
  example = { "memsh numa", "memsh numa -p" },
}
local nodes = known(sys.nodes) and sys.nodes or {}

if opt.processes then
  local columns = { "pid", "user", "comm", "res" }
  for _, node in ipairs(nodes) do columns[#columns + 1] = "numa" .. node.node end
  return procs:sort "-res":show(table.concat(columns, " ")):total()
end
if not known(sys.nodes) then io.stderr:write(("memsh: numa: the nodes can't be read (%s)\n"):format(why(sys.nodes))) end
return require "memsh.query.from_tables"(nodes, { { "node", "integer" }, { "total", "bytes" }, { "free", "bytes" },
  { "used", "bytes" }, { "file", "bytes" }, { "anon", "bytes" }, { "shmem", "bytes" }, { "slab", "bytes" } })
