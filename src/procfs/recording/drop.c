// SPDX-License-Identifier: GPL-3.0-or-later
// The oldest moment goes; pieces of it that later ones are stored against stay until the last of those goes.
#include "recording/drop.h"
#include "recording/database.h"
#include "recording/format.h"

#include <errno.h>
#include <stddef.h>

struct dropping {
    sqlite3 *db;
    ms_base_in_use *in_use;
    const void *ctx;
};

// The first column of a query over numbers; *found says whether there is one that is not NULL.
static int ask(sqlite3 *db, const char *sql, int64_t a, int64_t b, int64_t *out, bool *found)
{
    sqlite3_stmt *row = NULL;
    int result = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    *found = false;
    if (result == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, a);
        sqlite3_bind_int64(row, 2, b);
        result = sqlite3_step(row);
    }
    if (result == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL) {
        *out = sqlite3_column_int64(row, 0);
        *found = true;
    }
    sqlite3_finalize(row);
    return ms_database_error(result);
}

// The moment whose pieces those of a kind in `moment` are stored against: itself where they are whole.
static int base_of(sqlite3 *db, int64_t moment, unsigned kind, int64_t *base, bool *found)
{
    static const char sql[] = "SELECT max(base) FROM piece WHERE id >= ? AND id < ?";
    const int error =
        ask(db, sql, ms_piece_id(moment, kind, 0), ms_piece_id(moment, kind + 1, 0), base, found);
    *base = *found && *base ? ms_piece_moment(*base) : moment;
    return error;
}

// The same of the next moment that is stored against one. Those that are whole are passed over: it may be
// that all they have is a large listing (add_frame_piece of writer.c), and that those after them share the
// bases of those before.
static int next_base_of(sqlite3 *db, int64_t moment, unsigned kind, int64_t *base, bool *found)
{
    bool more = true;
    int error = 0;
    *found = false;
    for (int passed = 0; !error && more && !*found && passed < MS_GENERATION;) {
        bool has_kind = false;
        error = ask(db, "SELECT min(id) FROM moment WHERE id > ?", moment, 0, &moment, &more);
        if (!error && more)
            error = base_of(db, moment, kind, base, &has_kind);
        *found = has_kind && *base != moment;
        passed += has_kind;
    }
    return error;
}

static int drop_pieces(sqlite3 *db, int64_t moment, unsigned kind)
{
    int64_t ignored;
    bool found;
    return ask(db, "DELETE FROM piece WHERE id >= ? AND id < ?", ms_piece_id(moment, kind, 0),
               ms_piece_id(moment, kind + 1, 0), &ignored, &found);
}

static int drop_kind(const struct dropping *dropping, int64_t moment, unsigned kind)
{
    sqlite3 *db = dropping->db;
    int64_t base = moment, next = 0;
    bool found, used;
    int error = base_of(db, moment, kind, &base, &found);
    if (!error)
        error = next_base_of(db, moment, kind, &next, &used);
    const bool stays = !error && ((used && next == base) || dropping->in_use(dropping->ctx, kind) == base);
    if (!error && !(stays && base == moment))
        error = drop_pieces(db, moment, kind);
    if (!error && !stays && base != moment)
        error = drop_pieces(db, base, kind);
    return error;
}

static int drop_kinds(const struct dropping *dropping, int64_t moment)
{
    int64_t id = ms_piece_id(moment, 0, 0);
    bool found = true;
    int error = 0;
    while (!error && found) {
        error = ask(dropping->db, "SELECT min(id) FROM piece WHERE id >= ? AND id < ?", id,
                    ms_piece_id(moment + 1, 0, 0), &id, &found);
        if (!error && found) {
            error = drop_kind(dropping, moment, ms_piece_kind(id));
            id = ms_piece_id(moment, ms_piece_kind(id) + 1, 0);
        }
    }
    return error;
}

// Those from one moment up to another. Between them are pieces of moments whose rows were lost.
static int drop_moments(const struct dropping *dropping, int64_t first, int64_t end)
{
    int64_t id = ms_piece_id(first, 0, 0);
    bool found = true;
    int error = 0;
    while (!error && found) {
        error = ask(dropping->db, "SELECT min(id) FROM piece WHERE id >= ? AND id < ?", id,
                    ms_piece_id(end, 0, 0), &id, &found);
        if (!error && found) {
            const int64_t moment = ms_piece_moment(id);
            error = drop_kinds(dropping, moment);
            id = ms_piece_id(moment + 1, 0, 0);
        }
    }
    return error;
}

static int drop(const struct dropping *dropping)
{
    sqlite3 *db = dropping->db;
    int64_t moment = 0, next = 0, ignored;
    bool found, more = false;
    int error = ask(db, "SELECT min(id) FROM moment", 0, 0, &moment, &found);
    if (!error && found)
        error = ask(db, "SELECT min(id) FROM moment WHERE id > ?", moment, 0, &next, &more);
    if (error || !more)
        return error ? error : ENODATA;
    error = drop_moments(dropping, moment, next);
    return error ? error : ask(db, "DELETE FROM moment WHERE id = ?", moment, 0, &ignored, &found);
}

int ms_database_drop_oldest(sqlite3 *db, ms_base_in_use *in_use, const void *ctx)
{
    const struct dropping dropping = {db, in_use, ctx};
    int error = ms_database_error(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    if (!error)
        error = drop(&dropping);
    if (!error)
        error = ms_database_error(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    if (error && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return error;
}
