# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What is typed is evaluated.

load repl

@test "an expression shows its value, a statement runs" {
  talk <<'TCL'
start
answers "6 * 7" "42"
enter "x = 5"
if {[string first "nil" $answer] >= 0} { fail "a statement showed a value" }
answers "x" "5"
answers "'a' .. 'b'" "ab"
answers "print('said', 1)" "said"
enter ""
enter "   "
type "\004"
ended
TCL
}

@test "an unfinished entry goes on in the next line" {
  talk <<'TCL'
start
type "for i = 1, 3 do\r"
see "   ..> "
type "  print('line', i * 100)\r"
see "   ..> "
type "end\r"
see_all {"line" "100" "line" "200" "line" "300" "memsh> "}
type "t = {\r"
see "   ..> "
enter "1, 2, 3}"
answers "#t" "3"
type "(1 +\r"
see "   ..> "
answers "41)" "42"
TCL
}

@test "a short text that is not closed is an error at once" {
  talk <<'TCL'
start
answers "print('abc" "unfinished string"
answers "1 + 1" "2"
TCL
}

@test "_ is the last value" {
  talk <<'TCL'
start
answers "20 + 1" "21"
answers "_ * 2" "42"
enter "y = 1"
answers "_" "42"
enter "error('x')"
answers "_" "42"
TCL
}

@test "errors: message, excerpt and caret; no traceback, no address" {
  talk <<'TCL'
start
answers "x = = 3" "unexpected symbol near '='\n  x = = 3\n      ^\n"
answers "1 +* 2" "unexpected symbol near '*'\n  1 +* 2\n     ^\n"
enter "do local t = nil; t.x = 1 end"
if {[string match "*traceback*" $answer] || [string match "*stack*" $answer]} { fail "a traceback: $answer" }
if {![string match "*attempt to index a nil value (local 't')*" $answer]} { fail $answer }
enter "error('<' .. tostring(print) .. '>')"
if {[string match "*0x*" $answer]} { fail "an address: $answer" }
answers "error({})" "an error without a message was raised: a table value"
answers "error()" "nil"
TCL
}

@test "errors of an entry of several lines name the line" {
  talk <<'TCL'
start
type "do\r"
see "   ..> "
type "error('here')\r"
see "   ..> "
answers "end" "line 2: here"
TCL
}

@test "no control character reaches the terminal raw" {
  talk <<'TCL'
start
type "error('\\27\]0;owned\\7\\155')\r"
see {\x1b]0;owned\x07\x9b}
prompt
type "print('\\27\]0;owned\\7\\226\\128\\174')\r"
see {\x1b]0;owned\x07\xe2\x80\xae}
prompt
type "_G\['zz\\27\[31mevil'\] = 1; zzgood = 2\r"
prompt
type "zz\t"
see "zzgood"
cancel
if {[regexp {\x1b\]|\x07\x1b|\x1b\[31m|\x9b} $seen]} { fail "a raw control character" }
TCL
}

@test "Ctrl-D leaves, and the terminal is as it was" {
  talk <<'TCL'
spawn -noecho bash --norc --noprofile
send "PS1='sh\$ '; stty -a | md5sum; \$MEMSH; stty -a | md5sum\r"
prompt
type "\004"
see "sh$ "
send "exit\r"
ended
TCL
  mapfile -t sums < <(grep -oE '[0-9a-f]{32}' <<<"$output")
  [ "${#sums[@]}" = 2 ]
  [ "${sums[0]}" = "${sums[1]}" ]
}

@test "-i gives the shell after a script, with what the script made" {
  echo 'made = 6 * 7 print("script ran", ...)' >s.lua
  talk <<'TCL'
spawn -noecho $env(MEMSH) -i s.lua one
see_all {"script ran" "one" "memsh> "}
answers "made" "42"
answers "arg\[1\]" "one"
TCL
}

@test "-i gives the shell after a script that failed" {
  echo 'made = 42 error "failed"' >s.lua
  talk <<'TCL'
spawn -noecho $env(MEMSH) -i s.lua
see_all {"s.lua:1: failed" "memsh> "}
answers "made" "42"
TCL
}

@test "os.exit leaves with its status" {
  talk <<'TCL'
start
type "os.exit(7)\r"
ended 7
TCL
}

@test "a window that changes its size is noticed" {
  talk <<'TCL'
start
enter "function width() return require('memsh.core').sink_stdout():width() end"
answers "width()" "100"
stty columns 60 < $spawn_out(slave,name)
after 200
cancel
answers "width()" "60"
TCL
}

@test "a pasted block arrives as one entry" {
  talk <<'TCL'
start
type "\033\[200~a = 1\nb = 2\nc = a + b\033\[201~"
after 200
enter ""
answers "c * 10" "30"
TCL
}

@test "stopped by Ctrl-Z and continued, the line is still there" {
  talk <<'TCL'
spawn -noecho bash --norc --noprofile -i
send "PS1='sh\$ '; \$MEMSH\r"
prompt
type "40 "
see "40 "
type "\032"
see "sh$ "
send "fg\r"
see "memsh> 40 "
answers "+ 2" "42"
type "\004"
see "sh$ "
TCL
}

@test "with standard output in a pipe the prompt is on standard error" {
  talk <<'TCL'
spawn -noecho bash -c {"$MEMSH" | sed 's/^/piped /'}
prompt
type "6 * 7\r"
see "piped 42"
after 200
type "\004"
ended
TCL
}

@test "a reader that goes away ends its output, not the shell" {
  talk <<'TCL'
spawn -noecho bash -c {"$MEMSH" | head -1}
prompt
type "6 * 7\r"
see "42"
after 200
cancel
enter "for i = 1, 1000 do print(i) end"
enter "io.stderr:write('still ' .. 'here\\n')"
if {[string first "still here" $answer] < 0} { fail $answer }
type "\004"
ended
TCL
}
