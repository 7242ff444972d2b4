# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# What JSON says of an answer's coverage is what the line on standard error says, and what the fixture is made of.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

# compare FIXTURE QUERY...: asks each over the fixture and compares both accounts; prints the coverage objects. What the
# last one said on standard error is in err.txt.
compare() {
  python3 - "$@" <<'PY'
import json, os, re, subprocess, sys

def compare(fixture, query):
    saved = os.path.join(os.environ["MEMSH_FIXTURES"], fixture)
    command = [os.environ["MEMSH"], "-s", saved, "-f", "json", "-e", query]
    asked = subprocess.run(command, capture_output=True, text=True)
    open("err.txt", "w").write(asked.stderr)
    where = fixture, query, asked.stderr
    counts = json.loads(asked.stdout)["meta"]["coverage"]
    text = re.sub(r"^memsh: \w+ is unknown: .*\n", "", asked.stderr)  # of a single value: why
    if text:
        said = {"undecided": 0}
        total, rest = re.match(r"memsh: (\d+) processe?s?: ([^;\n]*)", text).groups()
        said["total"] = int(total)
        for number, reason in re.findall(r"(\d+) (\w+)", rest):
            said[reason] = int(number)
        for number in re.findall(r"(\d+) rows? undecided", text):
            said["undecided"] = int(number)
        for number in re.findall(r"mappings of (\d+) process(?:es)? not listed", text):
            said["undecided_owners"] = int(number)
        for number in re.findall(r"(\d+) listings? changed", text):
            said["inconsistent_listings"] = int(number)
        assert said == counts, (said, counts, where)
    else:
        lost = set(counts) - {"total", "read", "undecided", "gone", "no_memory", "unsupported"}
        assert not lost and counts["undecided"] <= counts.get("no_memory", 0), (counts, where)
    others = {"total", "read", "undecided", "undecided_owners", "inconsistent_listings"}
    reasons = sum(n for name, n in counts.items() if name not in others)
    assert counts["total"] == counts["read"] + reasons, (counts, where)
    print(json.dumps(counts, sort_keys=True))

for query in sys.argv[2:]:
    compare(sys.argv[1], query)
PY
}

@test "denied processes, undecided rows, mappings that can't be listed" {
  run compare denied 'procs:show"pid pss"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 0}' ]
  run compare denied 'procs:where"pss > 0"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 7}' ]
  run compare denied 'maps:where"w and x"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 0, "undecided_owners": 7}' ]
  run compare denied 'procs:count()'
  [ "$output" = '{"read": 8, "total": 8, "undecided": 0}' ]
  run compare denied 'procs:where"pss > 0":count()'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 7}' ]
  run compare denied 'procs:sum"pss"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 0}' ]
}

@test "two sets of one machine are no two machines" {
  run compare denied 'procs:join(maps:by"pid":count(), "pid")'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 0, "undecided_owners": 7}' ]
  run compare denied 'procs:maps():where"rss > 0"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 0, "undecided_owners": 7}' ]
  run compare denied 'procs:where"pss > 0":set():where"pid > 0"'
  [ "$output" = '{"denied": 7, "read": 1, "total": 8, "undecided": 7}' ]
}

@test "a process without memory is counted, and takes nothing from the answer" {
  run compare full 'procs:show"pid pss"'
  [ "$output" = '{"no_memory": 2, "read": 6, "total": 8, "undecided": 0}' ]
  [ ! -s err.txt ]
}

@test "each fixture, each way to ask" {
  local fixture fixtures='full denied sealed odd pages64k kernels/2.6.14 kernels/2.6.32 kernels/6.12 kernels/7.3'
  # A sanitized memsh takes a while to start.
  [ -z "${MEMSH_SANITIZE:-}" ] || fixtures='full denied odd'
  for fixture in $fixtures; do
    run compare "$fixture" 'procs' 'procs:where"pss > 0"' 'procs:sort"-swap":top(3)' 'procs:by"user":sum"pss rss"' \
      'maps' 'maps:by"path":sum"rss"' 'maps:where"swap > 0"' 'procs{kernel=true}:show"pid uss exe mappings"' \
      'procs:count()' 'procs:sum"pss"' 'maps:count()' 'procs:set()' 'maps:distinct"user"' 'maps:procs()'
    echo "$output"
    [ "$status" = 0 ]
    [ "${#lines[@]}" = 14 ]
  done
}

@test "a sum that was compared or printed says that it is only a bound" {
  bound='; sum(pss) is a lower bound: 7 more may be missing'
  ask() { run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" "$@"; }
  for code in 'print(procs:sum"pss" < 100 * G)' 'procs:sum"pss" < 100 * G' '(procs:sum"pss")' 'procs:sum"pss" // 1'; do
    ask -e "$code"
    [ "$status" = 0 ]
    [[ "$stderr" == "memsh: 8 processes: "*"$bound" ]]
    ask --strict -e "$code"
    [ "$status" = 3 ]
  done
  ask -e 'print((procs:avg"pss"))'
  [[ "$stderr" == *"; avg(pss) is only of what is known: 7 more may be missing" ]]
  ask -e 'procs:sum"pss"' # shown with its mark
  [[ "$output" == ">="* && "$stderr" != *bound* ]]
  ask -f csv -e 'procs:sum"pss"' # a number for programs
  [[ "$output" =~ ^[0-9]+$ && "$stderr" == *"$bound" ]]
  ask -e 'print(procs:sum"rss" > 0)'
  [ "$stderr" = "" ]
}

@test "a sum of somebody's rows that lack something is a bound, too" {
  printf 'user,pss,partial\r\na,7,pss\r\nb,8,\r\n' >partial.csv
  run --separate-stderr "$MEMSH" --strict -e 'print(read_csv"partial.csv":sum"pss" > 7)'
  [ "$output" = true ]
  [ "$status" = 3 ]
  [ "${stderr_lines[0]}" = "memsh: sum(pss) is a lower bound: 1 more may be missing" ]
}

@test "rows that were kept without a field say how many lack it, and how to keep it" {
  hint='lack pss: kept rows (set(), procs(), the last answer) have only what was named before, as in procs:show"pss":set()'
  ask() { run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" "$@"; }
  ask -e 'before = procs()' -e '(procs() - before):show"pid pss"'
  [[ "$stderr" == *"; 8 rows $hint"* ]]
  ask -e 'before = procs()' -e '(procs() - before):where"pss > 0"'
  [[ "$stderr" == *"8 rows undecided"*"; 8 rows $hint"* ]]
  ask -e 'before = procs()' -e 'before:by"pss"' # 8 rows, and not the group of them
  [[ "$stderr" == *"; 8 rows $hint" ]]
  ask -e 'before = procs:show"pss":set()' -e '(procs - before):where"pid ~= 1200":show"pid pss"' # a zombie has none
  [[ "$stderr" != *lack* ]]
}

@test "rows that a join leaves out are counted" {
  printf 'pid,team\r\n1,a\r\n412,b\r\n99999,c\r\n' >teams.csv
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" --strict -e 'read_csv"teams.csv":join(procs, "pid"):count()'
  [ "$output" = 2 ]
  [ "$status" = 0 ] # nothing that was asked for could not be read
  [[ "$stderr" == "memsh: "*"; join left out 1 row without a partner" ]]
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'procs:join(procs, "pid"):count()'
  [ "$stderr" = "" ]
}

@test "what may be a thread of the kernel counts, and is noted" {
  cp -r "$MEMSH_FIXTURES/full" root
  echo "2/stat EIO" >>root/errors
  run --separate-stderr "$MEMSH" --strict -s root -e 'procs:count()'
  [ "$status" = 3 ]
  [ "$output" = 9 ]
  [[ "$stderr" == "memsh: 9 processes: 8 read, 1 io"* ]]
}

@test "a process that something is unknown of is one of those that were asked" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" bugreport 1107
  [ "$stderr" = "memsh: 1 process: 0 read, 1 not_recorded" ]
}

@test "a process whose parent is not known may be anybody's descendant" {
  cp -r "$MEMSH_FIXTURES/full" root
  printf '413/stat EIO\n413/status EIO\n' >>root/errors
  for ask in tree '-e proc(412):descendants():count()'; do
    # shellcheck disable=SC2086,SC2090 # an option and its code
    run --separate-stderr "$MEMSH" --strict -s root $ask
    echo "$output" "$stderr"
    [ "$status" = 3 ]
    [[ "$stderr" == *"1 row undecided (1 io)"* ]]
  done
}

@test "selfcheck counts the processes that it could not compare in all" {
  cp -r "$MEMSH_FIXTURES/full" root
  echo "1107/statm EIO" >>root/errors
  run --separate-stderr "$MEMSH" --strict -s root selfcheck
  [ "$status" = 3 ]
  [[ "$stderr" == *"8 processes: 5 read, 1 io, 2 no_memory"* ]]
  mkdir empty
  run --separate-stderr "$MEMSH" -s empty selfcheck
  [ "$status" = 1 ]
  [ "$stderr" = "memsh: there was no process to compare" ]
}

@test "--strict: what the machine does not show is missing from a text, a report, the doctor's letter" {
  cp -r "$MEMSH_FIXTURES/full" root
  printf '%s EIO\n' meminfo pressure/memory >>root/errors
  # shellcheck disable=SC2089,SC2090
  for ask in '-e print(sys.mem_total)' '-e ("%s"):format(sys.mem_total)' swap doctor; do
    # shellcheck disable=SC2086,SC2090 # an option and its code
    run "$MEMSH" --strict -s root $ask
    echo "$ask: $output"
    [ "$status" = 3 ]
  done
}

@test "--strict: a command line that could not be read is missing where the name stands for it" {
  cp -r "$MEMSH_FIXTURES/full" root
  echo "1107/cmdline EIO" >>root/errors
  for ask in tree "pmap 1107" "ps"; do
    # shellcheck disable=SC2086 # a report and its argument
    run "$MEMSH" --strict -s root $ask
    echo "$ask: $output"
    [ "$status" = 3 ]
  done
  run "$MEMSH" -s root pmap 1107
  [ "${lines[0]}" = "1107:   [zoo]" ]
}

@test "the doctor does not make up the time since boot" {
  cp -r "$MEMSH_FIXTURES/full" root
  printf '%s EIO\n' uptime >>root/errors
  run "$MEMSH" --strict -s root doctor
  echo "$output"
  [ "$status" = 3 ]
  [[ "$output" == *"NOTE: Since boot the kernel killed 1 process"* && "$output" == *"the time since boot (an input/output"* ]]
}

@test "--strict: what a bug report shows as unknown is missing" {
  for file in 1107/maps 1107/smaps 1107/limits '1400/*' uptime version; do
    rm -rf root
    cp -r "$MEMSH_FIXTURES/full" root
    echo "$file EIO" >>root/errors
    run --separate-stderr "$MEMSH" --strict -s root bugreport --html 1107
    echo "$file: $status $stderr"
    [ "$status" = 3 ]
  done
}

@test "--strict: a process that a footprint lacks is missing, and a footprint that cannot be had" {
  cp -r "$MEMSH_FIXTURES/full" root
  echo "1107/smaps_rollup EIO" >>root/errors
  run --separate-stderr "$MEMSH" --strict -s root -e 'footprint(procs).freed_min'
  [ "$status" = 3 ]
  [[ "$stderr" == *"not all that was asked for could be read" ]]
  echo "kpagecount EIO" >root/errors
  run --separate-stderr "$MEMSH" --strict -s root -e 'print(footprint(proc(1107)))'
  [ "$status" = 3 ]
  [[ "$output" == "nil"*"input/output error"* ]]
}

@test "processes whose mappings are not listed count once, however often a query asks for them" {
  for query in 'maps:count()' 'maps:by"pid":sum"rss":join(maps:by"pid":sum"pss", "pid")' \
    'before = maps:set() return maps - before'; do
    run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -f csv -e "$query"
    [[ $stderr == *"8 processes: 1 read, 7 denied; mappings of 7 processes not listed (7 denied)"* ]] || { echo "$query: $stderr"; return 1; }
  done
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" librank
  [[ $stderr == *"; mappings of 7 processes not listed"* ]]
}
