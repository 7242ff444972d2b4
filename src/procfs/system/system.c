// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/system.h"

#include "parse/parse.h"
#include "system/sysfs.h"

void ms_system_init(struct ms_system *system, struct ms_source *source)
{
    *system = (struct ms_system){.source = source};
}

void ms_system_deinit(struct ms_system *system)
{
    for (int i = 0; i < MS_FILE_COUNT; i++)
        ms_block_destroy(system->blocks[i]);
    ms_system_init(system, NULL);
}

static enum ms_reason why_unread(struct ms_source *source, enum ms_file file, int error)
{
    const enum ms_reason why = ms_source_reason(source, (struct ms_target){.dir = -1}, error);
    const bool is_lost = !ms_source_is_live(source) && ms_file_table[file].traits & MS_EVERYWHERE;
    return why == MS_UNSUPPORTED && is_lost ? MS_NOT_RECORDED : why;
}

static struct ms_block *load(struct ms_system *system, enum ms_file file)
{
    const struct ms_target target = {.dir = -1};
    MS_AUTO_BUF text = {0};
    if (ms_is_sysfs(file)) {
        struct ms_block *list = ms_block_create(file, MS_NOT_RECORDED);
        if (list)
            ms_sysfs_load(system->source, list);
        return list;
    }
    int error = ms_source_read(system->source, target, file, &text);
    const enum ms_reason why = why_unread(system->source, file, error);
    struct ms_block *block = ms_block_create(file, why == MS_KNOWN ? MS_NOT_RECORDED : why);
    if (block && why == MS_KNOWN)
        ms_parse_file(block, ms_buf_text(&text), ms_parse_context_of(system->source));
    return block;
}

static struct ms_value machine_value(struct ms_source *source, enum ms_field field)
{
    struct ms_value value = {.unit = ms_fields[field].unit};
    switch (field) {
    case MS_FIELD_MACHINE_page_size:
        value.number = ms_source_page_size(source);
        value.why = value.number ? MS_KNOWN : MS_NOT_RECORDED;
        break;
    case MS_FIELD_MACHINE_hz:
        value.number = ms_source_hz(source);
        break;
    case MS_FIELD_MACHINE_now:
        value.why = ms_source_now(source, &value.real);
        break;
    default:
        value.text = ms_text_of(ms_source_host(source));
        value.why = value.text.len ? MS_KNOWN : MS_NOT_RECORDED;
    }
    return value;
}

// What failed may not fail again; what hangs would hang again.
static bool is_worth_a_try(const struct ms_block *block, enum ms_field field)
{
    const enum ms_reason why = ms_block_get(block, ms_place_first(field)).why;
    return why == MS_IO || why == MS_OUT_OF_MEMORY;
}

struct ms_value ms_system_get(struct ms_system *system, enum ms_field field)
{
    const enum ms_file file = ms_fields[field].file;
    struct ms_value value = {.why = MS_OUT_OF_MEMORY, .unit = ms_fields[field].unit};
    if (file == MS_FILE_MACHINE)
        return machine_value(system->source, field);
    if (file == MS_FILE_UPTIME && ms_source_is_live(system->source)) {
        value.why = ms_source_uptime(system->source, &value.real);
        return value;
    }
    if (system->blocks[file] && is_worth_a_try(system->blocks[file], field)) {
        ms_block_destroy(system->blocks[file]);
        system->blocks[file] = NULL;
    }
    if (!system->blocks[file])
        system->blocks[file] = load(system, file);
    return system->blocks[file] ? ms_block_get(system->blocks[file], ms_place_first(field)) : value;
}
