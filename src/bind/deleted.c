// SPDX-License-Identifier: GPL-3.0-or-later
#include "reader/deleted_file.h"

#include "bind/bind.h"
#include "bind/handles.h"

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

static enum ms_reason ask_mapping(lua_State *L, struct ms_process *process, struct ms_deleted *out)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    const int dir = open_own(L, process);
    *out = (struct ms_deleted){true, MS_DELETED_BY_NAME};
    if (dir < 0)
        return MS_KNOWN;
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    return ms_reader_mapping_deleted(process->source, target, listing, at, out);
}

static enum ms_reason ask_program(lua_State *L, struct ms_process *process, struct ms_deleted *out)
{
    const struct ms_value exe = ms_process_value(L, process, MS_FIELD_EXE_exe);
    *out = (struct ms_deleted){exe.why == MS_KNOWN && ms_deleted_is_said(exe.text), MS_DELETED_BY_NAME};
    const int dir = out->deleted ? open_own(L, process) : -1;
    if (dir < 0)
        return MS_KNOWN;
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    return ms_reader_program_deleted(process->source, target, exe.text, out);
}

// core.deleted(row): of a mapping whose name, or a process whose exe, ends in the kernel's words: whether the
// file was deleted, and by what that was told; both unknown where its filesystem does not answer.
static int deleted(lua_State *L)
{
    const bool is_mapping = luaL_testudata(L, 1, MS_MAPPING_META);
    struct ms_deleted answer;
    if (is_mapping)
        lua_getiuservalue(L, 1, 1);
    struct ms_process *process = ms_check_process(L, is_mapping ? -1 : 1);
    const enum ms_reason why =
        is_mapping ? ask_mapping(L, process, &answer) : ask_program(L, process, &answer);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN) {
        ms_push_unknown(L, (int)why, is_mapping ? "deleted" : "exe_deleted", (int)process->pid);
        lua_pushvalue(L, -1);
        return 2;
    }
    lua_pushboolean(L, answer.deleted);
    lua_pushstring(L, ms_deleted_by_name(answer.by));
    return 2;
}

static const luaL_Reg functions[] = {{"deleted", deleted}, {NULL, NULL}};

void ms_bind_deleted(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
