// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/private.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <unistd.h>

void ms_source_raise_oom_score_adj(struct ms_source *source)
{
    static const char path[] = "self/oom_score_adj";
    static const char value[] = "500";
    MS_AUTO_BUF text = {0};
    const bool usual = source->live && ms_source_slurp(source, path, &text) == 0 &&
                       ms_text_eq(ms_buf_text(&text), MS_TEXT("0\n"));
    MS_AUTO_CLOSE int fd = usual ? openat(source->root, path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, value, sizeof value - 1) < 0)
        return; // then it is not
}
