-- SPDX-License-Identifier: GPL-3.0-or-later
-- What sys, procs and cgroups show of trouble, in sentences: the worst first, each with a question that shows it.
local opt = report {
  summary = "what is wrong with this machine's memory, and what to do about it",
  options = {
    { "seconds", type = "number", default = 2, help = "how long to watch; 0: rates are not checked" },
    { "only", type = "text", value = "ID", many = true, help = "this check alone; may be repeated" },
    { "skip", type = "text", value = "ID", many = true, help = "not this check; may be repeated" },
    { "html", help = "a page for the browser, with pictures of the memory" },
    { "explain", type = "text", value = "ID", help = "what a check looks at, and why from there on; 'all' of them" },
  },
  args = { { "process", type = "text", optional = true, help = "number or name: what its memory is made of" } },
  example = { "memsh doctor", "memsh doctor 1", "memsh doctor --explain pressure",
    "memsh -f jsonl doctor --seconds 0", "memsh -o doctor.html doctor --html" },
}
local doctor = require "memsh.doctor.doctor"
local page = require "memsh.doctor.page"

if opt.explain then
  local text, message = page.explain(opt.explain)
  if not text then return opt.refuse(message) end
  return print(text)
end
if opt.html and (opt.check or opt.format ~= "table") then return opt.refuse "--html is a format by itself" end
if opt.seconds < 0 or opt.seconds > 3600 then return opt.refuse "--seconds is a number from 0 to 3600" end

if opt.process then
  if opt.check or #opt.only + #opt.skip > 0 then
    return opt.refuse "--check, --only and --skip are for the machine, not for a process"
  end
  local process = require "memsh.doctor.process"
  local seen, message = process.look(opt.process, opt.seconds)
  if not seen then error("doctor: " .. message, 0) end
  if opt.html then return print(require "memsh.doctor.html".process(seen)) end
  if opt.format == "table" then return print(page.process(seen)) end
  return process.rows(seen)
end

local chosen, message = doctor.choose(opt.only, opt.skip)
if not chosen then return opt.refuse(message) end

local result = doctor.run(chosen, opt.seconds)
if opt.check then return doctor.verdict(audit "doctor", result) end
if opt.html then return print(require "memsh.doctor.html".machine(result)) end
if opt.format == "table" then return print(page.text(result)) end
return doctor.rows(result)
