-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of whom something was denied, and what to do about it: a part of the line below an answer, and in full.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"
local sorted_keys = require "memsh.util.sorted_keys"

local denied = {}

local MOST <const> = 3
local MOST_NAMES <const> = 20 -- in full, that is

local last -- what was denied in the last answer: { pids, fields, names }

-- "postgres (901)"
local function name_of(key)
  local process = machine.process(key)
  local comm = process and process.comm
  return core.known(comm) and comm and ("%s (%d)"):format(core.escape(comm), process.pid) or tostring(process.pid)
end

local PERMISSIONS = {}
for _, info in ipairs(core.fields "process") do PERMISSIONS[info.file] = info.permission end

-- The files of processes that a field needs and that not everybody may read.
local function files_of(name)
  local field, files = schema.process:field(name), {}
  for _, id in ipairs(field and (field.process or { field.id }) or {}) do
    for _, info in ipairs(core.fields "process") do
      if info.id == id and info.permission ~= "anybody" then files[#files + 1] = info.file end
    end
  end
  return files
end

-- The fields that may have been denied, each once.
local function suspects(fields)
  local names, seen = {}, {}
  for _, asked in ipairs(fields or {}) do
    local name = asked:gsub("^proc%.", "") -- what mappings call it
    if not seen[name] and files_of(name)[1] then names[#names + 1] = name end
    seen[name] = true
  end
  if #names == 0 then names[1] = "mappings" end -- rows that are mappings
  return names
end

local function what_to_do(names)
  local text = ("procs:where\"not known(%s)\" lists them"):format(names[1])
  local helps = machine.source():is_live() and require("memsh.prompt").sudo_helps
  return helps and text .. ", sudo memsh reads them" or text
end

-- The fields, the one in front that this process denies: the question that lists such processes asks for it.
local function denied_first(names, pid)
  local process = #names > 1 and machine.process(pid)
  for i, name in ipairs(process and names or {}) do
    if schema.process:field(name) and core.why(process[name]) == "denied" then
      table.insert(names, 1, table.remove(names, i))
      break
    end
  end
  return names
end

--- Keeps who was denied in this answer. Gives what is to be said: nil where nobody was.
---@param seen memsh.Coverage
---@param fields string[]|nil what was asked for
---@return string|nil
function denied.keep(seen, fields)
  local pids = sorted_keys(seen.worst, function(_, reason) return reason == "denied" end)
  last = { pids = pids, names = suspects(fields) }
  if #pids == 0 then return nil end
  last.names = denied_first(last.names, pids[1])
  local who = {}
  for i = 1, math.min(#pids, MOST) do who[i] = name_of(pids[i]) end
  if #pids > MOST then who[#who + 1] = "..." end
  return ("denied: %s; %s"):format(table.concat(who, ", "), what_to_do(last.names))
end

--- What was denied in the last answer, in full: of whom, and who may read each file.
---@return string[]
function denied.lines()
  if not last or #last.pids == 0 then return {} end
  local lines, seen, who = {}, {}, {}
  for i = 1, math.min(#last.pids, MOST_NAMES) do who[i] = name_of(last.pids[i]) end
  if #last.pids > MOST_NAMES then who[#who + 1] = ("and %d more"):format(#last.pids - MOST_NAMES) end
  lines[1] = "denied in the last answer: " .. table.concat(who, ", ")
  for _, name in ipairs(last.names) do
    for _, file in ipairs(files_of(name)) do
      if not seen[file] then
        lines[#lines + 1] = ("  %s (%s): readable by %s"):format(file, name, PERMISSIONS[file])
      end
      seen[file] = true
    end
  end
  lines[#lines + 1] = what_to_do(last.names)
  return lines
end

return denied
