-- SPDX-License-Identifier: GPL-3.0-or-later
-- help, desc and fields: what memsh says about itself, from the field table.
local core = require "memsh.core"
local arguments = require "memsh.catalogue.arguments"
local computed = require "memsh.fields.computed"
local entries = require "memsh.catalogue.entries"
local operators = require "memsh.expr.operators"
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

-- ---- the catalogue

local PREFIXES <const> = { rowset = ":", process = "p:", mapping = "m:", system = "sys:", global = "", idea = "" }
local KINDS_OF_ROWS <const> = { "global", "rowset", "process", "mapping", "system", "idea" }

-- The names of a kind that fit, in the order of the catalogue.
local function names_of(kind, fits)
  local list = {}
  for name, row in pairs(entries[kind]) do
    if fits(row, name) then list[#list + 1] = name end
  end
  table.sort(list, function(a, b)
    local first, second = entries[kind][a].place, entries[kind][b].place
    return first < second or first == second and a < b
  end)
  return list
end

local function indented(text, lines)
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = "  " .. line end
end

local function add_row(lines, prefix, row, call)
  lines[#lines + 1] = prefix .. call
  lines[#lines + 1] = "  " .. row.meaning
  if row.more then indented(row.more, lines) end
  if row[1] == "ranges" then
    for _, kind in ipairs(core.page_kinds()) do lines[#lines + 1] = ("  %-20s %s"):format(kind.name, kind.meaning) end
  end
  if row.example then lines[#lines + 1] = "  example: " .. row.example end
end

-- What the catalogue has under a name; what several kinds of rows have alike, once.
local function add_rows(lines, name)
  local seen = {}
  for _, kind in ipairs(KINDS_OF_ROWS) do
    local row = entries[kind][name]
    if row and not seen[row] then
      seen[row] = true
      add_row(lines, PREFIXES[kind], row, arguments.call(row))
    end
  end
  local called = operators.functions[name]
  if called then add_row(lines, "in expressions: ", called, called.usage) end
end

-- The lines on a command, or on what the catalogue has; nil where it is neither.
function help.topic(topic)
  if type(topic) ~= "string" then return nil end
  if topic == "commands" then return all_commands() end
  local is_command, name = topic:match "^(:?)(.*)$"
  local command = upward.commands().find(name)
  local lines = {}
  if is_command == "" then add_rows(lines, name) end
  if command then
    lines[#lines + 1] = command.usage
    lines[#lines + 1] = "  " .. command.help
    for _, line in ipairs(command.more and command.more() or {}) do lines[#lines + 1] = line end
  end
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
  local list = { "commands", table.unpack(ORDER) }
  for _, kind in ipairs(KINDS_OF_ROWS) do
    for name in pairs(entries[kind]) do list[#list + 1] = name end
  end
  table.move(operators.names, 1, #operators.names, #list + 1, list)
  for _, name in ipairs(upward.commands().names) do list[#list + 1] = ":" .. name end
  table.sort(list)
  return list
end

--- The topics of help that are no fields.
---@return string[]
help.topics = all_topics

-- A title and words, in lines of at most 79 columns.
local function listing(title, words)
  local lines, line = {}, ("%-12s"):format(title)
  for _, word in ipairs(words) do
    if #line + 1 + #word > 79 then
      lines[#lines + 1] = line
      line = (" "):rep(12)
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function gives_rows(row)
  return row.of_groups or row.gives == "SET" or row.gives and row.gives:find "^memsh%." ~= nil
end

local function overview()
  return table.concat({ TEXT .. listing("verbs", names_of("rowset", gives_rows)),
    listing("ends", names_of("rowset", function(row) return not gives_rows(row) end)),
    listing("expressions", operators.names), listing("operators", names_of("idea", function(_, name)
      return not name:find "^%l%l%l" or name == "and" or name == "not" end)),
    listing("ideas", names_of("idea", function(row, name) return row[1] == name and name:find "^%l%l%l%l" end))
      .. "   help\"units\" explains one" }, "\n")
end

--- Prints help.
function help.show(topic)
  local more = not KINDS[topic or ""] and help.topic(topic)
  if topic == nil then
    print(overview())
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
