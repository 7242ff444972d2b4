-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What TAB offers, place by place; and that the lists it has by heart are those of the objects.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local complete = require "memsh.prompt.complete"
local core = require "memsh.core"
local entries = require "memsh.catalogue.entries"
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
  offers("procs:where\"pid == 'private_di", "")
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

-- ---- values

local machine, values = require "memsh.fields.machine", require "memsh.prompt.complete.values"

-- The fixture's own word for it.
local function names_of(file, pattern)
  local set = {}
  for _, pid in ipairs(machine.pids()) do
    local f = io.open(("%s/%d/%s"):format(machine.source():root(), pid, file), "rb")
    local name = f and f:read "a":match(pattern)
    if f then f:close() end
    if name then set[name] = pid end
  end
  return set
end

t.test("values of texts: those that there are", function()
  local set = offer "procs:where\"comm == '"
  local comms, n = names_of("stat", "%((.*)%)"), 0
  for name in pairs(set) do
    n = n + 1
    t.ok(comms[name], name .. " is the name of a process")
  end
  t.ok(n > 5, "names of processes")
  for name in pairs(comms) do
    local plain = name:find "^[%w%-_ .]+$"
    local kernel = core.is_kernel(machine.source():process(comms[name]))
    if plain and not kernel then t.eq(set[name], true, name) end
    if name:find "[%c\\'\"]" then t.eq(set[name], nil, "a name that can't be typed") end
  end
  offers("procs:where\"user == 'roo", "root", "'")
  offers("procs:where'user ~= \"roo", "root", '"')
  offers("maps:where\"pid == 1 and user != 'roo", "root", "'")
  offers("maps:where\"proc.user == 'roo", "root", "'")
  offers("procs:where\"starts(user, 'roo", "root", "'")
  offers("procs:where(function(p) return p.user == 'roo", "root", "'")
  offers("procs:where\"user == 'root' and private_di", "private_dirty")
  local _, _, _, found = complete.complete("procs:where\"user == 'roo", type_of, {})
  t.eq(found.about.root, ("%d processes"):format(procs:where "user == 'root'":count()), "as many as procs() has")
  t.ok(procs { kernel = true }:where "user == 'root'":count() > procs:where "user == 'root'":count())
  offers("procs:where\"exe == '", "")
  offers("procs:where\"pss == '", "")
  offers("procs:where\"nothing == '", "")
end)

t.test("values of a closed list, with what they mean", function()
  offers("procs:where\"state == '", "D I R S T X Z t")
  offers("maps:where\"kind == 'v", "vdso vsyscall vvar")
  offers("maps:where\"quadrant == 'private-", "private-anon private-file")
  local _, _, _, found = complete.complete("procs:where\"state == '", type_of, {})
  t.eq(found.about.Z, "zombie")
  for _, mapping in ipairs(maps:where "known(kind)":rows()) do
    t.eq(offer("maps:where\"kind == '")[mapping.kind], true, mapping.kind)
  end
end)

t.test("numbers of processes, with their names", function()
  local pid = 413
  local start, list, _, found = complete.complete("proc(41", type_of, {})
  t.eq(start, 6)
  t.eq(found.about["413"], machine.source():process(pid).comm)
  t.eq(offer("proc(2")["2"], true, "a thread of the kernel")
  tells_apart("proc(", "413", "2")
  for i = 2, #list do t.ok(tonumber(list[i - 1]) < tonumber(list[i]), "in their order") end
  t.eq(offer("proc(1, " .. pid)[tostring(pid)], true)
  tells_apart("x = proc(pro", "procs", tostring(pid))
  offers("x.proc(1", "")
  offers("print(1", "")
  offers("x[1", "")
  t.eq(offer "proc\""["zoo"], offer "procs:where\"comm == '"["zoo"])
end)

-- What of each kind of file is opened by `f`.
local function opened(f)
  local before = machine.source():opened()
  f()
  local after = {}
  for file, n in pairs(machine.source():opened()) do
    local more = n - (before[file] or 0)
    if more > 0 then after[file] = more end
  end
  return after
end

t.test("only files that never wait are read, and no more than the time allows", function()
  local all = #machine.pids()
  t.eq(opened(function() offer "procs:where\"comm == '" end), { stat = all })
  for file, n in pairs(opened(function() offer "procs:where\"user == '" end)) do
    t.ok(file == "status" or file == "stat", file) -- stat where a process has no address space
    t.ok(n <= all + 1, "each once")
  end
  t.eq(opened(function() offer "procs:where\"unit == '" end), { cgroup = all })
  t.eq(opened(function() offer "procs:where\"exe == '" end), {})
  t.eq(opened(function() offer "procs:where\"priv" end), {})
  t.eq(opened(function() offer "proc(1" end).smaps, nil)
  -- Ten thousand of them, and a clock that moves by 10 ms a look: after five looks nothing more is read.
  local clock, pids, looks = values.clock, machine.pids, 0
  local many = {}
  for i = 1, 10000 do many[i] = i end
  machine.pids = function() return many end
  values.clock = function()
    looks = looks + 1
    return looks * 0.010
  end
  local found
  local files = opened(function()
    found = select(4, complete.complete("procs:where\"comm == '", type_of, {}))
  end)
  local read = tonumber(found.note:match "^%((%d+) of 10000 processes")
  t.ok(read and read > 0 and read <= 5 * 64, found.note)
  for file, n in pairs(files) do t.ok(n <= read, file .. " of those alone") end
  looks = 0
  found = select(4, complete.complete("proc(", type_of, {}))
  t.has(found.note, "of 10000 processes")
  machine.pids, values.clock = pids, clock
end)

-- ---- files, commands, the list

t.test("where a file is meant", function()
  for _, text in ipairs { "read_csv'", "read_jsonl \"x", "dofile'", "loadfile(\"a/b", "io.open('x y", "io.lines \"",
    ":save ", ":save 'x y" } do
    local start, list, _, found = complete.complete(text, type_of, {})
    t.eq(found.files, true, text)
    t.eq(#list, 0)
    t.ok(not text:sub(start):find "['\"]", text)
  end
  for _, text in ipairs { "open('", "x.dofile'", "x:dofile'", "io.close('", "io.open('x', '", "print'" } do
    local _, _, _, found = complete.complete(text, type_of, {})
    t.eq(found.files, nil, text)
  end
end)

t.test("groups have their keys, their counts and what was summed, and sum takes what they are groups of", function()
  local function columns(text)
    local _, list = complete.complete(text, type_of, {})
    local found = {}
    for _, name in ipairs(list) do
      if not require("memsh.expr.operators").functions[name] then found[#found + 1] = name end
    end
    return found
  end
  t.eq(columns "procs:by\"user\":sum\"pss swap\":sort\"-", { "n", "pss", "swap", "user" })
  t.eq(columns "maps:by\"path\":sum\"rss\":count():show\"", { "n", "path", "procs", "rss" })
  t.eq(columns "procs:by\"comm, who=user\":max\"rss\":first().", { "comm", "n", "rss", "who" })
  t.eq(columns "procs:by\"user\":agg{top = \"max(rss)\", all = \"sum(rss)\"}:sort\"", { "all", "n", "top", "user" })
  t.eq(columns "procs:by\"user\":sum\"pss\":show\"user, mb=pss/M\":sort\"-", { "mb", "n", "pss", "user" })
  offers("procs:by\"user\":sum\"private_di", "private_dirty")
  offers("procs:by\"user\":sum\"pss\":max\"private_di", "private_dirty")
  _G.held = procs:by "user":sum "rss"
  t.eq(columns "held:sort\"", { "n", "rss", "user" })
  _G.held = nil
end)

t.test("commands say themselves what they take", function()
  local commands = require "memsh.prompt.commands"
  for _, name in ipairs(commands.names) do t.eq(offer(":" .. name)[name], true, name) end
  local mode = commands.find "mode"
  for _, word in ipairs(mode.arguments) do t.eq(offer ":mode "[word], true, word) end
  mode.query = true
  offers(":mode 2 procs:whe", "where", '"')
  offers(":mode 0.5 procs:where\"private_di", "private_dirty")
  t.eq(offer ":mode pr".procs, true)
  mode.query = nil
  offers(":by\"oom_score_a", "oom_score_adj")
  offers(":where\"user == 'roo", "root", "'")
end)

t.test("every verb, method and global is listed with how it is called and what it does", function()
  local found = select(4, complete.complete("procs:", type_of, {}))
  for name in pairs(entries.rowset) do
    t.eq(type(found.about[name]), "table", name)
    t.eq(found.about[name][1]:sub(1, #name), name)
  end
  found = select(4, complete.complete("", type_of, require("memsh.prompt").globals))
  for name, row in pairs(entries.global) do t.eq(found.about[name] and found.about[name][2], row.meaning, name) end
  found = select(4, complete.complete("procs:where'", type_of, {}))
  for _, field in ipairs(core.fields "process") do t.ok(found.about[field.name], field.name) end
end)

t.test("the list fits the screen and lets no byte through", function()
  local list = require "memsh.prompt.complete.menu"
  for _, text in ipairs { "procs:", "procs:where'", "procs:where'private_", "maps:where'", "", "proc(", ":desc " } do
    local _, words, _, found = complete.complete(text, type_of, { "procs" })
    for _, width in ipairs { 20, 40, 80, 200 } do
      for line in list.text(words, found, width, 24):gmatch "[^\n]+" do
        t.ok(core.display_width(line) <= math.max(width, 60), text .. " in " .. width .. ": " .. line)
      end
    end
  end
  local _, words, _, found = complete.complete("procs:where'private_d", type_of, {})
  t.has(list.text(words, found, 80, 24), "private_dirty  resident pages mapped once, modified")
  found.about.private_dirty = "\27[31mred\n\226\128\174\255"
  t.eq(list.text(words, found, 80, 24), "private_dirty  \\x1b[31mred\\n\\xe2\\x80\\xae\\xff")
end)

t.test("what is watched is completed as any question", function()
  offers(":watc", "watch")
  offers(":watch 2 procs:wher", "where")
  offers(":watch 0.5 procs:where'private_d", "private_dirty")
end)

t.test("differences have a status, statistics their columns", function()
  local _, list = complete.complete('(procs:set() - before):where"stat', type, {})
  t.has(table.concat(list, " "), "status")
  _, list = complete.complete('procs:set():where"stat', type, {})
  t.ok(not table.concat(list, " "):find "status")
  _, list = complete.complete('procs:describe():sort"-m', type, {})
  t.has(table.concat(list, " "), "max median min missing")
end)

t.test("report is given the reports there are, as memsh --list names them", function()
  local names = {}
  for _, found in ipairs(require("memsh.prompt").reports()) do
    if found.path then names[#names + 1] = found.name end
  end
  table.sort(names)
  local _, list = complete.complete('report"', type_of, {})
  table.sort(list)
  t.eq(list, names)
end)

t.finish()
