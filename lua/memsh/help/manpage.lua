-- SPDX-License-Identifier: GPL-3.0-or-later
-- The manual page, made from the option table, the catalogue, the commands, the field table and its chapters of prose.
local arguments = require "memsh.catalogue.arguments"
local chapters = require "memsh.help.manual_text"
local entries = require "memsh.catalogue.entries"
local field_docs = require "memsh.help.field_docs"
local operators = require "memsh.expr.operators"
local upward = require "memsh.util.upward"

local manpage = {}

local function escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-")
  return (text:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

local function bold(text)
  return "\\fB" .. escape(text) .. "\\fR"
end

local function section(out, name)
  out[#out + 1] = ('.SH "%s"'):format(name)
end

local function paragraph(out, text)
  out[#out + 1] = ".PP"
  out[#out + 1] = escape(text)
end

local function example(out, text)
  out[#out + 1] = ".PP\n.nf\n.RS"
  out[#out + 1] = escape(text)
  out[#out + 1] = ".RE\n.fi"
end

-- A tagged entry; `tag` is roff already.
local function entry(out, tag, text)
  out[#out + 1] = ".TP"
  out[#out + 1] = tag
  out[#out + 1] = escape(text)
end

local function option_tag(option)
  local parts = {}
  if option.short then parts[#parts + 1] = bold("-" .. option.short) end
  if option.long then parts[#parts + 1] = bold("--" .. option.long) end
  local tag = table.concat(parts, ", ")
  if not option.argument then return tag end
  return tag .. (option.argument:find "^%[" and "" or " ") .. "\\fI" .. option.argument .. "\\fR"
end

local function sentence(text)
  return (text:gsub("^%l", string.upper)) .. "."
end

local function describe(field)
  if field.alias_of then return ("Another name of %s."):format(field.alias_of) end
  local origin = field.computed and field.from or "from " .. field.from
  return sentence(field_docs.meaning(field)) .. "\n" .. sentence(("%s; since Linux %s; readable by: %s"):format(origin,
    field_docs.versions(field), field.permission))
end

local function add_fields(out, kind, title)
  section(out, title)
  for _, field in ipairs(field_docs.of(kind)) do
    entry(out, ("%s (%s)"):format(bold(field.name), field.unit), describe(field))
  end
end

local function add_head(out, version)
  out[#out + 1] = ('.TH MEMSH 1 "" "memsh %s" "User Commands"'):format(escape(version))
  section(out, "NAME")
  out[#out + 1] = "memsh \\- a query shell for the memory of processes"
  section(out, "SYNOPSIS")
  for i, rest in ipairs { "", "\\fIFILE.lua\\fR [\\fIARG\\fR...]", "\\fIREPORT\\fR [\\fIARG\\fR...]",
    "\\fB\\-e\\fR \\fICODE\\fR [\\fIARG\\fR...]" } do
    if i > 1 then out[#out + 1] = ".br" end
    out[#out + 1] = "\\fBmemsh\\fR [\\fIOPTIONS\\fR] " .. rest
  end
end

local function add_description(out)
  section(out, "DESCRIPTION")
  paragraph(out, "memsh reads /proc and answers questions about the memory of processes, asked in Lua. Without a "
    .. "script it is an interactive shell; where standard input is no terminal, it runs what comes from there.")
  paragraph(out, "procs is the set of all processes, maps the set of all their mappings; a query is a chain of verbs "
    .. "after one of them. What cannot be read is unknown and says why: it is never 0 and never left out silently.")
  example(out, [[procs:where"swap > 0":sort"-private_dirty":top(10)
maps:by"path":sum"private_dirty":sort"-private_dirty"
proc(1234):maps():where"w and x"]])
  paragraph(out, "Data goes to standard output; everything said about it goes to standard error.")
end

local function add_options(out, options)
  section(out, "OPTIONS")
  for _, option in ipairs(options) do entry(out, option_tag(option), sentence(option.help)) end
  paragraph(out, "Options end at the script or the report. A script whose own options look like those of memsh is run "
    .. "as: memsh -- SCRIPT ...")
end

local function add_catalogue(out, title, kind)
  local rows = {}
  for name, row in pairs(entries[kind]) do
    if not row.own and row[1] == name then rows[#rows + 1] = row end
  end
  table.sort(rows, function(a, b) return a.place < b.place end)
  section(out, title)
  for _, row in ipairs(rows) do
    entry(out, bold(arguments.call(row)), sentence(row.meaning) .. "\n" .. row.example)
  end
end

local function add_functions(out)
  section(out, "FUNCTIONS OF EXPRESSIONS")
  for _, name in ipairs(operators.names) do
    local row = operators.functions[name]
    entry(out, bold(row.usage), sentence(row.meaning) .. "\n" .. row.example)
  end
end

local function add_prompt(out)
  local commands = upward.commands()
  section(out, "AT THE PROMPT")
  paragraph(out, "The value of an entry is shown and kept as _; those before it are _1 to _9. A semicolon at the end "
    .. "mutes it, NAME? explains a field, and a verb after a colon goes on from _: :by\"user\". A local outside of "
    .. "blocks is kept for the session. Ctrl-C stops what runs; the rows read so far are in _, marked partial. Queries "
    .. "over half a second show progress. TAB completes fields, verbs, files, and after user == ', comm == ' or proc( "
    .. "what there is now; it runs no code and reads for at most 40 ms. TAB twice explains each word. Commands:")
  for _, name in ipairs(commands.names) do
    local command = commands.find(name)
    entry(out, bold(command.usage), sentence(command.help))
  end
end

local function add_chapters(out)
  for _, chapter in ipairs(chapters) do
    section(out, chapter[1])
    for i = 2, #chapter do
      local part = chapter[i]
      if type(part) == "table" then example(out, part[1]) else paragraph(out, part) end
    end
  end
end

local function add_tail(out)
  section(out, "EXIT STATUS")
  for _, row in ipairs { { "0", "All went well." }, { "1", "A script failed." }, { "2", "Wrong use." },
    { "3", "With --strict: something that the query needs could not be read." },
    { "74", "Output could not be written." }, { "124", "The deadline has passed." }, { "130", "Interrupted." },
    { "141", "The reader of the output closed the pipe (memsh ends by SIGPIPE)." } } do
    entry(out, bold(row[1]), row[2])
  end
  paragraph(out, "The number that a script gives to os.exit passes through. With --check: 0 OK, 1 WARNING, 2 CRITICAL, "
    .. "and 3 for everything else: too little could be read, or memsh failed.")
  section(out, "FILES")
  entry(out, "\\fI$XDG_STATE_HOME/memsh/history\\fR", "What was typed at the prompt (~/.local/state/memsh/history). An "
    .. "entry that begins with a space is not kept.")
  entry(out, "\\fI$XDG_CONFIG_HOME/memsh/init.lua\\fR", "Your own fields and verbs, for every prompt: define, verb "
    .. "(~/.config/memsh/init.lua). Scripts, reports and -e do not read it. It is not run if others can write it, if "
    .. "it is another user's, or if HOME is somebody else's.")
  entry(out, "\\fI$XDG_DATA_HOME/memsh/reports\\fR", "Saved reports of your own (~/.local/share/memsh/reports).")
  entry(out, "\\fI/etc/memsh/unrestricted\\fR", "Users whom sudo and file capabilities do not restrict, by name or "
    .. "number, one a line; * is all. It counts if only root can write it.")
  section(out, "ENVIRONMENT")
  paragraph(out, "LUA_INIT, LUA_PATH and LUA_CPATH do nothing. The current directory is never searched for code.")
  section(out, "SEE ALSO")
  out[#out + 1] = "\\fBproc\\fR(5), \\fBpmap\\fR(1), \\fBlua\\fR(1)"
end

--- The page, as roff.
---@param about {version: string, options: table[]} the module memsh.options
---@return string
function manpage.page(about)
  local out = {}
  add_head(out, about.version)
  add_description(out)
  add_options(out, about.options)
  add_catalogue(out, "VERBS AND ENDS", "rowset")
  add_catalogue(out, "GLOBALS", "global")
  add_functions(out)
  add_catalogue(out, "OPERATORS AND IDEAS", "idea")
  add_prompt(out)
  add_chapters(out)
  add_fields(out, "procs", "FIELDS OF PROCESSES")
  add_fields(out, "maps", "FIELDS OF MAPPINGS")
  add_fields(out, "cgroups", "FIELDS OF CONTROL GROUPS")
  add_fields(out, "sys", "FIELDS OF THE SYSTEM")
  add_tail(out)
  return table.concat(out, "\n") .. "\n"
end

return manpage
