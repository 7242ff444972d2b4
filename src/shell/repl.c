// SPDX-License-Identifier: GPL-3.0-or-later
#include "repl.h"

#include "buf.h"
#include "complete.h"
#include "history.h"
#include "interrupt.h"
#include "line.h"
#include "message.h"
#include "modules.h"
#include "say.h"

#include <ctype.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char chunk_name[] = "=input";

enum compiled { COMPILED, UNFINISHED, WRONG };

// A short string cannot go on in the next line, though Lua's message for it ends like that of what can.
static bool is_unfinished(const char *message, size_t len)
{
    static const char mark[] = "<eof>";
    size_t mark_len = sizeof mark - 1;
    return len >= mark_len && strcmp(message + len - mark_len, mark) == 0 &&
           !strstr(message, ": unfinished string near ");
}

// `:desc pss` and `pss?`, which no line of Lua looks like.
static bool is_command(const struct ms_buf *text)
{
    size_t first = 0;
    size_t end = text->len;
    while (first < end && isspace((unsigned char)text->data[first]))
        first++;
    while (end > first && isspace((unsigned char)text->data[end - 1]))
        end--;
    return first < end && (text->data[first] == ':' || text->data[end - 1] == '?') &&
           !memchr(text->data, '\n', text->len);
}

static int command(lua_State *L)
{
    ms_modules_require(L, "memsh.commands");
    lua_getfield(L, -1, "compile");
    lua_insert(L, 1);
    lua_settop(L, 2);
    lua_call(L, 1, 2);
    return 2;
}

static enum compiled compile_command(lua_State *L, const struct ms_buf *text)
{
    lua_pushcfunction(L, command);
    lua_pushlstring(L, text->data, text->len);
    if (lua_pcall(L, 1, 2, 0) != LUA_OK)
        return WRONG;
    bool found = lua_isfunction(L, -2);
    lua_remove(L, found ? -1 : -2);
    return found ? COMPILED : WRONG;
}

// An expression first, then statements. COMPILED leaves a function, WRONG a message, UNFINISHED nothing.
static enum compiled compile(lua_State *L, const struct ms_buf *text)
{
    size_t len;
    int top = lua_gettop(L);
    if (is_command(text))
        return compile_command(L, text);
    lua_pushliteral(L, "return ");
    lua_pushlstring(L, text->data, text->len);
    lua_concat(L, 2);
    const char *expression = lua_tolstring(L, -1, &len);
    if (luaL_loadbufferx(L, expression, len, chunk_name, "t") == LUA_OK) {
        lua_remove(L, -2);
        return COMPILED;
    }
    lua_settop(L, top);
    if (luaL_loadbufferx(L, text->data, text->len, chunk_name, "t") == LUA_OK)
        return COMPILED;
    const char *message = lua_tolstring(L, -1, &len);
    if (message && is_unfinished(message, len)) {
        lua_settop(L, top);
        return UNFINISHED;
    }
    ms_message_explain(L, text->data, text->len, chunk_name);
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
    ms_say_text(text, len, true);
    lua_pop(L, 2);
}

// Shows the results above `top`; the first one, as it was shown, becomes `_`.
static enum ms_status show_results(lua_State *L, int top)
{
    lua_pushvalue(L, top + 1);
    lua_insert(L, top + 1);
    enum ms_status status = ms_runtime_show(L, lua_gettop(L) - top - 1);
    if (status != MS_DONE)
        return status;
    if (lua_isnil(L, -1))
        lua_pop(L, 1);
    lua_pushglobaltable(L);
    lua_insert(L, -2);
    lua_pushliteral(L, "_");
    lua_insert(L, -2);
    lua_rawset(L, -3);
    return MS_DONE;
}

// Runs the function on top of the stack.
static void evaluate(lua_State *L, bool many_lines)
{
    int top = lua_gettop(L) - 1;
    enum ms_status status = ms_runtime_call(L, 0, LUA_MULTRET);
    if (status == MS_DONE && lua_gettop(L) > top)
        status = show_results(L, top);
    if (status != MS_DONE)
        report(L, many_lines);
    lua_settop(L, top);
}

static bool is_blank(const struct ms_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        if (!isspace((unsigned char)text->data[i]))
            return false;
    }
    return true;
}

// Reads one entry of one or more lines. MS_LINE_READ: it is in `text`, and what `compile` left on the stack.
static enum ms_line read_entry(lua_State *L, struct ms_buf *text, enum compiled *compiled)
{
    ms_buf_clear(text);
    *compiled = UNFINISHED;
    while (*compiled == UNFINISHED) {
        char *line = NULL;
        ms_complete_after(text->data, text->len);
        enum ms_line read = ms_line_read(text->len ? "   ..> " : "memsh> ", &line);
        if (read != MS_LINE_READ)
            return read;
        if (text->len)
            ms_buf_addc(text, '\n');
        ms_buf_adds(text, line);
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
static bool turn(lua_State *L, struct ms_history *history, struct ms_buf *text)
{
    enum compiled compiled;
    enum ms_line read = read_entry(L, text, &compiled);
    ms_interrupt_take(L);
    if (read != MS_LINE_READ)
        return read == MS_LINE_INTERRUPTED;
    bool many_lines = memchr(text->data, '\n', text->len);
    remember(history, text);
    if (compiled == COMPILED)
        evaluate(L, many_lines);
    else
        report(L, many_lines);
    lua_settop(L, 0);
    return true;
}

enum ms_status ms_repl_run(lua_State *L)
{
    struct ms_history history;
    struct ms_buf text;
    signal(SIGPIPE, SIG_IGN); // a reader that goes away ends its output, not the shell
    ms_line_open();
    ms_complete_open(L);
    ms_history_open(&history);
    ms_buf_init(&text);
    while (turn(L, &history, &text))
        ;
    ms_buf_deinit(&text);
    ms_history_close(&history);
    return MS_DONE;
}
