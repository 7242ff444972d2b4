// SPDX-License-Identifier: GPL-3.0-or-later
// What the files of the source share among themselves.
#pragma once

#include "source/source.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

struct ms_source_fault {
    char *path; // "42/maps", "42/*", "meminfo"
    int error;
    size_t index; // among the lines
};

struct ms_source_user {
    uint64_t uid;
    char *name;
};

struct ms_source_device {
    uint32_t major;
    uint32_t minor;
    enum ms_fs fs;
};

struct ms_readers;
struct ms_moment;
struct ms_pool;

struct ms_source {
    atomic_uint refs;
    struct ms_readers *readers; // how files are read; NULL: by who asks. Made by the room reader
    void (*end_readers)(struct ms_readers *readers); // set where `readers` is
    char *root_path;
    ms_source_opener *opener; // of the root; NULL: open(2)
    int root;
    bool live;
    bool lone;          // the root is one file of a process
    char lone_path[32]; // what it is below a root: "1/smaps"
    pid_t lone_pid;
    struct ms_moment *moment; // the root is one of a recording; NULL: it is none
    const volatile sig_atomic_t *stop;
    struct ms_pool *patient; // asks a saved root for its owner (patient.c); NULL before it is needed
    unsigned patience_ms;    // of it; 0: the usual
    const volatile sig_atomic_t *hurry;
    struct ms_source_hooks hooks;
    ms_source_tap *tap;
    void *tap_ctx;
    struct ms_source_fault *faults;
    size_t fault_count;
    size_t fault_exact; // those without wildcards, first and in order
    _Atomic uint64_t opened[MS_FILE_COUNT];
    _Atomic uint64_t spent_ns[MS_FILE_COUNT];
    _Atomic(struct ms_template *) template; // of smaps; NULL until it is learnt
    pthread_mutex_t lock;                   // of labels and devices
    char **labels;
    size_t label_count;

    // the machine
    uint64_t page_size;
    uint64_t hz;
    char *host;
    bool has_now, has_uptime, ticked;
    double now, uptime;
    int unread_clock; // why a saved machine's uptime or stat could not be read; 0: they were, or are missing
    bool has_devices, lacks_devices; // lacks: memory ran out for one of them
    bool has_all_devices;            // those of all processes of a saved machine
    int unread_mounts;               // why some of their mounts could not be read; 0: all were
    struct ms_source_device *devices;
    size_t device_count;
    struct ms_source_user *users;
    size_t user_count;
    bool has_all_users;            // who is not among them has no name
    bool has_numbers, own_numbers; // whether process ids are those of the reader's namespace
    bool knows_hiding, hiding;     // whether it is mounted so that it hides processes of others
    char *cgroup_mount;         // where the hierarchy that counts memory is mounted; NULL until it is found
    char *cgroup_top;           // the group that is mounted there
    struct ms_kept_files *kept; // NULL: nothing is kept open
};

// Descriptors that stay open between reads, of one file of one process each. Threads may use it at once.
struct ms_kept_files;
void ms_kept_destroy(struct ms_kept_files *kept);
void ms_kept_sweep(struct ms_kept_files *kept); // a question begins: closes what others did not ask for

// The descriptor of a file, which stays open until it is given back; -1: there is none. Given back with
// `keep` false it is closed.
int ms_kept_take(struct ms_kept_files *kept, pid_t pid, enum ms_file file);
void ms_kept_give_back(struct ms_kept_files *kept, pid_t pid, enum ms_file file, bool keep);

// Keeps one that was just opened. False where there is no room: the caller closes it.
bool ms_kept_add(struct ms_kept_files *kept, pid_t pid, enum ms_file file, int fd);

// A line of mountinfo; the texts are in it, with the kernel's \040 and the like.
struct ms_mount {
    uint32_t major;
    uint32_t minor;
    struct ms_text root;
    struct ms_text point;
    struct ms_text type;
    struct ms_text options; // of the filesystem
};

// False for any other line.
bool ms_mount_parse(struct ms_text line, struct ms_mount *out);

// A copy with the kernel's \040 and the like undone, for the caller to free. NULL without memory.
char *ms_mount_unescaped(struct ms_text text);

void ms_source_free_cgroup(struct ms_source *source);

// A root that is one file: learns from its text which file of a process it is. 0 or an errno, ENOTDIR if it
// is not one.
int ms_source_open_lone(struct ms_source *source);

// Its file at `path` below the root: an fd, or a negative errno.
int ms_source_open_in_lone(const struct ms_source *source, const char *path);

// Whether the moment has the process.
bool ms_source_has_recorded(const struct ms_source *source, pid_t pid);

// A root that is a moment of a recording (recorded.c). Appends the first `max` bytes of the file at `path`,
// all of it if that is 0. 0 or an errno.
int ms_source_read_recorded(struct ms_source *source, const char *path, size_t max, struct ms_buf *out);

// What ms_source_list appends, and whether something is there.
int ms_source_list_recorded(struct ms_source *source, const char *path, struct ms_buf *out);
int ms_source_look_recorded(struct ms_source *source, const char *path);

// Whether it takes no time to find what is at a path.
bool ms_source_is_at_hand(struct ms_source *source, const char *path);

// An fd of a copy in memory of the file at `path`, or a negative errno.
int ms_source_open_recorded(const struct ms_source *source, const char *path);

// Opens the newest moment of the file that is the root, unless the source has one already. 0 or an errno,
// ENOTDIR where it is no recording.
int ms_source_open_recording(struct ms_source *source);

// Reads the `errors` file of a saved root. 0 or an errno.
int ms_source_load_faults(struct ms_source *source);
void ms_source_free_faults(struct ms_source *source);

// The errno recorded for a path, or 0.
int ms_source_fault(const struct ms_source *source, const char *path);

// Learns page size, HZ, host, users: from the running kernel, or from `.machine`. 0 or an errno.
int ms_source_load_machine(struct ms_source *source);
void ms_source_free_machine(struct ms_source *source);

// Gives the tap what was appended to a text from `start` on. Returns `error`.
int ms_source_tapped(struct ms_source *source, const char *path, const struct ms_buf *text, size_t start,
                     int error);

// Why a path must not be opened, by the `errors` file, then the hook. 0 or an errno.
int ms_source_refusal(struct ms_source *source, const char *path);

// Opens the file at `path` below the root, or of a live machine at an absolute path, without asking for
// refusals: an fd, or a negative errno.
int ms_source_open_path(const struct ms_source *source, const char *path);

// Appends the whole file at `path` below the root ("42/fdinfo/3"), a live one by the target's directory. 0 or
// an errno.
int ms_source_read_below(struct ms_source *source, struct ms_target target, const char *path,
                         struct ms_buf *out);

// Appends what the drivers say in fdinfo of the graphics devices that the target has open. 0 or an errno.
int ms_source_read_graphics(struct ms_source *source, struct ms_target target, struct ms_buf *out);

// The directory at `path` below the directory `at`. NULL sets errno; the caller closes it.
DIR *ms_source_open_dir(const struct ms_source *source, int at, const char *path);

// The process or thread whose directory has that name; 0 for any other name.
pid_t ms_source_pid_named(struct ms_text name);

// What opening a file of a saved root gave, -1 with errno or a descriptor: the descriptor, or a negative
// errno and it is closed. ENXIO if it is no plain file, EFBIG if it is larger than any file of /proc.
int ms_source_opened_saved(int fd);

// Something that is asked of the filesystem: appends what it says of `path`, of which `max` says how much is
// wanted. 0 or an errno.
typedef int ms_ask(struct ms_source *source, const char *path, size_t max, struct ms_buf *out);

// Asks. In a saved root a thread does so, which may hang: for as long as the source is to wait (ETIMEDOUT),
// and not after it was stopped (EINTR). Whoever is in a thread of a pool asks itself.
int ms_source_patiently(struct ms_source *source, ms_ask *ask, const char *path, size_t max,
                        struct ms_buf *out);

enum ms_entry_kind { MS_ENTRY_FOLDER = 'd', MS_ENTRY_FILE = '-', MS_ENTRY_OTHER = '?' };
struct ms_entry {
    enum ms_entry_kind kind;
    const char *name; // in the list
};

// Appends the list of what is in the directory at `path`, for ms_source_next_entry. 0 or an errno. Here:
// below the directory `at`, and by who asks.
int ms_source_list(struct ms_source *source, const char *path, struct ms_buf *out);
int ms_source_list_here(struct ms_source *source, int at, const char *path, struct ms_buf *out);
bool ms_source_next_entry(struct ms_text *list, struct ms_entry *out);

// Whether memsh itself has a capability, as capability(7) numbers them.
bool ms_has_capability(unsigned number);

// Whether something, be it a link, is at `path`. 0 or an errno.
int ms_source_look(struct ms_source *source, const char *path);

// Appends the whole file at `path`, as ms_source_open_path, or its first `max` bytes; no hooks, no counting.
// 0 or an errno.
int ms_source_slurp(struct ms_source *source, const char *path, struct ms_buf *out);
int ms_source_peek(struct ms_source *source, const char *path, size_t max, struct ms_buf *out);
