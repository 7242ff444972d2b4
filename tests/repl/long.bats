# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# What takes long: progress, and what Ctrl-C leaves.

load repl

# A root of 60 processes.
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  cp -r "$MEMSH_FIXTURES/full" root
  for pid in $(seq 20001 20052); do
    cp -r root/412 "root/$pid"
    sed -i "s/^412 /$pid /" "root/$pid/stat"
  done
}

# It, and a condition that takes 20 ms for each process.
crowd() {
  ln -s "$BATS_FILE_TMPDIR/root" root
  slow='function slow() local t = os.clock() while os.clock() - t < 0.02 do end return true end'
  export slow
}

@test "Ctrl-C keeps what was read so far, marked partial" {
  crowd
  talk <<'TCL'
start -s root
enter $env(slow)
foreach {query pattern} {
  "procs:where(slow):show'pid rss':sort'-pid'" {has (\d+) rows?, partial}
  "procs:where(slow):by'user':sum'rss'" {has (\d+) rows?, partial}
  "maps:where(slow):show'pid addr'" {has (\d+) rows?, partial}
} {
  type "$query\r"
  expect -re {read \d+ of \d\d processes}
  interrupt
  expect {
    -re "interrupted after (\\d+) of (\\d+) processes; _ $pattern" {
      set read $expect_out(1,string); set all $expect_out(2,string); set rows $expect_out(3,string)
    }
    timeout { fail "nothing kept of $query" }
  }
  prompt
  if {$read >= $all || $read < 1 || $rows < 1} { fail "$read of $all, $rows rows" }
  answers "_:count()" ">="
  enter "kept = _1"
  answers "kept" "interrupted before [expr {$all - $read}] more were read"
  answers "'still ' .. _:json():match'unread.: (%d+)'" "still [expr {$all - $read}]"
}
enter "procs:where(slow):show'pid'"
answers "_:count()" "60"
TCL
}

@test "progress: after half a second, and gone when it is done" {
  crowd
  talk <<'TCL'
start -s root
enter $env(slow)
type "procs:where(slow):count()\r"
expect {
  -re {read (\d+) of (\d+) processes  \d+%  (0\.[5-9]|[1-9]\d*\.\d) s} {}
  timeout { fail "no progress" }
}
expect {
  -re "\r\x1b\\\[K\\d+\r" {}
  timeout { fail "it was not taken away" }
}
prompt
type "procs:count()\r"
expect {
  -re {read \d+ of} { fail "progress of what is quick" }
  "memsh> " {}
}
TCL
}

@test "no progress on a dumb terminal, nor where standard error is none" {
  crowd
  cat >script.exp <<'TCL'
source $env(MEMSH_TESTS)/repl/prompt.exp
set env(TERM) dumb
spawn -noecho $env(MEMSH) -s root -e "$env(slow) return procs:where(slow):count()"
expect {
  -re {read \d+ of} { fail "progress" }
  eof {}
}
set env(TERM) xterm
spawn -noecho sh -c "$env(MEMSH) -s root -e '$env(slow) return procs:where(slow):count()' 2>err"
expect {
  -re {read \d+ of} { fail "progress" }
  eof {}
}
TCL
  run expect -f script.exp
  echo "$output"
  [ "$status" = 0 ]
  [ "$(grep -c "read .* of" err)" = 0 ]
}
