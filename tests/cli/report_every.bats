# SPDX-License-Identifier: GPL-3.0-or-later
# Each report that ships, by the examples of its declaration: on a small machine, on one of which nothing may be read,
# on odd processes, as another user, among processes that end, with hostile names, in every format.

# beside others, first
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  reports=$MEMSH_ROOT/scripts
  export HOME=$BATS_TEST_TMPDIR
}

teardown() {
  stop_helpers
}

every_example() {
  run python3 "$MEMSH_TESTS/report_every.py" "$@"
  echo "$output"
  [ "$status" = 0 ]
}

@test "each says what it tells in a line of 80 columns, and helps" {
  run "$MEMSH" --reports "$reports" --list
  [ "$status" = 0 ]
  [ "$(awk 'length > 80' <<<"$output")" = "" ]
  local file
  for file in "$reports"/*.lua; do
    [[ "$output" == *"  $(basename "$file" .lua) "* ]]
  done
}

@test "in every format" {
  # A sanitized memsh takes a while to start; the formats are the same code in each report.
  local formats=table,vertical,csv,tsv,json,jsonl,md
  [ -z "${MEMSH_SANITIZE:-}" ] || formats=json
  every_example 1107 "$formats" -s "$MEMSH_FIXTURES/full"
}

@test "all examples, on a machine with one process" {
  cp -r "$MEMSH_FIXTURES/full" one
  find one -mindepth 1 -maxdepth 1 -name '[0-9]*' ! -name 1 -exec rm -r {} +
  every_example --all 1 table -s one
}

@test "a machine of which nothing may be read, and one of odd processes" {
  # 1 is the refusal of a report that nobody lets read what it needs.
  every_example --allow 1 1 json -s "$MEMSH_FIXTURES/sealed"
  every_example --allow 1,42 1 table -s "$MEMSH_FIXTURES/odd"
}

@test "an old kernel: what it does not count is unknown, and no error" {
  every_example --allow 1 300 json -s "$MEMSH_FIXTURES/kernels/2.6.32"
}

@test "as an ordinary user" {
  start mem dirty 100
  if [ "$(id -u)" = 0 ]; then
    command -v setpriv >/dev/null || skip "there is no setpriv to become another user"
    nobody_may_come
    set -- -- setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all
  fi
  every_example --allow 1 "$helper_pid" json "$@"
}

@test "while processes come and go" {
  start churn forks 60
  every_example --allow 1,42 4194304 table
}

@test "hostile names" {
  mkdir names
  start names names
  every_example "$helper_pid" table,json
}
