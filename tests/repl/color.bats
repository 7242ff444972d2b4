# SPDX-License-Identifier: GPL-3.0-or-later
# Bold and faint text: where it is, and where it must not be.
# beside others

load screen

bold=$'\e[1m'
faint=$'\e[2m'

@test "a terminal gets bold headers, faint units and unknowns; the text is the same without" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/denied"
  ask 'procs:where"pid < 500":show"pid comm rss pss"'
  has "pid  comm"
  shown=$(screen -e)
  [[ "$shown" == *"${bold}memsh> "* ]]
  [[ "$shown" == *"${bold}pid"*"${bold}comm"* ]]
  [[ "$shown" == *"${faint}?"* ]]
  [[ "$shown" == *[0-9]"${faint}M"* ]]
  plain=$answer
  ask ':set color never'
  ask 'procs:where"pid < 500":show"pid comm rss pss"'
  [ "$answer" = "$plain" ]
  keys C-l
  ask '6 * 7'
  [[ "$(screen -e)" != *$'\e['[12]m* ]]
}

@test "the caret of an error has colour, and a name's escapes are faint" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/odd"
  ask 'procs:where"swpa > 0"'
  has $'  swpa > 0\n  ^^^^\n  hint'
  [[ "$(screen -e)" =~ $'\e['[0-9\;]*31m' '*'^^^^' ]]
  ask 'procs:where"has(comm, \"\\027\")":show"comm":top(1)'
  has '\x1b'
  [[ "$(screen -e)" == *"${faint}\\x"* ]]
}

@test "NO_COLOR, TERM=dumb and --color=never have none" {
  for how in NO_COLOR=1 TERM=dumb; do
    open_screen 80 24 "$how" "$MEMSH" -s "$MEMSH_FIXTURES/full"
    ask 'procs:top(3)'
    has "pid  user"
    [[ "$(screen -e)" != *$'\e['* ]]
  done
  open_screen 80 24 "$MEMSH" --color=never -s "$MEMSH_FIXTURES/full"
  ask 'procs:top(3)'
  [[ "$(screen -e)" != *$'\e['* ]]
  open_screen 80 24 NO_COLOR= "$MEMSH" -s "$MEMSH_FIXTURES/full"
  [[ "$(screen -e)" == *"$bold"* ]]
  open_screen 80 24 NO_COLOR=1 "$MEMSH" --color=always -s "$MEMSH_FIXTURES/full"
  [[ "$(screen -e)" == *"$bold"* ]]
}

@test "a pipe has colour only when told, and then in tables alone" {
  rows='procs:show"pid comm rss"'
  [[ "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e "$rows")" != *$'\e'* ]]
  for how in --color=always --color; do
    unset NO_COLOR
    [[ "$("$MEMSH" "$how" -s "$MEMSH_FIXTURES/full" -e "$rows")" == *"${bold}pid"* ]]
  done
  [[ "$(FORCE_COLOR=1 "$MEMSH" -s "$MEMSH_FIXTURES/full" -e "$rows")" == *"${bold}pid"* ]]
  [[ "$(FORCE_COLOR=1 NO_COLOR=1 "$MEMSH" -s "$MEMSH_FIXTURES/full" -e "$rows")" != *$'\e'* ]]
  [[ "$(FORCE_COLOR=1 "$MEMSH" --color=never -s "$MEMSH_FIXTURES/full" -e "$rows")" != *$'\e'* ]]
  for format in csv tsv json jsonl md; do
    [[ "$("$MEMSH" --color=always -f "$format" -s "$MEMSH_FIXTURES/full" -e "$rows")" != *$'\e'* ]]
  done
  [[ "$("$MEMSH" --color=always -s "$MEMSH_FIXTURES/full" -e "return ($rows):md()")" != *$'\e'* ]]
  "$MEMSH" --color=always -s "$MEMSH_FIXTURES/full" -e "$rows" | sed 's/\x1b\[[0-9;]*m//g' >colored
  "$MEMSH" -s "$MEMSH_FIXTURES/full" -e "$rows" >plain
  cmp colored plain
}

@test "--color says what it takes" {
  run -2 "$MEMSH" --color=maybe -e 1
  [[ "$output" == *"--color has no 'maybe': there are always never auto"* ]]
  [[ "$("$MEMSH" --help)" == *"--color[=WHEN]"* ]]
}
