// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/bar.h"

#include <math.h>

enum { EIGHTHS = 8 };

static size_t parts_of(double share, size_t parts)
{
    double size = fabs(share);
    if (!(size > 0)) // nan, too
        return 0;
    size_t filled = size >= 1 ? parts : (size_t)llround(size * (double)parts);
    return filled > 0 ? filled : 1;
}

static bool add_blocks(struct ms_buf *out, size_t eighths)
{
    for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
        if (!ms_buf_adds(out, "█"))
            return false;
    static const char *const rest[EIGHTHS] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    return ms_buf_adds(out, rest[eighths]);
}

bool ms_bar(struct ms_buf *out, double share, size_t columns, bool blocks)
{
    if (blocks)
        return add_blocks(out, parts_of(share, columns * EIGHTHS));
    for (size_t filled = parts_of(share, columns); filled > 0; filled--)
        if (!ms_buf_addc(out, '#'))
            return false;
    return true;
}
