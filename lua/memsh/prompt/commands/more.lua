-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":more",
  help = "the next screen of the last answer's rows",
  run = function() require("memsh.show.output").show_rest(false) end,
}
