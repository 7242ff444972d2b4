-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local FULL <const>, RATIO <const>, LARGE <const>, WRITEBACK <const> = 90, 1.25, 5, 1 << 20

local function limit_of(device, out)
  local limit, used = words.known(device.limit, 0), device.used
  if limit <= 0 or used * 100 < limit * FULL then return end
  out:add {
    severity = "warn", subject = device.name, value = 100 * used / limit, threshold = FULL, unit = "%",
    text = ("%s has %s of the %s of memory that it may take (%s): what does not fit can't be swapped out."):format(
      device.name, words.size(used), words.size(limit), words.percent(100 * used / limit)),
    question = "sys.zram", advice = "Raise its mem_limit, or add swap on a disk.",
  }
end

local function gain_of(device, out, total)
  local used, orig = device.used, device.orig
  if used * 100 < total * LARGE or orig >= used * RATIO then return end
  out:add {
    severity = "info", subject = device.name, value = orig / used, threshold = RATIO,
    text = ("%s takes %s of memory for %s of swap: what is in it can't be compressed, so it gains little."):format(
      device.name, words.size(used), words.size(orig)),
    question = "sys.zram", advice = "Swap on a disk serves data better that is compressed or encrypted already.",
  }
end

return {
  id = "compressed_swap",
  looks_at = "zram devices at their memory limit or without gain, and zswap that overflows",
  why = "WARNING where zram has 90 % of its mem_limit, or zswap writes 1 MiB/s to the disk because its pool is " ..
    "full; INFO where zram takes 5 % of memory and saves less than a fifth of what is in it.",
  find = function(machine, out)
    local devices, total = machine.sys.zram, words.known(machine.sys.mem_total, math.huge)
    for _, device in ipairs(core.is_unknown(devices) and {} or devices) do
      if out:known(device.used + device.orig, "zram") then
        limit_of(device, out)
        gain_of(device, out, total)
      end
    end
    if words.known(machine.sys.zswapped, 0) == 0 then return end
    local rate = machine:byte_rate "zswpwb"
    if not rate or rate < WRITEBACK then return end
    out:add {
      severity = "warn", subject = "zswap", value = math.floor(rate), threshold = WRITEBACK, unit = "B/s",
      text = ("zswap's pool (%s) is full: it writes %s/s to the disk to make room."):format(
        words.size(words.known(machine.sys.zswap, 0)), words.size(math.floor(rate))),
      question = "sys.zswap, sys.zswapped, sys.vmstat.zswpwb",
      advice = "Raise /sys/module/zswap/parameters/max_pool_percent, or end what needs so much memory.",
    }
  end,
}
