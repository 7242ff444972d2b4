-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is known of each moment of a recording: name, type and meaning.
return {
  { "id", "integer", "its number in the recording" },
  { "time", "time", "when it was taken" },
  { "why", "text", "what it was taken for: every, pressure, oom, asked, saved; damaged: no more is known of it" },
  { "processes", "count", "how many processes are in it" },
  { "also", "text", "what it has beside the usual files, of all processes or some: pss (smaps_rollup), maps (smaps)" },
  { "size", "bytes", "what it has in the file, compressed, without what it shares with earlier ones" },
  { "took", "seconds", "how long it took" },
  { "host", "text", "the machine" },
  { "kernel", "text", "its kernel" },
  { "boot_id", "text", "the boot, which no process outlives" },
  { "lost", "count", "how many of the pieces that it is kept in are missing, or can't be read without one that is; " ..
    "0: it is whole" },
}
