// SPDX-License-Identifier: GPL-3.0-or-later
#include "complete.h"

#include "modules.h"

#include <ctype.h>
#include <lauxlib.h>
#include <readline/readline.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// readline's callbacks have no argument to find these by.
static lua_State *state;
static const char *lines_before;
static size_t lines_before_len;

// Everything that no Lua name is made of.
static const char word_breaks[] = " \t\n\"\\'`@$><=;|&{}()[].:,+-*/%^#~!?";

void ms_complete_after(const char *text, size_t len)
{
    lines_before = text;
    lines_before_len = len;
}

// type_name(v): the name in the metatable of a userdata or table ("memsh.process"), else Lua's. Runs nothing.
static int type_name(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_getmetatable(L, 1)) {
        lua_pushliteral(L, "__name");
        if (lua_rawget(L, -2) == LUA_TSTRING)
            return 1;
    }
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

// Text in; the place of the word, the candidates and what to append out.
static int ask(lua_State *L)
{
    ms_modules_require(L, "memsh.complete");
    lua_getfield(L, -1, "complete");
    lua_pushvalue(L, 1);
    lua_pushcfunction(L, type_name);
    lua_newtable(L);
    for (int i = 0; ms_modules_global_names[i]; i++) {
        lua_pushstring(L, ms_modules_global_names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_call(L, 3, 3);
    return 3;
}

// Text in, whether a file is meant at its end.
static int ask_file(lua_State *L)
{
    ms_modules_require(L, "memsh.complete");
    lua_getfield(L, -1, "takes_file");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

static bool is_file(int end)
{
    int top = lua_gettop(state);
    lua_pushcfunction(state, ask_file);
    lua_pushlstring(state, rl_line_buffer, (size_t)end);
    bool file = !lines_before_len && lua_pcall(state, 1, 1, 0) == LUA_OK && lua_toboolean(state, -1);
    lua_settop(state, top);
    return file;
}

// A path is one word.
static char *choose_breaks(void)
{
    static char between_files[] = " \t\n";
    return is_file(rl_point) ? between_files : NULL;
}

static bool is_name(const char *text)
{
    for (; *text; text++) {
        if (!isalnum((unsigned char)*text) && *text != '_')
            return false;
    }
    return true;
}

// The next candidate, in memory that readline frees. The table is on top of the stack.
static char *next_candidate(const char *word, int again)
{
    static lua_Integer at;
    size_t len = strlen(word);
    if (!again)
        at = 0;
    while (lua_rawgeti(state, -1, ++at) == LUA_TSTRING) {
        const char *text = lua_tostring(state, -1);
        char *copy = is_name(text) && strncmp(text, word, len) == 0 ? strdup(text) : NULL;
        lua_pop(state, 1);
        if (copy)
            return copy;
    }
    lua_pop(state, 1);
    return NULL;
}

static void push_text(int end)
{
    lua_pushlstring(state, lines_before ? lines_before : "", lines_before_len);
    if (lines_before_len)
        lua_pushliteral(state, "\n");
    lua_pushlstring(state, rl_line_buffer, (size_t)end);
    lua_concat(state, lines_before_len ? 3 : 2);
}

static char **attempt(const char *word, int start, int end)
{
    char **matches = NULL;
    int top = lua_gettop(state);
    rl_attempted_completion_over = 1;
    if (is_file(end))
        return rl_completion_matches(word, rl_filename_completion_function);
    rl_completion_suppress_append = 1;
    lua_pushcfunction(state, ask);
    push_text(end);
    size_t line_start = (size_t)lua_rawlen(state, -1) - (size_t)end;
    if (lua_pcall(state, 1, 3, 0) == LUA_OK && lua_istable(state, top + 2) &&
        lua_tointeger(state, top + 1) == (lua_Integer)(line_start + (size_t)start + 1)) {
        const char *append = lua_tostring(state, top + 3);
        rl_completion_append_character = append && *append ? *append : '\0';
        rl_completion_suppress_append = !(append && *append);
        lua_settop(state, top + 2);
        matches = rl_completion_matches(word, next_candidate);
    }
    lua_settop(state, top);
    return matches;
}

void ms_complete_open(lua_State *L)
{
    state = L;
    rl_attempted_completion_function = attempt;
    rl_completer_word_break_characters = word_breaks;
    rl_completion_word_break_hook = choose_breaks;
    rl_basic_quote_characters = "";
    rl_completer_quote_characters = "";
}
