// SPDX-License-Identifier: GPL-3.0-or-later
// The names of the kinds of files. A recorder that goes on adds some: the first moment on pressure may be the
// first that has mappings. Threads look names up without a lock, so what was loaded stays as it is, and a
// longer list takes its place.
#include "recording/private.h"

#include "base/array.h"
#include "recording/database.h"

#include <errno.h>
#include <stdlib.h>

struct ms_kinds {
    struct ms_kinds *shorter; // whose names it has, too
    char **names;             // by id; NULL: there is none of that id
    size_t count;
};

static size_t count_of(const struct ms_kinds *kinds)
{
    return kinds ? kinds->count : 0;
}

// Frees a list and the names that a shorter one has not.
static void forget(struct ms_kinds *kinds)
{
    for (size_t i = count_of(kinds->shorter); i < kinds->count; i++)
        free(kinds->names[i]);
    free(kinds->names);
    free(kinds);
}

void ms_kinds_free(struct ms_recording *recording)
{
    for (struct ms_kinds *kinds = recording->kinds, *shorter; kinds; kinds = shorter) {
        shorter = kinds->shorter;
        forget(kinds);
    }
}

// 0 or an errno: EBADMSG where it is none, or has a NUL in it
static int copy_text(sqlite3_stmt *row, int column, char **out)
{
    if (sqlite3_column_type(row, column) != SQLITE_TEXT)
        return EBADMSG;
    const char *text = (const char *)sqlite3_column_text(row, column);
    if (text && strlen(text) != (size_t)sqlite3_column_bytes(row, column))
        return EBADMSG;
    *out = text ? strdup(text) : NULL;
    return *out ? 0 : ENOMEM;
}

static bool add_name(struct ms_kinds *kinds, char *name)
{
    if (!ms_array_grow(&kinds->names, kinds->count, sizeof *kinds->names))
        return false;
    kinds->names[kinds->count++] = name;
    return true;
}

static int take_kind(struct ms_kinds *kinds, sqlite3_stmt *row)
{
    const int64_t id = sqlite3_column_int64(row, 0);
    if (id < (int64_t)kinds->count || id >= MS_KINDS_MAX)
        return EBADMSG;
    while ((int64_t)kinds->count <= id)
        if (!add_name(kinds, NULL))
            return ENOMEM;
    return copy_text(row, 1, &kinds->names[id]);
}

// Appends those that are not known yet. 0 or an errno.
static int read_kinds(struct ms_recording *recording, struct ms_kinds *kinds)
{
    sqlite3_stmt *rows = NULL;
    int error = 0;
    int result = sqlite3_prepare_v2(recording->db, "SELECT id, name FROM kind WHERE id >= ? ORDER BY id", -1,
                                    &rows, NULL);
    sqlite3_bind_int64(rows, 1, (int64_t)count_of(kinds->shorter));
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(rows);
        if (result == SQLITE_ROW && (error = take_kind(kinds, rows)))
            break;
    }
    sqlite3_finalize(rows);
    return error ? error : ms_database_error(result);
}

static int load(struct ms_recording *recording)
{
    struct ms_kinds *known = recording->kinds, *kinds = calloc(1, sizeof *kinds);
    if (!kinds)
        return ENOMEM;
    kinds->shorter = known;
    int error = 0;
    for (size_t i = 0; i < count_of(known) && !error; i++)
        error = add_name(kinds, known->names[i]) ? 0 : ENOMEM;
    if (!error)
        error = read_kinds(recording, kinds);
    if (!error && kinds->count > count_of(known))
        atomic_store(&recording->kinds, kinds);
    else
        forget(kinds);
    return error;
}

int ms_kinds_load(struct ms_recording *recording)
{
    pthread_mutex_lock(&recording->lock);
    const int error = load(recording);
    pthread_mutex_unlock(&recording->lock);
    return error;
}

const char *ms_kinds_name(struct ms_recording *recording, int64_t id)
{
    const struct ms_kinds *kinds = atomic_load(&recording->kinds);
    const unsigned kind = ms_piece_kind(id);
    return kind < count_of(kinds) ? kinds->names[kind] : NULL;
}

size_t ms_kinds_find(struct ms_recording *recording, const char *kind)
{
    const struct ms_kinds *kinds = atomic_load(&recording->kinds);
    for (size_t at = 0; at < count_of(kinds); at++)
        if (kinds->names[at] && strcmp(kinds->names[at], kind) == 0)
            return at;
    return MS_KINDS_MAX;
}
