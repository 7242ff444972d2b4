-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory by container, with shared pages divided",
  options = {
    { "u", "units", help = "by systemd unit instead" },
    { "s", "sort", type = "text", value = "KEYS", default = "-pss", help = "sort by KEYS" },
  },
  example = { "memsh containers", "memsh containers -u" },
  needs = { "pss" },
}
local by = opt.units and "unit" or "container"
return procs:where(by .. " ~= ''"):by(by):sum "rss, pss, uss, swap":sort(opt.sort)
  :show(by .. ", procs=n, pss, uss, rss, swap")
