# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# :explain at the prompt: a query, the last one, dry; on 80 columns and on a dumb terminal.

load screen

explained() {
  ask ':explain procs:where"swap > 0":sort"-pss"'
  fits 80
  has "where swap > 0"
  has "smaps_rollup"
  has "in all"
  has "left  why"
  [[ $'\n'$answer != *$'\n+'* ]] # all columns fit
  ask 'procs:explain():csv()'
  has "what,file,rows,opened,ms,left,undecided,why,permission,worst_ms,also"
  ask 'procs:where"pss > 1M"'
  ask ':explain'
  has "where pss > 1M"
  ask 'maps:by"user":sum"rss"'
  ask '_:explain()'
  has "totals of mappings"
  ask 'procs:sum"uss"'
  ask ':explain'
  has "smaps_rollup"
  ask ':explain dry maps:sum"pss"'
  has "estimated"
  has "were not opened"
  ask ':explain dry'
  has "estimated"
  ask 'limit = 1'
  ask ':explain procs:where("pss > lim", { lim = limit })'
  has "where pss > lim"
  ask ':explain 1 + 1'
  has "nothing was asked there"
  ask ':explain procs:where"swpa > 0"'
  has "did you mean 'swap'?"
  ask '6 * 7'
  has "42"
}

@test "a query, the last one, one that gave a number, dry" {
  both_terminals explained
}

@test "who might read what was denied" {
  open_screen 80 30 "$MEMSH" -s "$MEMSH_FIXTURES/denied"
  ask ':explain procs:where"pss > 0"'
  has "(smaps_rollup: 7 denied; readable by: same user, or CAP_SYS_PTRACE"
  has "7 rows undecided (7 denied)"
}

@test "help and completion know it" {
  open_screen 80 30 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask ':help :explain'
  has ":explain [dry] [QUERY]"
  has "opens nothing dearer than status"
  fits 80
  ask 'help"explain"'
  has "what each step opens, costs and drops"
  ask ':help commands'
  has ":explain [dry] [QUERY]"
  type ':expl'
  keys Tab
  wait_for "memsh> :explain"
  keys C-c
}
