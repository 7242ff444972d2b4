// SPDX-License-Identifier: GPL-3.0-or-later
// Sources and the system as userdata.
#include "base/errno_name.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "confine/confine.h"
#include "confine/files.h"
#include "parse/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIDS_META "memsh.pids"

// How old what was read of a live system may be before it is read again.
static const double system_lifetime = 0.1;

struct ms_lua_system {
    struct ms_system system;
    double read_at;
};

struct ms_source **ms_check_source(lua_State *L, int index)
{
    struct ms_source **source = luaL_checkudata(L, index, MS_SOURCE_META);
    luaL_argcheck(L, *source, index, "a closed source");
    return source;
}

struct ms_source **ms_push_source(lua_State *L)
{
    struct ms_source **source = lua_newuserdatauv(L, sizeof(struct ms_source *), 0);
    *source = NULL;
    luaL_setmetatable(L, MS_SOURCE_META);
    return source;
}

void ms_configure_source(lua_State *L, struct ms_source *source)
{
    ms_source_set_stop(source, ms_bind_stop(L));
    ms_bind_default_readers(L, source);
}

// The C library's own way to the names of users is closed to a restricted memsh.
static int set_users(struct ms_source *source)
{
    struct ms_text passwd;
    passwd.data = ms_confine_passwd(&passwd.len);
    return passwd.data && ms_source_is_live(source) ? ms_source_set_users(source, passwd) : 0;
}

void ms_bind_raise_oom_score_adj(void)
{
    struct ms_source *source;
    if (ms_source_create(NULL, &source) != 0)
        return;
    ms_source_raise_oom_score_adj(source);
    ms_source_destroy(source);
}

// core.source([root]): a machine, or nil, message, name.
static int open_source(lua_State *L)
{
    const char *root = luaL_optstring(L, 1, NULL);
    struct ms_source **source = ms_push_source(L);
    int error = ms_source_create_by(root ? ms_files_open : NULL, root, source);
    if (!error)
        error = set_users(*source);
    if (error) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", root ? root : "/proc",
                        error == EPERM ? ms_files_problem(error) : ms_source_problem(error));
        lua_pushstring(L, ms_errno_name(error));
        return 3;
    }
    ms_configure_source(L, *source);
    return 1;
}

static int close_source(lua_State *L)
{
    struct ms_source **source = ms_bind_collected(L, MS_SOURCE_META);
    ms_source_destroy(*source);
    *source = NULL;
    return 0;
}

// The list of process ids on its way to Lua: a userdata, so that it is freed where memory runs out before the
// end.
static int free_list(lua_State *L)
{
    pid_t **list = ms_bind_collected(L, PIDS_META);
    free(*list);
    *list = NULL;
    return 0;
}

static int push_no_list(lua_State *L, struct ms_source *source, int error)
{
    if (error != ENODATA)
        return ms_push_failure(L, ms_source_reason(source, (struct ms_target){.dir = -1}, error),
                               ms_source_root(source));
    lua_pushnil(L);
    lua_pushfstring(L, "%s does not list memsh itself: what it lists is not whole", ms_source_root(source));
    lua_pushstring(L, ms_reason_name(MS_IO));
    return 3;
}

// True, false, or the name of the reason for which it is not known.
static void push_hiding(lua_State *L, struct ms_source *source, const pid_t *list, size_t count)
{
    bool hides;
    const int error = ms_source_hides(source, list, count, &hides);
    if (!error) {
        lua_pushboolean(L, hides);
        return;
    }
    ms_push_reason(L, (int)ms_source_reason(source, (struct ms_target){.dir = -1}, error));
    lua_remove(L, -2);
}

// source:pids(): all process ids, ascending, and whether others are hidden (see push_hiding); or nil,
// message, name.
static int pids(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    pid_t **list = lua_newuserdatauv(L, sizeof *list, 0);
    *list = NULL;
    luaL_setmetatable(L, PIDS_META);
    size_t count = 0;
    int error = ms_source_pids(source, list, &count);
    if (error)
        return push_no_list(L, source, error);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(L, (*list)[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    push_hiding(L, source, *list, count);
    free(*list);
    *list = NULL;
    return 2;
}

// source:is_crowded(n): whether it is live and has more than some n processes, without listing them.
static int is_crowded(lua_State *L)
{
    lua_pushboolean(L, ms_source_is_crowded(*ms_check_source(L, 1), (unsigned)luaL_checkinteger(L, 2)));
    return 1;
}

// source:reader(): the process id of memsh itself there; nil if it is not live, or shows another PID
// namespace.
static int reader(lua_State *L)
{
    const pid_t pid = ms_source_reader(*ms_check_source(L, 1));
    if (pid < 0)
        return 0;
    lua_pushinteger(L, pid);
    return 1;
}

// source:is_nested(): whether it is the /proc of a PID namespace below the first.
static int is_nested(lua_State *L)
{
    lua_pushboolean(L, ms_source_is_nested(*ms_check_source(L, 1)));
    return 1;
}

// source:process(pid): the process of that number; whether it exists shows when something of it is read.
static int process(lua_State *L)
{
    ms_check_source(L, 1);
    lua_Integer pid = luaL_checkinteger(L, 2);
    luaL_argcheck(L, pid > 0 && pid <= INT32_MAX, 2, "not a process id");
    ms_push_process(L, 1, (pid_t)pid);
    return 1;
}

// source:keep_files(on): whether small files of processes stay open, because they are read again and again.
static int keep_files(lua_State *L)
{
    ms_source_keep_files(*ms_check_source(L, 1), lua_toboolean(L, 2));
    return 0;
}

// source:tick(): the time moves on.
static int tick(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    ms_source_tick(source);
    ms_reader_begin(source);
    return 0;
}

// source:forget_names(): names of users are asked for again.
static int forget_names(lua_State *L)
{
    ms_source_forget_users(*ms_check_source(L, 1));
    return 0;
}

// source:user(text): the name of the user of that name or number; nil if there is none.
static int user(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    const char *text = luaL_checkstring(L, 2);
    uint64_t uid;
    if (ms_text_u64(ms_text_of(text), &uid)) {
        const struct ms_text name = ms_source_user(source, uid);
        lua_pushlstring(L, name.data, name.len);
    } else if (ms_source_lacks_user(source, text)) {
        lua_pushnil(L);
    } else {
        lua_pushvalue(L, 2);
    }
    return 1;
}

static int root(lua_State *L)
{
    lua_pushstring(L, ms_source_root(*ms_check_source(L, 1)));
    return 1;
}

static int is_live(lua_State *L)
{
    lua_pushboolean(L, ms_source_is_live(*ms_check_source(L, 1)));
    return 1;
}

// A table of numbers by the path of a file: those that are not 0. Files of one path are added up.
static int push_by_path(lua_State *L, uint64_t number_of(const struct ms_source *, enum ms_file))
{
    struct ms_source *source = *ms_check_source(L, 1);
    lua_newtable(L);
    for (int file = 0; file < MS_FILE_COUNT; file++) {
        const lua_Integer number = (lua_Integer)number_of(source, (enum ms_file)file);
        if (!number)
            continue;
        lua_getfield(L, -1, ms_file_table[file].path);
        lua_Integer before = lua_tointeger(L, -1);
        lua_pop(L, 1);
        lua_pushinteger(L, before + number);
        lua_setfield(L, -2, ms_file_table[file].path);
    }
    return 1;
}

// source:opened(): how often each kind of file was opened so far: a table by its path.
static int opened(lua_State *L)
{
    return push_by_path(L, ms_source_opened);
}

// source:spent(): for how many nanoseconds all threads together read them: a table by its path.
static int spent(lua_State *L)
{
    return push_by_path(L, ms_source_spent_ns);
}

// source:unknown_labels(): an array of "file: label" that the field table lacks.
static int unknown_labels(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    lua_newtable(L);
    for (size_t i = 0; ms_source_noted_label(source, i); i++) {
        lua_pushstring(L, ms_source_noted_label(source, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

// source:system(): the machine as a whole.
static int system_of(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_lua_system *system = lua_newuserdatauv(L, sizeof *system, 1);
    ms_system_init(&system->system, source);
    system->read_at = 0;
    luaL_setmetatable(L, MS_SYSTEM_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

static int forget_system(lua_State *L)
{
    struct ms_lua_system *system = ms_bind_collected(L, MS_SYSTEM_META);
    ms_system_deinit(&system->system);
    return 0;
}

static double monotonic(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

// What was read of a live machine grows old.
static void freshen(struct ms_lua_system *system)
{
    struct ms_source *source = system->system.source;
    const double now = monotonic();
    if (!ms_source_is_live(source) || now - system->read_at < system_lifetime)
        return;
    ms_system_deinit(&system->system);
    ms_system_init(&system->system, source);
    ms_source_tick(source);
    system->read_at = now;
}

static void add_counter(void *ctx, struct ms_text name, uint64_t number)
{
    lua_State *L = ctx;
    lua_pushlstring(L, name.data, name.len);
    lua_pushinteger(L, (lua_Integer)number);
    lua_rawset(L, -3);
}

static void push_path(lua_State *L, struct ms_text path)
{
    luaL_Buffer bytes;
    char *to = luaL_buffinitsize(L, &bytes, path.len + 1);
    luaL_pushresultsize(&bytes, ms_text_unescape(path, to));
}

static void add_swap(void *ctx, const struct ms_swap *swap)
{
    lua_State *L = ctx;
    lua_createtable(L, 0, 5);
    push_path(L, swap->path);
    lua_setfield(L, -2, "path");
    lua_pushlstring(L, swap->kind.data, swap->kind.len);
    lua_setfield(L, -2, "kind");
    ms_set_number(L, "size", swap->size);
    ms_set_number(L, "used", swap->used);
    ms_set_number(L, "priority", swap->priority);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void push_one(lua_State *L, struct ms_text key, struct ms_text value)
{
    uint64_t number = 0;
    lua_pushlstring(L, key.data, key.len);
    if (value.len && value.data[0] == '"') {
        lua_pushlstring(L, value.data + 1, value.len - 1);
    } else if (value.len && value.data[0] == '?') {
        ms_text_u64((struct ms_text){value.data + 1, value.len - 1}, &number);
        ms_push_unknown(L, (int)number, lua_tostring(L, -1), 0);
    } else {
        ms_text_u64(value, &number);
        lua_pushinteger(L, (lua_Integer)number);
    }
    lua_rawset(L, -3);
}

static void push_records(lua_State *L, struct ms_text text)
{
    lua_Integer count = 0;
    lua_newtable(L);
    lua_pushnil(L); // the record that is being filled
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        struct ms_text key = ms_text_word(&line);
        if (ms_text_eq(key, MS_TEXT("="))) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_rawseti(L, -3, ++count);
        } else if (count) {
            push_one(L, key, ms_text_trim(line));
        }
    }
    lua_pop(L, 1);
}

#define LIST_META "memsh.list.%s"

// core.list_meta(name): the metatable that lists of the system's field of that name get.
static int list_meta(lua_State *L)
{
    luaL_newmetatable(L, lua_pushfstring(L, LIST_META, luaL_checkstring(L, 1)));
    return 1;
}

static void set_list_meta(lua_State *L, int field)
{
    const char *name = lua_pushfstring(L, LIST_META, ms_fields[field].name);
    luaL_getmetatable(L, name);
    lua_setmetatable(L, -3);
    lua_pop(L, 1);
}

static int index_system(lua_State *L)
{
    struct ms_lua_system *system = luaL_checkudata(L, 1, MS_SYSTEM_META);
    const int field = ms_field_at(L, 2);
    if (field < 0)
        return ms_index_other(L);
    freshen(system);
    struct ms_value value = ms_system_get(&system->system, (enum ms_field)field);
    if (value.why == MS_KNOWN && field == MS_FIELD_VMSTAT_vmstat) {
        lua_newtable(L);
        ms_vmstat_each(value.text, add_counter, L);
    } else if (value.why == MS_KNOWN && field == MS_FIELD_SWAPS_swaps) {
        lua_newtable(L);
        ms_swaps_each(value.text, add_swap, L);
    } else if (value.why == MS_KNOWN && value.unit == MS_UNIT_TABLE) {
        push_records(L, value.text);
    } else {
        ms_push_value(L, value, (enum ms_field)field, 0);
    }
    if (value.why == MS_KNOWN && value.unit == MS_UNIT_TABLE)
        set_list_meta(L, field);
    return 1;
}

static int system_to_string(lua_State *L)
{
    struct ms_lua_system *system = luaL_checkudata(L, 1, MS_SYSTEM_META);
    lua_pushfstring(L, "system (%s)", ms_source_root(system->system.source));
    return 1;
}

static const luaL_Reg source_methods[] = {
    {"pids", pids},
    {"process", process},
    {"processes", ms_processes},
    {"tick", tick},
    {"keep_files", keep_files},
    {"root", root},
    {"user", user},
    {"forget_names", forget_names},
    {"is_live", is_live},
    {"is_nested", is_nested},
    {"reader", reader},
    {"is_crowded", is_crowded},
    {"opened", opened},
    {"spent", spent},
    {"system", system_of},
    {"unknown_labels", unknown_labels},
    {NULL, NULL},
};

static const luaL_Reg no_methods[] = {{NULL, NULL}};

static const luaL_Reg system_metamethods[] = {
    {"__gc", forget_system},
    {"__tostring", system_to_string},
    {NULL, NULL},
};

// core.source_of(row): the source of a process, a mapping or a system; nil for anything else.
static int source_of(lua_State *L)
{
    if (luaL_testudata(L, 1, MS_MAPPING_META))
        lua_getiuservalue(L, 1, 1);
    else if (luaL_testudata(L, 1, MS_PROCESS_META) || luaL_testudata(L, 1, MS_SYSTEM_META))
        lua_pushvalue(L, 1);
    else
        return 0;
    lua_getiuservalue(L, -1, 1);
    return 1;
}

// core.clock(): seconds, from some moment on, that nobody sets back.
static int read_clock(lua_State *L)
{
    lua_pushnumber(L, monotonic());
    return 1;
}

const luaL_Reg ms_source_functions[] = {
    {"source", open_source},
    {"source_of", source_of},
    {"clock", read_clock},
    {"list_meta", list_meta},
    {NULL, NULL},
};

void ms_open_source(lua_State *L)
{
    static const luaL_Reg of_source[] = {{"__gc", close_source}, {NULL, NULL}};
    static const luaL_Reg of_pids[] = {{"__gc", free_list}, {NULL, NULL}};
    ms_make_class(L, MS_SOURCE_META, of_source, source_methods);
    ms_make_class(L, PIDS_META, of_pids, NULL);
    ms_make_row_type(L, MS_SYSTEM_META, MS_SYSTEM, system_metamethods, no_methods, index_system);
}
