# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Wrong use ends with status 2, says what is wrong, and runs nothing.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  echo 'print("ran", ...)' >script.lua
}

refused() {
  run --separate-stderr "$MEMSH" "$@"
  [ "$status" = 2 ]
  [ "$output" = "" ]
  [[ "$stderr" == memsh:* ]]
}

@test "an unknown option is refused" {
  refused --nonsense
  [[ "$stderr" == *"no option --nonsense"* ]]
  refused --json -e 1
  [[ "$stderr" == "memsh: no option --json; write -f json"* ]]
  [[ "$stderr" == *"Try memsh --help"* ]]
  refused -Q
  [[ "$stderr" == *"no option -Q"* ]]
  refused -bQ -e 1
}

@test "an argument that is missing, and one too many" {
  refused -f
  [[ "$stderr" == *"-f needs MODE"* ]]
  refused --source
  [[ "$stderr" == *"--source needs PATH"* ]]
  refused -e
  refused --bytes=1 -e 1
  [[ "$stderr" == *"--bytes takes no argument"* ]]
}

@test "a number that makes no sense" {
  for wrong in -j0 -j65 -jmany -j2.5 "--jobs=" --read-timeout=0 --read-timeout=soon --read-timeout=-1 --gentle=0 \
    --gentle=1h --max-rss=0 --max-rss=much --max-rss=1KB --max-rss=2Q; do
    refused "$wrong" -e 1
    [[ "$stderr" == *"needs"*"not '"* ]]
  done
  for right in -j1 -j64 --read-timeout=0.5 --gentle=10 --max-rss=1.5G --max-rss=4096; do
    run --separate-stderr "$MEMSH" "$right" -e 1
    [ "$status" = 0 ]
  done
}

@test "a format that there is not" {
  refused -f yaml -e 1
  [[ "$stderr" == *yaml* && "$stderr" == *jsonl* ]]
}

@test "memsh's own option after the script gets a hint" {
  for option in -f --format --format=json -o -b --bytes -H -s -e -i -h --help -V --lua-dir; do
    refused script.lua "$option" json
    [[ "$stderr" == *"$option is memsh's own option: put it before script.lua"* ]]
  done
}

@test "other options after the script are the script's" {
  run "$MEMSH" script.lua -x --force -fast - a
  [ "$status" = 0 ]
  [ "$output" = $'ran\t-x\t--force\t-fast\t-\ta' ]
}

@test "-- ends memsh's options" {
  run "$MEMSH" -- script.lua -f json
  [ "$status" = 0 ]
  [ "$output" = $'ran\t-f\tjson' ]
  run "$MEMSH" script.lua a -- -f
  [ "$output" = $'ran\ta\t--\t-f' ]
}

@test "an argument may stick to its option" {
  run "$MEMSH" '-eprint(1)' -e 'print(2)' -fjson --format=csv
  [ "$status" = 0 ]
  [ "$output" = $'1\n2' ]
}

@test "--help names every option, --version the parts" {
  run --separate-stderr "$MEMSH" --help
  [ "$status" = 0 ]
  [ "$stderr" = "" ]
  for option in '-f,' --format '-o,' --output '-b,' --bytes '-H,' --human '-s,' --source '-e CODE' '-i ' --lua-dir '-h,' '-V,'; do
    [[ "$output" == *"$option"* ]]
  done
  while read -r line; do [ "${#line}" -le 110 ]; done <<<"$output"
  run "$MEMSH" -V
  [ "$status" = 0 ]
  [[ "$output" == *"$(uname -r)"* ]]
  [[ "$output" == memsh\ [0-9]* && "$output" == *"Lua 5.4"* && "$output" == *"readline "* && "$output" == *Linux* ]]
}

@test "--help to a full device is not done" {
  run bash -c '"$MEMSH" --help >/dev/full'
  [ "$status" = 74 ]
}

@test "what was typed is escaped in the message" {
  refused $'--\e[31mred\a'
  [[ "$stderr" != *$'\e'* && "$stderr" != *$'\a'* ]]
  [[ "$stderr" == *'\x1b[31mred\x07'* ]]
}

@test "the shell needs a terminal" {
  run --separate-stderr "$MEMSH" -i -e 1 </dev/null
  [ "$status" = 2 ]
  [[ "$stderr" == *terminal* ]]
}
