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
      sleep 1.5
      keys C-c
      wait_for "memsh> "
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

@test "its commands with their answers: the same columns, and the same words below" {
  as_nobody true
  blocks=$(grep -c '^```text' "$MEMSH_ROOT/README.md")
  for ((i = 1; i <= blocks; i++)); do
    block "$i" >session.txt
    read -r first <session.txt
    [[ "$first" == '$ '* ]] || continue
    printf '%s\n' "${first#'$ memsh '}" >command.txt
    run as_nobody sh -c "exec '$MEMSH' $(cat command.txt)"
    [ "$status" = 0 ]
    read -r -a shown < <(sed -n 2p session.txt)
    read -r -a got <<<"${lines[0]}"
    [ "${shown[*]}" = "${got[*]}" ]
    [[ "$output" =~ memsh:\ [0-9]+\ processes:\ [0-9]+\ read,\ [0-9]+\ denied ]]
  done
}
