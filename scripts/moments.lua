-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "the moments of a recording: when, why, how many processes, size",
  options = {
    { "from", type = "text", value = "TIME", help = "not those before: '03:14', 'yesterday 18:00', '-2h'" },
    { "to", type = "text", value = "TIME", help = "not those after" },
  },
  args = { { "file", type = "text", many = true, optional = true, help = "recordings; else that of --source" } },
  example = { "memsh -s web1.memsh moments", "memsh moments web1.memsh web2.memsh --from -6h" },
}
local list, lost = require "memsh.query.span".recordings(opt.file)
if not list then error("moments: " .. lost, 0) end
return require "memsh.query.moments"(list, { from = opt.from, to = opt.to }, lost)
