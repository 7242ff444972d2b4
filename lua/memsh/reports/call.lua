-- SPDX-License-Identifier: GPL-3.0-or-later
-- report"NAME"{arguments}: the rows of a saved report, for Lua. It is run as memsh NAME -f jsonl would run it, with
-- nothing written; what it refuses is an error of whoever called it.
local audit = require "memsh.reports.audit"
local core = require "memsh.core"
local output = require "memsh.show.output"
local prompt = require "memsh.prompt"
local report = require "memsh.reports.report"
local rowset = require "memsh.query.rowset"
local settings = require "memsh.show.settings"

local DEEPEST <const> = 10 -- reports within reports
local depth = 0

local FITS <const> = { string = true, number = true, boolean = true }

-- As they are written on a command line: {5} is 5, {count = 5} --count=5, {n = 5} -n 5, {mappings = true} --mappings.
local function words_of(given)
  local names, words = {}, {}
  for key, value in pairs(given) do
    if not FITS[type(value)] or type(key) ~= "string" and not (math.type(key) == "integer" and given[key] ~= nil) then
      core.raise "a report's arguments are texts and numbers, options by their names: report\"swap\"{count = 5}"
    end
    if type(key) == "string" and value ~= false then names[#names + 1] = key end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local shown = #name == 1 and "-" .. name or "--" .. name:gsub("_", "-")
    words[#words + 1] = given[name] == true and shown or #name == 1 and shown .. tostring(given[name])
      or shown .. "=" .. tostring(given[name])
  end
  for _, value in ipairs(given) do words[#words + 1] = tostring(value) end
  return words
end

-- Runs f as in a command line that asks for data and no verdict, with nothing written.
local function quietly(words, f)
  local before, mode, options = rawget(_G, "arg"), settings.get "mode", output.options()
  local check, accept, test, finish, say = options.check, options.accept, options.test, output.capture(), print
  rawset(_G, "arg", words)
  rawset(_G, "print", function() end)
  settings.set("mode", "jsonl")
  options.check, options.accept, options.test = false, false, true -- as a test of a report has no verdict written
  audit.last = nil
  depth = depth + 1
  local ok, value = pcall(f, table.unpack(words))
  depth = depth - 1
  local status, text = prompt.left()
  local was_audit = audit.last ~= nil
  audit.forget()
  options.check, options.accept, options.test = check, accept, test
  settings.set("mode", mode)
  rawset(_G, "print", say)
  rawset(_G, "arg", before)
  finish()
  return { ok = ok or status ~= nil, value = ok and value or nil, message = text or tostring(value), status = status,
    was_audit = was_audit }
end

local function refuse_depth(name)
  core.raise(("reports are asked for within reports without end: '%s' by the %dth"):format(name, DEEPEST))
end

-- What is no fault of the report is said as it is.
local function is_of_all(message)
  return message:find "interrupted!" or message:find "^reports are asked for within"
end

local function run(name, path, given)
  if depth >= DEEPEST then refuse_depth(name) end
  local words = words_of(given)
  words[0] = name
  local chunk, message = loadfile(path, "t")
  if not chunk then core.raise(message) end
  local result = quietly(words, chunk)
  if not result.ok or result.status and result.status ~= 0 then
    if is_of_all(tostring(result.message)) then error(result.message, 0) end
    core.raise(("report '%s': %s"):format(name, tostring(result.message)))
  end
  if rowset.is(result.value) then return result.value end
  return core.raise(("report '%s' %s: run memsh %s%s"):format(name,
    result.was_audit and "gives a verdict and no rows" or "prints its answer and gives no rows",
    result.was_audit and "--check " or "", name))
end

-- A row set that is the report's when something is asked of it; with a table after it, that of those arguments.
local function deferred(name, path)
  local set
  local function force()
    set = set or run(name, path, {})
    return set
  end
  local function part(key)
    return setmetatable({}, { __index = function(_, inner) return force()[key][inner] end,
      __len = function() return #force()[key] end })
  end
  local made = rowset.create(part "from", part "stages", part "schema")
  made = rawset(made, "with_arguments", function(given) return run(name, path, given) end)
  return made
end

--- The rows of a saved report.
---@param name string
---@param given table|nil its arguments; nil: those of report"NAME"{...}, or none
---@return memsh.RowSet
return function(name, given)
  local path = report.path_of(name)
  if given then return run(name, path, given) end
  return deferred(name, path)
end
