// SPDX-License-Identifier: GPL-3.0-or-later
// p:raw(file) and m:raw(): what the kernel printed, labels that the field table lacks included, read anew.
#include "bind/bind.h"
#include "bind/handles.h"
#include "reader/reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// The file of a process with this name, or -1.
static int file_named(const char *name)
{
    for (int file = 0; file < MS_PROCESS_FILES; file++)
        if (strcmp(ms_file_table[file].path, name) == 0)
            return file;
    return -1;
}

static int no_such_file(lua_State *L, const char *name)
{
    lua_pushfstring(L, "no file '%s' of a process; there are", name);
    for (int file = 0; file < MS_PROCESS_FILES; file++) {
        lua_pushfstring(L, " %s", ms_file_table[file].path);
        lua_concat(L, 2);
    }
    return luaL_error(L, "%s", lua_tostring(L, -1));
}

// Reads a file of this very process. 0 or an errno; ESRCH if its number belongs to another one now.
static int read_own(lua_State *L, struct ms_process *process, enum ms_file file, struct ms_buf *out)
{
    ms_process_value(L, process, MS_FIELD_STAT_start_time);
    if (ms_reader_refusal(process, MS_FILES(file) & MS_FILES_LOCKING, false) != MS_KNOWN)
        return ETIMEDOUT;
    const int dir = ms_open_own(L, process);
    if (dir < 0)
        return -dir;
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    const int error = ms_source_read(process->source, target, file, out);
    close(dir);
    return error;
}

static void push_labels(lua_State *L, struct ms_text text)
{
    lua_newtable(L);
    while (text.len) {
        struct ms_text value = ms_text_until(&text, '\n');
        if (!memchr(value.data, ':', value.len))
            continue;
        struct ms_text label = ms_text_until(&value, ':');
        value = ms_text_trim(value);
        lua_pushlstring(L, label.data, label.len);
        lua_pushlstring(L, value.data, value.len);
        lua_rawset(L, -3);
    }
}

static int failure(lua_State *L, struct ms_process *process, int error, const char *what)
{
    const struct ms_target target = {.pid = process->pid, .dir = -1};
    return ms_push_failure(L, ms_source_reason(process->source, target, error), what);
}

// p:raw("smaps_rollup"): a table of label -> text for files of labelled lines, else the bytes. nil, message,
// name where it can't be read.
int ms_process_raw(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    const char *name = luaL_checkstring(L, 2);
    const int file = file_named(name);
    if (file < 0)
        return no_such_file(L, name);
    struct ms_buf *text = ms_push_buf(L);
    int error = read_own(L, process, (enum ms_file)file, text);
    if (error)
        return failure(L, process, error, name);
    if (!(ms_file_table[file].traits & MS_LABELLED))
        return ms_push_content(L, text);
    struct ms_text lines = {text->data, text->len};
    if (ms_file_table[file].traits & MS_HEADED)
        ms_text_until(&lines, '\n');
    push_labels(L, lines);
    ms_buf_deinit(text);
    return 1;
}

static bool is_header_of(struct ms_text line, uint64_t start)
{
    uint64_t at;
    return ms_text_hex(ms_text_until(&line, '-'), &at) && at == start;
}

static bool is_header(struct ms_text line)
{
    uint64_t at;
    const bool has_dash = memchr(line.data, '-', line.len) != NULL;
    return has_dash && ms_text_hex(ms_text_until(&line, '-'), &at);
}

// The lines after the header of the mapping that starts there.
static struct ms_text paragraph_at(struct ms_text text, uint64_t start)
{
    struct ms_text found = {text.data, 0};
    while (text.len && !is_header_of(ms_text_until(&text, '\n'), start))
        ;
    found.data = text.data;
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        if (line.len && is_header(line))
            break;
        found.len = (size_t)(text.data - found.data);
    }
    return found;
}

// m:raw(): a table of label -> text, from smaps as it is now.
int ms_mapping_raw(lua_State *L)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    const uint64_t start = listing->vmas[at].start;
    struct ms_process *process = &ms_owner_of(L, 1)->process;
    struct ms_buf *text = ms_push_buf(L);
    int error = read_own(L, process, MS_FILE_SMAPS, text);
    if (error)
        return failure(L, process, error, "smaps");
    push_labels(L, paragraph_at((struct ms_text){text->data, text->len}, start));
    ms_buf_deinit(text);
    return 1;
}
