// SPDX-License-Identifier: GPL-3.0-or-later
// Kills for lack of memory, as the kernel's log has them.
#include "bind/bind.h"
#include "bind/handles.h"
#include "system/oom_kills.h"

#include <errno.h>

static enum ms_reason reason_of(struct ms_source *source, int error)
{
    if (error == ENODATA)
        return MS_NOT_RECORDED;
    if (error == ENODEV || error == ENOENT) // in containers
        return MS_UNSUPPORTED;
    return ms_source_reason(source, (struct ms_target){.dir = -1}, error);
}

static void set_text(lua_State *L, const char *key, struct ms_text text)
{
    lua_pushlstring(L, text.len ? text.data : "", text.len);
    lua_setfield(L, -2, key);
}

static void add_kill(void *ctx, const struct ms_oom_kill *kill)
{
    lua_State *L = ctx;
    lua_createtable(L, 0, 12);
    lua_pushnumber(L, kill->seconds);
    lua_setfield(L, -2, "seconds");
    ms_set_integer(L, "pid", kill->pid);
    set_text(L, "comm", kill->comm);
    set_text(L, "group", kill->group);
    set_text(L, "limited", kill->limited);
    lua_pushboolean(L, kill->by_limit);
    lua_setfield(L, -2, "by_limit");
    ms_set_number(L, "uid", kill->uid);
    ms_set_number(L, "virt", kill->virt);
    ms_set_number(L, "anon", kill->anon);
    ms_set_number(L, "file", kill->file);
    ms_set_number(L, "shmem", kill->shmem);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// core.oom_kills(source): an array of tables, oldest first, in which characters that are not plain are \xNN;
// `seconds` is what the log's clock shows now (nil: that is not known). Or nil and the name of a reason.
static int oom_kills(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_buf *log = ms_push_buf(L);
    double seconds;
    const int error = ms_oom_kills_load(source, log, &seconds);
    ms_bind_check_stop(L);
    if (error)
        return ms_push_reason(L, (int)reason_of(source, error));
    lua_newtable(L);
    ms_oom_kills_each(ms_buf_text(log), add_kill, L);
    if (seconds >= 0) {
        lua_pushnumber(L, seconds);
        lua_setfield(L, -2, "seconds");
    }
    return 1;
}

const luaL_Reg ms_kmsg_functions[] = {{"oom_kills", oom_kills}, {NULL, NULL}};
