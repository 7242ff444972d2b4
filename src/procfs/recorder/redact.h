// SPDX-License-Identifier: GPL-3.0-or-later
// Names in the files of a moment become hashes: equal ones stay equal, and without the key, which is
// forgotten with the redactor, nobody can find out, or try, which they are. Numbers and the kernel's own
// words stay.
#pragma once

#include "base/buf.h"
#include "recording/writer.h"

struct ms_redactor {
    unsigned char key[16];
    struct ms_buf path, text; // what was redacted last
};

// With a key that nobody knows. False where the kernel has none.
bool ms_redactor_init(struct ms_redactor *redactor);
void ms_redactor_deinit(struct ms_redactor *redactor);

// A file of a moment by its path in a saved root: sets redactor->path (with its NUL) and ->text. A file that
// has no rule is empty then. False where there is no memory.
bool ms_redact_file(struct ms_redactor *redactor, const char *path, struct ms_text text);

// Does that to all that is added to a recording, which it outlives, and to what is known of a moment.
void ms_redactor_attach(struct ms_redactor *redactor, struct ms_record_writer *writer);
void ms_redact_moment(const struct ms_redactor *redactor, struct ms_moment_info *info);
