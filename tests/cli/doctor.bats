# SPDX-License-Identifier: GPL-3.0-or-later
# memsh doctor as a command: its options, formats, verdicts. What each check finds is in tests/lua/doctor_test.lua.
# beside others
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

doctor() {
  run --separate-stderr "$MEMSH" -s root "$@"
}

# A machine on which one group is at its limit: a copy of a saved one.
plant() {
  cp -r "$MEMSH_FIXTURES/kernels/6.12" root
  local group=root/.machine/cgroup/system.slice/a.service
  mkdir -p "$group"
  touch "$group/cgroup.procs"
  echo $((1000 << 20)) >"$group/memory.max"
  echo max >"$group/memory.high"
  echo $((990 << 20)) >"$group/memory.current"
  echo 0 >"$group/memory.swap.max"
  echo 0 >"$group/memory.swap.current"
  printf 'anon %d\nactive_file 0\ninactive_file 0\nslab_reclaimable 0\n' $((990 << 20)) >"$group/memory.stat"
  printf 'high 0\nmax 9\noom 1\noom_kill 1\n' >"$group/memory.events"
  sed -i 's/^HardwareCorrupted:.*/HardwareCorrupted: 0 kB/' root/meminfo
}

@test "what is wrong, in sentences of at most 80 columns, with a question that shows it" {
  plant
  doctor doctor
  [ "$status" = 0 ]
  [[ $output == *"CRITICAL: Group /system.slice/a.service needs 990M, 99 % of its"* ]]
  awk 'length > 80 && !/^ *See:/ { print "too wide: " $0; found = 1 } END { exit found }' <<<"$output"
  # The question is pasted into a shell as it is.
  local question
  question=$(awk '/See:/ { sub(/.*See: /, ""); on = 1 } on && /^  Do:/ { exit } on' <<<"$output")
  run --separate-stderr bash -c "${question/#memsh/\$MEMSH}"
  [ "$status" = 0 ]
  [[ $output == */system.slice/a.service* ]]
}

@test "as rows: id severity subject value threshold unit text question advice" {
  plant
  doctor -f jsonl doctor --only cgroup_limit
  [ "$status" = 0 ]
  python3 - "$output" <<'PY'
import json, sys
row = json.loads(sys.argv[1].splitlines()[0])
assert list(row)[:9] == "id severity subject value threshold unit text question advice".split(), list(row)
assert (row["id"], row["severity"], row["subject"]) == ("cgroup_limit", "crit", "/system.slice/a.service")
assert row["value"] == 99 and row["threshold"] == 97 and row["unit"] == "%"
PY
  doctor -f csv doctor --only cgroup_limit
  [[ ${lines[0]} == id,severity,subject,value,threshold,unit,text,question,advice* ]]
}

@test "what could not be checked is said, and is a row of severity unknown" {
  plant
  doctor doctor
  [[ $(tr -s "\n " " " <<<"$output") == *"Not checked: "*"swap read back now"*"(a saved machine is a single moment)"* ]]
  doctor -f jsonl doctor --only swap_in
  [[ $output == *'"severity": "unknown"'*'"subject": "swap read back now"'* ]]
}

@test "as an audit: 2 for what is critical, 3 where too little could be checked, 0 where nothing is wrong" {
  plant
  doctor --check doctor --only cgroup_limit
  [ "$status" = 2 ]
  [[ ${lines[0]} == "DOCTOR CRITICAL - critical (cgroup_limit): 1"*"| "*"'critical'=1;;0;0 'warnings'=0;0;;0"* ]]
  doctor --check doctor --only available
  [ "$status" = 0 ]
  rm root/.machine/cgroup/system.slice/a.service/memory.stat
  echo ".machine/cgroup/system.slice/a.service/memory.stat EACCES" >>root/errors
  doctor --check doctor --only cgroup_limit
  [ "$status" = 3 ]
  rm -r root/.machine/cgroup root/pressure
  doctor --check doctor --only pressure # a kernel without it
  [ "$status" = 0 ]
  rm root/meminfo # which every kernel has
  doctor --check doctor --only available
  [ "$status" = 3 ]
  [[ $output == *"available memory: it was not read when this was saved"* ]]
  # What could be no more than a note.
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/denied" doctor --only lazy_free
  [[ $output == *"Not checked: MADV_FREE of 7 processes (no permission to read it)."* ]]
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/denied" --check doctor --only lazy_free
  [ "$status" = 0 ]
}

@test "--only, --skip, --explain and their mistakes" {
  plant
  doctor doctor --only pressure --only available
  [[ $output == *"Fine: pressure, available."* ]]
  doctor doctor --skip cgroup_limit
  [[ $output != *CRITICAL* && $output != *cgroup_limit* ]]
  doctor doctor --explain map_count
  [ "$status" = 0 ]
  [[ $output == "map_count: processes whose number of mappings is near vm.max_map_count."*"WARNING from 80 %"* ]]
  doctor doctor --only presure
  [ "$status" = 2 ]
  [[ $stderr == *"there is no check 'presure'"*pressure* ]]
  doctor doctor --explain nothing
  [ "$status" = 2 ]
  doctor doctor --seconds -1
  [ "$status" = 2 ]
}

@test "an ordinary user is told what only others may check" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/sealed" doctor
  [ "$status" = 0 ]
  [[ $output == *"Not checked: "* && $output == *"no permission"* ]]
  [[ $output != *WARNING* && $output != *CRITICAL* ]]
}

# They were short of nothing when they were saved. make.py gives each a broken page and one kill, and some have a process
# whose main thread has ended.
@test "saved machines of every kernel have no finding that is none" {
  local root
  for root in "$MEMSH_FIXTURES"/{full,denied,sealed,pages64k,odd,kernels/*,trials/*}; do
    run --separate-stderr "$MEMSH" -s "$root" -f csv doctor
    echo "$root: $stderr"
    [ "$status" = 0 ]
    grep -vE '^(id|corrupted,warn|oom_kill,info|leaderless,info|[a-z_]+,unknown),' <<<"$output" && return 1
  done
  true
}

@test "--html: the same findings as text, with the treemap of all memory" {
  cp -r "$MEMSH_FIXTURES/full" made
  sed -i 's/^MemAvailable:.*/MemAvailable: 81920 kB/' made/meminfo
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s made -f jsonl doctor >rows 2>/dev/null
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s made -o page.html doctor --html 2>/dev/null
  python3 "$MEMSH_TESTS/helpers/page.py" --pictures page.html machine "$(awk '/^MemTotal/ { printf "%.0f", $2 * 1024 }' made/meminfo)"
  python3 - <<'PY'
import html
import json
import re

rows = [row for row in map(json.loads, open("rows")) if row["severity"] != "unknown"]
text = open("page.html", encoding="utf-8").read()
shown = re.findall(r'<section class="finding (\w+)"><h2><b>\w+</b> (.*?)</h2>', text, re.S)
assert "available" in {row["id"] for row in rows}, rows
assert [(row["severity"], row["text"]) for row in rows] == [(s, html.unescape(t)) for s, t in shown], shown
PY
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s made -o page.html doctor --html 1107 2>/dev/null
  python3 "$MEMSH_TESTS/helpers/page.py" page.html
  grep -q '<h1>zoo (1107)</h1>' page.html
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s made --check doctor --html
  [ "$status" = 3 ]
  [[ $output == *"a format by itself"* ]]
}
