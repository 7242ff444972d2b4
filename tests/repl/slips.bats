# SPDX-License-Identifier: GPL-3.0-or-later
# The usual slips each have their own answer.
# beside others

load repl

@test "at the prompt" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers "porcs:top(1)" "there is no 'porcs'\n  hint: did you mean 'procs'?"
answers "hepl()" "hint: did you mean 'help'?"
answers "hepl" "there is no 'hepl'; did you mean 'help'?"
enter "local mine = 5"
answers "mien" "did you mean 'mine'?"
enter "nil"
if {[string first "mean" $answer] >= 0} { fail $answer }
answers "procs.where\"swap > 0\"" "where comes after a colon, as in procs:where\"swap > 0\""
answers "procs.top(5)" "top comes after a colon, as in procs:sort\"-rss\":top(10)"
answers "procs:where(swap > 0)" "hint: what where takes is a text in quotes: where\"swap > 0\""
answers "procs:where swap > 0" "hint: what where takes is a text in quotes: where\"swap > 0\""
answers "procs:where(user == alice)" "hint: what where takes is a text in quotes: where\"user == 'alice'\""
answers "procs:by(user)" "hint: what by takes is a text in quotes: by\"user\""
answers "procs:top 5" "hint: write top(N"
answers "proc 1" "hint: write proc(1)"
answers "proc nginx" "hint: write proc\"nginx\""
answers "proc(1107):rss()" "hint: write .rss: it is a field"
answers "maps{pid=1107}" "the mappings of a process are proc(1107):maps()"
answers "footprint(1107)" "not a number; write footprint(proc(1107))"
answers "proc(1107).vsz" "did you mean 'virt'?"
answers "procs:where\"user == alice\"" "hint: text is written in quotes: 'alice'"
enter "local lim = 5"
answers "procs:where\"rss > lim\"" "hint: a variable of Lua is handed over: where(\"rss > lim\", {lim = lim})"
answers "procs:top(5, 6)" "top takes a table as argument 2, not 6\n  top(N \[, {others = true}\]), as in procs:sort\"-rss\":top(10)"
answers "procs:sort(\"rss\", true)" "as argument 2, not true\n  sort\"KEYS\", as in procs:sort\"-swap, comm\"\n  hint: a leading minus"
answers "procs:where\"user in ('root', 'bob')\"" "hint: write (user == 'root' or user == 'bob')"
answers "procs:where\"comm =~ ^ng\"" "hint: write '^ng'"
answers "procs:where\"comm =~ '\\d'\"" "in \[\[...\]\] it stays"
answers "procs:where\"start_time > 9:00\"" "'09:00'"
answers "procs:where\"deleted\"" "hint: mappings have it: maps:where\"deleted\""
answers "sys.tmpfs" "help\"tmpfs\" says how to ask"
answers "help tmpfs" "sys.shmem"
answers "show me all processes" "hint: a question is a chain"
answers "SELECT * FROM procs WHERE swap > 0" "hint: a question is a chain"
answers "procs:where\"swap > 0" "hint: a quote is missing"
answers "procs:where(function(p) return p.rss > 1M end)" "hint: in Lua write 1*M"
answers "procs:whre\"swap > 0\"" "did you mean ':where'?"
answers "procs:where\"swpa > 0\"" "did you mean 'swap'?"
answers "swap > 0" "hint: swap is a field: procs:where\"swap > 0\""
answers "where?" ":where\"EXPRESSION\""
answers "top?" "the first N rows"
answers "swap?" "readable by"
answers ":watch 1 top" ":watch takes a question; in a shell memsh --watch 1 top repeats a report"
answers ":watch 1 :run top -n 3" ":watch takes a question; in a shell memsh --watch 1 top repeats a report"
answers ":watch 1 :mode json" ":watch takes a question, not a command"
answers ":watch 1 porcs" "there is no 'porcs'; did you mean 'procs'?"
answers "reconcile" "function: call it, reconcile()"
answers "help" "Questions are chains"
answers "help pss" "readable by"
answers "help where" "the rows for which it is true"
enter "help = 5"
answers "help" "5"
TCL
}

@test "a process that is not there" {
  sleep 0 & gone=$!
  wait "$gone"
  for question in "proc($gone):maps()" "proc($gone).rss" "print(proc($gone).comm)"; do
    run -1 --separate-stderr "$MEMSH" -e "$question"
    [ "$stderr" = "memsh: -e:1: attempt to index a nil value
  hint: proc gave nil: no process $gone" ]
  done
  run -1 --separate-stderr "$MEMSH" -f json -e "proc($gone)"
  [ -z "$output" ]
  [ "$stderr" = "memsh: no process $gone" ]
  run -1 --separate-stderr "$MEMSH" -e "local p = proc($gone) return p.rss"
  [ "$stderr" = "memsh: -e:1: attempt to index a nil value (local 'p')
  hint: proc gave nil: no process $gone" ]
  # Which of two is nil is not known.
  run -1 --separate-stderr "$MEMSH" -e "local p = proc($gone) return procs:where'rss < 0':first().comm"
  [ "$stderr" = "memsh: -e:1: attempt to index a nil value
  hint: proc gave nil: no process $gone" ]
  run -1 --separate-stderr "$MEMSH" -e "p = proc($gone)" -e "proc($$)" -e 'local x = {} return x.y.z' # that was answered
  [ "$stderr" = "memsh: -e:1: attempt to index a nil value (field 'y')" ]
}

@test "conditions without quotes in a one-liner get the hint that they get at the prompt" {
  for call in "procs:where(rss > 1)" "procs:where{rss > 1}"; do
    run -1 --separate-stderr "$MEMSH" -e "$call"
    [ "$stderr" = 'memsh: -e:1: attempt to compare number with nil
  hint: what where takes is a text in quotes: where"rss > 1"' ]
  done
  run -1 --separate-stderr "$MEMSH" -e 'procs:by"user":sum'
  [[ "$stderr" == *'hint: write sum"FIELDS", as in procs:sum"swap"' ]]
  run -1 --separate-stderr "$MEMSH" -e "swap > 0"
  [[ "$stderr" == *'hint: swap is a field: procs:where"swap > 0"' ]]
  run -1 --separate-stderr "$MEMSH" -e "local a, b = nil, 1 return b > a" # which is about no field
  [ "$stderr" = "memsh: -e:1: attempt to compare nil with number" ]
}

@test "a function that was not called" {
  run -0 "$MEMSH" -e reconcile
  [ "$output" = "function: call it, reconcile()" ]
  run -0 "$MEMSH" -e print
  [ "$output" = function ]
  run -0 "$MEMSH" -e "proc($$).maps"
  [ "$output" = 'function: call it, proc(PID):maps(["EXPRESSION"])' ]
}

@test "in a script" {
  run -1 --separate-stderr "$MEMSH" -e 'porcs:top(1)'
  [ "$stderr" = "memsh: -e:1: there is no 'porcs'
  hint: did you mean 'procs'?" ]
  printf 'local x = 1\nprint(procs.count())\n' >slip.lua
  run -1 --separate-stderr "$MEMSH" slip.lua
  [ "$stderr" = "memsh: slip.lua:2: count comes after a colon, as in procs:by\"user\":count()" ]
  run -1 --separate-stderr "$MEMSH" -e 'local x = {} x.y.z = 1'
  [ "$stderr" = "memsh: -e:1: attempt to index a nil value (field 'y')" ]
}
