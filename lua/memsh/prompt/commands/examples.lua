-- SPDX-License-Identifier: GPL-3.0-or-later
local examples = require "memsh.help.examples"

return {
  usage = ":examples [WORD]",
  help = "questions to paste; those with a word in them",
  run = function(argument)
    local found = false
    for _, example in ipairs(examples) do
      local text = ("-- %s\n%s"):format(example.question, example.text)
      if not argument or text:lower():find(argument:lower(), 1, true) then
        print(text)
        found = true
      end
    end
    if found then return end
    local is_topic = require("memsh.help.help").topic(argument) ~= nil
    print(("no example has %s%s"):format(argument, is_topic and ("; help %s explains it"):format(argument) or ""))
  end,
}
