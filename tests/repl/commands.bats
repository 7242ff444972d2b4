# SPDX-License-Identifier: GPL-3.0-or-later
# What the prompt takes that is no Lua.
# beside others

load repl

@test "a name and a question mark: what it means; :desc is the same" {
  talk <<'TCL'
start
answers "pss?" "divided by the number of its mappings"
answers ":desc pss" "divided by the number of its mappings"
answers "SHR ?" "in memsh: shr (procs)"
answers ":errors full" "(from now on an error shows where in the program it came from"
answers ":errors short" "(errors are short again)"
answers "fields\"swap_p*\"" "swap_pss"
answers "fields\"zzz*\"" "no field is like 'zzz*'"
answers "fields\"cgroups\"" "-- limits"
answers "fields\"maps\"" "-- flags"
answers "psz?" "there is no field 'psz'; did you mean 'pss'?"
answers ":hlep" "there is no command ':hlep'; did you mean ':help'?"
answers ":help" ":desc"
answers "6 * 7" "42"
type "\004"
ended
TCL
}

@test "they are in the history as they were typed" {
  talk <<'TCL'
start
answers "pss?" "readable by"
type "\004"
ended
TCL
  grep -qx 'pss?' "$history"
}

@test "a verb after a colon needs no brackets, and rows to go on from" {
  talk <<'TCL'
start
answers ":count" "there is none yet"
answers "procs{pid=1}:show\"pid\"" "(1 row"
answers ":count" "1"
answers "6 * 7" "42"
answers ":empty" "the last answer is a number"
type "\004"
ended
TCL
}

@test "reconcile on 80 columns leaves out what does not fit, and says how to see it" {
  talk <<'TCL'
set stty_init "columns 80 rows 60"
start -s $env(MEMSH_FIXTURES)/full
answers "reconcile()" "(reconcile():show\"what from\" says where each number comes from)"
if {[string first "MemFree" $answer] >= 0} { fail $answer }
answers "reconcile():show\"what from\"" "MemFree"
TCL
}
