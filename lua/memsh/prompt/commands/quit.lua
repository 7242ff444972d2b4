-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":quit",
  help = "ends memsh, as Ctrl-D does",
  run = function() require("memsh.prompt").quit() end,
}
