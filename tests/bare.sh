#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Tries the two commands of the README in a bare Debian: sudo sh tests/bare.sh [bookworm|trixie] [DIRECTORY]
# As root and as a user with sudo, each twice, and then once more without a network. Needs root, debootstrap, about
# 2 GB below DIRECTORY (/var/tmp) and a Debian mirror ($MIRROR).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
case ${1:-} in
  bookworm | trixie) release=$1 && shift ;;
  *) release=bookworm ;;
esac
work=$(mktemp -d "${1:-/var/tmp}/memsh-bare.XXXXXX")
mirror=${MIRROR:-http://deb.debian.org/debian}

leave() {
  for mount in proc sys dev/shm dev/pts dev; do
    umount -l "$work/$1/$mount" 2>/dev/null || :
  done
}

clean_up() {
  leave root
  leave user
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# enter NAME COMMAND...: runs it in that system
enter() {
  name=$1
  shift
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM="${TERM:-dumb}" \
    ${http_proxy:+"http_proxy=$http_proxy"} chroot "$work/$name" "$@"
}

# Only what is committed or would be: no build directories.
copy_project() {
  mkdir -p "$1"
  (cd "$root" && git ls-files --cached --others --exclude-standard -z | xargs -0 tar -cf - --ignore-failed-read) |
    tar -xf - -C "$1"
}

furnish() {
  cp -a "$work/base" "$work/$1"
  mount -t proc proc "$work/$1/proc"
  mount --bind /dev "$work/$1/dev"
  mount --bind /dev/pts "$work/$1/dev/pts"
  mount -t tmpfs tmpfs "$work/$1/dev/shm"
  mount -t sysfs sysfs "$work/$1/sys"
}

step() {
  printf '\n==== %s\n' "$*"
}

step "a bare Debian, $release"
debootstrap --variant=minbase "$release" "$work/base" "$mirror" >"$work/debootstrap.log" || {
  tail -n 20 "$work/debootstrap.log"
  exit 1
}

copy_project "$work/project"
furnish root
cp -a "$work/project" "$work/root/root/memsh"
for time in first second; do
  step "as root, the $time time: sh scripts/try.sh"
  enter root sh -c 'cd /root/memsh && sh scripts/try.sh'
  step "as root, the $time time: sh tests/run.sh"
  enter root sh -c 'cd /root/memsh && sh tests/run.sh'
done
step "as root, from elsewhere and without a network"
enter root unshare --net sh -c 'cd / && sh /root/memsh/scripts/try.sh && sh /root/memsh/tests/run.sh'
leave root
rm -rf --one-file-system "$work/root"

furnish user
enter user sh -c 'apt-get -q update && apt-get -qy install --no-install-recommends sudo' >/dev/null
enter user useradd -m -s /bin/sh alice
echo 'alice ALL=(ALL) NOPASSWD: ALL' >"$work/user/etc/sudoers.d/alice"
cp -a "$work/project" "$work/user/home/alice/memsh"
enter user chown -R alice: /home/alice/memsh
for time in first second; do
  step "as a user with sudo, the $time time: sh scripts/try.sh"
  enter user su alice -c 'cd ~/memsh && sh scripts/try.sh'
  step "as a user with sudo, the $time time: sh tests/run.sh"
  enter user su alice -c 'cd ~/memsh && sh tests/run.sh'
done
step "all of it worked"
