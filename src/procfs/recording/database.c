// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/database.h"

#include "base/buf.h"
#include "recording/format.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATIENCE = 2000,    // milliseconds, while a recorder begins its log anew
    LOCKS = 0x40000000, // where SQLite's locks are: PENDING_BYTE, and 512 bytes from it on
    LOCKS_LEN = 512,
};

bool ms_is_database(int fd)
{
    static const char magic[] = "SQLite format 3"; // with its NUL
    char head[sizeof magic];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, magic, sizeof magic) == 0;
}

int ms_database_error(int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_NOMEM:
        return ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return EAGAIN;
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return EIO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return EACCES;
    default:
        return EBADMSG;
    }
}

// SQLite would wait for the writer of a FIFO, and read a device. 0 or an errno.
static int look_at_file(const char *path)
{
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const int error = fd < 0 || fstat(fd, &st) ? errno : !S_ISREG(st.st_mode) ? EBADMSG : 0;
    if (fd >= 0)
        close(fd);
    return error;
}

// So it would with the files that it has beside it.
static int look_at_files(const char *path)
{
    static const char *const parts[] = {"-wal", "-shm", "-journal"};
    int error = look_at_file(path);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !error; i++) {
        struct stat st;
        char beside[PATH_MAX];
        const int len = snprintf(beside, sizeof beside, "%s%s", path, parts[i]);
        if (len >= PATH_MAX)
            return ENAMETOOLONG;
        error = stat(beside, &st) == 0 && !S_ISREG(st.st_mode) ? EBADMSG : 0;
    }
    return error;
}

// ---- whether somebody writes it

// A program that has the file open for writing holds a lock of SQLite's as long as it does.
static bool is_locked(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCKS, .l_len = LOCKS_LEN};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool locked = fd >= 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (fd >= 0)
        close(fd);
    return locked;
}

bool ms_database_has_log(const char *path)
{
    struct stat st;
    struct ms_buf log = {0};
    ms_buf_addf(&log, "%s-wal", path);
    ms_buf_addc(&log, '\0');
    const bool has = log.failed || (stat(log.data, &st) == 0 && st.st_size > 0);
    ms_buf_deinit(&log);
    return has;
}

// What was recorded last is in its log until that is moved into the file. An immutable file is read as it is:
// no log, no locks, nothing beside it is opened or made.
static bool is_immutable(const char *path)
{
    return !ms_database_has_log(path) && !is_locked(path);
}

static int open_file(const char *path, int flags, const char *query, sqlite3 **db)
{
    struct ms_buf uri = {0};
    // What follows two slashes is a machine: none is named here, however many the path begins with.
    ms_buf_adds(&uri, path[0] == '/' ? "file://" : "file:./");
    for (const char *c = path; *c; c++)
        ms_buf_addf(&uri, strchr("?#%", *c) ? "%%%02x" : "%c", (unsigned char)*c);
    ms_buf_adds(&uri, query);
    ms_buf_addc(&uri, '\0');
    const int result =
        uri.failed ? SQLITE_NOMEM
                   : sqlite3_open_v2(uri.data, db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    ms_buf_deinit(&uri);
    return result;
}

// ---- what it may do

static int allow_reading(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx, (void)a, (void)b, (void)c, (void)d;
    const bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_PRAGMA ||
                       action == SQLITE_FUNCTION;
    return reads ? SQLITE_OK : SQLITE_DENY;
}

static void defend(sqlite3 *db)
{
    static const struct {
        int option, value;
    } options[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, MS_COMPRESSED_MAX},
        {SQLITE_LIMIT_SQL_LENGTH, 4096},
        {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_COLUMN, 40},
        {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        sqlite3_db_config(db, options[i].option, options[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(db, limits[i].limit, limits[i].value);
    sqlite3_busy_timeout(db, PATIENCE);
}

static int number_of(sqlite3 *db, const char *pragma, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, pragma, -1, &statement, NULL);
    if (result == SQLITE_OK && (result = sqlite3_step(statement)) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return ms_database_error(result);
}

static bool is_own_table(const unsigned char *name, const unsigned char *sql)
{
    static const char *const tables[][2] = {
#define X(table, statement) {table, statement},
        MS_RECORDING_SCHEMA(X)
#undef X
    };
    for (size_t i = 0; name && sql && i < sizeof tables / sizeof *tables; i++)
        if (strcmp((const char *)name, tables[i][0]) == 0)
            return strcmp((const char *)sql, tables[i][1]) == 0;
    return false;
}

// These three tables and nothing else: no view, trigger, index or table of a module is ever looked into.
static int check_tables(sqlite3 *db)
{
    enum { TABLES = 3 };
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema", -1, &statement, NULL);
    int found = 0;
    while ((result == SQLITE_OK || result == SQLITE_ROW) && found >= 0 && found <= TABLES) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            found = is_own_table(sqlite3_column_text(statement, 0), sqlite3_column_text(statement, 1))
                        ? found + 1
                        : -1;
    }
    sqlite3_finalize(statement);
    const int error = ms_database_error(result); // one of the disk, or of memory, is no damage
    return error || found == TABLES ? error : EBADMSG;
}

int ms_database_check(sqlite3 *db)
{
    int64_t is = 0, version = 0, ignored;
    int error = number_of(db, "PRAGMA cell_size_check = ON", &ignored);
    if (!error)
        error = number_of(db, "PRAGMA application_id", &is);
    if (!error && is != MS_RECORDING_ID)
        return EBADMSG;
    if (!error)
        error = number_of(db, "PRAGMA user_version", &version);
    if (!error && version > MS_RECORDING_VERSION)
        return EPROTONOSUPPORT;
    if (!error && version < 1)
        return EBADMSG;
    return error ? error : check_tables(db);
}

static int error_of_opening(sqlite3 *db, int result)
{
    const int error = db && result != SQLITE_OK ? sqlite3_system_errno(db) : 0;
    return error ? error : ms_database_error(result);
}

// SQLite refuses a file that has fewer pages than its head says, whatever is in those that are there, unless
// its schema may be written; this one may not, as nothing may.
static void bear_with_lost_pages(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
}

int ms_database_open(const char *path, sqlite3 **out, bool *at_rest)
{
    sqlite3 *db = NULL;
    const int unfit = look_at_files(path);
    if (unfit)
        return unfit;
    const bool immutable = *at_rest = is_immutable(path);
    const int result = open_file(path, SQLITE_OPEN_READONLY, immutable ? "?immutable=1" : "", &db);
    int error = error_of_opening(db, result);
    if (!error) {
        defend(db);
        sqlite3_set_authorizer(db, allow_reading, NULL);
        error = ms_database_check(db);
        if (error == EBADMSG && immutable && sqlite3_errcode(db) == SQLITE_CORRUPT) {
            bear_with_lost_pages(db);
            error = ms_database_check(db);
        }
        const int why = sqlite3_errcode(db);
        if (error && !immutable && (why == SQLITE_CANTOPEN || why == SQLITE_READONLY))
            error = ENOLINK;
    }
    if (error)
        sqlite3_close(db);
    else
        *out = db;
    return error;
}

int ms_database_open_to_write(const char *path, sqlite3 **out)
{
    const int unfit = look_at_files(path);
    if (unfit)
        return unfit == EBADMSG ? EEXIST : unfit; // it stays where it is
    const int result = open_file(path, SQLITE_OPEN_READWRITE, "", out);
    const int error = error_of_opening(*out, result);
    if (error)
        return error;
    defend(*out);
    // Where the system does not let it write, if only once, SQLite opens a file to read it.
    return sqlite3_db_readonly(*out, "main") ? EACCES : 0;
}
