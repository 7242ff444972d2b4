// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/verdict.h"

#include "shell/report_path.h"
#include "shell/stderr.h"

#include <ctype.h>
#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// The state outlives the Lua state: what ends without a verdict often has none any more.
static struct {
    bool check;
    bool begun; // an audit gave its name
    bool taken;
    enum ms_verdict verdict;
    char name[64];
    char line[2048];
} state = {.name = "memsh"};

static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

// Nothing but plain letters is needed in a name; others are shown as _.
static void set_name(const char *name)
{
    size_t len = 0;
    for (; name[len] && len < sizeof state.name - 1; len++)
        state.name[len] = isprint((unsigned char)name[len]) && name[len] != '|' ? name[len] : '_';
    state.name[len] = '\0';
}

void ms_verdict_expect(bool check, const char *script)
{
    state.check = check;
    if (check)
        signal(SIGPIPE, SIG_IGN); // to be killed by it would be no verdict
    if (!script)
        return;
    const char *slash = strrchr(script, '/');
    set_name(slash ? slash + 1 : script);
    char *end = strstr(state.name, ".lua");
    if (end && end != state.name)
        *end = '\0';
}

int ms_verdict_take(lua_State *L)
{
    lua_Integer verdict = luaL_checkinteger(L, 1);
    luaL_argcheck(L, verdict >= MS_OK && verdict <= MS_UNKNOWN, 1, "a verdict is 0, 1, 2 or 3");
    set_name(luaL_checkstring(L, 2));
    snprintf(state.line, sizeof state.line, "%s", luaL_checkstring(L, 3));
    state.verdict = (enum ms_verdict)verdict;
    state.taken = true;
    return 0;
}

int ms_verdict_name(lua_State *L)
{
    set_name(luaL_checkstring(L, 1));
    state.begun = true;
    return 0;
}

// One line, and nothing in it that a monitoring system would take for measured values.
static void make_line(void)
{
    char upper[sizeof state.name];
    const char *reason = ms_stderr_first_line();
    const char *without = state.begun ? "it ended without a verdict: a:done() was not reached"
                                      : "it ended without a verdict: it is no audit";
    for (size_t i = 0; i < sizeof upper; i++)
        upper[i] = (char)toupper((unsigned char)state.name[i]);
    snprintf(state.line, sizeof state.line, "%s UNKNOWN - %s", upper, *reason ? reason : without);
    for (char *at = state.line; *at; at++) {
        if (*at == '|' || iscntrl((unsigned char)*at))
            *at = '/';
    }
}

static void write_line(void)
{
    char text[sizeof state.line + 1];
    int len = snprintf(text, sizeof text, "%s\n", state.line);
    fflush(stdout);
    ssize_t done;
    do
        done = write(STDOUT_FILENO, text, (size_t)len);
    while (done < 0 && errno == EINTR);
}

int ms_verdict_status(int status)
{
    if (!state.check) {
        if (state.begun && !state.taken && status == 0)
            ms_stderr_print("%s: the audit ended without a:done()", state.name);
        return status;
    }
    if (state.taken && status == (int)state.verdict)
        return status;
    make_line();
    write_line(); // if it can't be, the status says it
    state.verdict = MS_UNKNOWN;
    state.taken = true;
    return MS_UNKNOWN;
}

// Nothing here but what a signal handler may call.
void ms_verdict_last_word(const char *reason)
{
    char line[256];
    size_t len = 0;
    const char *const parts[] = {state.name, " UNKNOWN - ", reason, "\n"};
    if (!state.check || state.taken)
        return;
    for (int part = 0; part < 4; part++) {
        for (const char *at = parts[part]; *at && len < sizeof line; at++)
            line[len++] = part == 0 && *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    const ssize_t written = write(STDOUT_FILENO, line, len);
    (void)written;
}

const char *ms_verdict_word(void)
{
    return state.taken ? words[state.verdict] : NULL;
}

const char *ms_verdict_script(void)
{
    return state.name;
}

const char *ms_verdict_line(void)
{
    return *state.line ? state.line : ms_stderr_first_line();
}
