// SPDX-License-Identifier: GPL-3.0-or-later
// Where output goes: a file descriptor, a file that is written whole or not at all, or memory.
//
// The first error is kept and everything after it is dropped, so that a caller may write on and look once. A
// write that a signal interrupts goes on unless the stop flag is up; then what is buffered is dropped, which
// is an error (EINTR) of a file and none of a descriptor, where the shell goes on after Ctrl-C.
#pragma once

#include "base/buf.h"
#include "base/text.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum ms_sink_kind { MS_SINK_CLOSED, MS_SINK_FD, MS_SINK_FILE, MS_SINK_MEMORY };

struct ms_sink {
    enum ms_sink_kind kind;
    bool tty;  // a terminal: nothing may reach it but text, newlines and tabs
    bool utf8; // what reads it understands UTF-8
    int error; // errno of the first failure, 0 if there was none; EPIPE: the reader went away
    const volatile sig_atomic_t *stop; // may be NULL; the caller's, set between init and open

    bool held; // nothing is written: it waits in the buffer for whoever composes a picture of it

    struct ms_buf buf; // what is not written yet; of MS_SINK_MEMORY, all of it
    int fd;
    bool owned; // the descriptor is closed with the sink
    bool waits; // writing may block for long, and the stop flag must be looked at meanwhile
    int dir;    // of MS_SINK_FILE from here: the directory that both names are in
    char *name; // what it will be called
    char *temp; // what it is called until then
    unsigned mode;
    pid_t deputy; // the process that puts it in its place; 0: memsh itself does
    int connection;
};

// A closed sink. Every sink starts as one; ms_sink_abandon() leaves one.
void ms_sink_init(struct ms_sink *sink);

// These open a closed sink. The descriptor stays the caller's.
void ms_sink_open_fd(struct ms_sink *sink, int fd);
void ms_sink_open_memory(struct ms_sink *sink);

// Opens a file for writing. What is at `path` stays as it is until ms_sink_commit(), and for good if that is
// never reached. A symbolic link is followed: the file that it leads to is replaced. A link or special file
// that somebody else put into a directory where everybody may (/tmp) is refused (EACCES). What is no regular
// file
// (/dev/stdout, a FIFO, a terminal) is written to directly. Returns 0 or errno; the sink is closed then.
int ms_sink_open_file(struct ms_sink *sink, const char *path);

// Opens the file that the first ms_sink_open_file() of the same path will give, and starts a process that
// puts it in its place when it is complete. What goes wrong is said when it is asked for.
void ms_sink_reserve(const char *path);

// From here on no other file is opened (EPERM).
void ms_sink_seal(void);
bool ms_sink_is_sealed(void);

// Buffers bytes as they are; the sink writes when it has 64 KiB. False if the sink has failed.
bool ms_sink_write(struct ms_sink *sink, struct ms_text bytes);

// Writes a text of the user's own making: on a terminal everything but newlines and tabs is escaped,
// elsewhere it goes as it is. A descriptor gets it at once, in order with what C's stdout holds.
bool ms_sink_print(struct ms_sink *sink, struct ms_text text);

// Writes what is buffered. A no-op in memory, and while the sink is held.
bool ms_sink_flush(struct ms_sink *sink);

// Flushes; a file is synchronised, closed and put in its place, and the sink is closed then. Returns 0 or the
// errno of whatever went wrong since the sink was opened; the old file is in place then, unless it was the
// last step, synchronising the directory, that failed.
int ms_sink_commit(struct ms_sink *sink);

// Throws away what is not written, and the temporary file; closes the sink. The content in memory goes, too.
void ms_sink_abandon(struct ms_sink *sink);

// Says on standard error that there is not enough memory: for a message that memory ran out for.
void ms_sink_say_no_memory(void);

// Removes the temporary files of all sinks, where they have a name. For a signal that ends the program: it
// may be called by a handler.
void ms_sink_remove_temporaries(void);

// The columns of the terminal: as it says itself, else $COLUMNS, else 80.
unsigned ms_sink_width(const struct ms_sink *sink);

// Its lines, in the same way: $LINES, 24.
unsigned ms_sink_height(const struct ms_sink *sink);
