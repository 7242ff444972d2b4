-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 90, 97

-- What counts against the limit, and what fails at it.
local LIMITS <const> = {
  { limit = "limit_as", fields = { "virt" }, name = "RLIMIT_AS (address space, ulimit -v)",
    fails = "mmap and malloc fail" },
  { limit = "limit_data", fields = { "vm_data" }, name = "RLIMIT_DATA (data, ulimit -d)", fails = "malloc fails" },
  { limit = "limit_stack", fields = { "vm_stk" }, name = "RLIMIT_STACK (main stack, ulimit -s)",
    fails = "the process is killed by SIGSEGV" },
  { limit = "limit_memlock", fields = { "vm_lck" }, name = "RLIMIT_MEMLOCK (locked memory, ulimit -l)",
    fails = "mlock fails", may_exceed = true },
}

local function used(row, fields)
  local sum = 0
  for _, name in ipairs(fields) do sum = sum + row[name] end
  return sum
end

-- Beyond what it may lock only a process with CAP_IPC_LOCK locks: the limit is not its own.
local function is_exempt(one, share)
  return one.may_exceed and share > 100
end

local function judge(out, row, one)
  local limit = row[one.limit]
  if limit == math.huge or limit <= 0 then return end
  local value = out:known(used(row, one.fields), "what counts against the limits", "process")
  if not value then return end
  local share = 100 * value / limit
  if share < WARN or is_exempt(one, share) then return end
  out:add {
    severity = share >= CRIT and "crit" or "warn", subject = words.process(row), value = share,
    threshold = share >= CRIT and CRIT or WARN, unit = "%",
    text = ("%s has %s of its %s, %s; at the limit %s."):format(words.process(row), words.percent(share), one.name,
      words.size(limit), one.fails),
    question = ("procs{pid=%d}:show\"pid comm %s %s\""):format(row.pid, table.concat(one.fields, " "), one.limit),
    advice = "Raise it where the process is started (ulimit, limits.conf, LimitAS= LimitDATA= LimitSTACK= " ..
      "LimitMEMLOCK= of its unit), or find out why it needs so much.",
  }
end

return {
  id = "process_limits",
  looks_at = "processes near RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK or RLIMIT_MEMLOCK",
  why = "WARNING from 90 %, CRITICAL from 97 % of the soft limit: at it mmap, brk or mlock fail, or the stack " ..
    "cannot grow (setrlimit(2)). Who has CAP_IPC_LOCK may lock more than the limit; what is beyond it is no finding.",
  find = function(machine, out)
    for _, row in ipairs(machine.processes) do
      if out:known(row.limit_as, "limits", "process") then
        for _, one in ipairs(LIMITS) do judge(out, row, one) end
      end
    end
  end,
}
