-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh doctor PID: what a process's memory is made of, what of it is its own, and what is odd about it.
local core = require "memsh.core"
local doctor = require "memsh.doctor.doctor"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.doctor.machine"
local parts = require "memsh.doctor.parts"
local rowset = require "memsh.query.rowset"
local source = require "memsh.fields.machine"
local words = require "memsh.doctor.words"

local process = {}

local size, percent, known, count = words.size, words.percent, words.known, words.count

-- The checks that are about processes.
local CHECKS <const> = { "process_limits", "map_count", "growing", "lazy_free", "ksm", "leaderless" }

-- ---- facts: each adds at most one sentence { id, value, text, question }

local M <const> = 1 << 20

local function show(p, fields)
  return ("procs{pid=%d}:show\"pid comm %s\""):format(p.pid, fields)
end

local facts = {}

-- What only this process maps of files in memory: those with a name and SysV segments, which stay when it ends; and
-- memfds, deleted files and shared memory without a name, which somebody else may have open.
local function own_shmem(rows)
  local named, nameless = 0, 0
  for _, row in ipairs(rows) do
    if row.on_shmem == true then
      local own = math.max(0, known(row.private_clean, 0) + known(row.private_dirty, 0) - known(row.anonymous, 0))
      local stays = row.kind == "sysv" or row.kind ~= "memfd" and row.deleted == false
      named, nameless = named + (stays and own or 0), nameless + (stays and 0 or own)
    end
  end
  return named, nameless
end

local function frees(rows)
  local named, nameless = own_shmem(rows)
  local text = "Ending it frees what it alone maps"
  if named > 0 then
    text = ("%s, but for %s of tmpfs files and SysV segments, which stay until they are removed"):format(text,
      size(named))
  end
  if nameless > 0 then
    text = ("%s, and %s of memfds and the like only if nobody else has them open"):format(text, size(nameless))
  end
  return text .. " (pages of files stay as cache)."
end

-- USS has huge pages of the pool, which RSS has not.
function facts.own(p, add, rows)
  local rss, pss, own = p.rss_exact, p.pss, p.private_clean + p.private_dirty
  if core.is_unknown(rss) or core.is_unknown(pss) or core.is_unknown(own) then return end
  add("own", own, ("Of %s resident (RSS), it alone maps %s; others map %s, too, which counts in each of them. " ..
    "Its fair share of all is %s (PSS). %s"):format(size(rss), size(own), size(rss - own), size(pss), frees(rows)),
    show(p, "rss pss private_clean private_dirty"))
end

function facts.swap(p, add)
  local swap = known(p.vm_swap, 0)
  if swap == 0 then return end
  local share = 100 * swap / math.max(swap + known(p.rss_anon, known(p.res, 0)), 1)
  add("swap", swap, ("%s of its anonymous memory is in swap (%s of it); ending it frees that, too."):format(size(swap),
    percent(share)), ("proc(%d):maps():where\"swap > 0\":sort\"-swap\":top(10):show\"addr size rss swap " ..
      "name\""):format(p.pid))
end

function facts.reserved(p, add, rows)
  local reserved, n = 0, 0
  for _, row in ipairs(rows) do
    if row.size >= 64 * M and known(row.rss, row.size) * 100 < row.size and row.kind == "anon" then
      reserved, n = reserved + row.size, n + 1
    end
  end
  if n == 0 then return end
  add("reserved", reserved, ("Of its %s of address space (VIRT), %s in %s was reserved and hardly ever touched: " ..
    "that is no memory."):format(size(known(p.virt, 0)), size(reserved), count(n, "large mapping")),
    ("proc(%d):maps():where\"size >= 64M and rss < size / 100\":sort\"-size\":show\"addr size rss " ..
      "perms\""):format(p.pid))
end

function facts.files(p, add, rows)
  local clean, dirty = 0, 0
  for _, row in ipairs(rows) do
    if row.kind == "file" then
      clean = clean + known(row.shared_clean, 0) + known(row.private_clean, 0)
      dirty = dirty + (row.shared and known(row.shared_dirty, 0) + known(row.private_dirty, 0) or 0)
    end
  end
  if clean + dirty < 16 * M then return end
  add("files", clean, ("%s of it are unmodified pages of files, which the kernel can drop without swap%s."):format(
    size(clean), dirty >= M and ("; %s are modified and have to be written first"):format(size(dirty)) or ""),
    ("proc(%d):maps():where[[kind == \"file\"]]:by\"path\":sum\"rss pss\":sort\"-rss\":top(10)"):format(p.pid))
end

-- The largest object of shared memory.
local function largest_object(rows)
  local best
  for _, row in ipairs(rows) do
    if row.on_shmem and row.shared and (not best or known(row.rss, 0) > known(best.rss, 0)) then best = row end
  end
  return best
end

function facts.shared_memory(_, add, rows)
  local row = largest_object(rows)
  if not row or known(row.rss, 0) < 16 * M then return end
  add("shared_memory", row.rss, ("The largest shared memory is %s, %s of %s mapped here now; the question shows " ..
    "who else maps it."):format(core.escape(row.name ~= "" and row.name or "nameless"), size(row.rss), size(row.size)),
    ("maps:where\"shared and inode == %d\":by\"pid, comm\":sum\"rss pss\""):format(row.inode))
end

function facts.page_tables(p, add)
  local tables, rss = known(p.vm_pte, 0), known(p.res, 0)
  if tables < 16 * M or tables * 20 < rss then return end
  add("page_tables", tables, ("Its page tables take %s, which no resident size includes; huge pages would make " ..
    "them smaller."):format(size(tables)), show(p, "vm_pte rss"))
end

function facts.huge_pages(p, add)
  local huge, anon, pool = known(p.anon_huge_pages, 0), known(p.rss_anon, 0), known(p.hugetlb_pages, 0)
  if pool > 0 then
    add("hugetlb", pool, ("It has %s of pool huge pages, which RSS and PSS leave out."):format(size(pool)),
      show(p, "hugetlb_pages rss"))
  end
  if huge < 16 * M or huge * 2 < anon then return end
  add("huge_pages", huge, ("%s of its %s of anonymous memory are transparent huge pages: of each, parts that were " ..
    "never used may count."):format(size(huge), size(anon)), show(p, "anon_huge_pages rss_anon"))
end

function facts.writable_code(p, add, rows)
  local n, bytes = 0, 0
  for _, row in ipairs(rows) do
    if row.w and row.x then n, bytes = n + 1, bytes + row.size end
  end
  if n == 0 then return end
  add("writable_code", n, ("%s (%s) can be written and executed, as of a compiler of code at run time: or of " ..
    "something that should not be."):format(count(n, "mapping"), size(bytes)),
    ("proc(%d):maps():where\"w and x\":show\"addr size rss perms name\""):format(p.pid))
end

function facts.deleted_code(p, add, rows)
  local n, first = 0, nil
  for _, row in ipairs(rows) do
    if row.x and row.kind == "file" and row.deleted == true then n, first = n + 1, first or row end
  end
  if n == 0 then return end
  add("deleted_code", n, ("It runs code whose file was replaced or deleted (%s): restart it when it suits."):format(
    core.escape(first.path)),
    ("proc(%d):maps():where\"deleted and x\":show\"addr size path\""):format(p.pid))
end

function facts.locked(p, add)
  local locked = known(p.vm_lck, 0) + known(p.vm_pin, 0)
  if locked < M then return end
  add("locked", locked, ("%s of its address space is locked or pinned, so that the kernel can neither swap nor " ..
    "drop it.")
    :format(size(locked)), show(p, "vm_lck vm_pin locked limit_memlock"))
end

local ORDER <const> = { "own", "swap", "files", "shared_memory", "reserved", "page_tables", "huge_pages", "locked",
  "writable_code", "deleted_code" }

local function facts_of(p, rows)
  local list = {}
  local function add(id, value, text, question)
    list[#list + 1] = { id = id, severity = "info", subject = words.process(p), value = value, text = text,
      question = question, advice = "" }
  end
  for _, name in ipairs(ORDER) do facts[name](p, add, rows) end
  return list
end

-- ---- which process

--- The process of that number or name; nil and a message.
---@param wanted string
function process.find(wanted)
  local pid = math.tointeger(tonumber(wanted))
  if not pid then
    local rows = rowset.processes { kernel = true }:where("comm == given", { given = wanted:sub(1, 15) })
      :sort "-res":rows()
    if #rows == 1 then return rows[1] end
    if #rows == 0 then return nil, ("no process is called %s"):format(wanted) end
    local pids = {}
    for i = 1, math.min(#rows, 8) do pids[i] = tostring(rows[i].pid) end
    return nil, ("%d processes are called %s, the largest first: %s%s; name one by its number"):format(#rows, wanted,
      table.concat(pids, " "), #rows > 8 and " ..." or "")
  end
  if pid < 1 or pid > 0x7fffffff then return nil, ("%s is no process id"):format(wanted) end
  local p = source.source():process(pid)
  local why = core.why(p.state)
  if why == "gone" then return nil, ("no process %d"):format(pid) end
  if why then return nil, ("process %d: %s"):format(pid, core.reason_text(why)) end
  return p
end

---@class memsh.doctor.Process
---@field process any
---@field parts table[]
---@field facts memsh.doctor.Finding[]
---@field result memsh.doctor.Result
---@field unread string|nil why its mappings are not known

--- Looks at the process of that number or name for so many seconds; nil and a message where there is none.
---@param wanted string
---@param seconds number
---@return memsh.doctor.Process|nil
---@return string|nil
function process.look(wanted, seconds)
  local p, message = process.find(wanted)
  if not p then return nil, message end
  local seen = machine.take(seconds, { p.pid })
  p = p:refresh()
  local rows = rowset.of_process(p):maps():rows()
  p = rows[1] and rows[1]:process() or p -- whose files were read with them
  local reason = core.why(p.mappings)
  local chosen = assert(doctor.choose(CHECKS, {}))
  return { process = p, parts = parts.of(rows), facts = facts_of(p, rows), result = doctor.judge(chosen, seen),
    unread = reason and core.reason_text(reason) or nil }
end

-- ---- as rows

local COLUMNS <const> = { { "id", "text" }, { "severity", "text" }, { "subject", "text" }, { "value", "number" },
  { "text", "text" }, { "question", "text" } }

--- Parts, facts and findings as rows.
---@param seen memsh.doctor.Process
function process.rows(seen)
  local rows, subject = {}, words.process(seen.process)
  for _, part in ipairs(seen.parts) do
    rows[#rows + 1] = { id = "part", severity = "info", subject = part.name, value = part.rss,
      text = ("%s resident, %s PSS, %s in swap, in %s"):format(size(part.rss), size(part.pss), size(part.swap),
        count(part.n, "mapping")), question = ("proc(%d):maps()"):format(seen.process.pid) }
  end
  for _, list in ipairs { seen.result.findings, seen.facts } do table.move(list, 1, #list, #rows + 1, rows) end
  for _, lack in ipairs(seen.result.lacking) do
    rows[#rows + 1] = { id = lack.id, severity = "unknown", subject = subject, text = lack.what .. ": " .. lack.reason,
      question = "", value = core.unknown("not_recorded", "value") }
  end
  for _, row in ipairs(rows) do row.value = row.value or core.unknown("unsupported", "value") end
  return from_tables(rows, COLUMNS)
end

return process
