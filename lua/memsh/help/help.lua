-- SPDX-License-Identifier: GPL-3.0-or-later
-- help, desc and fields: what memsh says about itself, from the field table.
local core = require "memsh.core"
local computed = require "memsh.fields.computed"
local suggest = require "memsh.util.suggest"
local upward = require "memsh.util.upward"

local help = {}

local KINDS = { procs = "process", maps = "mapping", cgroups = "cgroup", sys = "system" }
local ORDER = { "procs", "maps", "cgroups", "sys" }

local TEXT = [[
memsh answers questions about memory. Questions are chains; paste one of these:
  procs:where"swap > 0":sort"-private_dirty":top(10)    -- filtered, sorted
  procs:by"user":sum"pss swap":sort"-pss"               -- grouped and summed
  maps:where"w and x":show"pid comm addr perms path"    -- mappings of them all
  proc(1):maps():sort"-rss":show"path rss bar(rss)"     -- one process's, drawn
  procs:plot"pss"                                       -- drawn as a picture
  sys.mem_available / sys.mem_total                     -- the machine
  reconcile()                                           -- where all of it went
  footprint(procs:where"user == 'root'")                -- each page once
  fields"maps"           -- the fields of mappings; "procs", "cgroups", "sys"
  desc"pss"              -- what one means and leaves out; at the prompt: pss?
verbs        where sort top skip show by sum avg min max count agg distinct
             join total set maps procs describe explain, A - B: what has grown
ends         rows first one any empty count sum json jsonl csv tsv md print plot
of one       p:maps() p:check() p:at(addr) m:ranges()   your own: define verb
expressions  64K 1.5G (bytes)  5m 2h (ages)  == ~= < <= > >=  and or not
             + - * / // % ..  =~ !~ "regular expression"  has starts ends match
             glob basename dirname upper lower len min max abs floor if known
What cannot be read is unknown and shows as ?; a sum without it is marked >=.
In Lua known(v) and why(v) ask about a value, p:get("pss", 0) has a default.
]]

local function each_field(kind, take)
  if kind == "cgroup" then
    for _, field in ipairs(require("memsh.query.cgroups").fields()) do take(field) end
    return
  end
  for _, info in ipairs(core.fields(kind)) do take(info) end
  for _, field in ipairs(computed.fields(kind)) do take(field) end
end

-- A pattern with * and ? as a Lua pattern.
local function pattern_of(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%[%]%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

-- Lines too long for the terminal go on below the text of their last column; a pipe has a line each.
local function wrapped(line, width)
  local out, hang = {}, #line:match "^%s*"
  for column in line:gmatch "%S%s%s+()" do
    if column <= width // 2 then hang = column - 1 end
  end
  while #line > width do
    local cut = line:sub(hang + 2, width + 1):match "^.*()%s"
    if not cut then break end
    out[#out + 1] = line:sub(1, hang + cut)
    line = (" "):rep(hang) .. line:sub(hang + 1 + cut):match "^%s*(.*)$"
  end
  out[#out + 1] = line
  return table.concat(out, "\n")
end

--- Prints lines, folded to fit the terminal.
---@param lines string[]
function help.write(lines)
  local out, width = core.sink_stdout(), nil
  if out:is_tty() then width = out:width() end
  for i, line in ipairs(lines) do lines[i] = width and #line > width and wrapped(line, width) or line end
  print(table.concat(lines, "\n"))
end

local write = help.write

local function all_commands()
  local commands, lines = upward.commands(), {}
  for _, name in ipairs(commands.names) do
    local command = commands.find(name)
    lines[#lines + 1] = ("  %-26s %s"):format(command.usage, command.help)
  end
  lines[#lines + 1] = "  :VERB...                   :by\"user\" is _:by\"user\", of the last answer"
  return lines
end

-- The lines on a command or a verb; nil where it is neither.
function help.topic(topic)
  if type(topic) ~= "string" then return nil end
  if topic == "commands" then return all_commands() end
  local is_command, name = topic:match "^(:?)(.*)$"
  local command, verb = upward.commands().find(name), require("memsh.catalogue.verbs")[name]
  local lines = {}
  if verb and is_command == "" then
    lines = { ":" .. verb[1], "  " .. verb[2] }
  end
  if command then
    lines[#lines + 1] = command.usage
    lines[#lines + 1] = "  " .. command.help
    for _, line in ipairs(command.more and command.more() or {}) do lines[#lines + 1] = line end
  end
  local lines_of = require("memsh.help.topics")[topic]
  for _, line in ipairs(lines_of and lines_of() or {}) do lines[#lines + 1] = line end
  return #lines > 0 and lines or nil
end

-- `more`: what may have been meant but for fields; `rest`: what to say where nothing is near.
local function describe(name, message, more, rest)
  local lookup = require "memsh.help.lookup"
  local lines = type(name) == "string" and lookup.lines(name) or {}
  if #lines > 0 then return write(lines) end
  local all = lookup.names()
  local near = suggest.nearest(tostring(name), table.move(more, 1, #more, #all + 1, all))
  core.raise(message:format(core.escape(tostring(name)), near and ("; did you mean '%s'?"):format(near) or rest))
end

local function all_topics()
  local list = { "commands" }
  for name in pairs(require "memsh.help.topics") do list[#list + 1] = name end
  for name in pairs(require "memsh.catalogue.verbs") do list[#list + 1] = name end
  for _, name in ipairs(upward.commands().names) do list[#list + 1] = ":" .. name end
  for _, name in ipairs(ORDER) do list[#list + 1] = name end
  table.sort(list)
  return list
end

--- The topics of help that are no fields.
---@return string[]
help.topics = all_topics

--- Prints help.
function help.show(topic)
  local more = not KINDS[topic or ""] and help.topic(topic)
  if topic == nil then
    print((TEXT:gsub("\n$", "")))
  elseif more then
    write(more)
  elseif type(topic) == "string" and KINDS[topic] then
    help.fields(topic)
  else
    describe(topic, "there is no help on '%s'%s", help.topics(), "; help() has an overview")
  end
end

local function kind_of(kind)
  if KINDS[kind] then return KINDS[kind] end
  local near = suggest.nearest(tostring(kind), ORDER)
  core.raise(("fields takes \"procs\", \"maps\", \"cgroups\" or \"sys\", not '%s'%s"):format(
    core.escape(tostring(kind)), near and ("; did you mean '%s'?"):format(near) or ""))
end

--- Prints the fields of a kind, a line each.
function help.fields(kind, glob)
  local wanted = {}
  for _, name in ipairs(ORDER) do
    if kind == nil or KINDS[name] == kind_of(kind) then wanted[#wanted + 1] = name end
  end
  local lines = {}
  for _, name in ipairs(wanted) do
    if #wanted > 1 then lines[#lines + 1] = name .. ":" end
    each_field(KINDS[name], function(field)
      if glob and not field.name:find(pattern_of(glob)) then return end
      local meaning = field.alias_of and "the same as " .. field.alias_of or field.meaning
      lines[#lines + 1] = ("  %-24s %s"):format(field.name, meaning)
    end)
  end
  write(lines)
end

--- Prints what a field means; the kernel's labels and the columns of other tools lead to fields.
function help.describe(name)
  describe(name, "there is no field '%s'%s", {}, "; fields() lists them")
end

return help
