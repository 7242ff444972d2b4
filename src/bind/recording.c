// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings as userdata, and what makes them.
//
//   recording, message = core.recording(PATH)
//   recording:moments()             {{id=, time=, took=, why=, processes=, boot_id=, host=, kernel=}, ...},
//   oldest first recording:find{before=, why=}   the newest of them, not after `before` (seconds since 1970),
//   taken for `why`;
//                                   nil: there is none
//   recording:size(id)              bytes that a moment has in the file
//   recording:source(id)            the machine as it was: what core.source gives
//   recording:forget()              lets go of what was decompressed: it is read again where it is asked for
//   core.file_number(PATH)          a text that is the same for all names of one file; nil: there is none
//   core.recordings(DIRECTORY)      the paths of the files NAME.memsh in it, in order; nil: it is no
//   directory
#include "recording/recording.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "confine/files.h"
#include "output/sink.h"
#include "recorder/recorder.h"
#include "recorder/redact.h"
#include "recording/export.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RECORDING_META "memsh.recording"
#define MOMENTS_META "memsh.moments"
#define NAMES_META "memsh.names"

// nil, message, name.
static int push_error(lua_State *L, const char *what, int error)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", what, ms_source_problem(error));
    lua_pushstring(L, strerrorname_np(error));
    return 3;
}

struct recording {
    struct ms_recording *recording;
};

// core.recording(path): a recording, or nil, message, name.
static int open_recording(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct recording *made = lua_newuserdatauv(L, sizeof *made, 1);
    made->recording = NULL;
    luaL_setmetatable(L, RECORDING_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    if (ms_files_look(path) == EPERM) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", path, ms_files_problem(EPERM));
        lua_pushliteral(L, "EPERM");
        return 3;
    }
    const int error = ms_recording_open(path, &made->recording);
    return error ? push_error(L, path, error) : 1;
}

static int close_recording(lua_State *L)
{
    struct recording *made = ms_bind_collected(L, RECORDING_META);
    ms_recording_release(made->recording);
    made->recording = NULL;
    return 0;
}

static struct ms_recording *check_recording(lua_State *L, int index)
{
    const struct recording *made = luaL_checkudata(L, index, RECORDING_META);
    luaL_argcheck(L, made->recording, index, "a closed recording");
    return made->recording;
}

static const char *path_of(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
    const char *path = lua_tostring(L, -1); // the recording keeps it
    lua_pop(L, 1);
    return path;
}

static void set_text(lua_State *L, const char *key, const char *text)
{
    ms_set_string(L, key, *text ? text : NULL);
}

void ms_push_moment(lua_State *L, const struct ms_moment_info *info)
{
    lua_createtable(L, 0, 8);
    ms_set_integer(L, "id", (uint64_t)info->id);
    ms_set_integer(L, "processes", (uint64_t)info->processes);
    if (!isnan(info->time)) {
        lua_pushnumber(L, info->time);
        lua_setfield(L, -2, "time");
    }
    lua_pushnumber(L, info->took);
    lua_setfield(L, -2, "took");
    set_text(L, "why", info->why);
    set_text(L, "boot_id", info->boot);
    set_text(L, "host", info->host);
    set_text(L, "kernel", info->kernel);
}

static int free_moments(lua_State *L)
{
    struct ms_moment_info **list = ms_bind_collected(L, MOMENTS_META);
    free(*list);
    *list = NULL;
    return 0;
}

static int moments(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    struct ms_moment_info **list = lua_newuserdatauv(L, sizeof *list, 0);
    size_t count = 0;
    *list = NULL;
    luaL_setmetatable(L, MOMENTS_META);
    const int error = ms_recording_moments(recording, list, &count);
    if (error)
        return push_error(L, path_of(L, 1), error);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        ms_push_moment(L, &(*list)[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int find(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    struct ms_moment_info info;
    luaL_checktype(L, 2, LUA_TTABLE);
    const double before = lua_getfield(L, 2, "before") == LUA_TNUMBER ? lua_tonumber(L, -1) : INFINITY;
    const char *why = lua_getfield(L, 2, "why") == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    const int error = ms_recording_find(recording, before, why, &info);
    if (error == ENODATA)
        lua_pushnil(L);
    else if (error)
        return push_error(L, path_of(L, 1), error);
    else
        ms_push_moment(L, &info);
    return 1;
}

static int size(lua_State *L)
{
    uint64_t bytes = 0;
    const int error = ms_recording_size(check_recording(L, 1), luaL_checkinteger(L, 2), &bytes);
    if (error)
        return push_error(L, path_of(L, 1), error);
    lua_pushinteger(L, (lua_Integer)bytes);
    return 1;
}

static int forget(lua_State *L)
{
    ms_recording_forget(check_recording(L, 1));
    return 0;
}

static int is_recording(const struct dirent *entry)
{
    const struct ms_text name = ms_text_of(entry->d_name), suffix = MS_TEXT(".memsh");
    return name.len > suffix.len && ms_text_eq(ms_text_skip(name, name.len - suffix.len), suffix);
}

struct names {
    struct dirent **list;
    int count;
};

static int free_names(lua_State *L)
{
    struct names *names = ms_bind_collected(L, NAMES_META);
    while (names->count > 0)
        free(names->list[--names->count]);
    free(names->list);
    names->list = NULL;
    return 0;
}

// core.recordings(directory)
static int list_recordings(lua_State *L)
{
    const char *directory = luaL_checkstring(L, 1);
    struct names *names = lua_newuserdatauv(L, sizeof *names, 0);
    *names = (struct names){0};
    luaL_setmetatable(L, NAMES_META);
    names->count = scandir(directory, &names->list, is_recording, alphasort);
    if (names->count < 0)
        return 0;
    lua_createtable(L, names->count, 0);
    for (int i = 0; i < names->count; i++) {
        lua_pushfstring(L, "%s/%s", directory, names->list[i]->d_name);
        lua_rawseti(L, -2, i + 1);
    }
    return 1;
}

// core.file_number(path)
static int file_number(lua_State *L)
{
    struct stat st;
    if (stat(luaL_checkstring(L, 1), &st))
        return 0;
    lua_pushfstring(L, "%I:%I", (LUAI_UACINT)st.st_dev, (LUAI_UACINT)st.st_ino);
    return 1;
}

static int source_at(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    const lua_Integer id = luaL_checkinteger(L, 2);
    const char *path = path_of(L, 1);
    struct ms_moment *moment = NULL;
    struct ms_source **source = ms_push_source(L);
    int error = ms_moment_open(recording, id, &moment);
    if (!error)
        error = ms_source_create_at(path, moment, source);
    if (error)
        return push_error(L, path, error);
    ms_configure_source(L, *source);
    return 1;
}

// core.moment_of(source): the moment of a recording that it is, as recording:moments() has it, or nil.
static int moment_of(lua_State *L)
{
    const struct ms_moment *moment = ms_source_moment(*ms_check_source(L, 1));
    if (moment)
        ms_push_moment(L, ms_moment_info(moment));
    else
        lua_pushnil(L);
    return 1;
}

// core.export_moment(source, directory): true, or nil, message, name.
static int export_moment(lua_State *L)
{
    struct ms_moment *moment = ms_source_moment(*ms_check_source(L, 1));
    const char *directory = luaL_checkstring(L, 2);
    luaL_argcheck(L, moment, 1, "no recording");
    if (ms_sink_is_sealed())
        return ms_push_sealed(L);
    const int error = ms_moment_export(moment, directory);
    if (error)
        return push_error(L, directory, error);
    lua_pushboolean(L, 1);
    return 1;
}

static int take_saved(struct ms_source *source, struct ms_record_writer *writer, struct ms_redactor *redactor,
                      struct ms_moment_info *info)
{
    size_t dropped = 0;
    if (redactor)
        ms_redactor_attach(redactor, writer);
    const int error = ms_record_saved(source, writer, info);
    if (redactor)
        ms_redact_moment(redactor, info);
    return error ? error : ms_record_writer_commit(writer, info, &dropped);
}

// core.record_saved(source, path[, redact]): adds what a saved root holds to the recording at `path` as a
// moment, which it gives; or nil, message, name.
static int record_saved(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *path = luaL_checkstring(L, 2);
    const bool redacts = lua_toboolean(L, 3);
    if (ms_sink_is_sealed())
        return ms_push_sealed(L);
    struct ms_record_writer *writer = NULL;
    struct ms_redactor redactor;
    struct ms_moment_info info;
    if (redacts && !ms_redactor_init(&redactor))
        return push_error(L, path, errno);
    int error = ms_record_writer_open(path, (struct ms_record_writer_options){0}, &writer);
    if (!error)
        error = take_saved(source, writer, redacts ? &redactor : NULL, &info);
    ms_record_writer_close(writer);
    if (redacts)
        ms_redactor_deinit(&redactor);
    if (error)
        return push_error(L, path, error);
    ms_push_moment(L, &info);
    return 1;
}

const luaL_Reg ms_recording_functions[] = {
    {"recording", open_recording},
    {"moment_of", moment_of},
    {"export_moment", export_moment},
    {"record_saved", record_saved},
    {"recordings", list_recordings},
    {"file_number", file_number},
    {NULL, NULL},
};

void ms_open_recording(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"moments", moments},  {"find", find},     {"size", size},
        {"source", source_at}, {"forget", forget}, {NULL, NULL},
    };
    static const luaL_Reg of_recording[] = {{"__gc", close_recording}, {NULL, NULL}};
    static const luaL_Reg of_moments[] = {{"__gc", free_moments}, {NULL, NULL}};
    static const luaL_Reg of_names[] = {{"__gc", free_names}, {NULL, NULL}};
    ms_make_class(L, RECORDING_META, of_recording, methods);
    ms_make_class(L, MOMENTS_META, of_moments, NULL);
    ms_make_class(L, NAMES_META, of_names, NULL);
}
