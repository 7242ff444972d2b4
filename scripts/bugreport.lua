-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "everything about a process in one file, to attach to a bug report",
  options = {
    { "html", help = "a page for the browser: the largest mappings, the address space, all numbers" },
    { "redact", help = "replace user names, paths and command lines by hashes" },
  },
  args = { { "pid", type = "pid" } },
  example = { "memsh bugreport 1234", "memsh -o bug.html bugreport --html --redact 1234" },
}
local bugreport = require "memsh.reports.bugreport"

if opt.redact and not opt.html and opt.format == "json" then
  opt.refuse "JSON names the host; use -f jsonl"
end
local process = assert(proc(opt.pid))
local hide = opt.redact and require "memsh.reports.bugreport.redact"(io.open("/dev/urandom", "rb"):read(16))

if opt.html then return print(require "memsh.reports.bugreport.html"(bugreport.for_page(process, hide))) end
local all = bugreport.of(process, hide)
if opt.format == "table" then return bugreport.print(all) end
return bugreport.rows(all)
