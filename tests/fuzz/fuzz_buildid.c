// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as an ELF file: what comes out is none, or bytes that stand in the file behind the name of their
// note, and no more is read than an honest file asks for.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pages/buildid.h"

enum { MOST_READ = 1 + 512 * (1 + 1), MOST_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
    const uint8_t *data;
    size_t size;
    unsigned reads;
};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static ssize_t read_file(void *ctx, void *bytes, size_t len, uint64_t offset)
{
    struct file *file = ctx;
    expect(++file->reads <= MOST_READ && len <= MOST_BYTES);
    if (offset >= file->size)
        return 0;
    if (len > file->size - offset)
        len = file->size - (size_t)offset;
    memcpy(bytes, file->data + offset, len);
    return (ssize_t)len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file file = {data, size, 0};
    struct ms_build_id id = {.len = 1000};
    enum ms_reason why = ms_build_id_of_elf(read_file, &file, &id);
    if (why != MS_KNOWN) {
        expect((why == MS_MALFORMED || why == MS_TOO_LARGE) && id.len == 1000);
        return 0;
    }
    expect(id.len <= MS_BUILD_ID_MOST);
    if (id.len) {
        const uint8_t *name = memmem(data, size, "GNU", 4);
        expect(name != NULL && memmem(name, size - (size_t)(name - data), id.bytes, id.len) != NULL);
    }
    return 0;
}
