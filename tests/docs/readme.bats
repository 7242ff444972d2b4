# SPDX-License-Identifier: GPL-3.0-or-later
# What the README shows is run.

# block LANGUAGE N: the N-th fenced block of that language in README.md.
block() {
  awk -v lang="$1" -v want="$2" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = ($0 == "```" lang) && ++seen == want; next }
    inside && take' "$MEMSH_ROOT/README.md"
}

setup() {
  bats_require_minimum_version 1.5.0
}

@test "the first two blocks are the two commands" {
  [ "$(block sh 1)" = "sh scripts/try.sh" ]
  [ "$(block sh 2)" = "sh tests/run.sh" ]
}

# answered FILE OPTION...: each line of it that is no remark, and those before it that give something a name.
answered() {
  local line named=()
  while IFS= read -r line; do
    [[ "$line" == --* ]] && continue
    "$MEMSH" "${@:2}" "${named[@]}" -e "$line" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || {
      echo "$line"
      cat "$BATS_TEST_TMPDIR/err"
      return 1
    }
    [[ "$line" =~ ^[a-z]+\ = ]] && named+=(-e "$line")
  done <"$1"
  return 0
}

@test "every line of the tour is answered, here and for a saved machine" {
  block lua 1 >"$BATS_TEST_TMPDIR/tour"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/tour")" -ge 10 ]
  answered "$BATS_TEST_TMPDIR/tour"
  answered "$BATS_TEST_TMPDIR/tour" -s "$MEMSH_FIXTURES/full"
}

@test "the questions people ask are those of :examples, and are answered" {
  block lua 2 >"$BATS_TEST_TMPDIR/questions"
  "$MEMSH" -e 'require("memsh").command "examples"' | diff - "$BATS_TEST_TMPDIR/questions"
  [ "$(grep -vc '^--' "$BATS_TEST_TMPDIR/questions")" -ge 22 ]
  answered "$BATS_TEST_TMPDIR/questions" -s "$MEMSH_FIXTURES/full"
}

@test "the script runs" {
  block lua 3 >"$BATS_TEST_TMPDIR/script.lua"
  head -n 1 "$BATS_TEST_TMPDIR/script.lua" | grep -q '^#!'
  "$MEMSH" "$BATS_TEST_TMPDIR/script.lua" 1K
}

@test "the init.lua runs, and what it defines is there" {
  block lua 4 >"$BATS_TEST_TMPDIR/init.lua"
  head -n 1 "$BATS_TEST_TMPDIR/init.lua" | grep -q 'init.lua$'
  run -0 --separate-stderr "$MEMSH" -f csv -s "$MEMSH_FIXTURES/full" -e "$(cat "$BATS_TEST_TMPDIR/init.lua")" \
    -e 'procs:biggest(2):show"pid mb"'
  [ "${#lines[@]}" = 3 ]
}

@test "the luacheck std is one that luacheck takes" {
  command -v luacheck >/dev/null || skip "there is no luacheck"
  cd "$BATS_TEST_TMPDIR"
  "$MEMSH" --definitions=luacheck >luacheck-std.lua
  sed -n '/^stds.memsh/,/^std =/p' "$MEMSH_ROOT/README.md" | sed "s|/usr/local/share/memsh|$PWD|" >.luacheckrc
  [ "$(wc -l <.luacheckrc)" = 2 ]
  echo 'print(procs:count())' >fine.lua
  run -0 luacheck -q fine.lua
}

@test "no block is left out by these tests" {
  [ "$(grep -c '^```lua' "$MEMSH_ROOT/README.md")" = 4 ]
  [ "$(grep -c '^```sh' "$MEMSH_ROOT/README.md")" = 4 ]
  opened=$(grep -cE '^.{3}(lua|sh|text)$' "$MEMSH_ROOT/README.md")
  [ "$(grep -c '^```' "$MEMSH_ROOT/README.md")" = $((2 * opened)) ]
}

@test "the commands of the chapter on growth run" {
  ln -s "$MEMSH" "$BATS_TEST_TMPDIR/memsh"
  PATH="$BATS_TEST_TMPDIR:$PATH"
  block sh 3 | sed 's/--watch 1/--watch 0.05/' >"$BATS_TEST_TMPDIR/commands"
  sh -e "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/out"
  [ "$(grep -c '^{"time": ' "$BATS_TEST_TMPDIR/out")" = 6 ]
  grep -q '^ *pid  user.* status .*rss' "$BATS_TEST_TMPDIR/out"
}

@test "the commands of the chapter on output run" {
  ln -s "$MEMSH" "$BATS_TEST_TMPDIR/memsh"
  PATH="$BATS_TEST_TMPDIR:$PATH"
  block sh 4 | sed "s|/tmp/|$BATS_TEST_TMPDIR/|" >"$BATS_TEST_TMPDIR/commands"
  sh -e "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/out"
  head -n 1 "$BATS_TEST_TMPDIR/out" | grep -q '^{"rows"'
  head -n 1 "$BATS_TEST_TMPDIR/maps.csv" | grep -q '^pid,comm,path,rss'
}

@test "the chapter on fields and the list of reports are what memsh says of them" {
  sh "$MEMSH_ROOT/tests/readme.sh" "$MEMSH"
}

@test "the fields of the manual page have the same words" {
  "$MEMSH" -e 'print(require("memsh.help.manpage").page(require "memsh.options"))' >"$BATS_TEST_TMPDIR/page"
  run python3 - "$BATS_TEST_TMPDIR/page" <<'PY'
import json, os, subprocess, sys

page = open(sys.argv[1], encoding="utf-8").read().replace("\\-", "-").replace("\\e", "\\").replace("\\&", "")
fields = json.loads(subprocess.run([os.environ["MEMSH"], "--fields=json"], check=True, capture_output=True).stdout)
for field in fields:
    if not field.get("alias_of"):
        assert field["meaning"][1:] in page and field["omits"] in page and field["permission"] in page, field
print(len(fields))
PY
  [ "$status" = 0 ] && [ "$output" -gt 200 ]
}

# The steps and their files, without the numbers, and how wide the columns are.
steps() {
  sed -E 's/( +[0-9.e?-]+)+$//; s/ +rows +opened.*//; s/ +$//; s/  +/ | /g'
}

@test "the explained query is read as the README says" {
  awk '/^```/ { inside = 0 } inside; /^```text/ { inside = 1 }' "$MEMSH_ROOT/README.md" |
    awk '/^\$/ { take = /explain\(\)/ } take' | sed '/^memsh/d' >"$BATS_TEST_TMPDIR/shown"
  head -n 1 "$BATS_TEST_TMPDIR/shown" | sed 's/^\$ //' >"$BATS_TEST_TMPDIR/command"
  ln -s "$MEMSH" "$BATS_TEST_TMPDIR/memsh"
  PATH="$BATS_TEST_TMPDIR:$PATH" sh -e "$BATS_TEST_TMPDIR/command" 2>/dev/null | steps >"$BATS_TEST_TMPDIR/now"
  tail -n +2 "$BATS_TEST_TMPDIR/shown" | steps >"$BATS_TEST_TMPDIR/then"
  cat "$BATS_TEST_TMPDIR/now"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/then")" -ge 8 ]
  diff "$BATS_TEST_TMPDIR/then" "$BATS_TEST_TMPDIR/now"
}
