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

@test "files stay below 700 lines" {
  none "$(own_files | while read -r file; do
    [ "$(wc -l <"$file")" -lt 700 ] || echo "$file"
  done)"
}

@test "the Lua side uses no io, os, debug and requires only memsh's modules" {
  none "$(grep -rnE '(^|[^.[:alnum:]_"])(io|os|debug)\.[a-z]+ *[[({"]' lua/ | grep -vE '^[^:]*:[0-9]+: *--')"
  none "$(grep -rnoE "require *\(? *[\"'][^\"']+[\"']" lua/ | grep -vE "[\"']memsh(\.[a-z_.]+)?[\"']")"
}

@test "rooms of lua/memsh require only themselves and the rooms above them" {
  python3 - <<'PY'
import pathlib, re, sys
rooms = re.findall(r"^\| `(\w+)/` \|", pathlib.Path("lua/README.md").read_text(), re.M)
top, wrong = pathlib.Path("lua/memsh"), []
folders = {path.name for path in top.iterdir() if path.is_dir()}
if folders != set(rooms):
    wrong.append(f"lua/README.md and the folders differ: {sorted(folders ^ set(rooms))}")
for path in sorted(top.glob("*/**/*.lua")):
    room = path.relative_to(top).parts[0]
    text = path.read_text()
    for name in re.findall(r"""(?:require|lazy)\W{0,2}\(?\s*["']memsh(?:\.([\w.]+))?["']""", text):
        if name in ("core", "options", "prompt"):
            continue
        if not name:
            if room not in ("reports", "prompt") and path.name != "upward.lua":
                wrong.append(f"{path}: requires the front door")
        elif not (top / (name.replace(".", "/") + ".lua")).exists():
            wrong.append(f"{path}: there is no {name}")
        elif name.split(".")[0] not in rooms or rooms.index(name.split(".")[0]) > rooms.index(room):
            wrong.append(f"{path}: {name} is in a room below")
print(*wrong, sep="\n")
sys.exit(bool(wrong))
PY
}

@test "includes name their room, and rooms of procfs include only themselves and the rooms before them" {
  python3 - <<'PY'
import pathlib, re, sys
build = pathlib.Path("src/CMakeLists.txt").read_text()
rooms = re.search(r"foreach\(room ([\w ]+)\)", build).group(1).split()
src, wrong = pathlib.Path("src"), []
folders = {path.name for path in (src / "procfs").iterdir() if path.is_dir()}
if folders != set(rooms):
    wrong.append(f"src/CMakeLists.txt and the folders differ: {sorted(folders ^ set(rooms))}")
for path in sorted(src.glob("**/*.[ch]")):
    for header in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
        room = header.split("/")[0]
        if "/" not in header:
            wrong.append(f"{path}: {header} does not name its room")
        elif path.parts[1] == "procfs" and room != "base" and rooms.index(room) > rooms.index(path.parts[2]):
            wrong.append(f"{path}: {header} is in a room after its own")
print(*wrong, sep="\n")
sys.exit(bool(wrong))
PY
}

@test "procfs, output and base neither print, nor exit, nor know Lua" {
  none "$(grep -rnE '#include [<"](lua|lauxlib|lualib)' src/base src/procfs src/output)"
  none "$(grep -rnE '(^|[^a-z_])(printf|puts|putchar|exit|_exit|abort) *\(' src/base src/procfs | grep -v ' //')"
}

@test "readline is in the shell only, and only bind sees Lua and procfs" {
  none "$(grep -rlE '#include <readline/' src | grep -v '^src/shell/')"
  none "$(grep -rnE '#include "(table|source|parse|system|mappings|process|reader|pages)/' src/shell src/output)"
}

@test "lengthy functions have their reason" {
  none "$(find src -name '*.c' | while read -r file; do
    awk -v file="$file" '/^[a-z].*\)$/ { name = $0 } /^\{/ { start = NR } /^\}/ && start {
      if (NR - start > 61) print file ": " name ": " NR - start - 1 " lines"; start = 0 }' "$file"
  done)"
}

@test "no text advises file capabilities but the one that looks, of memsh-restricted" {
  none "$(grep -rniE 'cap_[a-z_]+[+=]e?i?p' README.md scripts lua src --include='*.md' --include='*.lua' --include='*.sh' |
    grep -v 'cap_perfmon=p')"
  [ "$(grep -E '^(Ambient|CapabilityBounding)' scripts/systemd/memsh-audit@.service)" = \
    $'AmbientCapabilities=CAP_PERFMON\nCapabilityBoundingSet=CAP_PERFMON' ]
}
