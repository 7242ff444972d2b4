-- SPDX-License-Identifier: GPL-3.0-or-later
-- What TAB offers, place by place; and that the lists it has by heart are those of the objects.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local complete = require "memsh.complete"
local core = require "memsh.core"
local names = require "memsh.names"
local rowset = require "memsh.rowset"
require "memsh" -- gives rows their methods

local function type_of(value)
  local meta = debug.getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name or type(value)
end

-- The candidates as a set, and in one string.
local function offer(text)
  local start, list, append = complete.complete(text, type_of, { "procs", "maps", "sys", "proc" })
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set, table.concat(list, " "), append, start
end

local function offers(text, expected, append)
  local _, joined, after = offer(text)
  t.eq(joined, expected, text)
  if append then t.eq(after, append, text) end
end

-- Has the first, not the second.
local function tells_apart(text, has, has_not)
  local set = offer(text)
  t.eq(set[has] or false, true, text .. " offers " .. has)
  t.eq(set[has_not] or false, false, text .. " does not offer " .. has_not)
end

t.test("globals and keywords", function()
  offers("pr", "print proc procs")
  offers("whil", "while")
  offers("x = setmetat", "setmetatable", "(")
  offers("procs.procs.whil", "")
end)

t.test("where the word begins", function()
  local _, _, _, start = offer "procs:wh"
  t.eq(start, 7)
  _, _, _, start = offer "procs:"
  t.eq(start, 7)
  _, _, _, start = offer ""
  t.eq(start, 1)
end)

t.test("methods of row sets and rows", function()
  offers("procs:whe", "where", '"')
  offers("procs:where'swap > 0':sort\"-swap\":to", "top total")
  offers("procs\n  :where [[swap > 0]]\n  :ski", "skip", "(")
  offers("proc\"nginx\":dist", "distinct", '"')
  offers("proc(1):ref", "refresh", "(")
  tells_apart("proc(1):", "maps", "where")
  tells_apart("procs:first():", "refresh", "where")
  tells_apart("maps:one():", "get", "sort")
  tells_apart("proc(1, 2):", "where", "refresh")
  offers("('x'):upp", "upper", "(")
  offers("string.gsu", "gsub", "(")
end)

t.test("the lists of methods are those of the objects", function()
  for name in pairs(rowset.methods) do t.eq(names.rowset[name] ~= nil, true, "a row set's " .. name) end
  for name in pairs(names.rowset) do t.eq(rowset.methods[name] ~= nil, true, "a row set's " .. name) end
  for _, kind in ipairs { "process", "mapping", "system" } do
    for name in pairs(names[kind]) do
      t.eq(core.methods(kind)[name] ~= nil, true, kind .. ":" .. name)
    end
    for name in pairs(core.methods(kind)) do
      local inner = name == "?" or name == "process"
      t.eq(inner or names[kind][name] ~= nil, true, kind .. ":" .. name)
    end
  end
end)

t.test("every field of the table, where it belongs", function()
  for kind, text in pairs { process = "procs:where\"", mapping = "maps:show'", system = "print(sys." } do
    local set = offer(text)
    for _, field in ipairs(core.fields(kind)) do t.eq(set[field.name], true, text .. field.name) end
  end
  tells_apart("procs:where\"", "uss", "inode")
  tells_apart("maps:where\"", "inode", "ppid")
  tells_apart("procs:maps():sort\"", "inode", "ppid")
  tells_apart("maps:procs():sort\"", "ppid", "inode")
  tells_apart("maps:show\"proc.", "ppid", "inode")
  tells_apart("proc(1).", "ppid", "inode")
  tells_apart("maps:first().", "inode", "ppid")
end)

t.test("texts of a query", function()
  offers("procs:where\"private_di", "private_dirty")
  offers("procs:where\"rss > 1M and private_di", "private_dirty")
  offers("procs:sort\"-private_di", "private_dirty")
  offers("procs:show'pid, comm, x=private_di", "private_dirty")
  offers("procs:by\"user\":agg{m = \"max(private_di", "private_dirty")
  offers("procs:by\"user\":agg({m = \"max(private_di", "private_dirty")
  offers("procs:where(\"private_di", "private_dirty")
  offers("define(\"x\", \"private_di", "private_dirty")
  offers("procs:where\"basen", "basename", "(")
  offers("procs:where\"comm == 'private_di", "")
  offers("procs:where(\"rss > l\", {l = \"private_di", "")
  offers("print(\"private_di", "")
  offers("procs:where\"p.private_di", "")
  offers("procs:sort\"an", "anon_huge_pages anonymous")
  tells_apart("procs:where\"", "and", "procs")
  tells_apart("procs:maps\"", "inode", "ppid")
  offers("fields\"", "cgroups maps procs sys")
  tells_apart("cgroups:where\"", "memory_current", "swap")
  tells_apart("cgroups:first().", "events_oom_kill", "rss")
  offers("fields('m", "maps")
  offers("desc\"private_di", "private_dirty")
  offers("desc\"mem_avail", "mem_available")
end)

t.test("no offers in comments, numbers and declarations", function()
  offers("-- pr", "")
  offers("--[[ pr", "")
  offers("x = 0xa", "")
  offers("local pr", "")
end)

t.test("what is defined in the session", function()
  _G.kept = procs:where "swap > 0":maps()
  _G.grouped = procs:by "user"
  _G.nested = { inner = { deep = 1, call = print }, text = "x" }
  tells_apart("kept:where\"", "inode", "ppid")
  tells_apart("grouped:sort\"", "n", "nothing")
  offers("nested.", "inner text")
  offers("nested.inner.", "call deep")
  offers("nested.inner:", "call")
  offers("nested.text:low", "lower")
  _G.kept, _G.grouped, _G.nested = nil, nil, nil
end)

t.test("nothing of the user's runs, whatever pretends to be what", function()
  local function ran() error "it ran" end
  local metas = { __index = ran, __pairs = ran, __len = ran, __tostring = ran, __call = ran, __eq = ran }
  for _, name in ipairs { "memsh.rowset", "memsh.process", "memsh.mapping", "memsh.system", "mine" } do
    metas.__name = name
    _G.trap = setmetatable({ schema = setmetatable({}, metas) }, metas)
    for _, text in ipairs { "trap.", "trap:", "trap.x.", "trap.schema.", "trap.schema:", "trap():", "trap:where\"" } do
      offer(text)
    end
  end
  _G.trap = nil
end)

t.test("any text at all", function()
  for _, text in ipairs { "", ")", "))):", "]]", "[[", "\"", "\\", "'\\", "--", "::", ":", ".", "..", "...", "{", "}:",
    "a.b.c:d(", "procs:(", "procs:where(", "procs:where{\"", "\0", "\xff.", "f{}.", "x[1]:", "a[", "(((((\"" } do
    offer(text)
  end
end)

t.finish()
