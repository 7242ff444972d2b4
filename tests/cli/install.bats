# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What is installed works where it is, and goes again.

built=$(dirname "$MEMSH")

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  [ -e "$built/cmake_install.cmake" ] || skip "$built is no build directory"
  had=$BATS_TEST_TMPDIR/had
  [ ! -e "$built/install_manifest.txt" ] || cp "$built/install_manifest.txt" "$had"
}

teardown() { [ ! -e "$had" ] || cp "$had" "$built/install_manifest.txt"; }

@test "uninstall removes every file that install made, and nothing else" {
  mkdir -p prefix/share/memsh
  echo mine >prefix/share/memsh/mine
  cmake --install "$built" --prefix "$PWD/prefix" >/dev/null
  [ "$(find prefix -type f | wc -l)" -gt 40 ]
  [ -f prefix/share/memsh/reports/prometheus/dashboard.json ]
  [[ "$(prefix/bin/memsh -V)" == memsh\ * ]]
  # Reports are found beside the program, and units name it where it is.
  prefix/bin/memsh --list | grep -q '^  picture '
  [ "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' prefix/lib/systemd/system/memsh-audit@.service)" = "$PWD/prefix/bin/memsh" ]
  [ -f prefix/share/man/man7/memsh-fields.7 ]
  cmake -DMANIFEST="$built/install_manifest.txt" -P "$MEMSH_ROOT/src/uninstall.cmake"
  [ "$(find prefix -type f)" = prefix/share/memsh/mine ]
  [ ! -e prefix/share/memsh/reports ]
  rm prefix/share/memsh/mine
  run cmake -DMANIFEST="$built/install_manifest.txt" -P "$MEMSH_ROOT/src/uninstall.cmake"
  [ "$status" != 0 ]
  [[ $output == *"Nothing was installed"* ]]
}
