// SPDX-License-Identifier: GPL-3.0-or-later
// Why a value is not known. A closed list: scripts match on these names.
#pragma once

// X(constant, name, what it means to the person at the keyboard)
#define MS_REASONS(X)                                                                                        \
    X(MS_DENIED, "denied", "no permission to read it")                                                       \
    X(MS_GONE, "gone", "the process has ended")                                                              \
    X(MS_UNSUPPORTED, "unsupported", "this kernel does not have it")                                         \
    X(MS_NO_MEMORY, "no_memory", "no address space (a zombie, a kernel thread, or just exiting)")            \
    X(MS_TIMEOUT, "timeout", "reading it took too long")                                                     \
    X(MS_MALFORMED, "malformed", "the file does not look as it should")                                      \
    X(MS_TOO_LARGE, "too_large", "the file or the number is too large")                                      \
    X(MS_OUT_OF_MEMORY, "out_of_memory", "memsh ran out of memory")                                          \
    X(MS_IO, "io", "an input/output error")                                                                  \
    X(MS_BUDGET, "budget", "left unread to spare the process, or a match that took too long")                \
    X(MS_NOT_RECORDED, "not_recorded", "it was not read when this was saved")

enum ms_reason {
    MS_KNOWN = 0,
#define X(constant, name, text) constant,
    MS_REASONS(X)
#undef X
        MS_REASON_COUNT
};

// The stable name ("denied"); "known" for MS_KNOWN. Static storage.
const char *ms_reason_name(enum ms_reason reason);

// One clause for people ("no permission to read it"). Static storage.
const char *ms_reason_text(enum ms_reason reason);
