-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "records processes and their memory, to be asked later",
  options = {
    { "o", "output", type = "text", value = "FILE", default = "memsh.memsh", help = "where moments are added" },
    { "once", help = "one moment with everything, and end" },
    { "every", type = "age", default = 10, help = "time between two moments" },
    { "rollup", type = "age", default = 60, help = "time between two moments with smaps_rollup (pss, swap...)" },
    { "mappings", type = "text", value = "EXPRESSION", default = "",
      help = "at each moment smaps of processes for which it is true" },
    { "mappings-every", type = "age", default = 0,
      help = "time between two moments with smaps of all processes; 0: none" },
    { "on-pressure", type = "percent", default = 10,
      help = "a moment with everything when processes wait for memory so much of 2 s; 0: none" },
    { "keep", type = "age", default = 0, help = "drop moments that are older; 0: none" },
    { "max-size", type = "size", default = 0, help = "drop the oldest moments when FILE would be larger; 0: no limit" },
    { "redact", help = "names become hashes with a key that is forgotten: equal ones stay equal" },
    { "from", type = "text", value = "DIR", default = "", help = "take in a saved copy of /proc, and end" },
  },
  example = { "memsh record --once -o web1.memsh", "memsh record --every 10s --keep 7d --max-size 1G -o web1.memsh",
    "memsh record --from saved/ -o web1.memsh" },
}
local recorder = require "memsh.reports.recorder"

if require "memsh.show.output".options().output then
  opt.refuse "it writes its own file: -o FILE goes after record"
end
if opt.keep > 0 and opt.keep < opt.every then
  opt.refuse(("--keep %gs is shorter than --every %gs; a week is written 7d"):format(opt.keep, opt.every))
end
if opt.every <= 0 or opt.rollup <= 0 then opt.refuse "--every and --rollup need a time of more than 0" end
if opt.on_pressure < 0 or opt.on_pressure > 100 then opt.refuse "--on-pressure takes a percentage" end
if opt.mappings ~= "" and (opt.once or opt.from ~= "") then
  opt.refuse "--mappings is for a recorder that runs; --once and --from take what there is of all processes"
end
if opt.from ~= "" then
  recorder.take_in(opt)
elseif opt.once then
  recorder.once(opt)
else
  recorder.run(opt)
end
