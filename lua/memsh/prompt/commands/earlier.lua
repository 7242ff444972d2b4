-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":earlier",
  help = "goes to the moment before this one",
  run = function() require("memsh.prompt.where").step(-1) end,
  script = function() return "require(\"memsh\").command\"earlier\"" end,
}
