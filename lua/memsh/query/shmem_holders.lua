-- SPDX-License-Identifier: GPL-3.0-or-later
-- Who has shared memory that exists without being mapped: owners of files on tmpfs, of System V segments, and
-- processes that hold memfds or deleted files open.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local holders = {}

-- Reading the directories of a tmpfs ends here, so that millions of files take no longer: files and milliseconds, of
-- all mounts together.
local MOST_FILES <const>, MOST_MS <const> = 200000, 500

local COLUMNS <const> = {
  { "kind", "text", "tmpfs: files of a user; sysv: a segment; open: a memfd or deleted file, held by a descriptor" },
  { "user", "text", "whose it is" },
  { "held", "bytes", "what it has, in memory or in swap" },
  { "files", "count", "how many files" },
  { "mappers", "count", "how many times it is mapped; of files on tmpfs that is not counted" },
  { "place", "path", "the mount; the number of the segment; the process" },
  { "name", "path", "of the largest file" },
  { "note", "text", "why some of it could not be seen" },
}

-- What is left unexplained of a mount up to here is that of its directories and the like.
local LEAST <const> = 1 << 20

---@class memsh.ShmemHolder a row, as COLUMNS has it

-- ---- files on tmpfs

--- The tmpfs mounts, each filesystem once: { dev, path, size, used }, the fullest first; nil and the name of a reason.
function holders.mounts()
  local texts, reason = core.tmpfs(machine.source())
  if not texts then return nil, reason end
  local list, seen = {}, {}
  for _, text in ipairs(texts) do
    local dev, why, size, used, path = text:match "^(%S+) (%S+) (%d+) (%d+) (.*)$"
    if why == "known" and not seen[dev] then
      seen[dev] = true
      list[#list + 1] = { dev = dev, path = path, size = math.tointeger(tonumber(size)),
        used = math.tointeger(tonumber(used)) }
    end
  end
  table.sort(list, function(a, b) return a.used > b.used end)
  return list
end

local function unseen(kind, held, place, note)
  return { kind = kind, user = core.unknown("denied", "user"), held = held, files = core.unknown("denied", "files"),
    mappers = core.unknown("unsupported", "mappers"), place = place, name = "", note = note }
end

-- What no file that was seen has.
local function add_rest(found, mount, seen, owners)
  local rest = mount.used - seen
  if rest < LEAST then return end
  found[#found + 1] = unseen("tmpfs", rest, mount.path, owners.cut and "not counted: there are too many files"
    or owners.closed > 0 and "in directories that may not be read" or "deleted files that are in use")
end

local function add_owners(found, mount, owners)
  local seen = 0
  for _, text in ipairs(owners) do
    local bytes, files, _, user, path = text:match "^(%d+) (%d+) (%d+) ([^/]*)/(.*)$"
    bytes = math.tointeger(tonumber(bytes))
    seen = seen + bytes
    if bytes > 0 then
      found[#found + 1] = { kind = "tmpfs", user = user, held = bytes, files = math.tointeger(tonumber(files)),
        mappers = core.unknown("unsupported", "mappers"), place = mount.path, name = path, note = "" }
    end
  end
  add_rest(found, mount, seen, owners)
end

local function add_tmpfs(found)
  local mounts, reason = holders.mounts()
  if not mounts then
    found[#found + 1] = unseen("tmpfs", core.unknown(reason, "held"), "", core.reason_text(reason))
    return
  end
  local start = core.clock()
  for _, mount in ipairs(mounts) do
    local left = math.max(MOST_MS - math.floor((core.clock() - start) * 1000), 1)
    if mount.used > 0 then
      local owners, why = core.tmpfs_owners(machine.source(), mount.dev, mount.path, MOST_FILES, left)
      if owners then
        add_owners(found, mount, owners)
      else
        found[#found + 1] = unseen("tmpfs", mount.used, mount.path, core.reason_text(why))
      end
    end
  end
end

-- ---- segments

local function add_segments(found)
  local segments, reason = core.segments(machine.source())
  if not segments then
    found[#found + 1] = unseen("sysv", core.unknown(reason, "held"), "", core.reason_text(reason))
    return
  end
  for _, one in ipairs(segments) do
    found[#found + 1] = { kind = "sysv", user = one.user, held = one.rss + one.swap, files = 1, mappers = one.attached,
      place = ("segment %d"):format(one.id), name = "", note = one.attached == 0 and "attached by nobody" or "" }
  end
end

--- Says how many segments nobody has attached: there is no mapping, and so no row, that shows them.
function holders.say_unattached()
  local n, held = 0, 0
  for _, one in ipairs(core.segments(machine.source()) or {}) do
    if one.attached == 0 then n, held = n + 1, held + one.rss + one.swap end
  end
  if n == 0 then return end
  core.note(("memsh: %s System V %s attached by nobody, with %s: memsh shm -o"):format(n, n == 1 and "segment is"
    or "segments are", core.human(held)))
end

-- ---- what processes have open

-- How many processes map a file, by device and inode.
local function mappers()
  local by = {}
  for row in rowset.mappings():where "on_shmem":by "dev, inode":count() do
    by[row.dev .. " " .. row.inode] = row.procs
  end
  return by
end

local function add_file(files, text, process)
  local dev, inode, bytes, name = text:match "^(%S+) (%d+) (%d+) (.*)$"
  local key = dev .. " " .. inode
  if files[key] then return end
  local one = { kind = "open", user = process.user, held = math.tointeger(tonumber(bytes)), files = 1, note = "",
    place = ("%s (%d)"):format(process.comm, process.pid), name = (name:gsub(" %(deleted%)$", "")), key = key }
  files[key], files[#files + 1] = one, one
end

-- The files of each process; of those whose files may not be listed `seen` learns why.
local function add_open(found, seen)
  local files = {}
  for process in rowset.processes({}):show "pid comm user" do
    local open, why = core.open_shmem(process)
    seen:process(process.pid)
    if not open then seen:note(process.pid, why) end
    for _, text in ipairs(open or {}) do add_file(files, text, process) end
  end
  local by = #files > 0 and mappers() or {}
  for _, one in ipairs(files) do
    one.mappers = by[one.key] or 0
    if one.held > 0 then found[#found + 1] = one end
  end
end

--- All of them, and the coverage of the processes whose open files were asked for.
---@return memsh.ShmemHolder[]
---@return table
function holders.find()
  local found, seen = {}, coverage.new()
  add_tmpfs(found)
  add_segments(found)
  if machine.source():is_live() then add_open(found, seen) end
  return found, seen
end

--- As a row set, the largest first.
---@return memsh.RowSet
function holders.rows()
  local found, seen = holders.find()
  return from_tables(found, COLUMNS, seen):sort "-held, place, name"
end

return holders
