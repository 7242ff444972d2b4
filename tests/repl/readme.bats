# SPDX-License-Identifier: GPL-3.0-or-later
# What the README shows of a session is typed, and answered as it says.

load screen
load ../helpers/helpers

teardown() {
  stop_helpers
  close_screen
}

# The N-th fenced block without a language of its own in README.md.
block() {
  awk -v want="$1" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = $0 == "```text" && ++seen == want; next }
    inside && take' "$MEMSH_ROOT/README.md"
}

# The answer is what stood below, or no error where nothing did.
settle() {
  if [ -n "$1" ]; then has "$1"; else hasnt "  ^" && hasnt "attempt to"; fi
}

# Types what stands behind the prompts.
follow() {
  local line wanted=""
  answer=""
  while IFS= read -r line; do
    if [[ "$line" == "memsh> :watch "* ]]; then
      settle "$wanted"
      type "${line#memsh> }"
      keys Enter
      wait_for "pid  comm"
      sleep 1.5
      keys C-c
      wait_for "_ has the last answer"
      wanted=""
      export answer=""
    elif [[ "$line" == "memsh> "* ]]; then
      settle "$wanted"
      ask "${line#memsh> }"
      wanted=""
    else
      wanted+=${wanted:+$'\n'}$line
    fi
  done
  settle "$wanted"
}

@test "its sessions" {
  start pages anonymous
  pid=$helper_pid
  address=$(awk -F- '/rw-p/ { print $1; exit }' "/proc/$pid/maps")
  open_screen 120 40 "$MEMSH"
  blocks=$(grep -c '^```text' "$MEMSH_ROOT/README.md")
  asked=0
  for ((i = 1; i <= blocks; i++)); do
    block "$i" | sed "s/(1234)/($pid)/; s/0x7f3b5c021000/0x$address/" >session.txt
    grep -q '^memsh> ' session.txt || continue
    follow <session.txt
    asked=$((asked + 1))
  done
  ((asked >= 3))
}

# The N-th block that begins with a command line: the command in `command`, its answer in answer.txt.
commands() {
  grep -c '^\$ memsh' "$MEMSH_ROOT/README.md"
}

command_block() {
  awk -v want="$1" '/^```/ { take = 0 } take { print } /^\$ memsh/ && ++seen == want { take = 1 }' \
    "$MEMSH_ROOT/README.md" >answer.txt
  command=$(grep '^\$ memsh' "$MEMSH_ROOT/README.md" | sed -n "$1s/^\$ memsh //p")
}

@test "its commands with their answers: a query's columns, an audit of the saved machine whole" {
  nobody_may_come
  [ "$(commands)" = 3 ]
  for at in 1 2 3; do
    command_block "$at"
    if [[ "$command" == --check* ]]; then
      read -r -a words <<<"$command"
      run -2 --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/full" "${words[@]}"
      [ "$output" = "$(cat answer.txt)" ] || { diff answer.txt - <<<"$output"; false; }
    else
      run -0 as_nobody sh -c "exec '$MEMSH' $command"
      read -r -a shown <answer.txt
      read -r -a got <<<"${lines[0]}"
      [ "${shown[*]}" = "${got[*]}" ]
      [[ "$output" =~ memsh:\ [0-9]+\ processes:\ [0-9]+\ read,\ [0-9]+\ denied ]]
    fi
  done
}
