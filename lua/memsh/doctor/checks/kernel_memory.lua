-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local LEAST <const> = 256 << 20

-- Parts of the kernel's memory, the share of the machine's from which on they are unusual, and what it mostly is.
local PARTS <const> = {
  { field = "s_unreclaim", percent = 10, what = "slab that can't be reclaimed", question = "sys.s_unreclaim",
    cause = "A leak in a driver, very many sockets, or dead control groups: slabtop -s c (as root) shows which cache.",
    usual = "1 to 4 %" },
  { field = "page_tables", percent = 8, what = "page tables", usual = "0.2 % of what processes map",
    question = 'procs:sort"-vm_pte":top(10):show"pid comm vm_pte rss virt"',
    cause = "Many processes that map the same large shared memory, each with tables of its own: huge pages make " ..
      "them 512 times smaller." },
  { field = "kernel_stack", percent = 4, what = "kernel stacks", usual = "16 KiB a thread",
    question = 'procs:sort"-threads":top(10):show"pid comm threads"',
    cause = "Too many threads: each has a stack in the kernel." },
  { field = "percpu", percent = 5, what = "per-CPU memory", usual = "below 1 %", question = "sys.percpu",
    cause = "Mostly control groups, also deleted ones that still have pages charged, and BPF maps: grep -E " ..
      "\"memory|nr_dying\" /proc/cgroups /sys/fs/cgroup/cgroup.stat" },
  { field = "vmalloc_used", percent = 10, what = "vmalloc", usual = "1 to 2 %", question = "sys.vmalloc_used",
    cause = "Modules, BPF programs, or large tables of the kernel: /proc/vmallocinfo (as root) shows who allocated." },
  { field = "sec_page_tables", percent = 5, what = "page tables of devices and virtual machines", usual = "below 1 %",
    question = "sys.sec_page_tables", cause = "Virtual machines with small pages: back them with huge pages." },
}

return {
  id = "kernel_memory",
  looks_at = "memory of the kernel itself: slab, page tables, stacks, per-CPU memory, vmalloc",
  why = "WARNING from 10 % of memory in unreclaimable slab or vmalloc, 8 % in page tables, 5 % per CPU or in " ..
    "tables of devices, 4 % in stacks, and 256 MiB at least: two to five times what busy servers have. It is in no " ..
    "process's numbers, and nothing that is ended gives it back for sure.",
  find = function(machine, out)
    local total = out:known(machine.sys.mem_total, "kernel memory")
    if not total then return end
    for _, part in ipairs(PARTS) do
      local size = words.known(machine.sys[part.field], 0)
      local least = math.max(total * part.percent // 100, LEAST)
      if size >= least then
        out:add {
          severity = "warn", subject = part.what, value = size, threshold = least, unit = "B",
          text = ("The kernel itself has %s (%s of memory) in %s; usual is %s."):format(words.size(size),
            words.percent(100 * size / total), part.what, part.usual),
          question = part.question, advice = part.cause,
        }
      end
    end
  end,
}
