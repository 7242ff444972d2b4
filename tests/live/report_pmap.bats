# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# memsh pmap beside procps's pmap: the same bytes.

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  pmap -V 2>/dev/null | grep -q 'procps-ng 4\.0\.2' || skip "there is no pmap of procps 4.0.2 to compare with"
  export LC_ALL=C.UTF-8
}

teardown() {
  stop_helpers
}

report() {
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@"
}

modes=("" -x -d -X -XX -q "-x -q" "-d -q" "-X -q" "-XX -q" -p "-x -p" "-X -p" "-XX -p -q")

start_zoo() {
  mkdir -p files shmem
  start zoo files shmem
}

# Runs pmap and memsh on what one reading of smaps said of a process, so that nothing can change in between: that text
# stands in place of the kernel's file, and its lines of mappings in place of maps, where only these two see them.
# `listings`: a directory to take it from. Prints the modes that differ.
frozen() {
  local pid=$1 out=$BATS_TEST_TMPDIR/frozen.$1
  shift
  mkdir -p "$out"
  cat "${listings:-/proc/$pid}/smaps" >"$out/smaps" 2>/dev/null || return 77
  grep -E '^[0-9a-f]+-[0-9a-f]+ ' "$out/smaps" >"$out/maps" || return 77
  # shellcheck disable=SC2016
  unshare -m bash -c '
    out=$1 pid=$2; shift 2
    mount --bind "$out/maps" "/proc/$pid/maps" && mount --bind "$out/smaps" "/proc/$pid/smaps" || exit 78
    for mode in "$@"; do
      pmap $mode "$pid" >"$out/theirs"; status=$?
      "$MEMSH" --reports "$MEMSH_ROOT/scripts" pmap $mode "$pid" >"$out/ours" || status="$status and $?"
      cmp -s "$out/theirs" "$out/ours" && [ "$status" = 0 ] || {
        echo "pmap $mode $pid: status $status"; diff "$out/theirs" "$out/ours" | head -n 6
      }
    done' - "$out" "$pid" "$@" 2>&1
}

need_mounts() {
  unshare -m true 2>/dev/null || skip "mounts of one's own can't be had here"
}

@test "the same bytes in every mode, of a program with every kind of mapping" {
  need_mounts
  start_zoo
  run frozen "$helper_pid" "${modes[@]}"
  echo "$output"
  [ "$status" = 0 ]
  [ "$output" = "" ]
}

# Where its stack begins: 0 of one that has ended and waits for its parent, another one of another program.
stack_of() { # PID
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 26
}

# pmap shows control bytes of a command line or a name as they are, or as blanks, memsh as escapes.
has_control_bytes() { # PID
  [ "$({ tr -d '\0' <"/proc/$1/cmdline"; tr -d '\n' <"/proc/$1/maps"; } 2>/dev/null | LC_ALL=C tr -cd '[:cntrl:]' |
    wc -c)" != 0 ]
}

@test "the same bytes of up to 50 live processes" {
  need_mounts
  local pid stack compared=0 others=("" -x -d)
  for pid in $(ps -eo pid= --sort=-rss | head -n 120); do
    ! has_control_bytes "$pid" || continue
    stack=$(stack_of "$pid")
    run frozen "$pid" -X -XX "${others[compared % 3]}"
    [ "$status" != 77 ] || continue
    # pmap tells the stack by stat, which is not frozen.
    [ "$(stack_of "$pid")" = "$stack" ] || continue
    echo "$output"
    [ "$output" = "" ]
    compared=$((compared + 1))
    [ "$compared" -lt 50 ] || break
  done
  [ "$compared" -ge 3 ]
  echo "# $compared processes" >&3
}

@test "the same bytes of what other kernels list" {
  need_mounts
  start mem dirty 10
  local kernel listings saved
  for kernel in 2.6.32 3.10 4.4 4.14 7.3; do
    mkdir -p "$kernel"
    saved=("$MEMSH_FIXTURES/kernels/$kernel"/[1-9]*/smaps)
    # Where the stack is, pmap asks the process.
    sed 's/\[stack\]/[heap]/' "${saved[-1]}" >"$kernel/smaps"
    listings=$kernel run frozen "$helper_pid" -x -X -XX
    echo "$kernel: $output"
    [ "$output" = "" ]
  done
}

# Files that pmap or memsh map themselves have other PSS while these run.
steady() {
  grep -vE 'libc\.so|ld-linux|libm\.so|\[vdso\]|LC_|gconv|locale-archive|KB $|====' | sed 's/  *$//'
}

@test "as it runs: pmap beside memsh pmap" {
  start_zoo
  local mode
  for mode in "" -x -d -q; do
    diff <(pmap $mode "$helper_pid") <(report pmap $mode "$helper_pid")
  done
  for mode in -X -XX; do
    # The columns are as wide as their widest number.
    diff <(pmap $mode "$helper_pid" | tr -s ' ' | steady) <(report pmap $mode "$helper_pid" | tr -s ' ' | steady)
  done
}

@test "-A: ranges, and totals of what is shown" {
  start_zoo
  local start end range
  start=$(sed -n 's/^map \([0-9a-f]*\) anon .*/\1/p' "$helper_output")
  end=$(printf '%x' $((0x$start + 0x100000)))
  for range in "$start" "$start,$end" "$start," ",$start" "0x$start,0x$end" 5,3 7f,80 "$start,ffffffffffffffff"; do
    diff <(pmap -A "$range" "$helper_pid") <(report pmap -A "$range" "$helper_pid")
    diff <(pmap -d -A "$range" "$helper_pid") <(report pmap -d -A "$range" "$helper_pid")
    # pmap's totals of -x -A have all that lies below the range in them.
    diff <(pmap -x -A "$range" "$helper_pid" | sed '$d') <(report pmap -x -A "$range" "$helper_pid" | sed '$d')
  done
  run report pmap -x -A "$start" "$helper_pid"
  [ "${lines[-1]}" = "total kB            1024     512     512" ]
  run report pmap -A xyz "$helper_pid"
  [ "$status" = 2 ]
  [[ "$output" == *"hexadecimal"* ]]
}

@test "threads of the kernel, zombies, processes that are not there or not to be read" {
  local mode
  start states zombie
  for mode in "" -x -d -X; do
    diff <(pmap $mode "$(value child)") <(report pmap $mode "$(value child)")
    [ ! -e /proc/2/smaps ] || diff <(pmap $mode 2) <(report pmap $mode 2)
  done
  run --separate-stderr report pmap 4194304
  [ "$status" = 42 ]
  [ "$output" = "" ]
  [ "$stderr" = "memsh: pmap: no process 4194304" ]
  start mem dirty 100
  [ "$(id -u)" = 0 ] || skip "what another user may not read takes root to show"
  nobody_may_come
  run --separate-stderr as_nobody "$MEMSH" --reports "$MEMSH_ROOT/scripts" pmap "$helper_pid"
  [ "$status" = 1 ]
  [ "$output" = "$(as_nobody pmap "$helper_pid")" ]
  [[ "$stderr" == *"no permission"* ]]
}

@test "several processes have their own totals, all have a filter, names may be kept" {
  start_zoo
  local zoo=$helper_pid
  start mem dirty 100
  diff <(pmap "$zoo" "$helper_pid") <(report pmap "$zoo" "$helper_pid")
  # Size and Rss.
  [ "$(report pmap -XX "$zoo" "$helper_pid" | awk 'END { print $1, $4 }')" = \
    "$(report pmap -XX "$helper_pid" | awk 'END { print $1, $4 }')" ]
  run report pmap -k "$zoo"
  [[ "$output" == *" [heap]"* && "$output" == *" [vdso]"* && "$output" == *" [stack]"* ]]
  # Nobody's but the zoo's 64 MiB.
  run --separate-stderr report -f tsv pmap -a -w "noreserve and size == 64M and w and pid == $zoo"
  [ "${#lines[@]}" = 2 ]
  [[ "${lines[1]}" == "$zoo"$'\t0x'*$'\t67108864\trw-p\t' ]]
}

@test "as rows: each mapping once, with the numbers of smaps" {
  start_zoo
  [ "$(report -f csv pmap -XX "$helper_pid" | tail -n +2 | wc -l)" = "$(wc -l <"/proc/$helper_pid/maps")" ]
  local of_kernel of_memsh
  of_kernel=$(awk '/^Private_Dirty:/ { sum += $2 } END { print sum * 1024 }' "/proc/$helper_pid/smaps")
  of_memsh=$(report -f json pmap -XX "$helper_pid" |
    python3 -c 'import json,sys; print(sum(row["private_dirty"] for row in json.load(sys.stdin)["rows"]))')
  [ "$of_kernel" = "$of_memsh" ]
}
