-- SPDX-License-Identifier: GPL-3.0-or-later
-- Segments that nobody maps are not here (ipcs -m and df have them): a mapping is how /proc shows shared memory.
local opt = report {
  summary = "shared memory (SysV, memfd, POSIX, anonymous) and who attaches it",
  options = { { "p", "processes", help = "a row for each process that attaches a segment" } },
  example = { "memsh shm", "memsh shm -p" },
  needs = { "mappings" },
}
local attached = maps:where "shared and on_shmem"

if opt.processes then
  return attached:by "kind, inode, name, pid, user, comm":sum "rss, pss":max "size":sort "kind, inode, pid"
    :show "kind, id=inode, name, size, pid, user, comm, attached=n, rss, pss"
end
return attached:by "kind, dev, inode, name":sum "pss, swap":max "size, rss":sort "-size, inode"
  :show "kind, id=inode, name, size, rss, pss, swap, attached=n, procs"
