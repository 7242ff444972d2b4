// SPDX-License-Identifier: GPL-3.0-or-later
// Threads that work through batches: all of it is done once, what hangs is given up on and costs no more than
// its own time, and whoever comes back late harms nobody.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "pool/pool.h"

enum { PATIENCE_MS = 300, LOST = 4 };

struct many {
    atomic_int runs[1000];
    size_t hangs; // this item waits for the gate, and those behind it that `hang_count` says
    size_t hang_count;
    bool listens;      // they stop when they are told to
    int moves_ms;      // for so long each item takes a step a millisecond
    atomic_bool open;  // the gate
    atomic_int inside; // how many wait at it
    atomic_int destroyed;
};

static struct many many;
static volatile sig_atomic_t stop;

static void run_one(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    struct many *all = ctx;
    ms_heartbeat_begin(heartbeat, (int)item);
    if (item >= all->hangs && item < all->hangs + all->hang_count) {
        atomic_fetch_add(&all->inside, 1);
        while (!atomic_load(&all->open) && !(all->listens && ms_heartbeat_stopped(heartbeat)))
            usleep(1000);
        atomic_fetch_sub(&all->inside, 1);
    }
    for (int i = 0; i < all->moves_ms; i++) {
        usleep(1000);
        ms_heartbeat_step(heartbeat);
    }
    atomic_fetch_add(&all->runs[item], 1);
}

static void count_destroyed(void *ctx)
{
    atomic_fetch_add(&((struct many *)ctx)->destroyed, 1);
}

static int set_up(void **state)
{
    (void)state;
    many = (struct many){.hangs = SIZE_MAX};
    stop = 0;
    return 0;
}

static struct ms_pool *new_pool(unsigned threads)
{
    struct ms_pool *pool = ms_pool_create(
        &(struct ms_pool_limits){.threads = threads, .patience_ms = PATIENCE_MS, .most_lost = LOST});
    assert_non_null(pool);
    return pool;
}

static struct ms_batch *submit(struct ms_pool *pool, size_t count)
{
    struct ms_batch *batch =
        ms_pool_submit(pool, &(struct ms_work){run_one, count_destroyed, &many, count, false});
    assert_non_null(batch);
    return batch;
}

static void expect_runs(size_t first, size_t last, int runs)
{
    for (size_t i = first; i < last; i++)
        assert_int_equal(many.runs[i], runs);
}

// Those that were given up on let go of their batch when they come back.
static void expect_destroyed(int count)
{
    for (int i = 0; i < 10000 && atomic_load(&many.destroyed) < count; i++)
        usleep(1000);
    assert_int_equal(many.destroyed, count);
}

static void every_item_is_done_once(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct ms_pool *pool = new_pool(threads);
        set_up(NULL);
        for (int round = 1; round <= 50; round++) {
            struct ms_batch *batch = submit(pool, 1000);
            ms_batch_wait(batch, NULL);
            assert_true(ms_batch_is_over(batch));
            expect_runs(0, 1000, round);
            assert_int_equal(ms_batch_state(batch, 999), MS_ITEM_DONE);
            ms_batch_release(batch);
        }
        ms_pool_destroy(pool);
        assert_int_equal(many.destroyed, 50);
    }
}

static void several_batches_are_on_their_way(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(2);
    struct ms_batch *batches[6];
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < 6; i++)
            batches[i] = submit(pool, 1);
        for (size_t i = 0; i < 6; i++) {
            if (i % 3) // the others are let go of unseen
                ms_batch_wait(batches[i], NULL);
            ms_batch_release(batches[i]);
        }
    }
    ms_pool_destroy(pool);
    assert_int_equal(many.destroyed, 1800);
}

static char order[8];
static atomic_int ordered;

static void note_order(void *ctx, size_t item, struct ms_heartbeat *heartbeat)
{
    (void)item;
    (void)heartbeat;
    order[atomic_fetch_add(&ordered, 1)] = *(char *)ctx;
}

static void keep(void *ctx)
{
    (void)ctx;
}

static void what_is_urgent_goes_before_what_waits(void **state)
{
    (void)state;
    static char names[] = "abcdef";
    struct ms_pool *pool = new_pool(1);
    struct ms_batch *batches[6];
    many.hangs = 0;
    many.hang_count = 1;
    struct ms_batch *gate = submit(pool, 1); // the only thread is in it
    while (!atomic_load(&many.inside))
        usleep(1000);
    for (size_t i = 0; i < 6; i++) {
        const bool urgent = i == 0 || i == 3; // into an empty queue, and into one
        batches[i] = ms_pool_submit(pool, &(struct ms_work){note_order, keep, &names[i], 1, urgent});
        assert_non_null(batches[i]);
    }
    atomic_store(&many.open, true);
    for (size_t i = 0; i < 6; i++) {
        ms_batch_wait(batches[i], NULL);
        ms_batch_release(batches[i]);
    }
    assert_string_equal(order, "dabcef");
    ms_batch_wait(gate, NULL);
    ms_batch_release(gate);
    ms_pool_destroy(pool);
}

static void what_hangs_is_given_up_on_and_the_rest_is_done(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct ms_pool *pool = new_pool(threads);
        set_up(NULL);
        many.hangs = 20;
        many.hang_count = 1;
        struct ms_batch *batch = submit(pool, 100);
        ms_batch_wait(batch, NULL);
        assert_int_equal(ms_batch_state(batch, 20), MS_ITEM_LOST);
        assert_int_equal(ms_batch_at(batch, 20), 20);
        assert_int_equal(ms_pool_lost(pool), 1);
        expect_runs(0, 20, 1);
        expect_runs(20, 21, 0);
        expect_runs(21, 100, 1);
        ms_batch_hold(batch);
        ms_batch_release(batch);
        atomic_store(&many.open, true);
        while (ms_batch_state(batch, 20) != MS_ITEM_RETURNED)
            usleep(1000);
        ms_batch_release(batch);
        expect_destroyed(1);
        ms_pool_destroy(pool);
    }
}

static void threads_are_replaced_until_too_many_are_lost(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(2);
    many.hangs = 0;
    many.hang_count = LOST;
    struct ms_batch *batch = submit(pool, 200);
    ms_batch_wait(batch, NULL);
    assert_int_equal(ms_pool_lost(pool), LOST);
    expect_runs(0, LOST, 0);
    expect_runs(LOST, 200, 1); // one thread is always left
    ms_batch_release(batch);
    ms_pool_destroy(pool); // waits for nobody
    assert_int_equal(many.destroyed, 0);
    atomic_store(&many.open, true);
    expect_destroyed(1);
}

static void one_that_moves_is_given_its_time(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(1);
    many.moves_ms = 2 * PATIENCE_MS;
    struct ms_batch *batch = submit(pool, 1);
    ms_batch_wait(batch, &stop);
    assert_int_equal(ms_batch_state(batch, 0), MS_ITEM_DONE);
    ms_batch_release(batch);
    ms_pool_destroy(pool);
}

static void stopped_what_was_not_begun_is_dropped(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(1);
    many.hangs = 10;
    many.hang_count = 1;
    many.listens = true;
    struct ms_batch *batch = submit(pool, 100), *other = submit(pool, 5);
    while (!atomic_load(&many.inside))
        usleep(1000);
    stop = 1;
    ms_batch_wait(batch, &stop);
    assert_int_equal(ms_batch_state(batch, 9), MS_ITEM_DONE);
    assert_int_equal(ms_batch_state(batch, 10), MS_ITEM_DONE); // it listened
    assert_int_equal(ms_batch_state(batch, 11), MS_ITEM_DROPPED);
    assert_int_equal(ms_batch_state(other, 0), MS_ITEM_DROPPED);
    assert_int_equal(ms_pool_lost(pool), 0);
    ms_batch_release(batch);
    ms_batch_release(other);
    ms_pool_destroy(pool);
    expect_runs(11, 100, 0);
}

static void stopped_one_that_does_not_listen_is_left(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(1);
    many.hangs = 0;
    many.hang_count = 1;
    struct ms_batch *batch = submit(pool, 2);
    while (!atomic_load(&many.inside))
        usleep(1000);
    stop = 1;
    ms_batch_wait(batch, &stop);
    assert_int_equal(ms_batch_state(batch, 0), MS_ITEM_ABANDONED);
    assert_int_equal(ms_batch_state(batch, 1), MS_ITEM_DROPPED);
    stop = 0;
    many.hangs = SIZE_MAX;
    struct ms_batch *next = submit(pool, 50); // goes on with another thread
    ms_batch_wait(next, &stop);
    expect_runs(2, 50, 1);
    atomic_store(&many.open, true);
    ms_batch_release(batch);
    ms_batch_release(next);
    ms_pool_destroy(pool);
    expect_destroyed(2);
}

static void batches_may_outlive_the_pool(void **state)
{
    (void)state;
    struct ms_pool *pool = new_pool(2);
    many.hangs = 0;
    many.hang_count = 1;
    struct ms_batch *batch = submit(pool, 300);
    ms_pool_destroy(pool);
    ms_batch_wait(batch, NULL);
    assert_true(ms_batch_is_over(batch));
    ms_batch_release(batch);
    atomic_store(&many.open, true);
    expect_destroyed(1);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_item_is_done_once),
        TEST(several_batches_are_on_their_way),
        TEST(what_is_urgent_goes_before_what_waits),
        TEST(what_hangs_is_given_up_on_and_the_rest_is_done),
        TEST(threads_are_replaced_until_too_many_are_lost),
        TEST(one_that_moves_is_given_its_time),
        TEST(stopped_what_was_not_begun_is_dropped),
        TEST(stopped_one_that_does_not_listen_is_left),
        TEST(batches_may_outlive_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
