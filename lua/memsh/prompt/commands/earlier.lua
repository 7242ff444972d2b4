-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":earlier",
  help = "goes to the moment before; :later to the next",
  run = function() require("memsh.prompt.where").step(-1) end,
  script = function() return "require(\"memsh\").command\"earlier\"" end,
}
