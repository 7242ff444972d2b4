// SPDX-License-Identifier: GPL-3.0-or-later
// The paragraph of smaps that one listing has taught, for the next ones: the kernel prints those of all
// processes alike.
#include "source/private.h"

#include "mappings/paragraph_template.h"

#include <stdlib.h>

const struct ms_template *ms_source_template(const struct ms_source *source)
{
    return atomic_load_explicit(&source->template, memory_order_acquire);
}

// Others may be reading it, so the first one stays.
void ms_source_keep_template(struct ms_source *source, const struct ms_template *template)
{
    struct ms_template *copy = ms_source_template(source) ? NULL : malloc(sizeof *copy), *none = NULL;
    if (!copy)
        return;
    *copy = *template;
    if (!atomic_compare_exchange_strong(&source->template, &none, copy))
        free(copy);
}
