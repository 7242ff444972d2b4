-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":reports",
  help = "the saved reports; memsh NAME runs one",
  run = function()
    local reports = require("memsh.prompt").reports()
    if #reports == 0 then print "there are no saved reports" end
    for _, report in ipairs(reports) do
      local about = report.about:gsub("^memsh " .. report.name .. ": ", "")
      print(("  %-12s %s"):format(report.name, about))
    end
  end,
}
