-- SPDX-License-Identifier: GPL-3.0-or-later
-- Shared memory where it is mapped; -t has what each tmpfs holds, and -o who has it, mapped or not.
local opt = report {
  summary = "shared memory (SysV, memfd, POSIX, anonymous) and who uses it",
  options = { { "p", "processes", help = "one row per segment and process" },
    { "t", "tmpfs", help = "tmpfs mounts: what each holds, and what of it no process maps" },
    { "o", "owners", help = "who has files on tmpfs, System V segments, memfds and deleted files" } },
  example = { "memsh shm", "memsh shm -p", "memsh shm -t", "memsh shm -o" },
  needs = { "mappings" },
}
local attached = maps:where "shared and on_shmem"

if opt.tmpfs then
  local mounts, message = require "memsh.query.tmpfs"()
  return mounts or error("shm: " .. message, 0)
end
if opt.owners then return require "memsh.query.shmem_holders".rows() end
if opt.processes then
  return attached:by "kind, inode, name, pid, user, comm":sum "rss, pss":max "size":sort "kind, inode, pid"
    :show "kind, id=inode, name, size, pid, user, comm, attached=n, rss, pss"
end
require "memsh.query.shmem_holders".say_unattached()
return attached:by "kind, dev, inode, name":sum "pss, swap":max "size, rss":sort "-size, inode"
  :show "kind, id=inode, name, size, rss, pss, swap, attached=n, procs"
