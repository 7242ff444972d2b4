// SPDX-License-Identifier: GPL-3.0-or-later
// Kills for lack of memory in the kernel's log: the lines of several kernels, and names that were chosen to
// be taken for something else.
#include "test_procfs.h"

#include "system/oom_kills.h"

struct seen {
    size_t count;
    struct ms_oom_kill kills[4];
};

static void take(void *ctx, const struct ms_oom_kill *kill)
{
    struct seen *seen = ctx;
    assert_true(seen->count < 4);
    seen->kills[seen->count++] = *kill;
}

static struct seen kills(const char *text)
{
    static char own[4096];
    struct seen seen = {0};
    assert_true(strlen(text) < sizeof own);
    strcpy(own, text);
    ms_oom_kills_each((struct ms_text){own, strlen(own)}, take, &seen);
    return seen;
}

static void expect_is(struct ms_text text, const char *expected)
{
    if (!ms_text_eq(text, ms_text_of(expected)))
        fail_msg("it is '%.*s' and should be '%s'", (int)text.len, text.data, expected);
}

#define NUMBERS                                                                                              \
    "total-vm:118968kB, anon-rss:40704kB, file-rss:6672kB, shmem-rss:4kB, UID:33 pgtables:144kB "            \
    "oom_score_adj:0"

static void a_kill_at_the_limit_of_a_group(void **state)
{
    (void)state;
    struct seen seen =
        kills("4,1,27573400770,-;python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0\n"
              "6,2,27573401632,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,"
              "mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=python3,pid=901,uid=33\n"
              "3,3,27573401672,-,caller=T1;Memory cgroup out of memory: Killed process 901 "
              "(python3) " NUMBERS "\n");
    assert_int_equal(seen.count, 1);
    const struct ms_oom_kill *kill = &seen.kills[0];
    assert_true(kill->seconds > 27573.401 && kill->seconds < 27573.402);
    assert_int_equal(kill->pid, 901);
    expect_is(kill->comm, "python3");
    expect_is(kill->group, "/a/b");
    expect_is(kill->limited, "/a");
    assert_true(kill->by_limit);
    assert_int_equal(kill->uid.why, MS_KNOWN);
    assert_int_equal(kill->uid.number, 33);
    assert_int_equal(kill->virt.why, MS_KNOWN);
    assert_int_equal(kill->virt.number, 118968 * 1024);
    assert_int_equal(kill->anon.number, 40704 * 1024);
    assert_int_equal(kill->file.number, 6672 * 1024);
    assert_int_equal(kill->shmem.number, 4096);
}

static void a_kill_for_the_machine(void **state)
{
    (void)state;
    struct seen seen =
        kills("6,2,5,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,"
              "global_oom,task_memcg=/user.slice,task=big,pid=7,uid=0\n"
              "3,3,6,-;Out of memory: Killed process 7 (big) " NUMBERS "\n");
    assert_int_equal(seen.count, 1);
    assert_false(seen.kills[0].by_limit);
    expect_is(seen.kills[0].group, "/user.slice");
    expect_is(seen.kills[0].limited, "");
}

static void older_kernels_say_less(void **state)
{
    (void)state;
    struct seen seen =
        kills("3,3,6,-;Memory cgroup out of memory: Kill process 7 (big) score 900 or sacrifice child\n"
              "3,4,7,-;Killed process 7 (big) total-vm:8kB, anon-rss:4kB, file-rss:0kB\n");
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.kills[0].anon.number, 4096);
    assert_int_equal(seen.kills[0].uid.why, MS_UNSUPPORTED);
    assert_int_equal(seen.kills[0].shmem.why, MS_UNSUPPORTED);
    expect_is(seen.kills[0].group, "");
}

// What the summary lacks is empty; the limit is known by either line.
static void a_summary_with_less(void **state)
{
    (void)state;
    static const struct {
        const char *summary, *group;
        bool by_limit;
    } cases[] = {
        {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a/b,task=big,pid=7,uid=0", "/a/b",
         true},
        {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a/b,pid=7,uid=0", "", true},
        {"oom-kill:constraint=CONSTRAINT_NONE,task=big,pid=7,uid=0", "", false},
        {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a/b,task=big,pid=8,uid=0", "", false},
        {"oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a/b,task=big,uid=0", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text, "6,2,5,-;%s\n3,3,6,-;Killed process 7 (big) " NUMBERS "\n",
                 cases[i].summary);
        struct seen seen = kills(text);
        assert_int_equal(seen.count, 1);
        expect_is(seen.kills[0].group, cases[i].group);
        expect_is(seen.kills[0].limited, *cases[i].group ? "/a" : "");
        assert_int_equal(seen.kills[0].by_limit, cases[i].by_limit);
    }
}

static void which_records_are_kept(void **state)
{
    (void)state;
    assert_true(ms_kmsg_is_of_kill(MS_TEXT("3,3,6,-;Killed process 7 (big) total-vm:8kB\n")));
    assert_true(ms_kmsg_is_of_kill(MS_TEXT("6,2,5,-;oom-kill:constraint=CONSTRAINT_NONE\n")));
    assert_false(ms_kmsg_is_of_kill(MS_TEXT("6,1,0,-;Linux version\n")));
    assert_false(ms_kmsg_is_of_kill(MS_TEXT("")));
}

static void names_are_no_more_than_names(void **state)
{
    (void)state;
    struct seen seen =
        kills("6,2,5,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,"
              "oom_memcg=/,pid=1,task_memcg=/,task=x,pid=2,task=a,pid=9,uid=0\n"
              "3,3,6,-;Memory cgroup out of memory: Killed process 9 (a) total-vm:1) " NUMBERS "\n"
              "3,4,7,-;Out of memory: Killed process 10 (Killed process) " NUMBERS "\n");
    assert_int_equal(seen.count, 2);
    expect_is(seen.kills[0].comm, "a) total-vm:1");
    assert_int_equal(seen.kills[0].pid, 9);
    assert_int_equal(seen.kills[0].virt.number, 118968 * 1024);
    expect_is(seen.kills[0].limited, "/,pid=1");
    expect_is(seen.kills[0].group, "/,task=x,pid=2");
    assert_int_equal(seen.kills[1].pid, 10);
    expect_is(seen.kills[1].group, ""); // the summary is of another process
}

// What a program writes into /dev/kmsg has another facility, and no line of text is a record by itself.
static void nobody_else_can_say_it(void **state)
{
    (void)state;
    assert_int_equal(kills("12,3,6,-;Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 0);
    assert_int_equal(kills("Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 0);
    assert_int_equal(kills(" SUBSYSTEM=Killed process 7 (big) " NUMBERS "\n").count, 0);
    assert_int_equal(kills("8,3,6,-;Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 0);
    assert_int_equal(kills("7,3,6,-;Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 1);
    assert_int_equal(kills("3,3,x,-;Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 0);
    assert_int_equal(kills("3,x,6,-;Out of memory: Killed process 7 (big) " NUMBERS "\n").count, 0);
}

static void what_is_cut_is_no_kill_or_has_no_number(void **state)
{
    (void)state;
    const char *whole = "3,3,6,-;Out of memory: Killed process 7 (big) " NUMBERS;
    for (size_t len = 0; len <= strlen(whole); len++) {
        char *part = malloc(len + 1);
        memcpy(part, whole, len);
        part[len] = '\0';
        struct seen seen = kills(part);
        free(part);
        if (seen.count)
            expect_is(seen.kills[0].comm, "big");
    }
    struct seen seen = kills("3,3,6,-;Killed process 7 (big) total-vm:99999999999999999999kB, anon-rss:kB\n");
    assert_int_equal(seen.kills[0].virt.why, MS_MALFORMED);
    assert_int_equal(seen.kills[0].anon.why, MS_MALFORMED);
    seen = kills("3,3,6,-;Killed process 7 (big) total-vm:18446744073709551615kB\n");
    assert_int_equal(seen.kills[0].virt.why, MS_MALFORMED);
    seen = kills("3,3,6,-;Killed process 7 (big) total-vm:18014398509481983kB, anon-rss:1kB\n");
    assert_true(seen.kills[0].virt.number == 18014398509481983ULL * 1024);
    assert_int_equal(kills("3,3,6,-;Killed process 7 big) total-vm:1kB\n").count, 0);
    assert_int_equal(kills("3,3,6,-;Killed process x (big) total-vm:1kB\n").count, 0);
    assert_int_equal(kills("").count, 0);
    assert_int_equal(kills("\n\n;;\n3,3,6,-;\n").count, 0);
}

// ---- where it comes from

static void a_saved_log(void **state)
{
    (void)state;
    struct ms_buf log = {0};
    double seconds = 0;
    struct ms_source *source = open_folder();
    assert_int_equal(ms_oom_kills_load(source, &log, &seconds), ENODATA);
    ms_source_destroy(source);
    put("uptime", "100.50 1.00\n");
    put(".machine/kmsg", "6,1,0,-;Linux version\n3,3,6,-;Killed process 7 (big) total-vm:8kB\n");
    source = open_folder();
    assert_int_equal(ms_oom_kills_load(source, &log, &seconds), 0);
    assert_true(seconds > 100.4 && seconds < 100.6);
    expect_is(ms_buf_text(&log), "3,3,6,-;Killed process 7 (big) total-vm:8kB\n");
    ms_buf_deinit(&log);
    ms_source_destroy(source);
    put("errors", ".machine/kmsg EPERM\n");
    source = open_folder();
    assert_int_equal(ms_oom_kills_load(source, &log, &seconds), EPERM);
    ms_source_destroy(source);
    ms_buf_deinit(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kill_at_the_limit_of_a_group),
        cmocka_unit_test(a_kill_for_the_machine),
        cmocka_unit_test(older_kernels_say_less),
        cmocka_unit_test(a_summary_with_less),
        cmocka_unit_test(which_records_are_kept),
        cmocka_unit_test(names_are_no_more_than_names),
        cmocka_unit_test(nobody_else_can_say_it),
        cmocka_unit_test(what_is_cut_is_no_kill_or_has_no_number),
        cmocka_unit_test_setup_teardown(a_saved_log, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
