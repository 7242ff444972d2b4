// SPDX-License-Identifier: GPL-3.0-or-later
// Recordings in C: what was written is read, whatever else is in the file; damage is noticed; kill -9 loses
// nothing that was reported; the oldest moments go without taking what others need.
#include "busy_machine.h"
#include "recordings.h"

#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pool/pool.h"
#include "recorder/recorder.h"
#include "recording/codec.h"
#include "recording/private.h"
#include "source/source.h"

static void moments_are_read_as_they_were_written(void **state)
{
    (void)state;
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= 100; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    expect_moments(1, 100); // while it is written
    ms_record_writer_close(writer);
    expect_moments(1, 100);
    writer = open_writer(0); // another program goes on
    for (int moment = 101; moment <= 110; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
    expect_moments(1, 110);
    assert_int_equal(dropped, 0);
    remove_file();
}

static void one_program_writes_at_a_time(void **state)
{
    (void)state;
    struct ms_record_writer *writer = open_writer(0), *other = NULL;
    assert_int_equal(ms_record_writer_open(file_path(), (struct ms_record_writer_options){0}, &other), EBUSY);
    ms_record_writer_close(writer);
    remove_file();
}

static void (*before_lock)(void); // what others do before a lock is taken; NULL: nothing

int flock(int file, int operation)
{
    void (*others)(void) = before_lock;
    before_lock = NULL;
    if (others)
        others();
    return (int)syscall(SYS_flock, file, operation);
}

static void write_the_first(void)
{
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    assert_int_equal(write_moment(writer, 1, &dropped), 0);
    ms_record_writer_close(writer);
}

static void two_begin_a_file_one_after_the_other(void **state)
{
    (void)state;
    size_t dropped = 0;
    before_lock = write_the_first;
    struct ms_record_writer *writer = open_writer(0);
    assert_int_equal(write_moment(writer, 2, &dropped), 0);
    ms_record_writer_close(writer);
    expect_moments(1, 2);
    remove_file();
}

static void the_oldest_go_alone(void **state)
{
    (void)state;
    enum { MOMENTS = 74 }; // more than share bases
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= MOMENTS; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    for (int oldest = 2; oldest <= MOMENTS; oldest += 9) {
        dropped = 0;
        assert_int_equal(ms_record_writer_forget(writer, 1700000000 + oldest, &dropped), 0);
        assert_int_equal(dropped, oldest == 2 ? 1 : 9);
        expect_moments(oldest, MOMENTS);
        struct ms_recording *recording = open_recording();
        struct ms_moment_info *list;
        size_t count;
        assert_int_equal(ms_recording_moments(recording, &list, &count), 0);
        assert_int_equal(count, MOMENTS - oldest + 1);
        free(list);
        ms_recording_release(recording);
    }
    ms_record_writer_close(writer);
    remove_file();
}

// A listing that does not compress well: what is stored against it is worth that.
static struct ms_text small_listing(void)
{
    static char text[4096];
    uint32_t number = 1;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + ((number = number * 1664525u + 1013904223u) >> 28));
    return (struct ms_text){text, sizeof text};
}

// One listing a moment. A large one is compressed while it is read, and then stored against nothing.
static void write_listing(struct ms_record_writer *writer, int moment, bool is_large)
{
    struct ms_moment_info info = {.why = "every", .time = 1700000000 + moment};
    size_t dropped = 0;
    ms_record_writer_begin(writer);
    if (is_large) {
        MS_AUTO_BUF frame = {0};
        struct ms_compressor *compressor = ms_compressor_create();
        assert_true(ms_compress_more(compressor, MS_TEXT("large\n"), true, &frame));
        assert_int_equal(ms_record_writer_add_frame(writer, "5/smaps", ms_buf_text(&frame), 6), 0);
        ms_compressor_destroy(compressor);
    } else {
        assert_int_equal(ms_record_writer_add(writer, "5/smaps", small_listing(), 0), 0);
    }
    assert_int_equal(ms_record_writer_commit(writer, &info, &dropped), 0);
}

static void what_a_listing_is_stored_against_stays(void **state)
{
    (void)state;
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= 4; moment++)
        write_listing(writer, moment, moment % 2 == 0);
    for (int oldest = 2; oldest <= 4; oldest++) {
        assert_int_equal(ms_record_writer_forget(writer, 1700000000 + oldest, &dropped), 0);
        struct ms_recording *recording = open_recording();
        for (int moment = oldest; moment <= 4; moment++) {
            struct ms_moment *opened = open_moment(recording, moment);
            struct ms_found found = {0};
            assert_int_equal(ms_moment_find(opened, "5/smaps", &found), 0);
            assert_true(ms_text_eq(found.text, moment % 2 ? small_listing() : MS_TEXT("large\n")));
            ms_found_release(&found);
            ms_moment_close(opened);
        }
        ms_recording_release(recording);
    }
    assert_int_equal(dropped, 3);
    ms_record_writer_close(writer);
    remove_file();
}

// Each `every`-th moment has a listing; the others take room, so that moments are dropped in between.
static void take_seldom(struct ms_record_writer *writer, int moment, int every)
{
    struct ms_moment_info info = {.why = "every", .time = 1700000000 + moment};
    static char noise[8192];
    uint32_t number = (uint32_t)moment;
    size_t dropped = 0;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)((number = number * 1664525u + 1013904223u) >> 24);
    ms_record_writer_begin(writer);
    ms_record_writer_add(writer, "5/cmdline", (struct ms_text){noise, sizeof noise}, 0);
    if (moment % every == 1)
        ms_record_writer_add(writer, "5/smaps", small_listing(), 0);
    assert_int_equal(ms_record_writer_commit(writer, &info, &dropped), 0);
}

static void expect_listing(int moment)
{
    struct ms_recording *recording = open_recording();
    struct ms_moment *opened = open_moment(recording, moment);
    struct ms_found found = {0};
    assert_non_null(opened);
    assert_int_equal(ms_moment_find(opened, "5/smaps", &found), 0);
    assert_true(ms_text_eq(found.text, small_listing()));
    ms_found_release(&found);
    ms_moment_close(opened);
    ms_recording_release(recording);
}

static void a_listing_is_whole_where_the_last_one_was_dropped(void **state)
{
    (void)state;
    enum { BOUND = 160 * 1024, SHORTEST = 8, LONGEST = 28 }; // there is room for some 15 moments
    for (int every = SHORTEST; every <= LONGEST; every++) {
        struct ms_record_writer *writer = open_writer(BOUND);
        for (int moment = 1; moment <= 2 * every + 1; moment++) {
            take_seldom(writer, moment, every);
            if (moment % every == 1)
                expect_listing(moment);
        }
        ms_record_writer_close(writer);
        remove_file();
    }
}

static void a_listing_is_whole_where_the_last_one_was_too_old(void **state)
{
    (void)state;
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= 6; moment++)
        take_seldom(writer, moment, 6);
    assert_int_equal(ms_record_writer_forget(writer, 1700000000 + 4, &dropped), 0);
    assert_int_equal(dropped, 3);
    take_seldom(writer, 7, 6);
    expect_listing(7);
    ms_record_writer_close(writer);
    remove_file();
}

static void expect_newest(struct ms_recording *recording, int moment, size_t count)
{
    struct ms_moment_info *list;
    size_t listed;
    struct ms_moment *opened = open_moment(recording, moment);
    assert_non_null(opened);
    assert_int_equal(check_moment(opened, moment), 0);
    ms_moment_close(opened);
    assert_int_equal(ms_recording_moments(recording, &list, &listed), 0);
    assert_int_equal(listed, count);
    free(list);
}

// A file that nobody writes is opened as one that stays as it is, and recorders may come to it later.
static void what_is_added_to_an_open_recording_is_seen(void **state)
{
    (void)state;
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= 3; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
    struct ms_recording *recording = open_recording();
    expect_newest(recording, 3, 3);
    writer = open_writer(0);
    expect_newest(recording, 3, 3);
    assert_int_equal(write_moment(writer, 4, &dropped), 0);
    expect_newest(recording, 4, 4);
    ms_record_writer_close(writer);
    expect_newest(recording, 4, 4);
    ms_recording_release(recording);
    recording = open_recording();
    writer = open_writer(0); // one that has come and gone between two looks
    for (int moment = 5; moment <= 90; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    assert_int_equal(ms_record_writer_forget(writer, 1700000000 + 80, &dropped), 0);
    ms_record_writer_close(writer);
    expect_newest(recording, 90, 11);
    ms_recording_release(recording);
    remove_file();
}

// A recorder that goes on may come to a kind of files that it did not have before.
static void a_kind_that_comes_later_is_seen(void **state)
{
    (void)state;
    size_t dropped = 0;
    bool has;
    struct ms_found found = {0};
    struct ms_record_writer *writer = open_writer(0);
    assert_int_equal(write_moment(writer, 1, &dropped), 0);
    struct ms_recording *recording = open_recording();
    assert_int_equal(ms_recording_has(recording, 1, "smaps", &has), 0);
    assert_false(has);
    take_seldom(writer, 2, 1);
    take_seldom(writer, 3, 2);
    struct ms_moment *opened = open_moment(recording, 3);
    assert_int_equal(ms_moment_find(opened, "5/smaps", &found), 0);
    assert_true(ms_text_eq(found.text, small_listing()));
    ms_found_release(&found);
    ms_moment_close(opened);
    ms_recording_release(recording);
    recording = open_recording();
    assert_int_equal(write_moment(writer, 4, &dropped), 0);
    ms_record_writer_begin(writer);
    ms_record_writer_add(writer, "5/limits", MS_TEXT("none\n"), 0);
    assert_int_equal(ms_record_writer_commit(
                         writer, &(struct ms_moment_info){.why = "every", .time = 1700000005}, &dropped),
                     0);
    assert_int_equal(ms_recording_has(recording, 5, "limits", &has), 0);
    assert_true(has);
    ms_recording_release(recording);
    ms_record_writer_close(writer);
    remove_file();
}

static void a_file_has_its_bound(void **state)
{
    (void)state;
    enum { BOUND = 120 * 1024, MOMENTS = 150 };
    size_t dropped = 0;
    struct stat st;
    struct ms_record_writer *writer = open_writer(BOUND);
    for (int moment = 1; moment <= MOMENTS; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
    assert_true(dropped > 0);
    assert_int_equal(stat(file_path(), &st), 0);
    assert_true(st.st_size <= BOUND);
    expect_moments((int)dropped + 1, MOMENTS);
    remove_file();
}

// ---- damage

// Opens what is left; whatever can be read is as it was.
static void look_at_damaged(int moments)
{
    struct ms_recording *recording = NULL;
    if (ms_recording_open(file_path(), &recording))
        return;
    struct ms_moment_info *list = NULL;
    size_t count = 0;
    ms_recording_moments(recording, &list, &count);
    for (size_t i = 0; i < count; i++) {
        struct ms_moment *opened = NULL;
        if (isnan(list[i].time) || ms_moment_open(recording, list[i].id, &opened))
            continue;
        const int moment = (int)(list[i].time - 1700000000);
        assert_in_range(moment, 1, moments);
        check_moment(opened, moment);
        pid_t *pids = NULL;
        size_t there = 0;
        if (ms_moment_pids(opened, &pids, &there) == 0)
            for (int pid = 1, at = 0; pid <= PROCESSES; pid++)
                if (is_there(moment, pid))
                    assert_int_equal(pids[at++], pid);
        free(pids);
        ms_moment_close(opened);
    }
    free(list);
    ms_recording_release(recording);
}

static void make_small(int moments)
{
    size_t dropped = 0;
    struct ms_record_writer *writer = open_writer(0);
    for (int moment = 1; moment <= moments; moment++)
        assert_int_equal(write_moment(writer, moment, &dropped), 0);
    ms_record_writer_close(writer);
}

static void damage_is_noticed(void **state)
{
    (void)state;
    // The head of a page has the most that can be wrong with it. MEMSH_FLIPS: more of each page.
    enum { MOMENTS = 3, PAGE = 4096, HEAD = 8 };
    const char *asked = getenv("MEMSH_FLIPS");
    const int flips = asked ? atoi(asked) : 12;
    size_t size;
    make_small(MOMENTS);
    char *bytes = read_whole(&size);
    unsigned random = 12345;
    for (size_t page = 0; page < size / PAGE; page++)
        for (int i = 0; i < flips; i++) {
            random = random * 1103515245 + 12345;
            const size_t at = page * PAGE + (i < HEAD ? (size_t)i : random >> 8 & (PAGE - 1));
            const char was = bytes[at];
            bytes[at] ^= (char)(1 << (random >> 24 & 7));
            write_whole(bytes, size);
            look_at_damaged(MOMENTS);
            bytes[at] = was;
        }
    free(bytes);
    remove_file();
}

static void pages_that_are_others_are_noticed(void **state)
{
    (void)state;
    enum { MOMENTS = 3, PAGE = 4096 };
    size_t size;
    char page[PAGE];
    make_small(MOMENTS);
    char *bytes = read_whole(&size);
    for (size_t at = 0; at < size; at += PAGE)
        for (int kind = 0; kind < 3; kind++) {
            memcpy(page, bytes + at, PAGE);
            if (kind == 0)
                memset(bytes + at, 0, PAGE);
            else if (kind == 1)
                memset(bytes + at, 0xff, PAGE);
            else
                memcpy(bytes + at, bytes + (at + PAGE) % size, PAGE);
            write_whole(bytes, size);
            look_at_damaged(MOMENTS);
            memcpy(bytes + at, page, PAGE);
        }
    free(bytes);
    remove_file();
}

static void a_file_that_was_cut_off_is_noticed(void **state)
{
    (void)state;
    enum { MOMENTS = 3, STEP = 509 };
    size_t size;
    make_small(MOMENTS);
    char *bytes = read_whole(&size);
    for (size_t len = 0; len < size; len += STEP) {
        write_whole(bytes, len);
        look_at_damaged(MOMENTS);
    }
    free(bytes);
    remove_file();
}

// ---- ends that nobody chose

static void write_until_killed(int report, int first)
{
    size_t dropped = 0;
    struct ms_record_writer *writer = NULL;
    if (ms_record_writer_open(file_path(), (struct ms_record_writer_options){0}, &writer))
        _exit(1);
    for (int moment = first;; moment++) {
        if (write_moment(writer, moment, &dropped) || write(report, &moment, sizeof(moment)) < 0)
            _exit(2);
    }
}

static void kill_loses_nothing(void **state)
{
    (void)state;
    const char *asked = getenv("MEMSH_KILLS");
    const int times = asked ? atoi(asked) : 10;
    int last = 0;
    unsigned random = 1;
    for (int i = 0; i < times; i++) {
        int report[2], moment, first = last + 1;
        assert_int_equal(pipe(report), 0);
        const pid_t child = fork();
        if (child == 0)
            write_until_killed(report[1], first);
        close(report[1]);
        if (i % 2 && read(report[0], &moment, sizeof(moment)) == (ssize_t)sizeof(moment))
            last = moment; // else it may be killed before there is one, while it opens the file
        random = random * 1103515245 + 12345;
        usleep(random >> 8 & 0xffff);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(report[0], &moment, sizeof(moment)) == (ssize_t)sizeof(moment))
            last = moment;
        close(report[0]);
        if (last)
            expect_moments(last > 20 ? last - 20 : 1, last);
        struct ms_recording *recording = NULL;
        struct ms_moment_info info;
        size_t damaged;
        if (ms_recording_open(file_path(), &recording) == 0) {
            if (ms_recording_find(recording, INFINITY, NULL, &info, &damaged) == 0)
                last = (int)(info.time - 1700000000); // one that was committed and not reported any more
            ms_recording_release(recording);
        }
    }
    assert_true(last > 0);
    remove_file();
}

// ---- as a source

static void what_was_not_recorded_is_unknown(void **state)
{
    (void)state;
    make_small(1);
    struct ms_source *source = NULL;
    assert_int_equal(ms_source_create(file_path(), &source), 0);
    struct ms_buf text = {0};
    const struct ms_target one = {.pid = 1, .dir = -1}, none = {.pid = 4000, .dir = -1};
    int error = ms_source_read(source, one, MS_FILE_STATUS, &text);
    assert_int_equal(ms_source_reason(source, one, error), MS_NOT_RECORDED);
    error = ms_source_read(source, none, MS_FILE_STAT, &text);
    assert_int_equal(ms_source_reason(source, none, error), MS_GONE);
    const struct ms_target denied = {.pid = 20, .dir = -1};
    error = ms_source_read(source, denied, MS_FILE_CGROUP, &text);
    assert_int_equal(ms_source_reason(source, denied, error), MS_DENIED);
    assert_int_equal(ms_source_read(source, one, MS_FILE_STATM, &text), 0);
    assert_int_equal(ms_source_cgroup_list(source, "/a", &text), 0);
    assert_string_equal(text.data + text.len - 2, "b");
    ms_buf_deinit(&text);
    ms_source_destroy(source);
    remove_file();
}

// For the benchmarks: a moment each ten seconds of a week.
static int write_week(const char *path)
{
    enum { WEEK = 7 * 24 * 3600 / 10 };
    struct ms_record_writer *writer = NULL;
    size_t dropped = 0;
    int error = ms_record_writer_open(path, (struct ms_record_writer_options){0}, &writer);
    for (int moment = 1; moment <= WEEK && !error; moment++)
        error = write_moment(writer, 10 * moment, &dropped);
    ms_record_writer_close(writer);
    return error != 0;
}

static void a_piece_of_any_number_is_waited_for_where_it_is_loaded_alone(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, MS_MOMENT_MAX, INT64_MAX};
    struct ms_piece_cache cache = {0};
    ms_piece_cache_init(&cache);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_null(ms_piece_cache_take(&cache, numbers[i])); // nobody loads it: it does not wait
        ms_piece_cache_failed(&cache, numbers[i]);
    }
    ms_piece_cache_deinit(&cache);
}

static void a_prefix_may_be_any_bytes(void **state)
{
    (void)state;
    // The second begins as dictionaries of zstd do, as a command line may.
    static const char *const beginnings[] = {"412 (nginx) S 1 412", "\x37\xa4\x30\xec", "7", ""};
    struct ms_compressor *compressor = ms_compressor_create();
    struct ms_decompressor *decompressor = ms_decompressor_create();
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        struct ms_buf prefix = {0}, content = {0}, frame = {0};
        char *out = NULL;
        ms_buf_adds(&prefix, beginnings[i]);
        for (int number = 0; *beginnings[i] && number < 200 * (int)i; number++)
            ms_buf_addf(&prefix, " %d", number * number);
        ms_buf_addf(&content, "%.*s and more", (int)prefix.len, prefix.data ? prefix.data : "");
        assert_true(ms_compress(compressor, ms_buf_text(&content), ms_buf_text(&prefix), &frame));
        assert_int_equal(
            ms_decompress(decompressor, ms_buf_text(&frame), ms_buf_text(&prefix), content.len, &out), 0);
        assert_memory_equal(out, content.data, content.len);
        free(out);
        assert_int_equal(
            ms_decompress(decompressor, ms_buf_text(&frame), ms_buf_text(&prefix), content.len + 1, &out),
            EBADMSG);
        ms_buf_deinit(&prefix);
        ms_buf_deinit(&content);
        ms_buf_deinit(&frame);
    }
    ms_compressor_destroy(compressor);
    ms_decompressor_destroy(decompressor);
}

static volatile sig_atomic_t told_to_stop;

// Stops the recorder while it reads the last process, which hears of it before it goes on.
static int stop_at_the_last(void *ctx, const char *path)
{
    (void)ctx;
    told_to_stop = strcmp(path, "9/status") == 0 || told_to_stop;
    while (told_to_stop && ms_pool_heartbeat() && !ms_heartbeat_stopped(ms_pool_heartbeat()))
        usleep(1000);
    return 0;
}

static void a_moment_that_was_stopped_is_none(void **state)
{
    (void)state;
    struct ms_moment_info info;
    struct ms_source *source = NULL;
    for (int pid = 7; pid <= 9; pid++) {
        char path[32], text[128];
        snprintf(path, sizeof(path), "stopped/%d/stat", pid);
        snprintf(text, sizeof(text), "%d (a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid,
                 100 + pid);
        put(path, text);
    }
    assert_int_equal(ms_source_create(path_in_folder("stopped"), &source), 0);
    ms_source_set_hooks(source, (struct ms_source_hooks){.open = stop_at_the_last});
    struct ms_record_writer *writer = open_writer(0);
    struct ms_recorder *recorder =
        ms_recorder_create(source, writer, (struct ms_recorder_options){.stop = &told_to_stop});
    assert_int_equal(ms_recorder_take(recorder, &(struct ms_taking){.why = "asked"}, &info), EINTR);
    ms_recorder_destroy(recorder);
    ms_record_writer_close(writer);
    ms_source_destroy(source);
    remove_file();
}

int main(int argc, char **argv)
{
    if (getenv("MEMSH_WEEK"))
        return write_week(getenv("MEMSH_WEEK"));
    if (getenv("MEMSH_RAW")) // test_recording KIND...
        return decompress_kinds(getenv("MEMSH_RAW"), argv + 1);
    if (getenv("MEMSH_BUSY")) // test_recording MOMENTS PROCESSES
        return argc != 3 ||
               write_busy_machine(getenv("MEMSH_BUSY"), (unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_read_as_they_were_written),
        cmocka_unit_test(one_program_writes_at_a_time),
        cmocka_unit_test(two_begin_a_file_one_after_the_other),
        cmocka_unit_test(the_oldest_go_alone),
        cmocka_unit_test(what_a_listing_is_stored_against_stays),
        cmocka_unit_test(a_listing_is_whole_where_the_last_one_was_dropped),
        cmocka_unit_test(a_listing_is_whole_where_the_last_one_was_too_old),
        cmocka_unit_test(what_is_added_to_an_open_recording_is_seen),
        cmocka_unit_test(a_kind_that_comes_later_is_seen),
        cmocka_unit_test(a_file_has_its_bound),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(pages_that_are_others_are_noticed),
        cmocka_unit_test(a_file_that_was_cut_off_is_noticed),
        cmocka_unit_test(kill_loses_nothing),
        cmocka_unit_test(what_was_not_recorded_is_unknown),
        cmocka_unit_test(a_piece_of_any_number_is_waited_for_where_it_is_loaded_alone),
        cmocka_unit_test(a_prefix_may_be_any_bytes),
        cmocka_unit_test(a_moment_that_was_stopped_is_none),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
