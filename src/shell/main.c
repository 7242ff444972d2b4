// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/deadline.h"
#include "shell/interrupt.h"
#include "shell/leave.h"
#include "shell/lock.h"
#include "shell/options.h"
#include "shell/repl.h"
#include "shell/restricted.h"
#include "shell/runtime.h"
#include "shell/script.h"
#include "shell/stderr.h"
#include "shell/verdict.h"
#include "shell/version.h"
#include "shell/watch.h"

#include "base/heap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

// The prompt comes where nothing else was asked for and a person sits there; a script may be piped in.
static bool wants_prompt(const struct ms_options *options)
{
    bool alone = options->code_count == 0 && !options->script;
    return options->interactive || (alone && isatty(STDIN_FILENO));
}

// What does not go together, NULL: all does. `prompt`: there is nothing but the shell to run.
static const char *wrong_use(const struct ms_options *options, bool prompt)
{
    if (prompt && !isatty(STDIN_FILENO))
        return "the shell needs a terminal on standard input";
    if (options->check && options->test)
        return "--test runs an audit for its tests, --check for its verdict: not both";
    if (prompt && options->check)
        return "--check needs a script or report, as in memsh --check swap";
    if (prompt && options->accept)
        return "--accept needs a script or report, an audit with a baseline";
    if (prompt && options->test)
        return "--test needs a script or report";
    if (prompt && options->deadline_ms)
        return "--deadline bounds a script, a report or -e CODE; the prompt ends when you leave it";
    if (prompt && options->watch > 0)
        return "--watch needs something to ask: -e CODE, a script or a report; at the prompt there is :watch";
    if (options->lock && !ms_lock_is_name(options->lock))
        return "--lock takes a name of letters, digits, - _ . that does not begin with a point";
    if (options->watch > 0 && (options->check || options->test))
        return "--watch asks again and again, --check and --test judge once: not both";
    return NULL;
}

// --splay: waits for a random time, so that a hundred machines do not all begin at the same second. Signals
// end memsh meanwhile, as they always would.
static void wait_splay(double most)
{
    uint32_t random;
    if (most <= 0 || getrandom(&random, sizeof random, 0) != sizeof random)
        return;
    double wait = most * (double)random / (double)UINT32_MAX;
    struct timespec rest = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR)
        continue;
}

struct command_line {
    const struct ms_options *options;
    int argc;
    char **argv;
    enum ms_status status;
};

static enum ms_status run_asked(lua_State *L, void *ctx)
{
    const struct command_line *line = ctx;
    return line->options->watch > 0 ? ms_watch_run(L, line->argc, line->argv)
                                    : ms_script_run(L, line->argc, line->argv);
}

static enum ms_status run_prompt(lua_State *L, void *ctx)
{
    (void)ctx;
    return ms_repl_run(L);
}

static enum ms_status run_finish(lua_State *L, void *ctx)
{
    const struct command_line *line = ctx;
    return ms_runtime_finish(L, line->status);
}

static enum ms_status run(struct ms_options *options, int argc, char **argv)
{
    bool prompt = options->interactive = wants_prompt(options);
    ms_color_choose(options->color);
    const char *wrong = wrong_use(options, prompt);
    if (wrong) {
        ms_stderr_print("%s", wrong);
        return MS_WRONG_USE;
    }
    ms_log_open(options->log);
    wait_splay(options->splay);
    enum ms_lock lock = options->lock ? ms_lock_take(options->lock) : MS_LOCK_TAKEN;
    if (lock != MS_LOCK_TAKEN)
        return lock == MS_LOCK_HELD ? MS_DONE : MS_FAILED;
    if (!ms_restricted_enter(options, argc, argv))
        return MS_FAILED;
    if (options->deadline_ms)
        ms_deadline_start(options->deadline_ms, options->check ? MS_UNKNOWN : MS_LATE);
    lua_State *L = ms_runtime_open(options);
    if (!L)
        return MS_FAILED;
    struct command_line line = {options, argc, argv, MS_DONE};
    line.status = ms_runtime_protect(L, run_asked, &line);
    if (prompt && line.status != MS_UNWRITTEN)
        line.status = ms_runtime_protect(L, run_prompt, &line);
    enum ms_status status = ms_runtime_protect(L, run_finish, &line);
    int left = ms_leave_status(L);
    if (status == MS_DONE || (status == MS_INCOMPLETE && left != 0))
        status = (enum ms_status)left;
    ms_runtime_close(L);
    return status;
}

static enum ms_status print_version(lua_State *L, void *ctx)
{
    (void)ctx;
    if (ms_version_print(L, stdout))
        return MS_DONE;
    ms_stderr_print("not enough memory: what this kernel lacks is not known");
    return MS_FAILED;
}

static enum ms_status show_version(struct ms_options *options, int argc, char **argv)
{
    options->source_count = 0; // the kernel that is asked is the one that runs
    options->output = NULL;
    if (!ms_restricted_enter(options, argc, argv))
        return MS_FAILED;
    lua_State *L = ms_runtime_open(options);
    if (!L)
        return MS_FAILED;
    const enum ms_status status = ms_runtime_protect(L, print_version, NULL);
    ms_runtime_close(L);
    return status;
}

// A command line that is not understood may have been one with --check all the same.
static bool names_check(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            return true;
    }
    return false;
}

static enum ms_status parse_and_run(int argc, char **argv)
{
    struct ms_options options;
    char error[MS_OPTION_ERROR_MAX];
    enum ms_status status = MS_DONE;
    if (!ms_options_parse(argc, argv, &options, error)) {
        ms_verdict_expect(names_check(argc, argv), NULL);
        ms_stderr_print("%s\nTry memsh --help", error);
        status = MS_WRONG_USE;
    } else if (options.help) {
        ms_options_help(stdout);
    } else {
        ms_verdict_expect(options.check, options.script);
        if (!ms_restricted_begin(&options, argv[0]))
            status = MS_FAILED;
        else
            status = options.version ? show_version(&options, argc, argv) : run(&options, argc, argv);
    }
    ms_options_deinit(&options);
    return status;
}

// Listings of large processes are given back when they are freed: by itself malloc stops doing so after the
// first one, and keeps some for each thread.
enum { LARGE = 256 * 1024 };

// Where a standard descriptor is closed, the next file opened would take its place, and what is said would be
// written into that. A descriptor that can't be used for what it is there for fails as a closed one does.
static void keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0)
            _exit(MS_FAILED);
    }
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    ms_heap_grow_by(LARGE);   // a thread's would grow by a page at a time
    signal(SIGPIPE, SIG_DFL); // ignored by many a parent; then `memsh ... | head -1` would never end
    enum ms_status status = parse_and_run(argc, argv);
    const bool failed = ferror(stdout); // what did not fit into stdio's buffer
    if ((fflush(stdout) != 0 || failed) && status == MS_DONE) {
        ms_stderr_print("cannot write output");
        status = MS_UNWRITTEN;
    }
    int end = ms_log_end(ms_verdict_status((int)status));
    if (end == MS_INTERRUPTED)
        ms_interrupt_die();
    ms_runtime_exit(end);
}
