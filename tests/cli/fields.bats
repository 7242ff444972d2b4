# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# --fields: all fields, as text, Markdown, JSON.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

@test "--fields is text, a paragraph for each field" {
  run --separate-stderr "$MEMSH" --fields
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [ "${lines[0]}" = "virt (procs, bytes)" ]
  grep -qx '  since: Linux 4.0 to 4.14' <<<"$output"
}

@test "--fields=json is JSON that says all of each field" {
  "$MEMSH" --fields=json >fields.json
  python3 - <<'PY'
import json

fields = json.load(open("fields.json"))
assert len(fields) > 200
for field in fields:
    assert field["kind"] in ("procs", "maps", "cgroups", "sys"), field
    assert all(isinstance(field[key], str) for key in ("name", "type", "unit", "meaning", "omits", "from", "since", "permission")), field
pss = next(field for field in fields if field["name"] == "pss" and field["kind"] == "procs")
assert (pss["file"], pss["label"], pss["since"], pss["type"]) == ("smaps_rollup", "Pss", "2.6.25", "bytes"), pss
pmd = next(field for field in fields if field["name"] == "vm_pmd")
assert (pmd["since"], pmd["till"]) == ("4.0", "4.14"), pmd
PY
}

@test "--fields=md is a table for each kind of row" {
  run "$MEMSH" --fields=md
  [ "$status" = 0 ]
  [ "$(grep -c '^### ' <<<"$output")" = 4 ]
  [ "$(grep '^|' <<<"$output" | sed 's/\\|//g' | awk -F'|' '{ print NF }' | sort -u)" = 7 ]
}

@test "it goes into -o's file" {
  "$MEMSH" -o fields.md --fields=md
  grep -qx "### Processes (.procs.)" fields.md
}

@test "another mode is wrong use" {
  run --separate-stderr "$MEMSH" --fields=html
  [ "$status" = 2 ]
  [[ "$stderr" == *"there are text md json"* ]]
}

@test "help on a word that nothing is called has the fields that are about it" {
  run -0 "$MEMSH" -e 'help"heap"'
  [ "${lines[0]}" = "nothing is called heap; these fields are about it:" ]
  [[ "$output" == *$'procs:\n  rss_anon '* ]]
  run -0 "$MEMSH" -e 'help"owner"' # what other tools call it
  [[ "$output" == *$'\n  user '* ]]
  run -0 "$MEMSH" -e 'help"container"'
  [[ "$output" == "container (procs, text)"* ]]
  run -1 "$MEMSH" -e 'help"wehre"'
  [ "$output" = "memsh: there is no help on 'wehre'; did you mean 'where'?" ]
}
