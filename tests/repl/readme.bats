# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What the README shows of a session is typed, and answered as it says. Its saved machine is the fixture `full`, so
# answers are compared whole; of the one answer from a live machine the columns and the kinds of rows are.

load screen
load ../helpers/helpers

teardown() {
  close_screen
}

# block N: the N-th block of text in README.md.
block() {
  awk -v want="$1" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = $0 == "```text" && ++seen == want; next }
    inside && take' "$MEMSH_ROOT/README.md"
}

# The last answer is what stood below its question.
settle() {
  [ "$answer" = "$1" ] || { diff <(echo "$1") <(echo "$answer"); return 1; }
}

# Types what is after the prompts.
follow() {
  local line wanted=""
  answer=""
  while IFS= read -r line; do
    if [[ "$line" == "memsh> "* ]]; then
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
  blocks=$(grep -c '^```text' "$MEMSH_ROOT/README.md")
  asked=0
  for ((i = 1; i <= blocks; i++)); do
    block "$i" >session.txt
    grep -q '^memsh> ' session.txt || continue
    open_screen 80 70 "$MEMSH" -s "$MEMSH_FIXTURES/full"
    follow <session.txt
    asked=$((asked + $(grep -c '^memsh> ' session.txt)))
  done
  ((asked >= 7))
}

@test "its audit of the saved machine" {
  sed -n '/^\$ memsh --check/,/^```/p' "$MEMSH_ROOT/README.md" | sed '/^```/d' >shown
  read -r -a words < <(head -n 1 shown)
  run -2 --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/full" "${words[@]:2}"
  [ "$output" = "$(tail -n +2 shown)" ] || { diff <(tail -n +2 shown) - <<<"$output"; false; }
}

@test "its sum that is a bound" {
  # shellcheck disable=SC2016
  command=$(sed -n 's/^`\(memsh -s .*\)`\..*/\1/p' "$MEMSH_ROOT/README.md")
  [ -n "$command" ]
  ln -s "$MEMSH" memsh
  PATH="$PWD:$PATH" run sh -c "cd '$MEMSH_ROOT' && PATH='$PWD':\$PATH && $command"
  [ "$status" = 0 ]
  [[ "$output" == *">="* ]]
}

@test "its reconciliation of a live machine: the columns, rows that there are, and a sum that fits" {
  sed -n '/^\$ memsh.*reconcile/,/^```/p' "$MEMSH_ROOT/README.md" | sed '/^```/d; /^memsh:/d' >shown
  head -n 1 shown | sed 's/^\$ //' >query
  ln -s "$MEMSH" memsh
  PATH="$PWD:$PATH" sh -e query 2>/dev/null >now
  [ "$(sed -n 2p shown | xargs)" = "$(head -n 1 now | xargs)" ]
  "$MEMSH" -f jsonl -e 'reconcile()' 2>/dev/null >all
  tail -n +3 shown | sed 's/  .*//' | while IFS= read -r what; do
    grep -qF "{\"what\": \"$what\"" all || { echo "$what"; exit 1; }
  done
  [ "$(jq -s 'map(.size) | add' all)" = "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)" ]
}
