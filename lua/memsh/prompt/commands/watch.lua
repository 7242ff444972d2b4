-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local output = require "memsh.show.output"
local question = require "memsh.prompt.question"

-- The last question that was asked at the prompt.
local function last_question()
  local good = require("memsh.prompt.entry").good
  for i = #good, 1, -1 do
    if good[i].kind == "expression" then return good[i].code or good[i].text end
  end
  core.raise ":watch alone asks the last question again, and there is none yet"
end

local function read(argument)
  local seconds, text = (argument or ""):match "^([%d.]+)s?%f[%s\0]%s*(.*)$"
  local interval = tonumber(seconds)
  if not interval or interval < 0.001 then
    core.raise ":watch takes seconds and a question, as in :watch 2 procs:sort\"-rss\":top(10)"
  end
  return interval, text ~= "" and text or last_question()
end

return {
  usage = ":watch SECONDS [QUESTION]",
  help = "asks again and again, in place, until Ctrl-C",
  more = function()
    return {
      "  Without a question it is the last one. Marks behind a value: + more, - less, * another; a new row has a *.",
      "  _ has the last answer afterwards, :all the rows that the screen had no place for.",
    }
  end,
  query = true,
  run = function(argument)
    local interval, text = read(argument)
    local chunk = question(text, true)
    local watch = require "memsh.prompt.watch"
    watch.start(interval, nil, text)
    repeat
      watch.begin()
      watch.finish((output.show(chunk())))
    until not watch.wait()
    watch.stop()
  end,
}
