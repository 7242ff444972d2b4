-- SPDX-License-Identifier: GPL-3.0-or-later
-- The table is byte for byte that of pmap 4.0.2, except for control bytes in names and where pmap is wrong: with -x -A
-- and with -X of several processes it adds up more than it shows, and with -X it ignores -A.
local opt = report {
  summary = "mappings of processes, byte for byte as pmap prints them",
  options = {
    { "x", "extended", help = "also resident and dirty memory" },
    { "X", many = true, help = "most numbers of smaps; -XX: all" },
    { "d", "device", help = "also offset and device" },
    { "q", "quiet", help = "no header and no footer" },
    { "p", "show-path", help = "full paths" },
    { "A", "range", type = "text", value = "LOW[,HIGH]", default = ",", help = "only this range of addresses" },
    { "k", "keep", help = "the kernel's names: [heap], [vdso]..." },
    { "w", "where", type = "text", value = "EXPRESSION", default = "true", help = "only those for which it is true" },
    { "a", "all", help = "all processes" },
  },
  args = { { "pid", type = "pid", many = true, optional = true, unchecked = true } },
  example = { "memsh pmap -x 1234", "memsh pmap -a -k -w 'rss > 10M'", "memsh -f csv pmap -XX 1234" },
}
local pmap = require "memsh.reports.pmap"

local low, high = pmap.range(opt.range)
if not low then opt.refuse "-A takes hexadecimal addresses, LOW,HIGH or one" end
if not opt.all and not opt.pid[1] then opt.refuse "it needs a PID, or --all" end
opt.mode = pmap.mode(opt)

local processes = opt.all and procs or procs { pid = opt.pid }
local function mappings(of)
  local set = of:maps()
  if opt.range ~= "," then set = set:where("addr <= high and addr_end - 1 >= low", { low = low, high = high }) end
  return opt.where == "true" and set or set:where(opt.where)
end

if opt.format == "table" then os.exit(pmap.print(processes, mappings, opt), true) end
return mappings(processes):show(pmap.columns(mappings(processes), opt.mode))
