# SPDX-License-Identifier: GPL-3.0-or-later
# Sessions as a person sees them, on a terminal of 80 columns, and again on one that knows nothing but text.
# beside others, first

load screen

# Each line of the answer is one that was asked for, in this order, and there are no others.
is() {
  local wanted
  wanted=$(printf '%s\n' "$@")
  [ "$answer" = "$wanted" ] || { diff <(printf '%s\n' "$wanted") <(printf '%s\n' "$answer"); return 1; }
}

@test "the first minute: banner, help, what there is" {
  first_minute() {
    shown=$(screen)
    [[ "$shown" == "memsh "*", Linux 6.12.99-full ("*"/full)"*"8 processes, all readable"*"type help"*"memsh>"* ]]
    ask 'help'
    fits 80
    ((${#lines[@]} <= 22))
    has '  procs:where"swap > 0":sort"-private_dirty":top(10)    -- filtered, sorted'
    ask '  procs:by"user":sum"pss swap":sort"-pss"               -- grouped and summed'
    has 'postgres  1  38.2M    3M'
    ask ':help swap'
    has 'swap (procs'
    ask 'pss?'
    has 'readable by'
    fits 80
    ask ':fields maps *dirty*'
    has 'private_dirty'
    fits 80
    ask ':examples swapped'
    has 'procs:sum"swap" / G'
    ask ':mode'
    has 'mode    table'
    ask ':set'
    has 'color'
    fits 80
    ask ':tiem on'
    has "did you mean ':time'?"
    ask ':errors'
    fits 80
    hasnt '\t'
    ask ':history 2'
    has ':errors'
    ask ':reports'
  }
  both_terminals first_minute
}

@test "showing values: a table that fits, paths cut in their middle, columns named below" {
  shows_tables() {
    ask 'maps:where"pid == 901 and path ~= '"''"'":top(3)'
    fits 80
    has 'pid  comm                addr  perms  kind  '
    ask 'procs:where"pid == 1":show"pid comm user pss uss rss vm_hwm vm_peak start_time threads virt shr data code"'
    has '+'
    has ' columns: '
    fits 80
    ask ':mode auto'
    ask 'procs:where"pid == 1":show"pid comm user pss uss rss vm_hwm vm_peak start_time threads virt shr data code"'
    has '-[ 1 ]---'
    has 'vm_peak     '
    ask ':mode table'
    ask 'maps'
    has 'rows; '
    has ' more; :more or :all)'
    ask ':all'
    fits 80
    has '1400'
  }
  both_terminals shows_tables
}

@test "showing values: one process, one mapping, Lua tables, lists of tables" {
  shows_things() {
    ask 'proc(1107)'
    fits 80
    has 'pss '
    ((${#lines[@]} < 70))
    ask 'proc(1107):at "0x400000"'
    fits 80
    has 'private-file'
    ask '{1, "two", three = {3}}'
    is '{ 1, "two", three = { 3 } }'
    ask 'sys.swaps'
    is 'path            kind       size  used  priority' \
      '/dev/sda2       partition  1.5G  224M        -2' \
      '/var/swap file  file       512M     0        -3' \
      '(2 rows)'
    ask 'sys.swaps:where"used > 0":show"path used"'
    has '/dev/sda2  224M'
    ask 'footprint(proc(1107))'
    fits 80
    has 'processes            1'
    ask 'proc(1200).pss'
    has '?'
    has 'pss of process 1200 is unknown: no address space'
  }
  both_terminals shows_things
}

@test "bars and plots are drawn: of blocks, of # where the terminal may have none" {
  open_screen 80 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask 'procs:where"pss > 1M":sort"-pss":show"comm pss bar(pss)"'
  is 'comm        pss  bar(pss)' \
    'postgres  38.2M  ████████████████████████████████████████████████████████████' \
    'zoo       15.9M  █████████████████████████' \
    '(2 rows)'
  ask ':plot pss of procs:where"user == '"'www-data'"'"'
  is 'pss of procs:where("user == '"'www-data'"'"): 1 row' \
    'from    to  n   sum' \
    '256K  512K  1  292K  ███████████████████████████████████████████████████████████' \
    '' \
    'comm   pid   pss  share' \
    'nginx  413  292K  100.0  ███████████████████████████████████████████████████████'
  open_screen 80 24 TERM=dumb "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask 'procs:where"pss > 1M":sort"-pss":show"comm pss bar(pss)"'
  has 'zoo       15.9M  #########################'
  hasnt '█'
  ask ':plot pss'
  has '  ####'
  hasnt '█'
  fits 80
  open_screen 200 24 "$MEMSH" -s "$MEMSH_FIXTURES/full"
  ask ':plot pss'
  fits 200
  has "$(printf '█%.0s' {1..60})"
}

@test "errors that teach" {
  teaches() {
    ask 'procs:where"swpa > 0"'
    is "unknown field 'swpa' of processes" '  swpa > 0' '  ^^^^' "  hint: did you mean 'swap'?"
    ask "procs:where\"user = 'root'\""
    has '       ^'
    has "use '=='"
    ask 'procs:where"rss > 10MB"'
    has 'sizes use K M G T'
    ask 'procs:wehre"rss > 0"'
    has "did you mean ':where'?"
    ask 'procs.where"rss > 0"'
    has 'comes after a colon'
    ask 'select * from procs'
    fits 80
    ask 'procs:where(function(p) return p.comm + 1 > 0 end)'
    has 'attempt to'
    hasnt 'stack traceback'
    ask ':errors'
    has 'stack traceback'
  }
  both_terminals teaches
}

@test "completion: fields with what they mean, values, commands" {
  completes() {
    type 'procs:where"private_d'
    keys Tab
    wait_for 'private_dirty'
    cancel
    type ':expl'
    keys Tab
    wait_for ':explain'
    cancel
    ask '1 + 1'
    is 2
    type "procs:where\"comm == 'postg"
    keys Tab
    wait_for "'postgres"
    cancel
    ask '2 + 2'
    is 4
  }
  both_terminals completes
}

@test "editing: blocks, muted lines, older answers, locals, verbs after a colon" {
  edits() {
    type 'for i = 1, 2 do'
    keys Enter
    wait_for '..>'
    type 'print("line " .. i)'
    keys Enter
    ask 'end'
    has $'line 1\nline 2'
    ask '20 + 1'
    ask '20 + 2;'
    is ''
    ask '_ + _1'
    is 43
    ask 'local limit = 5'
    has 'limit is kept for the session'
    ask 'limit * 2'
    is 10
    ask 'procs:where"swap > 0":show"comm swap"'
    ask ':sort"-swap":top(1)'
    has 'postgres    3M'
    ask ':save! saved.lua'
    has 'entries in saved.lua)'
    keys Up Up
    sleep 0.2
    ask ''
    has 'postgres    3M'
  }
  both_terminals edits
  run "$MEMSH" -s "$MEMSH_FIXTURES/full" saved.lua
  [ "$status" = 0 ]
  [[ "$output" == *43* ]]
}

@test "long work: Ctrl-C brings the prompt back, and what was answered before is there" {
  interrupts() {
    ask '6 * 7'
    type 'procs:where(function(p) print(("ab"):rep(3)) while true do end end)'
    keys Enter
    wait_for ababab # it has begun: an earlier Ctrl-C would take back what was typed
    keys C-c
    wait_for 'interrupted'
    wait_for_prompt
    ask '_ + 1'
    is 43
  }
  both_terminals interrupts
}

@test "explain: what a query opens, and what each step drops" {
  explains() {
    ask 'procs:where"swap > 0":sort"-pss":explain()'
    fits 80
    has 'where swap > 0'
    has 'smaps_rollup'
    ask ':explain dry procs:where"swap > 0"'
    fits 80
    has 'status'
  }
  both_terminals explains
}

@test "growth and describe()" {
  grows() {
    ask 'before = procs()'
    ask '(procs() - before):where"pid == 901":show"pid comm status rss"'
    is 'pid  comm      status  rss' '901  postgres  same      0' '(1 row)'
    ask 'procs:show"swap":describe()'
    fits 80
    has 'swap '
  }
  both_terminals grows
}

@test "one's own: fields, verbs, init.lua" {
  mkdir -p "$HOME/.config/memsh"
  echo 'define("own_mb", "rss / M", "resident, in MiB")
    verb("biggest", function(set, n) return set:sort"-rss":top(n or 5) end, "biggest([N])", "the N biggest")' \
    >"$HOME/.config/memsh/init.lua"
  owns() {
    ask 'procs:biggest(1):show"comm own_mb"'
    is 'comm      own_mb' 'postgres   75.09' '(1 row)'
    ask ':help biggest'
    has 'the N biggest'
    ask 'own_mb?'
    has 'resident, in MiB'
    fits 80
  }
  both_terminals owns
}

@test "watching: in place on a terminal, one below the other where it cannot move; Ctrl-C ends it" {
  watches() {
    type ':watch 0.2 procs:top(1):show"pid comm"'
    keys Enter
    wait_for 'systemd'
    keys C-c
    wait_for '_ has the last answer'
    wait_for_prompt
    ask '6 * 7'
    has 42
  }
  both_terminals watches
}

@test "a shell completes memsh's command line, on either terminal" {
  mkdir bin
  ln -s "$MEMSH" bin/memsh
  for terminal in screen dumb; do
    open_terminal 80 24 TERM=$terminal PATH="$PWD/bin:$PATH" PS1='memsh> ' \
      bash --noprofile --rcfile "$MEMSH_ROOT/src/shell/completion/memsh.bash" -i
    type "PS1='memsh''> '"
    keys Enter
    wait_for 'memsh> '
    type 'memsh --col'
    keys Tab
    wait_for 'memsh --color'
    keys C-u
    ask 'memsh -e "6 * 7"'
    has 42
  done
}

@test "questions: one from :examples, pasted" {
  pastes() {
    ask ':examples user'
    has 'procs:by"user":sum"rss swap pss":sort"-pss"'
    ask '-- memory by user'
    is ''
    ask 'procs:by"user":sum"rss swap pss":sort"-pss"'
    is 'user      n    rss  swap    pss' \
      'postgres  1  75.1M    3M  38.2M' \
      'bob       1  17.6M  832K  15.9M' \
      'root      2   2.6M     0   642K' \
      '4242      1   1.3M     0   346K' \
      'www-data  1   1.3M    4K   292K' \
      'alice     2      ?     ?      ?' \
      '(6 rows)'
  }
  both_terminals pastes
}
