-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "what is wrong with this machine's memory, and what to do about it",
  options = {
    { "seconds", type = "number", default = 2, help = "how long to watch; 0: rates are not checked" },
    { "only", type = "text", value = "ID", many = true, help = "this check alone; may be repeated" },
    { "skip", type = "text", value = "ID", many = true, help = "not this check; may be repeated" },
    { "explain", type = "text", value = "ID", help = "what a check looks at, and why from there on; 'all' of them" },
  },
  args = { { "process", type = "text", optional = true, help = "number or name: what its memory is made of" } },
  example = { "memsh doctor", "memsh doctor 1", "memsh doctor --explain pressure",
    "memsh -f jsonl doctor --seconds 0" },
}
local doctor = require "memsh.doctor.doctor"
local page = require "memsh.doctor.page"

if opt.explain then
  local checks, message = { doctor.check(opt.explain) }, nil
  if opt.explain == "all" then checks = doctor.checks() else message = select(2, doctor.check(opt.explain)) end
  if message then return opt.refuse(message) end
  local texts = {}
  for i, check in ipairs(checks) do texts[i] = page.explain(check) end
  return print(table.concat(texts, "\n\n"))
end
if opt.seconds < 0 or opt.seconds > 3600 then return opt.refuse "--seconds is a number from 0 to 3600" end

if opt.process then
  if opt.check or #opt.only + #opt.skip > 0 then
    return opt.refuse "--check, --only and --skip are for the machine, not for a process"
  end
  local process = require "memsh.doctor.process"
  local found, message = process.find(opt.process)
  if not found then error("doctor: " .. message, 0) end
  local seen = process.look(found, opt.seconds)
  return opt.format == "table" and print(page.process(seen)) or opt.format ~= "table" and process.rows(seen) or nil
end

local chosen, message = doctor.choose(opt.only, opt.skip)
if not chosen then return opt.refuse(message) end

local result = doctor.run(chosen, opt.seconds)
if opt.check then
  local a = audit "doctor"
  a:crit(doctor.rows(result, "crit"), doctor.words(result, "crit", "critical"), "critical")
  a:warn(doctor.rows(result, "warn"), doctor.words(result, "warn", "warnings"), "warnings")
  for _, text in ipairs(doctor.doubts(result)) do a:doubt("%s", text) end
  local system = result.machine.sys
  if known(system.mem_available) then
    a:value("available", system.mem_available, { of = system.mem_total, unit = "B" })
  end
  if known(system.swap_free) and system.swap_total > 0 then
    a:value("swap free", system.swap_free, { of = system.swap_total, unit = "B" })
  end
  a:done()
end
if opt.format == "table" then return print(page.text(result)) end
return doctor.rows(result)
