-- SPDX-License-Identifier: GPL-3.0-or-later
-- All that is known about a process, in sections, for the report bugreport.
local core = require "memsh.core"
local computed_fields = require "memsh.fields.computed"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"

local cgroups = lazy "memsh.query.cgroups"
local rowset = lazy "memsh.query.rowset"
local output = lazy "memsh.show.output"
local show = lazy "memsh.show.rowset"
local from_tables = lazy "memsh.query.from_tables"

local bugreport = {}

local MACHINE <const> = { "now", "host", "version", "boot_id", "uptime", "page_size", "max_map_count", "mem_total",
  "mem_free", "mem_available", "swap_total", "swap_free", "pressure_some_avg10", "pressure_full_avg10" }

local QUADRANTS <const> = { "private_anon", "shared_anon", "private_file", "shared_file" }

local function fact(section, row, field, hide)
  local value = row[field.name]
  if hide then value = hide(field.name, value, row) end
  if value == nil then return end
  section[#section + 1] = { name = field.name, value = value, type = field.type, meaning = field.meaning }
end

-- The fields of the process, a section for each file that they come from.
local function process_sections(sections, process, hide)
  local by_file = {}
  for _, info in ipairs(core.fields "process") do
    if not info.alias_of then
      local section = by_file[info.file]
      if not section then
        section = { title = "/proc/PID/" .. info.file }
        by_file[info.file], sections[#sections + 1] = section, section
      end
      fact(section, process, info, hide)
    end
  end
  local computed = { title = "Computed" }
  for _, field in ipairs(computed_fields.fields "process") do
    if not field.own then fact(computed, process, schema.process:field(field.name), hide) end
  end
  sections[#sections + 1] = computed
end

local function group_section(process, hide)
  local section, path = { title = "Its control group" }, process.cgroup
  local group = core.known(path) and rowset().cgroups():where("path == wanted", { wanted = path }):first()
  for _, field in ipairs(group and cgroups().fields() or {}) do
    if field.name ~= "cgroup" then fact(section, group, field, hide) end
  end
  return section
end

local function machine_section(hide)
  local section, system = { title = "The machine" }, machine.source():system()
  for _, name in ipairs(MACHINE) do fact(section, system, core.field("system", name), hide) end
  return section
end

-- What the machine's section says is not repeated for each mapping.
local SAID <const> = { host = true, time = true }

-- The columns of mappings that may be shown.
local function columns_of(hide)
  local columns = {}
  local function add(field)
    if not hide or hide(field.name, "") then columns[#columns + 1] = { field.name, field.type, field.meaning } end
  end
  for _, info in ipairs(core.fields "mapping") do
    if not info.alias_of then add(info) end
  end
  for _, field in ipairs(computed_fields.fields "mapping") do
    if not (field.own or SAID[field.name]) then add(schema.mapping:field(field.name)) end
  end
  return columns
end

-- A row as others may see it.
local function hidden_row(row, hide)
  return setmetatable({}, { __index = function(_, name) return hide(name, row[name], row) end })
end

-- What is resident, by what mappings were made as.
local function resident_of(rows)
  local resident, names, sizes = {}, {}, {}
  local ids = { core.field("mapping", "quadrant").id, core.field("mapping", "rss").id }
  core.columns(rows, 1, #rows, ids, { names, sizes })
  for i, row in ipairs(rows) do
    local name = names[i] or row.quadrant
    resident[name] = (resident[name] or 0) + (sizes[i] or row.rss)
  end
  return resident
end

-- What is reserved; what of it is resident, by what mappings were made as; and what is resident by what pages are.
local function quadrants_of(process, resident)
  local list = {}
  for i, name in ipairs(QUADRANTS) do
    local quadrant = name:gsub("_", "-")
    list[i] = { quadrant = quadrant, reserved = process[name .. "_virt"], pages = process[name],
      resident = core.is_unknown(process.mappings) and process.mappings or resident[quadrant] or 0 }
  end
  return list
end

local HEADLINE <const> = { "comm", "cmdline", "user", "unit", "container", "age", "res", "pss", "uss", "vm_swap" }

-- What is read first: of the process, of the machine, and what is free at once if it ends.
local function head_of(process, hide)
  local head, system = { freed = require "memsh.analysis.footprint"(process) }, machine.source():system()
  local function take(row, name)
    local value = row[name]
    if hide then value = hide(name, value, row) end
    head[name] = value
  end
  for _, name in ipairs(HEADLINE) do take(process, name) end
  for _, name in ipairs { "host", "now", "kernel" } do take(system, name) end
  return head
end

---@class memsh.BugReport
---@field pid integer
---@field redacted boolean
---@field sections table[] each a title and facts: name, value, type, meaning
---@field quadrants table[]
---@field mappings any[]|nil rows; nil where they are too many for a page
---@field columns table[] of the mappings: name, type, meaning
---@field unread string|nil why there are no mappings
---@field head table|nil of a page: values by name, and `freed`, a footprint
---@field space memsh.Space|nil of a page
---@field hide nil|fun(name: string, value: any, row: any): any

local function start(process, hide)
  local reason, sections = core.why(process.mappings), { machine_section(hide) }
  process_sections(sections, process, hide)
  sections[#sections + 1] = group_section(process, hide)
  return { pid = process.pid, redacted = hide and true or false, sections = sections, columns = columns_of(hide),
    hide = hide, unread = reason and core.reason_text(reason) }
end

local function hidden_rows(rows, hide)
  if not hide or not rows then return rows end
  local hidden = {}
  for i, row in ipairs(rows) do hidden[i] = hidden_row(row, hide) end
  return hidden
end

-- Its mappings, read together with all files of the process, so that its sums are theirs.
local function rows_of(process)
  local names, seen = {}, {}
  for _, info in ipairs(core.fields "process") do
    if not seen[info.file] then names[#names + 1] = "proc." .. info.name end
    seen[info.file] = true
  end
  return process:maps():show(table.concat(names, ", ")):rows()
end

--- All of a process.
---@param process any
---@param hide nil|fun(name: string, value: any, row: any): any of memsh.reports.bugreport.redact
---@return memsh.BugReport
function bugreport.of(process, hide)
  local rows = rows_of(process)
  local report = start(rows[1] and rows[1]:process() or process, hide)
  report.mappings, report.quadrants = hidden_rows(rows, hide), quadrants_of(process, resident_of(rows))
  return report
end

--- The same for a page: its mappings in one pass, without keeping more of them than a page shows.
---@param process any
---@param hide nil|fun(name: string, value: any, row: any): any
---@return memsh.BugReport
function bugreport.for_page(process, hide)
  local space = require "memsh.reports.bugreport.address_space".of(process:maps())
  local report = start(process, hide)
  report.space, report.head = space, head_of(process, hide)
  report.mappings, report.quadrants = hidden_rows(space.rows, hide), quadrants_of(process, space.resident)
  return report
end

bugreport.KEPT = "Names (users, the host, paths, command lines, units, containers) are replaced by hashes (#...) " ..
  "whose key was made for this report and is gone; equal names have equal hashes. The report keeps numbers (user " ..
  "and process ids, sizes, addresses, inodes, times), the kernel's own names ([heap], [stack], /dev/zero...), and " ..
  "the kernel's version. Build ids and the boot id are left out."

--- A value of a type as text.
function bugreport.text_of(value, kind)
  if core.is_unknown(value) then
    coverage.note_other(core.why(value))
    return ("? (%s)"):format(core.why(value))
  end
  if type(value) == "table" then
    local parts = {}
    for i, one in ipairs(value) do parts[i] = bugreport.text_of(one, "text") end
    return table.concat(parts, " ")
  end
  if type(value) == "boolean" then return value and "yes" or "no" end
  if type(value) == "string" then return core.escape(value) end
  if kind == "addr" then return ("0x%x"):format(value) end
  if kind == "bytes" and value == math.huge then return "no limit" end
  if kind == "bytes" and value >= 1024 then return ("%d (%s)"):format(value, core.human(value)) end
  return math.type(value) == "float" and ("%.14g"):format(value) or tostring(value)
end

local QUADRANT_COLUMNS <const> = { { "quadrant", "text" }, { "reserved", "bytes" }, { "resident", "bytes" },
  { "pages", "bytes" } }

local function names_of(columns)
  local names = {}
  for i, column in ipairs(columns) do names[i] = column[1] end
  return table.concat(names, ", ")
end

-- The mappings as a row set; redacted ones are rows of texts.
local function set_of(report)
  if not report.redacted then
    return rowset().of_rows(report.mappings, schema.mapping, coverage.new()):show(names_of(report.columns))
  end
  local fields = {}
  for i, column in ipairs(report.columns) do
    local name = column[1]
    fields[i] = schema.column(name, column[2], column[3])
    fields[i].get = function(row) return row[name] end
  end
  return rowset().of_rows(report.mappings, schema.made(fields), coverage.new())
end

-- A table that is as wide as it needs to be, whatever the terminal is.
local WIDEST <const> = 1000000

--- Writes it as plain text.
---@param report memsh.BugReport
function bugreport.print(report)
  local parts, sink = { ("Memory of process %d\n"):format(report.pid) }, output().output().sink
  if report.redacted then parts[#parts + 1] = bugreport.KEPT .. "\n" end
  for _, section in ipairs(report.sections) do
    local lines = { section.title, ("-"):rep(#section.title) }
    for _, one in ipairs(section) do
      lines[#lines + 1] = ("%-28s %s"):format(one.name, bugreport.text_of(one.value, one.type))
    end
    parts[#parts + 1] = table.concat(lines, "\n") .. "\n"
  end
  parts[#parts + 1] = "Quadrants: reserved, resident by mapping, resident by page\n" ..
    show().text(from_tables()(report.quadrants, QUADRANT_COLUMNS), "table")
  parts[#parts + 1] = ("Mappings: %s"):format(report.unread or #report.mappings)
  print(table.concat(parts, "\n"))
  output().check(show().write(set_of(report), sink, "table", { human = false, width = WIDEST }))
end

--- As rows: a value each.
---@param report memsh.BugReport
---@return memsh.RowSet
function bugreport.rows(report)
  local rows = {}
  local function add(section, field, value)
    rows[#rows + 1] = { section = section, field = field, value = value }
  end
  for _, section in ipairs(report.sections) do
    for _, one in ipairs(section) do add(section.title, one.name, one.value) end
  end
  for _, one in ipairs(report.quadrants) do
    for _, name in ipairs { "reserved", "resident", "pages" } do add(one.quadrant, name, one[name]) end
  end
  for _, mapping in ipairs(report.mappings) do
    for _, column in ipairs(report.columns) do
      add(("mapping 0x%x"):format(mapping.addr), column[1], mapping[column[1]])
    end
  end
  return from_tables()(rows, { { "section", "text" }, { "field", "text" }, { "value", "any" } })
end

return bugreport
