#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The chapter of the README on fields, between two markers, is what memsh prints.
#
#   sh tests/readme_fields.sh MEMSH           says whether it is so
#   sh tests/readme_fields.sh MEMSH --write   puts it there
set -eu
memsh=${1:?usage: readme_fields.sh MEMSH [--write]}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$memsh" --fields=md >"$work/fields"
awk -v fields="$work/fields" '
  /^<!-- end of fields -->$/ { inside = 0 }
  !inside
  /^<!-- fields -->$/ {
    inside = 1
    print ""
    while ((getline line < fields) > 0) print line
    print ""
  }' "$root/README.md" >"$work/README.md"
if [ "${2:-}" = --write ]; then
  cat "$work/README.md" >"$root/README.md"
else
  diff -u "$root/README.md" "$work/README.md" || {
    echo "The README's fields are not memsh's: sh tests/readme_fields.sh MEMSH --write" >&2
    exit 1
  }
fi
