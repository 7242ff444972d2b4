// SPDX-License-Identifier: GPL-3.0-or-later
// The command line. Rows of options.def in, one struct out.
#pragma once

#include "output/color.h"
#include "shell/log.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum ms_units { MS_UNITS_AUTO, MS_UNITS_BYTES, MS_UNITS_HUMAN };

// All strings belong to argv.
struct ms_options {
    const char *format; // NULL: the default
    const char *output;
    const char *null; // what csv and tsv have for an unknown value
    bool no_header;
    bool append;
    const char *ddl;      // for which engine a table is described; NULL: for none
    unsigned max_series;  // of metrics; 0: as many as usual
    const char **sources; // the -s's in their order
    int source_count;
    const char *at;     // of a recording; NULL: the newest moment
    const char *export; // a directory; NULL: nothing is exported
    const char *lua_dir;
    const char *reports; // a directory that is searched first
    unsigned jobs;       // how the source is read; 0: as usual
    unsigned read_timeout_ms;
    unsigned deadline_ms;
    unsigned gentle_ms;
    uint64_t max_rss;    // bytes; 0: no limit
    const char *lock;    // NULL: none
    double min_coverage; // per cent
    double splay;        // seconds
    enum ms_log log;
    bool check;
    bool accept;
    bool quiet;
    bool strict;
    bool test;
    enum ms_units units;
    enum ms_color color;
    const char **code; // the -e's in their order
    int code_count;
    double watch;     // seconds between two runs of it all; 0: it runs once
    long count;       // how many runs; 0: no end
    bool interactive; // -i; main() sets it, too, if there is nothing else to run
    bool traceback;
    bool labels;
    bool restricted; // main() sets it, too, where memsh has rights that its user has not
    bool require_confinement;
    bool help;
    bool version;
    const char *script; // a file, `-` or the name of a report; NULL: none
    const char *stray;  // one of memsh's own options that comes after the script; NULL: none
    int first_arg;      // index into argv of the script's first argument; argc if there is none
};

enum { MS_OPTION_ERROR_MAX = 512 };

// Reads the command line into *out. False for wrong use: then `error` holds one line that says what is wrong
// (with raw bytes of argv in it), and *out is not to be used. ms_options_deinit frees either.
bool ms_options_parse(int argc, char **argv, struct ms_options *out, char error[MS_OPTION_ERROR_MAX]);
void ms_options_deinit(struct ms_options *options);

// The error text for options->stray, for a script that has no options of its own.
void ms_options_say_stray(const struct ms_options *options, char error[MS_OPTION_ERROR_MAX]);

// Writes the text of --help.
void ms_options_help(FILE *out);

// Opens module "memsh.options": {version=, options={{short=, long=, argument=, help=, words=}, ...}}, for the
// manual page and completion.
int ms_options_open(lua_State *L);
