# SPDX-License-Identifier: GPL-3.0-or-later
# What people type from the habit of other tools, and reports at the prompt.
# beside others

load repl

@test "other tools' commands do the same, or the answer says how it is done" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers {\d} "what can be asked: procs, maps, cgroups and sys"
answers ".tables" "what can be asked: procs, maps"
answers {\d maps *dirty*} "private_dirty"
answers "?" "Questions are chains"
answers {\?} "Questions are chains"
enter ".mode csv"
answers "procs:show\"pid\":top(1)" "pid\n1\n"
enter ":mode table"
answers "!ls" "Ctrl-Z"
answers "ls" "there is no 'ls': this is not a shell: Ctrl-Z"
answers "ls -l" "Ctrl-Z"
answers "free" "sys.mem_available"
answers "free -m" "sys.mem_available"
answers "vmstat 1" "sys.vmstat.pswpin"
answers "df -h" ":run shm -t"
answers "htop" "top, the report"
answers "procs | head" "nothing is piped here: procs:top(10)"
answers "procs:where\"swap > 0\" | less" ":more"
answers "procs > file" "memsh -o FILE -e 'procs'"
answers "procs > /tmp/file" "memsh -o FILE -e 'procs'"
answers "5 > 3" "true"
answers "5 | 3" "7"
enter "local limit = 3"
answers "5 > limit" "true"
answers {\foo} "there is no command '\\foo'"
answers "pss" "pss? says what the field is"
answers ":watch 2x procs" ":watch takes seconds"
TCL
}

@test "each way to leave" {
  for way in 'quit;' 'exit()' 'quit' 'exit();' '\q' ':q' ':q!' '.exit' 'bye'; do
    WAY=$way talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
send -- "$env(WAY)\r"
ended
TCL
  done
}

@test "a name of one's own comes before a habit" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
enter "ls = 5"
answers "ls" "5"
enter "function exit() return 'mine' end"
answers "exit()" "mine"
TCL
}

@test ":run runs a report with its options; its rows are the last answer" {
  mkdir mine
  printf 'if not arg[1] then require "memsh".set("units", "bytes") return procs:show"pid res":top(1) end print(arg[0], arg[1], #arg) x = 1 os.exit(3)\n' >mine/own.lua
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers ":run wx -p" "1107  bob   zoo"
answers "_:count()" "1"
answers ":run ps -w 'threads > 1'" "(2 rows)"
answers ":run wx --help" "mappings that are both writable and executable"
answers ":run wx -y" "wx: no option -y; :run wx --help says more"
answers ":run wxx" "there is no report 'wxx'; did you mean 'wx'?"
answers ":run" ":run takes the name of a report"
answers ":run ps -w 'threads" "a quote is missing"
answers ":run mine/own.lua 'a b'" "mine/own.lua\ta b\t1"
answers "x" "there is no 'x'"
answers ":run mine/own.lua 'a b'" "it ended with status 3"
answers ":run mine/own.lua" "1347584"
answers ":set units" "auto"
answers "wx" "(this is :run wx)"
answers "wx" "1107  bob"
answers ":wx -p" "1107  bob"
answers ":swap" "postgres"
answers "swap" "(this is :run swap; swap? says what the field is)"
answers "swap -n 1" "(this is :run swap -n 1)"
answers "smem -rs pss" "(this is :run smem -rs pss)"
type ":run reconc\t"
see "reconcile"
TCL
}
