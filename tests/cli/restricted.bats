# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# Restricted mode. A group of users may look at every process and do nothing else: each class of what GTFOBins lists
# for shells, by each way into memsh, as a user to whom rights were lent by sudo and by file capabilities.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  local folder
  for folder in "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$(dirname "$BATS_TEST_TMPDIR")" "$BATS_TEST_TMPDIR"; do
    chmod a+x "$folder"
  done
  mkdir home && chmod 777 home
  export HOME=$BATS_TEST_TMPDIR/home
}

teardown() {
  stop_helpers
}

# lend ROUTE: `lent` runs memsh with rights that its caller, an ordinary user, has not. ROUTE is sudo, perfmon or
# sys_ptrace (capabilities of the file).
lend() {
  [ "$(id -u)" = 0 ] || skip "only root lends rights"
  command -v setpriv >/dev/null || skip "there is no setpriv to become another user"
  nobody_may_come
  route=$1
  [ "$route" != sudo ] || return 0
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers refuse to run with capabilities"
  cp "$MEMSH" capable
  python3 - "$route" <<'PY' || skip "the filesystem holds no capabilities"
import os, struct, sys
bit = {"perfmon": 38, "sys_ptrace": 19}[sys.argv[1]]
words = [1 << bit, 0] if bit < 32 else [0, 1 << bit - 32]
os.setxattr("capable", "security.capability", struct.pack("<5I", 0x02000000, words[0], 0, words[1], 0))
PY
}

lent() {
  if [ "$route" = sudo ]; then
    env SUDO_UID=65534 SUDO_GID=65534 SUDO_USER=nobody "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@"
  else
    setpriv --reuid=65534 --regid=65534 --clear-groups ./capable --reports "$MEMSH_ROOT/scripts" "$@"
  fi
}

# refused WHAT ARG...: memsh fails with a sentence that has WHAT in it, and prints nothing.
refused() {
  local what=$1
  shift
  run --separate-stderr "$@" </dev/null
  echo "$output"
  echo "$stderr"
  [ "$status" != 0 ]
  [ -z "$output" ]
  [[ "$stderr" == *"$what"* ]]
}

routes=(sudo perfmon sys_ptrace)

# as each ROUTE-TEST: runs it for all routes.
each_route() {
  local one
  for one in "${routes[@]}"; do
    lend "$one"
    "$@"
  done
}

# ---- who is restricted

@test "restricted where it is asked for, by the program's name, and where rights are lent" {
  nobody_may_come
  ln -s "$MEMSH" memsh-restricted
  [[ "$("$MEMSH" --version)" == *"not confined"* ]]
  for run in "$MEMSH --restricted" ./memsh-restricted "bash -c 'exec -a memsh ./memsh-restricted --version'" \
    "bash -c 'exec -a memsh-restricted $MEMSH --version'"; do
    [[ "$(eval "$run --version")" == *"confined: system calls by seccomp"* ]]
  done
  is_restricted() {
    lent --version | grep -q '^confined: system calls by seccomp'
    [ "$route" != sys_ptrace ] || lent --version | grep -q 'capabilities: sys_ptrace$'
  }
  each_route is_restricted
}

@test "through sudo memsh is the caller, and has one capability at the most" {
  lend sudo
  run --separate-stderr lent -e 'for line in io.lines "/proc/self/status" do print(line) end'
  [ "$status" = 0 ]
  local field
  for field in Uid Gid; do
    [[ "$(grep "^$field" <<<"$output" | tr -s '[:space:]' ' ')" =~ ^$field:\ 65534\ 65534\ 65534\ 65534\ ?$ ]]
  done
  [[ "$(grep ^Groups <<<"$output")" =~ ^Groups:[[:space:]]*$ ]]
  [ "$(grep ^CapPrm <<<"$output" | cut -f2)" = "$(grep ^CapEff <<<"$output" | cut -f2)" ]
  python3 - "$(grep ^CapPrm <<<"$output" | cut -f2)" <<'PY'
import sys
assert int(sys.argv[1], 16) in (0, 1 << 38, 1 << 19), sys.argv
PY
  [[ "$(grep ^CapBnd <<<"$output" | cut -f2)" =~ ^0+$ ]]
  [[ "$(grep ^CapInh <<<"$output" | cut -f2)" =~ ^0+$ ]]
  [[ "$(grep ^NoNewPrivs <<<"$output" | cut -f2)" = 1 ]]
  [[ "$(grep ^Seccomp: <<<"$output" | cut -f2)" = 2 ]]
}

@test "root itself through sudo, and who has no more rights than the caller, are not restricted" {
  [[ "$(SUDO_UID=0 SUDO_GID=0 "$MEMSH" --version)" == *"not confined"* ]]
  [[ "$(SUDO_UID=$(id -u) SUDO_GID=$(id -g) "$MEMSH" --version)" == *"not confined"* ]]
  [[ "$(SUDO_UID=-1 "$MEMSH" --version)" == *"not confined"* ]]
}

@test "restricted where sudo -g lent the rights of a group alone" {
  [ "$(id -u)" = 0 ] || skip "only root has another group"
  nobody_may_come
  by_group() { env SUDO_UID=65534 SUDO_GID=65534 setpriv --reuid=65534 --regid=4711 --clear-groups "$MEMSH" "$@"; }
  echo 'words of a group' >words && chgrp 4711 words && chmod 640 words
  [[ "$(by_group --version)" == *"confined: system calls"* ]]
  refused "restricted mode reads" by_group -e 'assert(io.open(arg[1]))' words
  refused "it opens no files of the command line" by_group -s words -e 1
}

@test "a third user opens nothing for who calls" {
  [ "$(id -u)" = 0 ] || skip "only root becomes another user"
  nobody_may_come
  third() { env SUDO_UID=4711 SUDO_GID=4711 setpriv --reuid=65534 --regid=65534 --clear-groups "$MEMSH" "$@"; }
  echo 'print "ran"' >script.lua && chmod a+r script.lua
  for arguments in ./script.lua "-s $MEMSH_FIXTURES/full -e 1" "-o x -e 1" "--reports . -l" "--lua-dir . -e 1" "--lock x -e 1"; do
    # words to be split
    # shellcheck disable=SC2086
    refused "it opens no files of the command line" third $arguments
  done
  run third -e '1 + 1' /etc/passwd
  [ "$output" = 2 ]
  refused "restricted mode reads" third -e 'assert(io.open(arg[1]))' /etc/passwd
}

@test "sudo -u of a copy with capabilities opens nothing for who calls" {
  echo 'words of the third' >words && mkdir out && chmod 777 out
  opens_nothing() {
    chown 65534 words && chmod 600 words
    export SUDO_UID=4711 SUDO_GID=4711
    refused "restricted mode reads" lent_alone -e 'assert(io.open(arg[1]))' words
    refused "it opens no files of the command line" lent_alone -o out/new -e 1
    refused "it opens no files of the command line" lent_alone -s words -e 1
    [ ! -e out/new ]
    [ "$(lent_alone -e 'proc(1).pid')" = 1 ]
    unset SUDO_UID SUDO_GID
  }
  lent_alone() { setpriv --reuid=65534 --regid=65534 --clear-groups ./capable "$@"; }
  for one in perfmon sys_ptrace; do
    lend "$one"
    opens_nothing
  done
}

@test "memsh-restricted as root, where it does not show who calls, is nobody and opens nothing for them" {
  [ "$(id -u)" = 0 ] || skip "only root can be it"
  nobody_may_come
  ln -s "$MEMSH" memsh-restricted
  refused "it opens no files of the command line" env -u SUDO_UID ./memsh-restricted -o new -e 1
  refused "it opens no files of the command line" env SUDO_UID=0 ./memsh-restricted -s /etc/shadow -e 1
  refused "restricted mode reads" env -u SUDO_UID ./memsh-restricted -e 'assert(io.open(arg[1]))' /etc/shadow
  run --separate-stderr env -u SUDO_UID ./memsh-restricted -e 'for line in io.lines "/proc/self/status" do if line:find "^Uid" then print(line) end end'
  [[ "$output" == *65534*65534*65534*65534* ]]
  for lender in PKEXEC_UID=65534 DOAS_USER=nobody; do
    run --separate-stderr env -u SUDO_UID "$lender" "$MEMSH" -e 'for line in io.lines "/proc/self/status" do if line:find "^Uid" then print(line) end end'
    [[ "$output" == *65534*65534*65534*65534* ]]
  done
}

@test "who runs it cannot choose the weaker confinement" {
  lend sudo
  # A user of whom nothing else runs: with a process of nobody's, another test's, exec itself is what fails.
  refused "memsh cannot be restricted, so nothing runs: capabilities: Resource temporarily unavailable (ulimit -a" prlimit --nproc=0 setpriv --reuid=65533 --regid=65533 --clear-groups \
    --inh-caps=+perfmon,+sys_ptrace --ambient-caps=+perfmon,+sys_ptrace "$MEMSH" --restricted -e 1
}

@test "the administrator's file lifts it, if nobody else can write it" {
  [ "$(id -u)" = 0 ] || skip "only root writes to /etc"
  unshare -m true 2>/dev/null || skip "there are no mount namespaces"
  mkdir etc && cp /etc/passwd /etc/group etc/
  with_etc() {
    unshare -m sh -c 'mount --bind etc /etc && shift && "$@"' sh x env SUDO_UID=65534 SUDO_GID=65534 "$MEMSH" "$@" --version
  }
  [[ "$(with_etc)" == *"confined: system"* ]]
  mkdir -m 755 etc/memsh
  for text in "# operators\nnobody\n" "65534" "*" " nobody "; do
    # shellcheck disable=SC2059
    printf "$text" >etc/memsh/unrestricted
    chmod 644 etc/memsh/unrestricted
    [[ "$(with_etc)" == *"not confined"* ]]
    [[ "$(with_etc --restricted)" == *"confined: system"* ]]
  done
  for text in nobod nobodyx 6553 "# nobody" "nobody alice"; do
    echo "$text" >etc/memsh/unrestricted
    [[ "$(with_etc)" == *"confined: system"* ]]
  done
  echo nobody >etc/memsh/unrestricted
  chmod 664 etc/memsh/unrestricted
  [[ "$(with_etc)" == *"confined: system"* ]]
  chmod 644 etc/memsh/unrestricted && chown 65534 etc/memsh/unrestricted
  [[ "$(with_etc)" == *"confined: system"* ]]
  chown 0 etc/memsh/unrestricted && chmod 777 etc/memsh
  [[ "$(with_etc)" == *"confined: system"* ]]
  chmod 755 etc/memsh && mv etc/memsh/unrestricted etc/list && ln -s ../list etc/memsh/unrestricted
  [[ "$(with_etc)" == *"confined: system"* ]]
}

# ---- what works

@test "restricted, all processes are seen as root sees them" {
  start mem dirty 4096
  truth=$(awk '/^Private_Dirty/ { sum += $2 } END { print sum * 1024 }' "/proc/$helper_pid/smaps_rollup")
  names=$(stat -c %U "/proc/$helper_pid")
  sees() {
    run --separate-stderr lent -f csv --no-header -e "proc($helper_pid):maps():sum'private_dirty'" -e "proc($helper_pid).user"
    echo "$output $stderr"
    [ "$status" = 0 ]
    [ "${lines[0]}" = "$truth" ]
    [ "${lines[1]}" = "$names" ]
  }
  each_route sees
}

@test "restricted, reports, scripts, saved roots, tables and the file of -o work with the caller's rights" {
  printf 'return arg[1], io.open(arg[1]):read("l")\n' >script.lua
  printf 'a,b\n1,2\n' >table.csv
  chmod a+r script.lua table.csv
  mkdir out
  works() {
    rm -rf out/*
    chmod 777 out
    run --separate-stderr lent top
    [ "$status" = 0 ]
    [[ "${lines[0]}" == *pid*command* ]]
    run --separate-stderr lent ./script.lua table.csv
    [[ "$output" == *table.csv*a,b* ]]
    run --separate-stderr lent -f csv -e 'read_csv(arg[1])' table.csv
    [ "$(tr -d '\r' <<<"$output")" = $'a,b\n1,2' ]
    run --separate-stderr lent -s "$MEMSH_FIXTURES/full" -e 'procs:count()'
    [ "$output" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'procs:count()')" ]
    local format
    for format in csv json sqlite; do
      run --separate-stderr lent -f "$format" -o out/file -e 'procs:top(2):show"pid"'
      [ "$status" = 0 ]
      [ "$(stat -c %u out/file)" = 65534 ]
      [ "$(stat -c %a out/file)" != 0 ]
      [ -s out/file ]
      [ "$(ls -A out)" = file ]
    done
    run --separate-stderr lent -f sqlite --append -o out/file -e 'procs:top(2):show"pid"'
    [ "$(sqlite3 out/file 'SELECT count(*) FROM memsh_answer')" = 2 ]
    run lent -f csv -o out/file -e 'error "no"'
    [ "$status" = 1 ]
    [ "$(sqlite3 out/file 'SELECT count(*) FROM memsh_answer')" = 2 ]
    [ "$(ls -A out)" = file ]
    run --separate-stderr lent -e 'print "standard output"' -o /dev/stdout
    lent -o /dev/stdout -e 'print "standard output"' | grep -q 'standard output'
  }
  each_route works
}

@test "restricted, a file of -o goes when memsh is killed" {
  mkdir out
  "$MEMSH" --restricted -o out/file -e 'print(1) while true do end' 3>&- &
  local pid=$!
  for _ in {1..100}; do
    grep -q 'Seccomp:.*2' "/proc/$pid/status" && break
    sleep 0.05
  done
  kill -KILL "$pid"
  wait "$pid" || :
  for _ in {1..100}; do
    [ -n "$(pgrep -f -- '-o out/file -e print')" ] || break
    sleep 0.05
  done
  [ -z "$(ls -A out)" ]
}

@test "restricted, memsh goes first where memory runs out" {
  [ "$(cat /proc/self/oom_score_adj)" = 0 ] || skip "what runs the tests has chosen a value"
  goes_first() { [ "$(lent -e 'for line in io.lines "/proc/self/oom_score_adj" do print(line) end')" = 500 ]; }
  each_route goes_first
}

@test "restricted, Lua's input and output are what they are for pipes" {
  run --separate-stderr "$MEMSH" --restricted -e 'print(io.read "l")' <<<"a line"
  [ "$output" = "a line" ]
  run --separate-stderr "$MEMSH" --restricted - <<<'print(io.stdout == io.output())'
  [ "$output" = true ]
  run --separate-stderr "$MEMSH" --restricted <(echo 'print "from a pipe"')
  [ "$output" = "from a pipe" ]
  run --separate-stderr "$MEMSH" --restricted -e 'local n = 0 for _ in io.lines "/proc/self/status" do n = n + 1 end return n > 20' \
    -e 'io.input "/proc/self/status" return io.read "l"' -e 'return dofile(arg[1])' <(printf '#!x\nreturn 42')
  [ "${lines[0]}" = true ]
  [[ "${lines[1]}" == Name:* ]]
  [ "${lines[2]}" = 42 ]
}

# ---- what fails: the classes of GTFOBins

@test "shell and command: by one-liner, script, report and saved root" {
  printf 'os.execute "touch %s/ran"\n' "$PWD" >shell.lua
  mkdir -p reports && printf 'local opt = report{summary = "x"}\nos.execute("touch ran") return opt\n' >reports/evil.lua
  chmod -R a+rX shell.lua reports
  shell() {
    refused "restricted mode runs no programs" lent -e 'os.execute "id"'
    refused "restricted mode runs no programs" lent -e 'io.popen("id", "r")'
    refused "restricted mode runs no programs" lent -e 'io.popen("id", "w")'
    refused "restricted mode runs no programs" lent -e 'pcall(os.execute, "touch ran") os.execute()'
    refused "restricted mode runs no programs" lent -e 'coroutine.wrap(os.execute)"id"'
    refused "restricted mode runs no programs" lent ./shell.lua
    refused "restricted mode runs no programs" lent --reports reports evil
    refused "restricted mode runs no programs" lent -s "$MEMSH_FIXTURES/full" -e 'os.execute "id"'
    [ ! -e ran ]
  }
  each_route shell
}

@test "shell: by init file, environment, INPUTRC, pager, editor and history, at the prompt" {
  command -v expect >/dev/null || skip "there is no expect"
  mkdir -p home/.config/memsh home/.local/state/memsh
  echo 'print "init" .. "ialized"' >home/.config/memsh/init.lua
  printf '#1\nprint("from" .. "history")\n' >home/.local/state/memsh/history
  printf '%s\n' "\$include /etc/shadow" >home/.inputrc
  echo 'secretvar of a file' >secret
  touch home/unlisted_name
  chmod -R a+rwX home secret
  printf '#!/bin/sh\ntouch %s/ran\n' "$PWD" >evil && chmod 755 evil
  prompt() {
    cat >session.exp <<'TCL'
set timeout 10
log_user 1
spawn -noecho bash run.sh
foreach line {{:!touch ran} {!touch ran} {:shell} {:edit} {:pager} {os.execute "touch ran"} {io.popen "touch ran"} \
  {:save written} {:run ./secret} {procs:top(3)} {:help} {:examples} {os.getenv "HOME"} {os.getenv "PAGER"} {:history}} {
  expect "memsh> "
  send -- "$line\r"
}
expect "memsh> "
# names of files, which readline lists by itself
send -- ":save home/unl\t\t\025"
# readline's own: re-read-init-file, dump-functions, edit-and-execute-command, history
send -- "\030\022"
send -- "\030\005"
send -- "\033\[A\025"
send -- "\033v\025"
send -- "\004"
expect eof
TCL
    { declare -p route MEMSH MEMSH_ROOT; declare -f lent; echo lent; } >run.sh
    TERM=xterm INPUTRC=$PWD/secret PAGER=$PWD/evil EDITOR=$PWD/evil VISUAL=$PWD/evil LESSOPEN="|$PWD/evil" MEMSH_PAGER=$PWD/evil \
      LUA_INIT='print("LUA" .. "INIT")' LUA_PATH="$PWD/?.lua" LUA_CPATH="$PWD/?.so" LUA_READLINELIB="$PWD/evil.so" \
      HISTFILE=$PWD/histfile TERMINFO=$PWD run expect -f session.exp
    echo "$output"
    [ ! -e ran ] && [ ! -e written ] && [ ! -e histfile ]
    [[ "$output" != *initialized* && "$output" != *fromhistory* && "$output" != *LUAINIT* ]]
    [[ "$output" != *secretvar* && "$output" != *unlisted_name* ]]
    [[ "$output" != *"root:"*":"* ]]
    [[ "$output" == *"restricted mode: memsh looks at processes and does nothing else"* ]]
    [[ "$output" == *"restricted mode runs no programs"* ]]
    [[ "$output" == *"cannot write written: restricted mode writes no file but that of -o"* ]]
    [[ "$output" == *"restricted mode reads"* ]]
    [ "$(cat home/.local/state/memsh/history)" = $'#1\nprint("from" .. "history")' ]
  }
  each_route prompt
}

@test "file read: what the caller may read no more, and only what was named" {
  echo 'root: secret words' >secret.txt && chmod 600 secret.txt
  echo 'public words' >public.txt && chmod 644 public.txt
  ln -s /etc/shadow link
  mkdir named && ln -s ../public.txt named/link && echo inside >named/inside && chmod -R a+rX named
  reads() {
    local path
    cp "$BATS_TEST_DIRNAME/../helpers/open_everything.lua" . && chmod a+r open_everything.lua
    run --separate-stderr lent ./open_everything.lua
    echo "$output $stderr"
    [ "$status" = 0 ]
    [ "$output" = "63 refused" ]
    # what may be opened as a file of /proc, and leads to somebody else's
    for path in /proc/1/root/etc/passwd /proc/1/environ /proc/1/mem /proc/1/cwd /proc/1/fd/0 /proc/self/mem /proc/kcore; do
      run --separate-stderr lent -e "assert(io.open('$path'))"
      [ "$status" = 1 ]
    done
    # naming it gives no rights
    for path in secret.txt link /etc/shadow; do
      refused "" lent -e 'print(assert(io.open(arg[1])):read "a")' "$path"
      refused "" lent "./$path"
      refused "" lent -e 'read_csv(arg[1])' "$path"
      refused "Permission denied; restricted mode reads it with your own rights alone" lent -s "$path" -e 'procs:show"pid"'
      [[ "$stderr" != *"secret words"* && "$stderr" != *'root:'* ]]
    done
    run lent -e 'print(io.open(arg[1]):read "a")' public.txt
    [ "$output" = "public words" ]
    run lent -e 'print(io.open(arg[1] .. "/inside"):read "a")' named
    [ "$output" = inside ]
    refused "restricted mode reads" lent -e 'assert(io.open(arg[1] .. "/link"))' named
    refused "restricted mode reads" lent -e 'assert(io.open(arg[1] .. "/../public.txt"))' named
    # zone, module path, locale
    TZ=":$PWD/secret.txt" run lent -e 'print(os.date "%Z")'
    [[ "$output" == UTC || "$output" != *secret* ]]
    refused "module 'public'" lent -e 'package.path = "./?.txt" require "public"'
  }
  each_route reads
}

# A process of root's, whose directory others may not come to by its path.
start_in_closed_directory() {
  mkdir -p closed/in
  echo 'closed words' >closed/in/words && chmod a+rX closed/in closed/in/words && chmod 700 closed
  (cd closed/in && exec sleep 300 3>&-) &
  closed_pid=$!
  helper_pids+=("$closed_pid")
  for _ in {1..100}; do
    [[ "$(readlink "/proc/$closed_pid/cwd")" != */closed/in ]] || break
    sleep 0.05
  done
}

@test "file read: memsh's own functions lead nowhere else" {
  start_in_closed_directory
  echo 'public words' >public.txt && chmod 644 public.txt
  cp -r "$MEMSH_FIXTURES/full" saved
  rm -rf saved/.machine/cgroup && ln -s "/proc/$closed_pid/cwd" saved/.machine/cgroup
  mkdir saved/4711 && ln -s "$PWD/public.txt" saved/4711/link && chmod -R a+rX saved
  leads_nowhere() {
    local code path
    # a group's file, a saved root's folder, a listing
    code='local core = require "memsh.core" local text = core.cgroup_read(core.source(arg[2]), "/", arg[1]) print(text)'
    for path in "proc/$closed_pid/cwd/words" "${PWD#/}/public.txt" etc/passwd; do
      run --separate-stderr lent -e "$code" "../../../../../../../../$path"
      echo "$output $stderr"
      [ "$output" = nil ]
    done
    run --separate-stderr lent -s saved -s /proc -e "$code" words saved
    echo "$output $stderr"
    [ "$output" = nil ]
    run --separate-stderr lent -e 'local core = require "memsh.core" print(core.recordings(arg[1]), core.file_number(arg[1]))' \
      "/proc/$closed_pid/cwd/."
    [ "$output" = "nil	nil" ] || [ "$output" = nil ]
    run --separate-stderr lent -e 'local core = require "memsh.core"
      print((core.tmpfs_owners(core.source(), arg[1], arg[2], 1000, 1000)))' \
      "$(printf '%x:%x' "$(stat -c %Hd closed)" "$(stat -c %Ld closed)")" "/proc/$closed_pid/cwd/."
    echo "$output $stderr"
    [ "$output" = nil ]
    refused "restricted mode reads" lent -e "read_csv '$PWD/saved'"
    for code in 'assert(core.recording(arg[1]))' 'core.database(arg[1])' 'assert(core.source(arg[1]))'; do
      refused ": Permission denied" lent -e "local core = require 'memsh.core' $code" "/proc/$closed_pid/cwd/words"
    done
  }
  each_route leads_nowhere
}

@test "file read: a name that had no path when it was named leads nowhere later" {
  start_in_closed_directory
  waits='print "waits" io.stdout:flush() io.read() local file = io.open(arg[1]) print(file and file:read "a")'
  later() {
    ln -sfn /proc/self/fd/0 home/link
    # shellcheck disable=SC2016
    setpriv --reuid=65534 --regid=65534 --clear-groups \
      bash -c '{ until [ -e home/moved ]; do sleep 0.02; done; echo; } | "$@"' \
      bash env HOME="$HOME" "$@" >home/out 2>&1 3>&- &
    local job=$!
    for _ in {1..500}; do
      ! grep -q waits home/out || break
      sleep 0.02
    done
    ln -sfn "/proc/$closed_pid/cwd/words" home/link
    touch home/moved
    wait "$job"
    cat home/out
    [ "$(cat home/out)" = waits ] # what it named is its standard input, which has ended
  }
  lend sys_ptrace
  later ./capable -e "$waits" home/link
}

@test "file read: memory and environment of processes stay closed, whoever's they are" {
  [ "$(id -u)" = 0 ] || skip "only root becomes another user"
  nobody_may_come
  setpriv --reuid=65534 --regid=65534 --clear-groups env SECRET=words sleep 300 3>&- &
  helper_pids+=($!)
  local pid=$! file
  for _ in {1..100}; do
    grep -q '^Uid:.65534' "/proc/$pid/status" && grep -q sleep "/proc/$pid/comm" && break
    sleep 0.05
  done
  stay_closed() {
    for file in mem environ "task/$pid/mem" "task/$pid/environ"; do
      refused "no memory or environment" "$@" -e "assert(io.open('/proc/$pid/$file'))"
      refused "no memory or environment" "$@" -e "assert(io.open('/proc/self/../$pid/$file'))"
    done
    run "$@" -e "print(#io.open('/proc/$pid/status'):read 'a' > 100)"
    [ "$output" = true ]
  }
  stay_closed env SUDO_UID=4711 SUDO_GID=4711 setpriv --reuid=65534 --regid=65534 --clear-groups "$MEMSH"
  stay_closed as_nobody "$MEMSH" --restricted
  each_route stay_closed lent
}

@test "file write: by -o, Lua, :save, reports and baselines" {
  echo old >kept && chmod 644 kept
  writes() {
    refused "Permission denied" lent -o kept -e 'print "new"'
    refused "Permission denied" lent -o /etc/memsh-was-here -e 'print "new"'
    refused "" lent -o /proc/sys/kernel/core_pattern -e 'print "|/tmp/x"'
    local mode
    for mode in w a r+ w+ a+ wb r+b; do
      refused "restricted mode writes no file but that of -o" lent -e "assert(io.open('home/new', '$mode'))"
    done
    refused "restricted mode writes no file but that of -o" lent -e 'io.output "home/new"'
    refused "restricted mode writes no file but that of -o" lent -e 'assert(require"memsh.core".sink_file "home/new")'
    refused "restricted mode makes no temporary files" lent -e 'io.tmpfile()'
    refused "restricted mode makes no temporary files" lent -e 'print(os.tmpname())'
    refused "restricted mode removes and renames no files" lent -e 'assert(os.remove "home/file")'
    refused "restricted mode removes and renames no files" lent -e 'assert(os.rename("home/file", "home/new"))'
    run --separate-stderr lent --accept --check wx
    [ "$status" = 3 ]
    [[ "$stderr" == *"--accept writes a baseline, and restricted mode writes no file but that of -o"* ]]
    refused "not both" lent --watch 1 -o home/new -e 'procs:count()'
    [ "$(cat kept)" = old ]
    [ ! -e home/new ]
  }
  each_route writes
}

@test "reverse shell, bind shell, upload, download: no socket, in C neither" {
  command -v cc >/dev/null || skip "there is no compiler"
  sockets() {
    refused "not found" lent -e 'require "socket"'
    refused "No such file" lent -e 'assert(io.open "/dev/tcp/127.0.0.1/1")'
  }
  each_route sockets
  # tests/unit/test_confine.c asks for sockets in a process that is confined in the same way
}

@test "library load: native code and bytecode" {
  command -v cc >/dev/null || skip "there is no compiler"
  printf '#include <stdio.h>\nint luaopen_native(void *L) { puts("native ran"); return 0; }\n' >native.c
  printf '#include <stdio.h>\n__attribute__((constructor)) static void f(void) { puts("preloaded"); }\n' >preload.c
  cc -shared -fPIC -o native.so native.c
  cc -shared -fPIC -o preload.so preload.c
  chmod a+rx ./*.so
  libraries() {
    refused "restricted mode loads no native code" lent -e 'package.loadlib("./native.so", "luaopen_native")()' ./native.so
    refused "restricted mode loads no native code" lent -e 'package.cpath = "./?.so" require "native"' ./native.so
    refused "restricted mode loads no native code" lent -e 'package.loadlib("./native.so", "*")'
    refused "binary chunk" lent -e 'assert(load(string.dump(function() end), "x", "b"))'
    refused "binary chunk" lent -e 'assert(load(string.dump(function() end)))'
    refused "debug.traceback and debug.getinfo alone" lent -e 'debug.setmetatable(1, {})'
    refused "debug.traceback and debug.getinfo alone" lent -e 'debug.getregistry()'
    refused "debug.traceback and debug.getinfo alone" lent -e 'debug.sethook(print, "l")'
    [ "$route" = sudo ] || {
      LD_PRELOAD=$PWD/preload.so LD_AUDIT=$PWD/preload.so LD_LIBRARY_PATH=$PWD run lent -e 1
      [[ "$output" != *preloaded* ]]
    }
  }
  each_route libraries
}

@test "capabilities: no right is left to another program, and memsh itself can't be looked at" {
  start mem dirty 64
  nothing_left() {
    # who runs it may not trace it, nor read its memory or environment
    lent -e 'local t = os.time() while os.time() < t + 4 do end' 3>&- &
    local job=$! pid=
    for _ in {1..60}; do
      pid=$(pgrep -n -f 'local t = os.time' || :)
      [ -z "$pid" ] || grep -q '^Seccomp:.*2' "/proc/$pid/status" 2>/dev/null && break
      sleep 0.05
    done
    for file in mem environ maps; do
      run setpriv --reuid=65534 --regid=65534 --clear-groups cat "/proc/$pid/$file"
      [ "$status" != 0 ]
    done
    kill "$job" 2>/dev/null || :
    pkill -KILL -P "$job" 2>/dev/null || :
    kill -KILL "$pid" 2>/dev/null || :
    wait "$job" 2>/dev/null || :
  }
  each_route nothing_left
}

@test "--require-confinement fails closed" {
  run --separate-stderr "$MEMSH" --require-confinement -s "$MEMSH_FIXTURES/full" -e 'procs:count()'
  if [[ "$("$MEMSH" --restricted -s "$MEMSH_FIXTURES/full" --version)" == *Landlock* ]]; then
    [ "$status" = 0 ]
  else
    [ "$status" = 1 ] && [ -z "$output" ]
  fi
  command -v setpriv >/dev/null || skip "there is no setpriv to become another user"
  nobody_may_come
  # Without a capability Landlock would hide other processes: files are memsh's own care, and that is not enough.
  run --separate-stderr as_nobody "$MEMSH" --require-confinement -e 1
  [ "$status" = 1 ]
  [ -z "$output" ]
  [[ "$stderr" == *"--require-confinement: the kernel does not confine which files are read"* ]]
  run --separate-stderr as_nobody "$MEMSH" --require-confinement --check -e 1
  [ "$status" = 3 ]
  run --separate-stderr as_nobody "$MEMSH" --restricted -e 1
  [ "$status" = 0 ]
}
