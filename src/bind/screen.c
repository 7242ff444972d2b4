// SPDX-License-Identifier: GPL-3.0-or-later
// What watching needs: a picture drawn in place, and waiting for the next one.
#include "output/screen.h"

#include "bind/bind.h"
#include "bind/output_p.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

// sink:hold(): what it is given from here on waits.
static int hold(lua_State *L)
{
    ms_check_sink(L, 1)->held = true;
    return 0;
}

// sink:take(): what has waited, which is nobody else's then, and no more waits.
static int take(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    lua_pushlstring(L, sink->buf.len ? sink->buf.data : "", sink->buf.len);
    ms_buf_clear(&sink->buf);
    sink->held = false;
    return 1;
}

// sink:is_screen(): whether something can be drawn on it in place.
static int is_screen(lua_State *L)
{
    lua_pushboolean(L, ms_screen_is_seen(ms_check_sink(L, 1)));
    return 1;
}

// sink:draw(head, body): draws them over what was drawn before.
static int draw(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    return ms_push_outcome(L, sink, ms_screen_draw(sink, ms_check_text(L, 2), ms_check_text(L, 3)));
}

static void nothing(int signal_number)
{
    (void)signal_number;
}

// Until `deadline`, a moment of CLOCK_MONOTONIC in seconds.
static struct timespec time_left(double deadline)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double left = deadline - ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
    if (!(left > 0))
        return (struct timespec){0};
    double seconds = floor(left);
    return (struct timespec){(time_t)seconds, (long)((left - seconds) * 1e9)};
}

// Waits with `mask`, under which signals come in. >0: the reader of `output` has gone; 0: it is time; <0: a
// signal.
static int wait_once(double deadline, const sigset_t *mask, int output)
{
    struct pollfd reader = {.fd = output};
    for (;;) {
        struct timespec left = time_left(deadline);
        int ready = ppoll(&reader, 1, &left, mask);
        if (ready <= 0)
            return ready;
        if (reader.revents & POLLERR)
            return 1;
        reader.fd = -1; // a terminal that hung up, or no descriptor at all, says nothing of time
    }
}

// A resized screen is to be seen even where nobody else cares for that signal.
static void take_resizing(struct sigaction *old)
{
    struct sigaction ours = {.sa_handler = nothing};
    sigaction(SIGWINCH, NULL, old);
    if (old->sa_handler == SIG_DFL || old->sa_handler == SIG_IGN)
        sigaction(SIGWINCH, &ours, NULL);
}

// core.wait(deadline, piped): until core.clock() says so. False where a signal came before. With `piped` a
// reader of standard output that goes away ends memsh, as its next write would. The signals are let in only
// while it waits: none is missed between the look at the flag and the wait.
static int wait_until(lua_State *L)
{
    const double deadline = luaL_checknumber(L, 1);
    const volatile sig_atomic_t *stop = ms_bind_stop(L);
    sigset_t ours, before;
    struct sigaction old;
    int output = lua_toboolean(L, 2) ? STDOUT_FILENO : -1;
    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGWINCH);
    take_resizing(&old);
    sigprocmask(SIG_BLOCK, &ours, &before);
    int ready = stop && *stop ? -1 : wait_once(deadline, &before, output);
    sigprocmask(SIG_SETMASK, &before, NULL);
    sigaction(SIGWINCH, &old, NULL);
    ms_bind_check_stop(L);
    if (ready > 0)
        raise(SIGPIPE);
    if (ready > 0) // where that is ignored, there is time to wait all the same
        wait_once(deadline, &before, -1);
    ms_bind_check_stop(L);
    lua_pushboolean(L, ready >= 0);
    return 1;
}

void ms_bind_screen(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"hold", hold}, {"take", take}, {"is_screen", is_screen}, {"draw", draw}, {NULL, NULL}};
    ms_add_sink_methods(L, methods);
    lua_pushcfunction(L, wait_until);
    lua_setfield(L, -2, "wait");
}
