-- SPDX-License-Identifier: GPL-3.0-or-later
-- Every field explained: one list, from the field table and the computed fields. desc, --fields, the man page and
-- src/procfs/table/fields.md are made of it.
local core = require "memsh.core"
local computed_fields = require "memsh.fields.computed"

local field_docs = {}

---@class memsh.FieldDoc
---@field kind "procs"|"maps"|"cgroups"|"sys"
---@field name string
---@field type string
---@field unit string
---@field meaning string
---@field omits string what it leaves out or overstates, or ""
---@field from string its source in words
---@field file string|nil the file's name below /proc
---@field label string|nil the kernel's label in it
---@field also string|nil another file that has it
---@field computed string|nil the expression or the field that it is computed from
---@field since string the first kernel that has it
---@field till string|nil the last kernel that had it
---@field permission string who may read it
---@field alias_of string|nil

--- The kinds of rows, in the order in which they are shown.
field_docs.KINDS = { "procs", "maps", "cgroups", "sys" }

local ROW <const> = { procs = "process", maps = "mapping", sys = "system" }

local UNITS <const> = {
  bytes = "bytes", count = "count", integer = "number", addr = "address", text = "text", path = "path",
  boolean = "true or false", time = "seconds since 1970", seconds = "seconds", percent = "per cent",
  number = "number", list = "list", table = "table", any = "value",
}

-- These files have positions instead of labels.
local NUMBERED <const> = { stat = true, statm = true }

local function label_of(info)
  if info.label ~= "" then return info.label end
  if info.file and NUMBERED[info.file] and info.pos then return "field " .. info.pos end
  return nil
end

local function source_of(kind, info, label)
  if info.file == "" then return "the running system" end
  local below = info.file:find "^/" and "" or kind == "sys" and "/proc/" or "/proc/PID/"
  local path = below .. info.file
  local also = info.also and " (also " .. info.also .. ")" or ""
  if info.file == "smaps_rollup" then also = " (before Linux 4.14: the sum over smaps)" end
  return path .. (label and ", " .. label or "") .. also
end

local function of_table(kind, info)
  local since, till = info.since:match "^(.-)%-(.+)$"
  local label = label_of(info)
  return {
    kind = kind, name = info.name, type = info.type, unit = UNITS[info.type], meaning = info.meaning,
    omits = info.omits, from = source_of(kind, info, label), file = info.file, label = label, also = info.also,
    since = since or info.since, till = till, permission = info.permission, alias_of = info.alias_of,
  }
end

-- ---- computed fields: what their parts need

local function is_newer(a, b)
  local others = b:gmatch "%d+"
  for part in a:gmatch "%d+" do
    local other = tonumber(others() or 0)
    if tonumber(part) ~= other then return tonumber(part) > other end
  end
  return false
end

local function parts_of(kind, field)
  if field.from then return { field.from } end
  if not field.text then return field.needs or {} end
  return require("memsh.expr.expr").compile(field.text, require("memsh.fields.schema")[ROW[kind]]).fields
end

local function add_needs(doc, part)
  if is_newer(part.since, doc.since) then doc.since = part.since end
  if part.permission ~= "anybody" then doc.permission = part.permission end
end

local function of_derived(kind, field, by_name)
  local schema = require("memsh.fields.schema")[ROW[kind]]
  local kind_of_value = field.type or schema:field(field.name).type
  local computed = field.text or field.from
  local doc = {
    kind = kind, name = field.name, type = kind_of_value, unit = UNITS[kind_of_value] or kind_of_value,
    meaning = field.meaning, omits = field.omits or "", computed = computed,
    from = computed and "computed from " .. computed or "computed", since = "1.0", permission = "anybody",
  }
  for _, name in ipairs(parts_of(kind, field)) do
    if by_name[name] then add_needs(doc, by_name[name]) end
  end
  doc.since, doc.permission = field.since or doc.since, field.permission or doc.permission
  return doc
end

local SINCE <const> = { ["memory.pressure"] = "4.20" }
-- What is made of several files, of a group and of those above it.
local LIMITS <const> = "memory.max and memory.high of the group and those above it (v1: memory.limit_in_bytes)"
local FROM <const> = { host = "the machine, not the group", time = "the clock, or the recording", memory_limit = LIMITS,
  memory_limit_percent = LIMITS .. ", memory.current (v1: memory.usage_in_bytes)" }

-- Control groups are not in the field table: each field names its file of v2 and of v1.
local function of_cgroups()
  local list = {}
  for i, field in ipairs(require("memsh.query.cgroups").fields()) do
    local v2, v1 = field.v2 and field.v2[1], field.v1 and field.v1[1]
    local from = v2 and v2 .. (v1 and (" (v1: %s)"):format(v1) or " (v2 only)")
    list[i] = { kind = "cgroups", name = field.name, type = field.type, unit = UNITS[field.type],
      meaning = field.meaning, omits = field.omits, file = v2,
      from = from and "its control group's " .. from or FROM[field.name] or "/proc/PID/cgroup",
      since = v1 and "2.6.29" or SINCE[v2] or v2 and "4.5" or "2.6.24", permission = "anybody" }
  end
  return list
end

--- All fields of a kind of row: those of the table in its order, then computed ones.
---@param kind string
---@return memsh.FieldDoc[]
function field_docs.of(kind)
  if kind == "cgroups" then return of_cgroups() end
  local list, by_name = {}, {}
  for _, info in ipairs(core.fields(ROW[kind])) do
    list[#list + 1] = of_table(kind, info)
    by_name[info.name] = list[#list]
  end
  for _, field in ipairs(computed_fields.fields(ROW[kind])) do
    list[#list + 1] = of_derived(kind, field, by_name)
    by_name[field.name] = list[#list]
  end
  return list
end

--- All fields of all kinds.
---@return memsh.FieldDoc[]
function field_docs.every()
  local list = {}
  for _, kind in ipairs(field_docs.KINDS) do
    local docs = field_docs.of(kind)
    table.move(docs, 1, #docs, #list + 1, list)
  end
  return list
end

--- What a field means and omits, in one line.
function field_docs.meaning(doc)
  if doc.alias_of then return "the same as " .. doc.alias_of end
  return doc.meaning .. (doc.omits ~= "" and "; but: " .. doc.omits or "")
end

--- "2.6.25", or "4.0 to 4.14" if it has gone since.
function field_docs.versions(doc)
  return doc.till and ("%s to %s"):format(doc.since, doc.till) or doc.since
end

-- ---- the ways it is shown

local function add(lines, format, text)
  if text and text ~= "" then lines[#lines + 1] = format:format(text) end
end

--- The lines of one field, as desc shows them.
function field_docs.lines(doc)
  local unit = doc.unit == doc.type and doc.type or ("%s, %s"):format(doc.type, doc.unit)
  local lines = { ("%s (%s, %s)"):format(doc.name, doc.kind, unit) }
  add(lines, "  the same as %s", doc.alias_of)
  add(lines, "  %s", doc.meaning)
  add(lines, "  but: %s", doc.omits)
  add(lines, "  from: %s", doc.from)
  add(lines, "  since: Linux %s", field_docs.versions(doc))
  add(lines, "  readable by: %s", doc.permission)
  return lines
end

local TITLES <const> = { procs = "Processes", maps = "Mappings", cgroups = "Control groups", sys = "The system" }

local function text_of()
  local out = {}
  for i, doc in ipairs(field_docs.every()) do out[i] = table.concat(field_docs.lines(doc), "\n") end
  return table.concat(out, "\n\n")
end

local function cell(text)
  return (text:gsub("[|\\`*_<>%[%]]", "\\%0"))
end

local function short_source(doc)
  if doc.computed then return "computed: `" .. doc.computed .. "`" end
  if doc.file == "" then return "the running system" end
  if not doc.file then return cell(doc.from) end
  return doc.file .. (doc.label and " " .. cell(doc.label) or "")
end

local function md_row(doc)
  local meaning = doc.alias_of and ("the same as `%s`"):format(doc.alias_of) or cell(field_docs.meaning(doc))
  return ("| `%s` | %s | %s | %s | %s |"):format(doc.name, doc.unit, meaning, short_source(doc),
    field_docs.versions(doc))
end

local function md_of()
  local out = {}
  for _, kind in ipairs(field_docs.KINDS) do
    out[#out + 1] = ("### %s (`%s`)\n"):format(TITLES[kind], kind)
    out[#out + 1] = "| field | unit | meaning | from | Linux |\n|---|---|---|---|---|"
    for _, doc in ipairs(field_docs.of(kind)) do out[#out + 1] = md_row(doc) end
    out[#out + 1] = ""
  end
  return table.concat(out, "\n"):gsub("\n+$", "")
end

local function json_of()
  local out = {}
  for i, doc in ipairs(field_docs.every()) do out[i] = core.json(doc) end
  return "[\n" .. table.concat(out, ",\n") .. "\n]"
end

local FORMATS <const> = { text = text_of, md = md_of, json = json_of }

--- All fields in a format: "text", "md" or "json".
---@param format string
---@return string
function field_docs.all(format)
  return (FORMATS[format]())
end

--- Prints all fields, for memsh --fields.
function field_docs.print(format)
  print(field_docs.all(format))
end

return field_docs
