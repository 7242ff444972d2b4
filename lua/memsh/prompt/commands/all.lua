-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":all",
  help = "the rows that the last table had no place for",
  run = function() require("memsh.show.output").show_rest(true) end,
}
