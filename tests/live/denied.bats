# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# A user without rights over somebody else's process: nothing is 0 and nothing is left out that can't be read.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  # Where memsh was built may be closed to others, and so may this directory.
  program=$(mktemp -d /tmp/memsh-denied.XXXXXX)/memsh
  cp "$MEMSH" "$program"
  chmod 755 "${program%/*}" "$program"
  start states undumpable
}

teardown() {
  stop_helpers
  rm -r "${program%/*}"
}

nobody_asks() {
  run --separate-stderr as_nobody "$program" "$@"
}

@test "JSON: null, the reason, and the coverage" {
  nobody_asks -f json -e "procs:where\"pid == $helper_pid\":show\"pid comm rss pss private_dirty exe\""
  [ "$status" = 0 ]
  python3 - "$helper_pid" "$output" <<'PY'
import json, sys
document = json.loads(sys.argv[2])
(row,) = document["rows"]
assert row["pid"] == int(sys.argv[1]) and row["comm"] == "states" and row["rss"] > 0, row
assert row["pss"] is None and row["private_dirty"] is None and row["exe"] is None, row
assert row["unknown"] == {"pss": "denied", "private_dirty": "denied", "exe": "denied"}, row
assert document["meta"]["coverage"]["denied"] == 1, document["meta"]
PY
  [[ $stderr == *denied* ]]
}

@test "a table shows ? and the line below says how many and why" {
  nobody_asks -e "procs:where\"pid == $helper_pid\":show\"pid pss\""
  [ "$status" = 0 ]
  [[ ${lines[1]} =~ ^\ *$helper_pid\ +\?\ *$ ]]
  [[ $stderr == *1*denied* ]]
}

@test "what is not known is neither true nor false, whichever way it is asked" {
  for expression in 'pss > 0' 'not (pss > 0)' 'pss != 0' 'pss == pss' 'pss == 0'; do
    nobody_asks -f json -e "procs:where\"pid == $helper_pid\":where\"$expression\":show\"pid\""
    [ "$status" = 0 ]
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert d["rows"] == [] and d["meta"]["coverage"]["undecided"] == 1, d' \
      "$output"
  done
  nobody_asks -f csv -e "procs:where\"pid == $helper_pid or pss > 0\":where\"pid == $helper_pid\":count()"
  [ "${lines[-1]}" = 1 ]
}

@test "a sum says what it lacks" {
  nobody_asks -f json -e 'procs:by"":sum"pss"'
  python3 -c 'import json, sys; (row,) = json.loads(sys.argv[1])["rows"]; assert row["partial"]["pss"] > 0 or row["unknown"], row' \
    "$output"
}

@test "mappings of who can't be looked into are undecided, not absent" {
  nobody_asks -e "print(known(proc($helper_pid):maps():where\"w and x\":empty()))"
  [ "$status" = 0 ]
  [ "${lines[-1]}" = false ]
}
