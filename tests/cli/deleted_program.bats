# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What memsh does to be sure that a program was deleted may read its process again.
setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

@test "a program that is said to be deleted is so whatever memory is given back meanwhile" {
  cp -r "$MEMSH_FIXTURES/full" root
  printf '/usr/sbin/nginx-1.25 (deleted)' >root/412/exe
  printf '/usr/sbin/nginx-1.25 (deleted)' >root/413/exe
  for jobs in 1 2; do
    # glibc overwrites what is freed.
    run --separate-stderr env MALLOC_PERTURB_=165 "$MEMSH" -j $jobs -s root -f csv \
      -e 'procs:where"exe_deleted":show"pid exe"'
    [ "$status" = 0 ]
    [ "${output//$'\r'/}" = $'pid,exe\n412,/usr/sbin/nginx-1.25 (deleted)\n413,/usr/sbin/nginx-1.25 (deleted)\n1400,/usr/bin/dash (deleted)' ]
  done
}
