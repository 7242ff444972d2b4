// SPDX-License-Identifier: GPL-3.0-or-later
// Processes as userdata, and loading them a batch at a time.
#include "bind/bind.h"
#include "bind/handles.h"
#include "reader/reader.h"
#include "source/page_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 256 };

struct ms_process *ms_check_process(lua_State *L, int index)
{
    return luaL_checkudata(L, index, MS_PROCESS_META);
}

// `source_index`, `meta_index`: the places of its source and its metatable.
static void push_one(lua_State *L, struct ms_source *source, int source_index, int meta_index, pid_t pid)
{
    struct ms_lua_process *process = lua_newuserdatauv(L, sizeof *process, 1);
    ms_process_init(&process->process, source, pid);
    process->strings = NULL;
    lua_pushvalue(L, meta_index);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, source_index);
    lua_setiuservalue(L, -2, 1);
}

void ms_push_process(lua_State *L, int source_index, pid_t pid)
{
    struct ms_source *source = *ms_check_source(L, source_index);
    source_index = lua_absindex(L, source_index);
    luaL_getmetatable(L, MS_PROCESS_META);
    push_one(L, source, source_index, lua_gettop(L), pid);
    lua_remove(L, -2);
}

// source:processes(pids, first, last): those at these positions of a list, as source:process gives them.
int ms_processes(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    const lua_Integer first = luaL_checkinteger(L, 3), last = luaL_checkinteger(L, 4);
    luaL_argcheck(L, last - first < INT32_MAX, 4, "too many");
    luaL_getmetatable(L, MS_PROCESS_META);
    const int meta = lua_gettop(L);
    lua_createtable(L, last < first ? 0 : (int)(last - first + 1), 0);
    for (lua_Integer i = first; i <= last; i++) {
        lua_rawgeti(L, 2, i);
        const lua_Integer pid = lua_tointeger(L, -1);
        luaL_argcheck(L, pid > 0 && pid <= INT32_MAX, 2, "not a list of process ids");
        lua_pop(L, 1);
        push_one(L, source, 1, meta, (pid_t)pid);
        lua_rawseti(L, -2, i - first + 1);
    }
    return 1;
}

struct ms_value ms_process_value(lua_State *L, struct ms_process *process, enum ms_field field)
{
    struct ms_value value = {.why = MS_OUT_OF_MEMORY, .unit = ms_fields[field].unit};
    ms_files files = ms_process_get(process, field, &value)
                         ? ms_process_elsewhere(process, field, value.why)
                         : ms_process_plan(&field, 1, ms_process_loaded(process));
    for (int i = 0; i < 2 && files; i++) { // two files may have it
        if (!ms_reader_load(&process, 1, files))
            luaL_error(L, "interrupted!");
        ms_process_get(process, field, &value);
        files = ms_process_elsewhere(process, field, value.why);
    }
    return value;
}

static int index_process(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    const int field = ms_field_at(L, 2);
    if (field < 0)
        return ms_index_other(L);
    ms_push_value(L, ms_process_value(L, process, (enum ms_field)field), (enum ms_field)field, process->pid);
    return 1;
}

static int forget(lua_State *L)
{
    struct ms_lua_process *process = ms_bind_collected(L, MS_PROCESS_META);
    ms_process_deinit(&process->process);
    ms_packed_strings_destroy(process->strings);
    process->strings = NULL;
    return 0;
}

static bool start_time(lua_State *L, struct ms_process *process, uint64_t *start)
{
    if (!process->has_start)
        ms_process_value(L, process, MS_FIELD_STAT_start_time);
    *start = process->start;
    return process->has_start;
}

int ms_open_own(lua_State *L, struct ms_process *process)
{
    uint64_t start = 0;
    const bool has_start = start_time(L, process, &start);
    const int dir = ms_source_open_process(process->source, process->pid);
    if (dir < 0)
        return dir == -ENOENT ? -ESRCH : dir;
    struct ms_process now, *batch = &now;
    ms_process_init(&now, process->source, process->pid);
    ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STAT));
    const bool same = has_start && now.has_start && now.start == start;
    ms_process_deinit(&now);
    if (same)
        return dir;
    close(dir);
    return -ESRCH;
}

// The same process: of one source, with one pid and one start time.
static int equal(lua_State *L)
{
    struct ms_process *a = luaL_testudata(L, 1, MS_PROCESS_META), *b = luaL_testudata(L, 2, MS_PROCESS_META);
    uint64_t a_start, b_start;
    lua_pushboolean(L, a && b && a->source == b->source && a->pid == b->pid && start_time(L, a, &a_start) &&
                           start_time(L, b, &b_start) && a_start == b_start);
    return 1;
}

static int to_string(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    struct ms_value comm;
    if (ms_process_get(process, MS_FIELD_STAT_comm, &comm) && comm.why == MS_KNOWN) {
        lua_pushfstring(L, "process %d (", (int)process->pid);
        lua_pushlstring(L, comm.text.data, comm.text.len);
        lua_pushliteral(L, ")");
        lua_concat(L, 3);
    } else {
        lua_pushfstring(L, "process %d", (int)process->pid);
    }
    return 1;
}

// p:refresh(): the process as it is now, nothing of it read yet.
static int refresh(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    uint64_t start = 0;
    const bool known = start_time(L, process, &start);
    lua_getiuservalue(L, 1, 1);
    ms_push_process(L, -1, process->pid);
    struct ms_process *fresh = lua_touserdata(L, -1);
    fresh->has_start = known;
    fresh->start = start;
    fresh->image = process->image;
    return 1;
}

// core.freeze(p): nothing more is read of it.
static int freeze(lua_State *L)
{
    ms_process_freeze(ms_check_process(L, 1));
    return 0;
}

// core.frozen_at(p): when it was frozen, in seconds since 1970; nil where it was not, or that is not known.
static int frozen_at(lua_State *L)
{
    const struct ms_process *process = ms_check_process(L, 1);
    if (!process->frozen || process->read_at.now_why != MS_KNOWN)
        return 0;
    lua_pushnumber(L, process->read_at.now);
    return 1;
}

// core.is_frozen(p)
static int is_frozen(lua_State *L)
{
    lua_pushboolean(L, ms_check_process(L, 1)->frozen);
    return 1;
}

// core.revision(p): changes when loaded files had to be read again.
static int revision(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ms_check_process(L, 1)->rereads);
    return 1;
}

// core.identity(p): its start time in clock ticks, or nil.
static int identity(lua_State *L)
{
    uint64_t start;
    if (start_time(L, ms_check_process(L, 1), &start))
        lua_pushinteger(L, (lua_Integer)start);
    else
        lua_pushnil(L);
    return 1;
}

// The processes at positions first to last of the table at index 1. The table keeps them alive.
// (luaL_checkudata for each would look the type up by its name.)
static size_t batch_of(lua_State *L, lua_Integer first, lua_Integer last, struct ms_process **batch)
{
    size_t count = 0;
    luaL_getmetatable(L, MS_PROCESS_META);
    for (lua_Integer i = first; i <= last && count < BATCH; i++) {
        lua_rawgeti(L, 1, i);
        const bool is_one = lua_getmetatable(L, -1) && lua_rawequal(L, -1, -3);
        luaL_argcheck(L, is_one, 1, "not a list of processes");
        batch[count++] = lua_touserdata(L, -2);
        lua_pop(L, 2);
    }
    lua_pop(L, 1);
    return count;
}

static void load_batches(lua_State *L, lua_Integer first, lua_Integer last,
                         bool (*load)(struct ms_process *const *, size_t, ms_files), ms_files files)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    for (lua_Integer at = first; at <= last; at += BATCH) {
        struct ms_process *batch[BATCH];
        if (!load(batch, batch_of(L, at, last, batch), files))
            luaL_error(L, "interrupted!");
    }
}

// core.load(processes, first, last, files): loads these files (a mask of core.plan) of each.
static int load(lua_State *L)
{
    const ms_files files = (ms_files)luaL_checkinteger(L, 4);
    load_batches(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3), ms_reader_load, files);
    return 0;
}

// core.ahead(processes, files): begins to load these files of processes that were not read yet, at most 256,
// in the order of their numbers; nil where that is not done. ahead:take() waits for it.
static int ahead(lua_State *L)
{
    struct ms_process *batch[BATCH];
    luaL_checktype(L, 1, LUA_TTABLE);
    const ms_files files = (ms_files)luaL_checkinteger(L, 2);
    const lua_Integer len = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, len <= BATCH, 1, "too many processes");
    const size_t count = batch_of(L, 1, len, batch);
    struct ms_readahead **handle = lua_newuserdatauv(L, sizeof(struct ms_readahead *), 1);
    *handle = NULL;
    luaL_setmetatable(L, MS_AHEAD_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    *handle = ms_reader_read_ahead(batch, count, files);
    if (!*handle)
        lua_pushnil(L);
    return 1;
}

static int drop_ahead(lua_State *L)
{
    struct ms_readahead **handle = luaL_checkudata(L, 1, MS_AHEAD_META);
    ms_readahead_destroy(*handle);
    *handle = NULL;
    return 0;
}

static int forget_ahead(lua_State *L)
{
    struct ms_readahead **handle = ms_bind_collected(L, MS_AHEAD_META);
    ms_readahead_destroy(*handle);
    *handle = NULL;
    return 0;
}

// ahead:take(): the processes have what was read.
static int take_ahead(lua_State *L)
{
    struct ms_readahead **handle = luaL_checkudata(L, 1, MS_AHEAD_META);
    if (*handle)
        ms_readahead_wait(*handle);
    return drop_ahead(L);
}

// Whether it is a thread of the kernel. That memory ran out before this was known is noted.
static bool is_of_kernel(lua_State *L, const struct ms_process *process)
{
    if (ms_process_kernel_doubt(process) == MS_OUT_OF_MEMORY)
        ms_bind_note_reason(L, MS_OUT_OF_MEMORY);
    return ms_process_is_kernel(process) == 1;
}

static bool load_kernel(struct ms_process *const *batch, size_t count, ms_files files)
{
    (void)files;
    return ms_reader_load_kernel(batch, count);
}

// core.load_kernel(processes, first, last): loads what core.is_kernel needs.
static int load_for_kernel(lua_State *L)
{
    load_batches(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3), load_kernel, 0);
    return 0;
}

// The reason for which something of the process at the top is not known, in the table at 3.
static void note_doubt(lua_State *L, enum ms_reason why)
{
    if (lua_isnil(L, 3)) {
        lua_newtable(L);
        lua_replace(L, 3);
    }
    lua_pushvalue(L, -1);
    lua_pushstring(L, ms_reason_name(why));
    lua_rawset(L, 3);
}

// core.drop_kernel(processes, n): removes the kernel threads from the table of n processes. Returns how many
// are left, and where it is not known of some whether they are any, a table of the reasons by process.
static int drop_kernel(lua_State *L)
{
    const lua_Integer count = luaL_checkinteger(L, 2);
    lua_Integer left = 0;
    lua_settop(L, 2);
    lua_pushnil(L); // the doubts
    load_batches(L, 1, count, load_kernel, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, i);
        const struct ms_process *process = lua_touserdata(L, -1);
        const enum ms_reason doubt = ms_process_kernel_doubt(process);
        if (doubt != MS_KNOWN)
            note_doubt(L, doubt);
        if (is_of_kernel(L, process))
            lua_pop(L, 1);
        else
            lua_rawseti(L, 1, ++left);
    }
    for (lua_Integer i = left + 1; i <= count; i++) {
        lua_pushnil(L);
        lua_rawseti(L, 1, i);
    }
    lua_pushinteger(L, left);
    lua_pushvalue(L, 3);
    return 2;
}

// core.is_kernel(p): whether it is a thread of the kernel.
static int is_kernel(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    if (!ms_reader_load_kernel(&process, 1))
        luaL_error(L, "interrupted!");
    lua_pushboolean(L, is_of_kernel(L, process));
    return 1;
}

// core.may_read(p): whether its memory may be asked about, which the kernel decides when maps is opened.
static int may_read(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    int fd =
        ms_source_open_raw(process->source, (struct ms_target){.pid = process->pid, .dir = -1}, MS_RAW_MAPS);
    if (fd >= 0)
        close(fd);
    lua_pushboolean(L, fd >= 0 || (fd != -EACCES && fd != -EPERM)); // a zombie has nothing to be denied
    return 1;
}

// core.is_gone(p [, files]): whether all that was loaded of it says that it has ended, or one of these files.
static int is_gone(lua_State *L)
{
    const struct ms_process *process = ms_check_process(L, 1);
    const ms_files files = (ms_files)luaL_optinteger(L, 2, 0);
    lua_pushboolean(L, ms_process_is_gone(process) || ms_process_ended_before(process, files));
    return 1;
}

// core.missing(p, files): those of the files that are not loaded.
static int missing(lua_State *L)
{
    lua_pushinteger(L, luaL_checkinteger(L, 2) & ~(lua_Integer)ms_process_loaded(ms_check_process(L, 1)));
    return 1;
}

// p:process(): itself, as a mapping gives the process that it is of.
static int self(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

static const luaL_Reg methods[] = {
    {"refresh", refresh}, {"process", self}, {"raw", ms_process_raw}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", forget}, {"__eq", equal}, {"__tostring", to_string}, {NULL, NULL}};

const luaL_Reg ms_process_functions[] = {
    {"freeze", freeze},
    {"is_frozen", is_frozen},
    {"frozen_at", frozen_at},
    {"revision", revision},
    {"identity", identity},
    {"load", load},
    {"ahead", ahead},
    {"load_kernel", load_for_kernel},
    {"drop_kernel", drop_kernel},
    {"is_kernel", is_kernel},
    {"may_read", may_read},
    {"is_gone", is_gone},
    {"missing", missing},
    {NULL, NULL},
};

void ms_open_process(lua_State *L)
{
    static const luaL_Reg meta_of_ahead[] = {{"__gc", forget_ahead}, {NULL, NULL}};
    static const luaL_Reg of_ahead[] = {{"take", take_ahead}, {"drop", drop_ahead}, {NULL, NULL}};
    ms_make_class(L, MS_AHEAD_META, meta_of_ahead, of_ahead);
    ms_make_row_type(L, MS_PROCESS_META, MS_PROCESS, metamethods, methods, index_process);
}
