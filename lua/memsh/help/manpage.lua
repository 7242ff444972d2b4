-- SPDX-License-Identifier: GPL-3.0-or-later
-- The manual pages, made from the option table, the catalogue, the commands, the field table and its chapters of prose.
local arguments = require "memsh.catalogue.arguments"
local chapters = require "memsh.help.manual_text"
local entries = require "memsh.catalogue.entries"
local examples = require "memsh.help.examples"
local field_docs = require "memsh.help.field_docs"
local operators = require "memsh.expr.operators"
local upward = require "memsh.util.upward"

local roff = require "memsh.help.roff"

local manpage = {}

local bold, sentence = roff.bold, roff.sentence

local function option_tag(option)
  local parts = {}
  if option.short then parts[#parts + 1] = bold("-" .. option.short) end
  if option.long then parts[#parts + 1] = bold("--" .. option.long) end
  local tag = table.concat(parts, ", ")
  if not option.argument then return tag end
  return tag .. (option.argument:find "^%[" and "" or " ") .. "\\fI" .. option.argument .. "\\fR"
end

local function describe(field)
  if field.alias_of then return ("Another name of %s."):format(field.alias_of) end
  local origin = field.computed and field.from or "from " .. field.from
  return sentence(field_docs.meaning(field)) .. "\n" .. sentence(("%s; since Linux %s; readable by: %s"):format(origin,
    field_docs.versions(field), field.permission))
end

local function add_fields(out, kind, title)
  out:section(title)
  for _, field in ipairs(field_docs.of(kind)) do
    out:entry(("%s (%s)"):format(bold(field.name), field.unit), describe(field))
  end
end

local function add_synopsis(out)
  out:section "SYNOPSIS"
  for i, rest in ipairs { "", "\\fIFILE.lua\\fR [\\fIARG\\fR...]", "\\fIREPORT\\fR [\\fIARG\\fR...]",
    "\\fB\\-e\\fR \\fICODE\\fR [\\fIARG\\fR...]" } do
    if i > 1 then out[#out + 1] = ".br" end
    out[#out + 1] = "\\fBmemsh\\fR [\\fIOPTIONS\\fR] " .. rest
  end
end

local function add_description(out)
  out:section("DESCRIPTION")
  out:paragraph("memsh reads /proc and answers questions about the memory of processes, asked in Lua. Without a "
    .. "script it is an interactive shell; where standard input is no terminal, it runs what comes from there.")
  out:paragraph("procs is the set of all processes, maps the set of all their mappings; a query is a chain of verbs "
    .. "after one of them. What cannot be read is unknown and says why: it is never 0 and never left out silently.")
  out:example([[procs:where"swap > 0":sort"-private_dirty":top(10)
maps:by"path":sum"private_dirty":sort"-private_dirty"
proc(1234):maps():where"w and x"]])
  out:paragraph("Data goes to standard output; everything said about it goes to standard error.")
end

local function add_options(out, options)
  out:section("OPTIONS")
  for _, option in ipairs(options) do out:entry(option_tag(option), sentence(option.help)) end
  out:paragraph("Options end at the script or the report. A script whose own options look like those of memsh is run "
    .. "as: memsh -- SCRIPT ...")
end

local function add_catalogue(out, title, kind)
  local rows = {}
  for name, row in pairs(entries[kind]) do
    if not row.own and row[1] == name then rows[#rows + 1] = row end
  end
  table.sort(rows, function(a, b) return a.place < b.place end)
  out:section(title)
  for _, row in ipairs(rows) do
    out:entry(bold(arguments.call(row)), sentence(row.meaning) .. "\n" .. row.example)
  end
end

local function add_functions(out)
  out:section("FUNCTIONS OF EXPRESSIONS")
  for _, name in ipairs(operators.names) do
    local row = operators.functions[name]
    out:entry(bold(row.usage), sentence(row.meaning) .. "\n" .. row.example)
  end
end

local function add_prompt(out)
  local commands = upward.commands()
  out:section("AT THE PROMPT")
  out:paragraph("The value of an entry is shown and kept as _; those before it are _1 to _9. A semicolon at the end "
    .. "mutes it, NAME? explains a field, and a verb after a colon goes on from _: :by\"user\". A local outside of "
    .. "blocks is kept for the session. Ctrl-C stops what runs; the rows read so far are in _, marked partial. Queries "
    .. "over half a second show progress. TAB completes fields, verbs, files, and after user == ', comm == ' or proc( "
    .. "what there is now; it runs no code and reads for at most 40 ms. TAB twice explains each word. Commands:")
  for _, name in ipairs(commands.names) do
    local command = commands.find(name)
    out:entry(bold(command.usage), sentence(command.help))
  end
end

local function add_chapters(out, name)
  for _, chapter in ipairs(chapters) do
    if chapter.page == name then
      out:section(chapter[1])
      for i = 2, #chapter do
        local part = chapter[i]
        if type(part) == "table" then out:example(part[1]) else out:paragraph(part) end
      end
    end
  end
end

-- Questions of :examples, a line each.
local function add_questions(out)
  out:section "EXAMPLES"
  for _, one in ipairs(examples) do out:entry(roff.escape(one.question), one.text) end
end

local COMMANDS <const> = {
  { "memsh", "The prompt; help and :examples are where to start." },
  { [[memsh -e 'procs:where"swap > 0":sort"-swap":top(10)']], "The ten processes with most memory in swap." },
  { "memsh -f json reconcile", "Where all of the machine's memory is, for a program." },
  { "memsh -o memory.html picture", "The same as areas, on a page for the browser." },
  { "memsh --check --quiet wx", "An audit, for cron: silent while all is well, and the exit status is the verdict." },
}

local function add_tail(out)
  out:section("EXIT STATUS")
  for _, row in ipairs { { "0", "All went well." }, { "1", "A script failed." }, { "2", "Wrong use." },
    { "3", "With --strict: something that the query needs could not be read." },
    { "74", "Output could not be written." }, { "124", "The deadline has passed." }, { "130", "Interrupted." },
    { "141", "The reader of the output closed the pipe (memsh ends by SIGPIPE)." } } do
    out:entry(bold(row[1]), row[2])
  end
  out:paragraph("The number that a script gives to os.exit passes through. With --check: 0 OK, 1 WARNING, 2 CRITICAL, "
    .. "and 3 for everything else: too little could be read, or memsh failed.")
  out:section("FILES")
  out:entry("\\fI$XDG_STATE_HOME/memsh/history\\fR", "What was typed at the prompt (~/.local/state/memsh/history). An "
    .. "entry that begins with a space is not kept.")
  out:entry("\\fI$XDG_CONFIG_HOME/memsh/init.lua\\fR", "Your own fields and verbs, for every prompt: define, verb "
    .. "(~/.config/memsh/init.lua). Scripts, reports and -e do not read it. It is not run if others can write it, if "
    .. "it is another user's, or if HOME is somebody else's.")
  out:entry("\\fI$XDG_DATA_HOME/memsh/reports\\fR", "Saved reports of your own (~/.local/share/memsh/reports).")
  out:entry("\\fI/etc/memsh/unrestricted\\fR", "Users whom sudo and file capabilities do not restrict, by name or "
    .. "number, one a line; * is all. It counts if only root can write it.")
  out:section("ENVIRONMENT")
  out:paragraph("LUA_INIT, LUA_PATH and LUA_CPATH do nothing. The current directory is never searched for code.")
  out:section "EXAMPLES"
  for _, one in ipairs(COMMANDS) do out:entry(bold(one[1]), one[2]) end
  out:see("memsh-language(7)", "memsh-fields(7)", "memsh-reports(7)", "proc(5)", "pmap(1)", "lua(1)")
end

-- ---- the pages

local pages = {}

function pages.memsh(about, date)
  local out = roff.page("memsh", 1, about, date, "a query shell for the memory of processes")
  add_synopsis(out)
  add_description(out)
  add_options(out, about.options)
  add_prompt(out)
  add_chapters(out, "memsh")
  add_tail(out)
  return out
end

pages["memsh-language"] = function(about, date)
  local out = roff.page("memsh-language", 7, about, date, "what questions to memsh are made of")
  out:section "DESCRIPTION"
  out:paragraph("A question is a chain: rows (procs, maps, cgroups), verbs that make new rows, and an end. All of it "
    .. "is Lua; conditions and columns are expressions in quotes, which are checked before anything is read.")
  add_catalogue(out, "VERBS AND ENDS", "rowset")
  add_catalogue(out, "GLOBALS", "global")
  add_functions(out)
  add_catalogue(out, "OPERATORS AND IDEAS", "idea")
  add_chapters(out, "memsh-language")
  add_questions(out)
  out:see("memsh(1)", "memsh-fields(7)", "memsh-reports(7)")
  return out
end

pages["memsh-fields"] = function(about, date)
  local out = roff.page("memsh-fields", 7, about, date, "what memsh knows of processes, mappings, groups, the machine")
  out:section "DESCRIPTION"
  out:paragraph "Each field with its unit, its meaning, what it leaves out, where it comes from and who may read it."
  add_fields(out, "procs", "FIELDS OF PROCESSES")
  add_fields(out, "maps", "FIELDS OF MAPPINGS")
  add_fields(out, "cgroups", "FIELDS OF CONTROL GROUPS")
  add_fields(out, "sys", "FIELDS OF THE SYSTEM")
  out:section "EXAMPLES"
  out:entry(bold 'desc"pss"', "What a field means, at the prompt; pss? is the same.")
  out:entry(bold 'fields"maps"', "The fields of mappings with what they mean, as a table.")
  out:entry(bold "memsh --fields=json", "All of this for a program.")
  out:see("memsh(1)", "memsh-language(7)", "proc(5)")
  return out
end

--- The names of the pages that are made here; memsh.reports.manual has the one of reports.
manpage.NAMES = { "memsh", "memsh-language", "memsh-fields" }

--- A page, as roff.
---@param about {version: string, options: table[]} the module memsh.options
---@param name string|nil one of NAMES; nil: memsh
---@param date string|nil of the version
---@return string
function manpage.page(about, name, date)
  return pages[name or "memsh"](about, date):text()
end

return manpage
