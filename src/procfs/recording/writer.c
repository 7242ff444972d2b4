// SPDX-License-Identifier: GPL-3.0-or-later
// The pieces of a moment are kept compressed until it is committed, so that a full disk costs another try.
#include "recording/writer.h"

#include "base/array.h"
#include "recording/codec.h"
#include "recording/database.h"
#include "recording/drop.h"
#include "recording/path.h"
#include "recording/piece.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    BASE_BYTES = 256 * 1024, // of a piece that may be a base,
    BASES_BYTES = 32 << 20,  // and of all of them
    RESERVE = 1 << 20,       // bytes of the disk that are left free
    MARGIN = 128 * 1024,     // what a moment takes beside its pieces
    LOG_PAGES = 512,         // moved into the file when the log has so many
};

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
    size_t row_count, row_room;
    struct ms_buf bytes, frame;
    int error; // of the moment that is being taken
    ms_record_filter *filter;
    void *filter_ctx;
};

// ---- the file

static int run(sqlite3 *db, const char *sql)
{
    return ms_database_error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

// SQLite has one error for all that the system refuses: a quota, a full disk and the limit of a file's size
// are no broken disk.
static int of_the_system(sqlite3 *db, int error)
{
    const int system = error == EIO ? sqlite3_system_errno(db) : 0;
    return system == EDQUOT || system == ENOSPC ? ENOSPC : system == EFBIG ? EFBIG : error;
}

static int make_tables(sqlite3 *db)
{
    char sql[128];
    int error = run(
        db, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN");
#define X(table, statement)                                                                                  \
    if (!error)                                                                                              \
        error = run(db, statement);
    MS_RECORDING_SCHEMA(X)
#undef X
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", MS_RECORDING_ID,
             MS_RECORDING_VERSION);
    return error ? error : run(db, sql);
}

static int load_kind(void *ctx, int columns, char **values, char **names)
{
    struct ms_record_writer *writer = ctx;
    (void)columns, (void)names;
    if (!values[0] || !values[1] || strtoull(values[0], NULL, 10) != writer->kind_count)
        return 1;
    char *name = strdup(values[1]);
    if (!name || !ms_array_grow(&writer->kinds, writer->kind_count, sizeof *writer->kinds)) {
        free(name);
        writer->error = ENOMEM;
        return 1;
    }
    writer->kinds[writer->kind_count++] = (struct kind){.name = name, .stored = true};
    return 0;
}

// 0 or an errno
static int load_kinds(struct ms_record_writer *writer)
{
    const int error = ms_database_error(
        sqlite3_exec(writer->db, "SELECT id, name FROM kind ORDER BY id", load_kind, writer, NULL));
    return writer->error ? writer->error : error;
}

static int load_newest(void *ctx, int columns, char **values, char **names)
{
    struct ms_record_writer *writer = ctx;
    (void)columns, (void)names;
    writer->moment = values[0] ? strtoll(values[0], NULL, 10) : 0;
    return writer->moment < 0;
}

static int prepare(struct ms_record_writer *writer, struct ms_record_writer_options options)
{
    static const char piece[] = "INSERT INTO piece VALUES(?, ?, ?, ?, ?, ?, ?)";
    static const char kind[] = "INSERT INTO kind VALUES(?, ?)";
    static const char moment[] = "INSERT INTO moment VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    // A moment whose row was lost has pieces still, and keeps its number.
    static const char newest[] =
        "SELECT max(ifnull((SELECT max(id) FROM moment), 0), ifnull((SELECT max(id) >> 28 FROM piece), 0))";
    char sql[256];
    sqlite3 *db = writer->db;
    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;"
             "PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %d; PRAGMA max_page_count = %llu",
             LOG_PAGES, 2 * LOG_PAGES * PAGE,
             (unsigned long long)(options.max_size ? options.max_size / PAGE : 0));
    int error = run(db, sql);
    if (!error)
        error = load_kinds(writer);
    if (!error)
        error = ms_database_error(sqlite3_exec(db, newest, load_newest, writer, NULL));
    if (!error)
        error = ms_database_error(sqlite3_prepare_v2(db, piece, -1, &writer->add_piece, NULL));
    if (!error)
        error = ms_database_error(sqlite3_prepare_v2(db, kind, -1, &writer->add_kind, NULL));
    if (!error)
        error = ms_database_error(sqlite3_prepare_v2(db, moment, -1, &writer->add_moment, NULL));
    return error;
}

// 0 or an errno: EEXIST where it is something else, EBUSY where somebody writes it.
static int lock_file(struct ms_record_writer *writer, const char *path, bool *empty)
{
    struct stat st;
    writer->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (writer->file < 0 || fstat(writer->file, &st))
        return errno;
    *empty = st.st_size == 0;
    writer->has_links = st.st_nlink > 0;
    if (!S_ISREG(st.st_mode) || (!*empty && !ms_is_database(writer->file)))
        return EEXIST;
    return flock(writer->file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno == EWOULDBLOCK ? EBUSY : errno;
}

static int take_number(void *ctx, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(long *)ctx = values[0] ? strtol(values[0], NULL, 10) : 0;
    return 0;
}

// What is beside a file that is new is of another one, which had its name. SQLite would go on in its index if
// somebody who reads that file has it open.
static void remove_beside(const char *path)
{
    static const char *const parts[] = {"-wal", "-shm"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char beside[PATH_MAX];
        if (snprintf(beside, sizeof beside, "%s%s", path, parts[i]) < PATH_MAX)
            unlink(beside);
    }
}

// Whether nothing is in it: who made it was killed before it had tables.
static bool is_blank(sqlite3 *db)
{
    long tables = 1, is = 1;
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", take_number, &tables, NULL) == SQLITE_OK &&
           sqlite3_exec(db, "PRAGMA application_id", take_number, &is, NULL) == SQLITE_OK && tables == 0 &&
           is == 0;
}

static int open_database(struct ms_record_writer *writer, const char *path,
                         struct ms_record_writer_options options)
{
    bool empty = false;
    int error = lock_file(writer, path, &empty);
    if (!error && empty)
        remove_beside(path);
    if (!error)
        error = ms_database_open_to_write(path, &writer->db);
    if (!error && (empty || is_blank(writer->db)))
        error = make_tables(writer->db);
    if (!error)
        error = ms_database_check(writer->db);
    if (!error)
        error = prepare(writer, options);
    return writer->db ? of_the_system(writer->db, error) : error;
}

int ms_record_writer_open(const char *path, struct ms_record_writer_options options,
                          struct ms_record_writer **out)
{
    struct ms_record_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return ENOMEM;
    writer->file = -1;
    signal(SIGXFSZ,
           SIG_IGN); // a limit of the file's size (ulimit -f) is an error like a full disk, not the end
    writer->compressor = ms_compressor_create();
    const int error = writer->compressor ? open_database(writer, path, options) : ENOMEM;
    if (error)
        ms_record_writer_close(writer);
    else
        *out = writer;
    return error;
}

static void forget_bases(struct ms_record_writer *writer, struct ms_piece ***list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if ((*list)[i])
            writer->base_bytes -= (*list)[i]->size;
        ms_piece_release((*list)[i]);
    }
    free(*list);
    *list = NULL;
    *count = 0;
}

// SQLite moves the log of a file into it when it is closed, but not that of a file that has another name now.
// It waits for who reads it (PATIENCE of database.c), as a log that is moved in part leaves no whole file.
static void take_log_along(sqlite3 *db)
{
    int renamed = 0;
    if (db && sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &renamed) == SQLITE_OK && renamed)
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

void ms_record_writer_close(struct ms_record_writer *writer)
{
    if (!writer)
        return;
    for (size_t i = 0; i < writer->kind_count; i++) {
        struct kind *kind = &writer->kinds[i];
        forget_bases(writer, &kind->bases, &kind->base_count);
        forget_bases(writer, &kind->fresh, &kind->fresh_count);
        ms_piece_free(&kind->maker);
        free(kind->name);
    }
    free(writer->kinds);
    free(writer->rows);
    ms_buf_deinit(&writer->bytes);
    ms_buf_deinit(&writer->frame);
    ms_compressor_destroy(writer->compressor);
    sqlite3_finalize(writer->add_piece);
    sqlite3_finalize(writer->add_kind);
    sqlite3_finalize(writer->add_moment);
    take_log_along(writer->db);
    sqlite3_close(writer->db);
    if (writer->file >= 0)
        close(writer->file);
    free(writer);
}

// ---- pieces

// The piece that was made last is one that others may be stored against.
static int keep_base(struct ms_record_writer *writer, struct kind *kind, const struct row *row)
{
    struct ms_piece *piece = NULL;
    const bool small = row->size <= BASE_BYTES && writer->base_bytes + row->size <= BASES_BYTES;
    if (!ms_array_grow(&kind->fresh, kind->fresh_count, sizeof(struct ms_piece *)))
        return ENOMEM;
    if (small) {
        char *copy = malloc(row->size);
        if (!copy)
            return ENOMEM;
        memcpy(copy, kind->maker.bytes.data, row->size);
        const int error = ms_piece_open(row->id, kind->name, NULL, copy, row->size, row->listed, &piece);
        if (error)
            return error;
        writer->base_bytes += row->size;
    }
    kind->fresh[kind->fresh_count++] = piece;
    return 0;
}

static int add_row(struct ms_record_writer *writer, const struct row *row)
{
    if (!ms_array_grow(&writer->rows, writer->row_count, sizeof *writer->rows))
        return ENOMEM;
    writer->rows[writer->row_count++] = *row;
    return 0;
}

static bool is_whole(const struct kind *kind)
{
    return kind->base_count == 0;
}

// Compresses what the maker has. 0 or an errno.
static int end_piece(struct ms_record_writer *writer, struct kind *kind)
{
    struct ms_piece_maker *maker = &kind->maker;
    const struct ms_piece *base = maker->base;
    if (!maker->count)
        return 0;
    if (kind->number >= MS_PIECES_MAX)
        return EFBIG;
    const int64_t id = ms_piece_id(writer->moment + 1, (unsigned)(kind - writer->kinds), kind->number++);
    const struct ms_text prefix = base ? (struct ms_text){base->content, base->size} : MS_TEXT("");
    if (!ms_piece_finish(maker, id, kind->name) ||
        !ms_compress(writer->compressor, ms_buf_text(&maker->bytes), prefix, &writer->frame))
        return ENOMEM;
    const struct row row = {id,
                            base ? base->id : 0,
                            maker->first,
                            maker->last,
                            maker->bytes.len,
                            maker->listed,
                            writer->bytes.len,
                            writer->frame.len};
    if (!ms_buf_add(&writer->bytes, writer->frame.data, writer->frame.len))
        return ENOMEM;
    kind->now += row.len;
    int error = add_row(writer, &row);
    if (!error && is_whole(kind))
        error = keep_base(writer, kind, &row);
    ms_piece_clear(maker);
    return error;
}

// A piece of one file, whose bytes are a frame already; the list follows as another one.
static int add_frame_piece(struct ms_record_writer *writer, struct kind *kind, const struct ms_place *place,
                           struct ms_text frame, size_t size)
{
    if (kind->number >= MS_PIECES_MAX)
        return EFBIG;
    const int64_t id = ms_piece_id(writer->moment + 1, (unsigned)(kind - writer->kinds), kind->number++);
    const uint32_t pid = (uint32_t)(place->number >> 32);
    struct ms_buf list = {0};
    const bool made = ms_piece_list_one(id, kind->name, place->key, size, &list) &&
                      ms_compress(writer->compressor, ms_buf_text(&list), MS_TEXT(""), &writer->frame);
    const struct row row = {
        id, 0, pid, pid, size + list.len, size, writer->bytes.len, frame.len + writer->frame.len};
    ms_buf_deinit(&list);
    if (!made || !ms_buf_add(&writer->bytes, frame.data, frame.len) ||
        !ms_buf_add(&writer->bytes, writer->frame.data, writer->frame.len))
        return ENOMEM;
    kind->now += row.len;
    return add_row(writer, &row);
}

// The base whose processes are those around `pid`: pieces keep their bounds as processes come and go.
static int choose_base(struct ms_record_writer *writer, struct kind *kind, uint32_t pid)
{
    int error = 0;
    while (!error && kind->at + 1 < kind->base_count && pid && kind->bases[kind->at + 1] &&
           kind->bases[kind->at + 1]->files[0].number >> 32 <= pid) {
        error = end_piece(writer, kind);
        kind->at++;
    }
    if (!error && !kind->maker.count)
        kind->maker.base = kind->at < kind->base_count ? kind->bases[kind->at] : NULL;
    return error;
}

static bool is_full(const struct kind *kind)
{
    const struct ms_piece_maker *maker = &kind->maker;
    const size_t many = kind->number < MS_PIECES_MAX / 2 ? 1 : 64; // a machine with a million processes
    const bool by_path = kind->name[0] == '/';
    return maker->bytes.len >= MS_PIECE_BYTES ||
           (!by_path && maker->count >= many * (maker->base ? MS_PIECE_SPLIT : MS_PIECE_FILES));
}

// Those of one file of a process follow one another mostly in the order of the kinds.
static struct kind *find_kind(struct ms_record_writer *writer, const char *name)
{
    for (size_t i = 0; i < writer->kind_count; i++) {
        const size_t at = (writer->last_kind + i) % writer->kind_count;
        if (strcmp(writer->kinds[at].name, name) == 0) {
            writer->last_kind = at;
            return &writer->kinds[at];
        }
    }
    if (writer->kind_count >= MS_KINDS_MAX ||
        !ms_array_grow(&writer->kinds, writer->kind_count, sizeof *writer->kinds))
        return NULL;
    struct kind *kind = &writer->kinds[writer->kind_count];
    *kind = (struct kind){.name = strdup(name)};
    writer->kind_count += kind->name != NULL;
    return kind->name ? kind : NULL;
}

// When the next one costs more than the moments since the bases did on average, new bases are cheaper.
static bool are_bases_old(const struct kind *kind)
{
    return kind->moments >= MS_GENERATION || kind->now * kind->moments > kind->total;
}

static void begin_kind(struct ms_record_writer *writer, struct kind *kind)
{
    if (kind->base_count && are_bases_old(kind))
        forget_bases(writer, &kind->bases, &kind->base_count);
    if (is_whole(kind))
        kind->total = kind->moments = 0;
    kind->begun = true;
    kind->number = 0;
    kind->at = 0;
    kind->now = 0;
}

static int add(struct ms_record_writer *writer, struct kind *kind, const struct ms_place *place,
               struct ms_text text, int error)
{
    if (!kind->begun)
        begin_kind(writer, kind);
    if (is_full(kind)) {
        const int failed = end_piece(writer, kind);
        if (failed)
            return failed;
        if (kind->name[0] == '/' && kind->at + 1 < kind->base_count)
            kind->at++;
    }
    const int failed = choose_base(writer, kind, (uint32_t)(place->number >> 32));
    if (failed)
        return failed;
    if (strcmp(kind->name, "stat") == 0 && !(uint32_t)place->number)
        writer->processes++;
    return ms_piece_add(&kind->maker, place->number, place->key, text, error) ? 0 : ENOMEM;
}

void ms_record_writer_set_filter(struct ms_record_writer *writer, ms_record_filter *filter, void *ctx)
{
    writer->filter = filter;
    writer->filter_ctx = ctx;
}

int ms_record_writer_add(struct ms_record_writer *writer, const char *path, struct ms_text text, int error)
{
    char key[MS_PLACE_KEY];
    if (writer->filter && !writer->error && !writer->filter(writer->filter_ctx, &path, &text))
        writer->error = ENOMEM;
    const struct ms_place place = ms_place_of_path(path, key);
    struct kind *kind = writer->error ? NULL : find_kind(writer, place.kind);
    if (!writer->error)
        writer->error = kind ? add(writer, kind, &place, text, error) : ENOMEM;
    return writer->error;
}

int ms_record_writer_add_frame(struct ms_record_writer *writer, const char *path, struct ms_text frame,
                               size_t size)
{
    char key[MS_PLACE_KEY];
    const struct ms_place place = ms_place_of_path(path, key);
    struct kind *kind = writer->error ? NULL : find_kind(writer, place.kind);
    if (writer->error)
        return writer->error;
    if (kind && !kind->begun)
        begin_kind(writer, kind);
    writer->error = kind ? end_piece(writer, kind) : ENOMEM;
    if (!writer->error)
        writer->error = add_frame_piece(writer, kind, &place, frame, size);
    return writer->error;
}

// ---- moments

void ms_record_writer_drop(struct ms_record_writer *writer)
{
    for (size_t i = 0; i < writer->kind_count; i++) {
        struct kind *kind = &writer->kinds[i];
        forget_bases(writer, &kind->fresh, &kind->fresh_count);
        ms_piece_clear(&kind->maker);
        kind->begun = false;
    }
    ms_buf_clear(&writer->bytes);
    writer->row_count = 0;
    writer->processes = 0;
    writer->error = 0;
}

int ms_record_writer_begin(struct ms_record_writer *writer)
{
    ms_record_writer_drop(writer);
    return 0;
}

static int insert_kind(struct ms_record_writer *writer, size_t at)
{
    sqlite3_stmt *add_kind = writer->add_kind;
    sqlite3_bind_int64(add_kind, 1, (int64_t)at);
    sqlite3_bind_text(add_kind, 2, writer->kinds[at].name, -1, SQLITE_STATIC);
    sqlite3_step(add_kind);
    return ms_database_error(sqlite3_reset(add_kind));
}

static int insert_piece(struct ms_record_writer *writer, const struct row *row)
{
    const int64_t numbers[] = {row->id,   row->first,         row->last,
                               row->base, (int64_t)row->size, (int64_t)row->listed};
    for (int i = 0; i < (int)(sizeof numbers / sizeof *numbers); i++)
        sqlite3_bind_int64(writer->add_piece, i + 1, numbers[i]);
    sqlite3_bind_blob64(writer->add_piece, 7, writer->bytes.data + row->start, row->len, SQLITE_STATIC);
    sqlite3_step(writer->add_piece);
    return ms_database_error(sqlite3_reset(writer->add_piece));
}

static int insert_moment(struct ms_record_writer *writer, const struct ms_moment_info *info)
{
    sqlite3_stmt *row = writer->add_moment;
    sqlite3_bind_int64(row, 1, info->id);
    if (isnan(info->time))
        sqlite3_bind_null(row, 2);
    else
        sqlite3_bind_double(row, 2, info->time);
    sqlite3_bind_text(row, 3, info->why, -1, SQLITE_STATIC);
    sqlite3_bind_double(row, 4, info->took);
    sqlite3_bind_int64(row, 5, info->processes);
    sqlite3_bind_int64(row, 6, info->pieces);
    sqlite3_bind_text(row, 7, info->boot, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 8, info->host, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 9, info->kernel, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 10, ms_moment_sum(info));
    sqlite3_step(row);
    return ms_database_error(sqlite3_reset(row));
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

// In ascending order, so that SQLite fills each page before it begins the next: in another one it splits
// them, and the file is half as large again (30 bytes of pieces for a process became 44).
static void sort_rows(struct ms_record_writer *writer)
{
    if (writer->row_count)
        qsort(writer->rows, writer->row_count, sizeof *writer->rows, compare_rows);
}

static int insert_all(struct ms_record_writer *writer, const struct ms_moment_info *info)
{
    int error = run(writer->db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < writer->kind_count && !error; i++)
        if (!writer->kinds[i].stored)
            error = insert_kind(writer, i);
    for (size_t i = 0; i < writer->row_count && !error; i++)
        error = insert_piece(writer, &writer->rows[i]);
    if (!error)
        error = insert_moment(writer, info);
    if (!error)
        error = run(writer->db, "COMMIT");
    error = of_the_system(writer->db, error);
    if (error && !sqlite3_get_autocommit(writer->db))
        run(writer->db, "ROLLBACK");
    return error;
}

// What was committed is what the next moments are stored against.
static void settle(struct ms_record_writer *writer)
{
    for (size_t i = 0; i < writer->kind_count; i++) {
        struct kind *kind = &writer->kinds[i];
        kind->stored = true;
        if (!kind->begun)
            continue;
        kind->total += kind->now;
        kind->moments++;
        if (kind->fresh_count) {
            kind->bases = kind->fresh;
            kind->base_count = kind->fresh_count;
            kind->fresh = NULL;
            kind->fresh_count = 0;
        }
    }
    writer->moment++;
    ms_record_writer_drop(writer);
}

// What is in the log goes into the file, so that the log begins anew: its room is that of the next moment.
static void empty_log(struct ms_record_writer *writer)
{
    sqlite3_wal_checkpoint_v2(writer->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

// Whether the moment fits beside what the disk is to have left, with which the log can be begun and old
// moments be dropped: into the log first, then into free pages of the file or new ones.
static bool has_room(const struct ms_record_writer *writer)
{
    struct statvfs disk;
    long free_pages = 0;
    if (fstatvfs(writer->file, &disk) ||
        sqlite3_exec(writer->db, "PRAGMA freelist_count", take_number, &free_pages, NULL))
        return true;
    const uint64_t moment = writer->bytes.len + MARGIN, inside = (uint64_t)free_pages * PAGE;
    const uint64_t room = disk.f_bavail * disk.f_frsize + (inside < moment ? inside : moment);
    return room >= 2 * moment + RESERVE;
}

static int make_room(struct ms_record_writer *writer, size_t *dropped)
{
    int error = 0;
    while (!error && !has_room(writer)) {
        error = ms_database_drop_oldest(writer->db);
        *dropped += !error;
        empty_log(writer);
    }
    return error == ENODATA || error == ENOSPC ? 0 : error; // then it is tried
}

static int commit(struct ms_record_writer *writer, const struct ms_moment_info *info, size_t *dropped)
{
    int error = make_room(writer, dropped);
    if (!error)
        error = insert_all(writer, info);
    while (error == ENOSPC) {
        empty_log(writer);
        const int failed = ms_database_drop_oldest(writer->db);
        if (failed)
            return failed == ENODATA ? ENOSPC : failed;
        ++*dropped;
        empty_log(writer);
        error = insert_all(writer, info);
    }
    return error;
}

int ms_record_writer_commit(struct ms_record_writer *writer, struct ms_moment_info *info, size_t *dropped)
{
    for (size_t i = 0; i < writer->kind_count && !writer->error; i++)
        writer->error = end_piece(writer, &writer->kinds[i]);
    if (writer->error)
        return writer->error;
    sort_rows(writer);
    info->id = writer->moment + 1;
    info->pieces = (int64_t)writer->row_count;
    info->processes = writer->processes;
    const int error = commit(writer, info, dropped);
    if (!error)
        settle(writer);
    return error;
}

int ms_record_writer_forget(struct ms_record_writer *writer, double oldest, size_t *dropped)
{
    // Those at the beginning: a clock that was set back makes no moment older than those before it.
    static const char sql[] =
        "SELECT count(*) FROM moment WHERE id < "
        "(SELECT id FROM moment WHERE time >= %.6f OR time IS NULL ORDER BY id LIMIT 1)";
    char text[256];
    long older = 0;
    snprintf(text, sizeof text, sql, oldest);
    int error = ms_database_error(sqlite3_exec(writer->db, text, take_number, &older, NULL));
    for (; older > 0 && !error; older--) {
        error = ms_database_drop_oldest(writer->db);
        *dropped += !error;
    }
    return error == ENODATA ? 0 : error;
}

uint64_t ms_record_writer_size(const struct ms_record_writer *writer)
{
    struct stat st;
    return fstat(writer->file, &st) == 0 ? (uint64_t)st.st_size : 0;
}

bool ms_record_writer_is_deleted(const struct ms_record_writer *writer)
{
    struct stat st;
    return writer->has_links && fstat(writer->file, &st) == 0 && st.st_nlink == 0;
}
