// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/runtime.h"

#include "bind/bind.h"
#include "confine/confine.h"
#include "output/progress.h"
#include "shell/deadline.h"
#include "shell/guard.h"
#include "shell/interrupt.h"
#include "shell/leave.h"
#include "shell/message.h"
#include "shell/modules.h"
#include "shell/stderr.h"
#include "shell/verdict.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char options_key = 0; // light userdata: struct ms_options
static const char session_key = 0; // what memsh.show.output is configured with; then that module
static const char broken_key = 0;  // true: output could not be written

const struct ms_options *ms_runtime_options(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &options_key);
    const struct ms_options *options = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return options;
}

static void set_boolean(lua_State *L, const char *name, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

// What is not given is the core's to choose.
static void set_number(lua_State *L, const char *name, uint64_t value)
{
    if (!value)
        return;
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

static void set_limits(lua_State *L, const struct ms_options *options)
{
    lua_createtable(L, 0, 4);
    set_number(L, "jobs", options->jobs);
    set_number(L, "timeout_ms", options->read_timeout_ms);
    set_number(L, "gentle_ms", options->gentle_ms);
    set_number(L, "max_rss", options->max_rss);
    lua_setfield(L, -2, "limits");
}

static void set_sources(lua_State *L, const struct ms_options *options)
{
    lua_createtable(L, options->source_count, 0);
    for (int i = 0; i < options->source_count; i++) {
        lua_pushstring(L, options->sources[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "sources");
}

static void keep_options(lua_State *L, const struct ms_options *options)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)options);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &options_key);
    lua_createtable(L, 0, 7);
    ms_set_string(L, "format", options->format);
    ms_set_string(L, "output", options->output);
    ms_set_string(L, "null", options->null);
    set_boolean(L, "no_header", options->no_header);
    set_boolean(L, "append", options->append);
    ms_set_string(L, "ddl", options->ddl);
    set_number(L, "max_series", options->max_series);
    set_sources(L, options);
    ms_set_string(L, "at", options->at);
    ms_set_string(L, "export", options->export);
    ms_set_string(L, "debug", options->labels ? "labels" : NULL);
    ms_set_string(L, "color", options->color == MS_COLOR_AUTO ? NULL : ms_color_name(options->color));
    set_boolean(L, "interactive", options->interactive);
    set_limits(L, options);
    set_boolean(L, "check", options->check);
    set_boolean(L, "accept", options->accept);
    set_boolean(L, "quiet", options->quiet);
    set_boolean(L, "strict", options->strict);
    set_boolean(L, "test", options->test);
    lua_pushnumber(L, options->min_coverage);
    lua_setfield(L, -2, "min_coverage");
    if (options->units != MS_UNITS_AUTO)
        set_boolean(L, "bytes", options->units == MS_UNITS_BYTES);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &session_key);
}

static bool has_session(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
    bool has = lua_getfield(L, -1, "configure") == LUA_TFUNCTION;
    lua_pop(L, 2);
    return has;
}

// Pushes module memsh.show.output, configured. Called for the first value shown, and before module memsh
// loads.
static void push_session(lua_State *L)
{
    if (!has_session(L)) {
        ms_modules_require(L, "memsh.show.output");
        lua_getfield(L, -1, "configure");
        lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
        lua_call(L, 1, 0);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &session_key);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &session_key);
}

static int configure(lua_State *L)
{
    push_session(L);
    return 0;
}

// Pushes what print writes to: the session where it has a file to write, else standard output.
static void push_printer(lua_State *L)
{
    if (ms_runtime_options(L)->output || ms_runtime_options(L)->test) {
        push_session(L);
        return;
    }
    ms_modules_require(L, "memsh.core");
    lua_getfield(L, -1, "sink_stdout");
    lua_call(L, 0, 1);
    lua_remove(L, -2);
}

static void set_broken(lua_State *L)
{
    lua_pushboolean(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &broken_key);
}

static bool is_broken(lua_State *L)
{
    bool broken = lua_rawgetp(L, LUA_REGISTRYINDEX, &broken_key) == LUA_TBOOLEAN;
    lua_pop(L, 1);
    return broken;
}

// Lua's print, but through output: what goes to a terminal is escaped, and -o's file gets it, too. Row sets
// show their rows (the metamethod __print).
static int print(lua_State *L)
{
    int count = lua_gettop(L);
    if (count == 1 && luaL_callmeta(L, 1, "__print"))
        return 0;
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&text, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&text);
    }
    luaL_addchar(&text, '\n');
    luaL_pushresult(&text);
    push_printer(L);
    lua_getfield(L, -1, "print");
    lua_insert(L, -3);
    lua_insert(L, -2); // print, printer, text
    lua_call(L, 2, 2);
    if (lua_toboolean(L, -2))
        return 0;
    set_broken(L);
    // Without a place: where it was printed has nothing to do with it.
    lua_pushfstring(L, "%s%s",
                    ms_runtime_options(L)->output ? "" : "cannot write output: ", lua_tostring(L, -1));
    return lua_error(L);
}

// The exit status that os.exit(code) means.
static int exit_status(lua_State *L)
{
    if (lua_isboolean(L, 1))
        return lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
    const lua_Integer code = luaL_optinteger(L, 1, EXIT_SUCCESS);
    return code && !(code & 0xff) ? EXIT_FAILURE
                                  : (int)(code & 0xff); // eight bits arrive, and 256 is no success
}

_Noreturn void ms_runtime_exit(int status)
{
    if (ms_bind_left_readers() || ms_bind_left_recorder())
        _exit(status);
    exit(status);
}

static int os_exit(lua_State *L)
{
    int status = exit_status(L);
    bool close = lua_toboolean(L, 2);
    enum ms_status end = ms_runtime_finish(L, MS_DONE);
    if (status == EXIT_SUCCESS)
        status = (int)end;
    if (close)
        ms_runtime_close(L);
    ms_runtime_exit(ms_log_end(ms_verdict_status(status)));
}

static void replace_functions(lua_State *L)
{
    lua_pushcfunction(L, print);
    lua_setglobal(L, "print");
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, os_exit);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 1);
}

static int set_up(lua_State *L)
{
    const struct ms_options *options = lua_touserdata(L, 1);
    lua_pushboolean(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
    luaL_openlibs(L);
    if (ms_confine_is_on())
        ms_guard_open(L);
    keep_options(L, options);
    ms_modules_open(L, options->lua_dir);
    ms_modules_before_memsh(L, configure);
    ms_modules_globals(L);
    replace_functions(L);
    ms_modules_keep_globals(L);
    ms_bind_set_stop(L, ms_interrupt_flag());
    ms_interrupt_open(L, options->interactive);
    ms_deadline_open(L);
    if (options->output) // its temporary file is not to stay
        ms_interrupt_take_termination();
    return 0;
}

// The collector's first look comes when a short program is long over: what it would find by then is needed.
enum { BEFORE_FIRST_COLLECTION = 512 }; // KiB

lua_State *ms_runtime_open(const struct ms_options *options)
{
    lua_State *L = luaL_newstate();
    if (!L) {
        ms_stderr_print("not enough memory");
        return NULL;
    }
    lua_gc(L, LUA_GCSTEP, -BEFORE_FIRST_COLLECTION); // a step of less than nothing puts off the next one
    lua_pushcfunction(L, set_up);
    lua_pushlightuserdata(L, (void *)(uintptr_t)options);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK)
        return L;
    ms_stderr_print("%s", lua_tostring(L, -1));
    ms_runtime_close(L);
    return NULL;
}

void ms_runtime_close(lua_State *L)
{
    ms_interrupt_close();
    lua_close(L);
}

struct body {
    enum ms_status (*run)(lua_State *L, void *ctx);
    void *ctx;
    enum ms_status status;
};

static int run_body(lua_State *L)
{
    struct body *body = lua_touserdata(L, 1);
    lua_settop(L, 0);
    body->status = body->run(L, body->ctx);
    return 0;
}

enum ms_status ms_runtime_protect(lua_State *L, enum ms_status (*run)(lua_State *L, void *ctx), void *ctx)
{
    struct body body = {run, ctx, MS_FAILED};
    lua_pushcfunction(L, run_body);
    lua_pushlightuserdata(L, &body);
    if (lua_pcall(L, 1, 0, 0) == LUA_OK)
        return body.status;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "not enough memory";
    ms_stderr_print("%s", text);
    lua_pop(L, 1);
    return MS_FAILED;
}

// A script that left through leave(): what a call of it gives.
static enum ms_status after_leaving(lua_State *L, int function, int results, bool failed, int status)
{
    if (failed)
        return (enum ms_status)status;
    lua_settop(L, function - 1 + (results == LUA_MULTRET ? 0 : results));
    return MS_DONE;
}

enum ms_status ms_runtime_call(lua_State *L, int count, int results)
{
    int status = 0;
    bool left_badly = false;
    int function = lua_gettop(L) - count;
    lua_pushcfunction(L, ms_message_handler);
    lua_insert(L, function);
    int failed = lua_pcall(L, count, results, function);
    ms_progress_clear();
    lua_remove(L, function);
    ms_deadline_harden();
    if (ms_interrupt_take(L)) {
        lua_settop(L, function - 1);
        lua_pushstring(L, ms_deadline_has_passed() ? "the deadline has passed" : "interrupted");
        return ms_deadline_has_passed() ? MS_LATE : MS_INTERRUPTED;
    }
    if (!failed)
        return MS_DONE;
    if (ms_leave_take(L, &left_badly, &status))
        return after_leaving(L, function, results, left_badly, status);
    ms_message_hint(L, NULL);
    return is_broken(L) ? MS_UNWRITTEN : MS_FAILED;
}

// Hands all its arguments to session.show.
static int show(lua_State *L)
{
    push_session(L);
    lua_getfield(L, -1, "show");
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_call(L, lua_gettop(L) - 1, 3);
    if (lua_type(L, -1) == LUA_TSTRING && lua_isnil(L, -3)) {
        set_broken(L);
        return luaL_error(L, "%s", lua_tostring(L, -2));
    }
    lua_pop(L, 2);
    return 1;
}

enum ms_status ms_runtime_show(lua_State *L, int count)
{
    lua_pushcfunction(L, show);
    lua_insert(L, -(count + 1));
    return ms_runtime_call(L, count, 1);
}

static const char unwritten[] = "cannot write output";

// Where SIGPIPE does not end memsh (see ms_verdict_expect), there is as little to be said of it.
static bool reader_has_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    return poll(&output, 1, 0) > 0 && output.revents & POLLERR;
}

void ms_runtime_report(lua_State *L, enum ms_status status)
{
    size_t len;
    if (status == MS_DONE)
        return;
    const char *text = lua_tolstring(L, -1, &len);
    if (text && !(strncmp(text, unwritten, sizeof unwritten - 1) == 0 && reader_has_gone()))
        ms_stderr_print_text(text, len, false);
    lua_pop(L, 1);
}

// Commits what was written. A script that failed leaves no -o file behind.
static int finish(lua_State *L)
{
    bool well = lua_toboolean(L, 1);
    const struct ms_options *options = ms_runtime_options(L);
    if (has_session(L) || options->output || options->format) {
        push_session(L);
        lua_getfield(L, -1, "finish");
        lua_pushboolean(L, well);
    } else {
        ms_modules_require(L, "memsh.core");
        lua_getfield(L, -1, "sink_stdout");
        lua_call(L, 0, 1);
        lua_getfield(L, -1, "flush");
        lua_insert(L, -2);
    }
    lua_call(L, 1, 3);
    if (lua_toboolean(L, -3)) {
        lua_pop(L, 1);
        return 1;
    }
    set_broken(L);
    return luaL_error(L, "%s", lua_tostring(L, -2));
}

static bool flush_stdout(void)
{
    bool failed = ferror(stdout);
    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return true;
    if (!reader_has_gone())
        ms_stderr_print("%s%s%s", unwritten, errno ? ": " : "", errno ? strerror(errno) : "");
    return false;
}

// What is unknown because memory ran out would not be if the same was asked again.
static enum ms_status judge_memory(lua_State *L, enum ms_status status)
{
    if (status != MS_DONE || !ms_bind_is_starved(L))
        return status;
    ms_stderr_print("not enough memory: something is missing from what was shown");
    return MS_FAILED;
}

enum ms_status ms_runtime_finish(lua_State *L, enum ms_status status)
{
    bool was_broken = is_broken(L);
    status = judge_memory(L, status);
    lua_pushcfunction(L, finish);
    lua_pushboolean(L, status == MS_DONE);
    enum ms_status end = ms_runtime_call(L, 1, 1);
    if (end == MS_DONE) {
        end = lua_toboolean(L, -1) ? MS_INCOMPLETE : MS_DONE;
        lua_pop(L, 1);
    } else if (!was_broken || status == MS_DONE) { // else it has been said
        ms_runtime_report(L, end);
    }
    bool arrived = flush_stdout();
    if (is_broken(L) || !arrived)
        return MS_UNWRITTEN;
    return status == MS_DONE ? end : status;
}
