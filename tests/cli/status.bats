# SPDX-License-Identifier: GPL-3.0-or-later
# Exit statuses, and where words go: data to standard output, everything else to standard error.
# beside others

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

@test "-e shows the value of an expression and runs statements" {
  run "$MEMSH" -e 6*7
  [ "$status" = 0 ]
  [ "$output" = 42 ]
  run "$MEMSH" -e 'x = 5' -e 'x + 1'
  [ "$status" = 0 ]
  [ "$output" = 6 ]
  run "$MEMSH" -e 'local y = 1'
  [ "$output" = "" ]
}

@test "-e stops at the first error" {
  run "$MEMSH" -e 'print "one"' -e 'error "two"' -e 'print "three"'
  [ "$status" = 1 ]
  [[ "$output" == one* && "$output" != *three* ]]
}

@test "an error: status 1, file and line on standard error, no traceback" {
  printf 'print "before"\nlocal x = nil + 1\n' >s.lua
  run --separate-stderr "$MEMSH" s.lua
  [ "$status" = 1 ]
  [ "$output" = before ]
  [ "$stderr" = "memsh: s.lua:2: attempt to perform arithmetic on a nil value" ]
  run --separate-stderr "$MEMSH" --debug traceback s.lua
  [[ "$stderr" == *"stack traceback:"* ]]
}

@test "a syntax error of a script: file and line" {
  printf 'local x\nx = = 3\n' >s.lua
  run --separate-stderr "$MEMSH" s.lua
  [ "$status" = 1 ]
  [[ "$stderr" == "memsh: s.lua:2: unexpected symbol near '='"* ]]
}

@test "a syntax error of -e: excerpt and caret" {
  run --separate-stderr "$MEMSH" -e 'x = = 3'
  [ "$status" = 1 ]
  [ "$stderr" = "memsh: unexpected symbol near '='
  x = = 3
      ^" ]
}

@test "errors that are no strings" {
  run --separate-stderr "$MEMSH" -e 'error({})'
  [ "$status" = 1 ]
  [ "$stderr" = "memsh: an error without a message was raised: a table value" ]
  run --separate-stderr "$MEMSH" -e 'error()'
  [ "$status" = 1 ]
  run --separate-stderr "$MEMSH" -e 'error(setmetatable({}, {__tostring = function() return "said" end}))'
  [ "$stderr" = "memsh: said" ]
  run --separate-stderr "$MEMSH" -e 'error(setmetatable({}, {__tostring = function() error "again" end}))'
  [ "$status" = 1 ]
}

@test "no address of memsh's memory in a message" {
  for value in print '{}' 'coroutine.create(print)' 'io.stdout'; do
    run --separate-stderr "$MEMSH" -e "error('x ' .. tostring($value) .. ' y', 0)"
    [[ "$stderr" == "memsh: x "*" y" ]]
    [[ "$stderr" != *0x* ]]
  done
}

@test "messages are escaped" {
  run --separate-stderr "$MEMSH" -e 'error("\27]0;title\7\155\xff\xe2\x80\xae", 0)'
  [ "$status" = 1 ]
  [[ "$stderr" == 'memsh: \x1b]0;title\x07'* ]]
  LC_ALL=C run ! grep -qP '[\x00-\x09\x0b-\x1f\x7f-\xff]' <<<"$stderr"
}

@test "os.exit passes through, and what was written arrives" {
  for status_wanted in 0 3 99 255; do
    run "$MEMSH" -e "print 'out' io.write 'put' os.exit($status_wanted)"
    [ "$status" = "$status_wanted" ]
    [ "$output" = $'out\nput' ]
  done
  run "$MEMSH" -e 'os.exit(true)'
  [ "$status" = 0 ]
  run "$MEMSH" -e 'os.exit(false, true)'
  [ "$status" = 1 ]
  run "$MEMSH" -e 'coroutine.wrap(function() print "in" os.exit(5, true) end)()'
  [ "$status" = 5 ]
  [ "$output" = in ]
}

@test "output that cannot be written is an error" {
  for code in 1 'print(1)' 'io.write(1)' 'for i = 1, 1e6 do print(i) end' 'print(1) os.exit(0)' 'print(1) os.exit()'; do
    run --separate-stderr bash -c "\"$MEMSH\" -e '$code' >/dev/full"
    [ "$status" = 74 ]
    [[ "$stderr" == *"No space left"* || "$stderr" == *"cannot write"* ]]
  done
  run bash -c "\"$MEMSH\" -e 'io.write(1) os.exit(3)' >/dev/full"
  [ "$status" = 3 ]
}

@test "output that cannot be written is an error, even if the script does not mind" {
  run --separate-stderr bash -c "\"$MEMSH\" -e 'pcall(print, 1)' >/dev/full"
  [ "$status" = 74 ]
  [[ "$stderr" == *"No space left"* ]]
}

@test "output that is closed is an error" {
  run bash -c "\"$MEMSH\" -e 'print(1)' >&-"
  [ "$status" = 74 ]
}

@test "the reader goes away: silence" {
  for code in 'while true do print "line" end' 'while true do io.write "line\n" end'; do
    run --separate-stderr bash -c "\"$MEMSH\" -e '$code' | head -1; exit \${PIPESTATUS[0]}"
    [ "$status" = 141 ]
    [ "$output" = line ]
    [ "$stderr" = "" ]
  done
}

@test "--check whose line nobody reads: no verdict, and silence" {
  for report in doctor wx; do
    run --separate-stderr bash -c "(sleep 0.5; '$MEMSH' -s '$MEMSH_FIXTURES/full' --check $report; echo \$? >&2) | true"
    [ "$stderr" = 3 ]
  done
}

@test "a parent that ignores SIGPIPE changes nothing" {
  run --separate-stderr bash -c "trap '' PIPE; \"$MEMSH\" -e 'while true do print(1) end' | head -1; exit \${PIPESTATUS[0]}"
  [ "$status" = 141 ]
  [ "$output" = 1 ]
}

@test "print and io.write keep their order" {
  run "$MEMSH" -e 'print "a" io.write "b\n" print "c" io.stdout:write "d\n"'
  [ "$output" = $'a\nb\nc\nd' ]
}

@test "print takes what Lua's takes" {
  run "$MEMSH" -e 'print() print(nil, true, 1.5, "x\ty") print(setmetatable({}, {__tostring = function() return "T" end}))'
  [ "$output" = $'\nnil\ttrue\t1.5\tx\ty\nT' ]
}

@test "finalizers run at the end" {
  run "$MEMSH" -e 'x = setmetatable({}, {__gc = function() io.write "collected\n" end})'
  [ "$status" = 0 ]
  [ "$output" = collected ]
}

# status_of FIXTURE CODE: what --strict makes of it; without it all is well
status_of() {
  "$MEMSH" -s "$MEMSH_FIXTURES/$1" -e "$2" >/dev/null 2>&1
  run "$MEMSH" --strict -s "$MEMSH_FIXTURES/$1" -e "$2"
  echo "$status"
}

@test "--strict: 3 where something asked for was unknown, and it is said" {
  run --separate-stderr "$MEMSH" --strict -s "$MEMSH_FIXTURES/denied" -e 'procs:show"pid pss"'
  [ "$status" = 3 ]
  [[ "$output" == *"?"* ]]
  [[ "$stderr" == *"--strict: not all that was asked for could be read" ]]
  [ "$(status_of denied 'procs:sum"pss"')" = 3 ]
  [ "$(status_of denied 'maps:where"w and x":count()')" = 3 ]
  [ "$(status_of denied 'proc(1107).pss')" = 3 ]
  [ "$(status_of denied 'proc(1107)')" = 3 ]
  [ "$(status_of denied 'procs:where"pss > 1":json()')" = 3 ]
}

@test "--strict: 0 where all was read, whatever else is denied; what has no memory lacks none" {
  [ "$(status_of denied 'procs:where"res > 0":show"pid comm res"')" = 0 ]
  [ "$(status_of denied 'proc(1400).pss')" = 0 ]
  [ "$(status_of full 'procs:show"pid pss"')" = 0 ]
  [ "$(status_of full 'procs:sum"pss"')" = 0 ]
  [ "$(status_of full 1)" = 0 ]
}

@test "--strict: what a script ends with otherwise goes first; -o is written all the same" {
  run "$MEMSH" --strict -s "$MEMSH_FIXTURES/denied" -e 'procs:show"pid pss"' -e 'os.exit(5)'
  [ "$status" = 5 ]
  run "$MEMSH" --strict -s "$MEMSH_FIXTURES/denied" -e 'procs:show"pid pss"' -e 'error "no"'
  [ "$status" = 1 ]
  run "$MEMSH" --strict -s "$MEMSH_FIXTURES/denied" -f csv -o out.csv -e 'procs:show"pid pss"'
  [ "$status" = 3 ]
  grep -q '^pid,pss' out.csv
}

@test "os.exit: what does not fit into a status is no success" {
  for code in 256 512 65536 4294967296 -256; do
    run "$MEMSH" -e "os.exit($code)"
    [ "$status" = 1 ]
  done
  run "$MEMSH" -e 'os.exit(257)'
  [ "$status" = 1 ]
  run "$MEMSH" -e 'os.exit(-1)'
  [ "$status" = 255 ]
}

@test "a name that means nothing is an error, in a one-liner" {
  for code in mapz ' mapz '; do
    run --separate-stderr "$MEMSH" -e "$code"
    [ "$status" = 1 ]
    [ "$output" = "" ]
    [[ "$stderr" == *"there is no 'mapz'; did you mean 'maps'?"* ]]
  done
  run --separate-stderr "$MEMSH" -e tmpfs
  [ "$status" = 1 ]
  [[ "$stderr" == *"there is no 'tmpfs'"* ]]
  # what is really nil is shown, and a name that an earlier -e set is known
  run --separate-stderr "$MEMSH" -e nil -e 'x = 5' -e x -e '({}).x'
  [ "$status" = 0 ]
  [ "$output" = $'nil\n5\nnil' ]
}

@test "a report that asks for itself is refused after a few times, in one line" {
  cd "$BATS_TEST_TMPDIR"
  mkdir reports
  echo 'report{summary = "x"} return report"one"{}' >reports/two.lua
  echo 'report{summary = "x"} return report"two"{}' >reports/one.lua
  # shellcheck disable=SC2089
  for ask in one two "-e report\"one\"{}"; do
    # shellcheck disable=SC2086,SC2090 # an option and its code
    run --separate-stderr "$MEMSH" --reports reports $ask
    [ "$status" = 1 ]
    [[ "$stderr" == "memsh: reports are asked for within reports without end: "* ]]
    [ "$(wc -l <<<"$stderr")" = 1 ] && [ ${#stderr} -lt 100 ]
  done
}

@test "output that cannot be written is no fault of a line of memsh's own" {
  [ -w /dev/full ] || skip "no /dev/full"
  run bash -c '"$MEMSH" --list 2>&1 >/dev/full'
  [ "$status" = 74 ]
  [ "$output" = "memsh: cannot write output: No space left on device" ]
}
