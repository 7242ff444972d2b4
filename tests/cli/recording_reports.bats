# SPDX-License-Identifier: GPL-3.0-or-later
# moments, timeline, oom, leaks and doctor of a recording: as rows, in words, as a page, and while it is being written.
# beside others, first

load ../helpers/helpers
load ../helpers/recordings

setup_file() {
  bats_require_minimum_version 1.5.0
  BATS_RECORDING=$(grown_recording "$BATS_FILE_TMPDIR")
  export BATS_RECORDING TZ=UTC
}

setup() {
  file=$BATS_RECORDING
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() { stop_helpers; }

memsh() { "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@"; }

@test "moments: of the session's recording, of files, of a span" {
  [ "$(memsh -s "$file" -f csv moments | wc -l)" = 25 ]
  memsh -f jsonl moments "$file" --from '22:20' --to '2023-11-14 22:22' >rows
  [ "$(jq -c '[.time, .why, .processes]' rows | tr -d '\n')" = '[1700000420,"saved",9][1700000480,"saved",9]' ]
  cp "$file" other.memsh
  [ "$(memsh -f csv moments "$file" other.memsh --from -90s | tail -n +2 | cut -d, -f1 | uniq -c | awk '{ print $1 }' | tr '\n' ' ')" = "2 2 " ]
  run memsh -s "$MEMSH_FIXTURES/full" moments
  [ "$status" = 1 ]
  [[ $output == *"it is about a recording: memsh -s web1.memsh"* ]]
}

@test "timeline: in a pipe exact numbers" {
  memsh -s "$file" -f jsonl timeline --top 1 >rows
  jq -r 'select(.program == "zoo") | .memory' rows | sort | uniq -c | tr -s ' ' >sizes
  diff sizes - <<<$' 4 0\n 20 2048000000'
  [ "$(jq -r 'select(.program == "zoo" and .oom_kills > 0) | .time' rows)" = 1700001200 ]
  # Tenths of a per cent; of the first moment there is none before.
  [ "$(jq -r 'select(.program == "zoo") | .pressure // -1 | . * 10 | round' rows | sort -nu | tr '\n' ' ')" = "-10 1 500 " ]
  [ "$(jq -r 'select(.program == "zoo") | .used' rows | sort -u)" = $(((8142336 - 300000) * 1024)) ]
  memsh -s "$file" -f jsonl timeline --by user --from -1m >rows
  [ "$(jq -s 'map(.memory) | add / 1024' rows)" = "$((230000 + 240000 + 2 * (180 + 180 + 176 + 180)))" ]
}

@test "timeline: on a terminal a picture of letters, in which the kill is marked" {
  command -v script >/dev/null || skip "there is no script to be a terminal"
  script -qec "stty cols 100 rows 40; $MEMSH --reports $MEMSH_ROOT/scripts -s $file timeline" /dev/null </dev/null |
    tr -d '\r' >screen
  grep -qE '^2023-11-14 22:1[34]:20 +[0-9.]+G A+' screen
  grep -qE 'A+B+\.* +pressure 50 %' screen
  [ "$(grep -c '1 OOM kill' screen)" = 1 ]
  grep -qE '^  A zoo +0 +most +1\.9G at' screen
  [ "$(awk 'NR > 1 && length > 100' screen)" = "" ]
}

@test "timeline: bars take the room that there is, and it is said which moments are drawn" {
  command -v script >/dev/null || skip "there is no script to be a terminal"
  local columns most
  for columns in 80 120; do
    # Before the kill: no line has marks of more than 25 characters.
    script -qec "stty cols $columns rows 28; $MEMSH --reports $MEMSH_ROOT/scripts -s $file timeline --to 22:32" /dev/null </dev/null |
      tr -d '\r' >screen
    most=$(sed -nE 's/^.{19} +[0-9.]+[MG] (A+B*\.*) *.*/\1/p' screen | awk '{ if (length > n) n = length } END { print n }')
    ((most >= columns - 55 && most < columns - 28))
    [ "$(awk 'NR > 1 && length > '"$columns" screen)" = "" ]
    [ "$(grep -cE '^.{19} +[0-9.]+[MG] A' screen)" -lt 19 ]
    grep -q 'Of 19 moments each line is the one with the most memory' screen
  done
}

@test "timeline --html: one page, nothing from outside, names are text" {
  memsh -s "$file" -o page.html timeline --html
  python3 "$MEMSH_TESTS/helpers/page.py" page.html
  [ "$(grep -o 'data-picture="timeline"' page.html | wc -l)" = 3 ]
  grep -qF '1 OOM kill since the moment before' page.html
  cp -r "$MEMSH_FIXTURES/full" full
  sed -i 's/^Name:.*/Name:\t<script>\&"/' full/901/status
  memsh record --from full -o hostile.memsh
  memsh -s hostile.memsh -o page.html timeline --html
  python3 "$MEMSH_TESTS/helpers/page.py" page.html
  grep -qF '&lt;script&gt;' page.html
  run memsh -s "$file" -f json timeline --html
  [ "$status" = 2 ]
}

@test "timeline: refusals" {
  run memsh -s "$file" timeline --top 9
  [ "$status" = 2 ]
  run memsh -s "$file" timeline --to '2001-01-01'
  [ "$status" = 1 ]
  [[ $output == *"there is no moment in that time"* ]]
  for report in timeline oom leaks moments; do
    run memsh -s "$file" $report --from 'yesterdya 18:00'
    [ "$status" = 1 ]
    [[ $output == "memsh: $report: from = 'yesterdya 18:00' is not a time; did you mean 'yesterday'?" ]]
    run memsh -s "$file" $report --from teatime
    [[ $output == "memsh: $report: from = 'teatime' is not a time; write '09:10'"* ]]
  done
  run memsh -s "$MEMSH_FIXTURES/full" timeline
  [[ $output == *"it is about a recording"* ]]
}

@test "oom: who, why, who held memory, who had grown" {
  memsh -s "$file" oom >said
  grep -q '22:32:20 to 22:33:20: a kill for lack of memory' said
  grep -q 'victim  likely zoo (1107) of bob, with 1.9G' said
  grep -q 'grown   postgres +97.7M, in the 10 min before' said
  grep -q '1 kill since boot before the first' said
  [ "$(memsh -f jsonl -s "$file" oom | jq -c '[.pid, .sure, .grower, .grown / 1024]')" = '[1107,"likely","postgres",100000]' ]
  [ "$(memsh -f jsonl -s "$file" -e 'report"oom"{}:show"comm"')" = '{"comm": "zoo"}' ]
  run memsh -s "$file" oom --from -2m
  [[ $output == *"killed nobody for lack of memory in 3 moments"* ]]
}

change() { # FILE SQL
  python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.argv[2])
db.close()' "$@"
}

@test "timeline and oom say which moments are damaged, in words, in JSON and by --strict" {
  cp "$file" damaged.memsh
  change damaged.memsh "UPDATE piece SET bytes = x'28b52ffd00'
    WHERE id >> 28 = 24 AND (id >> 12) & 65535 = (SELECT id FROM kind WHERE name = 'status')"
  run --separate-stderr memsh -s damaged.memsh -f json timeline
  [ "$status" = 0 ]
  [ "$(jq -c '[.meta.coverage.damaged_moments, (.rows | map(.time) | unique | length)]' <<<"$output")" = '[1,23]' ]
  [[ $stderr == *"moment 24 is damaged, and left out"* ]]
  run --separate-stderr memsh -s damaged.memsh timeline --html
  [[ $output == *"1 of 24 moments is damaged, and left out."* ]]
  [[ $output != *"did not record it"* ]]
  change damaged.memsh "DELETE FROM piece"
  run --separate-stderr memsh --strict -f json oom damaged.memsh
  [ "$status" = 3 ]
  [ "$(jq -c '[.meta.coverage.damaged_moments, .rows]' <<<"$output")" = '[24,[]]' ]
  [[ $stderr == *"24 of 24 moments are damaged"* ]]
  run --separate-stderr memsh oom damaged.memsh
  [ "$output" = "Whether the kernel killed anybody for lack of memory is not known: of 24 moments none could be used." ]
  run --separate-stderr memsh timeline damaged.memsh
  [ "$status" = 1 ]
  [[ $stderr == *"timeline: all moments in that time are damaged"* ]]
}

@test "leaks and the doctor's growth say which moments are damaged" {
  cp "$file" damaged.memsh
  change damaged.memsh "UPDATE piece SET bytes = x'28b52ffd00'
    WHERE id >> 28 IN (5, 24) AND (id >> 12) & 65535 = (SELECT id FROM kind WHERE name = 'status')"
  run --separate-stderr memsh --strict -s damaged.memsh -f json leaks
  [ "$status" = 3 ]
  [ "$(jq -c '[.meta.coverage.damaged_moments, .rows[0].pid, .rows[0].moments]' <<<"$output")" = '[2,901,22]' ]
  [[ $stderr == *"moment 5 is damaged, and left out"*"moment 24 is damaged, and left out"* ]]
  [[ $stderr == *"2 of 24 moments are damaged"* ]]
  run --separate-stderr memsh -s damaged.memsh --at 22:33 doctor --only grown
  [[ $output == *"growth over hours (1 damaged moment)"* ]]
  run --separate-stderr memsh -s damaged.memsh --strict leaks --to 22:16
  [ "$status" = 0 ]
  change damaged.memsh "UPDATE piece SET bytes = x'28b52ffd00'"
  run --separate-stderr memsh --strict -s damaged.memsh leaks
  [ "$status" != 0 ]
}

@test "leaks: of a recording, and the options of each kind" {
  memsh -s "$file" -f jsonl leaks >rows
  # 10000 kB a minute, the same between all pairs of moments
  [ "$(jq -c '[.pid, .per_hour / 1024, .low / 1024, .high / 1024, .verdict, .moments]' rows)" = \
    '[901,600000,600000,600000,"grows",24]' ]
  # Of those that are named it is said whether they grow.
  memsh -s "$file" -f jsonl leaks 901 412 >rows
  [ "$(jq -c '[.pid, .grown / 1024, .verdict]' rows | tr -d '\n')" = '[901,230000,"grows"][412,0,"steady"]' ]
  run memsh -s "$file" leaks --from -4m
  [[ $output == *"5 moments in 240 s do not tell a leak from a start: that takes 10 minutes, and 8 moments"* ]]
  [[ $output == *"too short"* ]]
  run memsh -s "$file" leaks -n 3
  [ "$status" = 2 ]
  run memsh leaks --from -1h
  [ "$status" = 2 ]
}

@test "doctor: growth and the kill, as of the moment that is asked" {
  memsh -s "$file" -f jsonl doctor --only grown --only before_kill >rows
  [ "$(jq -c '[.id, .severity, .subject]' rows | tr -d '\n')" = \
    '["before_kill","warn","zoo (1107)"]["grown","warn","postgres (901)"]' ]
  memsh -s "$file" --at 22:30 -f jsonl doctor --only before_kill >rows
  [ ! -s rows ]
  # It has many moments, of which the doctor looks at one.
  run memsh -s "$file" doctor --only growing
  [[ $(tr -s '\n ' ' ' <<<"$output") == *"growth (of a recording one moment is looked at, and this takes two)"* ]]
}

@test "a recording that is being written, of a process that grows" {
  start mem dirty 30000
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --every 0.2s --rollup 0.2s -o live.memsh 2>said &
  recorder=$!
  for _ in {1..300}; do
    [ "$(memsh -f csv moments live.memsh 2>/dev/null | wc -l)" -gt 6 ] && break
    sleep 0.1
  done
  memsh -s live.memsh -f jsonl timeline --top 8 >rows
  memsh -s live.memsh -o page.html timeline --html --of pss
  memsh -s live.memsh oom >kills
  kill "$recorder"
  wait "$recorder" || true
  python3 "$MEMSH_TESTS/helpers/page.py" page.html
  [ "$(jq -r .time rows | sort -u | wc -l)" -gt 5 ]
  # The helper touched 30000 kB, and the kernel says of it what the recording has.
  anon=$(awk '/^RssAnon/ { print $2 * 1024 }' "/proc/$(value pid)/status")
  [ "$(memsh -s live.memsh -e "proc($(value pid)).rss_anon")" = "$anon" ]
  run memsh -s live.memsh leaks
  [[ $output == *"do not tell a leak from a start"* ]]
}

@test "smem: of a moment without mappings by what smaps_rollup says" {
  cp -r "$MEMSH_FIXTURES/full" saved
  rm saved/[0-9]*/smaps saved/[0-9]*/maps
  "$MEMSH" record --from saved -o r.memsh
  grep -h . "$MEMSH_FIXTURES"/full/[0-9]*/smaps_rollup | awk '/^Rss:/ { rss += $2 } /^Pss:/ { pss += $2 }
    /^Private_(Clean|Dirty):/ { uss += $2 } /^Swap:/ { swap += $2 }
    END { printf "total,6,%d,%d,%d,%d,\r\n", swap * 1024, uss * 1024, pss * 1024, rss * 1024 }' >expected
  "$MEMSH" -s r.memsh -f csv smem -u -t | tail -n 1 | diff expected -
  [[ "$(memsh -s r.memsh leaks 2>&1)" == *"memsh: 1 moment in 0 s does not tell a leak from a start"* ]]
  [ "$("$MEMSH" -s r.memsh -f csv --no-header smem | grep -c "^[0-9]")" = 6 ]
}
