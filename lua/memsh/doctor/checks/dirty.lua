-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

return {
  id = "dirty",
  looks_at = "page cache that waits to be written, against the limit at which writers must wait",
  why = "WARNING above the middle of the two dirty thresholds (nr_dirty_background_threshold, nr_dirty_threshold): " ..
    "from there on the kernel slows every writer down (Linux, mm/page-writeback.c). It is no lack of memory, but a " ..
    "disk that can't keep up.",
  find = function(machine, out)
    local sys = machine.sys
    local most, reason = machine:counter "nr_dirty_threshold"
    if not most then return out:lacks("dirty page cache", reason) end
    local start = machine:counter "nr_dirty_background_threshold" or most
    local dirty = out:known(sys.dirty + sys.writeback, "dirty page cache")
    local limit = (most + start) // 2 * sys.page_size
    if not dirty or limit <= 0 or dirty < limit then return end
    out:add {
      severity = "warn", value = dirty, threshold = limit, unit = "B",
      text = ("%s of page cache waits to be written (%s is being written now); from %s on, programs that write " ..
        "have to wait."):format(words.size(dirty), words.size(sys.writeback), words.size(limit)),
      question = "sys.dirty, sys.writeback, sys.vmstat.nr_dirty_threshold",
      advice = "The disk, or the server of a network filesystem, is too slow for what is written: look there " ..
        "(iostat -x). A lower vm.dirty_background_bytes begins to write earlier.",
    }
  end,
}
