-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of a systemd unit, by control group or process",
  options = {
    { "p", "processes", help = "one row per process" },
    { "warn", type = "text", value = "SIZE", help = "audit: WARNING above SIZE, or a percentage of the limit (80%)" },
    { "crit", type = "text", value = "SIZE", help = "audit: CRITICAL above SIZE" },
  },
  args = { { "unit" } },
  example = { "memsh unit ssh.service", "memsh unit -p ssh.service", "memsh --check unit --warn 500M ssh.service" },
}
local unit = opt.unit:find "%." and opt.unit or opt.unit .. ".service" -- as systemctl does
local group = cgroups:where("unit == wanted", { wanted = unit }):sort "path"
local mine = procs:where("unit == wanted", { wanted = unit })

local a = opt.check and audit(unit)
if group:empty() == true and mine:empty() == true then
  local units = {}
  for _, row in ipairs(cgroups:where "unit ~= ''":distinct "unit":rows()) do units[#units + 1] = row.unit end
  error(("unit: there is no unit %s with processes or a control group%s"):format(unit,
    require "memsh.util.suggest".ending(unit, units)), 0)
end
if a then
  local first = group:first()
  local limit = first and known(first.memory_max) and first.memory_max < math.huge and first.memory_max or nil
  a:value("memory", first and first.memory_current, { of = limit, warn = opt.warn, crit = opt.crit, unit = "B" })
  a:value("processes", (mine:count()))
  if first and known(first.events_oom_kill) then a:value("oom_kills", first.events_oom_kill, { unit = "c" }) end
  a:done()
end
if opt.processes then return mine:sort "-pss":show "pid user comm pss uss rss swap":total() end
return group:show [[path, procs=procs_all, memory_current, memory_peak, memory_max, memory_anon, memory_file,
  events_oom_kill]]
