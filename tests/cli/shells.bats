# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Completion in bash and zsh, and memsh's names for editors and luacheck: all of it comes from memsh itself.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  completion=$MEMSH_ROOT/src/shell/completion
  mkdir -p reports
  export XDG_DATA_HOME=$PWD/share
  mkdir -p share/memsh/reports
  cat >share/memsh/reports/mine.lua <<'LUA'
-- memsh mine: what is mine
local opt = report{
  summary = "what is mine",
  options = {{"k", "kind", values = {"heap", "stack"}, help = "of that kind"}, {"v", "verbose", help = "says more"}},
  args = {{"pid", type = "pid", many = true, optional = true}},
}
print(opt.kind)
LUA
}

complete() { "$MEMSH" --complete -- "$@"; }

words() { complete "$@" | cut -f1; }

@test "memsh --complete: every option there is, with what it does" {
  complete - >out
  while read -r option; do
    grep -qE "^$option"$'\t.' out || { echo "$option is not offered"; false; }
  done < <("$MEMSH" --help | sed -nE 's/^  (-.,)? *(--[a-z-]+).*/\2/p')
  [ "$(wc -l <out)" -ge 16 ]
  [ "$(words --form)" = --format ]
}

@test "what an option takes: words, files, directories" {
  [ "$(words -f js | xargs)" = "json jsonl" ]
  [ "$(words -bf js | xargs)" = "json jsonl" ]
  [ "$(words --format js | xargs)" = "json jsonl" ]
  [ "$(words --format=js | xargs)" = "--format=json --format=jsonl" ]
  [ "$(complete -o '')" = $'\tfiles' ]
  [ "$(complete -s '')" = $'\tdirectories' ]
  [ -z "$(complete -e '')" ]
  # What is offered is what is taken.
  for mode in $(words -f ''); do "$MEMSH" -f "$mode" -e 1 >/dev/null; done
  for mode in $(words --fields=); do "$MEMSH" "$mode" >/dev/null; done
}

@test "reports with what they tell, their options, values and arguments" {
  [ "$(complete mi)" = $'mine\twhat is mine\n\tfiles lua' ]
  [ "$(words -b mi | head -n 1)" = mine ]
  [ "$(complete mine -)" = $'--kind\tof that kind\n--verbose\tsays more\n--help\tthis text' ]
  [ "$(complete -f json mine --ki)" = $'--kind\tof that kind' ]
  [ "$(words mine -k '' | xargs)" = "heap stack" ]
  [ "$(words mine --kind=he)" = --kind=heap ]
  complete mine $$ | grep -qx "$$"$'\t.*'
  complete mine 1 $$ | grep -qx "$$"$'\t.*'
  [ -z "$(complete mine -- -)" ]
  [ "$(complete ./mine.lua '')" = $'\tfiles' ]
  [ "$(complete -e 1 '')" = $'\tfiles' ]
  [ "$(complete no_such_report '')" = $'\tfiles' ]
}

@test "names that a terminal would obey are escaped" {
  printf -- '-- memsh bad: \033]0;owned\007\n' >share/memsh/reports/bad.lua
  printf -- '-- memsh x: y\n' >"share/memsh/reports/"$'es\033c.lua'
  complete '' | LC_ALL=C grep -q '[[:cntrl:]]' && ! complete '' | tr -d '\t' | LC_ALL=C grep -q '[[:cntrl:]]'
  complete bad | grep -qF '\x1b]0;owned\x07'
}

# in_bash LINE: what completion makes of it, sorted.
in_bash() {
  cat >complete.bash <<'BASH'
source "$1"
memsh() { :; }
line=$2
eval "COMP_WORDS=($line)"
[[ $line != *' ' ]] || COMP_WORDS+=("")
COMP_WORDS=("${COMP_WORDS[@]}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_TYPE=${3:-9} COLUMNS=80
compopt() { :; }
_memsh "$MEMSH" "${COMP_WORDS[-1]}" ""
printf '%s\n' "${COMPREPLY[@]}"
BASH
  bash complete.bash "$completion/memsh.bash" "$@" | sort
}

@test "bash: the function" {
  touch one.lua two.txt
  [ "$(in_bash 'memsh -f js' | xargs)" = "json jsonl" ]
  [ "$(in_bash 'memsh --format = js' | xargs)" = "json jsonl" ]
  [ "$(in_bash 'memsh --format = ' | xargs)" = "csv json jsonl md openmetrics prom sqlite table tsv vertical" ]
  [ "$(in_bash 'memsh --vers')" = --version ]
  [ "$(in_bash 'memsh on')" = one.lua ]
  [ "$(in_bash 'memsh -o t')" = two.txt ]
  [ "$(in_bash 'memsh -s rep')" = reports ]
  [ "$(in_bash 'memsh mine --k')" = --kind ]
  [[ "$(in_bash 'memsh mine -' 63)" == *"--kind     (of that kind)  "* ]]
}

@test "bash: a real one, TAB pressed" {
  cat >talk.exp <<'TCL'
set timeout 20
proc see {text} { expect -ex $text {} timeout { puts "NOT SEEN: $text"; exit 1 } }
set stty_init "columns 80 rows 24"
spawn -noecho bash --norc --noprofile -i
send "PS1='sh> '; bind 'set enable-bracketed-paste off'; PATH=[file dirname $env(MEMSH)]:\$PATH; source $env(completion)/memsh.bash\r"
see "memsh.bash\r"
see "sh> "
send "memsh --vers\t"
see "memsh --version "
send "\025memsh -f js\t\t\t"
see "json   jsonl"
see "memsh -f json"
send "\025memsh --format=cs\t"
see "--format=csv "
send "\025memsh min\t-k he\t"
see "memsh mine -k heap "
send "\025memsh mine --\t\t"
see "--kind     (of that kind)"
see "--verbose  (says more)"
see "--help     (this text)"
see "memsh mine --"
send "\025exit\r"
expect eof
TCL
  export completion
  run expect talk.exp
  echo "$output" | tr -d '\0'
  [ "$status" = 0 ]
}

@test "zsh: a real one, TAB pressed" {
  command -v zsh >/dev/null || skip "there is no zsh"
  cat >talk.exp <<'TCL'
set timeout 30
proc see {text} { expect -ex $text {} timeout { puts "NOT SEEN: $text"; exit 1 } }
set stty_init "columns 80 rows 24"
set env(TERM) vt100
spawn -noecho zsh -f -i
send "PS1='sh> '; path=([file dirname $env(MEMSH)] \$path); fpath=($env(completion) \$fpath); autoload -U compinit; compinit -u -d ./dump; echo rea''dy\r"
see "ready"
see "sh> "
send "memsh --vers\t"
see "memsh --version"
send "\025memsh --format=cs\t"
see "csv"
send "\025memsh min\t-k he\t"
see "heap"
send "\025memsh mine --\t"
see "of that kind"
see "says more"
send "\025exit\r"
expect eof
TCL
  export completion
  run expect talk.exp
  echo "$output" | tr -d '\0'
  [ "$status" = 0 ]
}

@test "definitions for editors: Lua that names every field, verb, method and global, with its meaning" {
  "$MEMSH" --definitions >memsh.lua
  "$MEMSH" --definitions=luacats | cmp - memsh.lua
  head -n 1 memsh.lua | grep -qx -- '---@meta'
  lua5.4 -e 'assert(loadfile "memsh.lua", "t")'
  luac=$(lua5.4 -e 'dofile "memsh.lua" print(type(proc), K == nil)')
  [ "$luac" = $'function\ttrue' ]
  "$MEMSH" --fields=json >fields.json
  python3 - <<'PY'
import json, re
classes = {"procs": "Process", "maps": "Mapping", "cgroups": "Cgroup", "sys": "System"}
text = open("memsh.lua").read()
bodies = {m[1]: m[2] for m in re.finditer(r"---@class memsh\.(\w+)\n((?:---@.*\n)*)", text)}
fields = json.load(open("fields.json"))
assert len(fields) > 150
for field in fields:
    meaning = field.get("alias_of") and "the same as " + field["alias_of"] or field["meaning"]
    line = re.search(rf"^---@field {field['name']} (\S+) (.*)$", bodies[classes[field["kind"]]], re.M)
    assert line, field
    assert line[2].startswith(meaning), (line[2], meaning)
    if field["type"] in ("bytes", "count"):
        assert line[1] == "integer", field
PY
  "$MEMSH" -e 'for name in pairs(require("memsh.catalogue.entries").rowset) do print(name) end' | while read -r verb; do
    for set in RowSet ProcessSet MappingSet; do grep -q "^function $set:$verb(" memsh.lua; done
  done
  "$MEMSH" -e 'for _, name in ipairs(require("memsh.prompt").globals) do print(name) end' | while read -r name; do
    grep -qE "^(function $name\(|$name = )" memsh.lua || { echo "$name is missing"; false; }
  done
  grep -A4 -F 'function ProcessSet:first()' -B1 memsh.lua | grep -qF -- '---@return memsh.Process?'
}

@test "luacheck takes memsh's globals from memsh: every report that ships is clean" {
  command -v luacheck >/dev/null || skip "there is no luacheck"
  "$MEMSH" --definitions=luacheck >std.lua
  printf 'stds.memsh = dofile "%s/std.lua"\nstd = "lua54+memsh"\nmax_line_length = 120\n' "$PWD" >.luacheckrc
  luacheck -q --config .luacheckrc "$MEMSH_ROOT"/scripts/*.lua
  echo 'print(procs:count(), prcos)' >slip.lua
  run -1 luacheck --config .luacheckrc slip.lua
  [[ "$output" == *prcos* && "$output" != *"variable procs"* ]]
}

@test "all of it is installed in the usual places" {
  cmake --install "$(dirname "$MEMSH")" --prefix "$PWD/usr" >install.log 2>&1 || { cat install.log; false; }
  cmp usr/share/bash-completion/completions/memsh "$completion/memsh.bash"
  cmp usr/share/zsh/site-functions/_memsh "$completion/_memsh"
  "$MEMSH" --definitions | cmp - usr/share/memsh/library/memsh.lua
  "$MEMSH" --definitions=luacheck | cmp - usr/share/memsh/luacheck-std.lua
  # A tree that is moved finds its own reports.
  mv usr moved
  run "$PWD/moved/bin/memsh" --list
  [ "$status" = 0 ]
  [[ "$output" == *"  swap "* ]]
}

@test "did you mean: options, words that they take, reports" {
  run -2 --separate-stderr "$MEMSH" --fromat json
  [[ "$stderr" == "memsh: no option --fromat; did you mean --format?"* ]]
  run -2 --separate-stderr "$MEMSH" --sorce=/proc
  [[ "$stderr" == "memsh: no option --sorce; did you mean --source?"* ]]
  run -2 --separate-stderr "$MEMSH" -f jsno
  [[ "$stderr" == "memsh: --format has no 'jsno'; did you mean 'json'?"* ]]
  run -2 --separate-stderr "$MEMSH" --debug labls
  [[ "$stderr" == *"did you mean 'labels'?"* ]]
  run -2 --separate-stderr "$MEMSH" -f surely_not
  [[ "$stderr" == "memsh: --format has no 'surely_not': there are table vertical csv tsv json jsonl md"* ]]
  run -2 --separate-stderr "$MEMSH" mien
  [[ "$stderr" == "memsh: no report named mien; did you mean mine?"* ]]
}
