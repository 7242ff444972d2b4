// SPDX-License-Identifier: GPL-3.0-or-later
// core.sink_*() and what else turns values into something to read; core.writer() is in writer.c.
// What the world refuses returns nil, message, "ENAME"; what the caller got wrong raises.
#include "base/errno_name.h"
#include "bind/bind.h"
#include "bind/output_p.h"
#include "output/color.h"
#include "output/escape.h"
#include "output/number.h"
#include "output/screen.h"
#include "output/sink.h"
#include "output/utf8.h"
#include "output/width.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

static const char sink_name[] = "memsh.sink";
static const char stdout_key = 0;

static int push_errno(lua_State *L, int error)
{
    luaL_pushfail(L);
    lua_pushstring(L, strerror(error));
    lua_pushstring(L, ms_errno_name(error));
    return 3;
}

int ms_push_outcome(lua_State *L, const struct ms_sink *sink, bool done)
{
    if (!done) {
        ms_bind_check_stop(L);
        return push_errno(L, sink->error ? sink->error : EINTR);
    }
    lua_pushboolean(L, 1);
    return 1;
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

struct ms_sink *ms_check_sink(lua_State *L, int index)
{
    return luaL_checkudata(L, index, sink_name);
}

// There is one: two buffers in front of one descriptor would mix up their order.
static int core_sink_stdout(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &stdout_key) == LUA_TUSERDATA)
        return 1;
    lua_pop(L, 1);
    ms_sink_open_fd(push_sink(L), STDOUT_FILENO);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &stdout_key);
    return 1;
}

int ms_push_sealed(lua_State *L)
{
    luaL_pushfail(L);
    lua_pushliteral(L, "restricted mode writes no file but that of -o");
    lua_pushliteral(L, "EPERM");
    return 3;
}

static int core_sink_file(lua_State *L)
{
    struct ms_text path = ms_check_text(L, 1);
    luaL_argcheck(L, strlen(path.data) == path.len, 1, "a path has no zero byte");
    int error = ms_sink_open_file(push_sink(L), path.data);
    if (!error)
        return 1;
    return error == EPERM && ms_sink_is_sealed() ? ms_push_sealed(L) : push_errno(L, error);
}

// sink_memory([like]): what is written into it looks as if it were written to the sink `like`.
static int core_sink_memory(lua_State *L)
{
    const struct ms_sink *like = lua_isnoneornil(L, 1) ? NULL : ms_check_sink(L, 1);
    struct ms_sink *sink = push_sink(L);
    ms_sink_open_memory(sink);
    if (like) {
        sink->tty = like->tty;
        sink->utf8 = like->utf8;
        sink->fd = like->fd; // for its width
    }
    return 1;
}

static int sink_print(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    return ms_push_outcome(L, sink, ms_sink_print(sink, ms_check_text(L, 2)));
}

static int sink_flush(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    return ms_push_outcome(L, sink, ms_sink_flush(sink));
}

static int sink_commit(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    int error = ms_sink_commit(sink);
    if (error)
        return push_errno(L, error);
    lua_pushboolean(L, 1);
    return 1;
}

static int sink_abandon(lua_State *L)
{
    ms_sink_abandon(ms_check_sink(L, 1));
    return 0;
}

static int sink_text(lua_State *L)
{
    const struct ms_sink *sink = ms_check_sink(L, 1);
    luaL_argcheck(L, sink->kind == MS_SINK_MEMORY, 1, "only a sink in memory has a text");
    if (sink->error || sink->buf.failed) // nobody looks at what each write into it gave
        return luaL_error(L, "not enough memory");
    lua_pushlstring(L, sink->buf.len ? sink->buf.data : "", sink->buf.len);
    return 1;
}

static int sink_is_tty(lua_State *L)
{
    lua_pushboolean(L, ms_check_sink(L, 1)->tty);
    return 1;
}

static int sink_width(lua_State *L)
{
    lua_pushinteger(L, ms_sink_width(ms_check_sink(L, 1)));
    return 1;
}

static int sink_height(lua_State *L)
{
    lua_pushinteger(L, ms_sink_height(ms_check_sink(L, 1)));
    return 1;
}

static int sink_error(lua_State *L)
{
    const struct ms_sink *sink = ms_check_sink(L, 1);
    if (!sink->error)
        return 0;
    push_errno(L, sink->error);
    return 2;
}

// sink:hold(): what it is given from now on waits.
static int sink_hold(lua_State *L)
{
    ms_check_sink(L, 1)->held = true;
    return 0;
}

// sink:take(): removes what has waited, and returns it; nothing waits any more.
static int sink_take(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    sink->held = false;
    return ms_push_content(L, &sink->buf);
}

// sink:is_screen(): whether something can be drawn on it in place.
static int sink_is_screen(lua_State *L)
{
    lua_pushboolean(L, ms_screen_is_seen(ms_check_sink(L, 1)));
    return 1;
}

// sink:draw(head, body): draws them over what was drawn before.
static int sink_draw(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    return ms_push_outcome(L, sink, ms_screen_draw(sink, ms_check_text(L, 2), ms_check_text(L, 3)));
}

static int sink_gc(lua_State *L)
{
    struct ms_sink *sink = ms_bind_collected(L, sink_name);
    if (sink->kind == MS_SINK_FD)
        ms_sink_flush(sink);
    ms_sink_abandon(sink);
    return 0;
}

// ---- the rest

static int core_json(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    ms_json_value(L, 1, false, buf);
    return ms_push_content(L, buf);
}

static int core_escape(lua_State *L)
{
    struct ms_text text = ms_check_text(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    ms_escape(buf, text, ms_utf8_environment() ? 0 : MS_ESCAPE_ASCII);
    return ms_push_content(L, buf);
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
    return ms_push_content(L, buf);
}

// core.color("auto"|"always"|"never"): for all output from now on.
static int core_color(lua_State *L)
{
    enum ms_color color;
    if (!ms_color_find(ms_check_text(L, 1), &color))
        return luaL_argerror(L, 1, "auto, always or never expected");
    ms_color_choose(color);
    return 0;
}

static int core_display_width(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ms_width(ms_check_text(L, 1)));
    return 1;
}

// What is said on the terminal belongs to the picture that is being made for it.
static bool say_in_picture(lua_State *L, const struct ms_sink *standard_error, struct ms_text text)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &stdout_key);
    struct ms_sink *out = luaL_testudata(L, -1, sink_name);
    return out && out->held && out->tty && standard_error->tty && ms_sink_write(out, text);
}

static int core_note(lua_State *L)
{
    struct ms_text text = ms_check_text(L, 1);
    struct ms_buf *buf = ms_push_buf(L);
    struct ms_sink sink;
    ms_sink_init(&sink);
    sink.stop = ms_bind_stop(L);
    ms_sink_open_fd(&sink, STDERR_FILENO);
    ms_escape(buf, text, MS_ESCAPE_NOTE | (sink.utf8 ? 0 : MS_ESCAPE_ASCII));
    if (sink.tty && buf->len > 0)
        ms_width_fold(buf->data, buf->len, ms_sink_width(&sink));
    if (buf->len == 0 || buf->data[buf->len - 1] != '\n')
        ms_buf_addc(buf, '\n');
    struct ms_text line = {buf->data, buf->len};
    const bool has_room = !buf->failed && (say_in_picture(L, &sink, line) || ms_sink_write(&sink, line));
    if (has_room)
        ms_sink_flush(&sink);
    else
        ms_sink_say_no_memory();
    ms_sink_abandon(&sink);
    return 0;
}

// core.notes_are_seen(): whether what core.note says goes to a terminal.
static int core_notes_are_seen(lua_State *L)
{
    lua_pushboolean(L, isatty(STDERR_FILENO) == 1);
    return 1;
}

const luaL_Reg ms_output_functions[] = {{"sink_stdout", core_sink_stdout},
                                        {"sink_file", core_sink_file},
                                        {"sink_memory", core_sink_memory},
                                        {"json", core_json},
                                        {"escape", core_escape},
                                        {"human", core_human},
                                        {"display_width", core_display_width},
                                        {"color", core_color},
                                        {"note", core_note},
                                        {"notes_are_seen", core_notes_are_seen},
                                        {NULL, NULL}};

void ms_open_output(lua_State *L)
{
    static const luaL_Reg sink_methods[] = {{"print", sink_print},   {"flush", sink_flush},
                                            {"commit", sink_commit}, {"abandon", sink_abandon},
                                            {"text", sink_text},     {"is_tty", sink_is_tty},
                                            {"width", sink_width},   {"height", sink_height},
                                            {"error", sink_error},   {"hold", sink_hold},
                                            {"take", sink_take},     {"is_screen", sink_is_screen},
                                            {"draw", sink_draw},     {NULL, NULL}};
    static const luaL_Reg sink_meta[] = {{"__gc", sink_gc}, {NULL, NULL}};
    ms_make_class(L, sink_name, sink_meta, sink_methods);
}
