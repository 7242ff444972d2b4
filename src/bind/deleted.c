// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/deleted.h"

#include "bind/bind.h"
#include "bind/handles.h"
#include "reader/reader.h"

#include <unistd.h>

// A directory fd of this very process, or -1.
static int open_own(lua_State *L, struct ms_process *process)
{
    if (process->frozen)
        return -1;
    if (!process->has_start)
        ms_process_value(L, process, MS_FIELD_STAT_start_time);
    const int dir = ms_source_open_process(process->source, process->pid);
    if (dir < 0)
        return -1;
    struct ms_process now, *batch = &now;
    ms_process_init(&now, process->source, process->pid);
    ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STAT));
    const bool same = now.has_start && process->has_start && now.start == process->start;
    ms_process_deinit(&now);
    if (same)
        return dir;
    close(dir);
    return -1;
}

static struct ms_deleted ask_mapping(lua_State *L)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    lua_getiuservalue(L, 1, 1);
    struct ms_process *process = ms_check_process(L, -1);
    const int dir = open_own(L, process);
    if (dir < 0)
        return (struct ms_deleted){true, MS_DELETED_BY_NAME};
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    const struct ms_deleted answer = ms_deleted_mapping(process->source, target, listing, at);
    close(dir);
    return answer;
}

static struct ms_deleted ask_program(lua_State *L, struct ms_process *process)
{
    const struct ms_value exe = ms_process_value(L, process, MS_FIELD_EXE_exe);
    struct ms_deleted answer = {exe.why == MS_KNOWN && ms_deleted_is_said(exe.text), MS_DELETED_BY_NAME};
    const int dir = answer.deleted ? open_own(L, process) : -1;
    if (dir < 0)
        return answer;
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    answer = ms_deleted_program(process->source, target, exe.text);
    close(dir);
    return answer;
}

// core.deleted(row): of a mapping whose name, or a process whose exe, ends in the kernel's words: whether the
// file was deleted, and by what that was told.
static int deleted(lua_State *L)
{
    const struct ms_deleted answer =
        luaL_testudata(L, 1, MS_MAPPING_META) ? ask_mapping(L) : ask_program(L, ms_check_process(L, 1));
    lua_pushboolean(L, answer.deleted);
    lua_pushstring(L, ms_deleted_by_name(answer.by));
    return 2;
}

static const luaL_Reg functions[] = {{"deleted", deleted}, {NULL, NULL}};

void ms_bind_deleted(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
