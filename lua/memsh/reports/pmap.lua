-- SPDX-License-Identifier: GPL-3.0-or-later
-- The mappings of a process as text, byte for byte as procps 4.0.2's pmap prints them, except that control bytes in
-- names are escaped, unknown values are ?, and totals are of the rows shown.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local coverage = lazy "memsh.exec.coverage"
local run = lazy "memsh.exec.run"

local pmap = {}

local is_unknown = core.is_unknown

-- pmap -X cuts names after so many bytes.
local NAME_LENGTH <const> = 127

-- ---- names

-- memsh's escapes, except for the backslash, which pmap prints as it is.
local function printable(text)
  return (core.escape(text):gsub("\\\\", "\\"))
end

local function short(name)
  return name:match "/([^/]+)$" or name:match "/" or name
end

local function kept_name(full, opt)
  return printable(opt.show_path and full or full:find "^/" and short(full) or full)
end

-- What a mapping of that name is called; in the older formats only files have names, in ASCII. nil: it needs more than
-- its name.
local function named(full, opt)
  if opt.keep then return full == "" and "  [ anon ]" or kept_name(full, opt) end
  if full == "[stack]" then return "  [ stack ]" end
  if not full:find "/" then return "  [ anon ]" end
  if full:find "^/SYSV" then return nil end
  local name = opt.show_path and full:match "/.*" or short(full)
  return (name:gsub("[^ -~]", "?"))
end

local function name_of(row, opt)
  local name = named(row.name, opt)
  if name then return name end
  if row.kind == "sysv" then return ("  [ shmid=0x%x ]"):format(row.inode) end
  return (short(row.name):gsub("[^ -~]", "?"))
end

local function smaps_name(full, opt)
  if opt.keep then return kept_name(full, opt) end
  local name = full:sub(1, NAME_LENGTH)
  return printable(not opt.show_path and name:find "/" and short(name) or name)
end

-- The line above the mappings: the command line, or the name if there is none.
local function title(process)
  local command, state = process.cmdline, process:get("state", "")
  if is_unknown(command) then coverage().note_other(core.why(command)) end
  if is_unknown(command) or command == "" then
    command = ("[%s]%s"):format(process:get("comm", "?"), state == "Z" and " <defunct>" or "")
  end
  return ("%d:   %s"):format(process.pid, printable(command))
end

-- ---- numbers, in kilobytes

local function kilobytes(value)
  return is_unknown(value) and "?" or tostring(value // 1024)
end

-- The sum of what is known, marked if something is missing.
local function total(sum, missing)
  return (missing and ">=" or "") .. kilobytes(sum)
end

local function size(row) return row.size end
local function rss(row) return row.rss end
local function dirty(row) return row.private_dirty + row.shared_dirty end
local function private(row) return row.w and not row.shared and row.size or 0 end
local function shared(row) return row.shared and row.size or 0 end

local function letters_of(perms)
  return perms:gsub("p", "-") .. "-"
end

local function device_of(dev)
  local major, minor = dev:match "^(%x+):(%x+)$"
  return ("%03x:%05x"):format(tonumber(major, 16), tonumber(minor, 16))
end

-- ---- the formats: what they read, the header, each row, what is summed, and the footer of the sums

local function plain_row(row, opt)
  return ("%016x %6sK %s %s"):format(row.addr, kilobytes(row.size), letters_of(row.perms), name_of(row, opt))
end

local function extended_row(row, opt)
  return ("%016x %7s %7s %7s %s %s"):format(row.addr, kilobytes(row.size), kilobytes(row.rss), kilobytes(dirty(row)),
    letters_of(row.perms), name_of(row, opt))
end

local function device_row(row, opt)
  return ("%016x %7s %s %016x %s %s"):format(row.addr, kilobytes(row.size), letters_of(row.perms), row.offset,
    device_of(row.dev), name_of(row, opt))
end

-- The same of many rows at once, as core.lines has it.

local function id(name) return core.field("mapping", name).id end

-- The texts of a field, each made once.
local function made_of(name, text_of, opt)
  return { id = id(name), texts = setmetatable({}, { __index = function(self, value)
    local text = text_of(value, opt)
    rawset(self, value, text)
    return text
  end }) }
end

local function hex(name) return { id = id(name), form = "hex", digits = 16 } end

local function kb(width, name, plus)
  return { id = id(name), plus = plus and id(plus), form = "kilobytes", width = width }
end

local function plain_parts(opt)
  return { hex "addr", " ", kb(6, "size"), "K ", made_of("perms", letters_of), " ", made_of("name", named, opt) }
end

local function extended_parts(opt)
  return { hex "addr", " ", kb(7, "size"), " ", kb(7, "rss"), " ", kb(7, "private_dirty", "shared_dirty"), " ",
    made_of("perms", letters_of), " ", made_of("name", named, opt) }
end

local function device_parts(opt)
  return { hex "addr", " ", kb(7, "size"), " ", made_of("perms", letters_of), " ", hex "offset", " ",
    made_of("dev", device_of), " ", made_of("name", named, opt) }
end

local FORMATS = {
  plain = { reads = "addr size perms name kind inode", row = plain_row,
    parts = plain_parts, of = { "size" }, summed = { size }, footer = " total %16sK" },
  extended = { reads = "addr size perms name kind inode rss private_dirty shared_dirty",
    header = "Address           Kbytes     RSS   Dirty Mode  Mapping", row = extended_row, parts = extended_parts,
    of = { "size", "rss", "private_dirty", "shared_dirty" }, summed = { size, rss, dirty },
    footer = "---------------- ------- ------- ------- \ntotal kB         %7s %7s %7s" },
  device = { reads = "addr size perms name kind inode offset dev w shared",
    header = "Address           Kbytes Mode  Offset           Device    Mapping", row = device_row,
    parts = device_parts,
    of = { "size", "w", "shared" }, summed = { size, private, shared },
    footer = "mapped: %sK    writeable/private: %sK    shared: %sK" },
}

-- ---- -X and -XX: rows that are gone through twice, as columns are as wide as their widest text

-- Rows that are at hand: an array or a listing, the places in it, how many those are, and a function that gives the row
-- at one of the places.

local function part_of(rows)
  local places = {}
  for i = 1, #rows do places[i] = i end
  return { rows = rows, places = places, n = #rows, row = function(place) return rows[place] end }
end

-- All rows of a run, and a function that is called when they were gone through. They stay in the listing that they came
-- in: to keep each would take as much again.
local function parts_of(next_row, blocks)
  local parts, rows = {}, {}
  if not (blocks and blocks.hold) then
    for row in next_row do rows[#rows + 1] = run().keep(row) end
    return { part_of(rows) }, function() end
  end
  local close = blocks.hold()
  for listing, places, n in blocks.next do
    local view = listing:view()
    if n > 0 then
      parts[#parts + 1] = { rows = listing, places = table.move(places, 1, n, 1, {}), n = n, row = function(place)
        core.seek(view, place)
        return view
      end }
    end
  end
  return parts, close
end

-- ---- the columns that the kernel has

-- -X leaves these out.
local LONG = { kernel_page_size = true, mmu_page_size = true, shared_clean = true, shared_dirty = true,
  private_clean = true, private_dirty = true, anon_huge_pages = true, vm_flags = true }

local function hexadecimal(value) return ("%08x"):format(value) end

-- `many`: of values that occur once, mostly.
local FIRST = {
  { title = "Address", name = "addr", text = hexadecimal, many = true, form = "hex", digits = 8 },
  { title = "Perm", name = "perms", text = tostring },
  { title = "Offset", name = "offset", text = hexadecimal, many = true, form = "hex", digits = 8 },
  { title = "Device", name = "dev", text = tostring },
  { title = "Inode", name = "inode", text = tostring, form = "decimal" },
}

local function has(parts, name)
  for _, part in ipairs(parts) do
    for i = 1, part.n do
      if core.why(part.row(part.places[i])[name]) ~= "unsupported" then return true end
    end
  end
  return false
end

-- The types of columns: a value as the kernel prints it, as core.lines has it, and what is summed, in bytes (switches
-- are counted).
local TYPES = {
  boolean = { text = function(value) return value and "1" or "0" end, form = "decimal",
    number = function(value) return value and 1024 or 0 end },
  bytes = { text = kilobytes, form = "kilobytes", number = function(value) return value end },
  count = { text = tostring, form = "decimal", number = function(value) return value * 1024 end },
  list = { text = tostring },
}

local PAGE_SIZES = { kernel_page_size = true, mmu_page_size = true }

-- The fields of -X, or with `all` of -XX, that this kernel has for these rows, in the kernel's order: kernels without
-- THPeligible print the sizes of pages before Locked.
local function smaps_fields(parts, all)
  local infos, sizes, old = {}, {}, all and not has(parts, "thp_eligible")
  for _, info in ipairs(core.fields "mapping") do
    local label = info.file == "smaps" and info.label:find "^%u" and not info.alias_of
    if info.name == "locked" then table.move(sizes, 1, #sizes, #infos + 1, infos) end
    if info.name == "size" or label and (all or not LONG[info.name]) and has(parts, info.name) then
      local list = old and PAGE_SIZES[info.name] and sizes or infos
      list[#list + 1] = info
    end
  end
  return infos
end

-- The value of a column, a list as one text.
local function value_of(column, row)
  local value = row[column.name]
  if is_unknown(value) then return "?" end
  return type(value) == "table" and table.concat(value, " ") or value
end

-- A function that gives the values of a column one after the other, nil at the end.
local function values_of(column, parts)
  local ids, values, part, k, i = { id(column.name) }, {}, nil, 0, 0
  return function()
    i = i + 1
    if not part or i > part.n then
      k, i = k + 1, 1
      part = parts[k]
      if not part then return nil end
      core.columns(part.rows, part.places, part.n, ids, { values })
    end
    local value = values[i]
    if value == nil or type(value) == "table" then return value_of(column, part.row(part.places[i])) end
    return value
  end
end

-- How often each value occurs.
local function count(column, parts)
  local times = {}
  for value in values_of(column, parts) do times[value] = (times[value] or 0) + 1 end
  return times
end

-- The same of a column of many values: the largest stands for all.
local function largest(column, parts)
  local most = 0
  for value in values_of(column, parts) do
    if value ~= "?" and math.ult(most, value) then most = value end
  end
  return { [most] = 1 }
end

local function text_of(column, value)
  return value == "?" and value or column.text(value)
end

-- Gives a column the greatest width and the total. Most values occur often, so that each is looked at once.
local function fill(column, parts)
  local width, sum = 0, 0
  local times = column.many and largest(column, parts) or count(column, parts)
  for value, n in pairs(times) do
    width = math.max(width, #text_of(column, value))
    if column.number and value ~= "?" then sum = sum + column.number(value) * n end
  end
  column.width = width
  column.total = column.number and total(sum, times["?"] ~= nil)
end

-- The columns, each as wide as its widest text; those after FIRST have a total.
local function smaps_columns(parts, opt)
  local columns = {}
  for i, first in ipairs(FIRST) do columns[i] = setmetatable({}, { __index = first }) end
  for _, info in ipairs(smaps_fields(parts, opt.mode == "all")) do
    local kind = TYPES[info.type] or TYPES.count
    columns[#columns + 1] = { title = info.name == "size" and "Size" or info.label, name = info.name,
      text = kind.text, form = kind.form, number = kind.number }
  end
  for _, column in ipairs(columns) do
    fill(column, parts)
    if not opt.quiet then column.width = math.max(column.width, #column.title, #(column.total or "")) end
  end
  return columns
end

-- A line of what each column has under `key`; columns without it are left out.
local function smaps_line(columns, key, last)
  local parts = {}
  for _, column in ipairs(columns) do
    local text = column[key]
    if text then parts[#parts + 1] = (" "):rep(column.width - #text) .. text end
  end
  parts[#parts + 1] = last
  return table.concat(parts, " ")
end

-- The line of a row by itself.
local function smaps_row(columns, row, opt)
  for _, column in ipairs(columns) do column.cell = text_of(column, value_of(column, row)) end
  return smaps_line(columns, "cell", smaps_name(row.name, opt))
end

-- The same of many rows at once, as core.lines has it.
local function smaps_parts(columns, opt)
  local list = {}
  for _, column in ipairs(columns) do
    list[#list + 1] = { id = id(column.name), form = column.form, digits = column.digits, width = column.width }
    list[#list + 1] = " "
  end
  list[#list + 1] = made_of("name", smaps_name, opt)
  return list
end

-- Hands the lines of the rows to a function, many at once.
local function add_rows(lines, parts, columns, opt)
  local list = smaps_parts(columns, opt)
  for _, part in ipairs(parts) do
    local at = 1
    while at <= part.n do
      local text
      text, at = core.lines(part.rows, part.places, at, part.n, list)
      if text ~= "" then lines(text:sub(1, -2)) end
      if at <= part.n then lines(smaps_row(columns, part.row(part.places[at]), opt)) end
      at = at + 1
    end
  end
end

-- Hands the lines to a function.
local function smaps_lines(parts, opt, lines)
  if not parts[1] or parts[1].n == 0 then return end
  local columns, indent = smaps_columns(parts, opt), 0
  for i = 1, #FIRST do indent = indent + columns[i].width + 1 end
  if not opt.quiet then lines(smaps_line(columns, "title", "Mapping")) end
  add_rows(lines, parts, columns, opt)
  if opt.quiet then return end
  for _, column in ipairs(columns) do column.rule = column.total and ("="):rep(column.width) end
  lines((" "):rep(indent) .. smaps_line(columns, "rule", ""))
  lines((" "):rep(indent) .. smaps_line(columns, "total", "KB "))
end

-- ---- all of it

local function add_row(sums, missing, format, row)
  for i, number_of in ipairs(format.summed) do
    local value = number_of(row)
    if is_unknown(value) then missing[i] = true else sums[i] = sums[i] + value end
  end
end

-- Adds rows of which all is known. Gives their fields, in columns; those of others are nil.
local function add_block(sums, format, rows, places, n)
  local ids, columns, row = {}, {}, {}
  for i, name in ipairs(format.of) do ids[i], columns[i] = id(name), {} end
  core.columns(rows, places, n, ids, columns)
  for at = 1, n do
    for i, name in ipairs(format.of) do row[name] = columns[i][at] end
    if row.size then add_row(sums, nil, format, row) end
  end
  return columns
end

-- The lines of rows in blocks. What needs more than a field, and what is unknown, goes by itself.
local function add_blocks(lines, sums, missing, blocks, format, opt)
  local parts = format.parts(opt)
  for rows, places, n in blocks.next do
    local sizes, at = add_block(sums, format, rows, places, n)[1], 1
    while at <= n do
      local text
      text, at = core.lines(rows, places, at, n, parts)
      if text ~= "" then lines[#lines + 1] = text:sub(1, -2) end
      if at <= n then
        local row = blocks.row(places[at])
        lines[#lines + 1] = format.row(row, opt)
        if not sizes[at] then add_row(sums, missing, format, row) end
      end
      at = at + 1
    end
  end
end

-- Rows of these formats are not kept: they become lines at once.
local function format_lines(next_row, blocks, format, opt)
  local lines, sums, missing = {}, {}, {}
  if not opt.quiet then lines[1] = format.header end
  for i = 1, #format.summed do sums[i] = 0 end
  if blocks then
    add_blocks(lines, sums, missing, blocks, format, opt)
  else
    for row in next_row do
      lines[#lines + 1] = format.row(row, opt)
      add_row(sums, missing, format, row)
    end
  end
  for i, sum in ipairs(sums) do sums[i] = total(sum, missing[i]) end
  if not opt.quiet then lines[#lines + 1] = format.footer:format(table.unpack(sums)) end
  return lines
end

-- So many lines, or bytes, are printed at once.
local MANY <const>, LARGE <const> = 512, 1 << 14

-- A function that prints lines, some at a time, and one that prints the rest.
local function printer()
  local lines, n = {}, 0
  local function flush()
    if n > 0 then print(table.concat(lines, "\n", 1, n)) end
    n = 0
  end
  return function(line)
    n = n + 1
    lines[n] = line
    if n == MANY or #line > LARGE then flush() end
  end, flush
end

-- The lines below the title as a function that hands them to another one, the run's coverage, and a function that ends
-- it all.
local function lines_of(set, opt)
  local format, reads = FORMATS[opt.mode], {}
  for name in (format and format.reads or ""):gmatch "%S+" do reads[#reads + 1] = name end
  local next_row, started, blocks = run().start(set, format and reads)
  if format then
    local lines = format_lines(next_row, blocks, format, opt)
    return function(take)
      for _, line in ipairs(lines) do take(line) end
    end, started.coverage, function() end
  end
  local parts, close = parts_of(next_row, blocks)
  return function(take) smaps_lines(parts, opt, take) end, started.coverage, close
end

-- The statuses with which pmap ends.
local DONE <const>, FAILED <const>, NOT_FOUND <const> = 0, 1, 42

--- Prints the mappings of processes. Gives pmap's exit status.
---@param processes memsh.RowSet
---@param mappings fun(process: any): memsh.RowSet
---@param opt table the options of scripts/pmap.lua, and `mode`
---@return integer status
function pmap.print(processes, mappings, opt)
  local status, found = DONE, {}
  for process in processes do
    local lines, seen, close = lines_of(mappings(process), opt)
    local lost = seen:missing() > 0
    found[process.pid] = true
    print(title(process))
    if not lost then
      local take, flush = printer()
      lines(take)
      flush()
    end
    close()
    if lost then
      status = FAILED
      core.note(("memsh: mappings of process %d: %s"):format(process.pid,
        core.reason_text(seen:reason())))
    end
  end
  for _, pid in ipairs(opt.pid or {}) do
    if not found[pid] then
      status = NOT_FOUND
      core.note(("memsh: pmap: no process %d"):format(pid))
    end
  end
  return status
end

local COLUMNS = {
  plain = "pid, addr, size, perms, name",
  extended = "pid, addr, size, rss, dirty=private_dirty + shared_dirty, perms, name",
  device = "pid, addr, size, perms, offset, dev, name",
}

--- The columns of these mappings in memsh's own formats.
---@param set memsh.RowSet
---@param mode string
---@return string
function pmap.columns(set, mode)
  if COLUMNS[mode] then return COLUMNS[mode] end
  local names = { "pid", "addr", "perms", "offset", "dev", "inode" }
  for _, info in ipairs(smaps_fields({ part_of { set:first() } }, mode == "all")) do names[#names + 1] = info.name end
  names[#names + 1] = "name"
  return table.concat(names, ", ")
end

--- The mode that the options choose: "plain", "extended" (-x), "device" (-d), "smaps" (-X) or "all" (-XX).
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
