# SPDX-License-Identifier: GPL-3.0-or-later
# What src/README.md says of the house, as far as no compiler sees to it.

setup() {
  cd "$MEMSH_ROOT" || exit 1
}

# Our own files, with or without git.
own_files() {
  find . -name '.git' -prune -o -name 'build*' -prune -o -name .cache -prune -o -path ./tests/fixtures -prune -o \
    -path ./tests/fuzz/corpus -prune -o -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.lua' -o -name '*.sh' \
    -o -name '*.bats' -o -name '*.bash' -o -name '*.cmake' -o -name CMakeLists.txt \) -print
}

none() {
  if [ -n "$1" ]; then
    printf '%s\n' "$1"
    return 1
  fi
}

@test "every file says its licence in its first lines" {
  none "$(own_files | while read -r file; do
    head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$file"
  done)"
}

@test "files stay below 500 lines" {
  none "$(own_files | while read -r file; do
    [ "$(wc -l <"$file")" -lt 500 ] || echo "$file"
  done)"
}

@test "the Lua side uses no io, os, debug and requires only memsh's modules" {
  none "$(grep -rnE '(^|[^.[:alnum:]_"])(io|os|debug)\.[a-z]+ *[[({"]' lua/ | grep -vE '^[^:]*:[0-9]+: *--')"
  none "$(grep -rnoE "require *\(? *[\"'][^\"']+[\"']" lua/ | grep -vE "[\"']memsh(\.[a-z_.]+)?[\"']")"
}

@test "procfs, output and base neither print, nor exit, nor know Lua" {
  none "$(grep -rnE '#include [<"](lua|lauxlib|lualib)' src/base src/procfs src/output)"
  none "$(grep -rnE '(^|[^a-z_])(printf|puts|putchar|exit|_exit|abort) *\(' src/base src/procfs | grep -v ' //')"
}

@test "readline is in the shell only, and only bind sees Lua and procfs" {
  none "$(grep -rlE '#include <readline/' src | grep -v '^src/shell/')"
  none "$(grep -rnE '#include "(source|process|mapping|reader|system|field)\.h"' src/shell src/output)"
}

@test "lengthy functions have their reason" {
  none "$(find src -name '*.c' | while read -r file; do
    awk -v file="$file" '/^[a-z].*\)$/ { name = $0 } /^\{/ { start = NR } /^\}/ && start {
      if (NR - start > 61) print file ": " name ": " NR - start - 1 " lines"; start = 0 }' "$file"
  done)"
}
