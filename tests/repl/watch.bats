# SPDX-License-Identifier: GPL-3.0-or-later
# Watching on a terminal: in place, changes marked.

load screen

# A machine of the test's own, on which it can change numbers.
copy_machine() {
  cp -r "$MEMSH_FIXTURES/full" root
  chmod -R u+w root
}

# resident PID KB: makes it so.
resident() {
  sed "s/^RssAnon:.*/RssAnon:\t$2 kB/" "root/$1/status" >new
  mv new "root/$1/status"
}

@test "the picture is drawn in place, and what changed is marked" {
  copy_machine
  resident 412 1000
  resident 413 5000
  open_screen 80 24 "$MEMSH" -s root
  type ':watch 0.4 procs:where"pid > 400 and pid < 1000":show"pid comm rss_anon user"'
  keys Enter
  wait_for 'pid  comm      rss_anon  user'
  wait_for '412  nginx        1000K  root'
  wait_for '4.9M  www-data'
  [[ "$(screen)" == *'every 0.4 s  procs:where'* ]]
  resident 412 1100
  wait_for '1.1M+ root'
  wait_for '1.1M  root' # the next time it is what it was
  resident 413 100
  wait_for '100K- '
  sed 's/(nginx)/(other)/' root/412/stat >new && mv new root/412/stat
  sed 's/^Name:.*/Name:\tother/' root/412/status >new && mv new root/412/status
  wait_for '412  other* '
  cp -r root/901 root/new
  sed -i 's/^901 /990 /' root/new/stat
  sed -i 's/^Pid:.*/Pid:\t990/' root/new/status
  mv root/new root/990
  wait_for '990* postgres'
  rm -r root/990
  for _ in {1..100}; do [[ "$(screen)" == *990* ]] || break; sleep 0.05; done
  [[ "$(screen)" != *990* ]]
  [ "$(screen | grep -c 'pid  comm')" = 1 ]
  keys C-c
  wait_for '; _ has the last answer'
  wait_for_prompt
  ask '_:count()'
  has 3
  ask '1 + 1'
  has 2
}

@test "it fits the screen, tells how many rows are left, and follows its size" {
  open_screen 80 12 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  type ':watch 0.2 maps:show"pid addr path"'
  keys Enter
  wait_for ' more)'
  [ "$(screen | grep -c '0x')" = 7 ]
  tmux -L "$socket" resize-window -x 60 -y 9
  for _ in {1..100}; do [ "$(screen | grep -c '0x')" = 4 ] && break; sleep 0.05; done
  [ "$(screen | grep -c '0x')" = 4 ]
  while IFS= read -r line; do [ "${#line}" -le 60 ]; done < <(screen)
  keys C-c
  wait_for 'has the last answer'
  wait_for_prompt
  tmux -L "$socket" resize-window -x 80 -y 24
  ask '_:count() == maps:count()'
  has true
}

@test "what print writes and how much could not be read are in the picture" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/denied"
  type ':watch 0.1 n = (n or 0) + 1 print("run", n) procs:show"pid pss":top(2):print()'
  keys Enter
  wait_for 'run     3'
  [[ "$(screen)" == *'2 denied'* ]]
  keys C-c
  wait_for_prompt
  ask 'n > 2'
  has true
}

@test "a dumb terminal gets block after block, and no escapes" {
  copy_machine
  resident 412 1000
  open_screen 80 24 TERM=dumb "$MEMSH" -s root
  type ':watch 0.4 procs:where"pid == 412":show"pid comm rss_anon"'
  keys Enter
  wait_for '412  nginx     1000K'
  resident 412 900
  wait_for '412  nginx      900K-'
  [ "$(screen | grep -c '^pid  comm')" -ge 2 ]
  keys C-c
  wait_for 'has the last answer'
  [[ "$(screen -e)" != *$'\e['* ]]
}

@test "the last question again; mistakes are answered at once" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask ':watch 1'
  has "there is none yet"
  ask ':watch'
  has ':watch takes seconds and a question'
  ask ':watch 0 procs'
  has ':watch takes seconds'
  ask ':watch 1 procs:wher"x"'
  has "did you mean ':where'"
  ask ':watch 1 procs = = 1'
  has "unexpected symbol near '='"
  ask ':watch 0.1 procs:where"swpa > 0"'
  has "did you mean 'swap'"
  ask 'procs:where"pid == 413":show"pid comm"'
  type ':watch 0.1'
  keys Enter
  wait_for 'every 0.1 s  procs:where"pid == 413"'
  keys C-c
  wait_for 'has the last answer'
  wait_for_prompt
  ask '6 * 7'
  has 42
}

@test "from the command line: in place, --count ends it with 0, Ctrl-C with 130" {
  open_screen 80 24 sh -c "PS1='memsh> ' exec sh -i"
  type "clear; $MEMSH -s $MEMSH_FIXTURES/full --watch 0.1 --count 3 -e 'procs:top(2):show\"pid comm\"'; echo status \$?"
  keys Enter
  wait_for 'status 0'
  [ "$(screen | grep -c 'pid  comm')" = 1 ]
  [ "$(screen | grep -c 'systemd')" = 1 ]
  type "$MEMSH -s $MEMSH_FIXTURES/full --watch 60 -e 'procs:top(2):show\"pid comm\"'"
  keys Enter
  wait_for 'every 60 s'
  keys C-c
  wait_for 'memsh: interrupted'
  type "echo status \$?"
  keys Enter
  wait_for 'status 130'
}
