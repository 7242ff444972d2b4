-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"

local USUAL <const> = 20

return {
  usage = ":history [N]",
  help = "the last N entries (20), of earlier sessions, too",
  run = function(argument)
    local n = math.tointeger(tonumber(argument or USUAL))
    if not n or n < 1 then core.raise ":history takes a number of entries, as in :history 50" end
    for _, line in ipairs(require("memsh.prompt").history(n)) do print(line) end
  end,
}
