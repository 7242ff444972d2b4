// SPDX-License-Identifier: GPL-3.0-or-later
// A machine as memsh sees it: the live /proc, or another procfs root. It lists processes, gives a file's
// bytes or the errno that stood in the way, and owns what else an answer depends on: user names, the time,
// HZ, the page size. The only code that opens a file of /proc.
//
// Another root than a procfs may hold an `errors` file (lines "PID/FILE ERRNO", "FILE ERRNO", FILE may be
// "*"; a plain path goes before a pattern) for what could not be read when it was saved, and a folder
// `.machine` for what is not in /proc: `info` (lines "hz 100", "page_size 4096", "now 1700000000",
// "host NAME"), `passwd`, `sys`, what was saved of /sys, and `cgroup`, what was saved of control groups.
// Links that lead out of it, and what is no plain file, are malformed.
//
// A root may also be a single file, smaps, maps or smaps_rollup of one process: all else is not recorded.
// Its number is that of its folder, as in 4711/smaps, else 1.
//
// And it may be a recording (recording/recording.h): of one moment, the newest if none is named. What was not
// recorded is so unknown; `.machine/mountinfo` are the mounts of who recorded it.
#pragma once

#include "base/buf.h"
#include "base/reason.h"
#include "table/field.h"

#include <signal.h>
#include <sys/types.h>

struct ms_source;
struct ms_heartbeat;

// Takes bytes; false: no more are wanted.
typedef bool ms_take(void *ctx, const char *bytes, size_t len);

// What is done with the same source by several threads at once: what takes a target, ms_source_fs,
// ms_source_note_label, ms_source_page_size, ms_source_hz. All else is its owner's.

// Opens `root`, or the live /proc where it is NULL. 0 or an errno (ENODEV: /proc is not mounted); *out is for
// ms_source_destroy.
int ms_source_create(const char *root, struct ms_source **out);

// The same with what opens the root, as open(2) does: who may open some files only looks at no path that
// leads to another one when it is opened.
typedef int ms_source_opener(const char *path, int flags);
int ms_source_create_by(ms_source_opener *opener, const char *root, struct ms_source **out);

// The same of one moment of a recording, which it takes over, also where it fails. `path` is the root's name.
struct ms_moment;
int ms_source_create_at(const char *path, struct ms_moment *moment, struct ms_source **out);

// The moment that it is of; NULL: of none.
struct ms_moment *ms_source_moment(const struct ms_source *source);

// A clause for people about an errno that these gave.
const char *ms_source_problem(int error);

void ms_source_destroy(struct ms_source *source);

// Keeps the source although its owner destroys it, until it is released: for a reader that hangs.
void ms_source_hold(struct ms_source *source);
void ms_source_release(struct ms_source *source);

// The path it was opened with, "/proc" for the live one. Lives as long as the source.
const char *ms_source_root(const struct ms_source *source);

// Whether the root is a procfs of the running kernel.
bool ms_source_is_live(const struct ms_source *source);

// The number that this process has there; -1 if the root is not live, or shows another PID namespace.
pid_t ms_source_reader(const struct ms_source *source);

// Where memory runs out memsh is to be the first victim, not the process that it looks at. Where somebody has
// chosen a value for it (systemd's OOMScoreAdjust=, choom) that stays.
void ms_source_raise_oom_score_adj(struct ms_source *source);

// How long something in a saved root may stand still when it is asked for, in milliseconds (0: the usual),
// and a flag (may be NULL) that makes it a moment. Not while it is asked.
void ms_source_set_patience(struct ms_source *source, unsigned milliseconds,
                            const volatile sig_atomic_t *hurry);

// A flag that stops long loops and interrupted reads; may be NULL. It outlives the source.
void ms_source_set_stop(struct ms_source *source, const volatile sig_atomic_t *stop);
bool ms_source_stopped(const struct ms_source *source);

// Test seam: `open` is asked before a file is opened (path as "42/maps" or "meminfo") and gives 0 or an
// errno; `read` stands for read(2); `ask` sees an ioctl(2) before the kernel does. Each may be NULL.
struct ms_source_hooks {
    int (*open)(void *ctx, const char *path);
    ssize_t (*read)(void *ctx, int fd, void *bytes, size_t len);
    void (*ask)(void *ctx, unsigned long request, const void *argument);
    void *ctx;
};
void ms_source_set_hooks(struct ms_source *source, struct ms_source_hooks hooks);

// What is read of the machine (not of processes) is given to `tap`, too, with the path that it has in a saved
// root; `error` says why there is no text. The owner's reads alone. NULL: no more.
typedef void ms_source_tap(void *ctx, const char *path, struct ms_text text, int error);
void ms_source_set_tap(struct ms_source *source, ms_source_tap *tap, void *ctx);

// Appends what `.machine/mountinfo` of this machine is: its mounts, and the kernel's own ones, which no
// process has. 0 or an errno.
int ms_source_mounts(struct ms_source *source, struct ms_buf *out);

// All process ids, ascending. 0 or an errno, EINTR when stopped, ENODATA where a live list lacks its reader;
// the caller frees *out (NULL for none).
int ms_source_pids(struct ms_source *source, pid_t **out, size_t *count);

// Finds out whether a live /proc hides processes from who asks (hidepid, or another guard), so that they are
// not in `pids`, its list. 0, or the errno for which that is not known.
int ms_source_hides(struct ms_source *source, const pid_t *pids, size_t count, bool *hides);

// Whether a live /proc is that of a PID namespace below the first, so that the machine has processes it does
// not show.
bool ms_source_is_nested(const struct ms_source *source);

// Whether a live /proc has more processes than this, more or less; nothing is listed for it.
bool ms_source_is_crowded(const struct ms_source *source, unsigned processes);

// A directory fd of a process (the caller closes it), or a negative errno. It never leads to another process,
// even if the number is given out again.
int ms_source_open_process(struct ms_source *source, pid_t pid);

// Whose file: a process by its directory fd, a process by number (dir -1), or the system's (pid 0).
struct ms_target {
    pid_t pid;
    int dir;
    pid_t thread;    // of the process: the file below task/TID instead; 0 for the process itself
    bool to_the_end; // streamed: gone, if the address space was not there any more after its end
    struct ms_heartbeat
        *heartbeat; // is told which file is opened and of each read, and stops them; may be NULL
};

// Whether who reads the target is to stop: its heartbeat says so, or where there is none the source's flag.
bool ms_source_target_stopped(const struct ms_source *source, struct ms_target target);

// A thread of the process that has an address space, where the main thread has exited and others live on: the
// main thread's own files are then those of a zombie. *thread is 0 where there is none. 0, or why that is not
// known: a saved root may lack the threads (ENOENT).
int ms_source_living_thread(struct ms_source *source, struct ms_target target, pid_t *thread);

// Compares the address spaces of two processes in some order that holds until one of them ends: 0 they are
// one (so they are for two processes without any), 1 that of `a` comes first, 2 that of `b`; a negative
// errno: EPERM where the reader may not look into both, ESRCH, EOPNOTSUPP where nothing can be asked.
int ms_source_compare_memory(struct ms_source *source, pid_t a, pid_t b);

// Whether a process has the mounts of who asks; what is not known counts as so.
bool ms_source_shares_mounts(struct ms_source *source, struct ms_target target);

// A file of a control group, named by its path as PID/cgroup shows it: appends the whole of it. 0 or an
// errno.
int ms_source_cgroup_read(struct ms_source *source, const char *group, const char *file, struct ms_buf *out);

// Appends the names of the groups directly below one, a NUL after each. 0 or an errno.
int ms_source_cgroup_list(struct ms_source *source, const char *group, struct ms_buf *out);

// What an errno of these means.
enum ms_reason ms_source_cgroup_reason(struct ms_source *source, const char *group, int error);

// The tmpfs mounts that the reader sees: appends "DEV REASON SIZE USED PATH" for each, ended by a zero byte;
// DEV as maps has it, sizes in bytes. REASON is "known", or why the sizes are not (a saved root has none). 0
// or an errno.
int ms_source_tmpfs(struct ms_source *source, struct ms_buf *out);

// Who owns the plain files of a mounted tmpfs. A file of several names counts once; what is mounted on it is
// not entered, nor is a link followed.
struct ms_tmpfs_owner {
    uint64_t uid;
    uint64_t bytes; // in memory or in swap
    uint64_t files;
    uint64_t largest; // bytes of the largest file
    char *path;       // of that one; NULL where no file has any bytes
};
struct ms_tmpfs_walk {
    uint64_t most_files; // where it is to stop,
    unsigned most_ms;    // both given
    struct ms_tmpfs_owner *owners;
    size_t owner_count;
    uint64_t files;  // that were looked at
    uint64_t closed; // directories that may not be read, or are too deep
    bool is_cut;     // it stopped at a limit
};

// Whether that tmpfs is mounted at that path, as the reader sees it.
bool ms_source_has_tmpfs(struct ms_source *source, const char *path, dev_t dev);

// Reads the directories of the tmpfs `dev` that is mounted at `path` of the live machine. 0 or an errno:
// ESTALE where another filesystem is there, ENOTDIR where a single file is mounted. It may hang on the way to
// `path`: see reader/shmem_files.h.
int ms_source_tmpfs_walk(const char *path, dev_t dev, struct ms_heartbeat *heartbeat,
                         struct ms_tmpfs_walk *out);
void ms_tmpfs_walk_deinit(struct ms_tmpfs_walk *walk);

// Deleted files of shared memory, and memfds, that a live process has open: appends "DEV INODE BYTES NAME"
// for each, ended by a zero byte; DEV as maps has it. 0 or an errno, EOPNOTSUPP for a saved root. It may hang
// in the filesystem of a file: see reader/shmem_files.h.
int ms_source_open_shmem(struct ms_source *source, struct ms_target target, struct ms_buf *out);

// Appends sysvipc/shm: the System V segments of shared memory of the reader's IPC namespace. 0 or an errno.
int ms_source_segments(struct ms_source *source, struct ms_buf *out);

// What an errno of ms_source_tmpfs or ms_source_segments means.
enum ms_reason ms_source_shmem_reason(struct ms_source *source, int error);

// The kernel's log, which needs no program: gives its records one by one, oldest first, as /dev/kmsg has
// them, without the newline. A saved root may have them as `.machine/kmsg`. *seconds is what the log's clock
// shows now, or when it was saved; -1 where that is not known. 0 or an errno: EPERM where the log is for
// others, ENODEV where /dev/kmsg is not the kernel's (in containers), ENODATA where none was saved.
int ms_source_kmsg(struct ms_source *source, ms_take *take, void *ctx, double *seconds);

// What stat(2) says of `path` below a process of a live source ("exe", "map_files/START-END", "root/etc");
// with `follow` of what a link leads to. 0 or an errno, EOPNOTSUPP for a saved root.
struct stat;
int ms_source_stat(struct ms_source *source, struct ms_target target, const char *path, bool follow,
                   struct stat *out);

// Appends the whole file to `out` (for a symbolic link: where it points). 0 or an errno, EFBIG for one that
// is larger than such a file can be, EINTR when stopped.
int ms_source_read(struct ms_source *source, struct ms_target target, enum ms_file file, struct ms_buf *out);

// Whether the `errors` file of a saved root, or the hook, refuses a file that is otherwise there; whether it
// may do so with any.
bool ms_source_may_refuse(const struct ms_source *source);
bool ms_source_refuses(struct ms_source *source, struct ms_target target, enum ms_file file);

// Whether the file is of a recording and was decompressed already, so that reading it never waits.
bool ms_source_has_at_hand(struct ms_source *source, struct ms_target target, enum ms_file file);

// Reads to the end, giving the bytes piece by piece; once `take` returned false the rest is read and dropped.
// 0 or an errno, EINTR when stopped.
int ms_source_stream(struct ms_source *source, struct ms_target target, enum ms_file file, ms_take *take,
                     void *ctx);

// What an errno that one of these gave means. 0 is MS_KNOWN.
enum ms_reason ms_source_reason(struct ms_source *source, struct ms_target target, int error);

// How many files of this kind were opened so far (tests and :explain ask).
uint64_t ms_source_opened(const struct ms_source *source, enum ms_file file);

// How long all threads together took to read them, in nanoseconds; of a listing, to parse it, too.
uint64_t ms_source_spent_ns(const struct ms_source *source, enum ms_file file);

// Bytes in a page, 0 where it is not recorded and can't be derived.
uint64_t ms_source_page_size(struct ms_source *source);

// Clock ticks a second, as /proc counts them.
uint64_t ms_source_hz(struct ms_source *source);

// The time there and the time since boot, in seconds, or why it is not known. The live ones stand still until
// ms_source_tick.
enum ms_reason ms_source_now(struct ms_source *source, double *epoch);
enum ms_reason ms_source_uptime(struct ms_source *source, double *seconds);
void ms_source_tick(struct ms_source *source);

// From now on descriptors of statm, stat and status of processes of a live machine stay open between reads,
// as many as RLIMIT_NOFILE allows, whose soft limit is raised; a file that several questions (ticks) did not
// ask for is closed. Without `keep` all are closed. What is read is the same.
void ms_source_keep_files(struct ms_source *source, bool keep);

// Forgets the names of users, which may have changed; of a saved machine they do not. Names that it gave are
// over.
void ms_source_forget_users(struct ms_source *source);

// Names users by the text of a passwd file alone, from here on. 0 or an errno.
int ms_source_set_users(struct ms_source *source, struct ms_text passwd);

// Name of the machine, "" where it is not recorded. Lives as long as the source.
const char *ms_source_host(struct ms_source *source);

// Name of a user, or the number in digits; empty where there is no memory. Lives as long as the source.
struct ms_text ms_source_user(struct ms_source *source, uint64_t uid);

// Whether the name service knows no user of that name. Of what does not ask it, a saved machine or a
// restricted memsh, that is not known: false.
bool ms_source_lacks_user(struct ms_source *source, const char *name);

// What a device number that maps shows stands for, learnt from mountinfo (that of `pid` for what the own one
// lacks) and, on a live system, from the kernel's internal mounts.
enum ms_fs {
    MS_FS_UNKNOWN,
    MS_FS_SHMEM,      // its pages are counted as shmem: tmpfs, devtmpfs, the kernel's own mount for shared
                      // anonymous memory
    MS_FS_SHMEM_FILE, // the same, and what is mapped is a plain file in /dev (mappings/parser.c)
    MS_FS_OVERLAY,    // some of its layers are on such a filesystem, or may be
    MS_FS_HUGETLB,
    MS_FS_BTRFS, // stat(2) shows the device of the subvolume, maps and mountinfo that of the whole
    MS_FS_OTHER,
};
// 0 or an errno: of mountinfo, or ENOMEM.
int ms_source_fs(struct ms_source *source, pid_t pid, uint32_t major, uint32_t minor, enum ms_fs *out);

// How a paragraph of smaps looks, as the first whole one was read; NULL before. It lives as long as the
// source. May be called by any thread.
struct ms_template;
const struct ms_template *ms_source_template(const struct ms_source *source);
void ms_source_keep_template(struct ms_source *source, const struct ms_template *template);

// Appends the whole file at `path` below /sys. 0 or an errno.
int ms_source_sys_read(struct ms_source *source, const char *path, struct ms_buf *out);

// The numbers in the names of a directory of /sys that are `prefix`, digits, `suffix`, ascending. 0 or an
// errno; the caller frees *out.
int ms_source_sys_numbers(struct ms_source *source, const char *path, const char *prefix, const char *suffix,
                          uint64_t **out, size_t *count);

// What an errno that one of these gave means.
enum ms_reason ms_source_sys_reason(struct ms_source *source, int error);

// Counts one more file as opened, where what is read is no file of /proc.
void ms_source_count(struct ms_source *source, enum ms_file file);

// Notes a label that the field table lacks; names it has noted, in order, NULL after the last.
void ms_source_note_label(struct ms_source *source, enum ms_file file, struct ms_text label);
const char *ms_source_noted_label(const struct ms_source *source, size_t index);
