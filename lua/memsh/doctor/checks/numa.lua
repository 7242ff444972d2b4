-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local FULL <const>, FREE <const>, WAIT <const> = 5, 25, 5

-- What a node could still give: free pages and page cache that is no shared memory.
local function available(node)
  return node.free + words.known(node.file, 0) - words.known(node.shmem, 0) + words.known(node.s_reclaimable, 0)
end

return {
  id = "numa",
  looks_at = "a NUMA node that is used up while another one has plenty",
  why = "INFO where a node has less than 5 % left, page cache counted as left, and another one more than 25 %; " ..
    "WARNING where, besides, some task waits for memory 5 % of the last 10 s: what is bound to the node (numactl, " ..
    "cpusets) swaps or is killed while the machine has memory, and the rest is slower than it need be.",
  find = function(machine, out)
    local nodes = machine.sys.nodes
    if core.is_unknown(nodes) then return end -- a machine without nodes has nothing to be uneven
    local full, free = nil, nil
    for _, node in ipairs(nodes) do
      local total = out:known(node.total, "memory of the nodes")
      local left = total and out:known(available(node), "memory of the nodes")
      if left and total > 0 then
        local one = { node = node.node, share = 100 * left / total, left = left }
        if one.share < FULL and (not full or one.share < full.share) then full = one end
        if one.share > FREE and (not free or one.share > free.share) then free = one end
      end
    end
    if not full or not free then return end
    local waits = words.known(machine.sys.pressure_some_avg10, 0) >= WAIT
    local column = "numa" .. full.node
    out:add {
      severity = waits and "warn" or "info", subject = "node " .. full.node, value = full.share, threshold = FULL,
      unit = "%",
      text = ("NUMA node %d has %s left (%s), while node %d has %s (%s)."):format(full.node, words.size(full.left),
        words.percent(full.share), free.node, words.size(free.left), words.percent(free.share)),
      question = ('procs:sort"-rss":top(10):show"pid comm rss %s mems_allowed_list"'):format(column),
      advice = "Spread what is bound to the node (numactl --interleave=all, cpuset.mems), and see that " ..
        "vm.zone_reclaim_mode is 0, so that other nodes are used before page cache is dropped.",
    }
  end,
}
