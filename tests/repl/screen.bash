# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# load screen: what a person sees, on a terminal of tmux. A home of its own for each test, no NO_COLOR.
#
#   open_screen COLUMNS LINES [NAME=VALUE...] COMMAND...   runs it there and waits for the first prompt
#   open_terminal ...                                      the same, for a program that has another prompt
#   ask LINE      types it and waits for the next prompt; what it answered is in `answer` and `lines`
#   keys KEY...   as tmux send-keys; `type TEXT` types text as it is
#   cancel        Ctrl-C at the prompt, and waits for the next one: what is typed before it is lost
#   wait_for TEXT until the screen shows it
#   wait_for_prompt  until there is one that nothing was typed at
#   screen        what the screen shows; `screen -e` with colours
#   has TEXT, hasnt TEXT     `answer` does, or does not, hold it
#   fits COLUMNS  no line of `answer` is wider
#   both_terminals FUNCTION  runs it on 80 columns, then with TERM=dumb
# shellcheck source-path=SCRIPTDIR source=repl.bash
load repl

opened=0

# TERM=screen is what tmux is; TERM=dumb knows nothing but text and newlines.
open_screen() {
  open_terminal "$@"
  wait_for "memsh> "
}

open_terminal() {
  local columns=$1 rows=$2
  shift 2
  close_screen
  export TMUX_TMPDIR=$BATS_TEST_TMPDIR
  socket=memsh-$((++opened))
  TERM=screen tmux -L "$socket" -f /dev/null new-session -d -x "$columns" -y "$rows" \
    env -u NO_COLOR TERM=screen "$@" 2>"$BATS_TEST_TMPDIR/tmux" || { cat "$BATS_TEST_TMPDIR/tmux"; return 1; }
}

close_screen() {
  [ -z "${socket:-}" ] || tmux -L "$socket" kill-server 2>/dev/null || :
}

teardown() {
  close_screen
}

screen() {
  tmux -L "$socket" capture-pane -p -J "$@" 2>&1
}

# A semicolon at the end would be tmux's.
type() {
  tmux -L "$socket" send-keys -l -- "${1/%;/\\;}"
}

keys() {
  tmux -L "$socket" send-keys -- "$@"
}

wait_for() {
  local try
  for ((try = 0; try < 800; try++)); do
    [[ "$(screen)" == *"$1"* ]] && return
    tmux -L "$socket" has-session 2>/dev/null || break
    sleep 0.05
  done
  echo "'$1' was not seen:"
  screen
  return 1
}

# How many lines there are above the cursor, and the column that it is in.
cursor() {
  tmux -L "$socket" display-message -p '#{e|+:#{history_size},#{cursor_y}} #{cursor_x}'
}

# Whether a prompt that nothing was typed at is below line $1; which line it is in is in `after`.
prompt_below() {
  local column
  read -r after column < <(cursor)
  ((after > $1 && column == 7)) &&
    [ "$(tmux -L "$socket" capture-pane -p -S - | sed -n "$((after + 1))p")" = "memsh>" ]
}

wait_for_prompt() { # [BELOW]
  local try after
  for ((try = 0; try < 800; try++)); do
    ! prompt_below "${1:--1}" || return 0
    sleep 0.02
  done
  echo "no prompt:"
  screen
  return 1
}

cancel() {
  local before
  read -r before _ < <(cursor)
  keys C-c
  wait_for_prompt "$before"
}

ask() {
  local before after try
  read -r before _ < <(cursor)
  type "$1"
  keys Enter
  for ((try = 0; try < 800; try++)); do
    if prompt_below "$before"; then
      mapfile -t lines < <(tmux -L "$socket" capture-pane -p -S - | head -n "$after" | tail -n "+$((before + 2))")
      answer=$(printf '%s\n' "${lines[@]}")
      return
    fi
    sleep 0.02
  done
  echo "no prompt after '$1':"
  screen
  return 1
}

has() {
  [[ "$answer" == *"$1"* ]] || { printf "no '%s' in:\n%s\n" "$1" "$answer"; return 1; }
}

hasnt() {
  [[ "$answer" != *"$1"* ]] || { printf "'%s' in:\n%s\n" "$1" "$answer"; return 1; }
}

fits() {
  local line
  for line in "${lines[@]}"; do
    [ "${#line}" -le "$1" ] || { echo "wider than $1: $line"; return 1; }
  done
}

both_terminals() {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  "$1"
  open_screen 80 24 TERM=dumb "$MEMSH" -s "$MEMSH_FIXTURES/full"
  "$1"
  [[ "$(screen -e)" != *$'\e['* ]] || { echo "an escape sequence on a dumb terminal"; return 1; }
}
