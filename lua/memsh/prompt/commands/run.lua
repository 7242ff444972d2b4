-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local output = lazy "memsh.show.output"
local prompt = lazy "memsh.prompt"
local report = lazy "memsh.reports.report"
local settings = lazy "memsh.show.settings"

-- The words of a command line, with the quotes of a shell.
local function words_of(text)
  local words, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then return words end
    local word = {}
    while at <= #text and not text:find("^%s", at) do
      local quote = text:match("^['\"]", at)
      local body, after = text:match(quote and "^" .. quote .. "([^" .. quote .. "]*)" .. quote .. "()"
        or "^([^%s'\"]+)()", at)
      if not body then core.raise "a quote is missing" end
      word[#word + 1], at = body, after
    end
    words[#words + 1] = table.concat(word)
  end
end

-- What a report sees: its own globals, and an os.exit that ends the report, not the session.
local function environment()
  local leaves = setmetatable({ exit = function(status)
    prompt().leave((status == nil or status == true) and 0 or tonumber(status) or 1)
  end }, { __index = os })
  return setmetatable({ os = leaves }, { __index = _G })
end

local function call(chunk, words)
  local arg, before = rawget(_G, "arg"), {}
  for _, name in ipairs(settings().names) do before[name] = settings().get(name) end
  rawset(_G, "arg", words)
  local results = table.pack(pcall(chunk, table.unpack(words)))
  rawset(_G, "arg", arg)
  local status, message = prompt().left()
  if not results[1] and not status then error(results[2], 0) end
  if message then core.raise((message:gsub("\nTry memsh (%S+) %-%-help$", "; :run %1 --help says more"))) end
  if status and status ~= 0 then core.raise(("it ended with status %d"):format(status)) end
  if results[1] and results[2] ~= nil then
    require("memsh.prompt.entry").keep((output().show(table.unpack(results, 2, results.n))))
  end
  for _, name in ipairs(settings().names) do
    if settings().get(name) ~= before[name] then settings().set(name, before[name]) end
  end
end

return {
  usage = ":run REPORT [ARGUMENT...]",
  help = "runs a saved report; :reports lists them",
  more = function()
    return {
      "  As memsh REPORT does in a shell, with the same options: :run ps -u root, :run wx --help.",
      "  A report that gives rows leaves them in _. Quotes keep words together: :run ps -w 'threads > 8'",
      "  A path, or a name that ends in .lua, is a file.",
    }
  end,
  run = function(argument)
    local words = words_of(argument or "")
    if not words[1] then core.raise ":run takes the name of a report, as in :run swap; :reports lists them" end
    words[0] = table.remove(words, 1)
    local chunk, message = loadfile(report().path_of(words[0]), "t", environment())
    if not chunk then core.raise(message) end
    call(chunk, words)
  end,
  arguments = function(before)
    local names = {}
    if before:find "%S" then return names end
    for _, one in ipairs(report().all()) do
      if one.path then names[one.name] = one.summary end
    end
    return names
  end,
  script = function(argument) return ("require(\"memsh\").command(%q)"):format("run " .. (argument or "")) end,
}
