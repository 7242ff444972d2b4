// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/interrupt.h"

#include "output/sink.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// A signal handler has no argument to find these by.
static volatile sig_atomic_t stop_flag;
static lua_State *volatile running;
static volatile long long stopped_at; // milliseconds
static struct termios saved_terminal;
static volatile sig_atomic_t terminal_is_saved;
static volatile sig_atomic_t last_signal = SIGINT; // what the program dies of if it is stopped

enum { PATIENCE_MS = 2000 };

static void hook(lua_State *L, lua_Debug *record)
{
    (void)record;
    if (stop_flag)
        luaL_error(L, "interrupted!");
    lua_sethook(L, NULL, 0, 0); // a coroutine that was born under the hook and outlived it
}

static void arm(lua_State *L)
{
    lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

_Noreturn void ms_interrupt_die(void)
{
    sigset_t set;
    ms_sink_remove_temporaries();
    signal(last_signal, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, last_signal);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(last_signal);
    _exit(128 + last_signal);
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool has_terminal(void)
{
    return terminal_is_saved && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

// Leaves the terminal as it was found; the escape switches readline's bracketed paste off.
static void restore_terminal(void)
{
    static const char paste_off[] = "\033[?2004l\r";
    if (!has_terminal())
        return;
    tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
    if (write(STDIN_FILENO, paste_off, sizeof paste_off - 1) < 0)
        return;
}

// Where the one before was not heeded: nothing can stop a pattern of Lua's that goes back again and again, or
// a finalizer.
static void say_how_to_end(void)
{
    static const char hint[] = "\r\nit does not stop by itself; Ctrl-C twice within 2 seconds ends memsh\r\n";
    if (has_terminal() && write(STDIN_FILENO, hint, sizeof hint - 1) < 0)
        return;
}

// lua_sethook is the one function of Lua that a signal handler may call.
void ms_interrupt_raise(void)
{
    stop_flag = 1;
    if (running)
        arm(running);
}

static void on_interrupt(int signal_number)
{
    int saved_errno = errno;
    last_signal = signal_number;
    if (stop_flag && now() - stopped_at <= PATIENCE_MS) {
        restore_terminal();
        ms_interrupt_die();
    }
    if (stop_flag)
        say_how_to_end();
    stopped_at = now();
    ms_interrupt_raise();
    errno = saved_errno;
}

const volatile sig_atomic_t *ms_interrupt_flag(void)
{
    return &stop_flag;
}

// `running` changes before the flag is looked at: a signal in between finds the new state.
static void switch_to(lua_State *L)
{
    running = L;
    if (stop_flag)
        arm(L);
}

bool ms_interrupt_take(lua_State *L)
{
    bool was = stop_flag;
    running = L;
    stop_flag = 0;
    lua_sethook(L, NULL, 0, 0);
    return was;
}

// Moves `count` arguments over and runs `co`. Returns how many values wait on L's stack, or -1 with the error
// on top of it.
static int resume(lua_State *L, lua_State *co, int count)
{
    int results = 0;
    if (!lua_checkstack(co, count)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, count);
    switch_to(co);
    int status = lua_resume(co, L, count, &results);
    switch_to(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(co, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, results);
    return results;
}

static int close_thread(lua_State *L, lua_State *co)
{
    switch_to(co);
#if LUA_VERSION_RELEASE_NUM >= 50406
    int status = lua_closethread(co, L);
#else
    int status = lua_resetthread(co);
#endif
    switch_to(L);
    return status;
}

static lua_State *check_coroutine(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co, 1, "coroutine");
    return co;
}

static int co_resume(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    int results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, results >= 0);
    lua_insert(L, results >= 0 ? -(results + 1) : -2);
    return results >= 0 ? results + 1 : 2;
}

// An error passes through a wrapped coroutine: its pending variables are closed, and the message gains the
// place of the call, as with Lua's own coroutine.wrap.
static int wrap_failed(lua_State *L, lua_State *co)
{
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        status = close_thread(L, co);
        if (status != LUA_OK) {
            lua_pop(L, 1);
            lua_xmove(co, L, 1);
        }
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    int results = resume(L, co, lua_gettop(L));
    return results >= 0 ? results : wrap_failed(L, co);
}

static int co_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

// Neither the running coroutine nor one that waits for it can be closed.
static bool is_closable(lua_State *L, lua_State *co)
{
    lua_Debug record;
    if (L == co)
        return false;
    if (lua_status(co) != LUA_OK)
        return true;
    return lua_getstack(co, 0, &record) == 0;
}

static int co_close(lua_State *L)
{
    lua_State *co = check_coroutine(L);
    if (!is_closable(L, co))
        return luaL_error(L, "cannot close a %s coroutine", L == co ? "running" : "normal");
    if (close_thread(L, co) == LUA_OK) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
}

// One that was ignored (nohup, a shell's background job) stays so, unless it is wanted anyhow.
static void take_signal(int number, bool anyhow)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    struct sigaction old;
    sigemptyset(&action.sa_mask);
    if (anyhow || sigaction(number, NULL, &old) != 0 || old.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

static void on_death(int signal_number)
{
    last_signal = signal_number;
    ms_interrupt_die();
}

// What ends a program by itself, and is neither a request (above) nor a fault in it. SIGALRM may be the
// deadline's, which has a handler.
static void take_deaths(void)
{
    static const int deaths[] = {SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGVTALRM,
                                 SIGPROF, SIGQUIT, SIGXCPU, SIGXFSZ};
    struct sigaction action = {.sa_handler = on_death};
    struct sigaction old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++) {
        if (sigaction(deaths[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(deaths[i], &action, NULL);
    }
}

void ms_interrupt_take_termination(void)
{
    take_deaths();
    take_signal(SIGTERM, false);
    take_signal(SIGHUP, false);
}

void ms_interrupt_open(lua_State *L, bool interactive)
{
    static const luaL_Reg functions[] = {
        {"resume", co_resume}, {"wrap", co_wrap}, {"close", co_close}, {NULL, NULL}};
    terminal_is_saved = tcgetattr(STDIN_FILENO, &saved_terminal) == 0;
    running = L;
    lua_getglobal(L, LUA_COLIBNAME);
    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
    take_signal(SIGINT, interactive);
}

void ms_interrupt_close(void)
{
    running = NULL;
}
