# SPDX-License-Identifier: GPL-3.0-or-later
# The README names every report that ships, and none that does not.

@test "README.md names every report, and no other" {
  # shellcheck disable=SC2016
  diff <(sed -n '/^## Reports/,/^## /p' "$MEMSH_ROOT/README.md" | grep '^- ' | sed 's/^- [^`]*`//; s/`.*//; s/.*bugreport.*/bugreport/' |
    tr ' ' '\n' | sort) <(cd "$MEMSH_ROOT/scripts" && printf '%s\n' *.lua | sed 's/\.lua$//' | sort)
}

# Or the module that has it.
@test "a report shows its query in the first screen" {
  for file in "$MEMSH_ROOT"/scripts/*.lua; do
    awk 'NR > 48 { long = 1 } /procs|maps|cgroups|reconcile|selfcheck|proc\(|require.*memsh\.(analysis|query|reports)\./ && NR <= 26 { found = 1 }
      END { exit !found || long }' "$file" || {
      echo "$file"
      return 1
    }
  done
}
