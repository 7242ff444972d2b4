-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Objects of the core and the end of their lives: what a script does to them ends in a message, not in a crash.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local function objects()
  local source = assert(core.source(os.getenv "MEMSH_FIXTURES" .. "/full"))
  local process = source:process(1107)
  local listing = core.listing(process, true)
  local view = listing:view()
  local sink = core.sink_memory()
  source:pids() -- leaves its metatable in the registry
  core.human(1)
  return {
    source = source, process = process, listing = listing, view = view, kept = core.keep(view),
    system = source:system(), sink = sink, spaces = core.spaces(), tally = core.tally({}, {}, {}),
    writer = core.writer(sink, "csv", {{name = "n", type = "integer"}}), unknown = core.unknown("denied"),
    regex = core.regex("a", false), row = proc(1107), sys = sys, pss = proc(1107).pss,
    ahead = core.ahead({source:process(412)}, 1),
  }
end

-- What can be reached at all: metatables and finalizers also of objects that Lua code never sees.
local function reach(start)
  local seen, todo = {}, {start}
  local function note(value)
    local kind = type(value)
    if (kind == "table" or kind == "userdata" or kind == "function" or kind == "thread") and not seen[value] then
      seen[value] = true
      todo[#todo + 1] = value
    end
  end
  while #todo > 0 do
    local value = table.remove(todo)
    note(debug.getmetatable(value))
    if type(value) == "table" then
      for k, v in next, value do note(k); note(v) end
    elseif type(value) == "userdata" then
      for i = 1, 2 do note((debug.getuservalue(value, i))) end
    elseif type(value) == "function" then
      for i = 1, 255 do
        local name, up = debug.getupvalue(value, i)
        if not name then break end
        note(up)
      end
    end
  end
  return seen
end

local function try_all(object)
  for _, key in ipairs {"pss", "pid", "comm", "addr", "size", "rss", "mem_total", "swaps", "uptime"} do
    pcall(function() return tostring(object[key]) end)
  end
  for _, name in ipairs {"pids", "system", "root", "opened", "view", "close", "text", "width", "flush", "refresh",
    "process", "ranges", "take", "malformed", "is_folded", "total", "group"} do
    pcall(function() return object[name](object, 1, 1) end)
  end
  pcall(function() return #object end)
  pcall(tostring, object)
  pcall(function() return object == object end)
  pcall(core.keep, object)
  pcall(core.fetch, object, 0)
  pcall(core.identity, object)
end

t.test("no finalizer can be called by a script, with any object", function()
  local made = objects()
  local pids = made.source:pids()
  local everything = reach {debug.getregistry(), made}
  local finalizers, userdata = {}, {}
  for value in pairs(everything) do
    local name = type(value) == "table" and rawget(value, "__name")
    if type(name) == "string" and name:find "^memsh%." then finalizers[rawget(value, "__gc") or next] = name end
    if type(value) == "userdata" and value ~= io.stdout and value ~= io.stderr and value ~= io.stdin then
      userdata[#userdata + 1] = value
    end
  end
  finalizers[next] = nil
  local count = 0
  for gc in pairs(finalizers) do
    count = count + 1
    for _, object in ipairs(userdata) do
      t.eq(pcall(gc, object), false)
      t.eq(coroutine.wrap(pcall)(gc, object), false)
      t.eq(pcall(function() return gc(object) end), false)
    end
    t.eq(pcall(gc), false)
    t.eq(pcall(gc, io.stdout), false)
    t.eq(pcall(gc, {}), false)
  end
  t.ok(count >= 10)
  t.eq(made.process.pss, 16270 * 1024)
  t.eq(made.system.mem_total, sys.mem_total)
  t.eq(made.source:pids(), pids)
  t.ok(made.regex "cat")
  t.eq(made.kept.addr, made.view.addr)
  for _, object in ipairs(userdata) do try_all(object) end
end)

t.test("what a finalizer of a script's own finds once more is refused", function()
  local left
  do
    local made = objects()
    setmetatable({}, {__gc = function() left = made end})
    -- This one is older than the objects, so that they are collected first.
    local holder = setmetatable({}, {__gc = function(self) left = self.made end})
    holder.made = objects()
  end
  collectgarbage()
  collectgarbage()
  t.ok(left)
  for _, object in pairs(left) do try_all(object) end
  local said, why = pcall(function() return left.process.pss end)
  t.ok(not said and tostring(why):find "attempt to index a userdata value", why)
end)

t.test("no metatable is shown, whose functions would take one object for another", function()
  for name, object in pairs(objects()) do
    if type(object) == "userdata" then t.eq({name, getmetatable(object)}, {name, "protected"}) end
  end
end)

t.test("functions of the core refuse what is no table", function()
  for place = 2, 4 do
    local arguments = {1, {{1}}, {}, {}}
    arguments[place] = place
    t.eq(pcall(core.order, table.unpack(arguments)), false)
  end
  t.eq(core.order(2, {{2, 1}}, {}, {}), {2, 1})
  t.eq(core.lacking(proc(1107), 5, print), core.lacking(proc(1107)))
end)

local function takes_bytecode(f)
  if debug.getinfo(f, "S").what ~= "C" then return false end
  local code = string.dump(function() return "bytecode" end)
  local worked, made = pcall(f, code, "=x", "b")
  return worked and type(made) == "function" and select(2, pcall(made)) == "bytecode"
end

t.test("no loader leads to a function that takes bytecode, nor does the registry", function()
  local functions = {load, loadfile, dofile, require, table.unpack(package.searchers)}
  for _, value in pairs(debug.getregistry()) do
    if type(value) == "function" then functions[#functions + 1] = value end
  end
  local at = 1
  while functions[at] do
    t.ok(not takes_bytecode(functions[at]))
    for i = 1, 255 do
      local name, value = debug.getupvalue(functions[at], i)
      if not name then break end
      if type(value) == "function" then functions[#functions + 1] = value end
    end
    at = at + 1
  end
end)

t.test("nor does the stack of calls", function()
  local callers = {}
  local function note(level)
    local info = debug.getinfo(level, "f")
    if info then callers[#callers + 1] = info.func end
  end
  load(function() note(2); note(3); note(4) end)
  debug.sethook(function() note(3) end, "c")
  load("return 1")
  loadfile("/dev/null")
  debug.sethook()
  t.ok(#callers > 2)
  for _, caller in ipairs(callers) do t.ok(not takes_bytecode(caller)) end
end)

t.finish()
