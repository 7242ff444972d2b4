// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/oom_kills.h"

#include <errno.h>

static bool keep(void *ctx, const char *bytes, size_t len)
{
    struct ms_buf *out = ctx;
    const struct ms_text record = {bytes, len};
    if (!ms_kmsg_is_of_kill(record))
        return true;
    return ms_buf_add(out, bytes, len) && ms_buf_addc(out, '\n');
}

int ms_oom_kills_load(struct ms_source *source, struct ms_buf *out, double *seconds)
{
    const int error = ms_source_kmsg(source, keep, out, seconds);
    return error ? error : out->failed ? ENOMEM : 0;
}
