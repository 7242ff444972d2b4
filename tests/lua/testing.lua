-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a Lua test needs. memsh finds no modules in directories, so a test loads it by its place:
--
--   local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
--   t.test("two and two", function() t.eq(2 + 2, 4) end)
--   t.finish()
--
-- A failed check ends its test, not the file: all failures are reported.

local t = {}
local passed, failures, skipped = 0, {}, {}
local skip_mark = {}

local function show(value, depth)
  if type(value) == "string" then return (string.format("%q", value):gsub("\\\n", "\\n")) end
  if type(value) ~= "table" or depth > 4 then return tostring(value) end
  local parts, keys = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if math.type(a) and math.type(b) then return a < b end
    return type(a) == type(b) and tostring(a) < tostring(b) or type(a) < type(b)
  end)
  for i, key in ipairs(keys) do
    local text = show(value[key], depth + 1)
    parts[#parts + 1] = key == i and text or "[" .. show(key, depth + 1) .. "] = " .. text
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- The path to the first difference and the two values there; nothing if there is none.
-- An integer and a float are different: "1" and "1.0" are, to the one who reads them.
local function difference(actual, expected, path)
  if type(actual) ~= "table" or type(expected) ~= "table" then
    local same = actual == expected and math.type(actual) == math.type(expected)
    if same or (actual ~= actual and expected ~= expected) then return end
    return path, actual, expected
  end
  if actual == expected then return end
  for key, value in pairs(expected) do
    local where, a, e = difference(actual[key], value, path .. "[" .. show(key, 0) .. "]")
    if where then return where, a, e end
  end
  for key, value in pairs(actual) do
    if expected[key] == nil then return path .. "[" .. show(key, 0) .. "]", value, nil end
  end
end

local function fail(message, note)
  error((note and note .. ": " or "") .. message, 3)
end

--- Runs fn as a test of its own.
---@param name string
---@param fn fun()
function t.test(name, fn)
  local ok, problem = xpcall(fn, function(problem)
    if problem == skip_mark or type(problem) ~= "string" then return problem end
    return debug.traceback(problem, 2)
  end)
  if ok then
    passed = passed + 1
  elseif problem == skip_mark then
    skipped[#skipped + 1] = name .. ": " .. skip_mark.reason
  else
    failures[#failures + 1] = name
    print("FAIL " .. name .. "\n" .. tostring(problem) .. "\n")
  end
end

--- What f gives where nothing saves reading or looking: the plain way.
---@param f fun(...): any
function t.plainly(f, ...)
  local reference_mode = require "memsh.exec.reference_mode"
  reference_mode.plain = true
  local results = table.pack(pcall(f, ...))
  reference_mode.plain = false
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

--- A generator of our own, so that a seed (MEMSH_SEED, or the usual one) means the same everywhere: random(n), from 1
--- to n; pick(list); and the seed.
---@param usual integer
---@return fun(n: integer): integer random
---@return fun(list: any[]): any pick
---@return integer seed
function t.generator(usual)
  local seed = math.tointeger(tonumber(os.getenv "MEMSH_SEED" or "")) or usual
  local state = seed
  local function random(n)
    state = (state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff
    return (state >> 33) % n + 1
  end
  return random, function(list) return list[random(#list)] end, seed
end

--- Both are the same, tables by what they hold.
function t.eq(actual, expected, note)
  local where, a, e = difference(actual, expected, "")
  if where then
    fail("expected " .. show(e, 0) .. ", got " .. show(a, 0) .. (where ~= "" and " at " .. where or ""), note)
  end
end

--- True in Lua's sense.
function t.ok(value, note)
  if not value then fail("expected a true value, got " .. show(value, 0), note) end
end

--- The text has the plain text `part` in it.
---@param text string
---@param part string
function t.has(text, part, note)
  if type(text) ~= "string" or not text:find(part, 1, true) then
    fail("expected " .. show(part, 0) .. " in " .. show(text, 0), note)
  end
end

--- fn raises an error that the Lua pattern matches; gives its text.
---@param fn fun()
---@param pattern string
---@return string
function t.raises(fn, pattern, note)
  local ok, problem = pcall(fn)
  if ok then fail("expected an error like " .. show(pattern, 0) .. ", got none", note) end
  local text = tostring(problem)
  if not text:find(pattern) then
    fail("expected an error like " .. show(pattern, 0) .. ", got " .. show(text, 0), note)
  end
  return text
end

--- Ends the test that is running: it can't be run here.
---@param reason string
function t.skip(reason)
  skip_mark.reason = reason
  error(skip_mark, 0)
end

local function note_skipped(file)
  local path = os.getenv "MEMSH_SKIPPED"
  local out = path and io.open(path, "a")
  for _, line in ipairs(skipped) do
    print("SKIP " .. line)
    if out then out:write(file, ": ", line, "\n") end
  end
  if out then out:close() end
end

--- Says how it went and ends memsh: 0, 1 if something failed, 77 if all was skipped.
function t.finish()
  note_skipped("lua/" .. (arg and arg[0] and arg[0]:match "([^/]+)_test%.lua$" or "?"))
  print(string.format("%d passed, %d failed, %d skipped", passed, #failures, #skipped))
  for _, name in ipairs(failures) do print("  failed: " .. name) end
  if #failures > 0 then os.exit(1, true) end
  os.exit(passed == 0 and #skipped > 0 and 77 or 0, true)
end

return t
