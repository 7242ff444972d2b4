# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# load repl: a home of its own for each test, and `talk`, which runs an expect script from its standard input.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR/home TERM=xterm LC_ALL=C.UTF-8 INPUTRC=/dev/null NO_COLOR=1
  unset XDG_STATE_HOME XDG_DATA_HOME XDG_CONFIG_HOME
  mkdir "$HOME"
  export history=$HOME/.local/state/memsh/history
}

talk() {
  { cat "$BATS_TEST_DIRNAME/prompt.exp" && cat; } >script.exp
  run expect -f script.exp
  echo "$output"
  [ "$status" = 0 ]
}
