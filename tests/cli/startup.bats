# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# memsh -e 1 is small, and questions load what they need. (How fast it starts: run.sh bench start.)

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
  [ "$(loaded 1)" = "core show.output show.settings util.lazy" ]
  [ "$(loaded "print(proc($$).pss)")" = "catalogue.guard core fields.machine fields.row_methods query.one_process show.output util.lazy util.upward" ]
  fields="addr perms offset dev inode size rss pss referenced anonymous swap locked name"
  of_mappings=$(loaded "proc($$):maps():show\"$fields\"")
  echo "$of_mappings"
  lacks "$of_mappings" expr.lexer expr.parser expr.codegen fields.computed util.suggest catalogue.entries \
    exec.accumulator exec.aggregates exec.feed exec.use_rollup exec.sort
  of_processes=$(loaded 'procs:where"swap > 0":sort"-private_dirty":show"pid comm swap private_dirty pss"')
  lacks "$of_processes" fields.computed util.suggest catalogue.entries exec.mappings exec.accumulator \
    exec.aggregates exec.feed exec.use_rollup show.explain exec.trace
}

# The system calls of a kind ($1) that memsh makes with the option $2.
calls() {
  strace -f -qq -e "trace=$1" -o "$BATS_TEST_TMPDIR/calls" "$MEMSH" "$2" >"$BATS_TEST_TMPDIR/output"
  cat "$BATS_TEST_TMPDIR/calls"
}

@test "--list opens each report once, and --version begins no thread" {
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers have threads of their own"
  command -v strace >/dev/null || skip "there is no strace"
  strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
  opened=$(calls open,openat --list | grep -o '"[^"]*/[^"/]*\.lua"' | sort)
  echo "$opened"
  [ "$(wc -l <<<"$opened")" = "$(wc -l <"$BATS_TEST_TMPDIR/output")" ]
  [ "$(uniq -d <<<"$opened")" = "" ]
  [ "$(calls clone,clone3 --version)" = "" ]
  grep -q '^memsh ' "$BATS_TEST_TMPDIR/output"
}
