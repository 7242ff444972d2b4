-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "mappings that are writable and executable",
  options = { { "p", "processes", help = "a row for each process" } },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh wx", "memsh wx -p" },
  needs = { "mappings" },
}
local found = (opt.pid[1] and procs { pid = opt.pid } or procs):maps():where "w and x"

if opt.processes then return found:by "pid, user, comm":sum "size":sort "-n, pid"
    :show "pid, user, comm, mappings=n, size" end
return found:show "pid user comm addr perms size kind name"
