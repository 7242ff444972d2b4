#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What memsh prints of itself is also in src/procfs/table/fields.md and scripts/README.md, between two markers.
#
#   sh tests/readme.sh MEMSH           checks that it is up to date
#   sh tests/readme.sh MEMSH --write   writes it
set -eu
memsh=${1:?usage: readme.sh MEMSH [--write]}
write=${2:-}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# chapter NAME FILE: puts standard input between the markers of that name
chapter() {
  cat >"$work/$1"
  awk -v name="$1" -v made="$work/$1" '
    $0 == "<!-- end of " name " -->" { inside = 0 }
    !inside
    $0 == "<!-- " name " -->" {
      inside = 1
      print ""
      while ((getline line < made) > 0) print line
      print ""
    }' "$root/$2" >"$work/new.md"
  if [ "$write" = --write ]; then
    cat "$work/new.md" >"$root/$2"
  else
    diff -u "$root/$2" "$work/new.md" || {
      echo "$2: the $1 are out of date; run sh tests/readme.sh MEMSH --write" >&2
      exit 1
    }
  fi
}

"$memsh" --fields=md >"$work/out"
chapter fields src/procfs/table/fields.md <"$work/out"
# Backquotes are Markdown's, and not the shell's.
# shellcheck disable=SC2016
HOME='' "$memsh" -f tsv --reports "$root/scripts" -e 'require("memsh.reports.report").rows():show"name, summary"' >"$work/out"
# shellcheck disable=SC2016
sed 's/|/\\|/g; s/^\([^\t]*\)\t\(.*\)$/| `\1` | \2 |/; 1s/.*/| report | what it shows |\n|---|---|/' "$work/out" |
  chapter reports scripts/README.md
