// SPDX-License-Identifier: GPL-3.0-or-later
// The file of a recording, opened to add to it, and closed.
#include "recording/writer_private.h"

#include "base/array.h"
#include "recording/codec.h"
#include "recording/database.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOG_PAGES = 512 }; // moved into the file when the log has so many

int ms_writer_run(sqlite3 *db, const char *sql)
{
    return ms_database_error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int ms_writer_error(sqlite3 *db, int error)
{
    const int system = error == EIO ? sqlite3_system_errno(db) : 0;
    return system == EDQUOT || system == ENOSPC ? ENOSPC : system == EFBIG ? EFBIG : error;
}

static int make_tables(sqlite3 *db)
{
    char sql[128];
    int error = ms_writer_run(
        db, "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN");
#define X(table, statement)                                                                                  \
    if (!error)                                                                                              \
        error = ms_writer_run(db, statement);
    MS_RECORDING_SCHEMA(X)
#undef X
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", MS_RECORDING_ID,
             MS_RECORDING_VERSION);
    return error ? error : ms_writer_run(db, sql);
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
             LOG_PAGES, 2 * LOG_PAGES * MS_RECORDING_PAGE,
             (unsigned long long)(options.max_size ? options.max_size / MS_RECORDING_PAGE : 0));
    int error = ms_writer_run(db, sql);
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

// 0 or an errno: EEXIST where it is something else.
static int look_at_file(struct ms_record_writer *writer, bool *empty)
{
    struct stat st;
    if (fstat(writer->file, &st))
        return errno;
    *empty = st.st_size == 0;
    writer->has_links = st.st_nlink > 0;
    return S_ISREG(st.st_mode) && (*empty || ms_is_database(writer->file)) ? 0 : EEXIST;
}

// The same, and EBUSY where somebody writes it.
static int lock_file(struct ms_record_writer *writer, const char *path, bool *empty)
{
    writer->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
    if (writer->file < 0)
        return errno;
    const int error = look_at_file(writer, empty);
    if (error)
        return error;
    if (flock(writer->file, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? EBUSY : errno;
    return look_at_file(writer, empty); // who had it locked a moment ago may have filled it
}

int ms_writer_take_number(void *ctx, int columns, char **values, char **names)
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
    return sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", ms_writer_take_number, &tables, NULL) ==
               SQLITE_OK &&
           sqlite3_exec(db, "PRAGMA application_id", ms_writer_take_number, &is, NULL) == SQLITE_OK &&
           tables == 0 && is == 0;
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
    return writer->db ? ms_writer_error(writer->db, error) : error;
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
    ms_writer_free_kinds(writer);
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
