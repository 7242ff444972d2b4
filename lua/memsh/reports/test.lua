-- SPDX-License-Identifier: GPL-3.0-or-later
-- `memsh --test FILE`: runs a report as each of its expectations says, and prints TAP. scripts/README.md explains the
-- keys of expect{...}.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local report = require "memsh.reports.report"

require "memsh" -- so that the session knows the command line

local audit = lazy "memsh.reports.audit"
local prompt = lazy "memsh.prompt"
local rowset = lazy "memsh.query.rowset"
local output = lazy "memsh.show.output"

local test = {}

local KEYS <const> = { name = "string", report = "string", args = "table", status = "string", exit = "number",
  line = "string", output = "string", error = "string", rows = "number or function", row = "table", value = "table" }

local collected -- the expectations, while a file is run to find them

local ASKS_NOTHING <const> = { name = true, report = true, args = true }

--- Notes what this file should give, or the one that `report` names. Without --test it does nothing.
---@param wanted table
function test.expect(wanted)
  report.check_keys(wanted, KEYS, "expect")
  local asks = false
  for key in pairs(wanted) do asks = asks or not ASKS_NOTHING[key] end
  if not asks then core.raise "expect expects nothing here; it takes status exit line output error rows row value" end
  if collected then collected[#collected + 1] = wanted end
end

-- ---- running a report

-- As memsh runs it, with nothing shown. Gives its rows, its output, and how it ended.
local function run(path, args)
  local before, finish = rawget(_G, "arg"), output().capture()
  rawset(_G, "arg", table.move(args, 1, #args, 1, { [0] = path }))
  audit().last = nil
  local chunk, value = loadfile(path, "t")
  local ok = chunk ~= nil
  if chunk then ok, value = pcall(chunk, table.unpack(args)) end
  local status, text = prompt().left()
  local result = { exit = status or ok and 0 or 1, error = text }
  if not ok and not status then result.error = tostring(value) end
  if ok and rowset().is(value) then
    value:print()
    result.rows = value:rows()
  elseif ok and value ~= nil then
    output().show(value)
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

-- ---- comparing

local function shown(value)
  if value == nil then return "nothing" end
  if type(value) == "string" then return ("'%s'"):format(core.escape(value)) end
  return core.is_unknown(value) and ("unknown (%s)"):format(core.why(value)) or tostring(value)
end

local function same(problems, what, wanted, got)
  if wanted ~= nil and wanted ~= got then
    problems[#problems + 1] = ("%s: %s is expected, but it is %s"):format(what, shown(wanted), shown(got))
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
  local parts = {}
  for _, row in ipairs(rows) do
    if has_values(row, wanted) then return end
  end
  for name, value in pairs(wanted) do parts[#parts + 1] = ("%s = %s"):format(name, shown(value)) end
  table.sort(parts)
  problems[#problems + 1] = ("row: none of %d has %s"):format(#rows, table.concat(parts, ", "))
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
  if wanted.row then check_row(problems, wanted.row, rows_of(result) or {}) end
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

--- Runs a file to find its expectations, then once for each.
---@param path string
function test.run(path)
  collected = {}
  local first = run(path, {})
  local wanted = collected
  collected = nil
  if #wanted == 0 then
    prompt().leave(2, ("%s expects nothing: expect{...} says what it should give%s"):format(path,
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
