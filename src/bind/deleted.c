// SPDX-License-Identifier: GPL-3.0-or-later
#include "reader/deleted_file.h"

#include "bind/bind.h"
#include "bind/handles.h"

#include <unistd.h>

static enum ms_reason ask_mapping(lua_State *L, struct ms_process *process, struct ms_deleted *out)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    const int dir = process->frozen ? -1 : ms_open_own(L, process);
    *out = (struct ms_deleted){true, MS_DELETED_BY_NAME};
    if (dir < 0)
        return MS_KNOWN;
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    return ms_reader_mapping_deleted(process->source, target, listing, at, out);
}

static bool is_said(const struct ms_value *exe)
{
    return exe->why == MS_KNOWN && ms_deleted_is_said(exe->text);
}

// To open its directory may read all of the process again: the text from before is gone then.
static enum ms_reason ask_program(lua_State *L, struct ms_process *process, struct ms_deleted *out)
{
    struct ms_value exe = ms_process_value(L, process, MS_FIELD_EXE_exe);
    *out = (struct ms_deleted){is_said(&exe), MS_DELETED_BY_NAME};
    const int dir = out->deleted && !process->frozen ? ms_open_own(L, process) : -1;
    if (dir < 0)
        return MS_KNOWN;
    exe = ms_process_value(L, process, MS_FIELD_EXE_exe);
    if (exe.why != MS_KNOWN) {
        close(dir);
        return exe.why;
    }
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    return ms_reader_program_deleted(process->source, target, exe.text, out);
}

// core.deleted(row): of a mapping whose name, or a process whose exe, ends in the kernel's words: whether the
// file was deleted, and what showed that; both unknown if its filesystem does not answer.
static int deleted(lua_State *L)
{
    const bool is_mapping = luaL_testudata(L, 1, MS_MAPPING_META);
    struct ms_deleted answer;
    struct ms_process *process = is_mapping ? &ms_owner_of(L, 1)->process : ms_check_process(L, 1);
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

const luaL_Reg ms_deleted_functions[] = {{"deleted", deleted}, {NULL, NULL}};
