// SPDX-License-Identifier: GPL-3.0-or-later
#include "recorder/private.h"
#include "source/private.h"

#include <math.h>
#include <stdio.h>

static void put(char *out, size_t size, struct ms_text text)
{
    snprintf(out, size, "%.*s", (int)(text.len < size ? text.len : size - 1), text.data ? text.data : "");
}

// "Linux version 6.1.0-9-amd64 (...) ...".
static struct ms_text release_of(struct ms_text version)
{
    ms_text_word(&version);
    ms_text_word(&version);
    return ms_text_word(&version);
}

void ms_record_describe(struct ms_source *source, struct ms_moment_info *info)
{
    MS_AUTO_BUF boot = {0};
    MS_AUTO_BUF version = {0};
    struct ms_text line;
    if (ms_source_now(source, &info->time) != MS_KNOWN)
        info->time = NAN;
    put(info->host, sizeof info->host, ms_text_of(ms_source_host(source)));
    if (ms_source_slurp(source, "sys/kernel/random/boot_id", &boot) == 0) {
        line = ms_buf_text(&boot);
        put(info->boot, sizeof info->boot, ms_text_until(&line, '\n'));
    }
    if (ms_source_slurp(source, "version", &version) == 0)
        put(info->kernel, sizeof info->kernel, release_of(ms_buf_text(&version)));
}
