-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":reports",
  help = "the saved reports; memsh NAME runs one",
  run = function()
    require("memsh.reports.report").print_list()
  end,
}
