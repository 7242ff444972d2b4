# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What tables show for people, where data formats stay exact.

setup() {
  bats_require_minimum_version 1.5.0
}

ask() {
  "$MEMSH" -s "$MEMSH_FIXTURES/full" "$@"
}

@test "groups without a name have one in tables, and are empty in data" {
  run ask -e 'maps:by"path":sum"rss":where"path == \"\""'
  [[ "${lines[1]}" =~ ^\(anonymous\)\ +43\ +6\ +9711616$ ]] || { echo "$output"; false; }
  run ask -e 'maps:by"where=basename(path)":sum"rss":sort"-rss":show"where, rss"' -e 'procs:by"unit":count()'
  [[ "$output" == *"(anonymous)"*"(none)"* ]]
  for format in csv tsv json jsonl md; do
    run ask -f "$format" -e 'maps:by"path":sum"rss"' -e 'procs:by"unit, container":count()' -e 'procs:show"pid unit"'
    [ "$status" = 0 ]
    [[ "$output" != *"(none)"* && "$output" != *"(anonymous)"* ]]
  done
}

@test "processes without unit or container say so in tables" {
  run ask -e 'procs:where"pid == 1200":show"pid, unit, container, where=unit"'
  [[ "${lines[1]}" =~ ^1200\ +\(none\)\ +\(none\)\ +\(none\)$ ]] || { echo "$output"; false; }
}

@test "a command line that nobody asked for is short; one that was asked for is whole" {
  run ask -e 'procs:where"pid <= 412 and cmdline ~= \"\""'
  [[ "${lines[1]}" == *" init "* ]]
  [[ "${lines[2]}" == *" nginx: master process /usr/sbin/nginx -g daemon on; maste... "* ]] || { echo "$output"; false; }
  run ask -e 'procs:where"pid <= 412":show"cmdline"'
  [ "${lines[1]}" = /sbin/init ]
  [ "${lines[2]}" = "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;" ]
  run ask -f csv -e 'procs:where"pid == 1 and cmdline ~= \"\""'
  [[ "$output" == *",/sbin/init,"* ]]
}

# Runs memsh on a terminal of 200 columns.
on_terminal() {
  python3 - "$@" <<'PY'
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
    os.environ["TERM"] = "xterm"
    os.execv(os.environ["MEMSH"], ["memsh", "-s", os.environ["MEMSH_FIXTURES"] + "/full", *sys.argv[1:]])
data = b""
try:
    while chunk := os.read(fd, 65536):
        data += chunk
except OSError:
    pass
os.waitpid(pid, 0)
sys.stdout.write(data.decode().replace("\r\n", "\n"))
PY
}

@test "top without sort says once, at a terminal, of which order these are the first" {
  run on_terminal -e 'procs:top(3)' -e 'procs:top(2)'
  [ "$(grep -c 'these are the first' <<<"$output")" = 1 ] || { echo "$output"; false; }
  [[ "$output" == *'memsh: these are the first 3 by pid; sort first: sort"-rss":top(3)'* ]]
  run on_terminal -e 'procs:by"user":sum"rss":top(2)'
  [[ "$output" == *'these are the first 2 as they were met; sort first: sort"-rss":top(2)'* ]]
  for question in 'procs:sort"-rss":top(3)' 'procs:top(1)' 'procs:top(100)' 'procs:where"pid > 1"'; do
    run on_terminal -e "$question"
    [[ "$output" != *"these are"* ]] || { echo "$output"; false; }
  done
  run on_terminal -f csv -e 'procs:top(3)'
  [[ "$output" != *"these are"* ]]
  run ask -e 'procs:top(3)'
  [[ "$output" != *"these are"* ]]
}
