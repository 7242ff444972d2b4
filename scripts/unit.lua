-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of a systemd unit",
  args = { { "unit" } },
  example = { "memsh unit ssh.service" },
}
return cgroups:where("unit == name", { name = opt.unit }):show "path, procs, memory_current, memory_max"
