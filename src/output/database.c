// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROBLEM_LENGTH = 256 };

struct ms_database {
    sqlite3 *db;
    sqlite3_stmt *insert, *lack;
    sqlite3_int64 answer;
    char problem[PROBLEM_LENGTH];
};

static const char schema[] = "CREATE TABLE IF NOT EXISTS memsh_answer (answer INTEGER PRIMARY KEY, name TEXT "
                             "NOT NULL, time REAL, host TEXT, "
                             "boot_id TEXT, kernel TEXT, source TEXT, query TEXT, coverage TEXT);"
                             "CREATE TABLE IF NOT EXISTS memsh_unknown (answer INTEGER NOT NULL, name TEXT "
                             "NOT NULL, row INTEGER NOT NULL, "
                             "field TEXT NOT NULL, reason TEXT, missing INTEGER);"
                             "CREATE INDEX IF NOT EXISTS memsh_unknown_row ON memsh_unknown (name, row);";

// Keeps what SQLite says, if it is the first. Always false.
static bool fail(struct ms_database *database, const char *message)
{
    if (!database->problem[0])
        snprintf(database->problem, sizeof database->problem, "%s", message);
    return false;
}

static bool check(struct ms_database *database, int code)
{
    return code == SQLITE_OK || code == SQLITE_DONE || fail(database, sqlite3_errmsg(database->db));
}

static bool run(struct ms_database *database, const char *sql)
{
    return check(database, sqlite3_exec(database->db, sql, NULL, NULL, NULL));
}

static void load(struct ms_database *database, const char *path)
{
    sqlite3 *file = NULL;
    if (sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        fail(database, sqlite3_errmsg(file));
    } else {
        sqlite3_backup *copy = sqlite3_backup_init(database->db, "main", file, "main");
        const int code = copy ? sqlite3_backup_step(copy, -1) : sqlite3_errcode(database->db);
        if (copy)
            sqlite3_backup_finish(copy);
        if (code != SQLITE_DONE)
            fail(database, sqlite3_errstr(code));
    }
    sqlite3_close(file);
}

// What a file that somebody else made may bring along does not run.
static void distrust(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

struct ms_database *ms_database_create(const char *path)
{
    struct ms_database *database = calloc(1, sizeof *database);
    if (!database)
        return NULL;
    if (sqlite3_open_v2(":memory:", &database->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
        ms_database_destroy(database);
        return NULL;
    }
    // What can't be looked for may be there, and would be replaced: to load it fails, too, or gives its rows.
    if (path && (access(path, F_OK) == 0 || errno != ENOENT))
        load(database, path);
    distrust(database->db);
    if (!database->problem[0])
        run(database, schema);
    return database;
}

void ms_database_destroy(struct ms_database *database)
{
    if (!database)
        return;
    sqlite3_finalize(database->insert);
    sqlite3_finalize(database->lack);
    sqlite3_close(database->db);
    free(database);
}

const char *ms_database_problem(const struct ms_database *database)
{
    return database->problem[0] ? database->problem : NULL;
}

static bool prepare(struct ms_database *database, const char *sql, sqlite3_stmt **out)
{
    return check(database, sqlite3_prepare_v2(database->db, sql, -1, out, NULL));
}

// A parameter that could not be set would be NULL.
static bool bind_text(struct ms_database *database, sqlite3_stmt *statement, int place, struct ms_text text)
{
    const int code =
        sqlite3_bind_text(statement, place, text.len ? text.data : "", (int)text.len, SQLITE_TRANSIENT);
    return code == SQLITE_OK || fail(database, sqlite3_errstr(code));
}

static bool begin(struct ms_database *database, const char *table, const char *create, const char *insert)
{
    sqlite3_stmt *answer = NULL;
    if (database->problem[0] || !run(database, "BEGIN") ||
        !prepare(database, "INSERT INTO memsh_answer (name) VALUES (?1)", &answer))
        return false;
    const bool added =
        bind_text(database, answer, 1, ms_text_of(table)) && check(database, sqlite3_step(answer));
    sqlite3_finalize(answer);
    database->answer = sqlite3_last_insert_rowid(database->db);
    if (!added || !run(database, create) || !prepare(database, insert, &database->insert) ||
        !prepare(database, "INSERT INTO memsh_unknown VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &database->lack))
        return false;
    sqlite3_bind_int64(database->insert, 1, database->answer);
    sqlite3_bind_int64(database->lack, 1, database->answer);
    return bind_text(database, database->lack, 2, ms_text_of(table));
}

struct sqlite3_stmt *ms_database_begin(struct ms_database *database, const char *table, const char *create,
                                       const char *insert)
{
    return begin(database, table, create, insert) ? database->insert : NULL;
}

bool ms_database_text(struct ms_database *database, int place, struct ms_text text)
{
    return bind_text(database, database->insert, place, text);
}

bool ms_database_insert(struct ms_database *database)
{
    if (database->problem[0] || !check(database, sqlite3_step(database->insert)))
        return false;
    sqlite3_bind_int64(database->lack, 3, sqlite3_last_insert_rowid(database->db));
    return check(database, sqlite3_reset(database->insert));
}

bool ms_database_lack(struct ms_database *database, struct ms_text field, enum ms_reason reason,
                      uint64_t missing)
{
    sqlite3_int64 row = sqlite3_last_insert_rowid(database->db);
    const bool has_field = bind_text(database, database->lack, 4, field);
    sqlite3_bind_text(database->lack, 5, reason ? ms_reason_name(reason) : NULL, -1, SQLITE_STATIC);
    if (missing)
        sqlite3_bind_int64(database->lack, 6, (sqlite3_int64)missing);
    else
        sqlite3_bind_null(database->lack, 6);
    const bool done = has_field && check(database, sqlite3_step(database->lack));
    sqlite3_reset(database->lack);
    sqlite3_set_last_insert_rowid(database->db, row);
    return done;
}

bool ms_database_end(struct ms_database *database, struct ms_text meta)
{
    sqlite3_stmt *update = NULL;
    sqlite3_finalize(database->insert);
    sqlite3_finalize(database->lack);
    database->insert = database->lack = NULL;
    if (database->problem[0] ||
        !prepare(
            database,
            "UPDATE memsh_answer SET time = json_extract(?2, '$.time'), host = json_extract(?2, '$.host'), "
            "boot_id = json_extract(?2, '$.boot_id'), kernel = json_extract(?2, '$.kernel'), "
            "source = json_extract(?2, '$.source'), query = json_extract(?2, '$.query'), "
            "coverage = json_extract(?2, '$.coverage') WHERE answer = ?1",
            &update))
        return false;
    sqlite3_bind_int64(update, 1, database->answer);
    const bool done = bind_text(database, update, 2, meta) && check(database, sqlite3_step(update));
    sqlite3_finalize(update);
    return done && run(database, "COMMIT");
}

bool ms_database_write(struct ms_database *database, struct ms_sink *sink)
{
    sqlite3_int64 size = 0;
    if (database->problem[0])
        return false;
    unsigned char *bytes = sqlite3_serialize(database->db, "main", &size, 0);
    if (!bytes)
        return fail(database, "not enough memory");
    const bool done = ms_sink_write(sink, (struct ms_text){(const char *)bytes, (size_t)size});
    sqlite3_free(bytes);
    return done;
}
