// SPDX-License-Identifier: GPL-3.0-or-later
#include "process/verdicts.h"

#include "base/array.h"
#include "parse/parse.h"
#include "recording/piece.h"
#include "recording/recording.h"

#include <errno.h>
#include <stdlib.h>

enum {
    STAT_COMM = 2,       // the number of the field that ends with the last ')'
    CASES_MAX = 1 << 16, // beyond that all begins anew: they are of values that change all the time
    MEMOS_MAX = 4096,
};

// Values that a file had, and what came of them.
enum verdict { OPEN, OUT, IN, KERNEL };

struct known_case {
    uint64_t hash;
    size_t start; // of its values, or of the bytes that have them, in `values`
    uint32_t len;
    uint32_t is; // the case that such bytes are of; 0: it is one itself
    enum verdict verdict;
};

// The case that a file of a whole piece is, 0 where nobody looked yet, and by how many bytes of its
// beginning; 0: by all of it.
struct known_file {
    uint32_t number, len;
};

struct memo {
    int64_t id; // of the piece
    size_t count;
    struct known_file *files;
};

struct ms_verdicts {
    struct ms_verdicts_wish wish;
    int last_pos; // of the fields in stat
    uint64_t page_size;
    struct known_case *cases; // by their numbers, from 1 on; the first is that of what has to be asked again
    uint32_t case_count;
    uint32_t *table; // their numbers, by hash
    size_t room;     // of the table: a power of two
    struct ms_buf values, scratch;
    struct ms_recording *recording; // of the memos, held
    struct memo *memos;
    size_t memo_count, memo_at;
};

// ---- which files and fields

static bool is_comparable(enum ms_field field)
{
    const enum ms_unit unit = ms_fields[field].unit;
    return unit != MS_UNIT_TIME && unit != MS_UNIT_AGE && unit != MS_UNIT_USER;
}

static bool is_of_file(enum ms_field field, enum ms_file file)
{
    const int second = ms_place_second(field);
    return field == MS_FIELD_STAT_pid || ms_places[ms_place_first(field)].file == file ||
           (second >= 0 && ms_places[second].file == file);
}

static bool is_possible(const struct ms_verdicts_wish *wish)
{
    // They show by themselves of most processes that they are no threads of the kernel.
    const ms_files telling = MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STAT) | MS_FILES(MS_FILE_STATUS) |
                             MS_FILES(MS_FILE_CMDLINE);
    bool possible = telling & MS_FILES(wish->file);
    for (size_t i = 0; i < wish->count && possible; i++)
        possible = is_comparable(wish->fields[i]) && is_of_file(wish->fields[i], wish->file);
    return possible;
}

// Flags are always asked for.
static int last_pos(const struct ms_verdicts_wish *wish)
{
    int last = ms_places[ms_place_first(MS_FIELD_STAT_flags)].pos;
    for (size_t i = 0; i < wish->count; i++) {
        const int pos = ms_places[ms_place_first(wish->fields[i])].pos;
        last = pos > last ? pos : last;
    }
    return last;
}

int ms_verdicts_create(const struct ms_verdicts_wish *wish, struct ms_verdicts **out)
{
    *out = NULL;
    if (!is_possible(wish))
        return 0;
    struct ms_verdicts *verdicts = calloc(1, sizeof *verdicts);
    if (!verdicts)
        return ENOMEM;
    verdicts->wish = *wish;
    verdicts->last_pos = last_pos(wish);
    *out = verdicts;
    return 0;
}

static void forget_memos(struct ms_verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->memo_count; i++)
        free(verdicts->memos[i].files);
    free(verdicts->memos);
    verdicts->memos = NULL;
    verdicts->memo_count = verdicts->memo_at = 0;
    ms_recording_release(verdicts->recording);
    verdicts->recording = NULL;
}

static void forget_cases(struct ms_verdicts *verdicts)
{
    forget_memos(verdicts);
    free(verdicts->cases);
    free(verdicts->table);
    verdicts->cases = NULL;
    verdicts->table = NULL;
    verdicts->case_count = 0;
    verdicts->room = 0;
    ms_buf_clear(&verdicts->values);
}

void ms_verdicts_destroy(struct ms_verdicts *verdicts)
{
    if (!verdicts)
        return;
    forget_cases(verdicts);
    ms_buf_deinit(&verdicts->values);
    ms_buf_deinit(&verdicts->scratch);
    free(verdicts);
}

// ---- cases

static uint32_t *place_in_table(struct ms_verdicts *verdicts, uint64_t hash, struct ms_text values)
{
    size_t at = (size_t)hash & (verdicts->room - 1);
    for (; verdicts->table[at]; at = (at + 1) & (verdicts->room - 1)) {
        const struct known_case *one = &verdicts->cases[verdicts->table[at] - 1];
        if (one->hash == hash && ms_text_eq(ms_buf_part(&verdicts->values, one->start, one->len), values))
            break;
    }
    return &verdicts->table[at];
}

static bool grow_table(struct ms_verdicts *verdicts)
{
    const size_t room = verdicts->room ? 2 * verdicts->room : 256;
    uint32_t *table = calloc(room, sizeof *table);
    if (!table)
        return false;
    for (uint32_t number = 1; number <= verdicts->case_count; number++) {
        size_t at = (size_t)verdicts->cases[number - 1].hash & (room - 1);
        while (table[at])
            at = (at + 1) & (room - 1);
        table[at] = number;
    }
    free(verdicts->table);
    verdicts->table = table;
    verdicts->room = room;
    return true;
}

// The number of a case, which is added where it is new; 0 where there is no memory.
static uint32_t case_of(struct ms_verdicts *verdicts, struct ms_text values, uint32_t is,
                        enum verdict verdict)
{
    const uint64_t hash = ms_text_hash(values, (uintptr_t)verdicts);
    if (2 * verdicts->case_count >= verdicts->room && !grow_table(verdicts))
        return 0;
    uint32_t *place = place_in_table(verdicts, hash, values);
    if (*place)
        return *place;
    const size_t start = verdicts->values.len;
    if (!ms_array_grow(&verdicts->cases, verdicts->case_count, sizeof *verdicts->cases) ||
        !ms_buf_add(&verdicts->values, values.data, values.len))
        return 0;
    verdicts->cases[verdicts->case_count++] =
        (struct known_case){hash, start, (uint32_t)values.len, is, verdict};
    return *place = verdicts->case_count;
}

static void add_value(struct ms_buf *values, struct ms_value value)
{
    if (ms_unit_is_text(value.unit)) {
        ms_buf_add(values, &value.text.len, sizeof value.text.len);
        ms_buf_add(values, value.text.data, value.text.len);
    } else {
        ms_buf_add(values, &value.number, sizeof value.number);
    }
}

// Which case a process is of which just the file was read. Where it does not show all of the values, or
// whether it is a thread of the kernel, other files may.
static uint32_t case_of_process(struct ms_verdicts *verdicts, const struct ms_process *process)
{
    const bool doubtful = ms_process_kernel_doubt(process) != MS_KNOWN ||
                          ms_block_has_why(process->blocks[verdicts->wish.file], MS_NO_MEMORY);
    const bool is_kernel = !verdicts->wish.kernel && ms_process_is_kernel(process) == 1;
    if (doubtful)
        return MS_ASKED_ALWAYS;
    ms_buf_clear(&verdicts->scratch);
    ms_buf_addc(&verdicts->scratch, is_kernel ? 'k' : 'u');
    for (size_t i = 0; i < verdicts->wish.count && !is_kernel; i++) {
        struct ms_value value;
        if (!ms_process_get(process, verdicts->wish.fields[i], &value) || value.why != MS_KNOWN)
            return MS_ASKED_ALWAYS;
        add_value(&verdicts->scratch, value);
    }
    if (verdicts->scratch.failed || verdicts->scratch.len > UINT32_MAX)
        return 0;
    const enum verdict verdict = is_kernel ? KERNEL : verdicts->wish.none ? IN : OPEN;
    return case_of(verdicts, ms_buf_text(&verdicts->scratch), 0, verdict);
}

static uint32_t case_of_values(struct ms_verdicts *verdicts, struct ms_source *source,
                               const struct ms_piece_file *file)
{
    const struct ms_parse_context context = {.page_size = verdicts->page_size};
    struct ms_process process;
    ms_process_init(&process, source, (pid_t)(file->number >> 32));
    struct ms_block *block = ms_block_create(verdicts->wish.file, MS_NOT_RECORDED);
    if (!block)
        return 0;
    process.blocks[verdicts->wish.file] = block;
    ms_source_count(source, verdicts->wish.file);
    ms_parse_file(block, file->text, context);
    const uint32_t number = case_of_process(verdicts, &process);
    ms_process_deinit(&process);
    return number;
}

// The beginning of a stat, up to the last field that is asked for: what follows, as times and sizes, changes
// all the time. Empty where it is not as the kernel writes it for that process.
static struct ms_text beginning_of_stat(const struct ms_verdicts *verdicts, const struct ms_piece_file *file)
{
    const struct ms_text text = file->text, key = file->key;
    const char *close = memrchr(text.data, ')', text.len), *end = text.data + text.len;
    const bool is_own = ms_text_starts(text, key) && text.len > key.len && text.data[key.len] == ' ';
    if (!is_own || !close || ++close == end || *close != ' ')
        return MS_TEXT("");
    for (int pos = STAT_COMM; pos < verdicts->last_pos; pos++) {
        const char *word = ++close;
        while (close < end && *close != ' ' && *close != '\n')
            close++;
        if (close == word || close == end || *close != ' ')
            return MS_TEXT("");
    }
    return (struct ms_text){text.data, (size_t)(close - text.data)};
}

// A case by bytes that were met before; 0 for others.
static uint32_t case_of_bytes(struct ms_verdicts *verdicts, struct ms_text bytes)
{
    const uint64_t hash = ms_text_hash(bytes, (uintptr_t)verdicts);
    const uint32_t number = *place_in_table(verdicts, hash, bytes);
    return number ? verdicts->cases[number - 1].is : 0;
}

static struct known_file case_of_file(struct ms_verdicts *verdicts, struct ms_source *source,
                                      const struct ms_piece_file *file)
{
    if (file->error || !file->text.len)
        return (struct known_file){MS_ASKED_ALWAYS, 0};
    const struct ms_text bytes =
        verdicts->wish.file == MS_FILE_STAT ? beginning_of_stat(verdicts, file) : MS_TEXT("");
    const uint32_t known = bytes.len ? case_of_bytes(verdicts, bytes) : 0;
    if (known)
        return (struct known_file){known, (uint32_t)bytes.len};
    const uint32_t number = case_of_values(verdicts, source, file);
    if (number && bytes.len && !case_of(verdicts, bytes, number, IN))
        return (struct known_file){0, 0};
    return (struct known_file){number, (uint32_t)bytes.len};
}

// Whether a stat has the beginning, of so many bytes, that another one has: no ')' may follow it.
static bool begins_as(struct ms_text text, struct ms_text other, uint32_t len)
{
    return len && ms_text_starts(text, (struct ms_text){other.data, len + 1}) && // with the blank after it
           !memchr(text.data + len, ')', text.len - len);
}

// The same of a file that is, or was, one of a whole piece, of which something may be known.
static uint32_t case_of_known(struct ms_verdicts *verdicts, struct ms_source *source,
                              const struct ms_piece_file *file, const struct ms_piece_file *whole,
                              struct known_file *known)
{
    const bool is_same = file == whole || ms_piece_file_stays(file);
    if (known->number && (is_same || begins_as(file->text, whole->text, known->len)))
        return known->number;
    const struct known_file found = case_of_file(verdicts, source, file);
    if (is_same || (!known->number && begins_as(whole->text, file->text, found.len)))
        *known = found;
    return found.number;
}

// ---- pieces

// That of a whole piece. The cursor is mostly at it.
static struct memo *find_memo(struct ms_verdicts *verdicts, int64_t id)
{
    for (size_t i = 0; i < verdicts->memo_count; i++) {
        const size_t at = (verdicts->memo_at + i) % verdicts->memo_count;
        if (verdicts->memos[at].id == id) {
            verdicts->memo_at = at + 1;
            return &verdicts->memos[at];
        }
    }
    if (!ms_array_grow(&verdicts->memos, verdicts->memo_count, sizeof *verdicts->memos))
        return NULL;
    verdicts->memos[verdicts->memo_count] = (struct memo){.id = id};
    return &verdicts->memos[verdicts->memo_count++];
}

// What is known of the files of a whole piece; NULL where there is no memory.
static struct known_file *known_files(struct ms_verdicts *verdicts, const struct ms_piece *piece)
{
    struct memo *memo = find_memo(verdicts, piece->id);
    if (memo && (!memo->files || memo->count != piece->count)) { // somebody may have written the file anew
        free(memo->files);
        memo->files = calloc(piece->count + 1, sizeof *memo->files);
        memo->count = piece->count;
    }
    return memo ? memo->files : NULL;
}

struct sifting {
    struct ms_verdicts *verdicts;
    struct ms_source *source;
    struct ms_sifted *out;
    const pid_t *pids;             // all
    const struct ms_sifted *among; // that they are; NULL: all of the moment
    size_t count, at;
    uint64_t last;   // file
    bool may_refuse; // the source
};

static void keep(struct sifting *sifting, uint32_t asked)
{
    struct ms_sifted *out = sifting->out;
    out->pids[out->count] = sifting->pids[sifting->at++];
    out->asked[out->count++] = asked;
}

// Those that lack the file are to be looked at.
static void keep_before(struct sifting *sifting, pid_t pid)
{
    while (sifting->at < sifting->count && sifting->pids[sifting->at] < pid)
        keep(sifting, MS_ASKED_ALWAYS);
}

static void settle(struct sifting *sifting, uint32_t number)
{
    struct ms_sifted *out = sifting->out;
    switch (sifting->verdicts->cases[number - 1].verdict) {
    case OUT:
        out->out[out->out_count++] = sifting->pids[sifting->at++];
        break;
    case KERNEL:
        out->kernel++;
        sifting->at++;
        break;
    case OPEN:
        keep(sifting, number);
        break;
    case IN:
        keep(sifting, number == MS_ASKED_ALWAYS ? number : MS_ASKED_NOTHING);
        break;
    }
}

// Whether it is not for the text of the file to say what becomes of the process.
static bool stays(const struct sifting *sifting)
{
    const struct ms_target target = {.pid = sifting->pids[sifting->at], .dir = -1};
    return (sifting->among && sifting->among->asked[sifting->at] == MS_ASKED_ALWAYS) ||
           (sifting->may_refuse && ms_source_refuses(sifting->source, target, sifting->verdicts->wish.file));
}

// `whole` is the file of a whole piece that it is or was, of which `known` is known; NULL: there is none.
static int sift_file(struct sifting *sifting, const struct ms_piece_file *file,
                     const struct ms_piece_file *whole, struct known_file *known)
{
    const pid_t pid = (pid_t)(file->number >> 32);
    if (file->number <= sifting->last) // so that no process is met twice
        return EBADMSG;
    sifting->last = file->number;
    if ((uint32_t)file->number) // a thread
        return 0;
    keep_before(sifting, pid);
    if (sifting->at == sifting->count || sifting->pids[sifting->at] != pid)
        return 0;
    if (stays(sifting)) {
        keep(sifting, MS_ASKED_ALWAYS);
        return 0;
    }
    const uint32_t number = whole ? case_of_known(sifting->verdicts, sifting->source, file, whole, known)
                                  : case_of_file(sifting->verdicts, sifting->source, file).number;
    if (!number)
        return ENOMEM;
    settle(sifting, number);
    return 0;
}

static int sift_piece(void *ctx, const struct ms_piece *piece)
{
    struct sifting *sifting = ctx;
    const struct ms_piece *base = piece->base ? piece->base : piece;
    struct known_file *known = known_files(sifting->verdicts, base);
    int error = known ? 0 : ENOMEM;
    for (size_t i = 0; i < piece->count && !error; i++) {
        const struct ms_piece_file *file = &piece->files[i], *whole = piece->base ? file->was : file;
        error = sift_file(sifting, file, whole, whole ? &known[whole - base->files] : NULL);
    }
    return error || !ms_source_stopped(sifting->source) ? error : EINTR;
}

// ---- moments

// What is known of other pieces, or is too much, is forgotten.
static bool begin(struct ms_verdicts *verdicts, struct ms_source *source)
{
    struct ms_recording *recording = ms_moment_recording(ms_source_moment(source));
    const uint64_t page_size = ms_source_page_size(source);
    if (verdicts->case_count > CASES_MAX || verdicts->page_size != page_size)
        forget_cases(verdicts);
    if (verdicts->recording != recording || verdicts->memo_count > MEMOS_MAX)
        forget_memos(verdicts);
    if (!verdicts->recording) {
        ms_recording_hold(recording);
        verdicts->recording = recording;
    }
    verdicts->page_size = page_size;
    return verdicts->case_count || case_of(verdicts, MS_TEXT(""), 0, IN) == MS_ASKED_ALWAYS;
}

static bool make_room(struct ms_sifted *out, size_t count)
{
    *out = (struct ms_sifted){.pids = calloc(count + 1, sizeof *out->pids),
                              .asked = calloc(count + 1, sizeof *out->asked),
                              .out = calloc(count + 1, sizeof *out->out)};
    return out->pids && out->asked && out->out;
}

// What is sifted may be kept for a while.
static void give_back_room(struct ms_sifted *out)
{
    pid_t *pids = realloc(out->pids, (out->count + 1) * sizeof *pids);
    uint32_t *asked = realloc(out->asked, (out->count + 1) * sizeof *asked);
    pid_t *left_out = realloc(out->out, (out->out_count + 1) * sizeof *left_out);
    out->pids = pids ? pids : out->pids;
    out->asked = asked ? asked : out->asked;
    out->out = left_out ? left_out : out->out;
}

static int sift_pieces(struct sifting *sifting, bool all)
{
    const struct ms_pid_list of = {all ? NULL : sifting->pids, sifting->count};
    const int error =
        ms_moment_pieces(ms_source_moment(sifting->source), ms_file_table[sifting->verdicts->wish.file].path,
                         of, sift_piece, sifting);
    while (!error && sifting->at < sifting->count)
        keep(sifting, MS_ASKED_ALWAYS);
    return error;
}

int ms_verdicts_sift(struct ms_verdicts *verdicts, struct ms_source *source, const struct ms_sifted *among,
                     struct ms_sifted *out)
{
    pid_t *pids = NULL;
    size_t count = 0;
    *out = (struct ms_sifted){0};
    int error = begin(verdicts, source) ? 0 : ENOMEM;
    if (!error && !among)
        error = ms_source_pids(source, &pids, &count);
    struct sifting sifting = {.verdicts = verdicts,
                              .source = source,
                              .out = out,
                              .pids = among ? among->pids : pids,
                              .among = among,
                              .may_refuse = ms_source_may_refuse(source),
                              .count = among ? among->count : count};
    if (!error && !make_room(out, sifting.count))
        error = ENOMEM;
    if (!error)
        error = sift_pieces(&sifting, !among);
    free(pids);
    if (error)
        ms_sifted_deinit(out);
    else
        give_back_room(out);
    return error;
}

void ms_sifted_deinit(struct ms_sifted *sifted)
{
    free(sifted->pids);
    free(sifted->asked);
    free(sifted->out);
    *sifted = (struct ms_sifted){0};
}

void ms_verdicts_learn(struct ms_verdicts *verdicts, uint32_t asked, bool out)
{
    struct known_case *one = asked && asked <= verdicts->case_count ? &verdicts->cases[asked - 1] : NULL;
    if (one && one->verdict == OPEN)
        one->verdict = out ? OUT : IN;
}
