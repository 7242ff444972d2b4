-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tmpfs mounts as rows: what each holds, and how much of it processes have mapped.
local core = require "memsh.core"
local made_rows = require "memsh.fields.made_rows"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

local COLUMNS <const> = {
  { "mount", "path", "where it is mounted" },
  { "dev", "text", "its device, as maps shows it" },
  { "size", "bytes", "the most that it may hold; 0: no limit" },
  { "used", "bytes", "what its files hold, in memory or in swap" },
  { "mapped", "bytes", "what processes have mapped of it (PSS)" },
  { "unmapped", "bytes", "used less mapped: what no process maps, or what is in swap" },
  { "swap", "bytes", "what is in swap of mapped files; of a file that several map, what the one sees that sees most" },
}

-- By device: the PSS and the swap of the mappings. Then how many rows of them may be missing, and the coverage.
local function mapped_by_device()
  local by = {}
  local files = rowset.mappings():where "on_shmem and starts(path, '/')":by "dev, inode":sum "pss":max "swap":set()
  for row in files do
    local one = by[row.dev] or { pss = 0, swap = 0 }
    by[row.dev] = one
    one.pss = core.known(row.pss) and one.pss + row.pss or one.pss
    one.swap = core.known(row.swap) and one.swap + row.swap or one.swap
  end
  return by, files.from.coverage:missing(), files.from.coverage
end

local names = {}
for i, column in ipairs(COLUMNS) do names[i] = column[1] end

local function row_of(text, by, missing)
  local dev, reason, size, used, path = text:match "^(%S+) (%S+) (%d+) (%d+) (.*)$"
  local row, mine = made_rows.new(names), by[dev] or { pss = 0, swap = 0 }
  local function number(name, digits)
    return reason == "known" and math.tointeger(tonumber(digits)) or core.unknown(reason, name)
  end
  row.mount, row.dev, row.size, row.used = path, dev, number("size", size), number("used", used)
  made_rows.put(row, "mapped", mine.pss, missing, "denied", true)
  local rest = core.known(row.used) and math.max(row.used - mine.pss, 0) or row.used
  made_rows.put(row, "unmapped", rest, missing, "denied", false)
  made_rows.put(row, "swap", mine.swap, missing, "denied", true)
  return row
end

--- The tmpfs mounts that the reader sees, each filesystem once, the fullest first; nil, a message, a name.
---@return memsh.RowSet|nil
return function()
  local texts, reason = core.tmpfs(machine.source())
  if not texts then return nil, "the mounts are not known: " .. core.reason_text(reason), reason end
  local by, missing, seen = mapped_by_device()
  local fields, rows, met = {}, {}, {}
  for i, column in ipairs(COLUMNS) do
    fields[i] = schema.column(column[1], column[2], column[3])
    fields[i].about = column[1] == "unmapped"
  end
  for _, text in ipairs(texts) do
    local row = row_of(text, by, missing)
    local place = met[row.dev] or #rows + 1
    if not rows[place] or core.is_unknown(rows[place].used) then rows[place] = row end
    met[row.dev] = place
  end
  return rowset.of_rows(rows, schema.made(fields), seen):sort "-used, mount"
end
