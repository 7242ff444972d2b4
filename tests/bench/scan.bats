# SPDX-License-Identifier: GPL-3.0-or-later
# How long, and how much memory. Numbers for people; the only failure is an answer that is wrong.

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

# measure WHAT SOURCE QUERY: seconds and peak memory, the best of three. The program says itself how much it had:
# what the kernel tells a parent includes what was there before exec.
measure() {
  python3 - "$@" >&3 <<'PY'
import os, re, subprocess, sys, time
what, root, query = sys.argv[1:]
peak = 'for line in io.lines "/proc/self/status" do if line:find "^VmHWM" then io.stderr:write(line, "\\n") end end'
best = None
for _ in range(3):
    start = time.perf_counter()
    done = subprocess.run([os.environ["MEMSH"], "-s", root, "-f", "csv", "-e", query, "-e", peak],
                          stdout=open("out", "wb"), stderr=subprocess.PIPE)
    took = time.perf_counter() - start
    assert done.returncode == 0, done.stderr
    best = min(best or (9e9, 0), (took, int(re.search(rb"VmHWM:\s+(\d+) kB", done.stderr)[1])))
print(f"# {best[0]:8.3f} s {best[1] / 1024:8.1f} MiB  {what}")
PY
}

@test "10,000 processes" {
  mkdir root
  cp -r "$MEMSH_FIXTURES/kernels/6.12/." root
  for pid in {1001..10999}; do
    echo "$pid"
  done | xargs -I{} cp -al root/300 root/{}
  measure "pid and comm" root 'procs:show"pid comm"'
  [ "$(wc -l <out)" = 10002 ]
  measure "swap by private dirty" root \
    'procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss":top(10)'
  measure "memory by user" root 'procs:by"user":sum"rss swap pss"'
  measure "mappings by path" root 'maps:by"path":sum"private_dirty":sort"-private_dirty":top(10)'
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
  measure "count of 150,000 mappings by maps" root 'proc(300):maps():count()'
  [ "$(tail -n 1 out)" = 150000 ]
  measure "sum of rss over smaps" root 'proc(300):maps():sum"rss"'
  measure "all rows, sorted" root 'proc(300):maps():sort"-rss":show"addr rss pss vm_flags"'
}

@test "this machine" {
  measure "start-up" /proc 1
  measure "all processes by rss" /proc 'procs:sort"-rss"'
  measure "all mappings by kind of permission" /proc 'maps:by"perms":sum"rss"'
}
