// SPDX-License-Identifier: GPL-3.0-or-later
// What conditions on one small file said of processes, by what the file shows: of the processes of a moment
// only those are to be asked whose values nobody has asked about. Moments that follow one another have mostly
// the same files (recording/format.h), which are not even looked at again.
//
// Who decides the conditions is not known here: who asks about a process says what came of it.
#pragma once

#include "process/process.h"

struct ms_verdicts;

enum { MS_VERDICT_FIELDS = 16 };

// The conditions ask of these fields of one file, and of the process id, alone; `none`: there are none.
// `kernel`: threads of the kernel are asked about, too; else they are left out. *out is NULL where their
// values can't be compared from moment to moment: those that depend on the clock, on names, or on more than
// one file. 0 or ENOMEM.
struct ms_verdicts_wish {
    enum ms_file file;
    enum ms_field fields[MS_VERDICT_FIELDS];
    size_t count;
    bool kernel, none;
};
int ms_verdicts_create(const struct ms_verdicts_wish *wish, struct ms_verdicts **out);
void ms_verdicts_destroy(struct ms_verdicts *verdicts);

// Of a process of which a file does not show enough other files may, so that it stays.
enum { MS_ASKED_NOTHING, MS_ASKED_ALWAYS };

// The processes of a moment.
struct ms_sifted {
    pid_t *pids;     // those that are to be looked at, ascending,
    uint32_t *asked; // and of each what is to be learnt from it; MS_ASKED_NOTHING, MS_ASKED_ALWAYS
    size_t count;
    pid_t *out; // those of which the conditions do not hold, ascending
    size_t out_count;
    size_t kernel; // how many threads of the kernel are left out
};

// Sifts the processes of a moment of a recording, or those that others left of it (`among`; NULL: all). 0 or
// an errno; *out is for ms_sifted_deinit.
int ms_verdicts_sift(struct ms_verdicts *verdicts, struct ms_source *source, const struct ms_sifted *among,
                     struct ms_sifted *out);
void ms_sifted_deinit(struct ms_sifted *sifted);

// What came of a process of the moment that was sifted last: `asked` is what was to be learnt, `out` whether
// the conditions do not hold of it.
void ms_verdicts_learn(struct ms_verdicts *verdicts, uint32_t asked, bool out);
