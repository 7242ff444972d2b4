-- SPDX-License-Identifier: GPL-3.0-or-later
-- help, desc and fields: what memsh says about itself, from the field table.
local core = require "memsh.core"
local arguments = require "memsh.catalogue.arguments"
local entries = require "memsh.catalogue.entries"
local field_docs = require "memsh.help.field_docs"
local lazy = require "memsh.util.lazy"
local operators = require "memsh.expr.operators"
local suggest = require "memsh.util.suggest"
local upward = require "memsh.util.upward"

local common_mistakes, topics = lazy "memsh.util.common_mistakes", lazy "memsh.show.topics"

local help = {}

local KINDS <const> = {}
for _, kind in ipairs(field_docs.KINDS) do KINDS[kind] = true end

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

-- A line too long for the terminal goes on below the text of its last column.
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

local FULL <const> = 116 -- columns that the texts in this program fill

-- Whether `line` goes on with the sentence of the one before it, which was full. "from:" begins anew.
local function continues(before, line)
  local indent, word = line:match "^(%s*)(%S+)"
  if not word or word:find "^%l+:$" or #before + 1 + #word <= FULL then return false end
  local hang = before:match "^%s*%S.-%s%s+()%S"
  if #indent == #before:match "^%s*" then return not (hang and line:find "%S%s%s+%S") end
  return #indent + 1 == hang
end

--- Lines folded to a width, each paragraph from its beginning.
---@param lines string[]
---@param width integer
---@return string[]
function help.folded(lines, width)
  local out, last = {}, nil
  for _, line in ipairs(lines) do
    if last and continues(last, line) then
      out[#out] = out[#out] .. " " .. line:match "^%s*(.*)$"
    else
      out[#out + 1] = line
    end
    last = line
  end
  for i, line in ipairs(out) do out[i] = #line > width and wrapped(line, width) or line end
  return out
end

--- Prints lines, folded to fit the terminal; a pipe gets them as they are.
---@param lines string[]
function help.write(lines)
  local out = core.sink_stdout()
  if out:is_tty() then lines = help.folded(lines, out:width()) end
  print(table.concat(lines, "\n"))
end

local function all_commands()
  local commands, lines = upward.commands(), {}
  for _, name in ipairs(commands.names) do
    local command = commands.find(name)
    if not command.is_beside then -- another one, which names it
      lines[#lines + 1] = ("  %-26s %s"):format(command.usage, command.help)
    end
  end
  lines[#lines + 1] = "  :VERB...                   :by\"user\" is _:by\"user\", of the last answer"
  return lines
end

-- ---- the catalogue

local PREFIXES <const> = { rowset = ":", process = "p:", mapping = "m:", system = "sys:", global = "", idea = "" }
local KINDS_OF_ROWS <const> = { "global", "rowset", "process", "mapping", "system", "idea" }

-- The names of a kind that fit, in the order of the catalogue.
local function names_of(kind, fits)
  local list, rows = {}, entries[kind]
  for name, row in pairs(rows) do
    if fits(row, name) then list[#list + 1] = name end
  end
  table.sort(list, function(a, b)
    return rows[a].place < rows[b].place or rows[a].place == rows[b].place and a < b
  end)
  return list
end

local function add_row(lines, prefix, row, call)
  lines[#lines + 1] = prefix .. call
  lines[#lines + 1] = "  " .. row.meaning
  for line in (row.more or ""):gmatch "[^\n]+" do lines[#lines + 1] = "  " .. line end
  if row[1] == "ranges" then
    for _, kind in ipairs(core.page_kinds()) do lines[#lines + 1] = ("  %-20s %s"):format(kind.name, kind.meaning) end
  end
  if row[1] == "unknown" then
    for _, reason in ipairs(core.reasons()) do
      lines[#lines + 1] = ("  %-14s %s"):format(reason, core.reason_text(reason))
    end
  end
  if row.example then lines[#lines + 1] = "  example: " .. row.example end
end

-- What the catalogue has under a name; what several kinds of rows share, once.
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

--- The lines on a command, or on what the catalogue has; nil if it is neither.
function help.topic(topic)
  if type(topic) ~= "string" then return nil end
  if topic == "commands" then return all_commands() end
  local colon, name = topic:match "^(:?)(.*)$"
  local command, lines = upward.commands().find(name), {}
  if colon == "" then add_rows(lines, name) end
  if command then
    lines[#lines + 1] = command.usage
    lines[#lines + 1] = "  " .. command.help
    for _, line in ipairs(command.more and command.more() or {}) do lines[#lines + 1] = line end
  end
  return #lines > 0 and lines or nil
end

-- A saved report of that name.
local function add_report(lines, name)
  local prompt = require "memsh.prompt"
  for _, one in ipairs(prompt.reports()) do
    if one.name == name and one.path then
      local about = prompt.about(one.path)
      lines[#lines + 1] = ("memsh %s (a report; at the prompt :run %s)"):format(name, name)
      if about ~= "" then lines[#lines + 1] = "  " .. about end
      lines[#lines + 1] = ("  memsh %s --help explains it"):format(name)
    end
  end
  return lines
end

-- `more`: other names that may have been meant; `rest`: what to say if nothing is near.
local function describe(name, message, more, rest)
  local lookup = require "memsh.help.lookup"
  local lines = type(name) == "string" and lookup.lines(name) or {}
  if #lines > 0 then return help.write(lines) end
  local all = table.move(more, 1, #more, 1, lookup.names())
  core.raise(message:format(core.escape(tostring(name)), suggest.ending(name, all, rest)))
end

--- The topics of help that are no fields.
---@return string[]
function help.topics()
  local list = { "commands", table.unpack(field_docs.KINDS) }
  for _, kind in ipairs(KINDS_OF_ROWS) do
    for name in pairs(entries[kind]) do list[#list + 1] = name end
  end
  table.move(operators.names, 1, #operators.names, #list + 1, list)
  for _, name in ipairs(upward.commands().names) do list[#list + 1] = ":" .. name end
  table.sort(list)
  return list
end

-- A title and words, in lines of at most 79 columns.
local function listing(title, words)
  local lines, line = {}, ("%-9s"):format(title)
  for _, word in ipairs(words) do
    if #line + 1 + #word > 79 then
      lines[#lines + 1] = line
      line = (" "):rep(9)
    end
    line = line .. " " .. word
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function gives_rows(row)
  if row[1]:find "^p[59]" and row[1] ~= "p99" then return false end -- there are median and p99
  return row.of_groups or row.gives == "SET" or row.gives and row.gives:find "^memsh%." ~= nil
end

local function overview()
  local ideas = names_of("idea", function(row, name) return row[1] == name and name:find "^%l%l%l%l" end)
  ideas[#ideas + 1] = "  (help\"units\")"
  return table.concat({ TEXT .. listing("verbs", names_of("rowset", gives_rows)),
    listing("ends", names_of("rowset", function(row)
      return not (gives_rows(row) or row.is_for_files or row.of_groups)
    end)),
    listing("functions", operators.names), listing("operators", names_of("idea", function(_, name)
      return not name:find "^%l" or name == "and" or name == "or" or name == "not" end)),
    listing("ideas", ideas) }, "\n")
end

-- A line for each field; topic by topic where there are topics.
local function add_fields(lines, list, groups)
  local width = 24
  for _, doc in ipairs(list) do width = math.max(width, #doc.name) end
  for _, group in ipairs(groups or { list }) do
    if group.title then lines[#lines + 1] = "-- " .. group.title end
    for _, doc in ipairs(group) do
      local meaning = doc.alias_of and "the same as " .. doc.alias_of or doc.meaning
      lines[#lines + 1] = ("  %-" .. width .. "s %s"):format(doc.name, meaning)
    end
  end
end

--- Prints the fields of a kind, or of all, a line each.
function help.fields(kind, glob)
  if glob == nil and type(kind) == "string" and not KINDS[kind] then
    if kind:find "[*?]" then
      kind, glob = nil, kind
    elseif #kind > 2 and not suggest.nearest(kind, field_docs.KINDS) then
      kind, glob = nil, "*" .. kind .. "*"
    end
  end
  if kind ~= nil and not KINDS[kind] then
    core.raise(("fields takes \"procs\", \"maps\", \"cgroups\", \"sys\" or a pattern such "
      .. "as \"swap*\", not '%s'%s"):format(
      core.escape(tostring(kind)), suggest.ending(kind, field_docs.KINDS)))
  end
  local lines = {}
  for _, name in ipairs(kind and { kind } or field_docs.KINDS) do
    local list = {}
    for _, doc in ipairs(field_docs.of(name)) do
      if core.glob(doc.name, glob or "*") then list[#list + 1] = doc end
    end
    if not kind and #list > 0 then lines[#lines + 1] = name .. ":" end
    add_fields(lines, list, not glob and topics().group(name, list) or nil)
  end
  if #lines == 0 then
    local word = (glob or ""):gsub("^%*(.*)%*$", "%1")
    local rest = #require("memsh.help.lookup").lines(word) > 0 and "desc\"%s\" says what it is elsewhere"
      or "fields() lists them"
    core.raise(("no field is like '%s'; " .. rest):format(core.escape(word), core.escape(word)))
  end
  help.write(lines)
end

-- Of a kind's fields those whose meaning has a word, and the one that other tools call so.
local function about(word, kind)
  local list, by_name = {}, {}
  local pattern = "%f[%w]" .. word:gsub("%W", "%%%0") .. "%f[%W]"
  for _, doc in ipairs(field_docs.of(kind)) do by_name[doc.name] = doc end
  local foreign = common_mistakes().field(word, { field = function(_, name) return by_name[name] end })
  for _, doc in ipairs(field_docs.of(kind)) do
    if doc.name == foreign or not doc.alias_of and doc.meaning:lower():find(pattern) then list[#list + 1] = doc end
  end
  return list
end

local function add_mentions(lines, word)
  for _, kind in ipairs(field_docs.KINDS) do
    local list = about(word, kind)
    if #list > 0 then lines[#lines + 1] = kind .. ":" end
    add_fields(lines, list)
  end
  if #lines == 0 then return end
  table.insert(lines, 1, ("nothing is called %s; these fields are about it:"):format(core.escape(word)))
end

--- Prints help.
function help.show(topic)
  if topic == nil then return print(overview()) end
  if KINDS[topic] then return help.fields(topic) end
  local lines = add_report(help.topic(topic) or {}, topic)
  local fields = type(topic) == "string" and require("memsh.help.lookup").lines(topic) or {}
  table.move(fields, 1, #fields, #lines + 1, lines)
  if #lines == 0 and type(topic) == "string" and #topic > 2 then add_mentions(lines, topic:lower()) end
  if #lines > 0 then return help.write(lines) end
  describe(topic, "there is no help on '%s'%s", help.topics(), "; help() has an overview")
end

--- Prints what a field means; the kernel's labels and the columns of other tools lead to fields.
function help.describe(name)
  describe(name, "there is no field '%s'%s", {}, "; fields() lists them")
end

return help
