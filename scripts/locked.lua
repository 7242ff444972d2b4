-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory locked or pinned, and the limit for it",
  options = { { "m", "mappings", help = "locked mappings instead of processes" } },
  example = { "memsh locked", "memsh locked -m" },
}
if opt.mappings then
  return maps:where "locked_flag":sort "-size":show "pid user comm addr perms size rss locked name"
end
return procs:where "vm_lck > 0 or vm_pin > 0":sort "-(vm_lck + vm_pin)"
  :show "pid user comm vm_lck vm_pin locked limit_memlock"
