# SPDX-License-Identifier: GPL-3.0-or-later
# Recordings made of a saved machine whose clock and processes are changed from moment to moment.

# Makes grown.memsh in a directory and gives its path: 24 moments, a minute apart, from 2023-11-14 22:13:20 UTC. Process
# 901 has 10000 kB more anonymous memory at each; between the 20th and the 21st the kernel kills 1107, which has
# 2000000 kB, and 300000 are available. Of each minute 60 ms were waited for memory, from the 10th on half of it.
grown_recording() { # DIRECTORY
  local i stalled=0 root=$1/saved
  cp -r "$MEMSH_FIXTURES/full" "$root"
  sed -i -E 's/^RssAnon:.*/RssAnon: 2000000 kB/; s/^VmSwap:.*/VmSwap: 0 kB/' "$root/1107/status"
  sed -i -E 's/^MemAvailable:.*/MemAvailable: 300000 kB/' "$root/meminfo"
  for i in {1..24}; do
    stalled=$((stalled + (i >= 10 ? 30000000 : 60000)))
    sed -i "s/^now .*/now $((1700000000 + (i - 1) * 60))/" "$root/.machine/info"
    sed -i -E "s/^RssAnon:.*/RssAnon: $((i * 10000)) kB/; s/^VmSwap:.*/VmSwap: 0 kB/" "$root/901/status"
    printf 'some avg10=1.00 avg60=1.00 avg300=1.00 total=%d\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n' \
      "$stalled" >"$root/pressure/memory"
    if [ "$i" = 21 ]; then
      rm -r "$root/1107"
      sed -i 's/^oom_kill .*/oom_kill 2/' "$root/vmstat"
    fi
    "$MEMSH" record --from "$root" -o "$1/grown.memsh" || return
  done
  rm -r "$root"
  echo "$1/grown.memsh"
}
