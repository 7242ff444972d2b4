# SPDX-License-Identifier: GPL-3.0-or-later
# :at, :earlier, :later and :moments: which moment of a recording a session is at.
# beside others

load repl

record_moments() {
  cp -r "$MEMSH_FIXTURES/full" root
  chmod -R u+w root
  for minutes in 0 10 20 30; do
    sed -i "s/^now .*/now $((1700086400 + 60 * minutes))/" root/.machine/info
    sed -i "s/^\([0-9]*\) [0-9]*/\1 $((1000 + minutes))/" root/412/statm
    sed -i "s/^VmRSS:.*/VmRSS:\t$((4 * (1000 + minutes))) kB/" root/412/status
    "$MEMSH" record --from root -o x.memsh
  done
}

@test "the session goes from moment to moment, and says where it is" {
  export TZ=UTC
  record_moments
  talk <<'TCL'
spawn -noecho $env(MEMSH) -s x.memsh
see "fixture 2023-11-15 22:43:20 memsh> "
answers {proc(412).res == 1030 * 4096} "true"
answers ":earlier" "fixture 2023-11-15 22:33:20, 9 processes and threads of the kernel, from a saved copy"
answers {proc(412).res == 1020 * 4096} "true"
answers {sys.now == 1700086400 + 1200} "true"
type ":at 22:20\r"
see "fixture 2023-11-15 22:13:20 memsh> "
answers {procs:where"pid == 412":first().res == 1000 * 4096} "true"
enter {before = procs()}
answers ":earlier" "this is the first moment"
answers ":later" "22:23:20"
answers ":later 2" "22:43:20"
answers ":earlier 3" "22:13:20"
answers ":later 9" "there are only 3 moments later than this one"
answers ":later 99999999999999999999" "there are only 3 moments later than this one"
answers ":later 20m" "22:33:20"
answers ":earlier 10m" "22:23:20"
answers ":later 20min" "22:43:20"
answers ":earlier 20 minutes" "22:23:20"
answers ":earlier 1d" "there is no moment so early"
answers ":earlier often" ":earlier takes a number of moments, or a time, as in :earlier 10 or :earlier 10m"
answers ":moments of today" ":moments takes nothing after its name"
answers {(procs - before):where"res > 0":first().res == 10 * 4096} "true"
answers {procs:over{}:where"pid == 412":count()} "4"
answers {procs:over{}:sum"res"} "(the moments are added up; by\"time\" has the sum of each)"
answers {procs:over{}:by"comm":sum"res"} "(the moments are added up; by\"time\" has the sum of each)"
foreach question {procs:over{}:by"time,\ comm":sum"res" procs:over{}:by"comm":max"res" procs:sum"res"} {
  enter $question
  if {[string first "added up" $answer] >= 0} { fail $answer }
}
answers ":moments" "4 rows"
answers ":help moments" "lost       how many of the pieces"
answers "desc\"lost\"" "lost (moments, count)"
answers "moments.lost" "there is no 'moments'"
answers "moments.lost" ":moments"
answers "recording\"x.memsh\".moments.lost" ":show\"lost\""
answers ":at -10m" "22:33:20"
answers ":at tomorrow" "'tomorrow' is not a time"
answers ":at 2001-01-01" "there is no moment so early"
answers ":at" "takes a time, as in :at 03:14"
type ":at live\r"
see "memsh: the running machine"
see "memsh> "
answers {sys.now > 1700086400 + 86400} "true"
answers ":later" "this is the last moment"
answers ":earlier" "22:43:20"
type ":at \t\t"
see "oom"
type "\004"
TCL
}

# The seconds after 1700086400 of the moments of x.memsh.
record_at() {
  cp -r "$MEMSH_FIXTURES/full" root
  chmod -R u+w root
  for seconds; do
    sed -i "s/^now .*/now $(python3 -c "print(1700086400 + $seconds)")/" root/.machine/info
    "$MEMSH" record --from root -o x.memsh
  done
}

@test "a step by a time goes to the nearest moment, at least to the next: moments come early and late" {
  export TZ=UTC
  record_at 0 1.004 1.996 3.003 3.998 10
  talk <<'TCL'
spawn -noecho $env(MEMSH) -s x.memsh
prompt
proc steps {command places} {
  foreach seconds $places {
    enter $command
    answers [string map "S $seconds" {math.abs(sys.now - 1700086400 - S) < 0.0001}] "true"
  }
}
steps ":earlier 1s" {3.998 3.003 1.996 1.004 0}
answers ":earlier 1s" "this is the first moment"
steps ":later 1s" {1.004 1.996 3.003 3.998 10}
answers ":later 1s" "this is the last moment; :at live is the running machine"
steps ":earlier 8s" 1.996
steps ":later 2s" 3.998
steps ":earlier 4s" 0
steps ":later 1h" 10
answers ":earlier 12s" "there is no moment so early; the first is of 2023-11-15 22:13:20"
type "\004"
TCL
}

@test "a moment of which a piece is lost is passed over in both directions, and that is said" {
  record_at 0 1 2
  python3 -c 'import sqlite3
db = sqlite3.connect("x.memsh")
db.execute("DELETE FROM piece WHERE id = (SELECT max(id) FROM piece WHERE id >> 28 = 2)")
db.commit()'
  talk <<'TCL'
spawn -noecho $env(MEMSH) -s x.memsh
prompt
foreach by {"" " 1s"} {
  answers ":earlier$by" "memsh: damaged, and passed over: 1 moment"
  answers {sys.now == 1700086400} "true"
  answers ":later$by" "memsh: damaged, and passed over: 1 moment"
  answers {sys.now == 1700086402} "true"
}
type "\004"
TCL
}

@test "where there is no recording they say what to do" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
foreach command {":at 03:14" ":earlier" ":later" ":moments"} {
  answers $command "moments are those of a recording: start memsh -s web1.memsh"
}
answers ":help at" "The last moment not after WHEN"
TCL
}
