-- SPDX-License-Identifier: GPL-3.0-or-later
-- The methods of memsh's objects, for completion: each with what is typed next ('"' where a text follows).
local names = {}

names.rowset = {
  where = '"', sort = '"', top = "(", skip = "(", show = '"', by = '"', sum = '"', avg = '"', min = '"', max = '"',
  agg = "{", distinct = '"', join = "(", total = "(", set = "(", describe = "(", maps = "(", procs = "(",
  rows = "(", first = "(", one = "(", any = "(", empty = "(", count = "(",
  json = "(", jsonl = "(", csv = "(", tsv = "(", md = "(", print = "(", plot = '"', explain = "(",
}

names.process = { at = "(", check = "(", get = '"', raw = '"', refresh = "(", maps = "(" }

names.mapping = { get = '"', ranges = "(", raw = '"' }

names.system = { get = '"' }

names.cgroup = {}

-- What a mapping shows of its process directly.
names.of_process = { "pid", "comm", "cmdline", "user", "uid", "exe", "cgroup", "unit", "container", "pod" }

-- The row's own counts after by().
names.grouped = { "n", "procs" }

return names
