// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/complete.h"

#include "base/buf.h"
#include "confine/confine.h"
#include "output/escape.h"
#include "shell/modules.h"

#include <lauxlib.h>
#include <readline/readline.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// readline's callbacks have no argument to find these by.
static lua_State *state;
static const char *lines_before;
static size_t lines_before_len;

// What was found last, in the registry: { start =, list =, append =, words = }.
static const char found_key = 0;

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

// Text in; { start =, list =, append =, words = } out.
static int ask(lua_State *L)
{
    ms_modules_require(L, "memsh.prompt.complete");
    lua_getfield(L, -1, "complete");
    lua_pushvalue(L, 1);
    lua_pushcfunction(L, type_name);
    lua_newtable(L);
    for (int i = 0; ms_modules_global_names[i]; i++) {
        lua_pushstring(L, ms_modules_global_names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_call(L, 3, 4);
    static const char *const names[] = {"start", "list", "append", "words"};
    lua_createtable(L, 0, 4);
    lua_insert(L, -5);
    for (int i = 3; i >= 0; i--)
        lua_setfield(L, -(i + 2), names[i]);
    return 1;
}

// Calls `f` with the value on top of the stack, in its place, while no finalizer of the user's can run.
// False: it failed, and nothing is left.
static bool call_quietly(lua_CFunction f)
{
    bool collects = lua_gc(state, LUA_GCISRUNNING);
    lua_gc(state, LUA_GCSTOP);
    lua_pushcfunction(state, f);
    lua_insert(state, -2);
    bool well = lua_pcall(state, 1, 1, 0) == LUA_OK;
    if (!well)
        lua_pop(state, 1);
    if (collects)
        lua_gc(state, LUA_GCRESTART);
    return well;
}

static void push_text(int end)
{
    lua_pushlstring(state, lines_before ? lines_before : "", lines_before_len);
    if (lines_before_len)
        lua_pushliteral(state, "\n");
    lua_pushlstring(state, rl_line_buffer, (size_t)end);
    lua_concat(state, lines_before_len ? 3 : 2);
}

// Where in the line the word begins that is completed; asks what it could be. -1: nobody knows.
static int find_candidates(void)
{
    push_text(rl_point);
    lua_Integer before = (lua_Integer)lua_rawlen(state, -1) - rl_point;
    if (!call_quietly(ask))
        lua_pushnil(state);
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &found_key);
    lua_Integer start = -1;
    if (lua_istable(state, -1)) {
        lua_getfield(state, -1, "start");
        start = lua_tointeger(state, -1) - 1 - before;
        lua_pop(state, 1);
    }
    lua_pop(state, 1);
    return start >= 0 && start <= rl_point ? (int)start : -1;
}

// readline looks backwards for one of these; the byte before the word is in no word that it begins.
static char *choose_breaks(void)
{
    static char breaks[2];
    int start = find_candidates();
    breaks[0] = start > 0 ? rl_line_buffer[start - 1] : '\0';
    return breaks;
}

// Nothing in it that a terminal would obey, or that could not be typed.
static bool is_shown_as_it_is(const char *text)
{
    struct ms_buf out;
    ms_buf_init(&out);
    bool same = ms_escape(&out, (struct ms_text){text, strlen(text)}, MS_ESCAPE_KEEP_BACKSLASH) &&
                out.len == strlen(text) && memcmp(out.data, text, out.len) == 0;
    ms_buf_deinit(&out);
    return same;
}

// The next candidate, in memory that readline frees. The list is on top of the stack.
static char *next_candidate(const char *word, int again)
{
    static lua_Integer at;
    size_t len = strlen(word);
    if (!again)
        at = 0;
    while (lua_rawgeti(state, -1, ++at) == LUA_TSTRING) {
        const char *text = lua_tostring(state, -1);
        char *copy = is_shown_as_it_is(text) && strncmp(text, word, len) == 0 ? strdup(text) : NULL;
        lua_pop(state, 1);
        if (copy)
            return copy;
    }
    lua_pop(state, 1);
    return NULL;
}

// readline lists any directory; restricted mode opens what was named.
static char *next_file(const char *word, int again)
{
    char *name;
    if (ms_confine_is_on())
        return NULL;
    while ((name = rl_filename_completion_function(word, again)) && !is_shown_as_it_is(name)) {
        free(name);
        again = 1;
    }
    return name;
}

// Pushes what was found: its field `name`.
static int push_found(lua_State *L, const char *name)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &found_key);
    if (!lua_istable(L, -1))
        return LUA_TNIL;
    int type = lua_getfield(L, -1, name);
    lua_remove(L, -2);
    return type;
}

static bool is_file(void)
{
    bool file = push_found(state, "words") == LUA_TTABLE && lua_getfield(state, -1, "files") == LUA_TBOOLEAN;
    return file && lua_toboolean(state, -1);
}

static char **attempt(const char *word, int start, int end)
{
    (void)start;
    (void)end;
    char **matches = NULL;
    int top = lua_gettop(state);
    rl_attempted_completion_over = 1;
    rl_sort_completion_matches = 1;
    if (is_file()) {
        lua_settop(state, top);
        return rl_completion_matches(word, next_file);
    }
    push_found(state, "append");
    const char *append = lua_tostring(state, -1);
    rl_completion_append_character = append && *append ? *append : '\0';
    rl_completion_suppress_append = !(append && *append);
    rl_sort_completion_matches = 0; // they are in an order
    if (push_found(state, "list") == LUA_TTABLE)
        matches = rl_completion_matches(word, next_candidate);
    lua_settop(state, top);
    return matches;
}

// The words to show in; shows them with what they mean.
static int show(lua_State *L)
{
    ms_modules_require(L, "memsh.prompt.complete.menu");
    lua_getfield(L, -1, "show");
    lua_pushvalue(L, 1);
    push_found(L, "words");
    lua_call(L, 2, 0);
    lua_pushnil(L);
    return 1;
}

// What is after the last slash of a path.
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void show_list(char **matches, int count, int longest)
{
    (void)longest;
    int top = lua_gettop(state);
    bool files = is_file();
    lua_settop(state, top);
    lua_createtable(state, count, 0);
    for (int i = 1; i <= count; i++) {
        lua_pushstring(state, files ? file_name(matches[i]) : matches[i]);
        lua_rawseti(state, -2, i);
    }
    rl_crlf();
    fflush(rl_outstream);
    call_quietly(show);
    lua_settop(state, top);
    rl_forced_update_display();
}

void ms_complete_open(lua_State *L)
{
    state = L;
    rl_attempted_completion_function = attempt;
    rl_completion_word_break_hook = choose_breaks;
    rl_completion_display_matches_hook = show_list;
    rl_basic_quote_characters = "";
    rl_completer_quote_characters = "";
}
