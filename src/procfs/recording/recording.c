// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/recording.h"

#include "base/array.h"
#include "recording/codec.h"
#include "recording/database.h"
#include "recording/path.h"
#include "recording/private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = 4 * 1000 * 1000 };

// ---- the file

static void close_database(struct ms_recording *recording)
{
    sqlite3_finalize(recording->fetch);
    sqlite3_finalize(recording->list);
    sqlite3_finalize(recording->find);
    sqlite3_close(recording->db);
}

static void destroy(struct ms_recording *recording)
{
    ms_piece_cache_deinit(&recording->cache);
    close_database(recording);
    for (size_t i = 0; i < MS_SPARE_DECOMPRESSORS; i++)
        ms_decompressor_destroy(recording->spare[i]);
    ms_kinds_free(recording);
    free(recording->path);
    pthread_mutex_destroy(&recording->lock);
    free(recording);
}

void ms_recording_hold(struct ms_recording *recording)
{
    atomic_fetch_add(&recording->holders, 1);
}

void ms_recording_release(struct ms_recording *recording)
{
    if (recording && atomic_fetch_sub(&recording->holders, 1) == 1)
        destroy(recording);
}

void ms_recording_forget(struct ms_recording *recording)
{
    ms_piece_cache_clear(&recording->cache);
}

void ms_recording_forget_moment(struct ms_recording *recording, int64_t moment)
{
    ms_piece_cache_clear_moment(&recording->cache, moment);
}

// What is asked for each moment, and each piece, is prepared once.
static int prepare(struct ms_recording *recording)
{
    const struct {
        const char *sql;
        sqlite3_stmt **out;
    } statements[] = {
        {"SELECT bytes FROM piece WHERE id = ?", &recording->fetch},
        {"SELECT id, base, first, last, size, listed FROM piece WHERE id >= ? AND id <= ?", &recording->list},
        {MS_SELECT_MOMENTS "WHERE id = ?1", &recording->find},
    };
    int error = 0;
    for (size_t i = 0; i < sizeof statements / sizeof *statements && !error; i++)
        error = ms_database_error(
            sqlite3_prepare_v2(recording->db, statements[i].sql, -1, statements[i].out, NULL));
    return error;
}

static int open_database(struct ms_recording *recording)
{
    if (stat(recording->path, &recording->looked))
        return errno;
    const int error = ms_database_open(recording->path, &recording->db, &recording->at_rest);
    return error ? error : prepare(recording);
}

int ms_recording_open(const char *path, struct ms_recording **out)
{
    struct ms_recording *recording = calloc(1, sizeof *recording);
    if (!recording)
        return ENOMEM;
    atomic_init(&recording->holders, 1);
    pthread_mutex_init(&recording->lock, NULL);
    ms_piece_cache_init(&recording->cache);
    recording->path = strdup(path);
    int error = recording->path ? open_database(recording) : ENOMEM;
    if (!error)
        error = ms_kinds_load(recording);
    if (error)
        ms_recording_release(recording);
    else
        *out = recording;
    return error;
}

// Whether it is the same file, and another program wrote to it.
static bool is_stale(const struct ms_recording *recording)
{
    const struct stat *was = &recording->looked;
    struct stat now;
    if (!recording->at_rest || stat(recording->path, &now) || now.st_ino != was->st_ino ||
        now.st_dev != was->st_dev)
        return false;
    return now.st_size != was->st_size || now.st_mtim.tv_sec != was->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != was->st_mtim.tv_nsec || ms_database_has_log(recording->path);
}

static int reopen(struct ms_recording *recording)
{
    struct ms_recording fresh = {.path = recording->path};
    const int error = open_database(&fresh);
    if (error) {
        close_database(&fresh);
        return error;
    }
    close_database(recording);
    recording->db = fresh.db;
    recording->fetch = fresh.fetch;
    recording->list = fresh.list;
    recording->find = fresh.find;
    recording->at_rest = fresh.at_rest;
    recording->looked = fresh.looked;
    ms_piece_cache_clear(&recording->cache);
    return 0;
}

int ms_recording_refresh(struct ms_recording *recording)
{
    pthread_mutex_lock(&recording->lock);
    const int error = is_stale(recording) ? reopen(recording) : 0;
    pthread_mutex_unlock(&recording->lock);
    return error;
}

const char *ms_recording_problem(int error)
{
    switch (error) {
    case EBADMSG:
        return "this is no recording of memsh, or it is damaged";
    case EPROTONOSUPPORT:
        return "a newer memsh made this recording, in a format that this one can't read: install that "
               "version, or "
               "have it give the moment as files (--export DIR)";
    case ENODATA:
        return "the recording has no such moment";
    case EUCLEAN:
        return "this moment of the recording is damaged";
    case EBUSY:
        return "another memsh is recording into it: read it as it is, or name another file with -o";
    case EEXIST:
        return "there is a file of that name which is no recording";
    case ENOLINK:
        return "its newest moments are in a file beside it (-wal), which can be read only where memsh may "
               "write: "
               "copy both files to a directory of yours";
    default:
        return NULL;
    }
}

// ---- pieces

static void take_row(sqlite3_stmt *row, struct ms_piece_row *out)
{
    *out = (struct ms_piece_row){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
                                 sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3),
                                 sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5)};
}

static int add_row(struct ms_piece_row **list, size_t *count, sqlite3_stmt *row)
{
    if (*count >= ROWS_MAX || !ms_array_grow(list, *count, sizeof **list))
        return ENOMEM;
    take_row(row, &(*list)[*count]);
    const bool ascends = !*count || (*list)[*count - 1].id < (*list)[*count].id;
    ++*count;
    return ascends ? 0 : EBADMSG;
}

int ms_recording_rows(struct ms_recording *recording, int64_t first, int64_t last, struct ms_piece_row **out,
                      size_t *count)
{
    int error = 0, result = SQLITE_ROW;
    pthread_mutex_lock(&recording->lock);
    sqlite3_stmt *rows = recording->list;
    sqlite3_bind_int64(rows, 1, first);
    sqlite3_bind_int64(rows, 2, last);
    while (!error && result == SQLITE_ROW) {
        result = sqlite3_step(rows);
        if (result == SQLITE_ROW)
            error = add_row(out, count, rows);
    }
    sqlite3_reset(rows);
    pthread_mutex_unlock(&recording->lock);
    return error ? error : ms_database_error(result);
}

// The compressed bytes. ENOMEDIUM: they are not there any more.
static int fetch(struct ms_recording *recording, const struct ms_piece_row *row, struct ms_buf *out)
{
    int error;
    pthread_mutex_lock(&recording->lock);
    sqlite3_stmt *statement = recording->fetch;
    sqlite3_bind_int64(statement, 1, row->id);
    const int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(statement, 0);
        error = ms_buf_add(out, bytes, bytes ? (size_t)sqlite3_column_bytes(statement, 0) : 0) ? 0 : ENOMEM;
    } else {
        error = result == SQLITE_DONE ? ENOMEDIUM : ms_database_error(result);
    }
    sqlite3_reset(statement);
    pthread_mutex_unlock(&recording->lock);
    return error;
}

// A base has none, is of an earlier moment, and of the same kind.
static bool may_be_base(const struct ms_piece_row *row)
{
    return row->base > 0 && ms_piece_moment(row->base) < ms_piece_moment(row->id) &&
           ms_piece_kind(row->base) == ms_piece_kind(row->id);
}

static struct ms_decompressor *take_decompressor(struct ms_recording *recording)
{
    struct ms_decompressor *spare = NULL;
    for (size_t i = 0; i < MS_SPARE_DECOMPRESSORS && !spare; i++)
        spare = atomic_exchange(&recording->spare[i], NULL);
    return spare ? spare : ms_decompressor_create();
}

static void give_back(struct ms_recording *recording, struct ms_decompressor *decompressor)
{
    for (size_t i = 0; i < MS_SPARE_DECOMPRESSORS && decompressor; i++) {
        struct ms_decompressor *none = NULL;
        if (atomic_compare_exchange_strong(&recording->spare[i], &none, decompressor))
            return;
    }
    ms_decompressor_destroy(decompressor);
}

static int decompress(struct ms_recording *recording, struct ms_text frame, const struct ms_piece *base,
                      size_t size, char **content)
{
    const struct ms_text prefix = base ? (struct ms_text){base->content, base->size} : MS_TEXT("");
    struct ms_decompressor *decompressor = take_decompressor(recording);
    const int error = decompressor ? ms_decompress(decompressor, frame, prefix, size, content) : ENOMEM;
    give_back(recording, decompressor);
    return error;
}

// Others may wait for the piece.
static int end_loading(struct ms_recording *recording, int64_t id, int error, struct ms_piece *piece)
{
    if (error)
        ms_piece_cache_failed(&recording->cache, id);
    else
        ms_piece_cache_put(&recording->cache, piece);
    return error;
}

static int load(struct ms_recording *recording, const struct ms_piece_row *row, struct ms_read_tally *tally,
                struct ms_piece **out);

static int load_whole(struct ms_recording *recording, int64_t id, struct ms_read_tally *tally,
                      struct ms_piece **out)
{
    struct ms_piece_row *rows = NULL;
    size_t count = 0;
    int error = ms_recording_rows(recording, id, id, &rows, &count);
    if (!error)
        error = count != 1 || rows->base ? EBADMSG : load(recording, rows, tally, out);
    free(rows);
    return error;
}

static int load_base(struct ms_recording *recording, const struct ms_piece_row *row,
                     struct ms_read_tally *tally, struct ms_piece **out)
{
    if (!row->base)
        return 0;
    if (!may_be_base(row))
        return EBADMSG;
    *out = ms_piece_cache_take(&recording->cache, row->base);
    if (*out)
        return (*out)->base ? EBADMSG : 0;
    const int error = load_whole(recording, row->base, tally, out);
    return end_loading(recording, row->base, error, *out);
}

// By its range a piece is found: one that is not that of its files would hide them.
static bool is_of_range(const struct ms_piece *piece, const struct ms_piece_row *row)
{
    return !piece->count || ((int64_t)(piece->files[0].number >> 32) >= row->first &&
                             (int64_t)(piece->files[piece->count - 1].number >> 32) <= row->last);
}

static int load(struct ms_recording *recording, const struct ms_piece_row *row, struct ms_read_tally *tally,
                struct ms_piece **out)
{
    struct ms_piece *base = NULL;
    struct ms_buf frame = {0};
    char *content = NULL;
    const char *kind = ms_kinds_name(recording, row->id);
    if (!kind || row->size < 0 || row->size > MS_CONTENT_MAX || row->listed < 0)
        return EBADMSG;
    int error = load_base(recording, row, tally, &base);
    if (!error)
        error = fetch(recording, row, &frame);
    atomic_fetch_add(&tally->pieces, 1);
    atomic_fetch_add(&tally->bytes, frame.len);
    if (!error)
        error = decompress(recording, ms_buf_text(&frame), base, (size_t)row->size, &content);
    if (!error)
        error = ms_piece_open(row->id, kind, base, content, (size_t)row->size, (size_t)row->listed, out);
    if (!error && !is_of_range(*out, row)) {
        ms_piece_release(*out);
        *out = NULL;
        error = EBADMSG;
    }
    ms_buf_deinit(&frame);
    ms_piece_release(base);
    return error;
}

int ms_recording_piece(struct ms_recording *recording, const struct ms_piece_row *row,
                       struct ms_read_tally *tally, struct ms_piece **out)
{
    *out = ms_piece_cache_take(&recording->cache, row->id);
    if (*out)
        return 0;
    const int error = load(recording, row, tally, out);
    return end_loading(recording, row->id, error, *out);
}

// ---- one moment

struct ms_moment {
    struct ms_recording *recording; // held
    struct ms_moment_info info;
    struct ms_piece_row *rows; // by kind, then number
    size_t count;
    struct ms_read_tally read;
};

int ms_moment_open(struct ms_recording *recording, int64_t id, struct ms_moment **out)
{
    struct ms_moment *moment = calloc(1, sizeof *moment);
    if (!moment)
        return ENOMEM;
    moment->recording = recording;
    ms_recording_hold(recording);
    int error = id < 0 || id > MS_MOMENT_MAX ? ENODATA : ms_recording_refresh(recording);
    if (!error)
        error = ms_recording_moment(recording, id, &moment->info);
    id = moment->info.id;
    if (!error)
        error = ms_recording_rows(recording, ms_piece_id(id, 0, 0), ms_piece_id(id + 1, 0, 0) - 1,
                                  &moment->rows, &moment->count);
    // Those of the kinds that came last are at the end.
    if (!error && moment->count && !ms_kinds_name(recording, moment->rows[moment->count - 1].id))
        error = ms_kinds_load(recording);
    const bool lacks_pieces = error == EBADMSG || (!error && (int64_t)moment->count != moment->info.pieces);
    if (lacks_pieces) // unless a recorder has dropped it meanwhile
        error = ms_recording_moment(recording, id, &moment->info) == ENODATA ? ENODATA : EUCLEAN;
    if (error)
        ms_moment_close(moment);
    else
        *out = moment;
    return error;
}

void ms_moment_close(struct ms_moment *moment)
{
    if (!moment)
        return;
    ms_recording_release(moment->recording);
    free(moment->rows);
    free(moment);
}

const struct ms_moment_info *ms_moment_info(const struct ms_moment *moment)
{
    return &moment->info;
}

struct ms_pieces_read ms_moment_pieces_read(const struct ms_moment *moment)
{
    return (struct ms_pieces_read){atomic_load(&moment->read.pieces), atomic_load(&moment->read.bytes)};
}

struct ms_recording *ms_moment_recording(const struct ms_moment *moment)
{
    return moment->recording;
}

// ---- its files

// Rows of a moment, from first to before last.
struct range {
    size_t first, last;
};

static size_t first_of_kind(const struct ms_moment *moment, size_t kind)
{
    const int64_t id = ms_piece_id(moment->info.id, 0, 0) + ((int64_t)kind << MS_NUMBER_BITS);
    size_t low = 0, high = moment->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (moment->rows[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Those of one kind; NULL: all.
static struct range rows_of(const struct ms_moment *moment, const char *kind)
{
    if (!kind)
        return (struct range){0, moment->count};
    const size_t at = ms_kinds_find(moment->recording, kind);
    if (at == MS_KINDS_MAX)
        return (struct range){0, 0};
    return (struct range){first_of_kind(moment, at), first_of_kind(moment, at + 1)};
}

static bool may_have(const struct ms_piece_row *row, uint64_t number)
{
    const int64_t pid = (int64_t)(number >> 32);
    return row->first <= pid && pid <= row->last;
}

static int find_in_piece(struct ms_moment *moment, size_t at, const struct ms_place *place,
                         struct ms_found *out)
{
    struct ms_piece *piece;
    const int error = ms_recording_piece(moment->recording, &moment->rows[at], &moment->read, &piece);
    if (error)
        return error;
    const struct ms_piece_file *file = ms_piece_find(piece, place->number, place->key);
    if (file && !file->error) {
        *out = (struct ms_found){file->text, piece};
        return 0;
    }
    ms_piece_release(piece);
    return file ? file->error : ENOMEDIUM;
}

int ms_moment_find(struct ms_moment *moment, const char *path, struct ms_found *out)
{
    char key[MS_PLACE_KEY];
    const struct ms_place place = ms_place_of_path(path, key);
    const struct range rows = rows_of(moment, place.kind);
    int error = ENOMEDIUM;
    for (size_t i = rows.first; i < rows.last && error == ENOMEDIUM; i++)
        if (may_have(&moment->rows[i], place.number))
            error = find_in_piece(moment, i, &place, out);
    return error;
}

bool ms_moment_is_at_hand(struct ms_moment *moment, const char *path)
{
    char key[MS_PLACE_KEY];
    const struct ms_place place = ms_place_of_path(path, key);
    const struct range rows = rows_of(moment, place.kind);
    bool is = true;
    for (size_t i = rows.first; i < rows.last && is; i++)
        if (may_have(&moment->rows[i], place.number))
            is = ms_piece_cache_has(&moment->recording->cache, moment->rows[i].id);
    return is;
}

void ms_found_release(struct ms_found *found)
{
    ms_piece_release(found->piece);
    *found = (struct ms_found){0};
}

// Whether one of the processes is in the range of a piece.
static bool may_have_one(const struct ms_piece_row *row, struct ms_pid_list of)
{
    size_t low = 0, high = of.pids ? of.count : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (of.pids[middle] < row->first)
            low = middle + 1;
        else
            high = middle;
    }
    return !of.pids || (low < of.count && of.pids[low] <= row->last);
}

int ms_moment_pieces(struct ms_moment *moment, const char *kind, struct ms_pid_list of, ms_moment_piece *each,
                     void *ctx)
{
    const struct range rows = rows_of(moment, kind);
    int error = 0;
    for (size_t i = rows.first; i < rows.last && !error; i++) {
        struct ms_piece *piece;
        if (!may_have_one(&moment->rows[i], of))
            continue;
        error = ms_recording_piece(moment->recording, &moment->rows[i], &moment->read, &piece);
        if (error)
            break;
        error = each(ctx, piece);
        ms_piece_release(piece);
    }
    return error;
}

struct files {
    struct ms_moment *moment;
    int (*each)(void *ctx, const char *kind, const struct ms_piece_file *file);
    void *ctx;
};

static int give_files(void *ctx, const struct ms_piece *piece)
{
    const struct files *files = ctx;
    const char *kind = ms_kinds_name(files->moment->recording, piece->id);
    int error = 0;
    for (size_t at = 0; at < piece->count && !error; at++)
        error = files->each(files->ctx, kind, &piece->files[at]);
    return error;
}

static int each_file(struct ms_moment *moment, const char *kind,
                     int (*each)(void *ctx, const char *kind, const struct ms_piece_file *file), void *ctx)
{
    struct files files = {moment, each, ctx};
    return ms_moment_pieces(moment, kind, (struct ms_pid_list){0}, give_files, &files);
}

// ---- lists

struct pids {
    pid_t *pids;
    size_t count;
};

static int take_pids(void *ctx, const struct ms_piece *piece)
{
    struct pids *list = ctx;
    for (size_t i = 0; i < piece->count; i++) {
        const uint64_t number = piece->files[i].number;
        if ((uint32_t)number) // a thread
            continue;
        if (!ms_array_grow(&list->pids, list->count, sizeof *list->pids))
            return ENOMEM;
        list->pids[list->count++] = (pid_t)(number >> 32);
    }
    return 0;
}

// Whoever records a process records of its stat at least why it could not be read. A list that lacks some is
// none.
int ms_moment_pids(struct ms_moment *moment, pid_t **out, size_t *count)
{
    struct pids list = {0};
    int error = ms_moment_pieces(moment, "stat", (struct ms_pid_list){0}, take_pids, &list);
    for (size_t i = 1; i < list.count && !error; i++)
        if (list.pids[i - 1] >= list.pids[i])
            error = EBADMSG;
    if (!error && (int64_t)list.count != moment->info.processes)
        error = EBADMSG;
    if (error) {
        free(list.pids);
        return error;
    }
    *out = list.pids;
    *count = list.count;
    return 0;
}

struct listing {
    struct ms_text directory;
    ms_moment_name *each;
    void *ctx;
    bool found;
};

// -1 ends it.
static int take_name(void *ctx, const char *kind, const struct ms_piece_file *file)
{
    struct listing *listing = ctx;
    struct ms_text rest = file->key;
    (void)kind;
    if (!ms_text_starts(rest, listing->directory))
        return 0;
    rest = ms_text_skip(rest, listing->directory.len);
    if (rest.len && rest.data[0] != '/') // another directory, whose name begins so
        return 0;
    listing->found = true;
    while (rest.len && rest.data[0] == '/')
        rest = ms_text_skip(rest, 1);
    const struct ms_text name = ms_text_until(&rest, '/');
    const bool is_directory = name.data + name.len < file->key.data + file->key.len;
    return !name.len || listing->each(listing->ctx, name, is_directory) ? 0 : -1;
}

// That of the files in it, but for the top of all that is saved beside /proc.
// The kind may be in `path`.
static const char *kind_of_directory(const char *directory, char path[PATH_MAX])
{
    char key[MS_PLACE_KEY];
    snprintf(path, PATH_MAX, "%s/", directory);
    return ms_place_of_path(path, key).kind;
}

int ms_moment_list(struct ms_moment *moment, const char *directory, ms_moment_name *each, void *ctx)
{
    char path[PATH_MAX];
    struct listing listing = {ms_text_of(directory), each, ctx, false};
    while (listing.directory.len && listing.directory.data[listing.directory.len - 1] == '/')
        listing.directory.len--;
    const int error = each_file(moment, kind_of_directory(directory, path), take_name, &listing);
    return error > 0 ? error : listing.found ? 0 : ENOENT;
}

static bool stop_at_once(void *ctx, struct ms_text name, bool is_directory)
{
    (void)ctx, (void)name, (void)is_directory;
    return false;
}

bool ms_moment_has(struct ms_moment *moment, const char *path)
{
    struct ms_found found = {0};
    const int error = ms_moment_find(moment, path, &found);
    ms_found_release(&found);
    return !error || (error == ENOMEDIUM && ms_moment_list(moment, path, stop_at_once, NULL) == 0);
}

// ---- all of it

struct everything {
    ms_moment_file *each;
    void *ctx;
};

static int give_file(void *ctx, const char *kind, const struct ms_piece_file *file)
{
    const struct everything *everything = ctx;
    struct ms_buf path = {0};
    const int error = ms_place_path(kind, file->number, file->key, &path)
                          ? everything->each(everything->ctx, path.data, file->text, file->error)
                          : ENOMEM;
    ms_buf_deinit(&path);
    return error;
}

int ms_moment_each(struct ms_moment *moment, const char *kind, ms_moment_file *each, void *ctx)
{
    struct everything everything = {each, ctx};
    return each_file(moment, kind, give_file, &everything);
}
