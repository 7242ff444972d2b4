// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/piece.h"

#include "base/errno_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static int compare_keys(struct ms_text a, struct ms_text b)
{
    const size_t len = a.len < b.len ? a.len : b.len;
    const int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_files(const void *a, const void *b)
{
    const struct ms_piece_file *x = a, *y = b;
    if (x->number != y->number)
        return x->number > y->number ? 1 : -1;
    return x->number ? 0 : compare_keys(x->key, y->key);
}

const struct ms_piece_file *ms_piece_find(const struct ms_piece *piece, uint64_t number, struct ms_text key)
{
    const struct ms_piece_file wanted = {.number = number, .key = key};
    return piece->count ? bsearch(&wanted, piece->files, piece->count, sizeof wanted, compare_files) : NULL;
}

void ms_piece_hold(struct ms_piece *piece)
{
    atomic_fetch_add(&piece->holders, 1);
}

void ms_piece_release(struct ms_piece *piece)
{
    if (!piece || atomic_fetch_sub(&piece->holders, 1) != 1)
        return;
    ms_piece_release(piece->base);
    free(piece->files);
    free(piece->content);
    free(piece);
}

// ---- taking apart

// "42" or "42/43".
static bool number_of(struct ms_text key, uint64_t *number)
{
    uint64_t pid, thread = 0;
    struct ms_text rest = key;
    const bool has_pid = ms_text_u64(ms_text_until(&rest, '/'), &pid) && pid && pid <= INT32_MAX;
    const bool has_thread = memchr(key.data, '/', key.len) != NULL;
    if (!has_pid || (has_thread && (!ms_text_u64(rest, &thread) || !thread || thread > INT32_MAX)))
        return false;
    *number = ms_piece_number((uint32_t)pid, (uint32_t)thread);
    return true;
}

// What of a content is still to be read.
struct reading {
    struct ms_text bytes; // of the files
    struct ms_text list;
    struct ms_text marks; // empty: there is no base
    size_t at;            // in the base: mostly the next file is the next one there
    bool by_number;
};

static bool read_head(struct reading *reading, int64_t id, const char *kind, const struct ms_piece *base)
{
    struct ms_text line = ms_text_until(&reading->list, '\n');
    uint64_t is, of;
    return ms_text_u64(ms_text_word(&line), &is) && is == (uint64_t)id &&
           ms_text_u64(ms_text_word(&line), &of) && of == (base ? (uint64_t)base->id : 0) &&
           ms_text_eq(ms_text_trim(line), ms_text_of(kind));
}

// The file of the base that has this name, mostly the next one there; NULL: there is none.
static const struct ms_piece_file *find_in_base(struct reading *reading, const struct ms_piece *base,
                                                const struct ms_piece_file *file)
{
    const struct ms_piece_file *was = reading->at < base->count ? &base->files[reading->at] : NULL;
    if (!was || compare_files(was, file) != 0)
        was = ms_piece_find(base, file->number, file->key);
    if (was)
        reading->at = (size_t)(was - base->files) + 1;
    return was;
}

// Takes a number, and what ends it, off the front.
static bool take_number(struct ms_text *rest, char stop, uint64_t *number)
{
    enum { DIGITS = 18 };
    size_t at = 0;
    *number = 0;
    for (; at < rest->len && at < DIGITS && rest->data[at] >= '0' && rest->data[at] <= '9'; at++)
        *number = 10 * *number + (uint64_t)(rest->data[at] - '0');
    if (!at || at == rest->len || rest->data[at] != stop)
        return false;
    *rest = ms_text_skip(*rest, at + 1);
    return true;
}

// "123 42", as nearly all lines are; others are left as they are.
static bool read_usual_line(struct reading *reading, uint64_t *len, struct ms_piece_file *out)
{
    struct ms_text rest = reading->list;
    uint64_t pid;
    if (!reading->by_number || !take_number(&rest, ' ', len))
        return false;
    const char *key = rest.data;
    if (!take_number(&rest, '\n', &pid) || !pid || pid > INT32_MAX)
        return false;
    *out = (struct ms_piece_file){.number = ms_piece_number((uint32_t)pid, 0),
                                  .key = {key, (size_t)(rest.data - key) - 1},
                                  .before = (uint32_t)(key - reading->list.data)};
    reading->list = rest;
    return true;
}

static bool read_line(struct reading *reading, uint64_t *len, struct ms_piece_file *out)
{
    struct ms_text line = ms_text_until(&reading->list, '\n');
    const struct ms_text word = ms_text_until(&line, ' ');
    const int error = ms_text_u64(word, len) ? 0 : ms_errno_named(word);
    *out = (struct ms_piece_file){.key = line, .error = error, .before = (uint32_t)(line.data - word.data)};
    return (error || ms_text_u64(word, len)) && line.len &&
           (!reading->by_number || number_of(line, &out->number));
}

// The line of a file, as it is in the list of its piece.
static struct ms_text line_of(const struct ms_piece_file *file)
{
    return (struct ms_text){file->key.data - file->before, file->before + file->key.len + 1};
}

// The next file of the base mostly has the same line, whether the file is as it was or not. False where it
// has another one.
static bool take_same_line(struct reading *reading, const struct ms_piece *base, uint64_t *len,
                           struct ms_piece_file *out)
{
    const struct ms_piece_file *was = reading->at < base->count ? &base->files[reading->at] : NULL;
    const struct ms_text line = was ? line_of(was) : MS_TEXT("");
    if (!was || !ms_text_starts(reading->list, line))
        return false;
    *out = *was;
    out->key.data = reading->list.data + was->before;
    out->was = was;
    *len = was->text.len;
    reading->list = ms_text_skip(reading->list, line.len);
    reading->at++;
    return true;
}

static bool take_line(struct reading *reading, const struct ms_piece *base, uint64_t *len,
                      struct ms_piece_file *out)
{
    if (base && take_same_line(reading, base, len, out))
        return true;
    if (!read_usual_line(reading, len, out) && !read_line(reading, len, out))
        return false;
    out->was = base ? find_in_base(reading, base, out) : NULL;
    return true;
}

static bool take_from_base(struct ms_piece_file *file, uint64_t len)
{
    const struct ms_piece_file *was = file->was;
    if (!was || was->error != file->error || was->text.len != len)
        return false;
    file->text = was->text;
    return true;
}

static bool read_file(struct reading *reading, const struct ms_piece *base, size_t at,
                      struct ms_piece_file *out)
{
    uint64_t len = 0;
    if (!take_line(reading, base, &len, out))
        return false;
    if (base && reading->marks.data[at] == '=')
        return take_from_base(out, len);
    if (len > reading->bytes.len)
        return false;
    out->text = (struct ms_text){reading->bytes.data, (size_t)len};
    reading->bytes = ms_text_skip(reading->bytes, out->text.len);
    return true;
}

// In order, and none of them twice.
static bool are_sorted(const struct ms_piece *piece)
{
    for (size_t i = 1; i < piece->count; i++)
        if (piece->files[i - 1].number >= piece->files[i].number &&
            compare_files(&piece->files[i - 1], &piece->files[i]) >= 0)
            return false;
    return true;
}

static size_t count_lines(struct ms_text text)
{
    size_t count = 0;
    for (; text.len; count++)
        ms_text_until(&text, '\n');
    return count;
}

// The marks follow the last newline, which is the empty line after the list. False where there can't be so
// many files as there are marks.
static bool split_list(struct reading *reading, bool has_base, size_t *count)
{
    enum { SHORTEST = 4 }; // "0 1\n"
    struct ms_text *list = &reading->list;
    const char *end = list->len ? memrchr(list->data, '\n', list->len) : NULL;
    if (!end)
        return false;
    reading->marks = ms_text_skip(*list, (size_t)(end + 1 - list->data));
    list->len = (size_t)(end - list->data);
    *count = has_base ? reading->marks.len : count_lines(*list);
    return *count <= list->len / SHORTEST && (!list->len || end[-1] == '\n') &&
           (has_base || !reading->marks.len);
}

static int read_files(struct ms_piece *piece, struct reading *reading)
{
    size_t count;
    if (!split_list(reading, piece->base, &count))
        return EBADMSG;
    piece->files = malloc((count ? count : 1) * sizeof *piece->files); // each is set as a whole
    if (!piece->files)
        return ENOMEM;
    for (; piece->count < count; piece->count++)
        if (!read_file(reading, piece->base, piece->count, &piece->files[piece->count]))
            return EBADMSG;
    if (reading->bytes.len || reading->list.len)
        return EBADMSG;
    if (are_sorted(piece))
        return 0;
    qsort(piece->files, count, sizeof *piece->files, compare_files);
    return are_sorted(piece) ? 0 : EBADMSG;
}

int ms_piece_open(int64_t id, const char *kind, struct ms_piece *base, char *content, size_t size,
                  size_t listed, struct ms_piece **out)
{
    struct ms_piece *piece = calloc(1, sizeof *piece);
    if (!piece) {
        free(content);
        return ENOMEM;
    }
    atomic_init(&piece->holders, 1);
    piece->id = id;
    piece->content = content;
    piece->size = size;
    if ((piece->base = base))
        ms_piece_hold(base);
    int error = EBADMSG;
    if (listed <= size && size - listed <= MS_LISTED_MAX) {
        struct reading reading = {.bytes = {content, listed},
                                  .list = {content + listed, size - listed},
                                  .by_number = kind[0] != '/'};
        error = read_head(&reading, id, kind, base) ? read_files(piece, &reading) : EBADMSG;
    }
    if (error)
        ms_piece_release(piece);
    else
        *out = piece;
    return error;
}

// ---- making

static bool is_in_base(const struct ms_piece *base, uint64_t number, struct ms_text key, struct ms_text text,
                       int error)
{
    const struct ms_piece_file *file = base ? ms_piece_find(base, number, key) : NULL;
    return file && file->error == error && ms_text_eq(file->text, text);
}

bool ms_piece_add(struct ms_piece_maker *maker, uint64_t number, struct ms_text key, struct ms_text text,
                  int error)
{
    if (!key.len || memchr(key.data, '\n', key.len) || memchr(key.data, '\0', key.len))
        return true;
    if (error) // its line says no length
        text = MS_TEXT("");
    const bool same = is_in_base(maker->base, number, key, text, error);
    const uint32_t pid = (uint32_t)(number >> 32);
    if (!same)
        ms_buf_add(&maker->bytes, text.data, text.len);
    if (error)
        ms_buf_adds(&maker->list, ms_errno_name(error));
    else
        ms_buf_addf(&maker->list, "%zu", text.len);
    ms_buf_addc(&maker->list, ' ');
    ms_buf_add(&maker->list, key.data, key.len);
    ms_buf_addc(&maker->list, '\n');
    if (maker->base)
        ms_buf_addc(&maker->marks, same ? '=' : '+');
    maker->first = maker->count++ ? maker->first : pid;
    maker->last = pid;
    return !maker->bytes.failed && !maker->list.failed && !maker->marks.failed;
}

bool ms_piece_finish(struct ms_piece_maker *maker, int64_t id, const char *kind)
{
    struct ms_buf *content = &maker->bytes;
    maker->listed = content->len;
    return ms_buf_addf(content, "%" PRId64 " %" PRId64 " %s\n", id, maker->base ? maker->base->id : 0,
                       kind) &&
           ms_buf_add(content, maker->list.data, maker->list.len) && ms_buf_addc(content, '\n') &&
           ms_buf_add(content, maker->marks.data, maker->marks.len);
}

bool ms_piece_list_one(int64_t id, const char *kind, struct ms_text key, size_t size, struct ms_buf *out)
{
    return ms_buf_addf(out, "%" PRId64 " 0 %s\n%zu %.*s\n\n", id, kind, size, (int)key.len, key.data);
}

void ms_piece_clear(struct ms_piece_maker *maker)
{
    ms_buf_clear(&maker->bytes);
    ms_buf_clear(&maker->list);
    ms_buf_clear(&maker->marks);
    maker->base = NULL;
    maker->count = maker->listed = maker->first = maker->last = 0;
}

void ms_piece_free(struct ms_piece_maker *maker)
{
    ms_buf_deinit(&maker->bytes);
    ms_buf_deinit(&maker->list);
    ms_buf_deinit(&maker->marks);
}
