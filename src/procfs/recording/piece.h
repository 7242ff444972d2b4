// SPDX-License-Identifier: GPL-3.0-or-later
// The content of one piece of a recording (format.h): made of files, and taken apart again.
#pragma once

#include "base/buf.h"
#include "recording/format.h"

#include <stdatomic.h>

// Of files of processes: the process, and the thread or 0.
static inline uint64_t ms_piece_number(uint32_t pid, uint32_t thread)
{
    return (uint64_t)pid << 32 | thread;
}

// One file of a piece. The texts are in the content of the piece or of its base.
struct ms_piece_file {
    uint64_t number; // 0 where the key is a path
    struct ms_text key;
    struct ms_text text;
    const struct ms_piece_file *was; // the one of the base; NULL: there is none of that name
    int error;                       // why there is no text; 0: there is
    uint32_t before;                 // bytes of its line before the key
};

// Whether it is as it was in the base, whose bytes it then has.
static inline bool ms_piece_file_stays(const struct ms_piece_file *file)
{
    return file->was && file->text.data == file->was->text.data;
}

// A piece in memory. Whoever holds it may read it, in any thread.
struct ms_piece {
    atomic_uint holders;
    int64_t id;
    struct ms_piece *base; // held; NULL: none
    char *content;
    size_t size;
    struct ms_piece_file *files; // sorted by number, then key
    size_t count;
    struct ms_piece *next, *newer, *older; // in the cache: of one place, and by when they were used
    unsigned turn;                         // of the cache, when it was used last
};

// Takes the content over, also where it fails, and holds the base; `kind` is the name of its kind. 0 or an
// errno: EBADMSG where it is not what it should be.
int ms_piece_open(int64_t id, const char *kind, struct ms_piece *base, char *content, size_t size,
                  size_t listed, struct ms_piece **out);
void ms_piece_hold(struct ms_piece *piece);
void ms_piece_release(struct ms_piece *piece); // NULL: nothing

// NULL: there is no such file in it. Of a path the number is 0.
const struct ms_piece_file *ms_piece_find(const struct ms_piece *piece, uint64_t number, struct ms_text key);

// A piece that is being made. Zeroed it is ready for the first one.
struct ms_piece_maker {
    const struct ms_piece *base; // NULL: it will be whole
    struct ms_buf bytes;         // of the files; after ms_piece_finish the whole content
    struct ms_buf list;
    struct ms_buf marks;
    size_t count, listed;
    uint32_t first, last;
};

// Adds a file: its text, or why it could not be read, and then no text. A key with a newline or a NUL in it
// is left out. False where there is no memory.
bool ms_piece_add(struct ms_piece_maker *maker, uint64_t number, struct ms_text key, struct ms_text text,
                  int error);

// Makes the content, in maker->bytes. False where there is no memory.
bool ms_piece_finish(struct ms_piece_maker *maker, int64_t id, const char *kind);

// Appends what follows the bytes in a piece of one file.
bool ms_piece_list_one(int64_t id, const char *kind, struct ms_text key, size_t size, struct ms_buf *out);

// Ready for the next one; keeps its memory.
void ms_piece_clear(struct ms_piece_maker *maker);
void ms_piece_free(struct ms_piece_maker *maker);
