#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Boots Debian's kernels under QEMU and runs tests there, where the live machine is theirs:
#   sh tests/kernels.sh [KERNEL...] [FILE...]
# KERNEL: of 5.10 6.1 6.12 newest; without a name, all of them. FILE: live/zoo, kernels/oom and so on; without a name,
# those of kernels/ and most of live/. What is booted is a Debian 12 with systemd, which has memsh's package installed.
# Needs root, and a Debian mirror ($MIRROR); kernels and the Debian are unpacked below $MEMSH_KERNELS, where they stay for
# the next run, or else in a temporary directory (1.5 GB). A kernel that is not done after $MEMSH_KERNEL_SECONDS is ended.
# MEMSH_KERNEL_CPUS=1 is for a busy machine: that guest's time passes with the instructions it runs.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/scripts/packages.sh"
mirror=${MIRROR:-http://deb.debian.org/debian}
limit=${MEMSH_KERNEL_SECONDS:-3600}
cpus=${MEMSH_KERNEL_CPUS:-2}
failed=0
# A slow machine fails the kernel's check of its timer; a terminal would wait for udev, which is not there.
command_line="console=ttyS0 panic=-1 no_timer_check tsc=reliable random.trust_cpu=on mitigations=off psi=1 systemd.wants=kernels.service
  systemd.mask=serial-getty@ttyS0.service systemd.mask=getty.target"

# What tests ask for beside memsh's own libraries.
furniture=bats,binutils,btrfs-progs,cron,dbus,e2fsprogs,iproute2,jq,kmod,libcap2-bin,libpam-systemd,mount,numactl,procps
furniture=$furniture,psmisc,python3,python3-psutil,smem,sqlite3,strace,systemd
furniture=$furniture,liblua5.4-0,libreadline8,libpcre2-8-0,libsqlite3-0,libzstd1,libseccomp2

# know KERNEL: the release of Debian that has it, and how apt calls it there
know() {
  release=bookworm image=linux-image-cloud-amd64 more=
  case $1 in
    5.10) release=bullseye ;;
    6.1) ;;
    6.12) release=trixie ;;
    newest) release=trixie image=$image/trixie-backports more="deb $mirror trixie-backports main" ;;
    *) die "No such kernel: $1 (5.10 6.1 6.12 newest)" ;;
  esac
  here=$work/$1
  tree=$here/tree
  mkdir -p "$here"
}

# debian RELEASE DIR MMDEBSTRAP-ARG...: packages of Debian, unpacked; $more is a further source
debian() {
  release=$1 dir=$2
  shift 2
  rm -rf --one-file-system "$dir"
  mmdebstrap --quiet --skip=check/empty --aptopt='APT::Install-Recommends "false"' "$@" "$release" "$dir" "$mirror" \
    ${more:+"$more"} >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2 && die "Debian's $release could not be had"; }
}

# disk DIR FILE MEGABYTES
disk() {
  rm -f "$2.new"
  truncate -s "$3M" "$2.new"
  mke2fs -q -t ext4 -d "$1" "$2.new"
  mv "$2.new" "$2"
  rm -rf --one-file-system "$1"
}

# The first disk, of which each run changes a copy of its own.
first_disk() {
  [ ! -e "$work/debian.ext4" ] || return 0
  more=
  debian bookworm "$work/debian" --variant=minbase --include="$furniture"
  disk "$work/debian" "$work/debian.ext4" 3000
}

kernel() {
  if [ ! -e "$here/whole" ]; then
    debian "$release" "$tree" --variant=extract --include="$image,procps"
    modules=$(find "$tree/lib/modules" "$tree/usr/lib/modules" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | head -n 1)
    depmod -b "${modules%/lib/modules/*}" "${modules##*/}"
    echo "$modules" >"$here/whole"
  fi
  modules=$(cat "$here/whole")
  version=${modules##*/}
  bzimage=$tree/boot/vmlinuz-$version
  [ -e "$bzimage" ] || bzimage=$modules/vmlinuz
}

# A busybox, and the modules that reach the disks.
initramfs() {
  rm -rf "$here/initramfs"
  mkdir -p "$here/initramfs/modules"
  cp "$(command -v busybox)" "$root/tests/kernels/init" "$here/initramfs/"
  for module in virtio_pci virtio_blk ext4; do
    modprobe -d "${modules%/lib/modules/*}" -S "$version" --show-depends "$module"
  done | awk '$1 == "insmod" && !seen[$2]++ { printf "%02d %s\n", NR, $2 }' | while read -r number file; do
    name=$here/initramfs/modules/$number.ko
    case $file in
      *.xz) xz -dc "$file" >"$name" ;;
      *.zst) zstd -qdc "$file" >"$name" ;;
      *) cp "$file" "$name" ;;
    esac
  done
  (cd "$here/initramfs" && find . | cpio -o -H newc --quiet | gzip -1) >"$here/initrd"
}

# own_procps DIR: the programs of the kernel's own release, with the libraries they were made for
own_procps() {
  loader=$(find "$tree"/usr/lib/x86_64-linux-gnu "$tree"/lib/x86_64-linux-gnu -name ld-linux-x86-64.so.2 2>/dev/null | head -n 1)
  libraries=$tree/lib/x86_64-linux-gnu:$tree/usr/lib/x86_64-linux-gnu
  mkdir -p "$1/lib" "$1/bin"
  cp -L "$loader" "$1/lib/ld.so"
  for name in pmap ps top; do
    program=$tree/usr/bin/$name
    [ -e "$program" ] || program=$tree/bin/$name
    cp "$program" "$1/lib/"
    "$loader" --library-path "$libraries" --list "$program" | sed -n 's/.* => \(.*\) (.*/\1/p' | xargs -I{} cp -L {} "$1/lib/"
    printf '#!/bin/sh\nexec /memsh/procps/lib/ld.so --library-path /memsh/procps/lib /memsh/procps/lib/%s "$@"\n' "$name" \
      >"$1/bin/$name"
  done
  chmod +x "$1"/bin/*
}

# second_disk FILE...: /memsh of the guest, with all that is this kernel's or the project's
second_disk() {
  rm -rf "$here/memsh"
  mkdir -p "$here/memsh"
  cp -R "$root/tests" "$root/scripts" "$root/lua" "$root/README.md" "$here/memsh/"
  cp -R "$work/build/tests/helpers" "$here/memsh/helpers"
  cp "$work"/build/memsh_*.deb "$here/memsh/memsh.deb"
  cp -R "$modules" "$here/memsh/modules"
  own_procps "$here/memsh/procps"
  printf '%s\n' "$@" >"$here/memsh/files"
  chmod -R go+rX "$here/memsh"
  disk "$here/memsh" "$here/memsh.ext4" 500
}

# Without what is dear to emulate: page tables of five levels, and the mitigations.
boot() {
  if [ "$cpus" = 1 ]; then
    set -- -icount shift=2 -rtc clock=vm -numa node,memdev=second
  else
    set -- -numa node,memdev=second,cpus=1
  fi
  timeout -k 5 "$limit" nice -n 19 qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
    -machine q35 -accel tcg,tb-size=512 -cpu max,la57=off -smp "$cpus" -m 1500 \
    -object memory-backend-ram,id=first,size=750M -numa node,memdev=first,cpus=0 \
    -object memory-backend-ram,id=second,size=750M "$@" \
    -kernel "$bzimage" -initrd "$here/initrd" -append "$command_line" \
    -drive file="$work/debian.ext4",if=virtio,format=raw,snapshot=on \
    -drive file="$here/memsh.ext4",if=virtio,format=raw,snapshot=on \
    -serial file:"$here/console" -serial file:"$here/tap"
}

# What failed, with all it said; what was skipped; numbers.
judge() {
  tr -d '\r' <"$here/tap" >"$here/tap.text"
  awk -v kernel="$1 ($version)" '
    /^== / { file = $2; bad = 0; next }
    /^ok .* # skip/ { skipped++; bad = 0; sub(/^ok [0-9]* /, ""); skips = skips "SKIP " file ": " $0 "\n"; next }
    /^ok / { passed++; bad = 0; next }
    /^not ok / { failed++; bad = 1; printf "%s: ", file }
    bad { print }
    END {
      printf "%s%s: %d passed, %d failed, %d skipped\n", skips, kernel, passed, failed, skipped
      exit failed > 0 || passed == 0
    }' "$here/tap.text"
}

run() {
  began=$(date +%s)
  status=0
  boot || status=$?
  judge "$1" || failed=1
  say "$1: $(($(date +%s) - began)) seconds"
  if ! grep -qx '== end' "$here/tap.text"; then
    failed=1
    say "$1: it did not come to its end (QEMU: $status); the last lines of $here/console:"
    tail -n 30 "$here/console" >&2
  fi
}

kernels='' files=''
for word; do
  case $word in
    */*) files="$files ${word%.bats}" ;;
    *) kernels="$kernels $word" ;;
  esac
done
if [ -z "$files" ]; then
  for name in numbers zoo agree identities pages plan queries states swap process_files places layers deleted denied article \
    shmem_holders tmpfs reconcile doctor stuck audits report_pmap report_tools recording; do
    files="$files live/$name"
  done
  files="$files kernels/systemd kernels/machine"
fi
[ "$(id -u)" = 0 ] || die "It needs root, to make a Debian whose files are root's."
need_build
has mmdebstrap mmdebstrap
has qemu-system-x86_64 qemu-system-x86
has busybox busybox-static
has mke2fs e2fsprogs
has cpio cpio
has depmod kmod
has xz xz-utils
has dpkg-shlibdeps dpkg-dev
install_missing

if [ -n "${MEMSH_KERNELS:-}" ]; then
  mkdir -p "$MEMSH_KERNELS"
  work=$(CDPATH='' cd -- "$MEMSH_KERNELS" && pwd -P)
else
  work=$(mktemp -d /var/tmp/memsh-kernels.XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  trap 'exit 130' INT TERM
fi

build_in "$work/build" all -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DMEMSH_WERROR=ON -DMEMSH_TESTS=ON
rm -f "$work"/build/memsh_*.deb
(cd "$work/build" && cpack -G DEB) >"$work/build/cpack.log" 2>&1 || { cat "$work/build/cpack.log" >&2 && exit 1; }
first_disk
# The names are words to be split.
# shellcheck disable=SC2086
for kernel in ${kernels:-5.10 6.1 6.12 newest}; do
  know "$kernel"
  kernel
  initramfs
  second_disk $files
  run "$kernel"
done
exit "$failed"
