-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "mappings that are both writable and executable",
  options = {
    { "p", "processes", help = "one row per process" },
    { "e", "except", type = "text", value = "NAME", many = true, help = "leave out programs called NAME" },
  },
  args = { { "pid", type = "pid", many = true, optional = true } },
  example = { "memsh wx", "memsh wx -p", "memsh --check wx --except java --except node" },
  needs = { "mappings" },
}
local found = (opt.pid[1] and procs { pid = opt.pid }:maps() or maps):where "w and x"
for _, jit in ipairs(opt.except) do found = found:where("comm ~= jit", { jit = jit }) end
local rows = found:show "pid user comm addr perms size kind name"
if opt.processes then
  rows = found:by "pid, user, comm":sum "size":sort "-n, pid":show "pid, user, comm, mappings=n, size"
end

if opt.check then audit "wx":crit(rows, "writable and executable"):done() end
return rows
