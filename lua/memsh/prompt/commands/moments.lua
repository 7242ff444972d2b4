-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":moments",
  help = "the moments of the recording",
  run = function()
    require("memsh").show(require "memsh.query.moments"(require("memsh.prompt.where").recording()):sort "-time")
  end,
  more = function()
    local lines = { "  The newest first. recording\"FILE\".moments has them as rows, to be asked like others.",
      "  Columns:" }
    for _, column in ipairs(require "memsh.query.moment_columns") do
      lines[#lines + 1] = ("  %-10s %s"):format(column[1], column[3])
    end
    return lines
  end,
}
