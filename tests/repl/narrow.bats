# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# A pane that is made very narrow while one types: readline's own redisplay divides by zero there.

load screen

# The prompt must have dealt with the new width before the next: it shows what is typed then.
resize_to() {
  tmux -L "$socket" resize-window -x "$1" -y 24
  sleep 0.3
}

@test "a pane of two columns and back, with a line half typed" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  type '"wide" .. ('
  resize_to 2
  type '6'
  sleep 0.2
  resize_to 3
  keys BSpace
  type '7'
  sleep 0.2
  resize_to 1
  resize_to 80
  type ')'
  keys Enter
  wait_for "wide7"
  ask '1 + 1'
  has 2
}

@test "a terminal that starts with two columns, and that knows nothing but text" {
  for columns in 1 2 3 5; do
    open_terminal "$columns" 24 TERM=dumb "$MEMSH" -s "$MEMSH_FIXTURES/full"
    sleep 0.5
    type '"wide" .. (6'
    keys Tab Tab BSpace
    sleep 0.3
    type '7)'
    resize_to 80
    keys Enter
    wait_for "wide7"
    ask '1 + 1'
    has 2
  done
}
