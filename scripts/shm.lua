-- SPDX-License-Identifier: GPL-3.0-or-later
-- /proc shows shared memory only where it is mapped: segments that nobody maps are missing here (see ipcs -m);
-- -t has what files on tmpfs hold.
local opt = report {
  summary = "shared memory (SysV, memfd, POSIX, anonymous) and who uses it",
  options = { { "p", "processes", help = "one row per segment and process" },
    { "t", "tmpfs", help = "tmpfs mounts: what each holds, and what of it no process maps" } },
  example = { "memsh shm", "memsh shm -p", "memsh shm -t" },
  needs = { "mappings" },
}
local attached = maps:where "shared and on_shmem"

if opt.tmpfs then
  local mounts, message = require "memsh.query.tmpfs"()
  return mounts or error("shm: " .. message, 0)
end
if opt.processes then
  return attached:by "kind, inode, name, pid, user, comm":sum "rss, pss":max "size":sort "kind, inode, pid"
    :show "kind, id=inode, name, size, pid, user, comm, attached=n, rss, pss"
end
return attached:by "kind, dev, inode, name":sum "pss, swap":max "size, rss":sort "-size, inode"
  :show "kind, id=inode, name, size, rss, pss, swap, attached=n, procs"
