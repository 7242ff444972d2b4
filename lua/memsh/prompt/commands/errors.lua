-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local prompt = require "memsh.prompt"
local settings = require "memsh.show.settings"

return {
  usage = ":errors [full|short]",
  help = "where the last error came from; full: of each",
  run = function(argument)
    if argument then return settings.set("errors", argument) end
    local text = prompt.last_error()
    core.note(text and text:gsub("\t", "  ") or "there was no error")
  end,
  arguments = settings.find("errors").values,
}
