// SPDX-License-Identifier: GPL-3.0-or-later
#include "reader/deleted_file.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// What the asking thread works on: its own, as it may never come back. One holder is the errand, the other
// who waits for it.
struct search {
    atomic_uint holders;
    struct ms_source *source; // held
    struct ms_target target;  // its directory is open
    bool is_program;
    struct ms_vma vma;
    struct ms_vma_traits traits; // the name alone of a program
    struct ms_deleted answer;
    char name[];
};

static void let_go(void *ctx)
{
    struct search *search = ctx;
    if (atomic_fetch_sub(&search->holders, 1) != 1)
        return;
    close(search->target.dir);
    ms_source_release(search->source);
    free(search);
}

static void run(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct search *search = ctx;
    (void)item;
    search->target.heartbeat = heartbeat;
    search->answer = search->is_program
                         ? ms_deleted_program(search->source, search->target, search->traits.name)
                         : ms_deleted_mapping(search->source, search->target, &search->vma, &search->traits);
}

static struct search *begin(struct ms_source *source, struct ms_target target, struct ms_text name)
{
    struct search *search = calloc(1, sizeof *search + name.len + 1);
    if (!search) {
        close(target.dir);
        return NULL;
    }
    atomic_init(&search->holders, 2);
    search->source = source;
    search->target = target;
    memcpy(search->name, name.data, name.len);
    ms_source_hold(source);
    return search;
}

static enum ms_reason send(struct search *search, dev_t dev, size_t name_len, struct ms_deleted *out)
{
    search->traits.name = (struct ms_text){search->name, name_len};
    const enum ms_reason why = ms_reader_send(search->source, dev, &(struct ms_errand){run, let_go, search});
    if (why == MS_KNOWN)
        *out = search->answer;
    let_go(search);
    return why;
}

enum ms_reason ms_reader_mapping_deleted(struct ms_source *source, struct ms_target target,
                                         const struct ms_listing *listing, size_t index,
                                         struct ms_deleted *out)
{
    const struct ms_vma_traits traits = ms_listing_traits(listing, index);
    struct search *search = begin(source, target, traits.name);
    if (!search)
        return MS_OUT_OF_MEMORY;
    search->vma = listing->vmas[index];
    search->traits = traits;
    return send(search, makedev(search->vma.major, search->vma.minor), traits.name.len, out);
}

// The device of a program is only known by asking the file: all programs count as of one.
enum ms_reason ms_reader_program_deleted(struct ms_source *source, struct ms_target target,
                                         struct ms_text exe, struct ms_deleted *out)
{
    struct search *search = begin(source, target, exe);
    if (!search)
        return MS_OUT_OF_MEMORY;
    search->is_program = true;
    return send(search, 0, exe.len, out);
}
