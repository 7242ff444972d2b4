# SPDX-License-Identifier: GPL-3.0-or-later
# TAB, in each place where it helps; and it runs nothing.
# beside others

load repl

# completes TYPED SEEN...: after TYPED and TAB the line shows SEEN.
completes() {
  local typed=$1
  shift
  {
    echo 'start'
    printf 'type {%s}\nsee {%s}\n' "$typed" "$typed"
    printf 'type "\\t"\n'
    for text in "$@"; do printf 'see {%s}\n' "$text"; done
    printf 'cancel\n'
  } | talk
}

# lists TYPED SEEN...: the same with two TABs, for a list below the line.
lists() {
  local typed=$1
  shift
  {
    echo 'start'
    printf 'type {%s}\nsee {%s}\n' "$typed" "$typed"
    printf 'type "\\t\\t"\n'
    printf 'see_all {%s}\n' "$*"
    printf 'cancel\n'
  } | talk
}

@test "globals, memsh's and Lua's, and keywords" {
  lists 'pr' print proc procs
  completes 'setmeta' 'table('
  completes 'whil' 'e'
}

@test "methods, with what follows them" {
  completes 'procs:whe' 're"'
  lists 'procs:where"swap > 0":to' top total
  completes 'procs:where("swap > 0", {x = 1}):dist' 'inct"'
  completes '("x"):uppe' 'r('
}

@test "fields inside the quotes of where, sort, show, by" {
  completes 'procs:where"private_di' 'rty'
  completes 'procs:where"rss > 1M and oom_score_a' 'dj'
  completes "procs:sort'-private_di" 'rty'
  completes 'procs:show"pid, com' 'm'
  completes 'procs:by"oom_score_a' 'dj'
  completes 'maps:where"inod' 'e'
  completes 'procs:where[[private_di' 'rty'
}

@test "what each word means stands beside it, on 80 columns and on a dumb terminal" {
  for term in xterm dumb; do
    TERM=$term talk <<'TCL'
set stty_init "columns 80 rows 24"
start
type "procs:where\"private_\t\t"
see "private_dirty      resident pages mapped once, modified"
see "private_file       resident unmodified file pages of private mappings, and the…"
see "private_hugetlb"
see "memsh> procs:where\"private_"
cancel
type "procs:w\t"
see "here\""
cancel
type "procs:s\t\t"
see "show\"COLUMNS\"   these columns: fields, name=expression"
see "skip(N)"
cancel
foreach line [split $seen "\n"] {
  if {[string length [string map {"\r" "" "\a" ""} $line]] > 81} { fail "too wide: $line" }
}
TCL
  done
}

@test "values that there are now: names of users and programs, states, numbers of processes" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
type "procs:where\"user == 'ali\t"
see "ce'"
cancel
type "maps:where\"comm == 'post\t"
see "gres'"
cancel
type "procs:where\"state == '\t\t"
see_all {"D  waiting on disk or memory" "Z  zombie" "memsh> procs:where\"state == '"}
cancel
type "proc(41\t\t"
see_all {"412  nginx" "413  nginx" "memsh> proc(41"}
type "2)\r"
see "nginx"
prompt
TCL
}

@test "names of processes that a terminal would obey stay harmless" {
  "$MEMSH_HELPERS/names" "$BATS_TEST_TMPDIR" >names 3>&- &
  for _ in {1..100}; do grep -q ready names && break; sleep 0.1; done
  pid=$! TERM=xterm talk <<'TCL'
start
enter "require('memsh.prompt.complete.values').budget = 10"
type "proc($env(pid)\t\t"
after 300
cancel
type "procs:where\"comm == '\t\t"
see "left out:"
cancel
type "proc('\t\t"
see "left out:"
cancel
if {[regexp {\x1b\]|\x1b\[31m|\x9b|\x07\x1b} $seen]} { fail "a raw control character" }
TCL
  kill %1
}

@test "functions of the expression language" {
  completes 'procs:where"basen' 'ame('
}

@test "the fields are those of the rows at hand" {
  completes 'maps:where"pat' 'h'
  completes 'procs:maps():where"inod' 'e'
  {
    echo 'start'
    echo 'type {procs:where"inod}'
    printf '%s\n' 'type "\t\t"'
    echo 'after 300'
    echo 'type "Z"'
    echo 'see Z'
    echo cancel
  } | talk
}

@test "fields after p." {
  completes 'for p in procs do print(p.private_di' 'rty'
  completes 'print(sys.mem_tot' 'al'
}

@test "keys of a table, and of one in it" {
  talk <<'TCL'
start
enter "config = {colour = 1, inner = {depth = 2}, act = function() end}"
type "config.col\t"
see "our"
cancel
type "config.inner.de\t"
see "depth"
cancel
type "config:a\t"
see "act("
cancel
TCL
}

@test "in the second line of an entry, too" {
  talk <<'TCL'
start
type "x = procs\r"
prompt
type "do\r"
see "   ..> "
type "procs:where(\r"
see "   ..> "
type "'private_di\t"
see "private_dirty"
cancel
TCL
}

@test "nothing of the user's is run" {
  talk <<'TCL'
start
enter "trap = setmetatable({}, {__index = function() print('tra' .. 'pped') end, __pairs = function() print('tra' .. 'pped') end, __tostring = function() print('tra' .. 'pped') end, __name = 'memsh.process'})"
enter "outer = {trap = trap}"
enter "local _ = setmetatable(_G, {__index = function(_, k) rawset(_G, 'ran', k) end})"
foreach text {"trap." "trap:" "trap.x." "outer.trap.x" "undefined_thing." "undefined_thing:" "print(trap).x" "os.exit(3)." "f(trap):"} {
  type "$text\t\t"
  after 150
  cancel
}
answers "tostring(rawget(_G, 'ran'))" "nil"
if {[string first "trapped" $seen] >= 0} { fail "TAB ran code" }
TCL
}

@test "names of files where a file is meant; those that a terminal would obey are left out" {
  mkdir files
  touch files/some-file.lua files/two "files/t"$'\e]0;owned\a' files/$'tb\xff' files/$'tr\xe2\x80\xaee'
  mkdir files/there
  talk <<'TCL'
start
type "dofile\"files/so\t"
see "me-file.lua"
cancel
type "io.lines(\"files/so\t"
see "me-file.lua"
cancel
type ":save files/t\t\t"
see_all {"there" "two" "memsh> :save files/t"}
cancel
type ":save files/th\t"
see "ere/"
cancel
if {[regexp {owned|\xff|\xe2\x80\xae} $seen]} { fail "a name that a terminal would obey" }
TCL
}

@test "no file names elsewhere" {
  touch somefilename
  talk <<'TCL'
start
type "'somefile\t"
after 200
type "Z"
see "Z"
cancel
type "somefile\t"
after 200
type "Z"
see "Z"
cancel
TCL
}

@test "many candidates are listed without a question" {
  talk <<'TCL'
start
type "procs:where\"\t\t"
see "private_dirty"
see "the list says what each means"
cancel
if {[string first "possibilities" $seen] >= 0} { fail "it asked" }
if {[string first "More" $seen] >= 0} { fail "it asked" }
TCL
}
