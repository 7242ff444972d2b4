-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local prompt = require "memsh.prompt"
local settings = require "memsh.show.settings"

local SAID <const> = {
  full = "(from now on an error shows where in the program it came from; :errors short ends that)",
  short = "(errors are short again)" }

return {
  usage = ":errors [full|short]",
  help = "what was denied, where the last error came from",
  more = function()
    return {
      "  Of which processes something was denied in the last answer, and who may read each file.",
      "  full     and from now on each error shows where in the program it came from; short: it does not",
    }
  end,
  run = function(argument)
    if argument then
      settings.set("errors", argument)
      core.note(SAID[argument])
      if argument == "short" then return end
    end
    local text = prompt.last_error()
    local lines = require("memsh.show.denied").lines()
    for _, line in ipairs(lines) do core.note(line) end
    if text then core.note((text:gsub("\t", "  "))) end
    if not text and #lines == 0 then core.note "there was no error, and nothing was denied" end
  end,
  arguments = settings.find("errors").values,
}
