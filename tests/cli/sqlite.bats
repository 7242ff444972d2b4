# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# -f sqlite and --ddl. What is written is read by Python's sqlite3, and compared with the same rows as JSON.

full() { "$MEMSH" --source "$MEMSH_FIXTURES/full" "$@"; }
denied() { "$MEMSH" --source "$MEMSH_FIXTURES/denied" "$@" 2>/dev/null; }

setup() { db=$BATS_TEST_TMPDIR/x.db; }

# Newer versions of jq keep numbers as they were written, until they compute with them.
plain() {
  jq -c 'map(if type == "number" then . + 0 else . end)'
}

# ask SQL: the rows, a JSON array a line
ask() {
  python3 -c 'import json, sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(json.dumps(row))' "$db" "$1"
}

@test "the rows are those of JSON, with types" {
  columns="pid comm user rss pss mem_percent age exe"
  full -f sqlite -o "$db" -e "procs:show\"$columns\""
  want=$(full -f json -e "procs:show\"$columns\"" | jq -c --arg c "$columns" '.rows[] | [.[$c | split(" ")[]]]' | plain)
  [ "$(ask "SELECT ${columns// /, } FROM process ORDER BY memsh_row" | plain)" = "$want" ]
  [ "$(ask 'SELECT DISTINCT typeof(pid), typeof(rss), typeof(mem_percent), typeof(comm) FROM process WHERE rss')" = \
    '["integer", "integer", "real", "text"]' ]
  full -f sqlite -o "$db" -e 'procs:show"start_time"'
  diff <(ask 'SELECT start_time FROM process' | jq -r '.[0]') <(full -f csv --no-header -e 'procs:show"start_time"' | tr -d '\r')
  [ "$(ask 'PRAGMA integrity_check')" = '["ok"]' ]
}

@test "unknown is NULL, with its reason in a second table; a lower bound has the number that it lacks" {
  denied -f sqlite -o "$db" -e 'procs:show"pid pss"' -e 'procs:by"":sum"pss"'
  [ "$(ask 'SELECT count(*) FROM process WHERE pss IS NULL')" = '[7]' ]
  [ "$(ask "SELECT reason, count(*) FROM memsh_unknown u JOIN process p ON p.memsh_row = u.row AND u.name = 'process'
    WHERE u.field = 'pss' AND p.pss IS NULL GROUP BY 1")" = '["denied", 7]' ]
  [ "$(ask "SELECT field, missing FROM memsh_unknown WHERE name = 'rows'")" = '["pss", 7]' ]
}

@test "addresses and large numbers stay as they are" {
  code='rows({ { name = "a", n = 9223372036854775807 }, { name = "b", n = -9223372036854775807 } })'
  "$MEMSH" -f sqlite -o "$db" -e "$code"
  [ "$(ask 'SELECT n FROM rows ORDER BY n')" = $'[-9223372036854775807]\n[9223372036854775807]' ]
  full -f sqlite -o "$db" -e 'maps:show"addr"'
  diff <(ask 'SELECT addr FROM mapping' | jq -r '.[0]') <(full -f csv --no-header -e 'maps:show"addr"' | tr -d '\r')
}

@test "meta: what was asked, when, of which machine, and how much was read" {
  denied -f sqlite -o "$db" -e 'procs:where"pid > 1":show"pid pss"'
  [ "$(ask "SELECT name, host, time, json_extract(coverage, '$.denied') FROM memsh_answer" | plain)" = \
    '["process","fixture",1700086400,6]' ]
  ask 'SELECT query FROM memsh_answer' | grep -qF 'pid > 1'
}

@test "--append piles moments up; without it the file is replaced" {
  for _ in 1 2 3; do full -f sqlite --append -o "$db" -e 'procs:show"pid rss"'; done
  [ "$(ask 'SELECT memsh_answer, count(*) FROM process GROUP BY 1')" = $'[1, 8]\n[2, 8]\n[3, 8]' ]
  full -f sqlite -o "$db" -e 'procs:show"pid rss"'
  [ "$(ask 'SELECT count(*) FROM process')" = '[8]' ]
}

@test "what cannot be appended to stays as it was, and a failed run writes nothing" {
  echo garbage >"$db"
  run full -f sqlite --append -o "$db" -e procs
  [ "$status" = 1 ]
  [[ $output == *"cannot append"* ]]
  [ "$(cat "$db")" = garbage ]
  full -f sqlite -o "$db" -e 'procs:show"pid"'
  cp "$db" "$db.before"
  run full -f sqlite --append -o "$db" -e 'procs:show"uid"'
  [ "$status" = 1 ]
  run full -f sqlite --append -o "$db" -e 'procs:show"pid"' -e 'error "x"'
  [ "$status" = 1 ]
  cmp "$db" "$db.before"
}

@test "a file that can't be looked for when it is appended to is not replaced" {
  local failing="$MEMSH_HELPERS/failing_call" report=$BATS_TEST_TMPDIR/report
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers do not work when they are traced"
  timeout 20 "$failing" list "$report" /bin/true || skip "nothing can be traced here"
  for number in 1 2 3; do
    rm -f "$db"
    full -f sqlite -o "$db" -e 'procs:show"pid"'
    run "$failing" access "$number" EIO "$report" "$MEMSH" -s "$MEMSH_FIXTURES/full" -f sqlite --append -o "$db" \
      -e 'procs:show"pid"'
    echo "$number: $status $output"
    [ "$(ask 'SELECT count(*) FROM memsh_answer')" = "[$((status == 0 ? 2 : 1))]" ]
  done
}

@test "what a file brings along does not run" {
  full -f sqlite -o "$db" -e 'procs:show"pid"'
  python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TRIGGER bad AFTER INSERT ON process BEGIN DELETE FROM memsh_answer; END")
db.commit()' "$db"
  full -f sqlite --append -o "$db" -e 'procs:show"pid"'
  [ "$(ask 'SELECT count(*) FROM memsh_answer')" = '[2]' ]
}

@test "names that look like SQL are names" {
  code='rows({ { ["a\"; DROP TABLE x; --"] = "'"'"'); --", b = 1 } })'
  "$MEMSH" -f sqlite -o "$db" -e "$code"
  [ "$(ask 'SELECT "a""; DROP TABLE x; --" FROM rows')" = "[\"'); --\"]" ]
}

@test "a single value is a row; a record and a terminal are refused with what to do" {
  full -f sqlite -o "$db" -e 'procs:sum"rss"' -e '"x"' -e nil
  [ "$(ask 'SELECT value FROM value' | head -1)" = "[$(full -f csv --no-header -e 'procs:sum"rss"')]" ]
  [ "$(ask 'SELECT count(*) FROM value')" = '[3]' ]
  run full -f sqlite -o "$db" -e sys
  [ "$status" = 1 ]
  [[ $output == *procs:where* ]]
  run script -qec "\"$MEMSH\" -f sqlite -e procs" /dev/null
  [[ $output == *"-o FILE"* ]]
}

@test "--ddl reads nothing, and its table takes what csv prints" {
  run full --ddl sqlite -e 'procs:by"user":sum"pss"'
  [ "$status" = 0 ]
  [[ $output == *'"partial" TEXT'* ]]
  questions=('procs:show"pid comm user rss pss mem_percent start_time"' 'maps:show"addr size path"' 'procs:by"user":sum"pss"'
    'cgroups')
  for question in "${questions[@]}"; do
    full --ddl sqlite -e "$question" >"$BATS_TEST_TMPDIR/ddl"
    full -f csv -e "$question" >"$BATS_TEST_TMPDIR/csv" 2>/dev/null
    python3 - "$BATS_TEST_TMPDIR/ddl" "$BATS_TEST_TMPDIR/csv" <<'PY'
import csv, re, sqlite3, sys
ddl = open(sys.argv[1]).read()
db = sqlite3.connect(":memory:")
db.executescript(ddl)
table = re.search(r'CREATE TABLE "(\w+)"', ddl)[1]
head, *rows = csv.reader(open(sys.argv[2], newline=""))
assert [c[1] for c in db.execute(f'PRAGMA table_info("{table}")')] == head, head
for row in rows:
    db.execute(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(row))})', [v or None for v in row])
back = [["" if v is None else str(v) for v in r] for r in db.execute(f'SELECT * FROM "{table}"')]
assert len(back) == len(rows) > 0
assert all(a == b or float(a) == float(b) for x, y in zip(back, rows) for a, b in zip(x, y))
PY
  done
  run full --ddl oracle -e procs
  [ "$status" = 2 ]
  [[ $output == *postgresql* ]]
}
