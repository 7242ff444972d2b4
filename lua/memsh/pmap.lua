-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the report pmap is made of: the mappings of a process as text, to the byte as procps 4.0.2's pmap prints them.
-- What differs: control bytes in names have memsh's escapes, what is unknown is ?, and totals are of the rows shown.
local core = require "memsh.core"
local lazy = require "memsh.lazy"

local rowset = lazy "memsh.rowset"

local pmap = {}

local is_unknown = core.is_unknown

-- pmap -X cuts names there.
local NAME_LENGTH <const> = 127

-- ---- names

-- memsh's escapes, but for that of the backslash, which pmap prints as it is.
local function printable(text)
  return (core.escape(text):gsub("\\\\", "\\"))
end

local function short(name)
  return name:match "/([^/]+)$" or name:match "/" or name
end

local function kept_name(row, opt)
  return printable(opt.show_path and row.name or row.name:find "^/" and short(row.name) or row.name)
end

-- In the older formats only files have names, in ASCII.
local function name_of(row, opt)
  if opt.keep then return row.name == "" and "  [ anon ]" or kept_name(row, opt) end
  if row.name == "[stack]" then return "  [ stack ]" end
  if row.kind == "sysv" then return ("  [ shmid=0x%x ]"):format(row.inode) end
  if not row.name:find "/" then return "  [ anon ]" end
  local name = opt.show_path and row.name:match "/.*" or short(row.name)
  return (name:gsub("[^ -~]", "?"))
end

local function smaps_name(row, opt)
  if opt.keep then return kept_name(row, opt) end
  local name = row.name:sub(1, NAME_LENGTH)
  return printable(not opt.show_path and name:find "/" and short(name) or name)
end

-- The line above the mappings: the command line, or the name of what has none.
local function title(process)
  local command, state = process:get("cmdline", ""), process:get("state", "")
  if command == "" then
    command = ("[%s]%s"):format(process:get("comm", "?"), state == "Z" and " <defunct>" or "")
  end
  return ("%d:   %s"):format(process.pid, printable(command))
end

-- ---- numbers, in kilobytes

local function kilobytes(value)
  return is_unknown(value) and "?" or tostring(value // 1024)
end

local function total(rows, value_of)
  local sum, missing = 0, false
  for _, row in ipairs(rows) do
    local value = value_of(row)
    if is_unknown(value) then missing = true else sum = sum + value end
  end
  return (missing and ">=" or "") .. kilobytes(sum)
end

local function size(row) return row.size end
local function rss(row) return row.rss end
local function dirty(row) return row.private_dirty + row.shared_dirty end

local function letters(row)
  return row.perms:gsub("p", "-") .. "-"
end

-- ---- the formats: what stands above, in each row, and below

local function plain_row(row, opt)
  return ("%016x %6sK %s %s"):format(row.addr, kilobytes(row.size), letters(row), name_of(row, opt))
end

local function plain_footer(rows)
  return { (" total %16sK"):format(total(rows, size)) }
end

local function extended_row(row, opt)
  return ("%016x %7s %7s %7s %s %s"):format(row.addr, kilobytes(row.size), kilobytes(row.rss), kilobytes(dirty(row)),
    letters(row), name_of(row, opt))
end

local function extended_footer(rows)
  return { "---------------- ------- ------- ------- ",
    ("total kB         %7s %7s %7s"):format(total(rows, size), total(rows, rss), total(rows, dirty)) }
end

local function device_row(row, opt)
  local major, minor = row.dev:match "^(%x+):(%x+)$"
  return ("%016x %7s %s %016x %03x:%05x %s"):format(row.addr, kilobytes(row.size), letters(row), row.offset,
    tonumber(major, 16), tonumber(minor, 16), name_of(row, opt))
end

local function device_footer(rows)
  local function private(row) return row.w and not row.shared and row.size or 0 end
  local function shared(row) return row.shared and row.size or 0 end
  return { ("mapped: %sK    writeable/private: %sK    shared: %sK"):format(total(rows, size), total(rows, private),
    total(rows, shared)) }
end

local FORMATS = {
  plain = { row = plain_row, footer = plain_footer },
  extended = { header = "Address           Kbytes     RSS   Dirty Mode  Mapping", row = extended_row,
    footer = extended_footer },
  device = { header = "Address           Kbytes Mode  Offset           Device    Mapping", row = device_row,
    footer = device_footer },
}

-- ---- -X and -XX: the columns that the kernel has

-- What -X leaves out.
local LONG = { kernel_page_size = true, mmu_page_size = true, shared_clean = true, shared_dirty = true,
  private_clean = true, private_dirty = true, anon_huge_pages = true, vm_flags = true }

local FIRST = {
  { title = "Address", cell = function(row) return ("%08x"):format(row.addr) end },
  { title = "Perm", cell = function(row) return row.perms end },
  { title = "Offset", cell = function(row) return ("%08x"):format(row.offset) end },
  { title = "Device", cell = function(row) return row.dev end },
  { title = "Inode", cell = function(row) return ("%d"):format(row.inode) end },
}

local function has(rows, name)
  for _, row in ipairs(rows) do
    if core.why(row[name]) ~= "unsupported" then return true end
  end
  return false
end

-- A number, a switch, or the list of flags, as the kernel prints it.
local function smaps_cell(info)
  return function(row)
    local value = row[info.name]
    if is_unknown(value) then return "?" end
    if info.type == "list" then return table.concat(value, " ") end
    if info.type == "boolean" then return value and "1" or "0" end
    return tostring(info.type == "bytes" and value // 1024 or value)
  end
end

-- Sums of what is known; switches are counted.
local function smaps_total(info, rows)
  local scale = info.type == "bytes" and 1 or 1024
  return total(rows, function(row)
    local value = row[info.name]
    if type(value) == "boolean" then value = value and 1 or 0 end
    return is_unknown(value) and value or value * scale
  end)
end

local PAGE_SIZES = { kernel_page_size = true, mmu_page_size = true }

-- The fields of -X, or with `all` of -XX, that this kernel has of these rows, in the kernel's order: those before
-- THPeligible print the sizes of pages in front of Locked.
local function smaps_fields(rows, all)
  local infos, sizes, old = {}, {}, all and not has(rows, "thp_eligible")
  for _, info in ipairs(core.fields "mapping") do
    local label = info.file == "smaps" and info.label:find "^%u" and not info.alias_of
    if info.name == "locked" then table.move(sizes, 1, #sizes, #infos + 1, infos) end
    if info.name == "size" or label and (all or not LONG[info.name]) and has(rows, info.name) then
      local list = old and PAGE_SIZES[info.name] and sizes or infos
      list[#list + 1] = info
    end
  end
  return infos
end

-- The columns, each as wide as what stands in it; those behind the first have a total.
local function smaps_columns(rows, opt)
  local columns = {}
  for i, first in ipairs(FIRST) do columns[i] = { title = first.title, cell = first.cell } end
  for _, info in ipairs(smaps_fields(rows, opt.mode == "all")) do
    columns[#columns + 1] = { title = info.name == "size" and "Size" or info.label, cell = smaps_cell(info),
      total = info.type ~= "list" and smaps_total(info, rows) or nil }
  end
  for _, column in ipairs(columns) do
    local width = opt.quiet and 0 or math.max(#column.title, #(column.total or ""))
    for _, row in ipairs(rows) do width = math.max(width, #column.cell(row)) end
    column.width = width
  end
  return columns
end

-- One line; columns that have no text there are left out.
local function smaps_line(columns, text_of, last)
  local parts = {}
  for _, column in ipairs(columns) do
    local text = text_of(column)
    if text then parts[#parts + 1] = (" "):rep(column.width - #text) .. text end
  end
  parts[#parts + 1] = last
  return table.concat(parts, " ")
end

local function smaps_lines(rows, opt)
  if #rows == 0 then return {} end
  local columns, lines, indent = smaps_columns(rows, opt), {}, 0
  for i = 1, #FIRST do indent = indent + columns[i].width + 1 end
  if not opt.quiet then lines[1] = smaps_line(columns, function(column) return column.title end, "Mapping") end
  for _, row in ipairs(rows) do
    lines[#lines + 1] = smaps_line(columns, function(column) return column.cell(row) end, smaps_name(row, opt))
  end
  if opt.quiet then return lines end
  lines[#lines + 1] = (" "):rep(indent) .. smaps_line(columns, function(column)
    return column.total and ("="):rep(column.width)
  end, "")
  lines[#lines + 1] = (" "):rep(indent) .. smaps_line(columns, function(column) return column.total end, "KB ")
  return lines
end

-- ---- all of it

local function text_of(process, rows, opt)
  local lines, format = { title(process) }, FORMATS[opt.mode]
  if not format then
    local rest = smaps_lines(rows, opt)
    return table.concat(table.move(rest, 1, #rest, 2, lines), "\n")
  end
  if not opt.quiet then lines[#lines + 1] = format.header end
  for _, row in ipairs(rows) do lines[#lines + 1] = format.row(row, opt) end
  if not opt.quiet then
    for _, line in ipairs(format.footer(rows)) do lines[#lines + 1] = line end
  end
  return table.concat(lines, "\n")
end

-- The statuses with which pmap ends.
local DONE <const>, FAILED <const>, NOT_FOUND <const> = 0, 1, 42

---@class memsh.PmapOptions
---@field mode string "plain", "extended" (-x), "device" (-d), "smaps" (-X) or "all" (-XX)
---@field quiet boolean|nil neither header nor footer
---@field show_path boolean|nil whole paths
---@field keep boolean|nil the kernel's own names, in all formats
---@field pid integer[]|nil the processes that were asked for

--- Prints the mappings of processes. Gives the status with which pmap would end.
---@param processes memsh.RowSet
---@param mappings fun(process: any): memsh.RowSet
---@param opt memsh.PmapOptions
---@return integer status
function pmap.print(processes, mappings, opt)
  local status, found = DONE, {}
  for process in processes do
    local rows, missing = mappings(process):rows()
    found[process.pid] = true
    print(missing > 0 and title(process) or text_of(process, rows, opt))
    if missing > 0 then
      status = FAILED
      core.note(("memsh: mappings of process %d: %s"):format(process.pid,
        core.reason_text(rowset().last_run.coverage:reason())))
    end
  end
  for _, pid in ipairs(opt.pid or {}) do
    if not found[pid] then status = NOT_FOUND end
  end
  return status
end

local COLUMNS = {
  plain = "pid, addr, size, perms, name",
  extended = "pid, addr, size, rss, dirty=private_dirty + shared_dirty, perms, name",
  device = "pid, addr, size, perms, offset, dev, name",
}

--- The columns of these mappings in formats other than pmap's own.
---@param set memsh.RowSet
---@param mode string
---@return string
function pmap.columns(set, mode)
  if COLUMNS[mode] then return COLUMNS[mode] end
  local names = { "pid", "addr", "perms", "offset", "dev", "inode" }
  for _, info in ipairs(smaps_fields({ set:first() }, mode == "all")) do names[#names + 1] = info.name end
  names[#names + 1] = "name"
  return table.concat(names, ", ")
end

--- The mode that -x, -X, -XX and -d mean. Raises where there are several.
---@param opt {extended: boolean, X: integer, device: boolean}
---@return string
function pmap.mode(opt)
  local modes = {}
  if opt.X > 0 then modes[1] = opt.X > 1 and "all" or "smaps" end
  if opt.extended then modes[#modes + 1] = "extended" end
  if opt.device then modes[#modes + 1] = "device" end
  if #modes > 1 then error("pmap: only one of -x, -X and -d goes", 0) end
  return modes[1] or "plain"
end

local function address(text, default)
  if text == "" then return default end
  local digits = text:match "^0?[xX]?(%x+)$"
  return digits and #digits <= 16 and math.tointeger(tonumber(digits, 16)) or nil
end

--- The two addresses that "LOW,HIGH", "LOW,", ",HIGH" or "ADDRESS" mean; nil for any other text.
---@param text string
---@return integer|nil low
---@return integer|nil high
function pmap.range(text)
  local from, to = text:match "^([^,]*),([^,]*)$"
  local low, high = address(from or text, 0), address(to or text, -1)
  if low and high then return low, high end
  return nil
end

return pmap
