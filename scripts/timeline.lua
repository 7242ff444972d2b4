-- SPDX-License-Identifier: GPL-3.0-or-later
-- Memory over the moments of a recording; where a terminal reads it, as a picture.
local opt = report {
  summary = "memory by program, unit or user over the time of a recording",
  options = {
    { "by", values = { "program", "unit", "user" }, value = "WHAT", default = "program", help = "whose memory" },
    { "of", values = { "anon", "rss", "pss", "swap" }, value = "WHICH", default = "anon",
      help = "anonymous memory; rss counts what is shared in each process, pss is of moments that have it" },
    { "from", type = "text", value = "TIME", help = "not what was before: '03:14', 'yesterday 18:00', '-6h'" },
    { "to", type = "text", value = "TIME", help = "not what was after" },
    { "top", type = "count", default = 8, help = "so many by name, 1 to 8; the others as one" },
    { "html", help = "a page for the browser" },
  },
  args = { { "file", type = "text", optional = true, help = "a recording; else that of --source" } },
  more = [[Of many moments as many are read as a picture has room for, evenly spread, and those on pressure and beside
kills. Pressure is of all the time between two of them, by the kernel's counter; so are kills.]],
  example = { "memsh -s web1.memsh timeline", "memsh -s web1.memsh timeline --by unit --from -6h",
    "memsh -s web1.memsh -o web1.html timeline --html", "memsh -f csv timeline web1.memsh --top 3" },
}
if opt.top < 1 or opt.top > 8 then opt.refuse "--top is a number from 1 to 8" end
if opt.html and opt.format ~= "table" then opt.refuse "--html is a format by itself" end
local timeline = require "memsh.analysis.timeline"

local recording, message = require "memsh.query.span".recording(opt.file)
if not recording then error("timeline: " .. message, 0) end
local line
line, message = timeline.take(recording, opt)
if not line then error("timeline: " .. message, 0) end

if opt.html then return print(require "memsh.reports.timeline_page"(line)) end
local sink = require "memsh.show.output".output().sink
if opt.format ~= "table" or not sink:is_tty() then return timeline.rows(line) end
print(require "memsh.reports.timeline_text"(line, sink:width(), sink:height()))
