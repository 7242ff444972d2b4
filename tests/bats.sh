#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# sh tests/bats.sh FILE.bats: runs it for ctest, which hides what a passing test prints: reasons for skipping
# are kept in $MEMSH_SKIPPED for run.sh to show. Exit 77 if every test in the file was skipped.
set -u
log=$(mktemp) || exit 1
bats --tap --print-output-on-failure "$1" >"$log" 2>&1
status=$?
cat "$log"
name=$(basename "$(dirname "$1")")/$(basename "$1" .bats)
sed -n "s|^ok [0-9]* \(.*\) # skip *\(.*\)|$name: \1: \2|p" "$log" >>"${MEMSH_SKIPPED:-/dev/null}"
if [ "$status" = 0 ] && ! grep '^ok ' "$log" | grep -qv '# skip'; then
  status=77
fi
rm -f "$log"
exit "$status"
