// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void ms_buf_deinit(struct ms_buf *buf)
{
    free(buf->data);
    ms_buf_init(buf);
}

void ms_buf_clear(struct ms_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

bool ms_buf_reserve(struct ms_buf *buf, size_t extra)
{
    if (extra <= buf->cap - buf->len)
        return true;
    size_t need, cap;
    char *data = NULL;
    if (!buf->failed && !__builtin_add_overflow(buf->len, extra, &need) &&
        !__builtin_mul_overflow(need, 2, &cap)) {
        cap = cap < 64 ? 64 : cap;
        data = realloc(buf->data, cap);
    }
    if (!data) {
        buf->failed = true;
        buf->cap = buf->len; // nothing is added any more: a text without its middle would be another one
        return false;
    }
    buf->data = data;
    buf->cap = cap;
    return true;
}

bool ms_buf_addf(struct ms_buf *buf, const char *format, ...)
{
    va_list args, again;
    size_t room = buf->cap - buf->len;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(room ? buf->data + buf->len : NULL, room, format, args);
    va_end(args);
    bool ok = len >= 0 && ms_buf_reserve(buf, (size_t)len + 1);
    if (ok && (size_t)len >= room)
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    if (ok)
        buf->len += (size_t)len;
    va_end(again);
    return ok;
}
