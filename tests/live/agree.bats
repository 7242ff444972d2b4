# SPDX-License-Identifier: GPL-3.0-or-later
# Every process of this machine, with the eyes of other programs: tests/agree.py says how many values it compared.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

agree() {
  # The distribution's Python is the one that has the distribution's psutil.
  local python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  run "$python" "$MEMSH_TESTS/agree.py" "$1"
  echo "$output"
  [ "$status" != 77 ] || skip "${output#*SKIP, }"
  [ "$status" = 0 ]
  # Something was compared, and of more than one process.
  [ "$(sed -n 's/^[a-z]*: \([0-9]*\) values of .*/\1/p' <<<"$output")" -ge "$2" ]
  echo "# $output" >&3
}

@test "the kernel's files, by another reader" {
  agree kernel 500
}

@test "ps" {
  agree ps 50
}

@test "top: VIRT, RES, SHR" {
  agree top 20
}

@test "pmap -x, -X and -XX, mapping by mapping" {
  agree pmap 1000
}

@test "smem" {
  agree smem 5
}

@test "psutil: memory_full_info and memory_maps" {
  agree psutil 500
}
