// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody who waits needs: how far the work is, and waiting for the next picture.
#include "bind/bind.h"
#include "output/progress.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

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

// core.progress(text) shows how far the work is, on the terminal; core.progress() takes that away. Returns
// whether there is a terminal to see it.
static int progress(lua_State *L)
{
    bool seen = ms_progress_is_seen();
    if (lua_isnoneornil(L, 1))
        ms_progress_clear();
    else if (seen)
        ms_progress_show(ms_check_text(L, 1));
    lua_pushboolean(L, seen);
    return 1;
}

const luaL_Reg ms_screen_functions[] = {{"wait", wait_until}, {"progress", progress}, {NULL, NULL}};
