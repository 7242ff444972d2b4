// SPDX-License-Identifier: GPL-3.0-or-later
// Fields of processes of a fixture.
#pragma once

#include "test_procfs.h"

#include "reader/reader.h"

static struct ms_source *open_fixture(const char *name)
{
    char path[512];
    struct ms_source *source = NULL;
    snprintf(path, sizeof(path), MEMSH_FIXTURES "/%s", name);
    assert_int_equal(ms_source_create(path, &source), 0);
    return source;
}

static enum ms_reason reason_of(struct ms_source *source, pid_t pid, enum ms_field field)
{
    struct ms_process process, *batch = &process;
    struct ms_value value = {.why = MS_KNOWN};
    const enum ms_file file = ms_fields[field].file;
    ms_process_init(&process, source, pid);
    assert_true(ms_reader_load(&batch, 1, MS_FILES(file)));
    assert_true(ms_process_get(&process, field, &value));
    ms_process_deinit(&process);
    return value.why;
}
