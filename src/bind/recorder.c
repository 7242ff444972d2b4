// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder as userdata.
//
//   recorder, message, name = core.recorder(source, PATH, {max_size=bytes, patience_ms=, redact=})
//   recorder:take{why=, level=, pids={...}, files={...}}   takes and commits a moment: its table
//   (bind/recording.c), with
//                                     `dropped`, how many old ones had to go for it; or nil, message, name.
//                                     level is 1 to 4 (enum ms_level); smaps is read of `pids`, too; files:
//                                     of each control group
//   recorder:forget(seconds)          drops moments of before that time; how many, or nil, message, name
//   recorder:size()                   bytes of the file
//   recorder:is_deleted()             whether the file has no name any more
//   recorder:close()
//   watch, has_pressure = core.record_watch(source, percent)
//   watch:wait(seconds)               "time", "pressure", "end" or "reopen"
//   core.set_aside(PATH, AS)          names a damaged recording otherwise: true, or nil, message, name
//   core.record_protect(source)       whether memory is locked, whether others are killed first
#include "recorder/recorder.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "output/sink.h"
#include "recorder/redact.h"
#include "recording/recording.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECORDER_META "memsh.recorder"
#define WATCH_META "memsh.record_watch"

static volatile sig_atomic_t left; // a thread hangs: see ms_bind_left_recorder

bool ms_bind_left_recorder(void)
{
    return left;
}

struct recorder {
    struct ms_record_writer *writer;
    struct ms_recorder *recorder;
    bool redacts;
    struct ms_redactor redactor;
};

static uint64_t number_in(lua_State *L, int table, const char *key)
{
    lua_getfield(L, table, key);
    const lua_Integer value = luaL_optinteger(L, -1, 0);
    lua_pop(L, 1);
    return value > 0 ? (uint64_t)value : 0;
}

// core.recorder(source, path, options)
static int create(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *path = luaL_checkstring(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    if (ms_sink_is_sealed())
        return ms_push_sealed(L);
    const struct ms_record_writer_options of_writer = {.max_size = number_in(L, 3, "max_size")};
    struct ms_recorder_options options = {
        .patience_ms = (unsigned)number_in(L, 3, "patience_ms"), .stop = ms_bind_stop(L), .left = &left};
    struct recorder *made = lua_newuserdatauv(L, sizeof *made, 1);
    *made = (struct recorder){0};
    luaL_setmetatable(L, RECORDER_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    made->redacts = lua_getfield(L, 3, "redact") != LUA_TNIL && lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (made->redacts && !ms_redactor_init(&made->redactor))
        return ms_push_write_error(L, path, errno);
    options.redacts = made->redacts;
    int error = ms_record_writer_open(path, of_writer, &made->writer);
    if (!error && made->redacts)
        ms_redactor_attach(&made->redactor, made->writer);
    if (!error) {
        made->recorder = ms_recorder_create(source, made->writer, options);
        error = made->recorder ? 0 : ENOMEM;
    }
    return error ? ms_push_write_error(L, path, error) : 1;
}

static void close_it(struct recorder *made)
{
    ms_recorder_destroy(made->recorder);
    ms_record_writer_close(made->writer);
    if (made->redacts)
        ms_redactor_deinit(&made->redactor);
    *made = (struct recorder){0};
}

static int collect(lua_State *L)
{
    close_it(ms_bind_collected(L, RECORDER_META));
    return 0;
}

static int close_recorder(lua_State *L)
{
    close_it(luaL_checkudata(L, 1, RECORDER_META));
    return 0;
}

static struct recorder *check(lua_State *L)
{
    struct recorder *made = luaL_checkudata(L, 1, RECORDER_META);
    luaL_argcheck(L, made->recorder, 1, "a closed recorder");
    return made;
}

// The array of numbers or texts at `key` of the table at 2, as a userdata that is left on the stack.
static pid_t *numbers_at(lua_State *L, const char *key, size_t *count)
{
    lua_getfield(L, 2, key);
    *count = lua_istable(L, -1) ? ms_raw_len(L, -1) : 0;
    pid_t *list = lua_newuserdatauv(L, (*count + 1) * sizeof *list, 0);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        list[i] = (pid_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    return list;
}

static const char **texts_at(lua_State *L, const char *key)
{
    lua_getfield(L, 2, key);
    const size_t count = lua_istable(L, -1) ? ms_raw_len(L, -1) : 0;
    const char **list = lua_newuserdatauv(L, (count + 1) * sizeof *list, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        list[i] = luaL_checkstring(L, -1); // the table keeps it
        lua_pop(L, 1);
    }
    list[count] = NULL;
    return list;
}

static int take(lua_State *L)
{
    struct recorder *made = check(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_getfield(L, 2, "why");
    struct ms_taking taking = {.why = luaL_checkstring(L, -1)};
    const uint64_t level = number_in(L, 2, "level");
    luaL_argcheck(L, level >= 1 && level <= MS_LEVEL_ALL + 1, 2, "level is 1 to 4");
    taking.level = (enum ms_level)(level - 1);
    taking.mapped = numbers_at(L, "pids", &taking.mapped_count);
    taking.files = texts_at(L, "files");
    struct ms_moment_info info;
    size_t dropped = 0;
    int error = ms_recorder_take(made->recorder, &taking, &info);
    if (made->redacts)
        ms_redact_moment(&made->redactor, &info);
    if (!error)
        error = ms_record_writer_commit(made->writer, &info, &dropped);
    if (error) {
        ms_record_writer_drop(made->writer);
        return ms_push_write_error(L, "no moment was taken", error);
    }
    ms_push_moment(L, &info);
    ms_set_integer(L, "dropped", dropped);
    return 1;
}

static int forget(lua_State *L)
{
    size_t dropped = 0;
    const int error = ms_record_writer_forget(check(L)->writer, luaL_checknumber(L, 2), &dropped);
    if (error)
        return ms_push_write_error(L, "no moment was dropped", error);
    lua_pushinteger(L, (lua_Integer)dropped);
    return 1;
}

static int size(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ms_record_writer_size(check(L)->writer));
    return 1;
}

static int is_deleted(lua_State *L)
{
    lua_pushboolean(L, ms_record_writer_is_deleted(check(L)->writer));
    return 1;
}

// ---- waiting

static int watch(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const double percent = luaL_checknumber(L, 2);
    struct ms_recorder_watch **made = lua_newuserdatauv(L, sizeof *made, 0);
    bool watched = false;
    *made = NULL;
    luaL_setmetatable(L, WATCH_META);
    *made = ms_recorder_watch_create(source, percent, &watched);
    if (!*made)
        return ms_push_write_error(L, "signals", errno);
    lua_pushboolean(L, watched);
    return 2;
}

static int collect_watch(lua_State *L)
{
    struct ms_recorder_watch **made = ms_bind_collected(L, WATCH_META);
    ms_recorder_watch_destroy(*made);
    *made = NULL;
    return 0;
}

static int wait_for(lua_State *L)
{
    static const char *const names[] = {
        [MS_EVENT_TIME] = "time",
        [MS_EVENT_PRESSURE] = "pressure",
        [MS_EVENT_END] = "end",
        [MS_EVENT_REOPEN] = "reopen",
    };
    struct ms_recorder_watch **made = luaL_checkudata(L, 1, WATCH_META);
    luaL_argcheck(L, *made, 1, "closed");
    lua_pushstring(L, names[ms_recorder_wait(*made, luaL_checknumber(L, 2))]);
    return 1;
}

static int protect(lua_State *L)
{
    const struct ms_protection got = ms_recorder_protect(*ms_check_source(L, 1));
    lua_pushboolean(L, got.locked);
    lua_pushboolean(L, got.last_victim);
    return 2;
}

static int set_aside(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1), *as = luaL_checkstring(L, 2);
    if (ms_sink_is_sealed())
        return ms_push_sealed(L);
    const int error = ms_recording_set_aside(path, as);
    if (error)
        return ms_push_write_error(L, as, error);
    lua_pushboolean(L, 1);
    return 1;
}

const luaL_Reg ms_recorder_functions[] = {{"recorder", create},
                                          {"record_watch", watch},
                                          {"set_aside", set_aside},
                                          {"record_protect", protect},
                                          {NULL, NULL}};

void ms_open_recorder(lua_State *L)
{
    static const luaL_Reg methods[] = {{"take", take},
                                       {"forget", forget},
                                       {"size", size},
                                       {"is_deleted", is_deleted},
                                       {"close", close_recorder},
                                       {NULL, NULL}};
    static const luaL_Reg of_recorder[] = {{"__gc", collect}, {NULL, NULL}};
    static const luaL_Reg of_watch[] = {{"__gc", collect_watch}, {NULL, NULL}};
    static const luaL_Reg watch_methods[] = {{"wait", wait_for}, {NULL, NULL}};
    ms_make_class(L, RECORDER_META, of_recorder, methods);
    ms_make_class(L, WATCH_META, of_watch, watch_methods);
}
