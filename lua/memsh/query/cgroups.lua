-- SPDX-License-Identifier: GPL-3.0-or-later
-- The row set `cgroups`: a row for each control group of the hierarchy that counts memory, v1 or v2. What a row shows
-- is read from the group's files when it is asked for.
local core = require "memsh.core"
local cgroup_names = require "memsh.fields.cgroup_names"
local machine = require "memsh.fields.machine"
local made_rows = require "memsh.fields.made_rows"
local named_columns = require "memsh.fields.named_columns"
local schema = require "memsh.fields.schema"
local suggest = require "memsh.util.suggest"

local cgroups = {}

-- No limit is larger than any number. On v1 the kernel prints the largest number of whole pages for it.
local NONE <const>, V1_NONE <const> = math.huge, 0x7fffffffffff0000

-- ---- what the files hold: each gives the value, or nil for a text that makes no sense, or false where the line
-- that it looks for is not there

local function number(text)
  local word = text:match "^(%S+)\n$"
  if word == "max" then return NONE end
  local value = tonumber(word)
  if not value or value < 0 then return nil end
  if value >= V1_NONE then return NONE end
  return math.tointeger(value)
end

local function line(label)
  return function(text)
    local value = ("\n" .. text):match("\n" .. label .. " (%d+)\n")
    return value and math.tointeger(value) or false
  end
end

local function pressure(who, what, scale)
  return function(text)
    local value = tonumber(text:match(who .. " [^\n]*" .. what .. "=([%d.]+)"))
    return value and value * scale or false
  end
end

-- ---- limits: a group is held by those of the groups above it, too

local by_name, group_above = {}, nil
local field_of_group

local LIMITS <const> = { "memory_max", "memory_high" }

-- Why nothing is known of a hierarchy, nil where there is one.
local function why_no_hierarchy(known)
  if known.frozen and known.missing == nil then return "not_recorded" end
  if known.missing == nil then
    local names, reason = core.cgroup_list(known.source, "/")
    known.missing = not names and reason
  end
  return known.missing or nil
end

-- The lowest limit, and the group that has it; an unknown where one of the files could not be read. Root has no files,
-- and a group for which memory is not counted has none either: then those above it hold it.
local function tightest(known)
  local lowest, holder, met = NONE, nil, false
  local group = known
  while group do
    for _, name in ipairs(LIMITS) do
      local value = field_of_group(group, by_name[name])
      if not core.is_unknown(value) then
        met = true
        if value < lowest then lowest, holder = value, group end
      elseif core.why(value) ~= "unsupported" then
        return core.unknown(core.why(value), "memory_limit")
      end
    end
    group = group_above(group)
  end
  local why = not met and why_no_hierarchy(known)
  if why then return core.unknown(why, "memory_limit") end
  return lowest, holder
end

local function limit(known)
  return (tightest(known))
end

local function limit_percent(known)
  local lowest, holder = tightest(known)
  if core.is_unknown(lowest) then return core.unknown(core.why(lowest), "memory_limit_percent") end
  local used = field_of_group(holder or known, by_name.memory_current)
  if not holder then return 0.0 end
  if core.is_unknown(used) then return core.unknown(core.why(used), "memory_limit_percent") end
  return lowest > 0 and 100 * used / lowest or 100.0
end

local LIMITING <const> = { memory_min = true, memory_low = true, memory_high = true, memory_max = true,
  memory_swap_max = true, memory_limit = true }

-- Each has, where a version has it, the file and what reads it: v2, v1.
local fields = {
  { name = "path", type = "path", meaning = "path of the group, as PID/cgroup shows it", omits = "" },
  { name = "cgroup", type = "path", meaning = "the same as path, for procs:join(cgroups, \"cgroup\")", omits = "" },
  { name = "unit", type = "text", meaning = "its systemd unit, from the path; empty if none", omits = "" },
  { name = "container", type = "text",
    meaning = "id or name of its container, from the path; empty if none", omits = "" },
  { name = "pod", type = "text", meaning = "its Kubernetes or podman pod, from the path; empty if none", omits = "" },
  { name = "procs", type = "count", meaning = "number of processes in the group itself",
    omits = "those of groups below it (procs_all has them) and kernel threads are not counted" },
  { name = "procs_all", type = "count", meaning = "number of processes in the group and those below it",
    omits = "kernel threads are not counted; sums over rows count nested groups twice" },
  { name = "memory_current", type = "bytes", meaning = "memory charged to the group and those below it now",
    omits = "page cache and kernel memory are included, swap is not; sums over rows count nested groups twice; " ..
      "v2's root has none",
    v2 = { "memory.current", number }, v1 = { "memory.usage_in_bytes", number } },
  { name = "memory_peak", type = "bytes", meaning = "most memory charged so far", omits = "in v2 since Linux 5.19",
    v2 = { "memory.peak", number }, v1 = { "memory.max_usage_in_bytes", number } },
  { name = "memory_min", type = "bytes", meaning = "memory that is never reclaimed from it (v2)", omits = "",
    v2 = { "memory.min", number } },
  { name = "memory_low", type = "bytes", meaning = "memory that is not reclaimed while others have some to give (v2)",
    omits = "", v2 = { "memory.low", number } },
  { name = "memory_high", type = "bytes", meaning = "limit above which it is slowed down and reclaimed from (v2)",
    omits = "", v2 = { "memory.high", number } },
  { name = "memory_max", type = "bytes", meaning = "limit above which its processes are killed",
    omits = "a parent group may have a lower one",
    v2 = { "memory.max", number }, v1 = { "memory.limit_in_bytes", number } },
  { name = "memory_swap_current", type = "bytes", meaning = "swap used by the group and those below it",
    omits = "", v2 = { "memory.swap.current", number }, v1 = { "memory.stat", line "total_swap" } },
  { name = "memory_swap_max", type = "bytes", meaning = "limit of the swap used (v2)",
    omits = "v1 limits memory and swap together", v2 = { "memory.swap.max", number } },
  { name = "memory_limit", type = "bytes", omits = "those of groups that a container does not see", compute = limit,
    meaning = "the lowest memory_max or memory_high of the group and those above it, none if they have none" },
  { name = "memory_limit_percent", type = "percent", omits = "", compute = limit_percent,
    meaning = "how much of memory_limit the group that has it uses, with those below it; 0 if there is no limit" },
  { name = "host", type = "text", omits = "", meaning = "the name of the machine that it is of",
    compute = function(known) return machine.system(known.source).host end },
  { name = "time", type = "time", omits = "", meaning = "when it was read, or recorded",
    compute = function(known) return known.time or machine.time(known.source) end },
  { name = "events_high", type = "count", meaning = "times it went above memory_high", omits = "",
    v2 = { "memory.events", line "high" } },
  { name = "events_max", type = "count", meaning = "times it was about to go above memory_max", omits = "",
    v2 = { "memory.events", line "max" }, v1 = { "memory.failcnt", number } },
  { name = "events_oom", type = "count", meaning = "times it ran out of memory (v2)", omits = "",
    v2 = { "memory.events", line "oom" } },
  { name = "events_oom_kill", type = "count", meaning = "processes in it killed for lack of memory", omits = "",
    v2 = { "memory.events", line "oom_kill" }, v1 = { "memory.oom_control", line "oom_kill" } },
}

for _, one in ipairs(require "memsh.query.cgroup_stat") do
  fields[#fields + 1] = { name = "memory_" .. one.label, type = one.type, meaning = one.meaning, omits = "",
    v2 = { "memory.stat", line(one.label) }, v1 = one.v1 and { "memory.stat", line(one.v1) } }
end

for _, who in ipairs { "some", "full" } do
  local subject = who == "some" and "some task" or "all its tasks"
  for _, span in ipairs { { "avg10", "the last 10 s" }, { "avg60", "the last minute" },
    { "avg300", "the last five minutes" } } do
    fields[#fields + 1] = { name = ("pressure_%s_%s"):format(who, span[1]), type = "number", omits = "",
      meaning = ("per cent of %s in which %s waited for memory (v2)"):format(span[2], subject),
      v2 = { "memory.pressure", pressure(who, span[1], 1) } }
  end
  fields[#fields + 1] = { name = ("pressure_%s_total"):format(who), type = "seconds", omits = "",
    meaning = ("seconds in which %s waited for memory (v2)"):format(subject),
    v2 = { "memory.pressure", pressure(who, "total", 1e-6) } }
end

-- Numbers of a group that are of those below it, too.
for _, field in ipairs(fields) do
  by_name[field.name] = field
  local is_amount = field.type == "bytes" or field.type == "count" or field.type == "seconds"
  field.nests = is_amount and field.name ~= "procs" and not LIMITING[field.name]
end

--- The fields of a control group.
function cgroups.fields()
  return fields
end

-- ---- rows

local Row = {}

-- What a row knows: under 1 its path, the texts of its files, and whether no more may be read.
local function text_of(known, file)
  local text = known.texts[file]
  if text == nil then
    if known.frozen then return nil, "not_recorded" end
    local reason
    text, reason = core.cgroup_read(known.source, known.path, file)
    text = text or { reason }
    known.texts[file] = text
  end
  if type(text) == "table" then return nil, text[1] end
  return text
end

-- The files of v1 are asked where those of v2 are not there.
local function value_of(known, field)
  if field.compute then return field.compute(known) end
  local reason = "unsupported"
  for _, version in ipairs { field.v2 or false, field.v1 or false } do
    if version then
      local text, why = text_of(known, version[1])
      local value = text and version[2](text)
      if value then return value end
      reason = text and (value == nil and "malformed" or "unsupported") or why
      if reason ~= "unsupported" then break end
    end
  end
  return core.unknown(reason, field.name)
end

field_of_group = value_of

-- Of a row that was read with others the group above is one of them.
function group_above(known)
  if known.path == "/" then return nil end
  local path = known.path:match "^(.+)/[^/]*$" or "/"
  local row = known.groups and known.groups[path]
  if row then return rawget(row, 1) end
  known.above = known.above or { path = path, texts = {}, frozen = known.frozen, source = known.source }
  return known.above
end

--- A field of the group of that path, read now.
---@param source userdata
---@param path string
---@param name string
---@return any
function cgroups.of_path(source, path, name)
  if path == "" then return core.unknown("unsupported", name) end
  return value_of({ path = path, texts = {}, source = source }, by_name[name])
end

function Row.__index(row, name)
  local field = by_name[name]
  if field then return value_of(rawget(row, 1), field) end
  local is_named, value = named_columns.read(row, name)
  if is_named then return value end
  if name == "partial" then return made_rows.partial(row) end
  local names = {}
  for i, one in ipairs(fields) do names[i] = one.name end
  suggest.no_field(name, "a control group", suggest.nearest(name, names))
end

function Row.__tostring(row)
  return "control group " .. core.escape(row.path)
end

function Row.source_of(row)
  return rawget(row, 1).source
end

--- Nothing more is read of it.
function Row.freeze(row)
  local known = rawget(row, 1)
  known.frozen, known.time = true, known.time or machine.time(known.source)
end

local USUAL = { "memory_max", "memory_current", "memory_swap_current", "events_oom_kill" }
local FIRST = { memory_limit = true, memory_limit_percent = true, memory_max = true, memory_high = true }

--- Reads these fields of rows, and those that are usual. Limits come first: what was used by then was within them.
function cgroups.load(rows, names)
  local limits = {}
  for _, name in ipairs(names) do limits[#limits + 1] = FIRST[name] and name or nil end
  for _, list in ipairs { limits, names, USUAL } do
    for _, name in ipairs(list) do
      local field = by_name[name]
      for _, row in ipairs(field and rows or {}) do value_of(rawget(row, 1), field) end
    end
  end
end

local function files_of(list)
  local files, seen = {}, {}
  for _, field in ipairs(list) do
    for _, version in ipairs { field.v2 or false, field.v1 or false } do
      if version and not seen[version[1]] then
        seen[version[1]] = true
        files[#files + 1] = version[1]
      end
    end
  end
  return files
end

--- The files that fields of groups are made of, of both versions.
function cgroups.files()
  return files_of(fields)
end

--- Those of the fields that are usual, which cost the kernel next to nothing.
function cgroups.usual_files()
  local usual = {}
  for i, name in ipairs(USUAL) do usual[i] = by_name[name] end
  return files_of(usual)
end

local function new_row(path, groups)
  local known = { path = path, texts = {}, groups = groups, source = groups.source }
  return setmetatable({ known, path = path, cgroup = path, procs = 0, procs_all = 0,
    unit = cgroup_names.unit(path), container = cgroup_names.container(path), pod = cgroup_names.pod(path) }, Row)
end

-- ---- which groups there are

local function add(found, path)
  if not found[path] then
    found[path] = new_row(path, found)
    found[#found + 1] = found[path]
  end
  return found[path]
end

-- No hierarchy is mounted, or none was saved.
local NO_HIERARCHY = { unsupported = true, not_recorded = true }

local function walk(run, found, path)
  local names, reason = core.cgroup_list(found.source, path)
  if reason == "gone" or (path == "/" and NO_HIERARCHY[reason]) then return end
  add(found, path)
  if not names then
    run.coverage:lose_groups(reason)
    return
  end
  table.sort(names)
  for _, name in ipairs(names) do walk(run, found, (path == "/" and "" or path) .. "/" .. name) end
end

-- The processes of a group are those of all groups above it, too.
local function add_to_groups_above(found)
  for _, row in ipairs(found) do
    local path = row.path
    while path do
      if found[path] then found[path].procs_all = found[path].procs_all + row.procs end
      path = path ~= "/" and (path:match "^(.+)/[^/]*$" or "/") or nil
    end
  end
end

-- Groups that the hierarchy does not show (none is mounted, or it is a part of it) are known by their processes.
local function count_processes(run, found, processes)
  local missing, why = 0, nil
  for process in processes do
    local path = process.cgroup
    if core.is_unknown(path) then
      local reason = core.why(path)
      run:unknown_of(process, reason)
      if reason ~= "gone" then missing, why = missing + 1, why or reason end
    elseif path ~= "" then
      local row = add(found, path)
      row.procs = row.procs + 1
    end
  end
  add_to_groups_above(found)
  if run.coverage.hidden > 0 then missing, why = missing + 1, why or run.coverage:reason() end
  if missing == 0 then return end
  for _, row in ipairs(found) do
    for _, name in ipairs { "procs", "procs_all" } do made_rows.lose(row, name, missing, why, true) end
  end
end

--- The next control group, nil at the end.
function cgroups.rows(run, processes)
  local found, at
  return function()
    if not found then
      found, at = { source = run.source }, 0
      walk(run, found, "/")
      count_processes(run, found, processes)
      table.sort(found, function(a, b) return a.path < b.path end)
    end
    at = at + 1
    return found[at]
  end
end

local own

--- The schema of such rows.
function cgroups.schema()
  if own then return own end
  local list = {}
  for i, field in ipairs(fields) do
    list[i] = { name = field.name, type = field.type, meaning = field.meaning, process = {},
      nests = field.nests, get = schema.reader(field) }
  end
  own = schema.made(list)
  own.kind, own.row = "control groups", "cgroup"
  return own
end

return cgroups
