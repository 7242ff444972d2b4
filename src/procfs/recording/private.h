// SPDX-License-Identifier: GPL-3.0-or-later
// What the reading files of the room share.
#pragma once

#include "recording/piece.h"
#include "recording/recording.h"

#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

enum { MS_CACHE_PLACES = 1024, MS_SPARE_DECOMPRESSORS = 8 };

// Decompressed pieces, by their ids.
struct ms_piece_cache {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct ms_piece *places[MS_CACHE_PLACES];
    struct ms_piece *newest, *oldest; // by when they were used
    size_t bytes;
    unsigned turn;       // how many moments went by
    int64_t loading[64]; // by a thread; -1: none
};

struct ms_decompressor;
struct ms_kinds;

#define MS_SELECT_MOMENTS                                                                                    \
    "SELECT id, time, why, took, processes, pieces, boot, host, kernel, sum FROM moment "

struct ms_recording {
    atomic_uint holders;
    pthread_mutex_t lock; // of the database
    char *path;
    bool at_rest;       // nobody wrote it when it was opened,
    struct stat looked; // and it was so then
    sqlite3 *db;
    sqlite3_stmt *fetch, *list, *find; // a piece, pieces of a moment, a moment
    _Atomic(struct ms_decompressor *) spare[MS_SPARE_DECOMPRESSORS];
    _Atomic(struct ms_kinds *) kinds;
    struct ms_piece_cache cache;
};

// Where a piece is, without its content.
struct ms_piece_row {
    int64_t id, base;
    int64_t first, last;
    int64_t size, listed;
};

// For whose sake pieces are decompressed.
struct ms_read_tally {
    _Atomic uint64_t pieces, bytes;
};

// Opens the file again where somebody wrote to it since: before moments are looked for. 0 or an errno.
int ms_recording_refresh(struct ms_recording *recording);

// The moment of a number, the newest where that is 0. ENODATA: there is none; EUCLEAN: it is damaged.
int ms_recording_moment(struct ms_recording *recording, int64_t id, struct ms_moment_info *out);

// Looks for kinds of files that are not known yet. 0 or an errno.
int ms_kinds_load(struct ms_recording *recording);
void ms_kinds_free(struct ms_recording *recording);

// The name of the kind of a piece; NULL: it is not known.
const char *ms_kinds_name(struct ms_recording *recording, int64_t id);

// The number of a kind; MS_KINDS_MAX: there is none of that name.
size_t ms_kinds_find(struct ms_recording *recording, const char *kind);

// A piece in memory, held for the caller. 0 or an errno.
int ms_recording_piece(struct ms_recording *recording, const struct ms_piece_row *row,
                       struct ms_read_tally *tally, struct ms_piece **out);

// The rows of ids from `first` to `last`. 0 or an errno; the caller frees the list.
int ms_recording_rows(struct ms_recording *recording, int64_t first, int64_t last, struct ms_piece_row **out,
                      size_t *count);

void ms_piece_cache_init(struct ms_piece_cache *cache);
void ms_piece_cache_deinit(struct ms_piece_cache *cache);
void ms_piece_cache_clear(struct ms_piece_cache *cache);
// One is over: what is of it alone goes, and what the last ones did not ask for.
void ms_piece_cache_clear_moment(struct ms_piece_cache *cache, int64_t moment);

// The piece, held, or NULL: then the caller is to load it and to call one of the next two; others wait for
// that.
struct ms_piece *ms_piece_cache_take(struct ms_piece_cache *cache, int64_t id);
bool ms_piece_cache_has(struct ms_piece_cache *cache, int64_t id);
void ms_piece_cache_put(struct ms_piece_cache *cache, struct ms_piece *piece);
void ms_piece_cache_failed(struct ms_piece_cache *cache, int64_t id);
