// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/script.h"

#include "base/buf.h"
#include "bind/bind.h"
#include "shell/compile_file.h"
#include "shell/declaration.h"
#include "shell/leave.h"
#include "shell/message.h"
#include "shell/modules.h"
#include "shell/nearest.h"
#include "shell/report_path.h"
#include "shell/stderr.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The global `arg`: arg[0] is the script, what stood before it has negative indices, as with lua.
static void set_arg(lua_State *L, int argc, char **argv, int zero)
{
    lua_createtable(L, argc - zero, zero + 1);
    for (int i = 0; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - zero);
    }
    lua_setglobal(L, "arg");
}

// Where there is no script arg[0] is memsh itself.
static void set_arg_of_code(lua_State *L, int argc, char **argv, int first)
{
    lua_createtable(L, argc - first, 1);
    lua_pushstring(L, argv[0]);
    lua_rawseti(L, -2, 0);
    for (int i = first; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i - first + 1);
    }
    lua_setglobal(L, "arg");
}

// Pushes arg[1], arg[2]... Returns how many.
static int push_args(lua_State *L, int argc, char **argv, int first)
{
    luaL_checkstack(L, argc - first + 4, "too many arguments");
    for (int i = first; i < argc; i++)
        lua_pushstring(L, argv[i]);
    return argc - first;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

// Compiles an expression or statements. Leaves the function, or the message.
static bool load_code(lua_State *L, const char *code)
{
    lua_pushfstring(L, "return %s", code);
    size_t len = ms_raw_len(L, -1);
    int status = luaL_loadbufferx(L, lua_tostring(L, -1), len, "=-e", "t");
    lua_remove(L, -2);
    if (status == LUA_ERRSYNTAX) { // anything else says nothing about the text
        lua_pop(L, 1);
        status = luaL_loadbufferx(L, code, strlen(code), "=-e", "t");
    }
    if (status == LUA_ERRSYNTAX)
        ms_message_explain(L, code, strlen(code), "=-e");
    return status == LUA_OK;
}

// Whether the code is a name alone. (nil is what it says.)
static bool is_name(const char *code)
{
    code += strspn(code, " \t\n");
    size_t len = strspn(code, letters);
    return len > 0 && code[len + strspn(code + len, " \t\n")] == '\0' &&
           !(len == 3 && !memcmp(code, "nil", 3));
}

// A name that means nothing gave nil: leaves what there is to say.
static enum ms_status refuse_name(lua_State *L, const char *code)
{
    ms_modules_push_function(L, "memsh.prompt.runtime_hints", "no_global");
    lua_pushstring(L, code);
    (void)lua_pcall(L, 1, 1, 0);
    return MS_FAILED;
}

// A number is shown as what the code says that it is.
static void say_code(lua_State *L, const char *code)
{
    ms_modules_push_function(L, "memsh.show.output", "of_code");
    lua_pushstring(L, code);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

static enum ms_status run_code(lua_State *L, const char *code, int argc, char **argv)
{
    int top = lua_gettop(L);
    enum ms_status status = MS_FAILED;
    if (load_code(L, code)) {
        int count = push_args(L, argc, argv, ms_runtime_options(L)->first_arg);
        status = ms_runtime_call(L, count, LUA_MULTRET);
        int results = lua_gettop(L) - top;
        if (status == MS_DONE && results == 1 && lua_isnil(L, -1) && is_name(code)) {
            status = refuse_name(L, code);
        } else if (status == MS_DONE && results > 0) {
            if (results > 1 || lua_isinteger(L, -1))
                say_code(L, code);
            status = ms_runtime_show(L, results);
        }
        if (status == MS_FAILED)
            ms_message_hint(L, code);
    }
    ms_runtime_report(L, status);
    lua_settop(L, top);
    return status;
}

// memsh.reports.unused_options(name[, text])
static int call_unused_options(lua_State *L)
{
    ms_modules_require(L, "memsh.reports.unused_options");
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

// Whether the options mean something for the code; where not, it leaves what there is to say. `text` NULL: it
// is in the file `name`.
static bool fits_options(lua_State *L, const char *name, const char *text)
{
    const struct ms_options *options = ms_runtime_options(L);
    if (!options->check && !options->accept && !options->quiet && !options->null && !options->no_header &&
        !options->append)
        return true;
    lua_pushcfunction(L, call_unused_options);
    lua_pushstring(L, name);
    lua_pushstring(L, text);
    if (lua_pcall(L, 2, 1, 0) == LUA_OK && lua_isstring(L, -1))
        return false;
    lua_pop(L, 1);
    return true;
}

// All -e as one text.
static bool code_fits_options(lua_State *L)
{
    const struct ms_options *options = ms_runtime_options(L);
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    for (int i = 0; i < options->code_count; i++) {
        luaL_addstring(&all, options->code[i]);
        luaL_addchar(&all, '\n');
    }
    luaL_pushresult(&all);
    int text = lua_gettop(L);
    bool fits = fits_options(L, "this code", lua_tostring(L, text));
    lua_remove(L, text);
    return fits;
}

static enum ms_status run_all_code(lua_State *L, int argc, char **argv)
{
    const struct ms_options *options = ms_runtime_options(L);
    enum ms_status status = MS_DONE;
    if (!code_fits_options(L)) {
        ms_runtime_report(L, MS_WRONG_USE);
        return MS_WRONG_USE;
    }
    set_arg_of_code(L, argc, argv, options->first_arg);
    for (int i = 0; i < options->code_count && status == MS_DONE && !ms_leave_is_over(L); i++)
        status = run_code(L, options->code[i], argc, argv);
    return status;
}

static bool is_number(const char *name)
{
    return *name && name[strspn(name, "0123456789")] == '\0';
}

// Whether it begins with a global of memsh's, as procs:top(3) does.
static bool begins_with_global(const char *text)
{
    size_t len = strspn(text, letters);
    for (const char *const *name = ms_modules_global_names; *name; name++) {
        if (strlen(*name) == len && memcmp(*name, text, len) == 0)
            return true;
    }
    return false;
}

static bool is_code(const char *name)
{
    return begins_with_global(name) || strpbrk(name, ":(\"'");
}

static void add_name(void *to, const struct ms_report *report)
{
    ms_buf_adds(to, report->name);
    ms_buf_addc(to, ' ');
}

// The report that may have been meant. False if none is near.
static bool find_near(const char *first, const char *name, size_t size, char *near)
{
    struct ms_buf names;
    ms_buf_init(&names);
    bool found = ms_report_each(first, add_name, NULL, &names) && ms_buf_addc(&names, '\0') &&
                 ms_nearest(name, names.data, size, near);
    ms_buf_deinit(&names);
    return found;
}

static void add_place(void *to, const char *directory)
{
    struct ms_buf *places = to;
    ms_buf_adds(places, places->len ? ", " : "");
    ms_buf_adds(places, directory);
}

static void say_places(const char *first)
{
    struct ms_buf places;
    ms_buf_init(&places);
    ms_report_each_place(first, add_place, &places);
    if (ms_buf_addc(&places, '\0'))
        ms_stderr_print("looked in %s", places.data);
    ms_buf_deinit(&places);
}

static enum ms_status no_report(const char *first, const char *name)
{
    char near[64];
    if (is_code(name))
        ms_stderr_print("no report named %s: an expression follows -e, as in memsh -e '%s'", name, name);
    else if (is_number(name))
        ms_stderr_print("no report named %s; for a process write memsh -e 'proc(%s)'", name, name);
    else if (find_near(first, name, sizeof near, near))
        ms_stderr_print("no report named %s; did you mean %s? (memsh --list has them all)", name, near);
    else
        ms_stderr_print(
            "no report named %s: memsh --list has them all; for a file write ./%s or a name that ends "
            "in .lua",
            name, name);
    if (!is_code(name) && !is_number(name))
        say_places(first);
    return MS_WRONG_USE;
}

static const char stdin_key = 0; // the function that standard input was, which can be read once

// memsh.prompt.dropped.say(name[, text])
static int call_dropped(lua_State *L)
{
    ms_modules_require(L, "memsh.prompt.dropped");
    lua_getfield(L, -1, "say");
    lua_insert(L, 1);
    lua_pop(L, 1);
    lua_call(L, 2, 0);
    return 0;
}

// Says which rows of the script are made and shown nowhere. `text` NULL: it is in the file `name`. That this
// can't be found out is no harm.
static void say_dropped(lua_State *L, const char *name, const char *text, size_t len)
{
    lua_pushcfunction(L, call_dropped);
    lua_pushstring(L, name);
    if (text)
        lua_pushlstring(L, text, len);
    else
        lua_pushnil(L);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK)
        lua_pop(L, 1);
}

// What standard input holds. False, with errno, where it could not be read.
static bool read_stdin(struct ms_buf *text)
{
    enum { STEP = 4096 };
    size_t got = STEP;
    while (got == STEP && ms_buf_reserve(text, STEP)) {
        got = fread(text->data + text->len, 1, STEP, stdin);
        text->len += got;
    }
    return !ferror(stdin) && ms_buf_addc(text, '\0');
}

// Without the line that names the program to run it with; the lines keep their numbers.
static const char *without_shebang(const char *text)
{
    return *text == '#' ? text + strcspn(text, "\n") : text;
}

// Whether the text does as a statement, too, such as a call: what io.write("x") gives is not to be shown.
static bool is_statement(lua_State *L, const char *text)
{
    bool is = luaL_loadbufferx(L, text, strlen(text), "=stdin", "t") == LUA_OK;
    lua_pop(L, 1);
    return is;
}

// One expression, to be shown. Leaves a function; nothing where the text is none.
static bool load_expression(lua_State *L, const char *text)
{
    if (!begins_with_global(text + strspn(text, " \t\n")) && is_statement(L, text))
        return false;
    lua_pushfstring(L, "return %s", text);
    int status = luaL_loadbufferx(L, lua_tostring(L, -1), ms_raw_len(L, -1), "=stdin", "t");
    lua_remove(L, -2);
    if (status != LUA_OK)
        lua_pop(L, 1);
    return status == LUA_OK;
}

// Leaves a function, or a message.
static int load_text(lua_State *L, const struct ms_buf *script)
{
    const char *text = without_shebang(script->data);
    size_t len = script->len - 1 - (size_t)(text - script->data);
    if (!fits_options(L, "standard input", text))
        return LUA_ERRFILE;
    if (strlen(text) == len && load_expression(L, text))
        return LUA_OK;
    int status = luaL_loadbufferx(L, text, len, "=stdin", "t");
    if (status == LUA_OK)
        say_dropped(L, "stdin", text, len);
    return status;
}

static int load_stdin(lua_State *L)
{
    struct ms_buf text;
    int status = LUA_ERRFILE;
    ms_buf_init(&text);
    if (read_stdin(&text))
        status = load_text(L, &text);
    else
        lua_pushfstring(L, "cannot read stdin: %s", strerror(errno));
    ms_buf_deinit(&text);
    return status;
}

// Compiles the script. `path` NULL: standard input. Leaves the function, or the message.
static enum ms_status load_file(lua_State *L, const char *path)
{
    if (!path && lua_rawgetp(L, LUA_REGISTRYINDEX, &stdin_key) == LUA_TFUNCTION)
        return MS_DONE;
    if (!path)
        lua_pop(L, 1);
    switch (path ? ms_compile_file(L, path, "t") : load_stdin(L)) {
    case LUA_OK:
        if (path && !fits_options(L, path, NULL))
            return MS_WRONG_USE;
        if (path) {
            say_dropped(L, path, NULL, 0);
        } else {
            lua_pushvalue(L, -1);
            lua_rawsetp(L, LUA_REGISTRYINDEX, &stdin_key);
        }
        return MS_DONE;
    case LUA_ERRFILE:
        return MS_WRONG_USE;
    default:
        return MS_FAILED;
    }
}

// Options end at the script; one of memsh's own that comes after it was most likely meant for memsh. A report
// knows its options, and says so itself.
static bool is_stray(lua_State *L, const char *path)
{
    const struct ms_options *options = ms_runtime_options(L);
    return options->stray && !(path && ms_declaration_exists(L, path));
}

static enum ms_status say_stray(const struct ms_options *options)
{
    char text[MS_OPTION_ERROR_MAX];
    ms_options_say_stray(options, text);
    ms_stderr_print("%s\nTry memsh --help", text);
    return MS_WRONG_USE;
}

// memsh.reports.test.run(path)
static int test(lua_State *L)
{
    lua_settop(L, 1);
    ms_modules_require(L, "memsh.reports.test");
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, 1);
    lua_call(L, 1, 0);
    return 0;
}

static enum ms_status test_file(lua_State *L, const char *path)
{
    if (!path) {
        ms_stderr_print("--test needs a file, and not standard input");
        return MS_WRONG_USE;
    }
    lua_pushcfunction(L, test);
    lua_pushstring(L, path);
    enum ms_status status = ms_runtime_call(L, 1, 0);
    ms_runtime_report(L, status);
    return status;
}

static enum ms_status run_file(lua_State *L, const char *path, int argc, char **argv)
{
    int top = lua_gettop(L);
    int first = ms_runtime_options(L)->first_arg;
    if (ms_runtime_options(L)->test)
        return test_file(L, path);
    enum ms_status status = load_file(L, path);
    if (status == MS_DONE && is_stray(L, path)) {
        lua_settop(L, top);
        return say_stray(ms_runtime_options(L));
    }
    if (status == MS_DONE)
        status = ms_runtime_call(L, push_args(L, argc, argv, first), LUA_MULTRET);
    if (status == MS_DONE && lua_gettop(L) > top && !lua_isnil(L, top + 1))
        status = ms_runtime_show(L, lua_gettop(L) - top);
    ms_runtime_report(L, status);
    lua_settop(L, top);
    return status;
}

static enum ms_status run_report(lua_State *L, const char *name, int argc, char **argv)
{
    char problem[MS_REPORT_PROBLEM_MAX];
    char *found = ms_report_path(ms_runtime_options(L)->reports, name, problem);
    if (!found && *problem) {
        ms_stderr_print("%s", problem);
        return MS_WRONG_USE;
    }
    if (!found)
        return no_report(ms_runtime_options(L)->reports, name);
    lua_pushstring(L, found); // Lua's from here on: a script may leave through os.exit
    free(found);
    enum ms_status status = run_file(L, lua_tostring(L, -1), argc, argv);
    lua_pop(L, 1);
    return status;
}

enum ms_status ms_script_run(lua_State *L, int argc, char **argv)
{
    const struct ms_options *options = ms_runtime_options(L);
    if (options->code_count > 0)
        return run_all_code(L, argc, argv);
    if (!options->script) {
        set_arg_of_code(L, argc, argv, argc);
        return options->interactive ? MS_DONE : run_file(L, NULL, argc, argv);
    }
    set_arg(L, argc, argv, options->first_arg - 1);
    if (strcmp(options->script, "-") == 0)
        return run_file(L, NULL, argc, argv);
    if (ms_is_file_name(options->script))
        return run_file(L, options->script, argc, argv);
    return run_report(L, options->script, argc, argv);
}
