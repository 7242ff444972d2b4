-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- The catalogue and what can be called are the same; arguments are used or refused; every example runs.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local arguments = require "memsh.catalogue.arguments"
local core = require "memsh.core"
local entries = require "memsh.catalogue.entries"
local operators = require "memsh.expr.operators"
local rowset = require "memsh.query.rowset"

-- Of each kind, what has it, and functions that fit the row of the catalogue: f(...) calls it.
local OBJECTS <const> = {
  rowset = procs, process = proc(1), mapping = proc(1):maps():first(), system = sys, global = _G,
}

local function called(kind, name)
  local object = OBJECTS[kind]
  if kind == "global" then return object[name] end
  return function(...) return object[name](object, ...) end
end

local function each(take)
  for kind in pairs(OBJECTS) do
    local names = {}
    for name in pairs(entries[kind]) do names[#names + 1] = name end
    table.sort(names)
    for _, name in ipairs(names) do take(kind, name, entries[kind][name]) end
  end
end

t.test("what can be called is in the catalogue, and the other way round", function()
  require "memsh.show.ends"
  for name in pairs(rowset.methods) do t.ok(entries.rowset[name], "a row set's " .. name) end
  for name in pairs(entries.rowset) do t.ok(rawget(rowset.methods, name), "a row set's " .. name) end
  for _, kind in ipairs { "process", "mapping", "system" } do
    local methods = core.methods(kind)
    for name in pairs(entries[kind]) do t.ok(methods[name], kind .. ":" .. name) end
    for name in pairs(methods) do
      t.ok(entries[kind][name] or name == "?" or name == "process", kind .. ":" .. name)
    end
  end
  local globals = {}
  for _, name in ipairs(require("memsh.prompt").globals) do
    globals[name] = true
    t.ok(entries.global[name], name)
  end
  for name in pairs(entries.global) do t.ok(globals[name], name) end
end)

t.test("agg takes what help says, and names it all where it is asked for something else", function()
  local listed = entries.rowset.agg.more:match "There are (.-)%."
  for how in listed:gmatch "%w+" do
    t.ok(procs:by "user":agg { x = how .. "(rss)" }:first().x, how)
    t.raises(function() return procs:agg { x = "other(rss)" } end, "%f[%w]" .. how .. "[,%s]")
  end
end)

-- An argument that fits, by how the catalogue shows it.
local FITS <const> = {
  ['"EXPRESSION"'] = "rss > 0", ['"KEYS"'] = "pid", ['"COLUMNS"'] = "pid", ['"FIELDS"'] = "rss", ['"FIELD"'] = "rss",
  ['"NAME"'] = "some_name", ['"MEANING"'] = "m", ['"SIGNATURE"'] = "some_name()", ['"FILE"'] = "status",
  ['"TOPIC"'] = "where", ['"KIND"'] = "procs", ['"GLOB"'] = "pss*", ['"dry"'] = "dry", ['"smaps"'] = "smaps",
  N = 1, OTHER = procs, PID = 1, ['PID|"NAME"'] = 1, ADDRESS = 1, BYTES = 1, MISSING = 1, FUNCTION = print,
  ROWS = procs, VALUE = 1, DEFAULT = 1,
}
local WRONG <const> = coroutine.create(print) -- fits nothing but what takes any value

local function fitting(row)
  local given = { n = 0 }
  for i, parameter in ipairs(arguments.parameters(row)) do
    local value = FITS[parameter.word]
    if parameter.word:find "^{" then value = {} end
    t.ok(value ~= nil, parameter.word)
    given[i], given.n = value, i
  end
  return given
end

local function refused(f, given, row, what)
  local ok, message = pcall(f, table.unpack(given, 1, given.n))
  t.ok(not ok, ("%s takes %s"):format(row[1], what))
  for _, part in ipairs { row[1] .. " takes ", arguments.call(row), "as in " .. row.example } do
    t.ok(tostring(message):find(part, 1, true), ("%s, %s: %s"):format(row[1], what, message))
  end
end

t.test("an argument too many, or of a wrong type, is refused and says how it is called", function()
  each(function(kind, name, row)
    if not row.takes then return end
    local f, given, list = called(kind, name), fitting(row), arguments.parameters(row)
    local several = list[#list] and list[#list].many
    given.n = given.n + 1
    given[given.n] = several and WRONG or 1
    refused(f, given, row, "one too many")
    for i, parameter in ipairs(list) do
      if parameter.noun ~= "a value" then
        given = fitting(row)
        given[i] = WRONG
        refused(f, given, row, "a wrong one at " .. i)
        given[i] = nil
        if not parameter.optional then refused(f, given, row, "none at " .. i) end
      end
    end
  end)
end)

t.test("calls that dropped an argument once", function()
  for slip in ([[procs:top(5, 6); procs:count"x"; procs:csv"/tmp/x.csv"; procs:rows(1); procs:where("swap > 0", {}, 3);
    procs:join(); procs:join(procs); procs:sort(); procs:total(1); procs:set"x"; procs:plot("rss", "pss");
    procs({kernel=true}, 1); procs(5); maps"x"; cgroups{kernel=true}; procs:by"user":count"x"; procs:explain("dry", 1);
    procs:by("user", 3); procs:by{"user", {}}; procs:top(-1); procs:top(1.5); proc("nginx", 1); proc(1, "nginx");
    proc(0); proc(); proc(1):get("rss", 0, 1); proc(1):get(); proc(1):at(); desc("pss", "rss"); bytes("1K", 2); human();
    known(1, 2, 3)]]):gmatch "%s*([^;]+)" do
    local ok, message = pcall(assert(load("return " .. slip)))
    t.ok(not ok, slip)
    t.ok(not tostring(message):find "attempt to", slip .. ": " .. tostring(message))
  end
end)

t.test("several texts are one list", function()
  local function csv(set) return set:csv() end
  t.eq(csv(procs:by("user", "comm"):sum("rss", "swap")), csv(procs:by "user, comm":sum "rss, swap"))
  t.eq(csv(procs:show("pid", "mb=rss / M")), csv(procs:show "pid, mb=rss / M"))
  t.eq(csv(procs:show "pid comm":sort("comm", "-pid")), csv(procs:show "pid comm":sort "comm, -pid"))
  for _, how in ipairs { "avg", "min", "max" } do
    t.eq(csv(procs[how](procs:by "user", "rss", "virt")), csv(procs[how](procs:by "user", "rss, virt")))
  end
  t.eq(csv(procs:distinct("user", "comm"):show "pid"), csv(procs:distinct "user, comm":show "pid"))
  t.eq(csv(procs:join(procs, "pid", "comm"):show "pid"), csv(procs:join(procs, "pid, comm"):show "pid"))
  t.eq(tostring(procs:by("user", "comm")), 'procs:by("user", "comm")')
  t.eq(proc(1, 412, 413):count(), 3)
end)

t.test("a verb of the user's has its arguments as they are", function()
  local given
  verb("taken", function(_, ...) given = table.pack(...) end, "taken(...)", "a test")
  procs:taken(1, nil, "x", nil)
  t.eq(given, { 1, nil, "x", nil, n = 4 })
  entries.rowset.taken, rowset.methods.taken = nil, nil
end)

-- These belong in a file that memsh runs as a report (tests/docs/help.bats).
local OF_REPORTS <const> = { report = true, audit = true, expect = true }
-- These need a file (own_rows_test.lua, recording_test.lua).
local OF_FILES <const> = { read_csv = true, read_jsonl = true, recording = true, over = true }

t.test("everything has a meaning and an example, which runs", function()
  local rows = {}
  each(function(kind, name, row)
    if not (kind == "global" and OF_REPORTS[name] or OF_FILES[name]) then rows[kind .. " " .. name] = row end
  end)
  for name, row in pairs(operators.functions) do rows["function " .. name] = row end
  for name, row in pairs(entries.idea) do rows["idea " .. name] = row end
  for name, row in pairs(rows) do
    t.ok(row.meaning and #row.meaning > 2 and not row.meaning:find "\n", name)
    local run = load("return " .. row.example) or assert(load(row.example))
    local ok, value = pcall(run)
    t.ok(ok, ("%s: %s"):format(row.example, value))
    if rowset.is(value) then value:rows() end
  end
  budget { max_rss = false }
end)

t.test("help knows all of it", function()
  local help = require "memsh.help.help"
  for _, topic in ipairs(help.topics()) do
    local lines = help.topic(topic)
    t.ok(lines or topic == "sys" or entries.global[topic], topic)
  end
  for topic in ("where has pct =~ patterns units quoting time unknown + not"):gmatch "%S+" do
    local text = table.concat(help.topic(topic), "\n")
    t.ok(text:find("example: ", 1, true), topic)
  end
end)

t.finish()
