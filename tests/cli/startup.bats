# SPDX-License-Identifier: GPL-3.0-or-later
# memsh -e 1 is there at once and small.

@test "start-up takes at most 2.5 times as long as lua5.4's" {
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers are slow"
  command -v lua5.4 >/dev/null || skip "there is no lua5.4 to compare with"
  python3 - <<'PY'
import os, subprocess, time

def once(command):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start

ours, theirs = [os.environ["MEMSH"], "-e", "1"], ["lua5.4", "-e", "print(1)"]
pairs = [(once(ours), once(theirs)) for _ in range(60)]
a, b = (sorted(p[i] for p in pairs)[len(pairs) // 2] for i in (0, 1))
print(f"memsh {a * 1000:.2f} ms, lua5.4 {b * 1000:.2f} ms")
assert a <= 2.5 * b
PY
}

@test "memsh -e 1 stays under 6 MiB of resident memory" {
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers need more"
  run "$MEMSH" -e 1 -e 'print((io.open("/proc/self/status"):read("a"):match("VmHWM:%s*(%d+)")))'
  [ "$status" = 0 ]
  echo "${lines[1]} KiB"
  [ "${lines[1]}" -lt 6144 ]
}

# What of memsh is loaded when the question has been answered.
loaded() {
  "$MEMSH" -e "$1" -e 'local list = {}
    for name in pairs(package.loaded) do list[#list + 1] = name:match "^memsh%.(.+)" end
    table.sort(list)
    print("loaded " .. table.concat(list, " "))' | sed -n 's/^loaded //p'
}

# Each of the words $2... is none of the list $1.
lacks() {
  local list=" $1 " word
  shift
  for word; do [[ $list != *" $word "* ]] || { echo "$word is loaded"; return 1; }; done
}

@test "a question loads no more than it needs" {
  [ "$(loaded 1)" = "core lazy session settings" ]
  [ "$(loaded "print(proc($$).pss)")" = "answers core lazy machine session" ]
  fields="addr perms offset dev inode size rss pss referenced anonymous swap locked name"
  of_mappings=$(loaded "proc($$):maps():show\"$fields\"")
  echo "$of_mappings"
  lacks "$of_mappings" expr.lexer expr.parser expr.quick derived suggest names group bulk rollup sorting
  of_processes=$(loaded 'procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss"')
  lacks "$of_processes" derived suggest names group bulk rollup explain trace
}
