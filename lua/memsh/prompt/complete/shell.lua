-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh --complete -- WORD...: what may stand in place of the last WORD of a command line, which is made of the words
-- after `memsh`. A line each: the word, and after a tab what it means. A line that begins with a tab says what kind
-- of names may stand there, too: "files", "files lua" or "directories".
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local memsh_options = require "memsh.options"

local report = lazy "memsh.reports.report"
local values = lazy "memsh.prompt.complete.values"

local shell = {}

local KINDS <const> = { FILE = "files", PATH = "directories", DIR = "directories" }

-- memsh's own options, as those of a report look.
local function own_options()
  local list = {}
  for i, row in ipairs(memsh_options.options) do
    local argument = row.argument
    local inline = argument and argument:find "^%[" ~= nil -- is after a '=' or not at all
    local words = {}
    for word in (row.words or ""):gmatch "%S+" do words[#words + 1] = word end
    list[i] = { short = row.short, long = row.long, help = row.help, inline = inline, kind = KINDS[argument or ""],
      type = argument and { words = #words > 0 and words or nil }, code = argument == "CODE" }
  end
  return list
end

local function find(options, field, name)
  for _, option in ipairs(options) do
    if option[field] == name then return option end
  end
end

-- The option whose value the next word is, where `word` ends with one that takes a value.
local function awaits(options, word)
  local long = word:match "^%-%-([^=]+)$"
  if long then
    local option = find(options, "long", long)
    return option and option.type and not option.inline and option or nil
  end
  local letters = word:match "^%-([^-].*)$"
  for at = 1, #(letters or "") do
    local option = find(options, "short", letters:sub(at, at))
    if option and option.type and not option.inline then return at == #letters and option or nil end
  end
  return nil
end

-- ---- what is offered

local out

local function offer(word, about)
  out[#out + 1] = about and about ~= "" and word .. "\t" .. about or word
end

local function offer_kind(kind)
  out[#out + 1] = "\t" .. kind
end

local function begins(word, part)
  return word:sub(1, #part) == part
end

local function offer_options(options, part)
  for _, option in ipairs(options) do
    local long = option.long and "--" .. option.long
    if long and begins(long, part) then
      offer(long, option.help)
    elseif not long and begins("-" .. option.short, part) then
      offer("-" .. option.short, option.help)
    end
  end
end

local function offer_pids(part)
  if not part:find "^%d*$" then return end
  local found = values().pids(part)
  for _, word in ipairs(found.order) do offer(word, found.about[word]) end
end

-- `before` is what is in the same word: "--format=".
local function offer_values(of, part, before)
  if of.kind then return offer_kind(of.kind) end
  if not of.type then return end
  for _, word in ipairs(of.type.words or {}) do
    if begins(word, part) then offer(before .. word) end
  end
  if of.type.name == "pid" and before == "" then offer_pids(part) end
end

local function offer_option_or_value(options, word)
  local long, part = word:match "^%-%-([^=]+)=(.*)$"
  local option = long and find(options, "long", long)
  if option then return offer_values(option, part, ("--%s="):format(long)) end
  if not long then offer_options(options, word) end
end

-- ---- the command line

-- Walks over the words before the last one. The option that awaits a value, the number of arguments before the last
-- word, whether `--` ended the options, and where the first argument is.
local function walk(options, words, from, until_argument)
  local at, count, waiting = from, 0, nil
  while at < #words do
    local word = words[at]
    waiting = nil
    if word == "--" then return nil, count, true, at + 1 end
    if word:find "^%-." then
      waiting = awaits(options, word)
      if waiting and at + 1 < #words then at, waiting = at + 1, nil end
    else
      if until_argument then return nil, count, false, at end
      count = count + 1
    end
    at = at + 1
  end
  return waiting, count, false, at
end

local function offer_argument(made, nth, part)
  local argument = made.args[nth] or made.args[#made.args]
  if not argument or nth > #made.args and not argument.many then return end
  offer_values(argument, part, "")
  if not argument.type.words and argument.type.name == "text" then offer_kind "files" end
end

-- Behind the name of a report.
local function of_report(name, words, from)
  local made
  for _, one in ipairs(report().all()) do
    if one.name == name then made = one.report end
  end
  if not made then return offer_kind "files" end
  local last = words[#words]
  local waiting, count, ended = walk(made.options, words, from)
  if waiting then return offer_values(waiting, last, "") end
  if last:find "^%-" and not ended then return offer_option_or_value(made.options, last) end
  offer_argument(made, count + 1, last)
end

local function offer_reports(part)
  for _, one in ipairs(report().all()) do
    if begins(one.name, part) then offer(one.name, one.summary) end
  end
  offer_kind "files lua"
end

local function has_code(options, words, last)
  for at = 1, last do
    if awaits(options, words[at]) and awaits(options, words[at]).code then return true end
  end
  return false
end

local function of_command_line(words)
  local options, last = own_options(), words[#words]
  local waiting, _, ended, at = walk(options, words, 1, true)
  if waiting then return offer_values(waiting, last, "") end
  if at < #words and not has_code(options, words, at - 1) then
    local is_file = words[at]:find "/" or words[at]:find "%.lua$" or words[at] == "-"
    if is_file then return offer_kind "files" end
    return of_report(words[at], words, at + 1)
  end
  if last:find "^%-" and not ended then return offer_option_or_value(options, last) end
  if has_code(options, words, at - 1) then return offer_kind "files" end
  offer_reports(last)
end

--- The lines for a command line.
---@param ... string its words; the last one is what is typed
---@return string[]
function shell.lines(...)
  local words = { ... }
  if #words == 0 then words[1] = "" end
  out = {}
  of_command_line(words)
  return out
end

--- Prints them, for memsh --complete.
function shell.print(...)
  for _, line in ipairs(shell.lines(...)) do
    local word, rest = line:match "^([^\t]*)(.*)$"
    print(core.escape(word) .. rest:gsub("[^\t]+", core.escape))
  end
end

return shell
