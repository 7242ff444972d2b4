# SPDX-License-Identifier: GPL-3.0-or-later
# The packages: lintian finds nothing, two builds in two directories are the same, and a bare Debian installs, upgrades,
# removes and purges them. MEMSH_DEBIAN, if set, is a directory with bookworm.tar and trixie.tar, as debootstrap makes
# them.

setup_file() {
  command -v dpkg-shlibdeps >/dev/null || skip "dpkg-shlibdeps is missing (Debian: dpkg-dev)"
  export SOURCE_DATE_EPOCH=1767225600
  cd "$BATS_FILE_TMPDIR" || return
  local side
  for side in one another; do
    mkdir -p "$side"
    # A copy each, so that the sources are elsewhere, too.
    tar -C "$MEMSH_ROOT" --exclude='./build*' --exclude=./.git --exclude=./tests -cf - . | tar -C "$side" -xf -
    cmake -S "$side" -B "$side/built" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DMEMSH_TESTS=OFF >log 2>&1
    cmake --build "$side/built" -j2 >>log 2>&1 || { tail -n 30 log && return 1; }
  done
  (cd one/built && cpack -G DEB) >>log 2>&1 || { tail -n 30 log && return 1; }
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

deb() { echo "$PWD"/one/built/memsh_*.deb; }

@test "two builds in two directories are identical" {
  local file
  for file in memsh memsh.1 memsh-language.7 memsh-fields.7 memsh-reports.7 library/memsh.lua luacheck-std.lua; do
    cmp "one/built/$file" "another/built/$file"
  done
}

@test "the version is in one place" {
  local version
  version=$(sed -n 's/^project(memsh VERSION \([0-9.]*\).*/\1/p' one/CMakeLists.txt)
  [[ $(one/built/memsh --version) == "memsh $version"* ]]
  [[ $(deb) == *"/memsh_${version}_"* ]]
  grep -q "\"memsh $version\"" one/built/memsh-fields.7
  [ "$(grep -rlF "VERSION $version" one --include=CMakeLists.txt --include='*.cmake' --include='*.h' --include='*.lua')" = one/CMakeLists.txt ]
}

@test "lintian finds no error and no warning" {
  command -v lintian >/dev/null || skip "lintian is missing (Debian: lintian)"
  run lintian --fail-on error,warning "$(deb)"
  [ "$status" = 0 ]
  [[ $output != *"W: "* ]]
}

@test "the package has manual pages, completions, units, and reports that run" {
  mkdir -p there
  dpkg-deb -x "$(deb)" there
  for file in share/man/man1/memsh.1.gz share/man/man7/memsh-{language,fields,reports}.7.gz \
    share/bash-completion/completions/memsh share/zsh/vendor-completions/_memsh lib/systemd/system/memsh-audit@.service \
    lib/sysusers.d/memsh.conf share/doc/memsh/copyright share/memsh/reports/cron/memsh; do
    [ -f "there/usr/$file" ]
  done
  grep -q '^ExecStart=/usr/bin/memsh ' there/usr/lib/systemd/system/memsh-audit@.service
  there/usr/bin/memsh reconcile >/dev/null
}

@test "rpmbuild makes the same of it" {
  command -v rpmbuild >/dev/null || skip "rpmbuild is missing (Debian: rpm)"
  (cd another/built && cpack -G RPM) >rpm.log 2>&1
  rpm -qpl another/built/memsh-*.rpm 2>/dev/null | grep -qx /usr/bin/memsh
  rpm -qpl another/built/memsh-*.rpm 2>/dev/null | grep -qx /usr/share/man/man7/memsh-fields.7.gz
}

in_root() { chroot root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# bare SUITE: a bare Debian in root/
bare() {
  [ "$(id -u)" = 0 ] || skip "a bare Debian needs root"
  rm -rf root
  mkdir root
  if [ -f "${MEMSH_DEBIAN:-}/$1.tar" ]; then
    tar -C root -xf "$MEMSH_DEBIAN/$1.tar"
  else
    command -v debootstrap >/dev/null || skip "debootstrap is missing (Debian: debootstrap)"
    timeout 250 debootstrap --variant=minbase "$1" root http://deb.debian.org/debian >bootstrap.log 2>&1 ||
      skip "debootstrap cannot fetch $1 here"
  fi
  cp /etc/resolv.conf root/etc/
  mkdir -p root/proc
  mount -t proc proc root/proc || skip "/proc cannot be mounted here"
}

teardown() { ! mountpoint -q root/proc || umount root/proc; }

# A higher version of the same package.
upgrade_of() {
  dpkg-deb -R "$1" newer
  sed -i 's/^Version: .*/&.1/' newer/DEBIAN/control
  dpkg-deb --root-owner-group -b newer root/tmp/newer.deb >/dev/null
  rm -r newer
}

life_of_a_package() {
  bare "$1"
  cp "$(deb)" root/tmp/memsh.deb
  upgrade_of "$(deb)"
  in_root apt-get -qq update >apt.log 2>&1 || skip "the packages of $1 cannot be fetched"
  (cd root && find . -xdev -path ./proc -prune -o \( -type f -o -type l \) -print | grep -vE '^./(var|tmp|etc/(group|gshadow))' | sort) >before
  in_root apt-get -qqy install --no-install-recommends /tmp/memsh.deb >>apt.log 2>&1 || { tail -n 20 apt.log && return 1; }
  [[ "$(in_root memsh -f csv --no-header -e 'procs:count()')" -gt 0 ]]
  in_root memsh reconcile >/dev/null
  in_root getent group memsh
  in_root apt-get -qqy install /tmp/newer.deb >>apt.log 2>&1
  # shellcheck disable=SC2016
  [[ "$(in_root dpkg-query -W -f '${Version}' memsh)" == *.1 ]]
  in_root memsh --list | grep -q '^  wx '
  mkdir -p root/var/lib/memsh
  touch root/var/lib/memsh/wx
  in_root dpkg --remove memsh >>apt.log 2>&1
  [ ! -e root/usr/bin/memsh ]
  [ -f root/var/lib/memsh/wx ]
  in_root dpkg --purge memsh >>apt.log 2>&1
  [ ! -e root/var/lib/memsh ]
  in_root apt-get -qqy autoremove --purge >>apt.log 2>&1
  (cd root && find . -xdev -path ./proc -prune -o \( -type f -o -type l \) -print | grep -vE '^./(var|tmp|etc/(group|gshadow))' | sort) >after
  [ "$(comm -13 before after | grep -ic memsh)" = 0 ]
}

@test "a bare Debian 12 installs, upgrades, removes and purges it" {
  life_of_a_package bookworm
}

@test "a bare Debian 13 does, too" {
  life_of_a_package trixie
}
