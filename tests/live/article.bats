# SPDX-License-Identifier: GPL-3.0-or-later
# The experiments by which articles explain what top and pmap show, with memory of known kind and size.
load ../helpers/helpers

MIB=$((1024 * 1024))

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
  swap_off
}

# field NAME: of the helper's process, as a number or a word
field() {
  "$MEMSH" -b -e "print(proc($helper_pid).$1)"
}

# mapping FIELDS: of the mapping that the helper made, separated by commas
mapping() {
  "$MEMSH" -f tsv -e "proc($helper_pid):maps():where('addr == a', {a = 0x$(value addr)}):show\"$1\"" |
    tail -n +2 | tr '\t' ','
}

# near NUMBER OTHER: before Linux 6.2 (f1a7941243c1) status lacks up to 64 pages that a thread has not told yet.
LAG=0
kernel_since 6.2 || LAG=$((64 * 4096))
near() {
  [ "$1" -le $(($2 + LAG)) ] && [ "$1" -ge $(($2 - LAG)) ]
}

# Memory of the program itself: libc, stacks.
SLACK=$((8 * MIB))

@test "50 MiB shared anonymous, touched: in RES and in SHR, quadrant shared-anon, /dev/zero (deleted)" {
  start article shared 51200 51200
  [ "$(mapping 'size rss pss private_dirty anonymous shared kind quadrant name')" = \
    "52428800,52428800,52428800,52428800,0,true,shmem,shared-anon,/dev/zero (deleted)" ]
  res=$(field res) shr=$(field shr)
  [ "$res" -ge $((50 * MIB - LAG)) ] && [ "$res" -lt $((50 * MIB + SLACK)) ]
  [ "$shr" -ge $((50 * MIB - LAG)) ] && [ "$shr" -le "$res" ]
  near "$(field shared_anon)" $((50 * MIB))
  near "$(field rss_shmem)" $((50 * MIB))
  # It is no private memory.
  [ "$(field data)" -lt "$SLACK" ]
  [ "$(field private_anon)" -lt "$SLACK" ]
}

@test "the same untouched: reserved, not resident" {
  start article shared 51200 0
  [ "$(mapping 'size rss quadrant')" = "52428800,0,shared-anon" ]
  [ "$(field res)" -lt "$SLACK" ]
  [ "$(field shr)" -lt "$SLACK" ]
  [ "$(field virt)" -ge $((50 * MIB)) ]
  [ "$(field shared_anon)" = 0 ]
  [ "$(field shared_anon_virt)" = $((50 * MIB)) ]
}

@test "touched in part: so much and no more" {
  start article shared 51200 20480
  [ "$(mapping 'size rss')" = "52428800,20971520" ]
  near "$(field rss_shmem)" $((20 * MIB))
}

@test "top and pmap say so, too" {
  command -v top >/dev/null && command -v pmap >/dev/null || skip "there is no top or pmap"
  start article shared 51200 51200
  top -b -n 1 -p "$helper_pid" -E k -e k >top.out
  # PID USER PR NI VIRT RES SHR
  read -r virt res shr < <(awk -v pid="$helper_pid" '$1 == pid { print $5, $6, $7 }' top.out)
  [ "$(field virt)" = $((virt * 1024)) ]
  [ "$(field res)" = $((res * 1024)) ]
  [ "$(field shr)" = $((shr * 1024)) ]
  pmap -x "$helper_pid" | grep -E '51200 +51200 +51200 rw-s- +zero \(deleted\)'
}

@test "written pages of a private file mapping go from file to anonymous, and out of SHR" {
  start article copied "$PWD/file" 16384
  half=$((8 * MIB))
  before=$(mapping 'rss anonymous quadrant')
  shr=$(field shr) res=$(field res) anon=$(field rss_anon) file=$(field rss_file) private_file=$(field private_file)
  kill -USR1 "$helper_pid"
  for _ in {1..500}; do
    [ -z "$(value written)" ] || break
    sleep 0.01
  done
  [ "$(value written)" = $half ]
  # Where the file lies on a tmpfs, its pages are shmem.
  if [ "$(field rss_shmem)" -gt 0 ]; then
    skip "the test's directory lies on a tmpfs"
  fi
  [ "$before" = "16777216,0,private-file" ]
  # What it was made as has not changed, its pages have.
  [ "$(mapping 'rss anonymous quadrant')" = "16777216,$half,private-file" ]
  [ "$(field res)" -lt $((res + MIB + 4 * LAG)) ] # two counters, at two readings
  [ $((shr - $(field shr))) -ge $((half - MIB)) ]
  [ $((file - $(field rss_file))) -ge $((half - MIB)) ]
  [ $(($(field rss_anon) - anon)) -ge $((half - LAG)) ]
  [ "$(field private_anon)" = "$(field rss_anon)" ]
  [ $((private_file - $(field private_file))) -ge $((half - MIB)) ]
}

@test "a huge area that nobody touches: DATA is large, RES is small" {
  start article noreserve 1048576
  [ "$(mapping 'size rss noreserve accounted quadrant')" = "1099511627776,0,true,false,private-anon" ]
  [ "$(field data)" -ge 1099511627776 ]
  [ "$(field private_anon_virt)" -ge 1099511627776 ]
  [ "$(field res)" -lt "$SLACK" ]
  run "$MEMSH" -f tsv -e "procs:where\"data > 1T - 1 and rss < data / 10\":show\"pid\""
  grep -qx "$helper_pid" <<<"$output"
}

@test "without MAP_NORESERVE it counts as promised" {
  start article reserved 256
  # Before Linux 6.7 it may lie beside other anonymous memory, and be one mapping with that.
  [ "$("$MEMSH" -e "local m = proc($helper_pid):at('0x$(value addr)')
    print(m.size >= 256 << 20, m.rss < 1 << 20, m.noreserve, m.accounted)")" = $'true\ttrue\tfalse\ttrue' ]
  [ "$(field data)" -ge $((256 * MIB)) ]
  [ "$(field res)" -lt "$SLACK" ]
}

@test "mlock: vm_lck is what is reserved and locked, locked what of it is resident" {
  start article locked 512
  [ "$(field vm_lck)" = 524288 ]
  [ "$(field locked)" = 524288 ]
  [ "$(mapping 'size rss locked locked_flag')" = "524288,524288,524288,true" ]
}

@test "real swap: SWAP is what went out, and no longer resident" {
  swap_on
  start mem swapped 1024 8192
  [ "$(field swap)" = $((8 * MIB)) ]
  [ "$(field swap_exact)" = $((8 * MIB)) ]
  [ "$(field swap_pss)" = $((8 * MIB)) ]
  # VIRT - RES, which top showed as SWAP once, is another number.
  [ $(($(field virt) - $(field res))) != "$(field swap)" ]
  [ "$("$MEMSH" -b -e "proc($helper_pid):maps():sum'swap'" | tail -n 1)" = $((8 * MIB)) ]
}
