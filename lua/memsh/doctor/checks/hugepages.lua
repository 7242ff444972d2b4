-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local INFO <const>, WARN <const>, SHORT <const> = 5, 25, 10

return {
  id = "hugepages",
  looks_at = "huge pages that are set aside and that nobody uses or was promised",
  why = "INFO from 5 % of memory, WARNING from 25 %, or from 10 % where little memory is available: nothing else " ..
    "can use the pool (Linux, Documentation/admin-guide/mm/hugetlbpage.rst). A database or a virtual machine that " ..
    "is not running yet may be meant to have it.",
  find = function(machine, out)
    local sys = machine.sys
    local total, pools = words.known(sys.mem_total, 0), sys.hugepages
    if core.is_unknown(pools) then
      pools = core.is_unknown(sys.huge_pages_total) and {} or { { size = sys.hugepagesize, total = sys.huge_pages_total,
        free = sys.huge_pages_free, reserved = sys.huge_pages_rsvd } }
    end
    local short = words.known(sys.mem_available, total) * 100 < total * SHORT
    for _, pool in ipairs(pools) do
      local idle = out:known((pool.free - words.known(pool.reserved, 0)) * pool.size, "huge pages")
      local severe = idle and (idle * 100 >= total * WARN or short and idle * 10 >= total)
      if idle and total > 0 and idle > 0 and (severe or idle * 100 >= total * INFO) then
        out:add {
          severity = severe and "warn" or "info", subject = ("huge pages of %s"):format(words.size(pool.size)),
          value = idle, threshold = total * (severe and (short and 10 or WARN) or INFO) // 100, unit = "B",
          text = ("%s (%s of memory) is set aside as huge pages of %s that nobody uses: %d of %d pages."):format(
            words.size(idle), words.percent(100 * idle / total), words.size(pool.size),
            pool.free - words.known(pool.reserved, 0), pool.total),
          question = "sys.hugepages",
          advice = "If no program is to use them, make the pool smaller: sysctl -w vm.nr_hugepages=N (or " ..
            "nr_hugepages of that size below /sys/kernel/mm/hugepages).",
        }
      end
    end
  end,
}
