-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":earlier [N|TIME]",
  help = "goes N moments back (1), or 10m; :later on",
  run = function(argument) require("memsh.prompt.where").step(-1, argument) end,
  script = function(argument)
    return ("require(\"memsh\").command(%q)"):format("earlier" .. (argument and " " .. argument or ""))
  end,
}
