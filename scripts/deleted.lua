-- SPDX-License-Identifier: GPL-3.0-or-later
-- Code that no file has any more is never left out, wherever it was: what hides does so below /tmp, too. Of data (-a),
-- what needs no restart is left out, as needrestart does: shared memory, devices, temporary files.
local opt = report {
  summary = "code in use whose file was replaced or deleted",
  options = {
    { "a", "all", help = "all deleted files, not only code; temporary ones, shared memory left out" },
    { "u", "units", help = "one row per systemd unit: what to restart" },
  },
  example = { "memsh deleted", "memsh deleted -u", "memsh --check deleted" },
  needs = { "mappings" },
}
local CODE <const> = [[x and (kind == 'file' or kind == 'shmem' and starts(path, '/')
  and not starts(path, '/dev/zero'))]]
local DATA <const> = [[everything and kind == 'file'
  and not (starts(path, '/SYSV') or starts(path, '/memfd:') or starts(path, '/dev/') or starts(path, '/drm')
    or starts(path, '/i915') or starts(path, '/anon_hugepage') or starts(path, '/[aio]') or starts(path, '/#')
    or starts(path, '/tmp/') or starts(path, '/var/tmp/') or starts(path, '/run/') or starts(path, '/var/run/')
    or starts(basename(path), 'orcexec.') or starts(basename(path), '.gl'))]]
local stale = maps:where("deleted"):where(("(%s) or (%s)"):format(CODE, DATA), { everything = opt.all or false })
local rows = stale:by "pid, user, comm, unit, path":sum "size, rss":sort "comm, pid, path"
  :show "pid user comm unit path size rss"
if opt.units then
  rows = stale:by "unit, user":count():sort "-procs, unit":show "unit, user, procs, mappings=n"
end

if opt.check then audit "deleted":warn(rows, "replaced or deleted, and still in use"):done() end
return rows
