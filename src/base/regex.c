// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    NESTED = 100,       // parentheses
    STEPS = 50000,      // of backtracking, at one place of a text
    STEPS_PER_BYTE = 4, // more for long texts, so that what is linear is never given up
    HEAP_KIB = 16384,   // where it is interpreted
    // Making machine code takes 0.1 ms, the first time 0.5 ms: as long as thousands of short matches.
    WORK_BEFORE_JIT = 1 << 19,
    WORK_PER_MATCH = 64, // and one for each byte of the text
    LONG_TEXT = 1024,    // where an interpreter could take long
};

// The limit of steps holds for one place where a match may begin, and a text has as many as it has bytes. So
// long texts are searched part by part, with a look at the clock in between: small parts first, as each place
// may take a time that is proportional to the text's length, or to its square.
enum { SHORT_TEXT = 128, FIRST_PART = 1 << 15, LONGEST_PART = 1 << 14, PARTS = 8 };
static const int64_t PART_NS = 1000000, MATCH_NS = 10000000, MATCH_NS_PER_BYTE = 200;

// One step may look at all of a text, as a back reference and .* do: in a text from this length on the steps
// at one place could take minutes. There the pattern has a callout before each of its items, which looks at
// the clock now and then. That makes a match slower, so shorter texts are spared.
enum { WATCHED_TEXT = 4096, CALLS_PER_LOOK = 64, PLACE_FACTOR = 4 };

struct watch {
    const volatile sig_atomic_t *stop;
    int64_t end;
    unsigned calls;
    bool stopped;
};

struct ms_regex {
    pcre2_code *code;
    pcre2_match_context *context;
    pcre2_match_data *data;
    bool utf;
    bool jit;
    bool anchored;
    struct ms_text pattern; // a copy
    pcre2_code *watched;    // of the same pattern, with callouts; made for the first long text
    bool is_watched_made;
    struct watch watch;
    size_t work; // so far, until it is made machine code
};

static void fail(struct ms_match_error *error, int code, size_t offset)
{
    *error = (struct ms_match_error){.offset = offset};
    pcre2_get_error_message(code, (PCRE2_UCHAR *)error->message, sizeof error->message);
}

// \G is where a search begins, which here is any place.
static bool asks_for_start(struct ms_text pattern, size_t *at)
{
    for (*at = 0; *at + 1 < pattern.len; *at += pattern.data[*at] == '\\' ? 2 : 1)
        if (pattern.data[*at] == '\\' && pattern.data[*at + 1] == 'G')
            return true;
    return false;
}

// As UTF-8, or as bytes if it is not UTF-8. NULL sets *error.
static pcre2_code *compile(struct ms_text pattern, uint32_t more, bool *utf, struct ms_match_error *error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        fail(error, PCRE2_ERROR_NOMEMORY, 0);
        return NULL;
    }
    pcre2_set_max_pattern_length(context, MS_REGEX_LONGEST);
    pcre2_set_parens_nest_limit(context, NESTED);
    const uint32_t options = PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY | PCRE2_USE_OFFSET_LIMIT | more;
    const PCRE2_SPTR bytes = (PCRE2_SPTR)(pattern.data ? pattern.data : "");
    int code = 0;
    PCRE2_SIZE offset = 0;
    *utf = true;
    pcre2_code *compiled = pcre2_compile(bytes, pattern.len, options | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                                         &code, &offset, context);
    if (!compiled && code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21) {
        *utf = false;
        compiled = pcre2_compile(bytes, pattern.len, options | PCRE2_NEVER_UTF, &code, &offset, context);
    }
    pcre2_compile_context_free(context);
    if (!compiled)
        fail(error, code, offset < pattern.len ? offset : pattern.len);
    return compiled;
}

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * (int64_t)1000000000 + now.tv_nsec;
}

// PCRE2 calls it at a callout: of its own, or of the pattern's, as in (?C1).
static int look(pcre2_callout_block *block, void *data)
{
    (void)block;
    struct watch *watch = data;
    if (++watch->calls % CALLS_PER_LOOK)
        return 0;
    watch->stopped = watch->stop && *watch->stop;
    return watch->stopped ? PCRE2_ERROR_CALLOUT : cpu_ns() > watch->end ? PCRE2_ERROR_MATCHLIMIT : 0;
}

static bool copy_pattern(struct ms_regex *regex, struct ms_text pattern)
{
    char *copy = malloc(pattern.len + 1);
    if (copy && pattern.len)
        memcpy(copy, pattern.data, pattern.len);
    regex->pattern = (struct ms_text){copy, pattern.len};
    return copy;
}

struct ms_regex *ms_regex_new(struct ms_text pattern, bool jit, struct ms_match_error *error)
{
    struct ms_regex *regex = calloc(1, sizeof *regex);
    uint32_t options = 0;
    size_t at;
    if (asks_for_start(pattern, &at))
        *error = (struct ms_match_error){"\\G has no meaning here", at};
    else if (!regex || !(regex->context = pcre2_match_context_create(NULL)) ||
             !(regex->data = pcre2_match_data_create(1, NULL)) || !copy_pattern(regex, pattern))
        fail(error, PCRE2_ERROR_NOMEMORY, 0);
    else
        regex->code = compile(pattern, 0, &regex->utf, error);
    if (!regex || !regex->code) {
        ms_regex_free(regex);
        return NULL;
    }
    pcre2_set_heap_limit(regex->context, HEAP_KIB);
    pcre2_set_callout(regex->context, look, &regex->watch);
    regex->jit = jit;
    pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
    regex->anchored = options & PCRE2_ANCHORED;
    return regex;
}

void ms_regex_free(struct ms_regex *regex)
{
    if (!regex)
        return;
    pcre2_match_data_free(regex->data);
    pcre2_match_context_free(regex->context);
    pcre2_code_free(regex->code);
    pcre2_code_free(regex->watched);
    free((char *)regex->pattern.data);
    free(regex);
}

bool ms_regex_uses_jit(const struct ms_regex *regex)
{
    size_t size = 0;
    return pcre2_pattern_info(regex->code, PCRE2_INFO_JITSIZE, &size) == 0 && size > 0;
}

// Where memory must not be executable this fails, and the pattern is interpreted.
static void count_work(struct ms_regex *regex, size_t len)
{
    regex->work += len + WORK_PER_MATCH;
    if (!regex->jit || (regex->work < WORK_BEFORE_JIT && len < LONG_TEXT))
        return;
    regex->jit = false;
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
}

// What long texts are matched with. Without memory, and where callouts make it too large, the pattern alone.
static const pcre2_code *watched_code(struct ms_regex *regex)
{
    struct ms_match_error error;
    bool utf;
    if (!regex->is_watched_made) {
        regex->is_watched_made = true;
        regex->watched = compile(regex->pattern, PCRE2_AUTO_CALLOUT, &utf, &error);
        if (regex->watched && ms_regex_uses_jit(regex))
            (void)pcre2_jit_compile(regex->watched, PCRE2_JIT_COMPLETE);
    }
    return regex->watched ? regex->watched : regex->code;
}

// Whether a match begins at one of the places from..last.
static enum ms_match_result search(struct ms_regex *regex, struct ms_text text, size_t from, size_t last)
{
    pcre2_set_offset_limit(regex->context, last);
    const pcre2_code *code = text.len < WATCHED_TEXT ? regex->code : watched_code(regex);
    uint32_t options = 0;
    int found;
    do {
        found =
            pcre2_match(code, (PCRE2_SPTR)text.data, text.len, from, options, regex->data, regex->context);
        // The stack of machine code is small; the interpreter has the heap.
    } while (found == PCRE2_ERROR_JIT_STACKLIMIT && !options && (options = PCRE2_NO_JIT));
    if (found >= 0)
        return MS_MATCH_YES;
    if (found == PCRE2_ERROR_NOMEMORY)
        return MS_MATCH_NO_MEMORY;
    if (regex->watch.stopped)
        return MS_MATCH_STOPPED;
    return found == PCRE2_ERROR_NOMATCH ? MS_MATCH_NO : MS_MATCH_COMPLEX;
}

// The first place from `at` on that is not within a character.
static size_t next_place(const struct ms_regex *regex, struct ms_text text, size_t at)
{
    while (regex->utf && at < text.len && ((uint8_t)text.data[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static int64_t time_for(struct ms_text text)
{
    return MATCH_NS + (int64_t)text.len * MATCH_NS_PER_BYTE;
}

static enum ms_match_result search_in_parts(struct ms_regex *regex, struct ms_text text,
                                            const volatile sig_atomic_t *stop)
{
    const int64_t start = cpu_ns();
    const int64_t end = start + time_for(text);
    const size_t longest = text.len / PARTS > LONGEST_PART ? text.len / PARTS : LONGEST_PART;
    size_t part = FIRST_PART / text.len + 1;
    int64_t now = start;
    for (size_t from = 0, next;; from = next) {
        next = part < text.len - from ? next_place(regex, text, from + part) : text.len;
        // The last part has the place after the last byte, too.
        const enum ms_match_result found = search(regex, text, from, next < text.len ? next - 1 : next);
        if (found != MS_MATCH_NO || next == text.len)
            return found;
        if (stop && *stop)
            return MS_MATCH_STOPPED;
        const int64_t before = now;
        now = cpu_ns();
        if (now > end)
            return MS_MATCH_COMPLEX;
        if (now - before > PART_NS && part > 1)
            part /= 2;
        else if (part < longest)
            part *= 2;
    }
}

enum ms_match_result ms_regex_match(struct ms_regex *regex, struct ms_text text,
                                    const volatile sig_atomic_t *stop)
{
    if (!text.data)
        text = MS_TEXT("");
    count_work(regex, text.len);
    const size_t steps = STEPS + text.len * STEPS_PER_BYTE;
    const uint32_t limit = steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX;
    pcre2_set_match_limit(regex->context, limit);
    pcre2_set_depth_limit(regex->context, limit);
    regex->watch = (struct watch){.stop = stop, .end = INT64_MAX};
    if (text.len >= WATCHED_TEXT)
        regex->watch.end = cpu_ns() + time_for(text) * PLACE_FACTOR;
    if (regex->anchored || text.len <= SHORT_TEXT)
        return search(regex, text, 0, text.len);
    return search_in_parts(regex, text, stop);
}
