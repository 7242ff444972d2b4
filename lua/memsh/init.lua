-- SPDX-License-Identifier: GPL-3.0-or-later
-- The names that scripts and the prompt have: procs, maps, cgroups, sys, proc, known, why, bytes, human, fields, help,
-- desc, define, verb, footprint, reconcile, budget, report, audit, expect, K M G T.
local core = require "memsh.core"
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

-- Methods of processes that are made of row sets.
local process_methods = core.methods "process"

--- The numbers of a process as several files give them, side by side.
function process_methods.check(process)
  return require("memsh.analysis.crosscheck").of(process)
end

--- The mappings of a process, as a row set.
function process_methods.maps(process, what)
  return rowset().of_process(process):maps(what)
end

--- The mapping that covers an address.
function process_methods.at(process, addr)
  return require "memsh.analysis.mapping_at"(process, addr)
end

local memsh = { K = 1 << 10, M = 1 << 20, G = 1 << 30, T = 1 << 40 }

--- Whether a value is known.
memsh.known = core.known

--- Why a value is not known ("denied", "gone"...); nil for one that is.
memsh.why = core.why

--- A size as people read it: human(1536) is "1.5K".
memsh.human = core.human

--- The number of bytes that a text like "1.5G" means; nil and a message for any other text.
---@param text string|number
---@return integer|nil
---@return string|nil message
function memsh.bytes(text)
  return require "memsh.util.bytes"(text)
end

local function in_words(value)
  if type(value) == "string" then return ("'%s'"):format(core.escape(value)) end
  return type(value) == "number" and tostring(value) or "a " .. type(value)
end

local function set_of(pids)
  return rowset().processes { pids = pids, kernel = true }
end

-- One process by its number: it, or nil, a message, a name.
local function one_process(pid)
  if math.type(pid) ~= "integer" or pid <= 0 then
    core.raise(("proc takes process ids or a name, and %s is neither"):format(in_words(pid)))
  end
  local process = machine().source():process(pid)
  local reason = core.why(process.state)
  if reason == "gone" then return nil, ("no process %d"):format(pid), reason end
  if reason == "denied" then return nil, ("process %d: %s"):format(pid, core.reason_text(reason)), reason end
  return process
end

-- The kernel keeps 15 bytes of a name.
local NAME_LENGTH <const> = 15

--- proc(1234): a process, or nil, a message, a name. proc"nginx", proc(1, 2): row sets.
---@param first integer|string
---@param ... integer
function memsh.proc(first, ...)
  if type(first) == "string" then
    return rowset().processes { kernel = true }:where("comm == given", { given = first:sub(1, NAME_LENGTH) })
  end
  if select("#", ...) == 0 then return one_process(first) end
  local pids = { first, ... }
  for _, pid in ipairs(pids) do
    if math.type(pid) ~= "integer" or pid <= 0 then
      core.raise(("proc takes process ids, and %s is none"):format(in_words(pid)))
    end
  end
  return set_of(pids)
end

--- Adds a field that is computed from others, for processes, mappings or both, as far as they have its parts.
---@param name string
---@param text string an expression
---@param meaning string what it is, in one line
function memsh.define(name, text, meaning)
  define()(name, text, meaning)
end

--- Adds a verb to row sets, or replaces one that was added.
---@param name string
---@param method fun(set: memsh.RowSet, ...: any): any
---@param signature string how it is called: "biggest(N)"
---@param meaning string what it does, in one line
function memsh.verb(name, method, signature, meaning)
  require "memsh.query.define_verb"(name, method, signature, meaning)
end

--- The memory of processes with every page counted once, and what would be freed if all of them ended.
---@param rows any a row set of processes, an array of them, or one
function memsh.footprint(rows)
  return require "memsh.analysis.footprint"(rows)
end

--- Where the machine's memory is, line by line, adding up to sys.mem_total.
function memsh.reconcile()
  return require("memsh.analysis.reconcile").rows()
end

--- Sets within which limits processes are read: budget{max_rss="2G"}.
---@param given memsh.Budget
function memsh.budget(given)
  require("memsh.analysis.limits")(given)
end

--- Says what a saved report is, and reads its arguments.
---@param declared memsh.Report
---@return table opt
function memsh.report(declared)
  return require("memsh.reports.report").declare(declared)
end

--- Begins an audit, which ends with a verdict: audit"swap":crit(rows, "what they are"):done().
---@param name string
---@return memsh.Audit
function memsh.audit(name)
  return require("memsh.reports.audit").start(name)
end

--- What a report is to give, for `memsh --test`; else it does nothing.
---@param wanted memsh.Expectation
function memsh.expect(wanted)
  if output().options().test then require("memsh.reports.test").expect(wanted) end
end

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

--- Help on a topic.
function memsh.help(topic)
  return help().show(topic)
end

--- What a field means, where it comes from, what it leaves out.
function memsh.desc(name)
  return help().describe(name)
end

--- The fields of "procs", "maps" or "sys", those that fit a pattern with * and ? alone, with a line each.
function memsh.fields(kind, glob)
  return help().fields(kind, glob)
end

local MADE = {
  procs = function() return rowset().processes {} end,
  maps = function() return rowset().mappings() end,
  cgroups = function() return rowset().cgroups() end,
  sys = function() return machine().system() end,
}

-- procs, maps, cgroups and sys are made when they are first named.
return setmetatable(memsh, { __index = function(self, name)
  local make = MADE[name]
  local value = make and make()
  if value ~= nil then rawset(self, name, value) end
  return value
end })
