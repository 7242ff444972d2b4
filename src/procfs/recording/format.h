// SPDX-License-Identifier: GPL-3.0-or-later
// How a recording is kept: an SQLite database of moments, each a set of files of /proc as the kernel gave
// them.
//
// A file of a moment has the path that it has in a saved procfs root (source/source.h): "42/stat",
// "42/task/43/statm", "meminfo", ".machine/info". Files of one kind are kept together in pieces: a piece
// holds one file (stat, smaps, ...) of some 128 processes, or files of the machine.
//
//   moment  one row a moment; `sum` is over the others, so that a damaged row is noticed
//   kind    what files there are: "stat" is that of each process (its key is "42", that of a thread "42/43"),
//           "task" the numbers of its threads, "/" files of the machine (its key is the path), "/cgroup"
//           those of control groups and "/sys" those of sysfs
//   piece   id is moment << 28 | kind << 12 | number; first and last are the process ids in it (0 where the
//           key is a path). `bytes` is a zstd frame with a checksum. Where there is a base, which is a piece
//           of the same kind of an earlier moment and has none itself, that one's content is its prefix.
//
// The content of a piece (`size` bytes) is the bytes of its files, one after the other, and from `listed` on
// a text: a line "ID BASE KIND"; a line "LENGTH KEY" for each file, or "ERRNO KEY" where it could not be
// read; an empty line; and, where there is a base, a character for each file: '=' if it is in the base as it
// is there, and its bytes are not repeated, '+' if it is here.
//
// Versions: one that adds something which older programs need not know keeps the number; one that they can't
// read has the next.
#pragma once

#include <stdint.h>

enum {
    MS_RECORDING_ID = 0x4d656d73, // application_id: "Mems"
    MS_RECORDING_VERSION = 1,     // user_version
    MS_KIND_BITS = 16,
    MS_NUMBER_BITS = 12,
    MS_KINDS_MAX = 1 << MS_KIND_BITS,
    MS_PIECES_MAX = 1 << MS_NUMBER_BITS, // of one kind in one moment
    MS_PIECE_FILES = 128,
    MS_PIECE_SPLIT = 2 * MS_PIECE_FILES, // of a piece that has a base, new processes may be in it
    MS_PIECE_BYTES = 512 * 1024,         // it ends when it has so many, whatever one file has
    MS_GENERATION = 64,                  // moments that share bases, at most
    // What a reader accepts. The compressed bytes of a piece, its content, what follows the files in it.
    MS_COMPRESSED_MAX = 256 << 20,
    MS_CONTENT_MAX = 1 << 30,
    MS_LISTED_MAX = 16 << 20,
};

#define MS_MOMENT_MAX (INT64_MAX >> (MS_KIND_BITS + MS_NUMBER_BITS))

#define MS_KIND_MACHINE "/"
#define MS_KIND_CGROUP "/cgroup"
#define MS_KIND_SYS "/sys"

// A reader takes a file with exactly these tables.
#define MS_RECORDING_SCHEMA(X)                                                                               \
    X("moment", "CREATE TABLE moment(id INTEGER PRIMARY KEY, time REAL, why TEXT, took REAL, "               \
                "processes INTEGER, pieces INTEGER, boot TEXT, host TEXT, kernel TEXT, sum INTEGER)")        \
    X("kind", "CREATE TABLE kind(id INTEGER PRIMARY KEY, name TEXT)")                                        \
    X("piece", "CREATE TABLE piece(id INTEGER PRIMARY KEY, first INTEGER, last INTEGER, base INTEGER, "      \
               "size INTEGER, listed INTEGER, bytes BLOB)")

static inline int64_t ms_piece_id(int64_t moment, unsigned kind, unsigned number)
{
    return moment << (MS_KIND_BITS + MS_NUMBER_BITS) | (int64_t)kind << MS_NUMBER_BITS | (int64_t)number;
}

static inline int64_t ms_piece_moment(int64_t id)
{
    return id >> (MS_KIND_BITS + MS_NUMBER_BITS);
}

static inline unsigned ms_piece_kind(int64_t id)
{
    return (unsigned)(id >> MS_NUMBER_BITS) & (MS_KINDS_MAX - 1);
}
