-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local source = require "memsh.fields.machine"
local words = require "memsh.doctor.words"

local INFO <const>, WARN <const> = 10, 25

-- What each tmpfs mount holds, the fullest first, of texts "DEV REASON SIZE USED PATH"; nil where it is not known.
local function mounts()
  local texts = core.tmpfs(source.source())
  if not texts then return nil end
  local list, seen = {}, {}
  for _, text in ipairs(texts) do
    local dev, reason, size, used, path = text:match "^(%S+) (%S+) (%d+) (%d+) (.*)$"
    if reason == "known" and not seen[dev] then
      seen[dev] = true
      list[#list + 1] = { path = path, size = math.tointeger(tonumber(size)), used = math.tointeger(tonumber(used)) }
    end
  end
  table.sort(list, function(a, b) return a.used > b.used end)
  return list
end

local function where(list)
  if not list then return " Which mounts hold it is not known here." end
  local parts = {}
  for i = 1, math.min(#list, 3) do
    local one = list[i]
    if one.used >= 16 << 20 then
      parts[#parts + 1] = ("%s in %s"):format(words.size(one.used), core.escape(one.path)) ..
        (one.size > 0 and one.used * 10 >= one.size * 9 and " (nearly full)" or "")
    end
  end
  return #parts > 0 and (" Mounts: %s; the rest is memfds, shared memory and deleted files."):format(
    table.concat(parts, ", ")) or " No mount that can be seen from here holds it: memfds, shared memory, deleted files."
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
    out:add {
      severity = severe and "warn" or "info", value = idle, threshold = total * (severe and WARN or INFO) // 100,
      unit = "B",
      text = ("At least %s of shared memory (%s of memory) is mapped by no process.%s"):format(words.size(idle),
        words.percent(100 * idle / total), where(mounts())),
      question = 'sys.shmem, procs:sum"rss_shmem"',
      advice = "memsh shm -t shows the mounts. Delete files from /dev/shm, /tmp or /run that nobody needs (du -x, " ..
        "lsof +L1 for deleted ones), and forgotten segments (ipcs -m, ipcrm). Swap lets the kernel move them out.",
    }
  end,
}
