#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds memsh and asks a first question: sh scripts/try.sh
# Installs what is missing for that (as root or through sudo); may be run again at any time.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/scripts/packages.sh"

need_build
install_missing
say "Building memsh in $root/build ..."
build_in "$root/build" all -DCMAKE_BUILD_TYPE=Release -DMEMSH_TESTS=OFF

query='procs:where"swap > 0":sort"-private_dirty":show"pid user comm swap private_dirty pss":top(10)'
say ""
say "Processes with memory in swap, those with the most private dirty memory first:"
say ""
say "  memsh -e '$query'"
say ""
"$root/build/memsh" -e "$query" </dev/null
cat >&2 <<END

No rows means that nothing is swapped out here. How to go on:

  build/memsh                                        the prompt: TAB completes, help() explains, Ctrl-D leaves
  build/memsh -e 'procs:sort"-rss":top(10)'          a one-liner
  build/memsh --help                                 the options
  sh tests/run.sh                                    all the tests
  sudo cmake --install build                         memsh for everybody, below /usr/local
END
