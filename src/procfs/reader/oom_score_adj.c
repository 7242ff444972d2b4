// SPDX-License-Identifier: GPL-3.0-or-later
// What memsh sets of itself.
#include "reader/private.h"

#include "base/cleanup.h"

#include <fcntl.h>

static const char path[] = "self/oom_score_adj";

// Where somebody has chosen a value (systemd's OOMScoreAdjust=, choom) it stays.
void ms_reader_raise_oom_score_adj(struct ms_source *source)
{
    static const char value[] = "500";
    struct ms_buf text;
    ms_buf_init(&text);
    const bool usual = source->live && ms_source_slurp(source, path, &text) == 0 &&
                       ms_text_eq((struct ms_text){text.data, text.len}, MS_TEXT("0\n"));
    ms_buf_deinit(&text);
    MS_AUTO_CLOSE int fd = usual ? openat(source->root, path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, value, sizeof value - 1) < 0)
        return; // then it is not
}
