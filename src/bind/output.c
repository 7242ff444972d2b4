// SPDX-License-Identifier: GPL-3.0-or-later
// core.sink_*(), core.writer(), core.scalar() and what else turns values into something to read.
// What the world refuses returns nil, message, "ENAME"; what the caller got wrong raises.
#include "bind.h"
#include "escape.h"
#include "number.h"
#include "output_json.h"
#include "output_values.h"
#include "sink.h"
#include "utf8.h"
#include "width.h"
#include "writer.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

static const char sink_name[] = "memsh.sink";
static const char writer_name[] = "memsh.writer";

static int push_errno(lua_State *L, int error)
{
    const char *text = strerrordesc_np(error);
    const char *name = strerrorname_np(error);
    luaL_pushfail(L);
    lua_pushstring(L, text ? text : "unknown error");
    lua_pushstring(L, name ? name : "EIO");
    return 3;
}

// `done` as true, or what is wrong with the sink. An interrupted write to the terminal is nobody's error.
static int push_outcome(lua_State *L, const struct ms_sink *sink, bool done)
{
    if (!done) {
        ms_bind_check_stop(L);
        return push_errno(L, sink->error ? sink->error : EINTR);
    }
    lua_pushboolean(L, 1);
    return 1;
}

static struct ms_text check_text(lua_State *L, int index)
{
    struct ms_text text;
    text.data = luaL_checklstring(L, index, &text.len);
    return text;
}

// ---- sinks

static struct ms_sink *push_sink(lua_State *L)
{
    struct ms_sink *sink = lua_newuserdatauv(L, sizeof *sink, 0);
    ms_sink_init(sink);
    luaL_setmetatable(L, sink_name);
    sink->stop = ms_bind_stop(L);
    return sink;
}

static struct ms_sink *check_sink(lua_State *L, int index)
{
    return luaL_checkudata(L, index, sink_name);
}

// One sink for each standard descriptor: two buffers in front of one descriptor would mix up their order.
static int standard_sink(lua_State *L, int fd)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &sink_name[fd]) == LUA_TUSERDATA)
        return 1;
    lua_pop(L, 1);
    ms_sink_open_fd(push_sink(L), fd);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &sink_name[fd]);
    return 1;
}

static int core_sink_stdout(lua_State *L)
{
    return standard_sink(L, STDOUT_FILENO);
}

static int core_sink_stderr(lua_State *L)
{
    return standard_sink(L, STDERR_FILENO);
}

static int core_sink_file(lua_State *L)
{
    struct ms_text path = check_text(L, 1);
    luaL_argcheck(L, strlen(path.data) == path.len, 1, "a path has no zero byte");
    int error = ms_sink_open_file(push_sink(L), path.data);
    return error ? push_errno(L, error) : 1;
}

static int core_sink_memory(lua_State *L)
{
    ms_sink_open_memory(push_sink(L));
    return 1;
}

static int sink_print(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    return push_outcome(L, sink, ms_sink_print(sink, check_text(L, 2)));
}

static int sink_flush(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    return push_outcome(L, sink, ms_sink_flush(sink));
}

static int sink_commit(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    int error = ms_sink_commit(sink);
    if (error)
        return push_errno(L, error);
    lua_pushboolean(L, 1);
    return 1;
}

static int sink_abandon(lua_State *L)
{
    ms_sink_abandon(check_sink(L, 1));
    return 0;
}

static int sink_text(lua_State *L)
{
    const struct ms_sink *sink = check_sink(L, 1);
    luaL_argcheck(L, sink->kind == MS_SINK_MEMORY, 1, "only a sink in memory has a text");
    lua_pushlstring(L, sink->buf.len ? sink->buf.data : "", sink->buf.len);
    return 1;
}

static int sink_is_tty(lua_State *L)
{
    lua_pushboolean(L, check_sink(L, 1)->tty);
    return 1;
}

static int sink_width(lua_State *L)
{
    lua_pushinteger(L, ms_sink_width(check_sink(L, 1)));
    return 1;
}

static int sink_height(lua_State *L)
{
    lua_pushinteger(L, ms_sink_height(check_sink(L, 1)));
    return 1;
}

static int sink_error(lua_State *L)
{
    const struct ms_sink *sink = check_sink(L, 1);
    if (!sink->error)
        return 0;
    push_errno(L, sink->error);
    return 2;
}

static int sink_gc(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    if (sink->kind == MS_SINK_FD)
        ms_sink_flush(sink);
    ms_sink_abandon(sink);
    return 0;
}

// ---- writers

struct writer {
    struct ms_writer *writer; // NULL once it is closed
    struct ms_sink *sink;
    enum ms_format format;
    size_t count;
};

// What a writer needs from Lua while it lives: its uservalues.
enum { WRITER_SINK = 1, WRITER_NAMES, WRITER_CELLS, WRITER_VALUES = WRITER_CELLS };

static enum ms_format check_format(lua_State *L, int index)
{
    enum ms_format format;
    if (ms_format_find(check_text(L, index), &format))
        return format;
    luaL_error(L, "unknown format '%s' (there are: table vertical csv tsv json jsonl md)",
               lua_tostring(L, index));
    return MS_FORMAT_TABLE;
}

// Field `key` of the options at `index` if there are any; pushes its value or nil.
static int option(lua_State *L, int index, const char *key)
{
    if (lua_isnoneornil(L, index)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    return lua_getfield(L, index, key);
}

static struct ms_writer_options check_options(lua_State *L, int index)
{
    struct ms_writer_options options = {.human = MS_HUMAN_AUTO};
    if (option(L, index, "human") != LUA_TNIL)
        options.human = lua_toboolean(L, -1) ? MS_HUMAN_YES : MS_HUMAN_NO;
    if (option(L, index, "width") != LUA_TNIL) {
        lua_Integer width = luaL_checkinteger(L, -1);
        luaL_argcheck(L, width > 0 && width <= 1000000, index, "a width is a number of columns");
        options.width = (unsigned)width;
    }
    option(L, index, "record");
    options.record = lua_toboolean(L, -1);
    if (option(L, index, "first") != LUA_TNIL)
        options.first = (size_t)luaL_checkinteger(L, -1);
    lua_pop(L, 4);
    return options;
}

// Sets *column from the description on top of the stack, and appends its name to the table at `names`, which
// keeps its bytes alive.
static void read_column(lua_State *L, int names, lua_Integer i, struct ms_column *column)
{
    if (!lua_istable(L, -1))
        luaL_error(L, "column %d: {name=, type=} expected, got %s", (int)i, luaL_typename(L, -1));
    if (lua_getfield(L, -1, "name") != LUA_TSTRING)
        luaL_error(L, "column %d has no name", (int)i);
    column->name.data = lua_tolstring(L, -1, &column->name.len);
    lua_rawseti(L, names, i);
    column->type = MS_COLUMN_ANY;
    if (lua_getfield(L, -1, "type") != LUA_TNIL && !ms_column_type_find(check_text(L, -1), &column->type))
        luaL_error(L, "column '%s' has the type '%s', which there is not", column->name.data,
                   lua_tostring(L, -1));
    lua_pop(L, 1);
}

static int core_writer(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    enum ms_format format = check_format(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct ms_writer_options options = check_options(L, 4);
    lua_settop(L, 4);
    size_t count = lua_rawlen(L, 3);
    struct writer *self = lua_newuserdatauv(L, sizeof *self, WRITER_VALUES);
    *self = (struct writer){.sink = sink, .format = format, .count = count};
    luaL_setmetatable(L, writer_name);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 5, WRITER_SINK);
    lua_newtable(L);
    struct ms_column *columns = lua_newuserdatauv(L, count * sizeof *columns + 1, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        read_column(L, 6, (lua_Integer)i + 1, &columns[i]);
        lua_pop(L, 1);
    }
    lua_pushvalue(L, 6);
    lua_setiuservalue(L, 5, WRITER_NAMES);
    lua_newuserdatauv(L, count * sizeof(struct ms_cell) + 1, 0);
    lua_setiuservalue(L, 5, WRITER_CELLS);
    char message[MS_WRITER_MESSAGE];
    self->writer = ms_writer_create(sink, format, columns, count, options, message);
    if (!self->writer)
        return luaL_error(L, "%s", message);
    lua_settop(L, 5);
    return 1;
}

static struct writer *check_writer(lua_State *L)
{
    struct writer *self = luaL_checkudata(L, 1, writer_name);
    if (!self->writer)
        luaL_error(L, "the writer is closed");
    return self;
}

// Marks the cells that the table at `partial` names; a name that is no column would be lost silently.
static void read_partial(lua_State *L, int partial, const struct writer *self, struct ms_cell *cells)
{
    lua_getiuservalue(L, 1, WRITER_NAMES);
    int names = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, partial); lua_pop(L, 1)) {
        bool found = false;
        lua_Integer missing = luaL_checkinteger(L, -1);
        for (size_t i = 0; i < self->count; i++) {
            lua_rawgeti(L, names, (lua_Integer)i + 1);
            if (lua_rawequal(L, -1, -3)) {
                cells[i].missing = missing > 0 ? (uint64_t)missing : 0;
                found = true;
            }
            lua_pop(L, 1);
        }
        if (!found)
            luaL_error(L, "no column '%s' to be partial", luaL_tolstring(L, -2, NULL));
    }
    lua_settop(L, names - 1);
}

static int writer_row(lua_State *L)
{
    struct writer *self = check_writer(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 3);
    ms_bind_check_stop(L);
    lua_getiuservalue(L, 1, WRITER_CELLS);
    struct ms_cell *cells = lua_touserdata(L, 4);
    for (size_t i = 0; i < self->count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        cells[i] = ms_to_cell(L);
    }
    if (!lua_isnil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        read_partial(L, 3, self, cells);
    }
    return push_outcome(L, self->sink, ms_writer_row(self->writer, cells));
}

// The JSON of the table at `index`, empty where the format has no place for it. The text lives as long as
// what is pushed.
static struct ms_text push_meta(lua_State *L, int index, enum ms_format format, const struct ms_sink *sink)
{
    struct ms_buf *buf = ms_push_buf(L);
    if (format == MS_FORMAT_JSON && !lua_isnoneornil(L, index)) {
        luaL_checktype(L, index, LUA_TTABLE);
        ms_json_value(L, index, !sink->utf8, buf);
    }
    return (struct ms_text){buf->data, buf->len};
}

static int writer_close(lua_State *L)
{
    struct writer *self = check_writer(L);
    lua_settop(L, 2);
    struct ms_text meta = push_meta(L, 2, self->format, self->sink);
    bool done = ms_writer_close(self->writer, meta);
    ms_writer_destroy(self->writer);
    self->writer = NULL;
    return push_outcome(L, self->sink, done);
}

static int writer_fits(lua_State *L)
{
    lua_pushboolean(L, ms_writer_fits(check_writer(L)->writer));
    return 1;
}

static int writer_gc(lua_State *L)
{
    struct writer *self = luaL_checkudata(L, 1, writer_name);
    ms_writer_destroy(self->writer);
    self->writer = NULL;
    return 0;
}

static int core_scalar(lua_State *L)
{
    struct ms_sink *sink = check_sink(L, 1);
    enum ms_format format = check_format(L, 2);
    struct ms_writer_options options = check_options(L, 4);
    enum ms_column_type type = MS_COLUMN_ANY;
    lua_Integer missing = luaL_optinteger(L, 6, 0);
    lua_settop(L, 5);
    if (option(L, 4, "type") != LUA_TNIL && !ms_column_type_find(check_text(L, -1), &type))
        return luaL_error(L, "there is no type '%s'", lua_tostring(L, -1));
    struct ms_text meta = push_meta(L, 5, format, sink);
    lua_pushvalue(L, 3);
    struct ms_cell cell = ms_to_cell(L);
    cell.missing = missing > 0 ? (uint64_t)missing : 0;
    return push_outcome(L, sink, ms_writer_scalar(sink, format, &cell, type, options, meta));
}

// ---- the rest

static int push_result(lua_State *L, const struct ms_buf *buf)
{
    if (buf->failed)
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, buf->len ? buf->data : "", buf->len);
    return 1;
}

static int core_json(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    ms_json_value(L, 1, false, buf);
    return push_result(L, buf);
}

static int core_escape(lua_State *L)
{
    struct ms_text text = check_text(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    ms_escape(buf, text, ms_utf8_environment() ? 0 : MS_ESCAPE_ASCII);
    return push_result(L, buf);
}

static int core_human(lua_State *L)
{
    luaL_checkany(L, 1);
    if (ms_unknown_reason(L, 1)) {
        lua_pushliteral(L, "?");
        return 1;
    }
    lua_Number bytes = luaL_checknumber(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    ms_number_size(buf, bytes);
    return push_result(L, buf);
}

static int core_display_width(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ms_width(check_text(L, 1)));
    return 1;
}

static int core_note(lua_State *L)
{
    struct ms_text text = check_text(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    struct ms_sink sink;
    ms_sink_init(&sink);
    sink.stop = ms_bind_stop(L);
    ms_sink_open_fd(&sink, STDERR_FILENO);
    ms_escape(buf, text, MS_ESCAPE_NOTE | (sink.utf8 ? 0 : MS_ESCAPE_ASCII));
    if (buf->len == 0 || buf->data[buf->len - 1] != '\n')
        ms_buf_addc(buf, '\n');
    ms_sink_write(&sink, (struct ms_text){buf->data, buf->len});
    ms_sink_flush(&sink);
    ms_sink_abandon(&sink);
    return 0;
}

static void make_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction gc)
{
    luaL_newmetatable(L, name);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "protected");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void ms_bind_output(lua_State *L)
{
    static const luaL_Reg sink_methods[] = {{"print", sink_print},   {"flush", sink_flush},
                                            {"commit", sink_commit}, {"abandon", sink_abandon},
                                            {"text", sink_text},     {"is_tty", sink_is_tty},
                                            {"width", sink_width},   {"height", sink_height},
                                            {"error", sink_error},   {NULL, NULL}};
    static const luaL_Reg writer_methods[] = {
        {"row", writer_row}, {"fits", writer_fits}, {"close", writer_close}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"sink_stdout", core_sink_stdout},
                                         {"sink_stderr", core_sink_stderr},
                                         {"sink_file", core_sink_file},
                                         {"sink_memory", core_sink_memory},
                                         {"writer", core_writer},
                                         {"scalar", core_scalar},
                                         {"json", core_json},
                                         {"escape", core_escape},
                                         {"human", core_human},
                                         {"display_width", core_display_width},
                                         {"note", core_note},
                                         {NULL, NULL}};
    make_class(L, sink_name, sink_methods, sink_gc);
    make_class(L, writer_name, writer_methods, writer_gc);
    luaL_setfuncs(L, functions, 0);
}
