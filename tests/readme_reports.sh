#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The list in scripts/README.md, between two markers, is what memsh --list says.
#
#   sh tests/readme_reports.sh MEMSH           says whether it is so
#   sh tests/readme_reports.sh MEMSH --write   puts it there
set -eu
memsh=${1:?usage: readme_reports.sh MEMSH [--write]}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016
HOME='' "$memsh" -f tsv --reports "$root/scripts" -e 'require("memsh.report").rows():show"name, summary"' |
  sed 's/|/\\|/g; s/^\([^\t]*\)\t\(.*\)$/| `\1` | \2 |/; 1s/.*/| report | what it tells |\n|---|---|/' >"$work/list"
awk -v list="$work/list" '
  /^<!-- end of reports -->$/ { inside = 0 }
  !inside
  /^<!-- reports -->$/ {
    inside = 1
    print ""
    while ((getline line < list) > 0) print line
    print ""
  }' "$root/scripts/README.md" >"$work/README.md"
if [ "${2:-}" = --write ]; then
  cat "$work/README.md" >"$root/scripts/README.md"
else
  diff -u "$root/scripts/README.md" "$work/README.md" || {
    echo "The reports of scripts/README.md are not those there are: sh tests/readme_reports.sh MEMSH --write" >&2
    exit 1
  }
fi
