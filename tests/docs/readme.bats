# SPDX-License-Identifier: GPL-3.0-or-later
# What the README shows is run, what it says of other tools is so, and its links lead somewhere.

load ../helpers/helpers

readme=$MEMSH_ROOT/README.md

# block LANGUAGE N: the N-th fenced block of that language.
block() {
  awk -v lang="$1" -v want="$2" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = ($0 == "```" lang) && ++seen == want; next }
    inside && take' "$readme"
}

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

@test "it is short enough to be read" {
  [ "$(wc -l <"$readme")" -le 250 ]
}

@test "the first two commands are those that build and test" {
  [ "$(block sh 1)" = "sh scripts/try.sh" ]
  [ "$(block sh 2)" = "sh tests/run.sh" ]
}

# answered FILE OPTION...: each line that is not a comment, with those before it that give something a name.
answered() {
  local line named=()
  while IFS= read -r line; do
    [[ "$line" == --* ]] && continue
    "$MEMSH" "${@:2}" "${named[@]}" -e "$line" >out 2>err || { echo "$line"; cat err; return 1; }
    [[ "$line" =~ ^[a-z]+\ = ]] && named+=(-e "$line")
  done <"$1"
  return 0
}

@test "every line on the language is answered, here and for a saved machine" {
  block lua 1 >language
  [ "$(wc -l <language)" -ge 7 ]
  answered language
  answered language -s "$MEMSH_FIXTURES/full"
}

@test "the cookbook is a part of :examples, and all of those are answered" {
  "$MEMSH" -e 'require("memsh").command "examples"' >examples
  # shellcheck disable=SC2016
  sed -n '/^## A cookbook/,/^## /s/^| \([^`|]*\) | `\(.*\)` |$/-- \1\n\2/p' "$readme" >cookbook
  [ "$(grep -c '^--' cookbook)" -ge 15 ]
  diff examples cookbook | { ! grep '^>'; }
  [ "$(grep -vc '^--' examples)" -ge 22 ]
  answered examples -s "$MEMSH_FIXTURES/full"
}

@test "the commands for pipes run" {
  ln -s "$MEMSH" memsh
  block sh 3 | sed "s|/tmp/|$PWD/|; s/--watch 1/--watch 0.05/" >commands
  [ "$(wc -l <commands)" = 3 ]
  PATH="$PWD:$PATH" sh -e commands >out
  head -n 1 out | grep -q '^{"rows"'
  head -n 1 maps.csv | grep -q '^pid,comm,path,rss'
  [ "$(grep -c '^{"time": ' out)" = 6 ]
}

@test "every block is one that a test runs" {
  [ "$(grep -c '^```lua' "$readme")" = 1 ]
  [ "$(grep -c '^```sh' "$readme")" = 3 ]
  [ "$(grep -c '^```' "$readme")" = $((2 * $(grep -cE '^.{3}(lua|sh|text)$' "$readme"))) ]
}

@test "every verb, function and command that it names is one" {
  # shellcheck disable=SC2016
  for name in $(sed -n '/^- \*Verbs\*/,/^- \*Units/p' "$readme" | grep -oE '`[a-z ]{20,}`' | tr -d '`'); do
    "$MEMSH" -e 'local verbs = require("memsh.catalogue.entries").rowset
      local list = require("memsh.expr.operators").functions
      os.exit((verbs[arg[1]] or list[arg[1]]) ~= nil)' "$name" ||
      { echo "$name"; return 1; }
  done
}

@test "ps shows 0 for what it may not read and smem leaves it out, as the table says" {
  [ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
  sleep 60 &
  local pid=$!
  pss=$(as_nobody ps -o pss= -p "$pid") || skip "this ps does not know pss"
  shown=$(as_nobody smem -H -c pid 2>/dev/null | grep -cx " *$pid *") || true
  kill "$pid"
  [ "$((pss))" = 0 ]
  [ "$shown" = 0 ]
}

@test "the ratios in its table are those of the benchmark" {
  row=$(grep '^| time for the PSS of 2,000' "$readme")
  for part in "ps 148 ms:ps -eo pid,pss --sort=-pss 147.6 ms" "psutil 212 ms:psutil memory_full_info 212.2 ms" \
    "smem 2.6 s:smem 2.62 s" "60 ms:memsh -j2 59.6 ms"; do
    [[ "$row" == *"${part%%:*}"* ]]
    grep -qF "${part#*:}" "$MEMSH_TESTS/bench/README.md"
  done
}

@test "links lead to files and to their chapters" {
  python3 - <<'PY'
import os, pathlib, re
root = pathlib.Path(os.environ["MEMSH_ROOT"])
wrong = []
for page in ("README.md", "src/README.md", "lua/README.md", "scripts/README.md", "tests/README.md",
             "tests/bench/README.md", "src/procfs/table/fields.md"):
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", (root / page).read_text()):
        name, _, anchor = target.partition("#")
        path = (root / page).parent / name
        if not path.exists():
            wrong.append((page, target))
        elif anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
            if anchor not in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}:
                wrong.append((page, target))
assert not wrong, wrong
PY
}

@test "the field tables and the list of reports are what memsh says of them" {
  sh "$MEMSH_ROOT/tests/readme.sh" "$MEMSH"
}

@test "the fields of memsh-fields(7) have the same words" {
  "$MEMSH" -e 'print(require("memsh.help.manpage").page(require "memsh.options", "memsh-fields"))' >page
  run python3 - page <<'PY'
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

@test "the explained query of src/README.md is read as it says" {
  sed -n '/^\$ memsh.*explain()/,/^```/p' "$MEMSH_ROOT/src/README.md" | sed '/^```/d' >shown
  head -n 1 shown | sed 's/^\$ //' >query
  ln -s "$MEMSH" memsh
  PATH="$PWD:$PATH" sh -e query 2>/dev/null | steps >now
  tail -n +2 shown | steps >wanted
  cat now
  [ "$(wc -l <wanted)" -ge 8 ]
  diff wanted now
}

@test "the way of one value in src/README.md: every file has the function that it names" {
  # shellcheck disable=SC2016
  sed -n '/^## The way of one value/,/^## To add/s/^| [^|]* | `\([^`]*\)` | `\([^`]*\)` .*/\1 \2/p' \
    "$MEMSH_ROOT/src/README.md" >stops
  [ "$(wc -l <stops)" -ge 12 ]
  while read -r file name _; do
    name=${name%%(*}
    grep -qE "\b${name##*.}\b *\(" "$MEMSH_ROOT/$file" || { echo "$file: $name"; return 1; }
  done <stops
}
