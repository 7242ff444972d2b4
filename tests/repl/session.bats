# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# The banner, the colon commands, and what a session keeps.

load repl

@test "the banner: version, kernel, how much can be seen; none without a terminal to see it" {
  cat >script.exp <<'TCL'
source $env(MEMSH_TESTS)/repl/prompt.exp
spawn -noecho $env(MEMSH) -s $env(MEMSH_FIXTURES)/denied
see_all {"memsh 0." ", Linux " "processes, " " readable; the rest was not readable when this was saved" "type help" "memsh> "}
type "\004"
ended
spawn -noecho $env(MEMSH)
see "type help"
prompt
type "\004"
ended
spawn -noecho sh -c "exec $env(MEMSH) -i -e 'print(6 * 7)' | cat"
# The prompt is on standard error, and may come before what goes through cat.
expect {
  -re "readable|type help" { fail "a banner in a pipe" }
  -re "42.*memsh> |memsh> .*42" {}
  timeout { fail "no answer and prompt" }
}
type "\004"
ended
TCL
  run expect -f script.exp
  echo "$output"
  [ "$status" = 0 ]
}

@test "the banner counts what may be read" {
  visible=$("$MEMSH" -e 'require "memsh" return require("memsh.prompt.banner").visible(false) or "many"')
  # Among many processes nobody waits for it.
  [[ "$visible" == many || "$visible" =~ ^[0-9]+\ processes,\ (all|[0-9]+)\ readable ]]
  entries=(/proc/[0-9]*)
  [[ "${#entries[@]}" -lt 110 || "$visible" == many ]]
  visible=$("$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'require "memsh" return require("memsh.prompt.banner").visible(false)')
  unreadable=$("$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'local n, all = 0, 0
    for p in procs do
      all = all + 1
      local _, _, name = p:raw "maps"
      if name == "denied" then n = n + 1 end
    end
    print(all .. " processes, " .. all - n .. " readable")')
  [[ "$visible" == "$unreadable"* ]]
}

@test "each command is listed, helped and completed by itself" {
  talk <<'TCL'
start
enter ":help commands"
foreach name {desc errors examples fields help history mode quit reports save set time} {
  if {[string first "  :$name" $answer] < 0} { fail "$name is not listed" }
}
foreach name {desc errors examples fields help history mode quit reports save set time} {
  answers ":help $name" ":$name"
}
answers ":help where" "the rows for which it is true"
answers ":help pss" "readable by"
answers ":tiem on" "there is no command ':tiem'; did you mean ':time'?"
answers ":mdoe json" "did you mean ':mode'?"
type ":his\t"
see "tory"
cancel
type ":mode ver\t"
see "tical"
cancel
type ":set mo\t"
see "de"
cancel
type ":desc priv\t\t\t"
see_all {"private_clean" "private_dirty"}
cancel
type ":wh\t"
see "ere\""
cancel
TCL
}

@test "help fits one screen, and nothing is wider than 80 columns" {
  talk <<'TCL'
set stty_init "columns 80 rows 24"
start
foreach line {":help" "help()" ":help commands" ":set" ":fields maps" ":desc pss" ":examples swap"} {
  enter $line
  set lines [lrange [split $answer "\n"] 1 end-1]
  if {[string first "help" $line] >= 0 && [llength $lines] > 22} { fail "$line is [llength $lines] lines" }
  foreach shown $lines {
    if {[string length $shown] > 80} { fail "$line is too wide: $shown" }
  }
}
TCL
}

@test ":fields, :desc, :mode, :set, :time" {
  talk <<'TCL'
start
answers ":fields maps *dirty" "private_dirty"
if {[string first "rss" $answer] >= 0} { fail $answer }
answers ":fields sys" "mem_total"
answers ":desc pss" "proportional"
answers "pss ?" "proportional"
answers ":mode" "table"
enter ":mode json"
answers "1 + 1" "{\"value\": 2"
answers ":mode jsno" "mode takes auto table vertical csv tsv json jsonl md openmetrics prom sqlite, not 'jsno'"
enter ":mode table"
answers "1 + 1" "2"
enter ":set units bytes"
answers "sys.mem_total > 0" "true"
answers ":set unts bytes" "did you mean 'units'?"
enter ":set rows 2"
answers "procs:top(5)" "5 rows; 3 more"
answers ":set rows" "takes auto all or a number"
enter ":time on"
answers "1" " ms)"
enter ":time off"
enter "1"
if {[string first " ms" $answer] >= 0} { fail $answer }
TCL
}

@test "a script has the commands' twins" {
  run "$MEMSH" -e 'local m = require "memsh" m.set("mode", "json") m.show(1)'
  [[ "$output" == '{"value": 1, '* ]]
  run "$MEMSH" -e 'require("memsh").command "desc pss"'
  [[ "$output" == pss* ]]
  run -1 --separate-stderr "$MEMSH" -e 'require("memsh").set("mode", "x") print(1)'
  [[ "$stderr" == "memsh: -e:1: mode takes auto "* ]]
}

@test ":errors tells where the last one came from" {
  talk <<'TCL'
start
answers ":errors" "there was no error"
answers "error('first')" "first"
if {[string first "traceback" $answer] >= 0} { fail $answer }
answers ":errors" "stack traceback:"
enter ":errors full"
answers "error('second')" "stack traceback:"
enter ":errors short"
enter "error('third')"
if {[string first "traceback" $answer] >= 0} { fail $answer }
TCL
}

@test ":history, :reports, :examples, :quit" {
  mkdir -p "$HOME/.local/share/memsh/reports"
  printf '%s\n' '#!/usr/bin/env memsh' '-- memsh mine: what is mine' 'print(1)' >"$HOME/.local/share/memsh/reports/mine.lua"
  talk <<'TCL'
start
enter "1 + 1"
enter "for i = 1, 1 do end"
answers ":history 3" "1 + 1\nfor i = 1, 1 do end\n:history 3"
answers ":reports" "mine         what is mine"
answers ":examples library" "maps:where"
answers ":examples zzz" "no example has zzz"
type ":quit\r"
ended
start
type "exit\r"
ended
TCL
}

@test ":save writes the entries that went well as a script that runs" {
  talk <<'TCL'
start
enter "local limit = 20"
enter "procs:where(\"pid <= lim\", {lim = limit}):show\"pid\""
enter ":by\"pid > 0\":count()"
enter "error('no')"
enter "= = 3"
enter "6 * 7;"
enter "_ + 1 -- a comment"
enter "print('said')"
enter "_1 + 100"
enter "return 'returned'"
enter ":desc pss"
enter ":history"
enter "for i = 1, 2 do print('loop', i) end"
answers ":save it.lua" "(10 entries in it.lua)"
answers ":save it.lua" "cannot write it.lua: it exists; :save! replaces it"
answers ":save! it.lua" "(10 entries in it.lua)"
answers ":save" "takes the name of a file"
answers ":save /nonexistent/x" "cannot write /nonexistent/x: No such file or directory"
TCL
  run "$MEMSH" it.lua
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" == *$'\n43\nsaid\n142\nreturned\npss '* ]]
  [[ "$output" == *$'loop\t1\nloop\t2' ]]
  [[ "$output" != *$'\n42\n'* ]]
}

@test "file names are completed where a file is meant" {
  mkdir dir.d
  touch dir.d/some-file.lua
  talk <<'TCL'
start
type ":save dir.d/so\t"
see "me-file.lua"
cancel
TCL
}

@test "verbs after a colon go on from the last answer" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers ":by\"user\"" "goes on from the last answer, and there is none yet"
enter "procs"
answers ":where\"pid == 1\":show\"pid\"" "pid\n  1\n"
answers ":count()" "1"
answers ":top(1)" ":top goes on from rows, and the last answer is a number"
TCL
}

@test "a local at the prompt is kept, over the globals and hidden from them" {
  talk <<'TCL'
start
answers "local x, y = 5, 6" "x, y are kept for the session"
answers "x + y" "11"
enter "local z <const> = 7; x = z"
if {[string first "kept" $answer] >= 0} { fail "told twice" }
answers "x" "7"
answers "rawget(_G, 'x')" "nil"
enter "local function f() return x end"
answers "f()" "7"
enter "local w"
answers "w" "there is no 'w'"
enter "do local inner = 1 end"
answers "inner" "there is no 'inner'"
enter "local _, second = 1, 2"
answers "second" "2"
answers "_ + 40" "42"
enter "local procs = 3"
answers "procs" "3"
answers "local a = = 1" "local a = = 1\n            ^"

TCL
}

@test "a semicolon mutes, _1 to _9 are what was shown before" {
  talk <<'TCL'
start
enter "20 + 1"
enter "20 + 2;"
if {[string first "22" [string range $answer 8 end]] >= 0} { fail $answer }
answers "_" "22"
answers "_2" "21"
enter "for i = 1, 9 do end"
answers "'last'" "last"
answers "_1" "21"
answers "_9" "nil"
enter "procs:show'pid';"
answers "#_:rows() > 0" "true"
TCL
}

@test "one screen of rows, then how many more; :more shows the next screen, :all the rest" {
  talk <<'TCL'
set stty_init "columns 80 rows 17"
start -s $env(MEMSH_FIXTURES)/full
enter "all = maps:count()"
enter "maps:top(14):show\"pid\""
if {[llength [regexp -all -inline {\n *\d+(?=\n)} $answer]] != 12} { fail "not 12 rows: $answer" }
if {[string first "(14 rows; 2 more; :more or :all" $answer] < 0} { fail $answer }
enter ":all"
if {[llength [regexp -all -inline {\n *\d+(?=\n)} $answer]] != 2} { fail "not 2 rows: $answer" }
answers ":all" "there are no more rows"
enter "maps:top(30):show\"pid\""
enter ":more"
if {[llength [regexp -all -inline {\n *\d+(?=\n)} $answer]] != 12} { fail "not 12 rows: $answer" }
if {[string first "(6 more; :more or :all)" $answer] < 0} { fail $answer }
enter ":more"
if {[llength [regexp -all -inline {\n *\d+(?=\n)} $answer]] != 6} { fail "not 6 rows: $answer" }
answers ":more" "there are no more rows"
enter ":set rows 3"
answers "maps:top(5):show\"pid\"" "(5 rows; 2 more"
enter ":set rows all"
answers "maps:top(14):show\"pid\"" "(14 rows"
if {[string first "more" $answer] >= 0} { fail $answer }
enter ":set rows auto"
enter ":mode vertical"
answers "maps:top(5):show\"pid\"" "(5 rows"
enter "maps:top(8):show\"pid\""
if {[string first "-\[ 6 \]---" $answer] < 0 || [string first "-\[ 7 \]---" $answer] >= 0} { fail $answer }
answers ":all" "-\[ 7 \]---"
TCL
}

@test "the screens that follow, and what goes on from the answer, have the columns of the first screen" {
  for group in init.scope system.slice/nginx.service; do
    mkdir -p "root/.machine/cgroup/$group"
    echo 4096 >"root/.machine/cgroup/$group/memory.current"
  done
  cp -r "$MEMSH_FIXTURES/full/." root
  touch root/.machine/cgroup/cgroup.controllers
  talk <<'TCL'
start -s root
enter ":set rows 2"
answers {procs:sort"-vm_hwm"} "vm_hwm"
answers ":more" "vm_hwm"
answers ":all" "vm_hwm"
answers ":top(3)" "vm_hwm"
enter {cgroups:sort"path"}
if {[string first "nginx" $answer] >= 0} { fail "it is on the first screen: $answer" }
enter ":all"
if {![regexp {nginx\.service +2 +4K} $answer]} { fail $answer }
TCL
}

@test ":mode auto: vertical records where a table would lose columns" {
  talk <<'TCL'
set stty_init "columns 80 rows 24"
start -s $env(MEMSH_FIXTURES)/full
enter ":mode auto"
enter "procs:top(2)"
if {[string first "-\[ 1 \]---" $answer] >= 0} { fail $answer }
answers "procs:top(2):show\"pid comm user rss pss uss vm_hwm vm_peak start_time threads virt shr data code\"" "-\[ 1 \]---\npid "
enter ":mode table"
answers "procs:top(2):show\"pid comm user rss pss uss vm_hwm vm_peak start_time threads virt shr data code\"" "+"
answers "1 + 1" "2"
TCL
}

@test "a saved script has the fields and verbs of init.lua" {
  mkdir -p "$HOME/.config/memsh"
  printf 'define("mine", "rss * 2", "twice")\nverb("biggest", function(set) return set:sort"-rss":top(1) end, "biggest()", "the biggest")\n' >"$HOME/.config/memsh/init.lua"
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers "procs:biggest():show\"pid mine\"" "901"
answers ":save mine.lua" "(1 entry in mine.lua, with your init.lua)"
TCL
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -f csv mine.lua
  [ "$output" = "$(printf 'pid,mine\r\n901,157483008\r')" ] || [ "$output" = "$(printf 'pid,mine\n901,157483008')" ]
  [ "$stderr" = "" ]
}
