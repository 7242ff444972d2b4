-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":reports",
  help = "the saved reports; memsh NAME runs one",
  more = function()
    local names = {}
    for i, one in ipairs(require("memsh.prompt").reports()) do names[i] = one.name end
    return { "  " .. table.concat(names, " "), "  NAME or :run NAME runs one here; memsh NAME --help explains it." }
  end,
  run = function()
    require("memsh.reports.report").print_list()
  end,
}
