# SPDX-License-Identifier: GPL-3.0-or-later
# How queries are read: what functions teach, and what :explain says to a pipe.
# beside others

# A root of 400 more processes, each of them like 412.
setup_file() {
  export root=$BATS_FILE_TMPDIR/root
  cp -r "$MEMSH_FIXTURES/full" "$root"
  python3 -c 'import os, sys
for pid in range(20001, 20401):
    os.symlink("412", f"{sys.argv[1]}/{pid}")' "$root"
}

setup() {
  bats_require_minimum_version 1.5.0
}

# How often a query opens a file, and its answer: opened FILE QUERY PLAIN
opened() {
  "$MEMSH" -s "$root" -e "
    require('memsh.exec.reference_mode').plain = $3
    local answer = ($2):csv()
    print(require('memsh.fields.machine').source():opened().$1 or 0, #answer, answer:byte(-3))"
}

@test "a function's first rows teach what is read for the others, together" {
  query="procs:where(function(p) return p.pss > 0 and p.user == 'www-data' end):show'pid'"
  read -r planned length last <<<"$(opened smaps_rollup "$query" false)"
  read -r plain same_length same_last <<<"$(opened smaps_rollup "$query" true)"
  echo "planned $planned, plainly $plain"
  # What was read alone is read again when the second file comes; together it is read once.
  [ "$plain" -ge 780 ] && [ "$planned" -lt 520 ]
  [ "$length $last" = "$same_length $same_last" ]
}

@test "so do the loops and columns behind a query" {
  read -r planned length _ <<<"$(opened status "procs:show(function(p) return p.pss .. p.user end)" false)"
  read -r plain same_length _ <<<"$(opened status "procs:show(function(p) return p.pss .. p.user end)" true)"
  echo "planned $planned, plainly $plain"
  [ "$length" = "$same_length" ] && [ "$plain" -ge 400 ] && [ "$planned" -le "$plain" ]
  run "$MEMSH" -s "$root" -e "
    local sum = 0
    for p in procs do sum = sum + p:get('pss', 0) + p:get('swap', 0) end
    print(require('memsh.fields.machine').source():opened().smaps_rollup < 520, sum)"
  [[ $output == true* ]]
}

@test "what a function no longer wants is not read for long" {
  query="procs:where(function(p) return p.pid < 20020 and p.pss >= 0 end):show'pid'"
  read -r planned length last <<<"$(opened smaps_rollup "$query" false)"
  read -r plain same_length same_last <<<"$(opened smaps_rollup "$query" true)"
  echo "planned $planned, plainly $plain"
  # Chunks have 16, 32, 64... processes: one of them may be read in vain.
  [ "$planned" -le $((plain + 32)) ]
  [ "$length $last" = "$same_length $same_last" ]
}

@test "explain in each format, and what is said beside it" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -f json -e "procs:where'pss > 0':explain()"
  [ "$status" = 0 ]
  python3 - "$output" <<'PY'
import json, sys
document = json.loads(sys.argv[1])
step = next(row for row in document["rows"] if row["what"] == "where pss > 0")
assert (step["file"], step["rows"], step["undecided"], step["why"]) == ("smaps_rollup", 8, 7, "7 denied"), step
assert step["opened"] >= 8, step
assert "CAP_PERFMON" in step["permission"] and step["ms"] > 0 and step["worst_ms"] >= step["ms"], step
assert document["meta"]["coverage"]["denied"] == 7, document["meta"]
PY
  [[ $stderr == *"memsh: smaps_rollup: 7 denied; readable by: same user, or CAP_SYS_PTRACE"* ]]
  for format in table vertical csv tsv jsonl md; do
    run -0 "$MEMSH" -s "$MEMSH_FIXTURES/denied" -f "$format" -e "procs:where'pss > 0':explain()"
    [[ $output == *"smaps_rollup"* ]]
  done
}

@test ":explain in a script: a query, the last one, nothing" {
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'require("memsh").command "explain maps:sum\"pss\""'
  [[ $output == *mappings*smaps* ]]
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'procs:sum"pss"' -e 'require("memsh").command "explain"'
  [[ $output == *"smaps_rollup"* ]]
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'require("memsh").command "explain dry maps:sum\"pss\""'
  [[ $output == *estimated* && $stderr == *"were not opened"* ]]
  run -1 "$MEMSH" -e 'require("memsh").command "explain"'
  [[ $output == *"nothing has been asked yet"* ]]
  run -1 "$MEMSH" -e 'require("memsh").command "explain 6 * 7"'
  [[ $output == *"nothing was asked there"* ]]
  run -1 "$MEMSH" -e 'require("memsh").command "explain procs:wher()"'
  [[ $output == *"did you mean ':where'?"* ]]
  run -1 "$MEMSH" -e 'require("memsh").command "explain procs:where("'
  [ "$status" = 1 ]
}
