-- SPDX-License-Identifier: GPL-3.0-or-later
-- Help on functions and methods that are neither verbs nor commands: a name to its lines.
local core = require "memsh.core"

local topics = {}

function topics.proc()
  return {
    "proc(1234)  proc\"nginx\"  proc(1, 2)",
    "  one process, or nil, a message, a name; row sets of those of a name, and of those with these numbers",
    "procs{pid=1234}  procs{pid={1, 2}}  procs{kernel=true}",
    "  row sets of one or some by number, and of all with the threads of the kernel among them",
  }
end

function topics.ranges()
  local lines = {
    "m:ranges()  m:ranges{by=\"scan\"}  m:ranges{by=\"pagemap\"}",
    "  the runs of pages of a mapping, in order: an array of { addr, addr_end, pages, size, kind, huge }; or nil, a",
    "  message, a name. By PAGEMAP_SCAN where the kernel has it (Linux 6.7), else by reading pagemap. huge: mapped as",
    "  a whole huge page; unknown where pagemap and smaps together don't tell. The present pages that are anonymous or",
    "  of a file add up to rss (hugetlb aside). A page's kind is that of the moment when it was looked at:",
  }
  for _, kind in ipairs(core.page_kinds()) do lines[#lines + 1] = ("  %-20s %s"):format(kind.name, kind.meaning) end
  return lines
end

function topics.patterns()
  return {
    "comm =~ '^(node|python3)$'  path !~ '\\.so(\\.\\d+)*$'  match(cmdline, '(?i)--debug')",
    "  regular expressions, those of Perl (PCRE2): true where a part of the text matches; ^ and $ are its two ends. !~",
    "  is the opposite; where the text is unknown, both are unknown. (?i) in front ignores case.",
    "  The quotes after =~ and !~ hold the pattern as it is: comm =~ '\\d' asks for a digit. In \"...\" Lua wants",
    "  \\\\d; in [[...]] it changes nothing: where[[comm =~ '\\d']]. A pattern from elsewhere:",
    "  where(\"comm =~ p\", {p = text}).",
    "  Text is UTF-8: a dot is a character; a byte that is part of none matches only a pattern that is not UTF-8 too.",
    "  \\d \\w \\s are ASCII. A match that takes too long is given up: its value is unknown (budget).",
    "  glob(path, '/usr/*.so'), has(path, 'lib'), starts and ends need no pattern.",
  }
end

topics["=~"], topics["!~"] = topics.patterns, topics.patterns

topics["-"] = function()
  return {
    "A - B    as in before = procs:set() ... procs - before",
    "  what has changed between two sets, as a row set. B is frozen by set(); of A, what is not is read now, and of",
    "  that what B has. A row is matched with the one that is the same process (pid and start time), mapping (its",
    "  process and what it maps, wherever that lies; nameless memory by its address), control group, or group (its",
    "  keys).",
    "  status           new, gone (from A), same; also where a condition of one set left the row out",
    "  numbers          the difference, with its sign; all of a new row, less all of one that has gone",
    "  the rest         texts, numbers that name something, limits: as they are in A, of what has gone as they were",
    "  now.F, before.F  the values that the difference of field F is made of",
    "  Unknown on either side is unknown. A difference of sums that something is missing from is marked ~: it may be",
    "  smaller or larger.",
  }
end

topics.growth = topics["-"]

function topics.describe()
  return {
    "  the numbers among the columns of show; without show what the query names and, of processes, what is cheap.",
    "  Columns: column count missing min p25 median p75 max sum",
    "  p25, median, p75: the smallest value that a quarter, half, three quarters of the known ones do not exceed:",
    "  always one that is there. missing: of how many rows it could not be read or decided; then the sum and the",
    "  largest are marked >=, the others ~. What has no memory (zombies) is neither counted nor missing.",
  }
end

function topics.at()
  return {
    "p:at(addr)",
    "  the mapping of a process that covers an address (an integer, or \"0x7f...\"), with all its fields; or nil, a",
    "  message, a name (\"unmapped\" where there is none). desc\"build_id\" tells of the file's build id",
  }
end

function topics.budget()
  return {
    "budget{max_rss=\"2G\"}  budget{gentle=10}  budget{read_timeout=0.5}",
    "  within which limits processes are read, from now on; the options --max-rss, --gentle and --read-timeout set the",
    "  same for a run. max_rss: smaps, smaps_rollup, numa_maps and pagemap, for which the kernel walks over all pages",
    "  with the process's mappings locked, stay unread where more than that is resident: their fields are unknown",
    "  (budget), and counted. false is no limit. gentle: a pause in milliseconds behind each process of which such a",
    "  file, maps or cmdline was read. read_timeout: seconds after which a file that gives nothing is given up on: its",
    "  fields are unknown (timeout), and files that would hang, too, stay unread for that process.",
  }
end

function topics.define()
  return {
    "define(\"NAME\", \"EXPRESSION\", \"MEANING\")",
    "  a field of your own, computed from others: define(\"mb\", \"rss / M\", \"resident, in MiB\"). Where fields are,",
    "  it is: in expressions, as p.mb, in fields(), desc and completion. What each prompt is to have stands in",
    "  ~/.config/memsh/init.lua ($XDG_CONFIG_HOME); scripts, reports and -e do not read that file",
  }
end

function topics.report()
  return {
    "local opt = report{summary = \"...\", options = {...}, args = {...}, needs = {\"pss\"}}",
    "  stands first in a saved report. From it come memsh NAME --help, --list, completion,",
    "  and the reading of its arguments:",
    "    options = {{\"n\", \"count\", type = \"integer\", default = 10, help = \"how many\"}}",
    "    args = {{\"pid\", type = \"pid\", many = true, optional = true}}",
    "  give opt.count, opt.pid, opt[1]. Types: text integer number size age pid, or",
    "  values = {\"a\", \"b\"}; without one an option is true or false. opt.format is the -f in",
    "  effect, opt.check whether --check wants a verdict. A report returns a row set, or",
    "  prints. :reports lists those there are; the README.md beside them tells all of it",
  }
end

function topics.audit()
  return {
    "local a = audit\"swap\"",
    "  a report that ends with a verdict; memsh --check NAME makes it the exit status: 0 OK,",
    "  1 WARNING, 2 CRITICAL, 3 UNKNOWN: too much could not be read, or memsh failed.",
    "    a:warn(ROWS, \"what they are\")  a:crit(ROWS, \"...\")",
    "                          a WARNING, CRITICAL where there is a row; also a condition",
    "    a:value(\"swap\", N, {warn = \"80%\", crit = \"95%\", of = WHOLE, unit = \"B\"})",
    "                          a number and its limits, for the performance data",
    "    a:baseline(\"/var/lib/memsh/wx\", ROWS, \"comm, path\")",
    "                          a WARNING of what is new since memsh --accept NAME",
    "    a:done()              the line, the rows, and the end",
  }
end

function topics.expect()
  return {
    "expect{args = {\"-n\", \"5\"}, status = \"CRITICAL\", rows = 1, row = {pid = 1107}}",
    "  in a report: what it is to give, asked by memsh --source DIR --test FILE; else it does",
    "  nothing. status, exit, line, output, error, rows, row, value: as far as they are",
    "  named. report = \"other.lua\" runs that one",
  }
end

function topics.verb()
  return {
    "verb(\"NAME\", function(set, ...) ... end, \"SIGNATURE\", \"MEANING\")",
    "  a verb of one's own, for row sets:",
    "    verb(\"biggest\", function(set, n) return set:sort\"-rss\":top(n or 5) end,",
    "      \"biggest([N])\", \"the N rows with the most resident memory (5)\")",
    "  procs:biggest(3), and at the prompt :biggest(3), :help biggest and completion. What it gives is its value, a",
    "  row set or anything else. At each prompt: in ~/.config/memsh/init.lua (see help\"define\")",
  }
end

function topics.footprint()
  return {
    "footprint(rows)",
    "  the memory of processes (a row set, an array, or one), and what would be freed if all of them ended. A table:",
    "  resident         RAM of them all, every page counted once; hugetlb and zero pages are not in it",
    "  freed            the part that nobody else maps",
    "  freed_anonymous  the part of that which is given back at once; the rest stays as page cache or as shmem",
    "  hugetlb          pool huge pages, in none of the others",
    "  exact            with CAP_SYS_ADMIN, which sees page frames, whether all of these are exact; else NAME_min and",
    "                   NAME_max are what each lies between, by what PSS and USS tell, and NAME itself is unknown",
    "  processes, without_memory, and partial: how many could not be read, by reason; upper bounds are unknown then",
  }
end

return topics
