-- SPDX-License-Identifier: GPL-3.0-or-later
-- The names that scripts and the prompt have; the catalogue lists them.
local core = require "memsh.core"
local guard = require "memsh.catalogue.guard"
local lazy = require "memsh.util.lazy"

local upward = require "memsh.util.upward"

local define = lazy "memsh.fields.define"
local help = lazy "memsh.help.help"
local machine = lazy "memsh.fields.machine"
local rowset = lazy "memsh.query.rowset"
local output = lazy "memsh.show.output"
local settings = lazy "memsh.show.settings"

-- What the rooms below cannot require.
upward.commands = lazy "memsh.prompt.commands"
upward.ends = lazy "memsh.show.ends"
upward.report = lazy "memsh.reports.report"
upward.cgroups = lazy "memsh.query.cgroups"
upward.other_tools = lazy "memsh.help.other_tools"

-- Methods of processes that are made of row sets.
for name, method in pairs {
  check = function(process) return require("memsh.analysis.crosscheck").of(process) end,
  maps = function(process, what) return rowset().of_process(process):maps(what) end,
  parent = function(process) return require("memsh.query.family").parent(process) end,
  children = function(process) return require("memsh.query.family").children(process) end,
  ancestors = function(process) return require("memsh.query.family").ancestors(process) end,
  descendants = function(process) return require("memsh.query.family").descendants(process) end,
} do
  core.methods("process")[name] = guard.new("process", name, method, guard.nothing)
end

core.methods("process").at = guard.new("process", "at", function(process, addr)
  return require "memsh.analysis.mapping_at"(process, addr)
end, function(addr) return math.type(addr) == "integer" end)

local memsh = { K = 1 << 10, M = 1 << 20, G = 1 << 30, T = 1 << 40 }

-- ---- functions: how each is called and what it means is in the catalogue

local globals = { known = core.known, why = core.why, human = core.human }

function globals.bytes(text) return require "memsh.util.bytes"(text) end

local function set_of(pids)
  return require "memsh.query.procs_options"(rowset().processes {}, { pid = pids })
end

-- Where several machines are asked, that something is of one.
local function one_machine(what, instead)
  if machine().several() then
    core.raise(("%s is of one machine, and several are asked: write %s, or recording\"FILE\""):format(what, instead))
  end
end

-- One process by its number: it, or nil, a message, a name.
local function one_process(pid)
  one_machine("proc(PID)", "procs{pid = PID}")
  return require("memsh.query.one_process").of(machine().source(), pid)
end

-- The kernel keeps 15 bytes of a name.
local NAME_LENGTH <const> = 15

-- proc(1234): a process, or nil, a message, a name. proc"nginx", proc(1, 2): row sets.
function globals.proc(first, others)
  if type(first) == "number" and others == nil then return one_process(first) end
  if type(first) == "number" then
    return set_of(type(others) == "table" and { first, table.unpack(others) } or { first, others })
  end
  if first:find "^%d+$" then
    local text = "proc takes an id without quotes: proc(%s); a name of digits alone: procs:where\"comm == '%s'\""
    core.raise(text:format(first, first))
  end
  if others ~= nil then core.raise "proc takes one name, or process ids: proc\"nginx\", proc(1, 2)" end
  return rowset().processes { kernel = true }:where("comm == given", { given = first:sub(1, NAME_LENGTH) })
end

function globals.define(...) return define()(...) end
function globals.verb(...) return require "memsh.query.define_verb"(...) end
function globals.recording(path) return require("memsh.query.recording").open(path) end
function globals.footprint(rows) return require "memsh.analysis.footprint"(rows) end
function globals.reconcile() return require("memsh.analysis.reconcile").rows() end
function globals.budget(given) return require "memsh.analysis.limits"(given) end
function globals.rows(given) return require("memsh.query.own_rows").of_table(given) end
function globals.read_csv(path) return require("memsh.query.own_rows").of_csv(path) end
function globals.read_jsonl(path) return require("memsh.query.own_rows").of_jsonl(path) end
-- report{...} declares the one that runs; report"NAME" and report("NAME", {...}) give the rows of another.
function globals.report(what, given)
  if type(what) == "string" then return require "memsh.reports.call"(what, given) end
  return require("memsh.reports.report").declare(what)
end
function globals.audit(name) return require("memsh.reports.audit").start(name) end
function globals.help(topic) return help().show(topic) end
function globals.desc(name) return help().describe(name) end
function globals.fields(kind, glob) return help().fields(kind, glob) end

-- For `memsh --test`; else it does nothing.
function globals.expect(wanted)
  if output().options().test then require("memsh.reports.test").expect(wanted) end
end

-- What is given usually, where that is not nothing (see guard.lua).
local USUAL <const> = { known = guard.anything, why = guard.anything, human = guard.number, bytes = guard.anything,
  desc = guard.text, define = guard.never, verb = guard.never, audit = guard.text, report = guard.table,
  budget = guard.table, expect = guard.table, footprint = guard.table, rows = guard.table, read_csv = guard.text,
  read_jsonl = guard.text, recording = guard.text }

function USUAL.proc(value) return guard.text(value) or guard.count(value) and value > 0 end

for name, f in pairs(globals) do memsh[name] = guard.new("global", name, f, USUAL[name] or guard.nothing) end

--- Shows values as the prompt and -e do. Gives the first.
---@param ... any
function memsh.show(...)
  local first, message, name = output().show(...)
  if name then error(message, 0) end
  return first
end

--- Sets how values are shown: set("mode", "json"), set("units", "bytes").
---@param name string
---@param value string|integer
function memsh.set(name, value)
  settings().set(name, value)
end

--- Runs a command of the prompt: command"desc pss".
---@param text string
function memsh.command(text)
  require("memsh.prompt.commands").run(text)
end

local MADE = {
  procs = function() return rowset().processes {} end,
  maps = function() return rowset().mappings() end,
  cgroups = function() return rowset().cgroups() end,
  sys = function()
    one_machine("sys", "sys.FIELD in expressions, as in procs:distinct\"host\":show\"host sys.mem_available\"")
    require "memsh.query.system_lists"
    return machine().system()
  end,
}

-- procs, maps, cgroups and sys are made when they are first named.
return setmetatable(memsh, { __index = function(self, name)
  local make = MADE[name]
  local value = make and make()
  if value ~= nil then rawset(self, name, value) end
  return value
end })
