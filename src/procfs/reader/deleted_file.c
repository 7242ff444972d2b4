// SPDX-License-Identifier: GPL-3.0-or-later
#include "reader/deleted_file.h"

#include <stdlib.h>
#include <sys/sysmacros.h>
#include <unistd.h>

struct search {
    struct ms_errand errand;
    struct ms_target target; // its directory is open
    bool is_program;
    struct ms_vma vma;
    struct ms_vma_traits traits; // the name alone of a program
    struct ms_deleted answer;
    char name[];
};

static void end(struct ms_errand *errand)
{
    struct search *search = (struct search *)errand;
    close(search->target.dir);
    free(search);
}

static void run(struct ms_errand *errand, struct ms_heartbeat *heartbeat)
{
    struct search *search = (struct search *)errand;
    search->target.heartbeat = heartbeat;
    search->answer = search->is_program
                         ? ms_deleted_program(errand->source, search->target, search->traits.name)
                         : ms_deleted_mapping(errand->source, search->target, &search->vma, &search->traits);
}

// The device of a program is only known by asking the file: all programs (`vma` NULL) count as of one.
static enum ms_reason send(struct ms_source *source, struct ms_target target, const struct ms_vma *vma,
                           struct ms_vma_traits traits, struct ms_deleted *out)
{
    struct search *search = calloc(1, sizeof *search + traits.name.len + 1);
    if (!search) {
        close(target.dir);
        return MS_OUT_OF_MEMORY;
    }
    memcpy(search->name, traits.name.data, traits.name.len);
    search->errand = (struct ms_errand){.run = run, .end = end};
    search->target = target;
    search->is_program = !vma;
    search->vma = vma ? *vma : (struct ms_vma){0};
    search->traits = traits;
    search->traits.name.data = search->name;
    const dev_t dev = makedev(search->vma.major, search->vma.minor);
    const enum ms_reason why = ms_reader_send(source, dev, &search->errand);
    if (why == MS_KNOWN)
        *out = search->answer;
    ms_errand_release(&search->errand);
    return why;
}

enum ms_reason ms_reader_mapping_deleted(struct ms_source *source, struct ms_target target,
                                         const struct ms_listing *listing, size_t index,
                                         struct ms_deleted *out)
{
    return send(source, target, &listing->vmas[index], ms_listing_traits(listing, index), out);
}

enum ms_reason ms_reader_program_deleted(struct ms_source *source, struct ms_target target,
                                         struct ms_text exe, struct ms_deleted *out)
{
    return send(source, target, NULL, (struct ms_vma_traits){.name = exe}, out);
}
