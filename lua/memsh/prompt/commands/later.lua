-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":later",
  help = "goes to the moment after this one",
  is_beside = true, -- :earlier
  run = function() require("memsh.prompt.where").step(1) end,
  script = function() return "require(\"memsh\").command\"later\"" end,
}
