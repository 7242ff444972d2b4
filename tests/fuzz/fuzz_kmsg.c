// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as the kernel's log, and as sysvipc/shm: texts that come out are in it.
#include <stdint.h>
#include <stdlib.h>

#include "parse/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool is_so)
{
    if (!is_so)
        abort();
}

static bool is_in(struct ms_text part, struct ms_text whole)
{
    return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void take_kill(void *ctx, const struct ms_oom_kill *kill)
{
    const struct ms_text *log = ctx;
    expect(is_in(kill->comm, *log) && is_in(kill->group, *log) && is_in(kill->limited, *log));
    expect(kill->seconds >= 0);
}

static void take_segment(void *ctx, const struct ms_segment *segment)
{
    (void)ctx;
    expect(segment->rss.why == MS_KNOWN || segment->rss.why == MS_MALFORMED ||
           segment->rss.why == MS_UNSUPPORTED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ms_text text = {(const char *)data, size};
    ms_oom_kills_each(text, take_kill, &text);
    ms_segments_each(text, take_segment, NULL);
    return 0;
}
