-- SPDX-License-Identifier: GPL-3.0-or-later
return {
  usage = ":moments",
  help = "the moments of the recording",
  run = function()
    require("memsh").show(require "memsh.query.moments"(require("memsh.prompt.where").recording()):sort "-time")
  end,
  more = function()
    return { "  The newest first. recording\"FILE\".moments has them as rows, to be asked like others." }
  end,
}
