// SPDX-License-Identifier: GPL-3.0-or-later
// All processes of the machine, read by several threads while others come and go: each row is of one process,
// and the machine is what it was before.
#include "test_procfs.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "mappings/streaming_sums.h"
#include "reader/reader.h"

enum { SCANS = 6, AHEAD = 6, MOST = 300 };

#define FILES                                                                                                \
    (MS_FILES(MS_FILE_STAT) | MS_FILES(MS_FILE_STATM) | MS_FILES(MS_FILE_STATUS) |                           \
     MS_FILES(MS_FILE_CMDLINE) | MS_FILES(MS_FILE_ROLLUP))

static struct ms_process rows[MOST], *batch[MOST];

// Children that end at once, some of which execute another program first.
static pid_t start_churn(void)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; getppid() != 1; i++) {
        const pid_t child = vfork();
        if (child == 0) {
            if (i % 4 == 0)
                execl("/bin/true", "true", (char *)NULL);
            _exit(0);
        }
    }
    _exit(0);
}

static size_t list(struct ms_source *source)
{
    pid_t *pids = NULL;
    size_t count = 0;
    assert_int_equal(ms_source_pids(source, &pids, &count), 0);
    const size_t first = count > MOST ? count - MOST : 0; // the newest come and go
    count -= first;
    for (size_t i = 0; i < count; i++) {
        ms_process_init(&rows[i], source, pids[first + i]);
        batch[i] = &rows[i];
    }
    free(pids);
    return count;
}

static bool number(const struct ms_process *row, enum ms_field field, uint64_t *out)
{
    struct ms_value value = {.why = MS_IO};
    if (!ms_process_get(row, field, &value))
        fail_msg("%s of %d was not loaded", ms_fields[field].name, (int)row->pid);
    *out = value.number;
    return value.why == MS_KNOWN;
}

// What two files tell of one process is the same.
static bool check_row(const struct ms_process *row)
{
    uint64_t virt, res, pss, rss;
    if (!number(row, MS_FIELD_STATM_virt, &virt) || !number(row, MS_FIELD_STATM_res, &res))
        return false;
    assert_true(virt >= res);
    if (number(row, MS_FIELD_ROLLUP_pss, &pss) && number(row, MS_FIELD_ROLLUP_rss_exact, &rss))
        assert_true(pss <= rss);
    return true;
}

static size_t scan(struct ms_source *source)
{
    const size_t count = list(source);
    size_t known = 0;
    assert_true(ms_reader_load(batch, count, FILES));
    for (size_t i = 0; i < count; i++)
        known += check_row(&rows[i]);
    for (size_t i = 0; i < count; i++)
        ms_process_deinit(&rows[i]);
    return known;
}

static const struct ms_group_sums like = {
    .keys = {MS_FIELD_VMA_path}, .key_count = 1, .sums = {MS_FIELD_SMAPS_rss}, .sum_count = 1};

// All mappings are in a group, and no group has more memory than mappings.
static void check_sums(const struct ms_listing *listing)
{
    const struct ms_group_sums *tally = &listing->sums->tally;
    uint64_t mappings = 0;
    for (size_t i = 0; i < tally->count; i++) {
        mappings += tally->groups[i].count;
        assert_int_equal(tally->totals[i].count, tally->groups[i].count);
        assert_true(tally->totals[i].max <= tally->totals[i].sum);
    }
    assert_int_equal(mappings, ms_listing_number(listing));
}

static size_t take(struct ms_request *request, struct ms_source *source)
{
    struct ms_listing listing;
    ms_listing_init(&listing);
    const bool known = ms_request_take(request, &listing) == MS_KNOWN;
    if (known && ms_listing_is_summed(&listing))
        check_sums(&listing);
    assert_true(!known || listing.count > 0);
    assert_true(ms_listing_in_order(&listing));
    ms_request_destroy(request);
    ms_reader_recycle(source, &listing);
    return known;
}

static size_t scan_mappings(struct ms_source *source)
{
    const size_t count = list(source);
    struct ms_request *ahead[AHEAD] = {0};
    size_t known = 0;
    for (size_t i = 0; i < count + AHEAD; i++) {
        struct ms_request **slot = &ahead[i % AHEAD];
        if (*slot)
            known += take(*slot, source);
        *slot = i >= count  ? NULL
                : i % 4 < 2 ? ms_reader_request(batch[i], i % 2, MS_FILES(MS_FILE_STATM))
                            : ms_reader_request_sums(batch[i], true, 0, i % 4 == 2, &like);
    }
    for (size_t i = 0; i < count; i++)
        ms_process_deinit(&rows[i]);
    return known;
}

static void rows_are_of_one_process_each(void **state)
{
    (void)state;
    struct ms_source *source = NULL;
    const int fds = open_fds();
    const struct ms_reader_limits limits = {.jobs = 4, .timeout_ms = 60000};
    assert_int_equal(ms_source_create(NULL, &source), 0);
    assert_true(ms_reader_configure(source, &limits, (struct ms_reader_signs){0}));
    const pid_t churn = start_churn();
    for (int i = 0; i < SCANS; i++) {
        assert_true(scan(source) > 1);
        assert_true(scan_mappings(source) > 0);
    }
    kill(churn, SIGKILL);
    waitpid(churn, NULL, 0);
    ms_source_destroy(source);
    assert_int_equal(open_fds(), fds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_of_one_process_each)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
