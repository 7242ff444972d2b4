// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/repl.h"

#include "base/buf.h"
#include "shell/complete.h"
#include "shell/history.h"
#include "shell/interrupt.h"
#include "shell/line.h"
#include "shell/modules.h"
#include "shell/prompt.h"
#include "shell/startup.h"
#include "shell/stderr.h"

#include <ctype.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum compiled { COMPILED, UNFINISHED, WRONG };

// memsh.prompt.entry's function `name` (upvalue 1), called with all arguments.
static int call_entry(lua_State *L)
{
    ms_modules_require(L, "memsh.prompt.entry");
    lua_getfield(L, -1, lua_tostring(L, lua_upvalueindex(1)));
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

// Pushes a function that calls memsh.prompt.entry's.
static void push_entry(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    lua_pushcclosure(L, call_entry, 1);
}

// COMPILED leaves a function, WRONG a message, UNFINISHED nothing.
static enum compiled compile(lua_State *L, const struct ms_buf *text)
{
    push_entry(L, "compile");
    lua_pushlstring(L, text->data, text->len);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK)
        return WRONG;
    if (lua_isfunction(L, -2)) {
        lua_pop(L, 1);
        return COMPILED;
    }
    if (lua_isnil(L, -1)) {
        lua_pop(L, 2);
        return UNFINISHED;
    }
    lua_remove(L, -2);
    return WRONG;
}

// "input:1: text" becomes "text", and for an entry of several lines "line 2: text".
static const char *without_place(const char *message, bool many_lines)
{
    const char *place = "input:";
    if (strncmp(message, place, strlen(place)) != 0)
        return message;
    const char *number = message + strlen(place);
    size_t digits = strspn(number, "0123456789");
    if (digits == 0 || strncmp(number + digits, ": ", 2) != 0)
        return message;
    return many_lines ? number : number + digits + 2;
}

// Says the message on top of the stack and pops it.
static void report(lua_State *L, bool many_lines)
{
    size_t len;
    const char *message = lua_tolstring(L, -1, &len);
    const char *text = without_place(message, many_lines);
    if (many_lines && text != message)
        lua_pushfstring(L, "line %s", text);
    else
        lua_pushlstring(L, text, len - (size_t)(text - message));
    text = lua_tolstring(L, -1, &len);
    ms_stderr_print_text(text, len, true);
    lua_pop(L, 2);
}

// Calls memsh.prompt.entry's function `name` with the value on top of the stack, in its place. What it raises
// is said.
static void tell(lua_State *L, const char *name, int results)
{
    push_entry(L, name);
    lua_insert(L, -2);
    if (ms_runtime_call(L, 1, results) != MS_DONE)
        report(L, false);
}

// Shows the results above `top`; the first one, as it was shown, is kept as `_`.
static enum ms_status show_results(lua_State *L, int top)
{
    lua_pushvalue(L, top + 1);
    lua_insert(L, top + 1);
    enum ms_status status = ms_runtime_show(L, lua_gettop(L) - top - 1);
    if (status != MS_DONE)
        return status;
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    tell(L, "keep", 0);
    return MS_DONE;
}

// Replaces the message of what was interrupted by one that says what is left of it.
static void salvage(lua_State *L)
{
    push_entry(L, "salvage");
    if (ms_runtime_call(L, 0, 1) == MS_DONE && lua_type(L, -1) == LUA_TSTRING)
        lua_replace(L, -2);
    else
        lua_pop(L, 1);
}

// Runs the function on top of the stack.
static enum ms_status evaluate(lua_State *L, bool many_lines)
{
    int top = lua_gettop(L) - 1;
    enum ms_status status = ms_runtime_call(L, 0, LUA_MULTRET);
    if (status == MS_DONE && lua_gettop(L) > top)
        status = show_results(L, top);
    if (status == MS_INTERRUPTED)
        salvage(L);
    if (status != MS_DONE)
        report(L, many_lines);
    lua_pushboolean(L, status == MS_DONE);
    tell(L, "done", 0);
    lua_settop(L, top);
    return status;
}

static bool is_blank(const struct ms_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if (!isspace((unsigned char)text->data[i]))
            return false;
    }
    return true;
}

// The prompt; before it, if anything, what the Lua side says of where one is (see prompt.h). It stays on the
// stack.
static const char *push_prompt(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    const bool has =
        lua_getfield(L, -1, "memsh.prompt") == LUA_TTABLE && lua_getfield(L, -1, "where") == LUA_TSTRING;
    return has ? lua_pushfstring(L, "%s memsh> ", lua_tostring(L, -1)) : lua_pushliteral(L, "memsh> ");
}

// Leaves the first of several entries that were pasted at once in `text`, and the others in `rest`.
static void cut_pasted(lua_State *L, struct ms_buf *text, struct ms_buf *rest)
{
    const int top = lua_gettop(L);
    ms_modules_push_function(L, "memsh.prompt.pasted", "cut");
    lua_pushlstring(L, text->data, text->len);
    if (lua_pcall(L, 1, 2, 0) == LUA_OK && lua_isstring(L, -1)) {
        ms_buf_clear(rest);
        ms_buf_adds(rest, lua_tostring(L, -1));
        ms_buf_clear(text);
        ms_buf_adds(text, lua_tostring(L, -2));
    }
    lua_settop(L, top);
}

// The paste showed all questions at once; each but the first is shown again, with its answer.
static void echo(lua_State *L, struct ms_buf *text)
{
    const int top = lua_gettop(L);
    if (ms_buf_addc(text, '\0')) {
        ms_line_echo(push_prompt(L), text->data);
        text->len--;
    }
    lua_settop(L, top);
}

// The next of the entries that were pasted, if there is one.
static bool take_pasted(lua_State *L, struct ms_buf *text, struct ms_buf *rest, enum compiled *compiled)
{
    if (is_blank(rest)) {
        ms_buf_clear(rest);
        return false;
    }
    ms_buf_add(text, rest->data, rest->len);
    ms_buf_clear(rest);
    cut_pasted(L, text, rest);
    echo(L, text);
    *compiled = compile(L, text);
    return *compiled != UNFINISHED;
}

// Reads one entry of one or more lines. MS_LINE_READ: it is in `text`, and what `compile` left on the stack.
static enum ms_line read_entry(lua_State *L, struct ms_buf *text, struct ms_buf *rest,
                               enum compiled *compiled)
{
    ms_buf_clear(text);
    *compiled = UNFINISHED;
    if (take_pasted(L, text, rest, compiled))
        return MS_LINE_READ;
    while (*compiled == UNFINISHED) {
        char *line = NULL;
        ms_complete_after(text->data, text->len);
        const int top = lua_gettop(L);
        enum ms_line read = ms_line_read(text->len ? "   ..> " : push_prompt(L), &line);
        lua_settop(L, top);
        if (read != MS_LINE_READ)
            return read;
        if (text->len)
            ms_buf_addc(text, '\n');
        ms_buf_adds(text, line);
        if (strchr(line, '\n'))
            cut_pasted(L, text, rest);
        free(line);
        if (is_blank(text))
            ms_buf_clear(text);
        else
            *compiled = compile(L, text);
    }
    return MS_LINE_READ;
}

static void remember(struct ms_history *history, struct ms_buf *text)
{
    if (ms_buf_addc(text, '\0')) {
        ms_history_add(history, text->data);
        text->len--;
    }
}

// One turn. False at the end of input.
static bool turn(lua_State *L, struct ms_history *history, struct ms_buf *text, struct ms_buf *rest)
{
    enum compiled compiled;
    enum ms_line read = read_entry(L, text, rest, &compiled);
    ms_interrupt_take(L);
    if (read != MS_LINE_READ)
        return read == MS_LINE_INTERRUPTED;
    bool many_lines = memchr(text->data, '\n', text->len);
    remember(history, text);
    if (compiled == WRONG)
        report(L, many_lines);
    else if (evaluate(L, many_lines) == MS_INTERRUPTED)
        ms_buf_clear(rest);
    lua_settop(L, 0);
    return !ms_prompt_is_over(L);
}

// The banner is for the person who sees what is shown.
static void greet(lua_State *L)
{
    ms_modules_push_function(L, "memsh.prompt.banner", "show");
    lua_pushboolean(L, isatty(STDOUT_FILENO));
    if (ms_runtime_call(L, 1, 0) != MS_DONE)
        report(L, false);
    lua_settop(L, 0);
}

enum ms_status ms_repl_run(lua_State *L)
{
    struct ms_history history;
    struct ms_buf text, rest;
    signal(SIGPIPE, SIG_IGN); // a reader that goes away ends its output, not the shell
    ms_line_open();
    ms_complete_open(L);
    ms_history_open(&history);
    ms_buf_init(&text);
    ms_buf_init(&rest);
    greet(L);
    ms_startup_run(L);
    while (turn(L, &history, &text, &rest))
        ;
    ms_buf_deinit(&text);
    ms_buf_deinit(&rest);
    ms_history_close(&history);
    return MS_DONE;
}
