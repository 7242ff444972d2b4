-- SPDX-License-Identifier: GPL-3.0-or-later
-- Deleted files that need no restart are left out, as needrestart does: shared memory, devices, temporary files.
local opt = report {
  summary = "replaced code in use; temporary files, shared memory left out",
  options = {
    { "a", "all", help = "all deleted files, not only code" },
    { "u", "units", help = "one row per systemd unit: what to restart" },
  },
  example = { "memsh deleted", "memsh deleted -u", "memsh --check deleted" },
  needs = { "mappings" },
}
local stale = maps:where("deleted and (x or everything) and kind == 'file'", { everything = opt.all })
  :where [[not (starts(path, '/SYSV') or starts(path, '/memfd:') or starts(path, '/dev/') or starts(path, '/drm')
    or starts(path, '/i915') or starts(path, '/anon_hugepage') or starts(path, '/[aio]') or starts(path, '/#')
    or starts(path, '/tmp/') or starts(path, '/var/tmp/') or starts(path, '/run/') or starts(path, '/var/run/')
    or starts(basename(path), 'orcexec.') or starts(basename(path), '.gl'))]]
local rows = stale:by "pid, user, comm, unit, path":sum "size, rss":sort "comm, pid, path"
  :show "pid user comm unit path size rss"
if opt.units then
  rows = stale:by "unit, user":count():sort "-procs, unit":show "unit, user, procs, mappings=n"
end

if opt.check then audit "deleted":warn(rows, "replaced, and still in use"):done() end
return rows
