# SPDX-License-Identifier: GPL-3.0-or-later
# Who was denied, and what to do about it; a process and the machine topic by topic.
# beside others

load repl

@test "the line below an answer names three of those denied and the query that lists them; :errors says all" {
  talk <<'TCL'
set stty_init "columns 300 rows 40"
start -s $env(MEMSH_FIXTURES)/denied
enter ":errors"
answers "procs:show\"pid pss\"" "denied: systemd (1), nginx (412), nginx (413), ...; procs:where\"not known(pss)\" lists them)"
answers "procs:where\"not known(pss)\":count()" "7"
answers "procs:show\"pid pss\"" "7 denied"
answers ":errors" "denied in the last answer: systemd (1), nginx (412), nginx (413), postgres (901), zoo (1107)"
answers ":errors" "smaps_rollup (pss): readable by same user, or CAP_SYS_PTRACE"
answers "maps:show\"pid, proc.pss\"" "procs:where\"not known(pss)\" lists them"
answers "maps:show\"pid\"" "procs:where\"not known(mappings)\" lists them"
answers ":errors" "maps (mappings): readable by same user"
answers "procs:show\"pid res\"" "(8 rows)"
answers ":errors" "there was no error, and nothing was denied"
TCL
}

@test "in a script the line stays as it was" {
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'procs:show"pid pss"'
  [[ "$stderr" == *"7 denied"* && "$stderr" != *"denied: "* ]]
}

@test "a process, the machine and the list of fields: a headline, then topic by topic, nothing twice or lost" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
answers "proc(1107)" "1107 zoo: res 17.6M, pss 15.9M, uss 17.2M, swap 832K\n-- identity\npid "
foreach topic {memory swap limits faults} {
  if {[string first "\n-- $topic" $answer] < 0} { fail "no $topic" }
}
answers "sys" "memory: 5.0G used, 2.7G available of 7.8G; swap: 224M used of 2.0G\n-- memory\n"
answers ":fields procs" "-- identity\n  pid "
TCL
  for kind in procs sys; do
    "$MEMSH" -e "fields'$kind'" | sed -n 's/^  \([a-z][a-z0-9_]*\) .*/\1/p' | sort >shown
    "$MEMSH" --fields=json | python3 -c '
import json, sys
print("\n".join(sorted(f["name"] for f in json.load(sys.stdin) if f["kind"] == sys.argv[1])))' "$kind" >all
    diff shown all
  done
}
