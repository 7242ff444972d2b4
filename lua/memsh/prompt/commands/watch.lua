-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local habits = require "memsh.prompt.habits"
local locals = require "memsh.prompt.locals"
local output = require "memsh.show.output"
local question = require "memsh.prompt.question"
local runtime_hints = require "memsh.prompt.runtime_hints"

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

-- :watch 1 top, :watch 1 :run top. A name that means nothing would be nil, again and again.
local function refuse_other(interval, text)
  local word = text:match "^:%s*run%s+(%S+)" or text:match "^([%a_][%w_]*)%s*$" or text:match "^([%a_][%w_]*)%s+%-"
  local is_known = word and not text:find "^:" and (locals.env[word] ~= nil or word == "nil")
  if word and not is_known and habits.is_report(word) then
    core.raise((":watch takes a question; in a shell memsh --watch %g %s repeats a report"):format(interval, word))
  end
  if text:find "^:" then core.raise ":watch takes a question, not a command" end
  if word and not is_known then core.raise(runtime_hints.no_global(word, habits.word(word))) end
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
    refuse_other(interval, text)
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
