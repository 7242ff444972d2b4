// SPDX-License-Identifier: GPL-3.0-or-later
// How a source is opened, held and given up.
#include "source/private.h"

#include "pool/pool.h"
#include "recording/recording.h"
#include "source/page_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static bool is_procfs(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

struct root {
    int fd;
    bool is_live;
    bool is_folder;
};

static int open_root_here(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    (void)max;
    const int flags = O_PATH | O_CLOEXEC;
    struct root root = {.fd = source->opener ? source->opener(path, flags) : open(path, flags)};
    struct stat st;
    if (root.fd < 0)
        return errno;
    root.is_folder = fstat(root.fd, &st) == 0 && S_ISDIR(st.st_mode);
    root.is_live = root.is_folder && is_procfs(root.fd);
    if (ms_buf_add(out, &root, sizeof root))
        return 0;
    close(root.fd);
    return ENOMEM;
}

// Opens the root. 0 or an errno; ENOTDIR if it is a file, which is then open. That of a moment is open
// already for somebody else, so that no thread need ask.
static int open_root(struct ms_source *source, bool is_default)
{
    MS_AUTO_BUF text = {0};
    struct root root;
    const bool here = is_default || source->moment;
    const int error = here ? open_root_here(source, source->root_path, 0, &text)
                           : ms_source_patiently(source, open_root_here, source->root_path, 0, &text);
    if (error)
        return error;
    memcpy(&root, text.data, sizeof root);
    source->root = root.fd;
    source->live = root.is_live;
    return root.is_folder ? 0 : ENOTDIR;
}

// A file that stands for a root.
static int open_file(struct ms_source *source)
{
    const int error = ms_source_open_recording(source);
    return error == ENOTDIR ? ms_source_open_lone(source) : error;
}

static int create(ms_source_opener *opener, const char *root, struct ms_moment *moment,
                  struct ms_source **out)
{
    struct ms_source *source = calloc(1, sizeof *source);
    if (!source) {
        ms_moment_close(moment);
        return ENOMEM;
    }
    source->moment = moment;
    source->opener = opener;
    atomic_init(&source->refs, 1);
    pthread_mutex_init(&source->lock, NULL);
    source->root = -1;
    source->root_path = strdup(root ? root : "/proc");
    int error = source->root_path ? open_root(source, !root) : ENOMEM;
    if (error == ENOTDIR)
        error = open_file(source);
    if (!error && !source->live)
        error = root ? ms_source_load_faults(source) : ENODEV; // /proc is not mounted
    if (!error)
        error = ms_source_load_machine(source);
    if (error == EBADMSG && source->moment) // the recording was opened: what is damaged is this moment
        error = EUCLEAN;
    if (error) {
        ms_source_destroy(source);
        return error;
    }
    *out = source;
    return 0;
}

int ms_source_create(const char *root, struct ms_source **out)
{
    return create(NULL, root, NULL, out);
}

int ms_source_create_by(ms_source_opener *opener, const char *root, struct ms_source **out)
{
    return create(opener, root, NULL, out);
}

int ms_source_create_at(const char *path, struct ms_moment *moment, struct ms_source **out)
{
    return create(NULL, path, moment, out);
}

void ms_source_destroy(struct ms_source *source)
{
    if (!source)
        return;
    if (source->readers)
        source->end_readers(source->readers);
    source->readers = NULL;
    ms_pool_destroy(source->patient);
    source->patient = NULL;
    ms_source_release(source);
}

void ms_source_hold(struct ms_source *source)
{
    atomic_fetch_add(&source->refs, 1);
}

void ms_source_release(struct ms_source *source)
{
    if (atomic_fetch_sub(&source->refs, 1) != 1)
        return;
    pthread_mutex_destroy(&source->lock);
    ms_source_free_faults(source);
    ms_source_free_machine(source);
    ms_source_free_cgroup(source);
    ms_kept_destroy(source->kept);
    free(source->template);
    free(source->devices);
    for (size_t i = 0; i < source->label_count; i++)
        free(source->labels[i]);
    free(source->labels);
    if (source->root >= 0)
        close(source->root);
    ms_moment_close(source->moment);
    free(source->root_path);
    free(source);
}
