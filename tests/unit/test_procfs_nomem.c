// SPDX-License-Identifier: GPL-3.0-or-later
// Memory runs out once at every allocation there is: no crash, no leak, no wrong number, and no process that
// is said to be gone.
#include "failing_malloc.h"
#include "test_procfs.h"

#include "mappings/streaming_sums.h"
#include "reader/reader.h"
#include "system/system.h"

enum { ZOO = 1107, ALLOCATIONS_AT_MOST = 100000 };

static struct ms_value expected[MS_FIELD_COUNT];

static bool is_text(enum ms_unit unit)
{
    return strcmp(ms_unit_type(unit), "text") == 0 || strcmp(ms_unit_type(unit), "path") == 0 ||
           strcmp(ms_unit_type(unit), "list") == 0 || strcmp(ms_unit_type(unit), "table") == 0;
}

static void compare(enum ms_field field, struct ms_value value)
{
    const struct ms_value right = expected[field];
    if (value.why == MS_OUT_OF_MEMORY || ms_fields[field].unit == MS_UNIT_TABLE)
        return; // items of a table have reasons of their own
    if (value.why != right.why)
        fail_msg("%s is %s", ms_fields[field].name, ms_reason_name(value.why));
    if (value.why == MS_KNOWN && is_text(ms_fields[field].unit))
        if (!ms_text_eq(value.text, right.text))
            fail_msg("%s: '%.*s'", ms_fields[field].name, (int)value.text.len, value.text.data);
    if (value.why == MS_KNOWN && !is_text(ms_fields[field].unit) && value.number != right.number)
        fail_msg("%s: %llu", ms_fields[field].name, (unsigned long long)value.number);
}

static int open_full(struct ms_source **source)
{
    return ms_source_create(MEMSH_FIXTURES "/full", source);
}

// Sums that are made while the listing is read are whole, or there are none.
static void read_sums(struct ms_process *process)
{
    static uint64_t expected_sum;
    const struct ms_group_sums like = {
        .keys = {MS_FIELD_VMA_path}, .key_count = 1, .sums = {MS_FIELD_SMAPS_rss}, .sum_count = 1};
    struct ms_listing list;
    uint64_t sum = 0;
    ms_listing_init(&list);
    struct ms_request *request = ms_reader_request_sums(process, true, 0, false, &like);
    const enum ms_reason why = request ? ms_request_take(request, &list) : MS_OUT_OF_MEMORY;
    ms_request_destroy(request);
    assert_true(why == MS_KNOWN || why == MS_OUT_OF_MEMORY);
    for (size_t i = 0; why == MS_KNOWN && ms_listing_is_summed(&list) && i < list.sums->tally.count; i++)
        sum += list.sums->tally.totals[i].sum;
    assert_true(sum == 0 || expected_sum == 0 || sum == expected_sum);
    expected_sum = expected_sum ? expected_sum : sum;
    ms_listing_deinit(&list);
}

// One pass over everything that is read; `check` sees each value.
static void read_all(struct ms_source *source, void (*check)(enum ms_field field, struct ms_value value))
{
    struct ms_process process, *batch = &process;
    struct ms_system system;
    struct ms_listing list;
    ms_files files = 0;
    for (int file = 0; file < MS_PROCESS_FILES; file++)
        files |= MS_FILES(file);
    ms_process_init(&process, source, ZOO);
    ms_system_init(&system, source);
    ms_listing_init(&list);
    ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STATM));
    ms_reader_load(&batch, 1, files);
    const enum ms_reason why = ms_reader_list(&process, true, 0, &list);
    assert_true(why == MS_KNOWN || why == MS_OUT_OF_MEMORY);
    read_sums(&process);
    for (int i = 0; i < MS_FIELD_COUNT; i++) {
        const enum ms_field field = (enum ms_field)i;
        struct ms_value value;
        if (ms_fields[i].kind == MS_SYSTEM && ms_fields[i].file != MS_FILE_MACHINE)
            check(field, ms_system_get(&system, field));
        else if (ms_fields[i].kind == MS_PROCESS && ms_process_get(&process, field, &value))
            check(field, value);
    }
    ms_listing_deinit(&list);
    ms_system_deinit(&system);
    ms_process_deinit(&process);
}

static char texts[1 << 20];
static size_t texts_len;

static void remember(enum ms_field field, struct ms_value value)
{
    if (value.why == MS_KNOWN && is_text(ms_fields[field].unit)) {
        assert_true(texts_len + value.text.len < sizeof(texts));
        memcpy(texts + texts_len, value.text.data, value.text.len);
        value.text.data = texts + texts_len;
        texts_len += value.text.len;
    }
    expected[field] = value;
}

static void no_memory_at_any_moment(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    skip();
#endif
    struct ms_source *source = NULL;
    assert_int_equal(open_full(&source), 0);
    read_all(source, remember);
    ms_source_destroy(source);
    const int fds = open_fds();
    long failed = 0;
    for (long moment = 0; moment < ALLOCATIONS_AT_MOST; moment++) {
        const long before = live_blocks;
        source = NULL;
        until_failure = moment;
        const int error = open_full(&source);
        if (!error)
            read_all(source, compare);
        const bool over = until_failure >= 0; // there were no more allocations
        until_failure = -1;
        ms_source_destroy(source);
        assert_true(error == 0 || error == ENOMEM);
        assert_int_equal(live_blocks, before);
        failed++;
        if (over)
            break;
    }
    assert_true(failed > 100 && failed < ALLOCATIONS_AT_MOST);
    assert_int_equal(open_fds(), fds);
}

// From some moment on there is no memory at all.
static void no_memory_for_good(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    skip();
#endif
    struct ms_source *source = NULL;
    assert_int_equal(open_full(&source), 0);
    struct ms_process process, *batch = &process;
    struct ms_value value;
    ms_process_init(&process, source, ZOO);
    assert_true(ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STATM)));
    for (int i = 0; i < 50; i++) {
        until_failure = 0;
        ms_reader_load(&batch, 1, MS_FILES(MS_FILE_STATUS));
        ms_reader_load(&batch, 1, MS_FILES(MS_FILE_MAPS) | MS_FILES(MS_FILE_CMDLINE));
    }
    until_failure = -1;
    if (ms_process_get(&process, MS_FIELD_STATUS_vm_swap, &value))
        assert_int_not_equal(value.why, MS_GONE);
    ms_process_deinit(&process);
    ms_source_destroy(source);
}

static struct ms_block *parse(enum ms_file file, struct ms_text text)
{
    struct ms_block *block = ms_block_create(file, MS_NOT_RECORDED);
    if (block)
        ms_parse_file(block, text, (struct ms_parse_context){.page_size = 4096});
    return block;
}

// Files whose parsers need memory of their own: a value is right or there was none for it.
static void parsers_without_memory(void **state)
{
    (void)state;
#ifdef FOREIGN_MALLOC
    skip();
#endif
    static const struct {
        enum ms_file file;
        enum ms_field field;
        const char *text;
    } cases[] = {
        {MS_FILE_GRAPHICS, MS_FIELD_GRAPHICS_drm_total,
         "pos:\t0\ndrm-driver:\tx\ndrm-total-x:\t1\npos:\t0\ndrm-driver:\tx\ndrm-total-x:\t1\n"},
        {MS_FILE_NUMA_MAPS, MS_FIELD_NUMA_MAPS_numa, "1000 default N0=1 kernelpagesize_kB=4\n"},
        {MS_FILE_STATUS, MS_FIELD_STAT_comm, "Name:\ta\\nb\nThreads:\t1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t lacking = 0;
        for (long moment = 0, over = 0; !over; moment++) {
            const long before = live_blocks;
            until_failure = moment;
            struct ms_block *block = parse(cases[i].file, ms_text_of(cases[i].text));
            over = until_failure >= 0;
            until_failure = -1;
            const enum ms_reason why = block ? value_of(block, cases[i].field).why : MS_OUT_OF_MEMORY;
            assert_true(why == (over ? MS_KNOWN : MS_OUT_OF_MEMORY));
            lacking += why != MS_KNOWN;
            ms_block_destroy(block);
            assert_int_equal(live_blocks, before);
        }
        assert_true(lacking >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_memory_at_any_moment),
        cmocka_unit_test(no_memory_for_good),
        cmocka_unit_test(parsers_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
