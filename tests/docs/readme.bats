# SPDX-License-Identifier: GPL-3.0-or-later
# What the README shows is run.

# block LANGUAGE N: the N-th fenced block of that language in README.md.
block() {
  awk -v lang="$1" -v want="$2" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = ($0 == "```" lang) && ++seen == want; next }
    inside && take' "$MEMSH_ROOT/README.md"
}

@test "the first two blocks are the two commands" {
  [ "$(block sh 1)" = "sh scripts/try.sh" ]
  [ "$(block sh 2)" = "sh tests/run.sh" ]
}

@test "every question of the tour is answered" {
  block lua 1 >"$BATS_TEST_TMPDIR/tour"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/tour")" -ge 10 ]
  while IFS= read -r line; do
    "$MEMSH" -e "$line" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || {
      echo "$line"
      cat "$BATS_TEST_TMPDIR/err"
      return 1
    }
  done <"$BATS_TEST_TMPDIR/tour"
}

@test "the script runs" {
  block lua 2 >"$BATS_TEST_TMPDIR/script.lua"
  "$MEMSH" "$BATS_TEST_TMPDIR/script.lua" 1K
}

@test "the commands of the chapter on output run" {
  ln -s "$MEMSH" "$BATS_TEST_TMPDIR/memsh"
  PATH="$BATS_TEST_TMPDIR:$PATH"
  block sh 3 | sed "s|/tmp/|$BATS_TEST_TMPDIR/|" >"$BATS_TEST_TMPDIR/commands"
  sh -e "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/out"
  head -n 1 "$BATS_TEST_TMPDIR/out" | grep -q '^{"rows"'
  head -n 1 "$BATS_TEST_TMPDIR/maps.csv" | grep -q '^pid,comm,path,rss'
}

@test "the chapter on fields is what memsh says of its fields" {
  sh "$MEMSH_ROOT/tests/readme_fields.sh" "$MEMSH"
}

@test "the fields of the manual page have the same words" {
  "$MEMSH" -e 'print(require("memsh.manpage").page(require "memsh.options"))' >"$BATS_TEST_TMPDIR/page"
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
