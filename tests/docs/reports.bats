# SPDX-License-Identifier: GPL-3.0-or-later
# The README's table of reports is the list of reports.

@test "README.md has every report that ships, with the line of --list" {
  # shellcheck disable=SC2016
  diff <(sed -n '/^## Reports/,/^## /s/^| `\([a-z_]*\)` | \(.*\) |$/\1 \2/p' "$MEMSH_ROOT/README.md") \
    <("$MEMSH" --reports "$MEMSH_ROOT/scripts" --list | sed -n 's/^  \([a-z_][a-z_]*\)  *\(.*\)$/\1 \2/p')
}

@test "a report shows its query in the first screen" {
  for file in "$MEMSH_ROOT"/scripts/*.lua; do
    awk 'NR > 48 { long = 1 } /procs|maps|cgroups|reconcile|selfcheck|proc\(/ && NR <= 24 { found = 1 }
      END { exit !found || long }' "$file" || {
      echo "$file"
      return 1
    }
  done
}
