# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# Editing, on a terminal of 80 columns and on one that knows nothing (TERM=dumb).

load screen

# An unfinished line, and the next one's prompt.
more() {
  type "$1"
  keys Enter
  wait_for "   ..> "
}

# What stands behind the last prompt of the screen.
line() {
  screen | sed '/^$/d' | tail -n 1
}

wait_for_line() {
  for _ in {1..200}; do
    # shellcheck disable=SC2053 # a pattern
    [[ "$(line)" == $1 ]] && return
    sleep 0.05
  done
  echo "the last line is no '$1':"
  screen
  return 1
}

@test "a block comes back as one entry, to be edited and run again" {
  block() {
    keys C-l
    more "for i = 1, 2 do"
    more "  print('value', i * 21)"
    ask "end"
    has 42
    ask "1 + 1"
    keys Up Up
    wait_for_line "*end"
    ask " print('added')"
    has "value"
    has "added"
    # It is one entry of the history.
    ask ":history 2"
    has $'for i = 1, 2 do\n'
  }
  both_terminals block
}

@test "a pasted block runs, lines in their order" {
  paste() {
    keys C-l
    ask "pasted = {}"
    printf 'for i = 1, 3 do\n  pasted[#pasted + 1] = i\nend\npasted.last = #pasted' >block
    tmux -L "$socket" load-buffer -b block block
    tmux -L "$socket" paste-buffer -p -b block
    wait_for "#pasted"
    ask ""
    ask "pasted.last * 14"
    has 42
  }
  both_terminals paste
}

@test "with bracketed paste nothing runs before Enter, and it is one entry" {
  open_screen 80 24 "$MEMSH"
  printf 'ran = true\nalso = 41 + 1' >block
  tmux -L "$socket" load-buffer -b block block
  tmux -L "$socket" paste-buffer -p -b block
  wait_for "also = 41 + 1"
  cancel
  ask "tostring(ran)"
  has nil
  tmux -L "$socket" paste-buffer -p -b block
  ask ""
  ask "also"
  has 42
  keys Up Up
  wait_for "ran = true"
}

@test "several questions that are pasted at once are answered one after the other" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  printf 'twice = 1234\ntwice * 2\nprocs:where"pid == 901"\n  :show"comm"\nvm_swap?' >block
  tmux -L "$socket" load-buffer -b block block
  tmux -L "$socket" paste-buffer -p -b block
  wait_for "vm_swap?"
  ask ""
  has 2468
  has postgres
  has "VmSwap"
  # Each beside its answer.
  screen -S - | grep -A1 -x "memsh> twice \* 2" | grep -qx 2468
  screen -S - | grep -A2 -x "memsh> procs:where\"pid == 901\"" | grep -qx comm
}

@test "~/.inputrc is respected, and that of INPUTRC" {
  # shellcheck disable=SC2016
  printf '"\\C-xq": "6 * 7"\n$if memsh\n"\\C-xm": "20 + 3"\n$endif\n' >"$HOME/.inputrc"
  bound() {
    keys C-x q
    wait_for_line "memsh> 6 \* 7"
    ask ""
    has 42
    keys C-x m
    ask ""
    has 23
  }
  unset INPUTRC
  open_screen 80 24 "$MEMSH"
  bound
  open_screen 80 24 TERM=dumb "$MEMSH"
  bound
  mv "$HOME/.inputrc" other-inputrc
  open_screen 80 24 INPUTRC="$PWD/other-inputrc" "$MEMSH"
  bound
}

@test "root with somebody else's HOME: nothing of theirs is read" {
  [ "$(id -u)" = 0 ] || skip "needs root to give a home away"
  printf 'secretvar\n"\\C-xq": "theirs"\n' >"$HOME/.inputrc"
  printf 'planted = true\n' >init.lua
  mkdir -p "$HOME/.config/memsh"
  mv init.lua "$HOME/.config/memsh/"
  chown -R 12345 "$HOME"
  unset INPUTRC
  open_screen 80 24 "$MEMSH"
  keys C-x q
  ask "tostring(planted)"
  hasnt theirs
  has nil
  [[ "$(screen)" != *secretvar* ]]
}

@test "Ctrl-R finds an entry, of several lines, too" {
  search() {
    keys C-l
    ask "first = 6 * 7"
    more "do"
    more "  second = 'needle'"
    ask "end"
    ask "1"
    keys C-r
    type "needl"
    sleep 0.3
    keys Enter
    wait_for "needle"
    ask "second = second .. '2'"
    ask "second"
    has needle2
    keys C-r
    type "first ="
    sleep 0.3
    keys Enter
    ask "first"
    has 42
  }
  both_terminals search
}

@test "Ctrl-C ends a search, and the next line begins empty" {
  ended_search() {
    ask "procs:sort'-rss':top(2):count()"
    local way
    for way in "" "procs:cou"; do
      type "$way"
      keys C-r
      type "sort"
      wait_for "sort': procs"
      keys C-c
      wait_for_line "memsh>*( )"
      type "xy"
      wait_for_line "memsh> xy*( )"
      keys C-u
      wait_for_line "memsh>*( )"
      ask "6 * 7"
      has 42
    done
  }
  both_terminals ended_search
}

@test "_1 to _9, a muted entry, a kept local, a verb on the last answer" {
  answers() {
    keys C-l
    for i in 1 2 3 4 5 6 7 8 9 10; do ask "$((i * 11))"; done
    ask "_9"
    has 11
    ask "_1"
    has 110
    ask "6 * 7;"
    hasnt 42
    ask "_"
    has 42
    ask "local mine = 5"
    ask "mine"
    has 5
    ask "procs:show'pid user'"
    ask ':by"user":count()'
    has "root"
    fits 80
  }
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask "local told = 1"
  has "told is kept for the session"
  both_terminals answers
}

@test ":save writes a script that runs" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask "local lim = 400"
  ask "procs:where('pid > lim', {lim = lim}):show'pid comm'"
  ask ":where\"comm == 'nginx'\""
  ask ":save saved.lua"
  run -0 "$MEMSH" -s "$MEMSH_FIXTURES/full" saved.lua
  [[ "$output" == *postgres*nginx* ]]
}

@test ":save says why a file can't be written, and not that it exists" {
  [ "$(id -u)" != 0 ] || skip "root may write anywhere"
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  mkdir -m 500 closed hidden
  echo >hidden/there.lua
  chmod 0 hidden
  ask "1"
  for file in closed/new.lua hidden/new.lua hidden/there.lua; do
    ask ":save $file"
    has "cannot write $file: Permission denied"
  done
  chmod 700 closed hidden
}

@test "TAB twice lists what words mean, on either terminal" {
  tabs() {
    keys C-l
    type 'procs:where"private_'
    keys Tab Tab
    wait_for "private_dirty      resident pages mapped once, modified"
    cancel
    type 'procs:where"rss > 1M and priv'
    keys Tab
    wait_for "and private_"
    cancel
    ask "1"
  }
  both_terminals tabs
}

@test "a line longer than the screen is edited to its end" {
  open_screen 80 24 "$MEMSH"
  long=$(printf '1 + %.0s' {1..60})
  ask "${long}1"
  has 61
  keys Up
  keys C-a
  type "1000 + "
  keys C-e
  ask " + 1"
  has 1062
}
