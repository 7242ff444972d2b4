# SPDX-License-Identifier: GPL-3.0-or-later
# What was typed is kept, for its owner only.
# beside others

load repl

entries() { grep -v '^#[0-9]' "$history"; }

@test "the file is the user's alone, in a directory of its own" {
  talk <<'TCL'
start
enter "1 + 1"
TCL
  [ "$(stat -c %a "$history")" = 600 ]
  [ "$(stat -c %a "$(dirname "$history")")" = 700 ]
  [ "$(entries)" = "1 + 1" ]
}

@test "XDG_STATE_HOME is where it goes" {
  export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
  talk <<'TCL'
start
enter "1 + 1"
TCL
  [ -f "$XDG_STATE_HOME/memsh/history" ]
  [ ! -e "$history" ]
}

@test "each entry is written at once, and appended" {
  mkdir -p "$(dirname "$history")"
  printf '#1700000000\nearlier\n' >"$history"
  chmod 644 "$history"
  talk <<'TCL'
start
enter "first = 1"
if {[exec grep -c "first = 1" $env(HOME)/.local/state/memsh/history] != 1} { fail "not there at once" }
enter "second = 2"
TCL
  [ "$(entries)" = $'earlier\nfirst = 1\nsecond = 2' ]
  [ "$(stat -c %a "$history")" = 600 ]
}

@test "two shells share the file" {
  talk <<'TCL'
start
set one $spawn_id
start
set two $spawn_id
set spawn_id $one
enter "from_one = 1"
set spawn_id $two
enter "from_two = 2"
set spawn_id $one
enter "again_one = 3"
TCL
  [ "$(entries)" = $'from_one = 1\nfrom_two = 2\nagain_one = 3' ]
}

@test "an entry of several lines comes back as one" {
  talk <<'TCL'
start
type "for i = 1, 2 do\r"
see "   ..> "
type "n = i * 21\r"
see "   ..> "
enter "end"
TCL
  talk <<'TCL'
start
type "\020"
see "n = i * 21"
enter ""
answers "n" "42"
TCL
}

@test "not kept: repetitions, and what begins with a blank" {
  talk <<'TCL'
start
enter "1 + 1"
enter "1 + 1"
enter " secret = 1"
enter "2 + 2"
enter "1 + 1"
TCL
  [ "$(entries)" = $'1 + 1\n2 + 2\n1 + 1' ]
}

@test "a symbolic link is not followed" {
  mkdir -p "$(dirname "$history")"
  echo precious >precious
  ln -s "$PWD/precious" "$history"
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see_all {"history is not kept" "memsh> "}
answers "1 + 1" "2"
answers "2 + 2" "4"
TCL
  [ "$(cat precious)" = precious ]
  [ "$(grep -c 'history is not kept' <<<"$output")" = 1 ]
}

@test "a hard link, a FIFO or a directory is not written to" {
  mkdir -p "$(dirname "$history")"
  echo precious >precious
  for make in "ln $PWD/precious" mkfifo mkdir; do
    $make "$history"
    talk <<'TCL'
spawn -noecho $env(MEMSH)
see_all {"history is not kept" "memsh> "}
answers "1 + 1" "2"
TCL
    rm -rf "$history"
  done
  [ "$(cat precious)" = precious ]
}

@test "a file or a home of somebody else is left alone" {
  [ "$(id -u)" = 0 ] || skip "needs root to give a file away"
  mkdir -p "$(dirname "$history")"
  printf '#1\ntheirs = 1\n' >"$history"
  chown 12345 "$history"
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see_all {"history is not kept" "memsh> "}
answers "1 + 1" "2"
TCL
  [ "$(entries)" = "theirs = 1" ]
  rm -rf "$HOME/.local"
  chown 12345 "$HOME"
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see_all {"history is not kept" "memsh> "}
answers "1 + 1" "2"
TCL
  [ ! -e "$HOME/.local" ]
}

@test "a line that looks like a time stamp does not tear an entry apart" {
  talk <<'TCL'
start
type "t = \[\[\r"
see "   ..> "
type "#12\r"
see "   ..> "
enter "\]\]"
TCL
  talk <<'TCL'
start
type "\020"
see "#12"
see "\]\]"
enter ""
answers "#t" "5"
TCL
}

@test "an inputrc that others could have chosen is not read" {
  [ "$(id -u)" = 0 ] || skip "needs root to give a file away"
  printf 'secretvar\n"\\C-xq": "stranger"\n' >inputrc
  chown 12345 inputrc
  export INPUTRC=$PWD/inputrc
  talk <<'TCL'
start
answers "1 + 1" "2"
TCL
  [[ "$output" != *secretvar* ]]
}

@test "a home directory that is not there is not made" {
  export HOME=$PWD/nobody/home
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see_all {"history is not kept" "memsh> "}
answers "1 + 1" "2"
TCL
  [ ! -e nobody ]
}
