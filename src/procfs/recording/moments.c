// SPDX-License-Identifier: GPL-3.0-or-later
// Which moments there are. Their numbers follow one another, and a piece has that of its moment: so a row
// that is not there, because its page was torn or is an older one, is a moment that is damaged.
#include "base/array.h"
#include "recording/database.h"
#include "recording/private.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DAMAGED "damaged"

enum {
    MOMENTS_MAX = 50 * 1000 * 1000, // a year and a half of seconds
    GAPS_MAX = 100 * 1000,          // damaged ones that are listed, at most
};

int64_t ms_moment_sum(const struct ms_moment_info *info)
{
    char text[1024];
    const int len =
        snprintf(text, sizeof text, "%lld %.6f %.6f %lld %lld %s\n%s\n%s\n%s", (long long)info->id,
                 isnan(info->time) ? -1 : info->time, info->took, (long long)info->processes,
                 (long long)info->pieces, info->why, info->boot, info->host, info->kernel);
    uint64_t sum = 0xcbf29ce484222325; // FNV-1a
    for (int i = 0; i < len && i < (int)sizeof text; i++)
        sum = (sum ^ (unsigned char)text[i]) * 0x100000001b3;
    return (int64_t)(sum >> 1);
}

bool ms_moment_is_damaged(const struct ms_moment_info *info)
{
    return strcmp(info->why, DAMAGED) == 0;
}

static struct ms_moment_info damaged_moment(int64_t id)
{
    return (struct ms_moment_info){.id = id, .time = NAN, .why = DAMAGED};
}

// ---- rows

static void take_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    snprintf(out, size, "%s", text ? text : "");
}

// Times that a calendar has, and counts: what nobody can have recorded is damaged, whatever its sum says.
static bool is_possible(const struct ms_moment_info *info)
{
    static const double year_10000 = 253402300800;
    const bool has_time = isnan(info->time) || (info->time >= 0 && info->time < year_10000);
    return has_time && info->took >= 0 && info->took < year_10000 && info->processes >= 0 &&
           info->pieces >= 0;
}

// Of a damaged row nothing is known but its number.
static void take_moment(sqlite3_stmt *row, struct ms_moment_info *out)
{
    *out = (struct ms_moment_info){
        .id = sqlite3_column_int64(row, 0),
        .time = sqlite3_column_type(row, 1) == SQLITE_NULL ? NAN : sqlite3_column_double(row, 1),
        .took = sqlite3_column_double(row, 3),
        .processes = sqlite3_column_int64(row, 4),
        .pieces = sqlite3_column_int64(row, 5),
    };
    take_text(row, 2, out->why, sizeof out->why);
    take_text(row, 6, out->boot, sizeof out->boot);
    take_text(row, 7, out->host, sizeof out->host);
    take_text(row, 8, out->kernel, sizeof out->kernel);
    if (!is_possible(out) || sqlite3_column_int64(row, 9) != ms_moment_sum(out))
        *out = damaged_moment(out->id);
}

struct moments {
    struct ms_moment_info *list;
    size_t count;
};

static int add(struct moments *moments, struct ms_moment_info info)
{
    if (moments->count >= MOMENTS_MAX || !ms_array_grow(&moments->list, moments->count, sizeof info))
        return ENOMEM;
    moments->list[moments->count++] = info;
    return 0;
}

static const struct ms_moment_info *newest_of(const struct moments *moments)
{
    return moments->count ? &moments->list[moments->count - 1] : NULL;
}

static int take_row(struct moments *moments, sqlite3_stmt *row, int64_t order)
{
    struct ms_moment_info info;
    take_moment(row, &info);
    const struct ms_moment_info *last = newest_of(moments);
    const bool ordered = !last || order == 0 || (order > 0 ? info.id > last->id : info.id < last->id);
    return ordered && info.id >= 0 && info.id <= MS_MOMENT_MAX ? add(moments, info) : EBADMSG;
}

// Adds what a query gives, up to an error. `order` is that of the numbers: 1, -1, or 0, which are not
// compared.
static int read_moments(struct ms_recording *recording, const char *sql, double parameter, int order,
                        struct moments *moments)
{
    sqlite3_stmt *rows = NULL;
    int error = 0;
    pthread_mutex_lock(&recording->lock);
    int result = sqlite3_prepare_v2(recording->db, sql, -1, &rows, NULL);
    sqlite3_bind_double(rows, 1, parameter);
    while (!error && (result == SQLITE_OK || result == SQLITE_ROW)) {
        result = sqlite3_step(rows);
        if (result == SQLITE_ROW)
            error = take_row(moments, rows, order);
    }
    sqlite3_finalize(rows);
    pthread_mutex_unlock(&recording->lock);
    return error ? error : ms_database_error(result);
}

// ENODATA: there is none.
static int read_moment(struct ms_recording *recording, const char *sql, double parameter,
                       struct ms_moment_info *out)
{
    struct moments found = {0};
    const int error = read_moments(recording, sql, parameter, 0, &found);
    if (!error && found.count)
        *out = found.list[0];
    free(found.list);
    return error ? error : found.count ? 0 : ENODATA;
}

static int read_row(struct ms_recording *recording, int64_t id, struct ms_moment_info *out)
{
    int error = ENODATA;
    pthread_mutex_lock(&recording->lock);
    sqlite3_bind_int64(recording->find, 1, id);
    const int result = sqlite3_step(recording->find);
    if (result == SQLITE_ROW) {
        take_moment(recording->find, out);
        error = 0;
    } else if (result != SQLITE_DONE) {
        error = ms_database_error(result);
    }
    sqlite3_reset(recording->find);
    pthread_mutex_unlock(&recording->lock);
    return error;
}

// What a query of one number gives; 0 where that is none, or can't be read.
static int64_t number_of(struct ms_recording *recording, const char *sql)
{
    sqlite3_stmt *row = NULL;
    pthread_mutex_lock(&recording->lock);
    int64_t number = 0;
    if (sqlite3_prepare_v2(recording->db, sql, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    pthread_mutex_unlock(&recording->lock);
    return number > 0 ? number : 0;
}

// The newest moment of which there are pieces. It is asked before the rows are: a recorder adds to both at
// once.
static int64_t newest_of_pieces(struct ms_recording *recording)
{
    return ms_piece_moment(number_of(recording, "SELECT max(id) FROM piece"));
}

// ---- all of them

// What is beyond a page that can't be read.
static int read_from_the_end(struct ms_recording *recording, struct moments *moments)
{
    struct moments after = {0};
    int error = read_moments(recording, MS_SELECT_MOMENTS "ORDER BY id DESC", 0, -1, &after);
    const int64_t last = moments->count ? newest_of(moments)->id : -1;
    if (error == EBADMSG)
        error = 0;
    for (size_t i = after.count; i-- > 0 && !error;)
        if (after.list[i].id > last)
            error = add(moments, after.list[i]);
    free(after.list);
    return error;
}

// A moment whose row is not among those that could be read one after the other.
static int add_missing(struct ms_recording *recording, int64_t id, bool torn, struct moments *moments)
{
    struct ms_moment_info info;
    const int error = torn ? read_row(recording, id, &info) : EBADMSG;
    if (error == EBADMSG || error == ENODATA)
        info = damaged_moment(id);
    else if (error)
        return error;
    return add(moments, info);
}

static int fill_gaps(struct ms_recording *recording, struct moments *known, int64_t first, int64_t last,
                     bool torn)
{
    struct moments all = {0};
    int error = last - first - (int64_t)known->count >= GAPS_MAX ? EBADMSG : 0;
    size_t at = 0;
    for (int64_t id = first; id <= last && !error; id++) {
        const bool is_known = at < known->count && known->list[at].id == id;
        error = is_known ? add(&all, known->list[at++]) : add_missing(recording, id, torn, &all);
    }
    free(known->list);
    *known = all;
    return error;
}

// The numbers between which there are moments; of none, 0 and -1.
static void find_bounds(struct ms_recording *recording, const struct moments *known, bool torn,
                        int64_t newest, int64_t *first, int64_t *last)
{
    const bool from_pieces = !known->count || (torn && known->list[0].id > 0);
    *first = known->count ? known->list[0].id : 0;
    *last = known->count ? newest_of(known)->id : -1;
    if (newest && newest > *last)
        *last = newest;
    if (from_pieces && newest) {
        const int64_t oldest = ms_piece_moment(number_of(recording, "SELECT min(id) FROM piece"));
        *first = !known->count || oldest < *first ? oldest : *first;
    }
}

static int list_moments(struct ms_recording *recording, struct ms_moment_info **out, size_t *count)
{
    struct moments known = {0};
    const int64_t newest = newest_of_pieces(recording);
    int64_t first, last;
    int error = read_moments(recording, MS_SELECT_MOMENTS "ORDER BY id", 0, 1, &known);
    const bool torn = error == EBADMSG, from_the_start = known.count > 0;
    if (torn)
        error = read_from_the_end(recording, &known);
    find_bounds(recording, &known, torn && !from_the_start, newest, &first, &last);
    if (!error && last - first + 1 != (int64_t)known.count)
        error = fill_gaps(recording, &known, first, last, torn);
    if (error)
        free(known.list);
    *out = error ? NULL : known.list;
    *count = error ? 0 : known.count;
    return error;
}

int ms_recording_moments(struct ms_recording *recording, struct ms_moment_info **out, size_t *count)
{
    const int error = ms_recording_refresh(recording);
    *out = NULL;
    *count = 0;
    return error ? error : list_moments(recording, out, count);
}

// ---- one of them

static bool fits(const struct ms_moment_info *info, double before, const char *why)
{
    const bool in_time = info->time <= before || before == INFINITY;
    return in_time && (!why || strcmp(info->why, why) == 0);
}

static int find_in_list(struct ms_recording *recording, double before, const char *why,
                        struct ms_moment_info *out, size_t *damaged)
{
    struct ms_moment_info *list;
    size_t count;
    int error = list_moments(recording, &list, &count);
    bool found = false;
    *damaged = 0;
    for (size_t i = count; i-- > 0 && !found;) {
        if (ms_moment_is_damaged(&list[i]))
            ++*damaged;
        else if ((found = fits(&list[i], before, why)))
            *out = list[i];
        else if (!why)
            *damaged = 0;
    }
    free(list);
    return error ? error : found ? 0 : ENODATA;
}

// Whether what comes after it is no damaged one, which might be what is looked for.
static bool is_followed_well(struct ms_recording *recording, int64_t id, int64_t newest)
{
    struct ms_moment_info next;
    const int error = id < newest || !newest ? read_row(recording, id + 1, &next) : ENODATA;
    return error == ENODATA ? id >= newest : !error && !ms_moment_is_damaged(&next);
}

int ms_recording_find(struct ms_recording *recording, double before, const char *why,
                      struct ms_moment_info *out, size_t *damaged)
{
    static const char newest_of_all[] = MS_SELECT_MOMENTS "ORDER BY id DESC LIMIT 1";
    static const char newest_before[] =
        MS_SELECT_MOMENTS "WHERE time BETWEEN 0 AND ?1 ORDER BY id DESC LIMIT 1";
    const int failed = ms_recording_refresh(recording);
    *damaged = 0;
    if (failed)
        return failed;
    if (!why) { // without a list of all
        const int64_t newest = newest_of_pieces(recording);
        const int error =
            read_moment(recording, before == INFINITY ? newest_of_all : newest_before, before, out);
        if (!error && !ms_moment_is_damaged(out) && is_followed_well(recording, out->id, newest))
            return 0;
        if (error && error != EBADMSG && error != ENODATA)
            return error;
    }
    return find_in_list(recording, before, why, out, damaged);
}

// Whether the table of moments should have a row of that number.
static bool is_missing(struct ms_recording *recording, int64_t id)
{
    const int64_t first = number_of(recording, "SELECT min(id) FROM moment");
    return first && first < id && id <= newest_of_pieces(recording);
}

int ms_recording_moment(struct ms_recording *recording, int64_t id, struct ms_moment_info *out)
{
    size_t damaged = 0;
    int error =
        id ? read_row(recording, id, out) : ms_recording_find(recording, INFINITY, NULL, out, &damaged);
    if (error == ENODATA && id && is_missing(recording, id))
        return EUCLEAN;
    return error == EBADMSG || (!error && (damaged || ms_moment_is_damaged(out))) ? EUCLEAN : error;
}

// ---- what one has in the file

int ms_recording_size(struct ms_recording *recording, int64_t moment, struct ms_moment_size *out)
{
    static const char sql[] =
        "SELECT total(length(bytes)), abs((SELECT pieces FROM moment WHERE id = ?3) - count(*)) + "
        "total(base > 0 AND NOT EXISTS(SELECT 1 FROM piece AS other WHERE other.id = piece.base)) "
        "FROM piece WHERE id >= ?1 AND id < ?2";
    sqlite3_stmt *row = NULL;
    pthread_mutex_lock(&recording->lock);
    int result = sqlite3_prepare_v2(recording->db, sql, -1, &row, NULL);
    if (result == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, ms_piece_id(moment, 0, 0));
        sqlite3_bind_int64(row, 2, ms_piece_id(moment + 1, 0, 0));
        sqlite3_bind_int64(row, 3, moment);
        result = sqlite3_step(row);
    }
    *out = (struct ms_moment_size){0};
    if (result == SQLITE_ROW)
        *out = (struct ms_moment_size){(uint64_t)sqlite3_column_int64(row, 0),
                                       (uint64_t)sqlite3_column_int64(row, 1)};
    sqlite3_finalize(row);
    pthread_mutex_unlock(&recording->lock);
    return ms_database_error(result);
}

int ms_recording_has(struct ms_recording *recording, int64_t moment, const char *kind, bool *has)
{
    // Bytes of files come before `listed`, or are those of the base.
    static const char sql[] =
        "SELECT 1 FROM piece WHERE id >= ?1 AND id < ?2 AND (listed > 0 OR "
        "EXISTS(SELECT 1 FROM piece AS other WHERE other.id = piece.base AND other.listed > 0)) LIMIT 1";
    size_t number = ms_kinds_find(recording, kind);
    sqlite3_stmt *row = NULL;
    *has = false;
    if (number == MS_KINDS_MAX) {
        const int error = ms_kinds_load(recording);
        number = ms_kinds_find(recording, kind);
        if (error || number == MS_KINDS_MAX)
            return error;
    }
    const int64_t first = ms_piece_id(moment, (unsigned)number, 0);
    pthread_mutex_lock(&recording->lock);
    int result = sqlite3_prepare_v2(recording->db, sql, -1, &row, NULL);
    if (result == SQLITE_OK) {
        sqlite3_bind_int64(row, 1, first);
        sqlite3_bind_int64(row, 2, first + MS_PIECES_MAX);
        result = sqlite3_step(row);
    }
    *has = result == SQLITE_ROW;
    sqlite3_finalize(row);
    pthread_mutex_unlock(&recording->lock);
    return ms_database_error(result);
}
