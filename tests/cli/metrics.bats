# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Rows as metrics. What is read back is read by another program (helpers/exposition.py), and compared with the rows as
# JSON.

full() { "$MEMSH" --source "$MEMSH_FIXTURES/full" "$@"; }
denied() { "$MEMSH" --source "$MEMSH_FIXTURES/denied" "$@"; }
read_back() { python3 "$MEMSH_TESTS/helpers/exposition.py" "$@"; }

# The samples of a name, as jq sees them.
samples() { jq -c "select(.[0] == \"$1\") | [.[1], .[2]]" | sed 's/\.0\]$/]/'; }

@test "each number is a sample, with the row's texts and ids as labels" {
  want=$(full -f json -e 'procs:show"pid comm user rss min_flt age mem_percent"' |
    jq -c '.rows[] | select(.rss) | [{pid: (.pid | tostring), comm, user}, .rss]' | sort)
  full -f openmetrics -e 'procs:show"pid comm user rss min_flt age mem_percent"' 2>/dev/null | read_back >"$BATS_TEST_TMPDIR/s"
  [ "$(samples memsh_process_rss_bytes <"$BATS_TEST_TMPDIR/s" | sort)" = "$want" ]
  [ -n "$want" ]
  [ "$(samples memsh_process_min_flt_total <"$BATS_TEST_TMPDIR/s" | wc -l)" = 8 ]
  percent=$(full -f csv --no-header -e 'proc(1107).mem_percent')
  jq -e -s --argjson p "$percent" 'any(.[0] == "memsh_process_mem_ratio" and .[1].pid == "1107" and
    (.[2] * 100 - $p | fabs) < 1e-12)' "$BATS_TEST_TMPDIR/s"
}

@test "both formats have the same samples" {
  questions=(-e 'procs:show"pid rss pss min_flt"' -e 'procs:by"user":sum"pss"' -e sys -e cgroups -e 'proc(1107)')
  full -f openmetrics "${questions[@]}" 2>/dev/null | read_back >"$BATS_TEST_TMPDIR/new"
  full -f prom "${questions[@]}" 2>/dev/null | read_back --classic >"$BATS_TEST_TMPDIR/old"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/new")" -gt 100 ]
  diff "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/old"
}

@test "help, type and unit come from the field table, once" {
  run full -f openmetrics -e 'procs:show"pid pss maj_flt"'
  [ "$(grep -c '^# HELP memsh_process_pss_bytes ' <<<"$output")" = 1 ]
  meaning=$(full --fields=json | jq -r '[.. | objects | select(.name? == "pss")][0].meaning')
  [ -n "$meaning" ]
  grep -qF "# HELP memsh_process_pss_bytes $meaning" <<<"$output"
  grep -qxF '# UNIT memsh_process_pss_bytes bytes' <<<"$output"
  grep -qxF '# TYPE memsh_process_maj_flt counter' <<<"$output"
  [ "${lines[-1]}" = "# EOF" ]
}

@test "what is unknown has no sample and is counted by field and reason; a bound has a twin" {
  denied -f openmetrics -e 'procs:show"pid pss"' -e 'procs:by"":sum"pss"' 2>/dev/null | read_back >"$BATS_TEST_TMPDIR/s"
  [ "$(samples memsh_process_pss_bytes <"$BATS_TEST_TMPDIR/s" | wc -l)" = 1 ]
  [ "$(samples memsh_unknown <"$BATS_TEST_TMPDIR/s")" = '[{"field":"pss","reason":"denied"},7]' ]
  [ "$(samples memsh_pss_bytes_missing <"$BATS_TEST_TMPDIR/s")" = '[{},7]' ]
  # all of it unknown: no number, never 0
  "$MEMSH" --source "$MEMSH_FIXTURES/sealed" -f openmetrics -e 'procs:by"":sum"pss"' 2>/dev/null | read_back |
    jq -e -s 'all(.[0] != "memsh_pss_bytes")'
}

@test "groups whose key is unknown are told apart from those without one" {
  denied -f openmetrics -e 'procs:by"exe":sum"rss"' 2>/dev/null | read_back >"$BATS_TEST_TMPDIR/s"
  samples memsh_exe_n <"$BATS_TEST_TMPDIR/s" | grep -qF '[{"exe":"? (denied)"},7]'
}

@test "a name cannot break out of its label, and reads back as csv has it" {
  code='rows({ { name = "a\"} 1\n# x", n = 1 }, { name = "\xff\\ ", n = 2 }, { name = "? (denied)", n = 3 } })'
  "$MEMSH" -f openmetrics -e "$code" | read_back | jq -r '.[1].name' >"$BATS_TEST_TMPDIR/s"
  printf '%s\n' 'a"} 1\n# x' '\xff\\ ' '\x3f (denied)' | diff - "$BATS_TEST_TMPDIR/s"
}

@test "two rows with the same labels are refused with what to do, and nothing is written" {
  echo old >"$BATS_TEST_TMPDIR/f"
  run full -f prom -o "$BATS_TEST_TMPDIR/f" -e 'procs:show"comm rss"'
  [ "$status" = 1 ]
  [[ $output == *'{comm="nginx"}'*pid*by* ]]
  [ "$(cat "$BATS_TEST_TMPDIR/f")" = old ]
}

@test "more than 2,000 series are refused with what to do; --max-series changes that" {
  code='local t = {} for i = 1, 2001 do t[i] = { name = "a" .. i, n = i } end return rows(t)'
  run "$MEMSH" -f openmetrics -e "$code"
  [ "$status" = 1 ]
  [[ $output == *2000*top*by*--max-series* ]]
  "$MEMSH" -f openmetrics --max-series 2001 -e "$code" | read_back | wc -l | grep -qx 2001
  run "$MEMSH" --max-series 0 -f prom -e 1
  [ "$status" = 2 ]
  [[ $output == *--max-series* ]]
}

@test "the row of all others is one, whatever a process is called" {
  code='rows({ { name = "(others)", n = 9 }, { name = "b", n = 2 }, { name = "c", n = 3 } })'
  "$MEMSH" -f openmetrics -e "$code:top(1, {others = true})" | read_back | samples memsh_n >"$BATS_TEST_TMPDIR/s"
  grep -qF '[{"name":"\\\\(others)"},' "$BATS_TEST_TMPDIR/s"
  grep -qF '[{"name":"(others)"},' "$BATS_TEST_TMPDIR/s"
}

@test "single values, records and rows of names are metrics, other values of Lua are not" {
  full -f openmetrics -e 'procs:sum"rss"' | read_back | samples memsh_value_bytes | grep .
  full -f openmetrics -e 'procs:show"pid comm"' | read_back | samples memsh_process_info | grep -c . | grep -qx 8
  full -f openmetrics -e sys | read_back | samples memsh_machine_mem_total_bytes | grep -qx '\[{},8337752064\]'
  for code in '"x"' '{ 1 }' nil; do
    run full -f prom -e "$code"
    [ "$status" = 1 ]
    [[ $output == *prom* ]]
  done
}

@test "the text ends have documents of their own" {
  full -e 'do io.write(procs:show"pid rss":openmetrics()) end' 2>/dev/null | read_back | samples memsh_process_rss_bytes | grep -c . | grep -qx 6
}

@test "a run that answers nothing is an empty document" {
  [ "$("$MEMSH" -f openmetrics -e 'local x = 1')" = "# EOF" ]
}

@test "with --watch each time is one document in the file" {
  full -f openmetrics -o "$BATS_TEST_TMPDIR/w" --watch 0.05 --count 2 -e 'procs:show"pid rss"' 2>/dev/null
  read_back <"$BATS_TEST_TMPDIR/w" | samples memsh_process_rss_bytes | grep -c . | grep -qx 6
}
