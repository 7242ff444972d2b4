-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of a systemd unit: what is charged to its control group, and what its processes map",
  args = { { "unit" } },
  example = { "memsh unit ssh.service", "memsh --check unit ssh.service" },
}
return cgroups:where("unit == name", { name = opt.unit }):show "path, procs, memory_current, memory_max"
