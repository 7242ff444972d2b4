# SPDX-License-Identifier: GPL-3.0-or-later
# How long, and how much memory. Numbers for people; the only failure is an answer that is wrong.

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# measure WHAT COMMAND...: seconds and peak memory of a command, the best of three
measure() {
  python3 - "$@" >&3 <<'PY'
import os, subprocess, sys, time
best = None
for _ in range(3):
    start = time.perf_counter()
    child = subprocess.Popen(sys.argv[2:], stdout=open("out", "wb"), stderr=subprocess.DEVNULL)
    _, code, usage = os.wait4(child.pid, 0)
    assert code == 0, code
    best = min(best or (9e9, 0), (time.perf_counter() - start, usage.ru_maxrss))
print(f"# {best[0]:8.3f} s {best[1] / 1024:8.1f} MiB  {sys.argv[1]}")
PY
}

@test "10,000 processes" {
  mkdir root
  cp -r "$MEMSH_FIXTURES/kernels/6.12/." root
  for pid in {1001..10999}; do
    echo "$pid"
  done | xargs -I{} cp -al root/300 root/{}
  measure "pid and comm" "$MEMSH" -s root -f csv -e 'procs:show"pid comm"'
  [ "$(wc -l <out)" = 10002 ]
  measure "swap by private dirty" "$MEMSH" -s root -f csv \
    -e 'procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss":top(10)'
  measure "memory by user" "$MEMSH" -s root -f csv -e 'procs:by"user":sum"rss swap pss"'
  measure "mappings by path" "$MEMSH" -s root -f csv -e 'maps:by"path":sum"private_dirty":sort"-private_dirty":top(10)'
}

@test "one process with 100 MB of smaps" {
  mkdir root
  cp -r "$MEMSH_FIXTURES/kernels/6.12/." root
  python3 - <<'PY'
header, _, rest = open("root/300/smaps", "rb").read().partition(b"\n")
body = rest[:rest.index(b"VmFlags")] + b"VmFlags: rd wr mr mw me ac \n"
with open("root/300/smaps", "wb") as smaps, open("root/300/maps", "wb") as maps:
    for i in range(150000):
        line = b"%012x-%012x rw-p 00000000 00:00 0 \n" % (0x7f0000000000 + i * 8192, 0x7f0000000000 + i * 8192 + 4096)
        smaps.write(line + body)
        maps.write(line)
PY
  measure "count of 150,000 mappings by maps" "$MEMSH" -s root -f csv -e 'proc(300):maps():count()'
  [ "$(tail -n 1 out)" = 150000 ]
  measure "sum of rss over smaps" "$MEMSH" -s root -f csv -e 'proc(300):maps():sum"rss"'
  measure "all rows, sorted" "$MEMSH" -s root -f csv -e 'proc(300):maps():sort"-rss":show"addr rss pss vm_flags"'
}

@test "this machine" {
  measure "start-up" "$MEMSH" -e 1
  measure "all processes by rss" "$MEMSH" -f csv -e 'procs:sort"-rss"'
  measure "all mappings by kind of permission" "$MEMSH" -f csv -e 'maps:by"perms":sum"rss"'
}
