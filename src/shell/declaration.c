// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/declaration.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "confine/files.h"
#include "shell/compile_file.h"

#include <ctype.h>
#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Many times what a declaration takes.
enum {
    MOST_INSTRUCTIONS = 1000000,
    MOST_STEPS = 100000000, // of matching patterns, half a second at the worst
    MOST_TEXT = 1 << 20,    // bytes that rep() makes at once
    MOST_MEMORY = 16 << 10, // KiB more than before
};

static const char methods_key = 0;

// What is left to the one that runs.
static struct {
    int instructions;
    double steps;
    int memory; // KiB in use at which it ends
    bool over;
} left;

// `level` of the stack is what runs too long.
static int too_long(lua_State *L, int level)
{
    left.over = true;
    luaL_where(L, level);
    lua_pushliteral(L, "a report begins with its declaration; this one computes first");
    lua_concat(L, 2);
    return lua_error(L);
}

static void count(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    if (--left.instructions < 0 || lua_gc(L, LUA_GCCOUNT) > left.memory)
        too_long(L, 0);
}

// In how many ways parts of the pattern can be of different lengths: a matcher that goes back tries them all.
static int choices(const char *pattern, size_t len)
{
    int found = 0;
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '%' && i + 1 < len)
            found += pattern[i + 1] == 'b' || isdigit((unsigned char)pattern[++i]);
        else
            found += strchr("*+-?", pattern[i]) && pattern[i];
    }
    return found;
}

// A function of strings that takes a pattern (upvalue 1), which nothing interrupts: only where it must end
// soon.
static int match_in_time(lua_State *L)
{
    size_t len = 0, pattern_len = 0;
    luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    double steps = (double)(pattern_len + 1);
    for (int i = choices(pattern, pattern_len) + (*pattern != '^'); i > 0 && steps <= MOST_STEPS; i--)
        steps *= (double)(len + 1);
    left.steps -= steps;
    if (left.steps < 0)
        return too_long(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int repeat_some(lua_State *L)
{
    const lua_Number len = (lua_Number)luaL_len(L, 1) + (lua_isstring(L, 3) ? (lua_Number)luaL_len(L, 3) : 0);
    if (len * luaL_checknumber(L, 2) > MOST_TEXT)
        return too_long(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

// Puts a bound on a method of the table on top.
static void bound(lua_State *L, const char *name, lua_CFunction by)
{
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, by, 1);
    lua_setfield(L, -2, name);
}

// Makes the methods of strings as a declaration has them.
static void make_methods(lua_State *L)
{
    static const char *const takes_pattern[] = {"find", "match", "gmatch", "gsub"};
    lua_newtable(L);
    int methods = lua_gettop(L);
    lua_getglobal(L, LUA_STRLIBNAME);
    for (lua_pushnil(L); lua_istable(L, methods + 1) && lua_next(L, methods + 1);) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, methods);
    }
    lua_settop(L, methods);
    for (size_t i = 0; i < sizeof takes_pattern / sizeof *takes_pattern; i++)
        bound(L, takes_pattern[i], match_in_time);
    bound(L, "rep", repeat_some);
}

// Pushes them. Declarations share them: none gets hold of the table itself.
static void push_methods(lua_State *L)
{
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &methods_key) == LUA_TTABLE)
        return;
    lua_pop(L, 1);
    make_methods(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &methods_key);
}

// Runs what `thread` has on its stack. In the meantime `methods` are those of all strings.
static int run_bounded(lua_State *L, lua_State *thread, int methods, int *results)
{
    int top = lua_gettop(L);
    lua_pushliteral(L, "");
    bool has_meta = lua_getmetatable(L, -1);
    if (has_meta) {
        lua_getfield(L, -1, "__index");
        lua_pushvalue(L, methods);
        lua_setfield(L, -3, "__index");
    }
    left.over = false;
    left.instructions = MOST_INSTRUCTIONS;
    left.steps = MOST_STEPS;
    left.memory = lua_gc(L, LUA_GCCOUNT) + MOST_MEMORY;
    lua_sethook(thread, count, LUA_MASKCOUNT, 1);
    int status = lua_resume(thread, L, 0, results);
    lua_sethook(thread, NULL, 0, 0);
    if (has_meta)
        lua_setfield(L, -2, "__index");
    lua_settop(L, top);
    return status;
}

// report{...}: hands its argument out, and never comes back.
static int hand_out(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    return lua_yield(L, 1);
}

static int give_upvalue(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    return 1;
}

static void push_names(lua_State *L)
{
    static const char *const sizes[] = {"K", "M", "G", "T"};
    lua_newtable(L);
    lua_pushcfunction(L, hand_out);
    lua_setfield(L, -2, "report");
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, give_upvalue, 1);
    lua_setfield(L, -2, "require");
    for (int i = 0; i < 4; i++) {
        lua_pushinteger(L, (lua_Integer)1 << (10 * (i + 1)));
        lua_setfield(L, -2, sizes[i]);
    }
}

static int no_memory(lua_State *L)
{
    return luaL_error(L, "not enough memory");
}

// How long the head of a file is: up to the end of its first line that begins with a brace, which ends the
// declaration as most are written. 0: this much of the file has none.
static size_t head_length(struct ms_text text)
{
    const bool is_first = ms_text_starts(text, MS_TEXT("}"));
    const char *brace = is_first ? text.data : memmem(text.data, text.len, "\n}", 2);
    const char *end = brace ? memchr(brace + 1, '\n', text.len - (size_t)(brace + 1 - text.data)) : NULL;
    return end ? (size_t)(end + 1 - text.data) : 0;
}

// Reads a file until it has a head: how long that is, or 0.
static size_t read_head(const char *path, struct ms_buf *text)
{
    enum { FIRST = 4096 };
    MS_AUTO_CLOSE int fd = ms_files_open(path, 0);
    size_t head = 0;
    for (ssize_t got = fd < 0 ? 0 : 1; got > 0 && !head && text->len < MOST_TEXT;) {
        if (!ms_buf_reserve(text, FIRST))
            return 0;
        got = read(fd, text->data + text->len, text->cap - text->len);
        text->len += got > 0 ? (size_t)got : 0;
        head = head_length(ms_buf_text(text));
    }
    return head;
}

// Pushes the chunk of the file, or of its head alone: to compile all of it takes most of the time.
static int load_file(lua_State *thread, const char *path, bool head_only)
{
    if (!head_only)
        return ms_compile_file(thread, path, "t");
    const char *name = lua_pushfstring(thread, "@%s", path);
    struct ms_buf text;
    ms_buf_init(&text);
    const size_t head = read_head(path, &text);
    const int loaded = head ? luaL_loadbufferx(thread, text.data, head, name, "t") : LUA_ERRSYNTAX;
    ms_buf_deinit(&text);
    return loaded;
}

// Pushes what the file, or its head, hands out; or nil, why, and whether it takes too long. How many that is.
static int take_declared(lua_State *L, const char *path, bool head_only)
{
    int results = 0;
    lua_State *thread = lua_newthread(L);
    errno = 0;
    const int loaded = load_file(thread, path, head_only);
    if (loaded == LUA_ERRMEM || (loaded == LUA_ERRFILE && errno == ENOMEM))
        return no_memory(L);
    if (loaded != LUA_OK) {
        lua_pushnil(L);
        lua_xmove(thread, L, 1);
        return 2;
    }
    push_names(thread);
    lua_setupvalue(thread, -2, 1);
    int status = run_bounded(L, thread, 2, &results);
    if (status == LUA_ERRMEM)
        return no_memory(L);
    if (status == LUA_YIELD && results == 1 && lua_istable(thread, -1)) {
        lua_xmove(thread, L, 1);
        return 1;
    }
    lua_pushnil(L);
    if (status == LUA_OK || status == LUA_YIELD)
        lua_pushliteral(L, "it declares no report");
    else
        lua_xmove(thread, L, 1);
    lua_pushboolean(L, left.over);
    return 3;
}

int ms_declaration(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    push_methods(L);
    if (take_declared(L, path, true) == 1)
        return 1;
    lua_settop(L, 2);
    return take_declared(L, path, false); // its messages are of the file as it is
}

bool ms_declaration_exists(lua_State *L, const char *path)
{
    int top = lua_gettop(L);
    lua_pushcfunction(L, ms_declaration);
    lua_pushstring(L, path);
    bool exists = lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1);
    lua_settop(L, top);
    return exists;
}
