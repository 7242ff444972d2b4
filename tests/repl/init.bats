# SPDX-License-Identifier: GPL-3.0-or-later
# init.lua: at each prompt, nowhere else, and only if nobody else could have written it.
# beside others

load repl

init() {
  mkdir -p "$HOME/.config/memsh"
  printf '%s\n' "$1" >"$HOME/.config/memsh/init.lua"
  file=$HOME/.config/memsh/init.lua
}

# refused TEXT...: the prompt comes, the file was not run, and a line says TEXT.
refused() {
  # shellcheck disable=SC2016 # Tcl's variable
  talk < <(
    echo 'spawn -noecho $env(MEMSH)'
    for text in "$@"; do printf 'see {%s}\n' "$text"; done
    printf 'prompt\nanswers "tostring(ran)" "nil"\nanswers "6 * 7" "42"\n'
  )
  [ "$(grep -c 'is not run' <<<"$output")" = 1 ]
}

@test "it runs before the first prompt, in XDG_CONFIG_HOME or ~/.config" {
  init 'ran = "from home"'
  talk <<'TCL'
start
answers "ran" "from home"
TCL
  mkdir -p xdg/memsh
  echo 'ran = "from xdg"' >xdg/memsh/init.lua
  XDG_CONFIG_HOME=$PWD/xdg talk <<'TCL'
start
answers "ran" "from xdg"
TCL
  XDG_CONFIG_HOME=xdg talk <<'TCL'
start
answers "ran" "from home"
TCL
}

@test "scripts, one-liners, reports and pipes do not see it" {
  init 'ran = true'
  echo 'print(ran)' >s.lua
  mkdir -p "$HOME/.local/share/memsh/reports"
  cp s.lua "$HOME/.local/share/memsh/reports/mine.lua"
  [ "$("$MEMSH" s.lua)" = nil ]
  [ "$("$MEMSH" mine)" = nil ]
  [ "$("$MEMSH" -e 'print(ran)')" = nil ]
  [ "$(echo 'print(ran)' | "$MEMSH")" = nil ]
  talk <<'TCL'
spawn -noecho $env(MEMSH) -i s.lua
see_all {"nil" "memsh> "}
answers "ran" "true"
TCL
}

@test "never from the current directory" {
  mkdir -p memsh .config/memsh
  for place in init.lua memsh/init.lua .config/memsh/init.lua .memshrc; do echo 'ran = true' >"$place"; done
  talk <<'TCL'
start
answers "tostring(ran)" "nil"
TCL
  for home in . '' relative; do
    HOME=$home XDG_CONFIG_HOME=. talk <<'TCL'
start
answers "tostring(ran)" "nil"
TCL
  done
}

@test "an error in it is told, with its place; the prompt comes all the same" {
  init $'made = 1\nlocal x = nothing.here'
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see "init.lua:2: attempt to index a nil value"
prompt
answers "made" "1"
TCL
  init 'made = = 1'
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see "init.lua:1: unexpected symbol near '='"
prompt
answers "6 * 7" "42"
TCL
  init 'while true do end'
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see "completes"
after 300
interrupt
see_all {"interrupted" "memsh> "}
answers "6 * 7" "42"
TCL
  printf '\033Lua' >"$file"
  talk <<'TCL'
spawn -noecho $env(MEMSH)
see "binary chunk"
prompt
answers "6 * 7" "42"
TCL
}

@test "what others can write is refused, and the line says what and why" {
  init 'ran = true'
  chmod 664 "$file"
  refused "init.lua is not run: others can write it (chmod go-w)"
  chmod 646 "$file"
  refused "init.lua is not run" "writ" # in the words of reports where root asks
  rm "$file"
  mkdir "$file"
  refused "init.lua is not run: it is no file"
  rmdir "$file"
  mkfifo "$file"
  refused "init.lua is not run: it is no file"
  rm "$file"
  dd if=/dev/zero of="$file" bs=1M count=2 status=none
  refused "init.lua is not run: it is larger than 1 MiB"
  rm "$file"
  ln -s nowhere "$file"
  refused "init.lua is not run" "No such file or directory"
}

@test "root: no directory on the way may be anybody else's to write, links included" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  init 'ran = true'
  chmod 777 "$HOME/.config"
  refused "init.lua is not run as root: $HOME/.config can be written by anybody"
  chmod 755 "$HOME/.config"
  chown 12345 "$HOME/.config/memsh"
  refused "init.lua is not run as root: $HOME/.config/memsh is somebody else's"
  chown 0 "$HOME/.config/memsh"
  chown 12345 "$file"
  refused "init.lua is not run as root: $file is somebody else's"
  chown 0 "$file"
  # An ACL that lets somebody write, of a directory and of the file itself; what its mask takes away is nothing.
  grant() { # PATH RIGHTS-OF-12345 MASK
    python3 - "$@" <<'PY' || skip "the filesystem has no ACLs"
import os, struct, sys
none = 0xffffffff
entries = [(1, 7, none), (2, int(sys.argv[2]), 12345), (4, 5, none), (16, int(sys.argv[3]), none), (32, 5, none)]
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))
PY
  }
  for place in "$HOME" "$HOME/.config" "$HOME/.config/memsh"; do
    grant "$place" 7 7
    refused "init.lua is not run as root: $place can be written by others, its ACL says"
    grant "$place" 5 7
    talk <<'TCL'
start
answers "ran" "true"
TCL
    chmod 755 "$place"
  done
  # A link that leads into a directory of others.
  mkdir -m 777 open
  cp "$file" open/init.lua
  rm "$file"
  ln -s "$PWD/open/init.lua" "$file"
  refused "init.lua is not run as root: $PWD/open can be written by anybody"
  rm "$file"
  echo 'ran = "by a link"' >mine.lua
  ln -s "$PWD/mine.lua" "$file"
  talk <<'TCL'
start
answers "ran" "by a link"
TCL
}

@test "sudo with somebody else's HOME: not run" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  init 'ran = true'
  chown 12345 "$HOME"
  refused "init.lua is not run: HOME is somebody else's"
  rm -rf "$HOME/.config"
  talk <<'TCL'
start
if {[string first "is not run" $seen] >= 0} { fail "told of a file that is not there" }
TCL
}

@test "a user's own file runs for the user; root's does, another user's does not" {
  [ "$(id -u)" = 0 ] || skip "needs root to become somebody"
  init 'ran = "for " .. os.getenv "HOME"'
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
  user=65534
  as_user() {
    cat >as-user.sh <<SH
exec setpriv --reuid=$user --regid=$user --clear-groups "$MEMSH"
SH
    chmod 755 as-user.sh
  }
  as_user
  setpriv --reuid=$user --regid=$user --clear-groups test -x "$MEMSH" || skip "others may not run memsh here"
  setpriv --reuid=$user --regid=$user --clear-groups test -r "$file" || skip "others may not come here"
  chown -R $user "$HOME"
  talk <<'TCL'
spawn -noecho sh as-user.sh
prompt
answers "ran" "for "
TCL
  chown 0 "$file"
  talk <<'TCL'
spawn -noecho sh as-user.sh
prompt
answers "ran" "for "
TCL
  chown 12345 "$file"
  talk <<'TCL'
spawn -noecho sh as-user.sh
see "init.lua is not run: it is somebody else's"
prompt
answers "tostring(ran)" "nil"
TCL
}

@test "verbs and fields of one's own: help, completion, a colon, in scripts, too" {
  init 'define("mb", "rss / M", "resident, in MiB")
verb("biggest", function(set, n) return set:sort"-rss":top(n or 5) end, "biggest([N])", "the N rows with the most rss")'
  talk <<'TCL'
start -s $env(MEMSH_FIXTURES)/full
type "procs:big\t"
see "gest("
cancel
type "procs:show\"m\t\t"
see "mb  "
cancel
answers "procs:biggest(1):show\"pid\"" "901"
answers ":biggest(1)" "901"
answers ":help biggest" ":biggest(\[N\])\n  the N rows with the most rss"
answers "procs:bigest(1)" "did you mean ':biggest'?"
answers "procs.biggest(1)" "biggest comes after a colon, as in procs:biggest(\[N\])"
answers ":desc mb" "resident, in MiB"
TCL
  run "$MEMSH" -s "$MEMSH_FIXTURES/full" -e "$(cat "$file")" -e 'procs:biggest(1):show"pid":count()'
  [ "$output" = 1 ]
}

# What it finds loaded is what the first prompt had to wait for.
@test "what reads entries, completes and runs them is loaded after the first prompt" {
  init 'local list = {}
    for name in pairs(package.loaded) do list[#list + 1] = name:match "^memsh%.prompt%.(.+)" end
    table.sort(list)
    early = table.concat(list, " ")'
  talk <<'TCL'
start
answers "early" "banner where"
TCL
}
