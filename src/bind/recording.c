// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings as userdata, and what makes them.
//
//   recording, message = core.recording(PATH)
//   recording:moments()             {{id=, time=, took=, why=, processes=, boot_id=, host=, kernel=}, ...},
//                                   oldest first
//   recording:find{before=, why=}   the newest of them, not after `before` (seconds since 1970), taken for
//                                   `why`, and how many that are `damaged` come after it; nil: none
//   recording:size(id)              bytes that a moment has in the file, and how many of its pieces are lost
//   recording:has(id, "smaps")      whether files of that kind were recorded then, of all processes or some
//   recording:source(id)            the machine as it was: what core.source gives
//   recording:ahead(id, source, all, some[, pids])   has a thread open it and decompress these files (masks
//                                   of core.plan) of all processes, and of those ones; the limits are those
//                                   of that source. ahead:take() is then recording:source(id). nil: it is
//                                   not done
//   recording:forget()              lets go of what was decompressed: it is read again where it is asked for
//   core.file_number(PATH)          a text that is the same for all names of one file; nil: there is none
//   core.recordings(DIRECTORY)      the paths of the files NAME.memsh in it, in order; nil: it is no
//                                   directory
#include "recording/recording.h"
#include "base/errno_name.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "confine/files.h"
#include "output/sink.h"
#include "pool/pool.h"
#include "recorder/recorder.h"
#include "recorder/redact.h"
#include "recording/ahead.h"
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
#define MOMENT_AHEAD_META "memsh.moment_ahead"

// nil, message, name.
static int push_problem(lua_State *L, const char *what, const char *problem, int error)
{
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", what, problem);
    lua_pushstring(L, ms_errno_name(error));
    return 3;
}

// Of what is read.
static int push_error(lua_State *L, const char *what, int error)
{
    return push_problem(L, what, ms_source_problem(error), error);
}

int ms_push_write_error(lua_State *L, const char *what, int error)
{
    const char *problem = ms_recording_problem(error);
    return push_problem(L, what, problem ? problem : strerror(error), error);
}

struct recording {
    struct ms_recording *recording;
    struct ms_pool *pool; // opens moments ahead; NULL before it is needed
};

// core.recording(path): a recording, or nil, message, name.
static int open_recording(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct recording *made = lua_newuserdatauv(L, sizeof *made, 1);
    *made = (struct recording){0};
    luaL_setmetatable(L, RECORDING_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    const int refused = ms_files_look(path);
    if (refused)
        return push_problem(L, path, ms_files_problem(refused), refused);
    const int error = ms_recording_open(path, &made->recording);
    return error ? push_error(L, path, error) : 1;
}

static int close_recording(lua_State *L)
{
    struct recording *made = ms_bind_collected(L, RECORDING_META);
    ms_pool_destroy(made->pool);
    ms_recording_release(made->recording);
    *made = (struct recording){0};
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
    set_text(L, "why", info->why);
    if (ms_moment_is_damaged(info))
        return;
    ms_set_integer(L, "processes", (uint64_t)info->processes);
    if (!isnan(info->time)) {
        lua_pushnumber(L, info->time);
        lua_setfield(L, -2, "time");
    }
    lua_pushnumber(L, info->took);
    lua_setfield(L, -2, "took");
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
    size_t damaged = 0;
    luaL_checktype(L, 2, LUA_TTABLE);
    const double before = lua_getfield(L, 2, "before") == LUA_TNUMBER ? lua_tonumber(L, -1) : INFINITY;
    const char *why = lua_getfield(L, 2, "why") == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    const int error = ms_recording_find(recording, before, why, &info, &damaged);
    if (error == ENODATA)
        lua_pushnil(L);
    else if (error)
        return push_error(L, path_of(L, 1), error);
    else
        ms_push_moment(L, &info);
    if (!error)
        ms_set_integer(L, "damaged", damaged);
    return 1;
}

static int size(lua_State *L)
{
    struct ms_moment_size size;
    const int error = ms_recording_size(check_recording(L, 1), luaL_checkinteger(L, 2), &size);
    if (error)
        return push_error(L, path_of(L, 1), error);
    lua_pushinteger(L, (lua_Integer)size.bytes);
    lua_pushinteger(L, (lua_Integer)size.lost);
    return 2;
}

static int has(lua_State *L)
{
    bool found;
    const int error =
        ms_recording_has(check_recording(L, 1), luaL_checkinteger(L, 2), luaL_checkstring(L, 3), &found);
    if (error)
        return push_error(L, path_of(L, 1), error);
    lua_pushboolean(L, found);
    return 1;
}

static int forget(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    if (lua_isnoneornil(L, 2))
        ms_recording_forget(recording);
    else
        ms_recording_forget_moment(recording, luaL_checkinteger(L, 2));
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
    names->count = ms_files_look(directory) ? -1 : scandir(directory, &names->list, is_recording, alphasort);
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
    const char *path = luaL_checkstring(L, 1);
    if (ms_files_look(path) || stat(path, &st))
        return 0;
    lua_pushfstring(L, "%I:%I", (LUAI_UACINT)st.st_dev, (LUAI_UACINT)st.st_ino);
    return 1;
}

// Makes the source on top of the stack that of a moment, which it takes over unless there is an error.
static int finish_source(lua_State *L, const char *path, struct ms_source **source, struct ms_moment *moment,
                         int error)
{
    if (!error)
        error = ms_source_create_at(path, moment, source);
    if (error)
        return push_error(L, path, error);
    ms_configure_source(L, *source);
    return 1;
}

static int source_at(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    const lua_Integer id = luaL_checkinteger(L, 2);
    struct ms_moment *moment = NULL;
    struct ms_source **source = ms_push_source(L);
    const int error = ms_moment_open(recording, id, &moment);
    return finish_source(L, path_of(L, 1), source, moment, error);
}

// ---- moments that are opened ahead

// It keeps its recording (user value 1).
struct moment_ahead {
    struct ms_ahead *ahead; // NULL: it was taken
    int64_t id;
};

// Two threads, as the one that takes moments works, too.
static struct ms_pool *pool_of(struct recording *made, const struct ms_source *like)
{
    enum { THREADS = 2, MOST_LOST = 8 };
    const struct ms_reader_limits limits = ms_reader_limits(like);
    if (!made->pool && limits.jobs)
        made->pool = ms_pool_create(&(struct ms_pool_limits){
            .threads = limits.jobs < THREADS ? limits.jobs : THREADS,
            .patience_ms = limits.timeout_ms,
            .most_lost = MOST_LOST,
        });
    return made->pool;
}

static void set_kinds(ms_files files, const char *kinds[MS_AHEAD_KINDS])
{
    size_t count = 0;
    while (kinds[count])
        count++;
    for (; files && count < MS_AHEAD_KINDS; files &= files - 1) {
        const struct ms_file_info *file = &ms_file_table[__builtin_ctzll(files)];
        if (!(file->traits & MS_LISTED)) // those would not fit in the cache
            kinds[count++] = file->path;
    }
}

static ms_files check_files(lua_State *L, int index)
{
    const lua_Integer files = luaL_checkinteger(L, index);
    luaL_argcheck(L, files >= 0 && files >> MS_PROCESS_FILES == 0, index, "not files of processes");
    return (ms_files)files;
}

// Sets the list of process ids at `index`, in a userdata that is pushed.
static void set_pids(lua_State *L, int index, struct ms_pid_list *of)
{
    const size_t count = lua_istable(L, index) ? ms_raw_len(L, index) : 0;
    pid_t *pids = lua_newuserdatauv(L, (count + 1) * sizeof *pids, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        pids[i] = (pid_t)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    *of = (struct ms_pid_list){pids, count};
}

// recording:ahead(id, source, all, some[, pids])
static int open_ahead(lua_State *L)
{
    struct ms_recording *recording = check_recording(L, 1);
    const int64_t id = luaL_checkinteger(L, 2);
    struct ms_pool *pool = pool_of(lua_touserdata(L, 1), *ms_check_source(L, 3));
    struct ms_ahead_wish wish = {.all = {MS_KIND_MACHINE}};
    set_kinds(check_files(L, 4), wish.all);
    set_kinds(check_files(L, 5), wish.some);
    set_pids(L, 6, &wish.of);
    struct moment_ahead *ahead = lua_newuserdatauv(L, sizeof *ahead, 1);
    *ahead = (struct moment_ahead){.id = id};
    luaL_setmetatable(L, MOMENT_AHEAD_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    ahead->ahead = pool ? ms_moment_ahead(pool, recording, id, &wish) : NULL;
    return ahead->ahead ? 1 : 0;
}

// ahead:take()
static int take_ahead(lua_State *L)
{
    struct moment_ahead *ahead = luaL_checkudata(L, 1, MOMENT_AHEAD_META);
    luaL_argcheck(L, ahead->ahead, 1, "taken already");
    lua_getiuservalue(L, 1, 1);
    struct ms_recording *recording = check_recording(L, 2);
    struct ms_moment *moment = NULL;
    struct ms_source **source = ms_push_source(L);
    int error = ms_ahead_take(ahead->ahead, ms_bind_stop(L), &moment);
    ms_ahead_destroy(ahead->ahead);
    ahead->ahead = NULL;
    if (error == EAGAIN)
        error = ms_moment_open(recording, ahead->id, &moment);
    return finish_source(L, path_of(L, 2), source, moment, error);
}

static int drop_ahead(lua_State *L)
{
    struct moment_ahead *ahead = ms_bind_collected(L, MOMENT_AHEAD_META);
    ms_ahead_destroy(ahead->ahead);
    ahead->ahead = NULL;
    return 0;
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

// core.pieces_read(source): {pieces = , bytes = }: how many pieces of its recording were decompressed so far
// for the sake of a moment, and their bytes in the file.
static int pieces_read(lua_State *L)
{
    const struct ms_moment *moment = ms_source_moment(*ms_check_source(L, 1));
    const struct ms_pieces_read read = moment ? ms_moment_pieces_read(moment) : (struct ms_pieces_read){0};
    lua_createtable(L, 0, 2);
    ms_set_integer(L, "pieces", read.pieces);
    ms_set_integer(L, "bytes", read.bytes);
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
    if (error == EBADMSG)
        return push_problem(L, directory, "a part of this moment is damaged; --at takes another one", error);
    if (error)
        return ms_push_write_error(L, directory, error);
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
        return ms_push_write_error(L, path, errno);
    int error = ms_record_writer_open(path, (struct ms_record_writer_options){0}, &writer);
    if (!error)
        error = take_saved(source, writer, redacts ? &redactor : NULL, &info);
    ms_record_writer_close(writer);
    if (redacts)
        ms_redactor_deinit(&redactor);
    if (error)
        return ms_push_write_error(L, path, error);
    ms_push_moment(L, &info);
    return 1;
}

const luaL_Reg ms_recording_functions[] = {
    {"recording", open_recording},  {"moment_of", moment_of},
    {"pieces_read", pieces_read},   {"export_moment", export_moment},
    {"record_saved", record_saved}, {"recordings", list_recordings},
    {"file_number", file_number},   {NULL, NULL},
};

void ms_open_recording(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"moments", moments},  {"find", find},        {"size", size},     {"has", has},
        {"source", source_at}, {"ahead", open_ahead}, {"forget", forget}, {NULL, NULL},
    };
    static const luaL_Reg of_ahead[] = {{"__gc", drop_ahead}, {NULL, NULL}};
    static const luaL_Reg methods_of_ahead[] = {{"take", take_ahead}, {NULL, NULL}};
    static const luaL_Reg of_recording[] = {{"__gc", close_recording}, {NULL, NULL}};
    static const luaL_Reg of_moments[] = {{"__gc", free_moments}, {NULL, NULL}};
    static const luaL_Reg of_names[] = {{"__gc", free_names}, {NULL, NULL}};
    ms_make_class(L, RECORDING_META, of_recording, methods);
    ms_make_class(L, MOMENTS_META, of_moments, NULL);
    ms_make_class(L, MOMENT_AHEAD_META, of_ahead, methods_of_ahead);
    ms_make_class(L, NAMES_META, of_names, NULL);
}
