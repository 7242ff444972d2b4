# SPDX-License-Identifier: GPL-3.0-or-later
# A number over the moments of a recording: as rows, and drawn as a line.
# beside others

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export TZ=UTC
  cp -r "$MEMSH_FIXTURES/full" root
  chmod -R u+w root
  at=1700000000
  printf 'time,res,partial\r\n' >expected
  for pages in 100 200 400 800 1600 3200; do
    at=$((at + 60))
    sed -i "s/^now .*/now $at/" root/.machine/info
    sed -i "s/^\([0-9]*\) [0-9]*/\1 $pages/" root/412/statm
    "$MEMSH" record --from root -o x.memsh
    printf '%s,%d,\r\n' "$(date -u -d "@$at" +%Y-%m-%dT%H:%M:%SZ)" $((4096 * pages)) >>expected
  done
}

@test "programs get the points" {
  "$MEMSH" -s x.memsh -f csv -e 'procs:over{}:where"pid == 412":plot"res"' | diff expected -
  "$MEMSH" -s x.memsh -f csv -e 'procs:over{}:where"pid == 412":by"time":sum"res":plot"res"' | diff expected -
  "$MEMSH" -s x.memsh -f csv -e 'procs:over{}:where"pid == 412":show"time res"' | sed 's/res$/res,partial/' | diff <(sed 's/,partial//; s/,\r/\r/' expected) -
}

@test "people get a line that rises to the right, its ends and its times" {
  run "$MEMSH" -s x.memsh -H -e 'procs:over{}:where"pid == 412":plot"res"'
  [ "${#lines[@]}" = 14 ]
  [[ "${lines[0]}" == "res of procs:over{}:where(\"pid == 412\"): 6 rows" ]]
  [[ "${lines[1]}" == *"12.5M "* && "${lines[12]}" == *" 400K "* ]]
  [[ "${lines[13]}" == *"2023-11-14 22:14:20 "*" 2023-11-14 22:19:20" ]]
  # In ASCII: the last star of each line is never right of the one in the line above.
  LC_ALL=C "$MEMSH" -s x.memsh -H -e 'procs:over{}:where"pid == 412":plot"res"' | sed -n 2,13p | awk '
    { at = match($0, /\*[^*]*$/); if (!at || NR > 1 && at > last) bad = 1; last = at } END { exit bad }'
}

@test "spark of all rows is drawn for people, and a list to programs" {
  run -0 env LC_ALL=C "$MEMSH" -s x.memsh -e 'procs:over{}:where"pid == 412":spark"res"'
  [ "$output" = "___.=#" ]
  "$MEMSH" -s x.memsh -f jsonl -e 'procs:over{}:where"pid == 412":spark"res"' | head -n 1 >said
  diff <(python3 -c 'import json; print(json.load(open("said")))') \
    <(python3 -c 'print([4096 * n for n in (100, 200, 400, 800, 1600, 3200)])')
}

@test "what is not known of a moment breaks the line and is unknown to programs" {
  rm root/412/stat* root/412/smaps*
  sed -i "s/^now .*/now 1700000420/" root/.machine/info
  "$MEMSH" record --from root -o x.memsh
  run --separate-stderr "$MEMSH" -s x.memsh -f json -e 'procs:over{}:by"time":sum"pss":plot"pss"'
  [ "$(python3 -c 'import json, sys
print(len(json.load(sys.stdin)["rows"]))' <<<"$output")" = 7 ]
}

@test "without a time a plot is of the distribution" {
  run "$MEMSH" -s x.memsh -f csv -e 'procs:plot"res"'
  [[ "$output" == "from,to,n,sum"* ]]
}
