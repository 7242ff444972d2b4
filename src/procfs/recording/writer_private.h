// SPDX-License-Identifier: GPL-3.0-or-later
// What the writing files of the room share.
#pragma once

#include "recording/piece.h"
#include "recording/writer.h"

#include <sqlite3.h>

enum { MS_RECORDING_PAGE = 4096 };

// The pieces of one kind in the moment that is being taken, and those that it is stored against.
struct kind {
    char *name;
    bool stored;
    bool begun; // in this moment
    struct ms_piece_maker maker;
    unsigned number;         // of its next piece
    struct ms_piece **bases; // of earlier moments; NULL in it: none
    struct ms_piece **fresh; // of this moment, if it is whole
    size_t base_count, fresh_count;
    size_t at;                    // the base of the maker
    uint64_t total, moments, now; // bytes since the bases, in how many moments, and in this one
};

struct row {
    int64_t id, base;
    uint32_t first, last;
    size_t size, listed;
    size_t start, len; // in the bytes of the writer
};

struct ms_record_writer {
    sqlite3 *db;
    int file;       // holds the lock; open as long as the database, whose locks closing it would drop
    bool has_links; // not on all filesystems of FUSE
    sqlite3_stmt *add_piece, *add_kind, *add_moment;
    struct ms_compressor *compressor;
    struct kind *kinds;
    size_t kind_count, last_kind;
    size_t base_bytes;
    int64_t moment;
    int64_t processes; // of the moment that is being taken
    struct row *rows;
    size_t row_count;
    struct ms_buf bytes, frame;
    int error; // of the moment that is being taken
    ms_record_filter *filter;
    void *filter_ctx;
};

// 0 or an errno.
int ms_writer_run(sqlite3 *db, const char *sql);

// What an error means. SQLite has one for all that the system refuses: a quota, a full disk and the limit of
// a file's size are no broken disk.
int ms_writer_error(sqlite3 *db, int error);

// For sqlite3_exec, of a query of one number: `ctx` is a long.
int ms_writer_take_number(void *ctx, int columns, char **values, char **names);

void ms_writer_free_kinds(struct ms_record_writer *writer);
