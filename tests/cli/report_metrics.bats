# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# memsh metrics: what a scrape sees, against the rows and the kernel's files.

metrics() { "$MEMSH" -f openmetrics "${at[@]}" metrics "$@" 2>/dev/null | python3 "$MEMSH_TESTS/helpers/exposition.py"; }
samples() { jq -c "select(.[0] == \"$1\") | [.[1], .[2]]" | sed 's/\.0\]$/]/'; }
at=()

@test "the machine is what /proc/meminfo says" {
  want=$(awk '/^MemTotal:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
  [ "$(metrics | samples memsh_machine_mem_total_bytes)" = "[{},$want]" ]
}

@test "the largest and all others together are all there is" {
  at=(--source "$MEMSH_FIXTURES/full")
  want=$("$MEMSH" "${at[@]}" -f csv --no-header -e 'procs:sum"rss"')
  for n in 1 2 20; do
    for subject in unit user program; do
      metrics -n "$n" | samples "memsh_${subject}_rss_bytes" >"$BATS_TEST_TMPDIR/s"
      [ "$(jq -s 'map(.[1]) | add' "$BATS_TEST_TMPDIR/s")" = "$want" ]
      [ "$n" = 20 ] || [ "$(wc -l <"$BATS_TEST_TMPDIR/s")" = $((n + 1)) ]
    done
  done
  metrics -n 1 | samples memsh_program_processes | grep -qF '[{"program":"(others)"},7]'
}

@test "pages are walked only with --pss, which also says of whom they could not be" {
  at=(--source "$MEMSH_FIXTURES/denied")
  ! metrics | grep _pss_ || false
  metrics -p >"$BATS_TEST_TMPDIR/s"
  [ "$(samples memsh_user_pss_bytes_missing <"$BATS_TEST_TMPDIR/s" | grep root)" = '[{"user":"root"},2]' ]
  samples memsh_coverage_processes <"$BATS_TEST_TMPDIR/s" | grep -qxF '[{"result":"denied"},5]'
  samples memsh_coverage_processes <"$BATS_TEST_TMPDIR/s" | grep -qxF '[{"result":"read"},1]'
}

@test "when it was last done, and how long it took" {
  before=$(date +%s)
  metrics >"$BATS_TEST_TMPDIR/s"
  jq -e -s --argjson before "$before" 'any(.[0] == "memsh_run_last_success_timestamp_seconds" and
    .[2] >= $before and .[2] < $before + 300)' "$BATS_TEST_TMPDIR/s"
  jq -e -s 'any(.[0] == "memsh_run_duration_seconds" and .[2] > 0)' "$BATS_TEST_TMPDIR/s"
}

@test "the rows of other reports are there, under their names" {
  at=(--source "$MEMSH_FIXTURES/full")
  metrics swap | samples memsh_swap_swap_bytes | grep -q postgres
  run "$MEMSH" metrics metrics
  [ "$status" = 2 ]
  run "$MEMSH" metrics no-such-report
  [ "$status" != 0 ]
}

@test "the file is replaced as a whole, or stays as it was" {
  file=$BATS_TEST_TMPDIR/memory.prom
  "$MEMSH" -o "$file" metrics
  python3 "$MEMSH_TESTS/helpers/exposition.py" --classic <"$file" | grep -c . | xargs test 30 -lt
  cp "$file" "$file.before"
  run "$MEMSH" -o "$file" --max-series 10 metrics
  [ "$status" = 1 ]
  cmp "$file" "$file.before"
  [ "$(find "$BATS_TEST_TMPDIR" -name '*memory.prom*' | wc -l)" = 2 ]
  run "$MEMSH" -f json metrics
  [ "$status" = 2 ]
  [[ $output == *openmetrics* ]]
}

@test "no process name can spoil the file" {
  others="$BATS_TEST_TMPDIR/(others)"
  cp /bin/sleep "$others"
  cp /bin/sleep "$BATS_TEST_TMPDIR/a\"} 1"
  "$others" 60 3>&- &
  one=$!
  "$BATS_TEST_TMPDIR/a\"} 1" 60 3>&- &
  two=$!
  while [ "$(cat /proc/$two/comm)" != 'a"} 1' ] || [ "$(cat /proc/$one/comm)" != '(others)' ]; do sleep 0.01; done
  metrics -n 100 >"$BATS_TEST_TMPDIR/s"
  kill "$one" "$two"
  samples memsh_program_processes <"$BATS_TEST_TMPDIR/s" | grep -qF '{"program":"a\"} 1"}'
  samples memsh_program_processes <"$BATS_TEST_TMPDIR/s" | grep -qF '{"program":"\\\\(others)"}'
}

@test "a report that is not there, or metrics itself, is wrong use, and nothing is written" {
  for name in nosuch metrics; do
    run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/full" -f prom metrics "$name"
    [ "$status" = 2 ]
    [[ "${lines[0]}" == "memsh: metrics: there is no report nosuch; memsh --list has them all" ||
      "${lines[0]}" == "memsh: metrics: metrics does not contain itself" ]]
  done
}
