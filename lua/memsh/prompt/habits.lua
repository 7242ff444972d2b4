-- SPDX-License-Identifier: GPL-3.0-or-later
-- What people type from the habit of psql, sqlite, vi, gdb or a shell: it does what it does there, or the answer says
-- how it is done here.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local locals = require "memsh.prompt.locals"
local tokens = require "memsh.prompt.complete.tokens"

local entries = lazy "memsh.catalogue.entries"
local lookup = lazy "memsh.help.lookup"
local prompt = lazy "memsh.prompt"
local rowset = lazy "memsh.query.rowset"

local habits = {}

local SHELL <const> = "this is not a shell: Ctrl-Z leaves memsh for a while, fg comes back"
local TABLES <const> = "what can be asked: procs, maps, cgroups and sys; :fields procs lists what a process has"

-- \q, .tables, :q; a command here, or what to say.
local COMMANDS <const> = {
  q = "quit", quit = "quit", exit = "quit", wq = "quit", bye = "quit",
  h = "help", help = "help", ["?"] = "help", d = "fields", schema = "fields", columns = "fields",
  timing = "time on", timer = "time", mode = "mode", x = "mode vertical", watch = "watch", s = "history",
}
local ANSWERS <const> = {
  d = TABLES, dt = TABLES, l = TABLES, tables = TABLES, databases = TABLES, schema = TABLES, columns = TABLES,
  ["!"] = SHELL, shell = SHELL,
  i = 'dofile"FILE" runs a file', read = 'dofile"FILE" runs a file',
  o = "memsh -o FILE -e '...' writes to a file; :save FILE keeps the session as a script",
  output = "memsh -o FILE -e '...' writes to a file; :save FILE keeps the session as a script",
  w = ":save FILE keeps the session as a script",
}

local function is_command(name)
  return require("memsh.prompt.commands").find(name) ~= nil
end

--- Whether a saved report is called so.
function habits.is_report(name)
  for _, one in ipairs(prompt().reports()) do
    if one.name == name then return one.path ~= nil end
  end
  return false
end

-- The prefix of another tool, and a name: the command, nil and an answer, or nothing.
local function prefixed(text)
  local mark, name, argument = text:match "^%s*([\\.:])([%a?!]+)%s*(.-)%s*;?%s*$"
  if not mark or mark == ":" and is_command(name) then return nil end
  name = name:gsub("%+$", ""):gsub("(.)!$", "%1")
  if argument == "" and ANSWERS[name] then return nil, ANSWERS[name] end
  if COMMANDS[name] then return (":%s %s"):format(COMMANDS[name], argument) end
  if ANSWERS[name] then return nil, ANSWERS[name] end
  if mark == ":" and not entries().rowset[name] and habits.is_report(name) then
    return (":run %s %s"):format(name, argument)
  end
  if mark ~= ":" and is_command(name) then return (":%s %s"):format(name, argument) end
  return nil, mark ~= ":" and ("there is no command '%s%s'; :help lists those there are"):format(mark, name) or nil
end

local ENDS <const> = { quit = true, exit = true, bye = true, logout = true }

-- quit; exit() quit()
local function is_end(text)
  local word = text:match "^%s*(%a+)%s*%(?%s*%)?%s*;?%s*$"
  return word and ENDS[word] and rawget(_G, word) == nil
end

-- ---- pipes and redirections

local PIPES <const> = {
  head = "procs:top(10) has the first ten rows", tail = "procs:skip(10) leaves the first ten rows out",
  less = "the prompt shows one screen of rows, :more the next", sort = 'procs:sort"-rss" sorts',
  grep = "procs:where\"comm =~ 'ssh'\" picks rows", wc = "procs:count() counts",
  uniq = 'procs:by"comm":count() counts equal ones', awk = 'procs:show"pid, rss / M" picks and computes columns',
}
PIPES.more, PIPES.egrep, PIPES.cut = PIPES.less, PIPES.grep, PIPES.awk

local DEPTH <const> = { ["("] = 1, ["{"] = 1, ["["] = 1, [")"] = -1, ["}"] = -1, ["]"] = -1 }

local function is_unknown(token)
  return token and token.kind == "name" and not token.keyword and locals.env[token.text] == nil
end

-- A file, not a number to compare with.
local function is_file(token)
  return is_unknown(token) or token and (token.kind == "string" or token.text:find "^[/.~>]$" ~= nil)
end

local function is_rows(token)
  return token and token.kind == "name" and rowset().is(locals.env[token.text])
end

local function piped(text)
  if not text:find "[|>]" then return nil end
  local list, depth = tokens.scan(text), 0
  for i, token in ipairs(list) do
    local op, following = token.kind == "op" and depth == 0 and token.text, list[i + 1]
    depth = depth + (token.kind == "op" and DEPTH[token.text] or 0)
    if op == "|" and is_unknown(following) then
      local instead = PIPES[following.text] or "in a shell write memsh -e '...' | " .. following.text
      return "nothing is piped here: " .. instead
    end
    local query = op == ">" and is_rows(list[1]) and is_file(following) and
      text:sub(1, token.at - 1):match "^%s*(.-)%s*$"
    if query and load("return " .. query, "=input", "t") then
      return ("nothing is redirected here: in a shell write memsh -o FILE -e '%s', or "
        .. "io.open(\"FILE\", \"w\"):write((%s):csv()) at the prompt"):format(query, query)
    end
  end
  return nil
end

-- ---- words of a shell, and reports

local WORDS <const> = {}
for word in ("ls cd pwd cat man vi vim nano grep find kill du sudo bash sh echo"):gmatch "%a+" do
  WORDS[word] = SHELL
end
WORDS.free = "sys has its numbers, as sys.mem_available; reconcile() shows where all memory is"
WORDS.vmstat = "sys.vmstat has its counters, as sys.vmstat.pswpin; sys.pressure_some_avg10 shows a shortage"
WORDS.df = ":run shm -t shows how full each tmpfs is"
WORDS.htop = "top, the report, shows processes; :watch 2 procs:sort\"-rss\":top(10) repeats a question"
WORDS.clear = "Ctrl-L clears the screen"
WORDS.q = "quit ends memsh, as Ctrl-D does"

--- What a name that means nothing was typed for; nil where nobody knows.
---@param name string
---@return string|nil
function habits.word(name)
  return lookup().knows(name) and ("%s? says what the field is"):format(name) or WORDS[name]
end

-- wx, swap -n 5: the command, and what is said beside what it shows.
local function run_of(name, rest)
  local command = (":run %s %s"):format(name, rest):match "^(.-)%s*$"
  local field = rest == "" and lookup().knows(name) and ("; %s? says what the field is"):format(name) or ""
  return command, ("(this is %s%s)"):format(core.escape(command), field)
end

-- ps aux, swap -n 5, wx, ls -l: a command and a note; or nil and an answer.
local function command_line(text)
  local name, rest = text:match "^%s*([%a_][%w_]*)%s*(.-)%s*$"
  if not name or locals.env[name] ~= nil or tokens.scan(name)[1].keyword then return nil end
  if rest == "" then
    if habits.is_report(name) then return run_of(name, rest) end
    return nil
  end
  local is_line = text:find "^%s*[%w_]+%s" and (rest:find "^%-?[%w/'\"]" or rest:find "^%-%-%a")
  if not is_line then return nil end
  if habits.is_report(name) then return run_of(name, rest) end
  return nil, WORDS[name]
end

--- The command that somebody meant; nil and what to say; nothing where the text is no such habit.
---@param text string
---@return string|nil command
---@return string|nil answer
function habits.of(text)
  if text:find "^%s*%?%s*$" then return ":help" end
  if text:find "^%s*!" then return nil, SHELL end
  if is_end(text) then return ":quit" end
  local command, answer = prefixed(text)
  if command or answer then return command, answer end
  answer = piped(text)
  if answer then return nil, core.escape(answer) end
  local note
  command, note = command_line(text)
  if command then core.note(note) end
  return command, not command and note and core.escape(note) or nil
end

return habits
