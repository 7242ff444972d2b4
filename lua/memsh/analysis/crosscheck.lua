-- SPDX-License-Identifier: GPL-3.0-or-later
-- Compares the numbers of a process with each other: statm, status, smaps_rollup and the sum of smaps.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local expr = require "memsh.expr.expr"
local identities = require "memsh.analysis.identities"
local machine = require "memsh.fields.machine"
local from_tables = require "memsh.query.from_tables"
local listing_columns = require "memsh.analysis.listing_columns"
local schema = require "memsh.fields.schema"

local crosscheck = {}

local is_unknown, why, unknown = core.is_unknown, core.why, core.unknown

-- ---- reading a process until it keeps still

local COMPARED = { statm = true, status = true, smaps_rollup = true }

-- The fields that show whether something changed, and their files.
local compared, ids = {}, {}
for _, info in ipairs(core.fields "process") do
  if COMPARED[info.file] and info.type == "bytes" and not info.alias_of then
    compared[#compared + 1], ids[#ids + 1] = info.name, info.id
  end
end
local files <const> = core.plan(ids)

local function same(a, b)
  for _, name in ipairs(compared) do
    local x, y = a[name], b[name]
    if is_unknown(y) and not is_unknown(x) then coverage.note_other(why(y)) end -- it was not read again
    if is_unknown(x) ~= is_unknown(y) or (not is_unknown(x) and x ~= y) then return false end
  end
  return true
end

local function each_mapping(listing)
  local view, at = #listing > 0 and listing:view() or nil, 0
  return function()
    at = at + 1
    if at > #listing then return nil end
    core.seek(view, at)
    return view
  end
end

-- The bytes of pages of each kind below the mappings, or unknown.
local function pages_below(listing)
  local sums, reason = core.sum_pages(listing)
  return sums or unknown(reason, "ranges")
end

--- Begins to read a process, for crosscheck.rows.
function crosscheck.begin(process)
  local before = process:refresh()
  return { process = before, listing = core.request(before, true, files) }
end

-- Reads a process up to `tries` times, until its other files say the same before and after its mappings are read. Gives
-- the process, its listing, the bytes of pages by kind (or unknown), and whether it kept still; or nil and a reason.
local function measure(process, tries, begun)
  local found
  for _ = 1, tries do
    local one, after = begun or crosscheck.begin(process), process:refresh()
    local before, listing, reason = one.process, core.await(one.listing)
    begun = nil
    if not listing then return nil, reason end
    found = { process = before, listing = listing, pages = pages_below(listing) }
    core.load({ after }, 1, 1, files)
    found.still = not listing:inconsistent() and same(before, after)
    if found.still or not machine.source():is_live() then return found end
  end
  return found
end

-- ---- the sides of an identity

local compiled = setmetatable({}, { __mode = "k" })

local function compile(text, fields)
  local by_text = compiled[fields] or {}
  compiled[fields] = by_text
  by_text[text] = by_text[text] or expr.compile(text, fields)
  return by_text[text]
end

-- What gives the values that a side, or an identity of each mapping, is made of: by that table.
local readers = setmetatable({}, { __mode = "k" })

local function parts_of(key, texts, found)
  readers[key] = readers[key] or listing_columns(texts)
  return readers[key](found.listing)
end

-- The first thing that is unknown makes the sum unknown.
local function sum_over(side, found)
  local sum = 0
  for n, columns, doubt in parts_of(side, { side.sum, side.where }, found) do
    local values, fits = columns[1], columns[2]
    for i = 1, n do
      local yes = not fits or fits[i]
      if doubt and is_unknown(yes) then return yes end
      if yes then
        if doubt and is_unknown(values[i]) then return values[i] end
        sum = sum + values[i]
      end
    end
  end
  return sum
end

local function sum_pages(kinds, found)
  if is_unknown(found.pages) then return found.pages end
  local sum = 0
  for kind in pairs(kinds) do sum = sum + (found.pages[kind] or 0) end
  return sum
end

local function value_of(side, found)
  if type(side) == "string" then return compile(side, schema.process)(found.process) end
  return side.pages and sum_pages(side.pages, found) or sum_over(side, found)
end

-- How far it is from holding: 0 where it holds.
local function excess(identity, left, right, above)
  local difference = left - right
  if identity.relation == "<=" then return math.max(difference, 0) end
  if identity.relation == ">=" then return math.min(difference, 0) end
  if difference >= 0 and difference <= above then return 0 end
  return difference
end

-- ---- faults of kernels that explain a difference

local faults = {} -- each a function of what was found and the difference, which gives the reason or nil

-- 4.14 to about 4.19 show pss in locked, whether the mapping is locked or not.
function faults.locked(found)
  local locked, pss = 0, 0
  for mapping in each_mapping(found.listing) do
    local flag, a, b = mapping.locked_flag, mapping.locked, mapping.pss
    if is_unknown(flag) or is_unknown(a) or is_unknown(b) then return nil end
    if not flag then locked, pss = locked + a, pss + b end
  end
  return pss > 0 and locked == pss and "this kernel shows pss as locked, whether it is locked or not" or nil
end

-- The rollup of the same kernels forgets what comes before the last mapping of shmem.
function faults.swap(found)
  return faults.locked(found) and "this kernel's rollup loses swap where shmem is mapped" or nil
end

-- A shadow stack counts as stack and does not grow down.
function faults.shadow_stack(found)
  for mapping in each_mapping(found.listing) do
    local flags = mapping.vm_flags
    for _, code in ipairs(is_unknown(flags) and {} or flags) do
      if code == "ss" then return "it has a shadow stack, which counts as stack" end
    end
  end
  return nil
end

-- Before 4.5 (no RssAnon in status) mappings were counted by whether they have a file. The field is then this sum.
local function counts_files(text, where)
  local side = { sum = "size", where = where .. " and kind != \"vsyscall\"" }
  return function(found)
    if why(found.process.rss_anon) ~= "unsupported" then return nil end
    local counter, sum = value_of(text, found), sum_over(side, found)
    if is_unknown(counter) or is_unknown(sum) or counter ~= sum then return nil end
    return "before Linux 4.5 mappings are counted by whether they have a file"
  end
end

faults.old_data = counts_files("vm_data", "inode == 0 and dev == '00:00' and not grows_down")
faults.old_text = counts_files("vm_exe + vm_lib", "x and not w and (inode > 0 or dev != '00:00')")

-- From 2.6.36 to 4.11 maps hides the page below a stack, which the counters include. Such a kernel has no RssAnon, or
-- has VmPMD.
function faults.stack_guard(found, difference)
  local old = is_unknown(found.process.rss_anon) or core.known(found.process.vm_pmd)
  local stacks = sum_over({ sum = "1", where = "grows_down" }, found)
  local page = machine.system().page_size
  if not old or is_unknown(stacks) or is_unknown(page) or stacks == 0 or difference ~= stacks * page then return nil end
  return "before Linux 4.12 maps hides the page below a stack"
end

local SAMPLE <const> = 16

local exactness = setmetatable({}, { __mode = "k" })

-- Whether most processes have the same resident memory by their counter and by a walk. Kernels before 6.16 update the
-- counters of status and statm late; the version does not show it, because older kernels got the change, too.
local function counters_are_exact()
  local source = machine.source()
  if exactness[source] ~= nil then return exactness[source] end
  local equal, different = 0, 0
  for _, pid in ipairs(machine.pids()) do
    local process = source:process(pid)
    core.load({ process }, 1, 1, files)
    local counter, walk = process.vm_rss, process.rss_exact
    if not is_unknown(counter) and not is_unknown(walk) then
      if counter == walk then equal = equal + 1 else different = different + 1 end
    end
    if equal + different >= SAMPLE then break end
  end
  exactness[source] = equal >= different
  return exactness[source]
end

-- A counter is updated after at most 64 page faults of a thread, each of which maps at most 16 pages.
local LAG <const> = 64 * 16

local function lag_explains(found, difference)
  local threads, page = found.process.threads, machine.system().page_size
  if is_unknown(threads) or is_unknown(page) then return false end
  return not counters_are_exact() and math.abs(difference) <= threads * LAG * page
end

-- From 6.1 (474098edac26) to 6.4 smaps leaves out huge pages that may not be touched, which NUMA balancing does to them
-- for a while and PROT_NONE for good; pagemap has them. Such a kernel has Pss_Dirty, and no KSM in smaps.
function faults.huge(found, difference)
  local process, huge, pages = found.process, machine.system().hugepagesize, sum_pages(identities.PRESENT, found)
  if why(process.ksm) ~= "unsupported" or is_unknown(process.pss_dirty) or is_unknown(huge) then return nil end
  local left_out = is_unknown(pages) and math.abs(difference) // huge * huge or pages - process.rss_exact
  local rest = math.abs(difference) - left_out
  if left_out <= 0 or left_out % huge ~= 0 or rest ~= 0 and not lag_explains(found, rest) then return nil end
  return "this kernel's smaps leaves out huge pages that may not be touched (NUMA balancing, PROT_NONE)"
end

-- Why a difference is what this kernel shows, or nil.
local function explanation(identity, found, difference)
  for _, name in ipairs(identity.faults or {}) do
    local text = faults[name](found, difference)
    if text then return text end
  end
  if identity.lags and lag_explains(found, difference) then
    return "the counters of statm and status lag on this kernel"
  end
  if not found.still and not identity.one_file then return "it changed while it was read" end
  return nil
end

-- ---- one identity of one process

local function not_known(row, value)
  row.expected, row.difference = unknown(why(value), "expected"), unknown(why(value), "difference")
  row.why = "not compared: " .. core.reason_text(why(value))
  return row
end

-- What is unknown of a mapping, of a condition and two sides.
local function unknown_of(yes, a, b)
  if is_unknown(yes) then return yes end
  return yes and (is_unknown(a) and a or is_unknown(b) and b) or nil
end

-- The mapping that is furthest from it, the sums over all, and what is unknown if nothing could be compared.
local function worst_mapping(identity, found)
  local sums, worst, first_unknown, compared_any = { 0, 0 }, nil, nil, false
  for n, columns, doubt, base in parts_of(identity, { identity.left, identity.right, identity.where }, found) do
    local left, right, fits = columns[1], columns[2], columns[3]
    for i = 1, n do
      local yes, a, b = not fits or fits[i], left[i], right[i]
      local missing = doubt and unknown_of(yes, a, b) or nil
      first_unknown = first_unknown or missing
      if not missing and yes then
        compared_any = true
        sums[1], sums[2] = sums[1] + a, sums[2] + b
        local off = a ~= b and excess(identity, a, b, 0) or 0
        if off ~= 0 and (not worst or math.abs(off) > math.abs(worst.off)) then
          worst = { off = off, left = a, right = b, place = base + i }
        end
      end
    end
  end
  if worst then
    local view = found.listing:view()
    core.seek(view, worst.place)
    worst.addr = view.addr
  end
  return worst, sums, not compared_any and first_unknown or nil
end

local function decide(row, identity, found, off)
  row.difference = row.left - row.right
  row.holds = off == 0
  local explained = off ~= 0 and explanation(identity, found, row.difference) or nil
  row.expected = row.holds or explained ~= nil
  row.why = explained or row.why or ""
  return row
end

local function check_each(identity, found, row)
  local worst, sums, missing = worst_mapping(identity, found)
  if missing then
    row.left, row.right = missing, missing
    return not_known(row, missing)
  end
  worst = worst or { left = sums[1], right = sums[2], off = 0 }
  row.left, row.right = worst.left, worst.right
  if worst.addr then row.why = ("at %x"):format(worst.addr) end
  return decide(row, identity, found, worst.off)
end

local function check_one(identity, found)
  local row = { what = identities.text(identity), identity = identity }
  if identity.each then return check_each(identity, found, row) end
  row.left, row.right = value_of(identity.left, found), value_of(identity.right, found)
  local above = identity.above and value_of(identity.above, found) or 0
  for _, value in ipairs { row.left, row.right, above } do
    if is_unknown(value) then return not_known(row, value) end
  end
  return decide(row, identity, found, excess(identity, row.left, row.right, above))
end

-- All identities, and whether none of them fails.
local function check_all(found)
  local rows, agree = {}, true
  for i, identity in ipairs(identities) do
    rows[i] = check_one(identity, found)
    agree = agree and rows[i].expected ~= false
  end
  return rows, agree
end

-- Others come to share its pages, or end, while it keeps still itself: what is a failure is one each time it is read.
local READINGS <const> = 3

--- All identities of a process: rows of COLUMNS, with `holds` (nil if unknown) and `identity`.
---@param tries integer how often to read it while it changes
---@param begun table|nil of crosscheck.begin: the first reading of it
---@return table[]|nil
---@return boolean|string still, or the reason why there is nothing to compare
function crosscheck.rows(process, tries, begun)
  for reading = 1, READINGS do
    local found, reason = measure(process, tries, begun)
    if not found then return nil, reason end
    local rows, agree = check_all(found)
    if agree or reading == READINGS or not machine.source():is_live() then return rows, found.still end
    begun = nil
  end
end

local COLUMNS <const> = {
  { "what", "text", "what should hold" },
  { "left", "bytes", "the left side" }, { "right", "bytes", "the right side" },
  { "difference", "bytes", "left minus right" },
  { "expected", "boolean", "whether it holds, or differs as it does on this kernel" },
  { "why", "text", "why it differs" },
}

local TRIES <const> = 5

--- The numbers of a process beside each other.
---@return memsh.RowSet|nil
---@return string|nil message
---@return string|nil name
function crosscheck.of(process)
  local rows, reason = crosscheck.rows(process, TRIES)
  if not rows then
    return nil, ("process %d: %s"):format(process.pid, core.reason_text(reason)), reason
  end
  local seen = coverage.new()
  seen:process(process.pid)
  seen.of = machine.of(process)
  return from_tables(rows, COLUMNS, seen)
end

return crosscheck
