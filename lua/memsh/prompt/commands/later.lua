-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":later [N|TIME]",
  help = "goes N moments on (1), or 10m",
  is_beside = true, -- :earlier
  run = function(argument) require("memsh.prompt.where").step(1, argument) end,
  script = function(argument)
    return ("require(\"memsh\").command(%q)"):format("later" .. (argument and " " .. argument or ""))
  end,
}
