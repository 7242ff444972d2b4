// SPDX-License-Identifier: GPL-3.0-or-later
// The pieces of a moment are kept compressed until it is committed, so that a full disk costs another try.
#include "recording/writer_private.h"

#include "base/array.h"
#include "recording/codec.h"
#include "recording/database.h"
#include "recording/drop.h"
#include "recording/path.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

enum {
    BASE_BYTES = 256 * 1024, // of a piece that may be a base,
    BASES_BYTES = 32 << 20,  // and of all of them
    RESERVE = 1 << 20,       // bytes of the disk that are left free
    MARGIN = 128 * 1024,     // what a moment takes beside its pieces
};

// ---- pieces

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

void ms_writer_free_kinds(struct ms_record_writer *writer)
{
    for (size_t i = 0; i < writer->kind_count; i++) {
        struct kind *kind = &writer->kinds[i];
        forget_bases(writer, &kind->bases, &kind->base_count);
        forget_bases(writer, &kind->fresh, &kind->fresh_count);
        ms_piece_free(&kind->maker);
        free(kind->name);
    }
    free(writer->kinds);
}

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

// The moment that the bases are of; 0: there are none.
static int64_t moment_of_bases(const struct kind *kind)
{
    for (size_t i = 0; i < kind->base_count; i++)
        if (kind->bases[i])
            return ms_piece_moment(kind->bases[i]->id);
    return 0;
}

// Of a kind that most moments lack they go with the last one that has it, when that is dropped.
static bool are_bases_gone(const struct ms_record_writer *writer, const struct kind *kind)
{
    const unsigned number = (unsigned)(kind - writer->kinds);
    const int64_t moment = moment_of_bases(kind);
    char sql[128];
    long found = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM piece WHERE id >= %" PRId64 " AND id < %" PRId64,
             ms_piece_id(moment, number, 0), ms_piece_id(moment, number + 1, 0));
    return moment && (sqlite3_exec(writer->db, sql, ms_writer_take_number, &found, NULL) || !found);
}

static void begin_kind(struct ms_record_writer *writer, struct kind *kind)
{
    if (kind->base_count && (are_bases_old(kind) || are_bases_gone(writer, kind)))
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
    int error = ms_writer_run(writer->db, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < writer->kind_count && !error; i++)
        if (!writer->kinds[i].stored)
            error = insert_kind(writer, i);
    for (size_t i = 0; i < writer->row_count && !error; i++)
        error = insert_piece(writer, &writer->rows[i]);
    if (!error)
        error = insert_moment(writer, info);
    if (!error)
        error = ms_writer_run(writer->db, "COMMIT");
    error = ms_writer_error(writer->db, error);
    if (error && !sqlite3_get_autocommit(writer->db))
        ms_writer_run(writer->db, "ROLLBACK");
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

// For what is dropped: what the moment that is being taken is stored against.
static int64_t base_in_use(const void *ctx, unsigned number)
{
    const struct ms_record_writer *writer = ctx;
    const struct kind *kind = number < writer->kind_count ? &writer->kinds[number] : NULL;
    return kind && kind->begun ? moment_of_bases(kind) : 0;
}

static int drop_oldest(struct ms_record_writer *writer)
{
    return ms_database_drop_oldest(writer->db, base_in_use, writer);
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
        sqlite3_exec(writer->db, "PRAGMA freelist_count", ms_writer_take_number, &free_pages, NULL))
        return true;
    const uint64_t moment = writer->bytes.len + MARGIN, inside = (uint64_t)free_pages * MS_RECORDING_PAGE;
    const uint64_t room = disk.f_bavail * disk.f_frsize + (inside < moment ? inside : moment);
    return room >= 2 * moment + RESERVE;
}

static int make_room(struct ms_record_writer *writer, size_t *dropped)
{
    int error = 0;
    while (!error && !has_room(writer)) {
        error = drop_oldest(writer);
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
        const int failed = drop_oldest(writer);
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
    int error = ms_database_error(sqlite3_exec(writer->db, text, ms_writer_take_number, &older, NULL));
    for (; older > 0 && !error; older--) {
        error = drop_oldest(writer);
        *dropped += !error;
    }
    return error == ENODATA ? 0 : error;
}
