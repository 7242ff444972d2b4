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
answers ":earlier" "fixture 2023-11-15 22:33:20, 9 processes, taken for 'saved'"
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
answers ":earlier 1d" "there is no moment so early"
answers ":earlier often" ":earlier takes a number of moments, or a time, as in :earlier 10 or :earlier 10m"
answers ":moments of today" ":moments takes nothing after its name"
answers {(procs - before):where"res > 0":first().res == 10 * 4096} "true"
answers {procs:over{}:where"pid == 412":count()} "4"
answers ":moments" "4 rows"
answers ":at -10m" "22:33:20"
answers ":at tomorrow" "'tomorrow' is no time"
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

@test "where there is no recording they say what to do" {
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
foreach command {":at 03:14" ":earlier" ":later" ":moments"} {
  answers $command "moments are those of a recording: start memsh -s web1.memsh"
}
answers ":help at" "The last moment not after WHEN"
TCL
}
