-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local holders = require "memsh.query.shmem_holders"
local source = require "memsh.fields.machine"
local words = require "memsh.doctor.words"

local INFO <const>, WARN <const>, NAMED <const> = 10, 25, 16 << 20

-- ---- where it is

local function where(list)
  if not list then return " Which mounts hold it is not known here." end
  local parts = {}
  for i = 1, math.min(#list, 3) do
    local one = list[i]
    if one.used >= NAMED then
      parts[#parts + 1] = ("%s in %s"):format(words.size(one.used), core.escape(one.path)) ..
        (one.size > 0 and one.used * 10 >= one.size * 9 and " (nearly full)" or "")
    end
  end
  return #parts > 0 and (" Mounts: %s; the rest is memfds, shared memory and deleted files."):format(
    table.concat(parts, ", ")) or " No mount that can be seen from here holds it: memfds, shared memory, deleted files."
end

-- ---- whose it is

local SAID <const> = {
  tmpfs = function(one)
    if one.note ~= "" then return ("%s in %s %s"):format(words.size(one.held), core.escape(one.place), one.note) end
    return ("user %s %s in %s of %s (the largest is %s)"):format(core.escape(one.user), words.size(one.held),
      words.count(one.files, "file"), core.escape(one.place), core.escape(one.name))
  end,
  sysv = function(one)
    return ("user %s %s in System V %s, attached by nobody"):format(core.escape(one.user), words.size(one.held),
      one.place)
  end,
  open = function(one)
    return ("%s %s in %s, which it has open, but not mapped"):format(core.escape(one.place), words.size(one.held),
      core.escape(one.name))
  end,
}

-- The largest holders, in words.
local function whose(out)
  local found, seen = holders.find()
  for pid in pairs(seen.worst) do
    if seen:has_lost(pid) then
      out:lacks("memfds and deleted files", core.reason_text(seen.worst[pid]), seen.worst[pid], "process")
    end
  end
  local parts = {}
  table.sort(found, function(a, b) return words.known(a.held, 0) > words.known(b.held, 0) end)
  for _, one in ipairs(found) do
    local is_mapped = words.known(one.mappers, 0) > 0
    if #parts < 3 and words.known(one.held, 0) >= NAMED and not is_mapped then
      parts[#parts + 1] = SAID[one.kind](one)
    end
  end
  return #parts > 0 and (" Who has most: %s."):format(table.concat(parts, "; ")) or ""
end

return {
  id = "tmpfs",
  looks_at = "shared memory that no process maps: files on tmpfs, memfds, forgotten segments",
  why = "INFO from 10 % of memory, WARNING from 25 %: it is in no process's numbers, can't be dropped as page " ..
    "cache can, and stays until it is deleted. At least Shmem less what all processes have mapped (RssShmem).",
  find = function(machine, out)
    local sys = machine.sys
    local shmem, total = out:known(sys.shmem, "shared memory"), words.known(sys.mem_total, 0)
    if not shmem or shmem * 100 < total * INFO then return end
    if machine.unseen then return out:lacks("shared memory that nobody maps", machine.unseen) end
    local mapped, missing = machine:sum "rss_shmem"
    if missing > 0 then
      return out:lacks("shared memory that nobody maps", words.count(missing, "process", "processes") ..
        " without RssShmem")
    end
    local idle = shmem - mapped
    if idle * 100 < total * INFO then return end
    local severe = idle * 100 >= total * WARN
    local live = source.source():is_live()
    out:add {
      severity = severe and "warn" or "info", value = idle, threshold = total * (severe and WARN or INFO) // 100,
      unit = "B",
      text = ("At least %s of shared memory (%s of memory) is mapped by no process.%s%s"):format(words.size(idle),
        words.percent(100 * idle / total), where((holders.mounts())), live and whose(out) or ""),
      question = live and 'report"shm"{owners = true}' or 'sys.shmem, procs:sum"rss_shmem"',
      advice = "Delete files that nobody needs, remove forgotten segments (ipcrm -m ID), restart programs that keep " ..
        "deleted files or memfds open. memsh shm -t shows the mounts, memsh shm -o who has what. Swap lets the " ..
        "kernel move it out.",
    }
  end,
}
