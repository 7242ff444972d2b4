// SPDX-License-Identifier: GPL-3.0-or-later
// A mapping of every kind at a known size, each between areas that nothing may touch, so that none merges
// with its neighbour. Says of each: "map ADDRESS NAME field=value ...", a number in bytes, or "absent NAME
// why".
//   zoo DIRECTORY SHMEM-DIRECTORY
#include "helper.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

enum {
    KB = 1024,
    MB = 1024 * KB,
    HUGE = 2 * MB,
    PAGE_OUT_TRIES = 300,
    PAGE_OUT_PAUSE_US = 10000,
    TMPFS = 0x01021994,
    IO_URING_PARAMS = 120,
    // Newer than the headers of some distribution that memsh is built on.
    VMA_NAME = 0x53564d41,
    CALL_IO_URING_SETUP = 425,
    CALL_MEMFD_SECRET = 447,
    CALL_MSEAL = 462,
};

static const int RW = PROT_READ | PROT_WRITE;

// A place for `bytes` behind at least a page of nothing, with nothing behind it, at a multiple of a huge
// page.
static char *place(size_t bytes)
{
    const size_t total = bytes + 3 * (size_t)HUGE;
    char *area = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    return area + 2 * (size_t)HUGE - (uintptr_t)area % HUGE;
}

// NULL where the kernel refuses.
static char *try_map(size_t bytes, int protection, int flags, int fd)
{
    char *area = mmap(place(bytes), bytes, protection, flags | MAP_FIXED, fd, 0);
    return area == MAP_FAILED ? NULL : area;
}

static char *map(size_t bytes, int protection, int flags, int fd)
{
    char *area = try_map(bytes, protection, flags, fd);
    if (!area)
        fail("mmap");
    if (flags & MAP_ANONYMOUS)
        madvise(area, bytes, MADV_NOHUGEPAGE);
    return area;
}

static char *map_private(size_t bytes)
{
    return map(bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void look(const char *area, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 4096)
        (void)*(const volatile char *)(area + i);
}

__attribute__((format(printf, 4, 5))) static void tell(const char *name, const char *area, size_t bytes,
                                                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("map %lx %s size=%zu ", (unsigned long)area, name, bytes);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

static void absent(const char *name)
{
    say("absent", "%s %s", name, strerror(errno));
}

// A file of that size, written and synced, so that its pages are clean.
static int make_file(const char *below, const char *name, size_t bytes, char *path, size_t path_size)
{
    snprintf(path, path_size, "%s/%s", below, name);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char block[4096];
    memset(block, 'z', sizeof(block));
    for (size_t done = 0; fd >= 0 && done < bytes; done += sizeof(block))
        if (write(fd, block, sizeof(block)) != sizeof(block))
            fail(path);
    if (fd < 0 || fsync(fd))
        fail(path);
    return fd;
}

// What a file of that directory is: on a tmpfs all of it is shmem.
static bool on_tmpfs(const char *below)
{
    struct statfs fs;
    return statfs(below, &fs) == 0 && fs.f_type == TMPFS;
}

// ---- private and anonymous

static void private_kinds(void)
{
    char *area = map_private(MB);
    dirty(area, 512 * KB);
    tell("anon", area, MB,
         "kind=anon quadrant=private-anon perms=rw-p rss=524288 anonymous=524288 private_dirty=524288 "
         "shared_dirty=0 pss=524288 swap=0 locked=0 noreserve=false shared=false inode=0 no_huge_page=true");
    area = map_private(MB);
    look(area, 512 * KB);
    tell("zero_page", area, MB, "kind=anon quadrant=private-anon rss=0 anonymous=0 pss=0 swap=0");
    area = map(64 * (size_t)MB, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    tell("noreserve", area, 64 * (size_t)MB, "kind=anon noreserve=true accounted=false rss=0 perms=rw-p");
    area = map(MB, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    tell("prot_none", area, MB, "kind=anon quadrant=private-anon perms=---p r=false w=false x=false rss=0");
    area = map(MB, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1);
    dirty(area, MB);
    tell("grows_down", area, MB, "kind=anon grows_down=true rss=1048576 anonymous=1048576");
    const int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
    area = map(MB, RW, MAP_PRIVATE, fd);
    dirty(area, 512 * KB);
    tell("zero_device", area, MB,
         "kind=anon quadrant=private-anon name=/dev/zero rss=524288 anonymous=524288 on_shmem=false");
    area = try_map(MB, RW | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!area)
        return absent("wx");
    madvise(area, MB, MADV_NOHUGEPAGE);
    dirty(area, 256 * KB);
    tell("wx", area, MB, "kind=anon perms=rwxp w=true x=true rss=262144 anonymous=262144");
}

static void locked(void)
{
    char *area = map_private(MB);
    if (mlock(area, 512 * KB))
        return absent("locked");
    tell("locked", area, 512 * KB,
         "kind=anon locked_flag=true locked=524288 rss=524288 anonymous=524288 private_dirty=524288");
    tell("not_locked", area + 512 * KB, 512 * KB, "kind=anon locked_flag=false locked=0 rss=0");
}

static void advised(void)
{
    char *area = map_private(MB);
    dirty(area, MB);
    madvise(area, 512 * KB, MADV_FREE);
    // Pages wait in queues of each CPU before they count.
    tell("free", area, MB, "kind=anon rss=1048576 anonymous=1048576 lazy_free=262144..524288");
    area = map(4 * (size_t)MB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    madvise(area, 4 * (size_t)MB, MADV_HUGEPAGE);
    dirty(area, 4 * (size_t)MB);
    tell("huge", area, 4 * (size_t)MB,
         "kind=anon huge_page=true rss=4194304 anonymous=4194304 anon_huge_pages=0..4194304 "
         "kernel_page_size=%ld",
         sysconf(_SC_PAGESIZE));
    area = map_private(MB);
    dirty(area, MB);
    if (madvise(area, MB, MADV_DONTFORK) || madvise(area, MB, MADV_DONTDUMP))
        fail("madvise");
    tell("aloof", area, MB, "kind=anon dont_fork=true dont_dump=true wipe_on_fork=false rss=1048576");
    area = map_private(MB);
    if (madvise(area, MB, MADV_WIPEONFORK))
        absent("wiped");
    else
        tell("wiped", area, MB, "kind=anon wipe_on_fork=true dont_fork=false rss=0");
    area = map_private(MB);
    if (madvise(area, MB, MADV_MERGEABLE))
        absent("mergeable");
    else
        tell("mergeable", area, MB, "kind=anon mergeable=true rss=0");
    area = map_private(MB);
    if (syscall(CALL_MSEAL, area, (size_t)MB, 0UL))
        absent("sealed");
    else
        tell("sealed", area, MB, "kind=anon sealed=true rss=0");
    area = map_private(MB);
    if (prctl(VMA_NAME, 0, area, (size_t)MB, "zoo"))
        absent("named");
    else
        tell("named", area, MB, "kind=anon quadrant=private-anon name=[anon:zoo] rss=0");
}

// Pages whose entry of pagemap has this bit.
static size_t pages_with(const char *area, size_t bytes, int bit)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    size_t count = 0;
    for (size_t i = 0; fd >= 0 && i < bytes; i += page) {
        uint64_t entry = 0;
        if (pread(fd, &entry, sizeof(entry), (off_t)(((uintptr_t)area + i) / page * sizeof(entry))) ==
            sizeof(entry))
            count += entry >> bit & 1;
    }
    if (fd >= 0)
        close(fd);
    return count * page;
}

// Without swap nothing goes; what went is what pagemap says.
static void paged_out(void)
{
    char *area = map_private(MB);
    dirty(area, MB);
    for (int i = 0; i < PAGE_OUT_TRIES && pages_with(area, MB, 62) < MB; i++) {
        if (madvise(area, MB, MADV_PAGEOUT) || (i == 3 && pages_with(area, MB, 62) == 0))
            break;
        usleep(PAGE_OUT_PAUSE_US);
    }
    const size_t swapped = pages_with(area, MB, 62);
    tell("paged_out", area, MB, "kind=anon quadrant=private-anon swap=%zu swap_pss=%zu rss=%zu anonymous=%zu",
         swapped, swapped, MB - swapped, MB - swapped);
    say("swapped", "%zu", swapped);
}

// ---- shared

static void shared_kinds(void)
{
    char *area = map(MB, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
    dirty(area, 512 * KB);
    tell("shared_anon", area, MB,
         "kind=shmem quadrant=shared-anon perms=rw-s shared=true on_shmem=true rss=524288 anonymous=0 "
         "private_dirty=524288 pss=524288 name=/dev/zero\\040(deleted)");
    const int fd = memfd_create("zoo", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, MB))
        fail("memfd_create");
    area = map(MB, RW, MAP_SHARED, fd);
    dirty(area, 512 * KB);
    char *copied = map(MB, RW, MAP_PRIVATE, fd);
    look(copied, 256 * KB);
    dirty(copied, 128 * KB);
    // 128 KiB are mapped by both.
    tell("memfd_shared", area, MB,
         "kind=memfd quadrant=shared-anon on_shmem=true rss=524288 anonymous=0 shared_dirty=131072 "
         "private_dirty=393216 pss=458752 name=/memfd:zoo\\040(deleted)");
    tell("memfd_private", copied, MB,
         "kind=memfd quadrant=private-file on_shmem=true rss=262144 anonymous=131072 shared_dirty=131072 "
         "private_dirty=131072 pss=196608");
    const int id = shmget(IPC_PRIVATE, MB, IPC_CREAT | 0600);
    area = id < 0 ? (char *)-1 : shmat(id, place(MB), SHM_REMAP);
    shmctl(id, IPC_RMID, NULL);
    if (area == (char *)-1)
        return absent("sysv");
    dirty(area, 512 * KB);
    tell("sysv", area, MB,
         "kind=sysv quadrant=shared-anon rss=524288 anonymous=0 private_dirty=524288 inode=%d "
         "name=/SYSV00000000\\040(deleted)",
         id);
}

// ---- files

// All of each is touched: a fault maps neighbouring pages of a file, too.
static void file_kinds(const char *below, const char *prefix)
{
    const bool shmem = on_tmpfs(below);
    const char *const kind = shmem ? "shmem" : "file";
    const char *const quadrant = shmem ? "shared-anon" : "shared-file";
    char path[4096];
    char name[64];
    int fd = make_file(below, "plain", 512 * KB, path, sizeof(path));
    char *area = map(512 * KB, RW, MAP_SHARED, fd);
    look(area, 512 * KB);
    dirty(area, 256 * KB);
    snprintf(name, sizeof(name), "%s_shared", prefix);
    tell(name, area, 512 * KB, "kind=%s quadrant=%s rss=524288 anonymous=0 perms=rw-s path=%s", kind,
         quadrant, path);
    fd = make_file(below, "copied", 512 * KB, path, sizeof(path));
    area = map(512 * KB, RW, MAP_PRIVATE, fd);
    look(area, 512 * KB);
    dirty(area, 256 * KB);
    snprintf(name, sizeof(name), "%s_private", prefix);
    tell(name, area, 512 * KB,
         "kind=%s quadrant=private-file rss=524288 anonymous=262144 private_dirty=262144..524288 path=%s",
         kind, path);
    fd = make_file(below, "gone", MB, path, sizeof(path));
    area = map(MB, PROT_READ, MAP_PRIVATE, fd);
    look(area, MB);
    unlink(path);
    snprintf(name, sizeof(name), "%s_deleted", prefix);
    tell(name, area, MB,
         "kind=%s quadrant=private-file rss=1048576 anonymous=0 perms=r--p deleted=true path=%s", kind, path);
    fd = make_file(below, "real (deleted)", 256 * KB, path, sizeof(path));
    area = map(256 * KB, PROT_READ, MAP_SHARED, fd);
    look(area, 256 * KB);
    snprintf(name, sizeof(name), "%s_named_deleted", prefix);
    tell(name, area, 256 * KB, "kind=%s quadrant=%s rss=262144 perms=r--s deleted=false", kind, quadrant);
    fd = make_file(below, "new\nline", 256 * KB, path, sizeof(path));
    area = map(256 * KB, PROT_READ, MAP_SHARED, fd);
    look(area, 256 * KB);
    snprintf(name, sizeof(name), "%s_newline", prefix);
    tell(name, area, 256 * KB, "kind=%s quadrant=%s rss=262144 anonymous=0", kind, quadrant);
}

// ---- files of which no page is in memory

// A page of the file at `fd`, which nobody has touched.
static void tell_untouched(const char *name, int fd, int flags, size_t bytes, const char *kind)
{
    char *area = fd < 0 || ftruncate(fd, (off_t)bytes) ? NULL : try_map(bytes, PROT_READ, flags, fd);
    if (area)
        tell(name, area, bytes, "kind=%s rss=0 anonymous=0 swap=0", kind);
    else
        absent(name);
}

static int open_hole(const char *below, char *path, size_t path_size)
{
    snprintf(path, path_size, "%s/hole", below);
    return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void untouched(const char *disk, const char *tmpfs)
{
    char path[4096];
    tell_untouched("untouched_memfd", memfd_create("hole", MFD_CLOEXEC), MAP_SHARED, MB, "memfd");
    tell_untouched("untouched_tmpfs", open_hole(tmpfs, path, sizeof(path)), MAP_PRIVATE, MB,
                   on_tmpfs(tmpfs) ? "shmem" : "file");
    tell_untouched("untouched_file", open_hole(disk, path, sizeof(path)), MAP_PRIVATE, MB,
                   on_tmpfs(disk) ? "shmem" : "file");
    tell_untouched("untouched_hugetlb", memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB),
                   MAP_SHARED | MAP_NORESERVE, HUGE, "hugetlb");
    tell_untouched("untouched_secret", (int)syscall(CALL_MEMFD_SECRET, O_CLOEXEC), MAP_SHARED, MB, "special");
    tell("untouched_shared", map(MB, RW, MAP_SHARED | MAP_ANONYMOUS, -1), MB,
         "kind=shmem rss=0 name=/dev/zero\\040(deleted)");
    const int id = shmget(IPC_PRIVATE, MB, IPC_CREAT | 0600);
    char *area = id < 0 ? (char *)-1 : shmat(id, place(MB), SHM_REMAP);
    shmctl(id, IPC_RMID, NULL);
    if (area == (char *)-1)
        absent("untouched_sysv");
    else
        tell("untouched_sysv", area, MB, "kind=sysv rss=0 inode=%d", id);
}

// It lies where the kernel wants it.
static void tell_special(const char *name, int fd, size_t bytes, const char *shown)
{
    char *area = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, RW, MAP_SHARED, fd, 0);
    if (area == MAP_FAILED)
        absent(name);
    else
        tell(name, area, bytes, "kind=special anonymous=0 name=%s", shown);
}

// Devices and files of the kernel: reading the file is not what it was mapped for.
static void kernel_files(void)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct perf_event_attr clock = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof(clock), .config = PERF_COUNT_SW_CPU_CLOCK, .disabled = 1};
    tell_special("perf_event", (int)syscall(SYS_perf_event_open, &clock, 0, -1, -1, 0UL), 2 * page,
                 "anon_inode:[perf_event]");
    const int packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct tpacket_req ring = {
        .tp_block_size = (unsigned)page, .tp_block_nr = 1, .tp_frame_size = (unsigned)page, .tp_frame_nr = 1};
    char shown[32] = "";
    struct stat st;
    if (packets >= 0 && fstat(packets, &st) == 0)
        snprintf(shown, sizeof(shown), "socket:[%lu]", (unsigned long)st.st_ino);
    if (packets >= 0)
        setsockopt(packets, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring));
    tell_special("packet_ring", packets, page, shown);
}

// ---- what not every kernel has

// -1: there is no /proc, as in a chroot.
static long locked_kb(void)
{
    char line[128];
    long kb = -1;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof(line), status))
        sscanf(line, "VmLck: %ld", &kb);
    if (status)
        fclose(status);
    return kb;
}

static void rare_kinds(void)
{
    char *area = try_map(HUGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1);
    if (area) {
        dirty(area, HUGE);
        tell("hugetlb", area, HUGE,
             "kind=hugetlb quadrant=private-anon rss=0 anonymous=0 private_hugetlb=2097152 hugetlb_flag=true "
             "kernel_page_size=2097152");
    } else {
        absent("hugetlb");
    }
    int fd = (int)syscall(CALL_MEMFD_SECRET, O_CLOEXEC);
    const long locked = locked_kb();
    area = fd < 0 || ftruncate(fd, 512 * KB) ? NULL : try_map(512 * KB, RW, MAP_SHARED, fd);
    if (area) {
        dirty(area, 512 * KB);
        // It no longer counts as locked on 7.3.
        tell("secret", area, 512 * KB, "kind=special quadrant=shared-file rss=524288 anonymous=0%s",
             locked < 0             ? ""
             : locked_kb() > locked ? " locked_flag=true"
                                    : " locked_flag=false");
    } else {
        absent("secret");
    }
    char params[IO_URING_PARAMS] = {0};
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    fd = (int)syscall(CALL_IO_URING_SETUP, 8, params);
    // It lies where the kernel wants it.
    area = fd < 0 ? MAP_FAILED : mmap(NULL, page, RW, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (area != MAP_FAILED)
        tell("io_uring", area, page,
             "kind=special quadrant=shared-file anonymous=0 name=anon_inode:[io_uring]");
    else
        absent("io_uring");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "zoo DIRECTORY SHMEM-DIRECTORY\n");
        return 2;
    }

    say("pid", "%d", getpid());
    private_kinds();
    locked();
    advised();
    shared_kinds();
    file_kinds(argv[1], "file");
    file_kinds(argv[2], "tmpfs");
    untouched(argv[1], argv[2]);
    kernel_files();
    rare_kinds();
    paged_out();
    ready();
}
