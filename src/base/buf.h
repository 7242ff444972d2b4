// SPDX-License-Identifier: GPL-3.0-or-later
// A growable run of bytes. An append that finds no memory returns false, leaves the content as it was and
// sets `failed`, so that a caller may append a whole line and look once.
#pragma once

#include "base/text.h"

#include <stdarg.h>
#include <string.h>

struct ms_buf {
    char *data; // not terminated; NULL while empty
    size_t len;
    size_t cap;
    bool failed;
};

static inline void ms_buf_init(struct ms_buf *buf)
{
    *buf = (struct ms_buf){0};
}

void ms_buf_deinit(struct ms_buf *buf);

// Forgets the content, keeps the storage, and clears `failed`.
void ms_buf_clear(struct ms_buf *buf);

// For a variable that starts as {0} and is freed at the end of its scope.
#define MS_AUTO_BUF __attribute__((cleanup(ms_buf_deinit))) struct ms_buf

// The content, valid until the next append.
static inline struct ms_text ms_buf_text(const struct ms_buf *buf)
{
    return (struct ms_text){buf->data, buf->len};
}

// A part of the content. An empty one may be asked of a buffer that has no memory yet.
static inline struct ms_text ms_buf_part(const struct ms_buf *buf, size_t start, size_t len)
{
    return len ? (struct ms_text){buf->data + start, len} : MS_TEXT("");
}

// Makes room for `extra` bytes after the content.
bool ms_buf_reserve(struct ms_buf *buf, size_t extra);

// Inline: rows are written by millions of short ones.
static inline bool ms_buf_add(struct ms_buf *buf, const void *bytes, size_t len)
{
    if (len == 0)
        return true;
    if (len > buf->cap - buf->len && !ms_buf_reserve(buf, len))
        return false;
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    return true;
}

static inline bool ms_buf_addc(struct ms_buf *buf, char c)
{
    return ms_buf_add(buf, &c, 1);
}

static inline bool ms_buf_adds(struct ms_buf *buf, const char *string)
{
    return ms_buf_add(buf, string, strlen(string));
}

bool ms_buf_addf(struct ms_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
