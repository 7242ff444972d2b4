#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What the guest does: the tests of /memsh/files, in TAP, on the second serial line.
exec >/dev/ttyS1 2>&1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 TERM=dumb
export MEMSH=/usr/bin/memsh MEMSH_ROOT=/memsh MEMSH_TESTS=/memsh/tests MEMSH_FIXTURES=/memsh/tests/fixtures
export MEMSH_HELPERS=/memsh/helpers MEMSH_SANITIZE='' PYTHONDONTWRITEBYTECODE=1
dpkg -i /memsh/memsh.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
# From Linux 6.1 to 6.5 smaps leaves out huge pages that it looks at: kernels/machine.bats has it.
echo 0 >/proc/sys/kernel/numa_balancing
cd /memsh/tests || exit
while read -r file; do
  echo "== $file $(cut -d' ' -f1 /proc/uptime)"
  timeout 1800 bats --tap --print-output-on-failure "$file.bats" </dev/null
done </memsh/files
echo "== end"
