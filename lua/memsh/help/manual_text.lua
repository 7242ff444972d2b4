-- SPDX-License-Identifier: GPL-3.0-or-later
-- The chapters of the manual pages that are prose: a title and the page, then paragraphs; a table holds an example.

return {
  {
    "UNKNOWN VALUES", page = "memsh-language",
    [[
A value that cannot be read (permission denied, process gone, not in this kernel, no address space, over a limit) is
unknown, and stays so: ? in a table, null in JSON. Arithmetic with it is unknown. A sum without it is a lower bound,
marked >=; a difference of sums of which something is missing is marked ~. A row whose condition cannot be evaluated
is left out. A last line counts what was read and what was not; JSON has the same under meta.]],
    [[
In Lua, known(v) and why(v) ask about a value, and p:get("pss", 0) has a default; comparing an unknown value raises an
error that names the field, the process and the reason.]],
  },
  {
    "OUTPUT", page = "memsh",
    [[
A terminal gets tables that fit it, with scaled sizes; a pipe gets exact bytes. Names of processes and files are
chosen by others: none of their control characters, invalid UTF-8 or bidirectional overrides reaches a terminal.
bar(FIELD) in show draws each value's share of the largest one; in formats for programs it is a number from 0 to 1. On
a terminal headers are bold, units, escapes and unknown values faint; no meaning depends on that alone. --color=never,
NO_COLOR or TERM=dumb switch it off, --color=always or FORCE_COLOR switch it on in a pipe.]],
    [[
With -o the file is replaced only when the output is complete.]],
  },
  {
    "REPEATING A QUESTION", page = "memsh",
    [[
:watch SECONDS QUESTION at the prompt, and --watch SECONDS [--count N] with code, a script or a report, repeat at
fixed times, however long an answer takes; times that are missed are skipped and reported. A terminal shows each
answer in place of the last one, with a mark after each value that changed: + more, - less, * another text or a new
row. A pipe gets one block after another: tables with the time above them; csv, tsv and jsonl rows with a first column
time; json one document each time. With -o the file is replaced each time. Globals keep their values from one time to
the next:]],
    { [[memsh --watch 1 -e 'now = procs() if before then (now - before):where"rss ~= 0":print() end before = now']] },
  },
  {
    "RESTRICTED MODE", page = "memsh",
    [[
With --restricted memsh looks at processes and does nothing else, and the kernel sees to it before any Lua runs: no
program is run, no network reached, no process traced, no native code loaded; no file is written but that of -o, and
none read outside /proc, /sys, the reports and what the command line names, all of them with the rights of who runs
memsh. What is refused says so. At the prompt there are no history and no init.lua. It is always on where memsh is
called memsh-restricted, or has rights that its user has not: file capabilities, or sudo, through which it becomes the
caller, with one capability. memsh --version says how confined a run is, and --require-confinement fails where the
kernel cannot enforce all of it, as for live processes without CAP_PERFMON (Linux 6.15).]],
    [[
Other processes' exe, io and pagemap are denied in it, and no process's memory or environment is opened.]],
  },
  {
    "GROWTH", page = "memsh-language",
    [[
before = procs() keeps the rows as they are; procs() - before shows what has changed since. Rows are matched as the
same process (pid and start time), mapping (its process and what it maps, at whatever address), control group or group
(its keys). status is new, gone or same; numbers are differences with their sign, new rows count in full, vanished
rows count negatively; now.F and before.F are the two values of field F. procs() and procs:set() keep what anybody may
read; a chain that names more keeps that, too:]],
    { [[procs:where"pss > 0":set()]] },
  },
  {
    "FOUR KINDS OF MEMORY", page = "memsh-language",
    [[
Two questions are both called private or shared, anonymous or file. What a mapping was made as is its quadrant:
maps:by"quadrant":sum"rss". What its pages are is another matter, because a page of a private file mapping that was
written to is a copy, and anonymous: private_anon, shared_anon, private_file and shared_file of a process count pages
and add up to its resident memory. Both are judged by device and kind of page, not by name. A private mapping is not
the same as a page that is mapped once, which is what private_dirty and the like count.]],
  },
  {
    "WHERE THE MEMORY WENT, AND WHETHER THE NUMBERS AGREE", page = "memsh-language",
    [[
reconcile() divides all of the machine's memory: what processes map (each page once, by PSS), page cache and shmem
that nobody maps, slab, page tables, kernel stacks, huge page pools, zswap and zram, free memory, and the unexplained
rest as a line of its own. The lines add up to sys.mem_total; those that depend on processes that could not be read
are marked as bounds.]],
    [[
p:check() shows a process's numbers beside each other as statm, status, smaps_rollup and smaps have them, with the
differences and whether they are normal for this kernel. memsh selfcheck does so for every process and exits with 1 if
something does not agree. Mappings that change while they are listed are read again; if that does not help, the newer,
larger one of two that overlap is kept, both are marked (inconsistent), and the last line counts the listing.]],
  },
  {
    "EFFECT ON OTHER PROCESSES", page = "memsh",
    [[
To read smaps, smaps_rollup, numa_maps, maps or cmdline the kernel locks the process's mappings, and the process may
have to wait. memsh reads such a file once, from beginning to end without a pause, with at most one thread for each
process, and never niced: a niced reader that loses the CPU keeps the lock. --jobs sets how many processes are read at
a time, --gentle lets a thread pause after each process. --max-rss, or budget{max_rss="2G"} in Lua, leaves the pages
of larger processes unread: their pss and the like are unknown (budget).]],
    [[
A process that hangs with its mappings locked, for example on a filesystem that is gone, hangs everybody who reads its
smaps or its command line, and no signal helps. After two seconds (--read-timeout) memsh reports such a file as
unknown (timeout), shows what can be read of the process without the lock, and goes on with all others; after 8 such
readers it opens no more of these files, and says so. Ctrl-C and the end of the program wait for nobody. --deadline
limits a whole run: an answer that is being shown then covers what was read so far and says so, anything else is
interrupted; the exit status is 124, with --check 3.]],
    [[
With the first process that it reads memsh sets its own oom_score_adj to 500, so that it is killed before what it
looks at; programs that its scripts start inherit that. A value that somebody chose (OOMScoreAdjust=, choom) stays.]],
  },
}
