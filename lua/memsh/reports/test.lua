-- SPDX-License-Identifier: GPL-3.0-or-later
-- `memsh --test FILE`: a report run as its author's expectations say, and what they say of it. What it prints is TAP.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"

require "memsh" -- which sees to it that the session is told of the command line

local audit = lazy "memsh.reports.audit"
local prompt = lazy "memsh.prompt"
local rowset = lazy "memsh.query.rowset"
local session = lazy "memsh.show.output"

local test = {}

---@class memsh.Expectation
---@field name string|nil what it is about, in words
---@field report string|nil the file that is run, beside this one; this one where there is none
---@field args string[]|nil what it is given
---@field status string|nil the verdict of an audit: "OK", "WARNING", "CRITICAL", "UNKNOWN"
---@field exit integer|nil the exit status, with --check for an audit
---@field line string|nil a part of an audit's line
---@field output string|nil a part of what it writes
---@field error string|nil a part of what it says when it fails
---@field rows integer|nil|fun(rows: table): any how many rows it gives (an audit: has found), or what looks at them
---@field row table|nil values that one of these rows has
---@field value table<string, number>|nil values of an audit

local KEYS <const> = { name = "string", report = "string", args = "table", status = "string", exit = "number",
  line = "string", output = "string", error = "string", rows = "number or function", row = "table", value = "table" }

local collected -- the expectations, while a file is run to find them

local function check_keys(wanted)
  local names, asks = {}, false
  for key in pairs(KEYS) do names[#names + 1] = key end
  for key, value in pairs(wanted) do
    local kind = KEYS[key]
    local near = not kind and suggest.nearest(tostring(key), names)
    if not kind then
      core.raise(("expect has no '%s'%s"):format(core.escape(tostring(key)),
        near and ("; did you mean '%s'?"):format(near) or ""))
    elseif not kind:find(type(value), 1, true) then
      core.raise(("expect: %s is to be a %s"):format(key, kind))
    end
    asks = asks or not (key == "name" or key == "report" or key == "args")
  end
  if not asks then core.raise "expect expects nothing here; it takes status exit line output error rows row value" end
end

--- Notes what is expected of this file, or of the one that `report` names. Without --test it does nothing.
---@param wanted memsh.Expectation
function test.expect(wanted)
  check_keys(wanted)
  if collected then collected[#collected + 1] = wanted end
end

-- ---- running a report

-- As memsh runs it, with nothing shown. What it gave, printed, and how it ended.
local function run(path, args)
  local before, finish = rawget(_G, "arg"), session().capture()
  local given = table.move(args, 1, #args, 1, { [0] = path })
  rawset(_G, "arg", given)
  audit().last = nil
  local chunk, message = loadfile(path, "t")
  local result = { exit = 0 }
  local ok, value
  if chunk then
    ok, value = pcall(chunk, table.unpack(args))
  else
    ok, value = false, message
  end
  local status, text = prompt().left()
  if not ok and status == nil then result.exit, result.error = 1, tostring(value) end
  if status then result.exit, result.error = status, text end
  if ok and rowset().is(value) then
    value:print()
    result.rows = value:rows()
  elseif ok and value ~= nil then
    session().show(value)
  end
  result.audit = audit().last
  audit().forget()
  rawset(_G, "arg", before)
  result.output = finish()
  return result
end

local function rows_of(result)
  if not result.audit then return result.rows end
  local rows = {}
  for _, finding in ipairs(result.audit.findings) do
    table.move(finding.rows or {}, 1, #(finding.rows or {}), #rows + 1, rows)
  end
  return rows
end

-- ---- what is said of it

local function shown(value)
  if value == nil then return "nothing" end
  if type(value) == "string" then return ("'%s'"):format(core.escape(value)) end
  return core.is_unknown(value) and ("unknown (%s)"):format(core.why(value)) or tostring(value)
end

local function same(problems, what, wanted, got)
  if wanted ~= nil and wanted ~= got then
    problems[#problems + 1] = ("%s: %s is expected, and it is %s"):format(what, shown(wanted), shown(got))
  end
end

local function part(problems, what, wanted, got)
  if wanted ~= nil and not (got and got:find(wanted, 1, true)) then
    problems[#problems + 1] = ("%s: %s is expected in %s"):format(what, shown(wanted), shown(got))
  end
end

local function has_values(row, values)
  for name, value in pairs(values) do
    if row[name] ~= value then return false end
  end
  return true
end

local function check_row(problems, wanted, rows)
  for _, row in ipairs(wanted and rows or {}) do
    if has_values(row, wanted) then return end
  end
  if not wanted then return end
  local parts = {}
  for name, value in pairs(wanted) do parts[#parts + 1] = ("%s = %s"):format(name, shown(value)) end
  table.sort(parts)
  problems[#problems + 1] = ("row: none of %d has %s"):format(#(rows or {}), table.concat(parts, ", "))
end

local function check_rows(problems, wanted, rows)
  if type(wanted) ~= "function" then
    same(problems, "rows", wanted, rows and #rows)
    return
  end
  local ok, message = pcall(wanted, rows or {})
  if not ok then problems[#problems + 1] = "rows: " .. tostring(message) end
end

local function values_of(result)
  local values = {}
  for _, one in ipairs(result.audit and result.audit.values or {}) do values[one.name] = one.value end
  return values
end

local function problems_of(wanted, result)
  local problems, verdict = {}, result.audit
  same(problems, "status", wanted.status, verdict and audit().WORDS[verdict.verdict])
  same(problems, "exit", wanted.exit, verdict and verdict.verdict or result.exit)
  part(problems, "line", wanted.line, verdict and verdict.line)
  part(problems, "output", wanted.output, result.output)
  part(problems, "error", wanted.error, result.error)
  check_rows(problems, wanted.rows, rows_of(result))
  check_row(problems, wanted.row, rows_of(result))
  local values = values_of(result)
  for name, value in pairs(wanted.value or {}) do same(problems, "value " .. name, value, values[name]) end
  if result.error and not wanted.error then problems[#problems + 1] = "it failed: " .. result.error end
  return problems
end

local function title_of(path, wanted)
  local words = { (wanted.report or path):match "[^/]*$", table.unpack(wanted.args or {}) }
  return table.concat(words, " ") .. (wanted.name and ": " .. wanted.name or "")
end

local function beside(path, name)
  if not name or name:sub(1, 1) == "/" then return name or path end
  return (path:match "^.*/" or "") .. name
end

local function one(path, number, wanted)
  local problems = problems_of(wanted, run(beside(path, wanted.report), wanted.args or {}))
  print(("%s %d - %s"):format(#problems == 0 and "ok" or "not ok", number, core.escape(title_of(path, wanted))))
  for _, problem in ipairs(problems) do print("#   " .. problem:gsub("\n", "\n#   ")) end
  return #problems == 0
end

--- Runs a file for what it expects, then once for each of that.
---@param path string
function test.run(path)
  collected = {}
  local first = run(path, {})
  local wanted = collected
  collected = nil
  if #wanted == 0 then
    prompt().leave(2, ("%s expects nothing: expect{...} says what it is to give%s"):format(path,
      first.error and "\n" .. first.error or ""))
  end
  local failed = 0
  print(("1..%d"):format(#wanted))
  for number, expectation in ipairs(wanted) do
    if not one(path, number, expectation) then failed = failed + 1 end
  end
  if failed > 0 then prompt().leave(1, ("%d of %d expectations are not met"):format(failed, #wanted)) end
end

return test
