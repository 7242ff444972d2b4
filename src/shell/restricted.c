// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/restricted.h"

#include "bind/bind.h"
#include "confine/caller.h"
#include "confine/confine.h"
#include "confine/environment.h"
#include "confine/files.h"
#include "confine/rights.h"
#include "output/sink.h"
#include "shell/line.h"
#include "shell/report_path.h"
#include "shell/stderr.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <unistd.h>

static struct ms_caller caller;

// Only what is the user's to give: a third user's files are not opened for who runs memsh.
static bool names_file(const struct ms_options *options)
{
    return options->source_count || options->output || options->lua_dir || options->reports ||
           options->lock ||
           (options->script && strcmp(options->script, "-") != 0 && ms_is_file_name(options->script));
}

// What restricted mode has not, NULL: nothing of it is asked for.
static const char *refused(const struct ms_options *options)
{
    if (options->accept)
        return "--accept writes a baseline, and restricted mode writes no file but that of -o";
    if (options->export)
        return "--export writes files, and restricted mode none but that of -o";
    if (options->watch > 0 && options->output)
        return "--watch writes the file of -o again and again, restricted mode once: not both";
    if (caller.rights == MS_CALLER_STRANGER && names_file(options))
        return "memsh has rights of somebody else than who called it: it opens no files of the command line";
    return NULL;
}

// Whom memsh is to become. Root that runs it by the name under which it is handed out may be anybody: by a
// program that lends rights and does not say to whom. Where it is not known who calls, that is nobody.
static bool has_to_become(bool by_name)
{
    enum { NOBODY = 65534 };
    if (by_name && caller.rights == MS_CALLER_OWN && geteuid() == 0)
        caller.rights = MS_CALLER_STRANGER;
    if (caller.rights == MS_CALLER_STRANGER && geteuid() == 0)
        caller.user = caller.group = NOBODY;
    return caller.rights == MS_CALLER_LENT || (caller.rights == MS_CALLER_STRANGER && geteuid() == 0);
}

// The files of a process that has rights of its program's file are root's, so that it could not write this
// one. Who runs it may not trace it all the same: it has a right that they have not.
static void raise_oom_score_adj(void)
{
    const bool is_roots = geteuid() != 0 && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 1;
    if (is_roots)
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    ms_bind_raise_oom_score_adj();
    if (is_roots)
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool ms_restricted_begin(struct ms_options *options, const char *argv0)
{
    caller = ms_caller_find();
    const bool lent = caller.rights == MS_CALLER_LENT || caller.rights == MS_CALLER_STRANGER;
    const bool by_name = ms_caller_says_restricted(argv0);
    options->restricted |= options->require_confinement || lent || by_name;
    if (!options->restricted)
        return true;
    const bool becomes = has_to_become(by_name);
    const char *why = refused(options);
    if (why) {
        ms_stderr_print("%s", why);
        return false;
    }
    raise_oom_score_adj();
    if (!becomes || ms_rights_become(caller.user, caller.group))
        return true;
    ms_stderr_print("memsh cannot be restricted, so nothing runs: becoming user %lu: %s",
                    (unsigned long)caller.user, strerror(errno));
    return false;
}

static void name_place(void *whole, const char *directory)
{
    *(bool *)whole &= ms_files_name(directory);
}

// An argument, and what comes after the "=" of one.
static bool name_argument(const char *argument)
{
    const char *value = strchr(argument, '=');
    return ms_files_name(argument) && (!value || ms_files_name(value + 1));
}

// What SQLite has beside a recording that is being written.
static bool name_log(const char *source)
{
    static const char *const ends[] = {"-wal", "-shm"};
    bool whole = true;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *path = NULL;
        whole &= asprintf(&path, "%s%s", source, ends[i]) >= 0 && ms_files_name(path);
        free(path);
    }
    return whole;
}

static bool name_files(const struct ms_options *options, int argc, char **argv)
{
    bool whole = true;
    const char *const named[] = {options->output, options->lua_dir, options->script};
    ms_report_each_place(options->reports, name_place, &whole);
    if (caller.rights == MS_CALLER_STRANGER)
        return whole;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        whole &= !named[i] || ms_files_name(named[i]);
    for (int i = 0; i < options->source_count; i++)
        whole &= ms_files_name(options->sources[i]) && name_log(options->sources[i]);
    for (int i = options->first_arg; i < argc; i++)
        whole &= name_argument(argv[i]);
    return whole;
}

static bool is_saved(const char *source)
{
    struct statfs fs;
    return statfs(source, &fs) == 0 && fs.f_type != PROC_SUPER_MAGIC;
}

// Whether nothing of this machine's processes is asked for.
static bool are_saved(const struct ms_options *options)
{
    bool all = options->source_count > 0;
    for (int i = 0; i < options->source_count; i++)
        all &= is_saved(options->sources[i]);
    return all;
}

bool ms_restricted_enter(const struct ms_options *options, int argc, char **argv)
{
    char problem[MS_CONFINE_TEXT_MAX];
    if (!options->restricted)
        return true;
    if (!ms_environment_reduce() || !name_files(options, argc, argv)) {
        ms_stderr_print("not enough memory");
        return false;
    }
    if (options->output)
        ms_sink_reserve(options->output);
    ms_sink_seal();
    if (options->interactive)
        ms_line_open(); // reads what describes the terminal and the language
    if (ms_confine((struct ms_confine_wish){are_saved(options), options->require_confinement}, problem))
        return true;
    ms_stderr_print("%s", problem);
    return false;
}
