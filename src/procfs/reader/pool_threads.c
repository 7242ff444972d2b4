// SPDX-License-Identifier: GPL-3.0-or-later
// The threads of a pool.
#include "reader/pool_private.h"

#include <stdlib.h>

// Readers keep what is large on the heap.
enum { STACK_SIZE = 1 << 20 };

struct start {
    struct ms_pool *pool;
    size_t slot;
};

// ---- who holds what; all under the lock

static void free_pool(struct ms_pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    free(pool);
}

// Unlocks. The pool is gone if this was the last hold on it.
void ms_pool_let_go_of_pool(struct ms_pool *pool)
{
    const bool last = --pool->refs == 0;
    pthread_mutex_unlock(&pool->lock);
    if (last)
        free_pool(pool);
}

// Unlocks and locks again where there is something to free.
void ms_pool_let_go_of_batch(struct ms_pool *pool, struct ms_batch *batch)
{
    if (--batch->refs)
        return;
    pool->refs--; // the caller has a hold of its own
    pthread_mutex_unlock(&pool->lock);
    batch->work.destroy(batch->work.ctx);
    free(batch);
    pthread_mutex_lock(&pool->lock);
}

void ms_pool_unqueue(struct ms_pool *pool, const struct ms_batch *batch)
{
    for (struct ms_batch **at = &pool->first; *at; at = &(*at)->next)
        if (*at == batch) {
            *at = batch->next;
            if (!*at)
                pool->last = at;
            return;
        }
}

// The first batch that has items left.
struct ms_batch *ms_pool_next_batch(struct ms_pool *pool)
{
    while (pool->first && atomic_load(&pool->first->at) >= pool->first->work.count)
        ms_pool_unqueue(pool, pool->first);
    return pool->first;
}

// ---- the threads

bool ms_pool_change_state(struct item *item, enum ms_item_state from, enum ms_item_state to)
{
    int expected = (int)from;
    return atomic_compare_exchange_strong(&item->state, &expected, (int)to);
}

// The owner is only woken where it waits, and by the last.
static void finish_item(struct ms_batch *batch)
{
    struct ms_pool *pool = batch->pool;
    if (atomic_fetch_sub(&batch->left, 1) != 1 || atomic_load(&pool->awaited) != batch)
        return;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
}

// False where the thread was given up on meanwhile.
static bool run_items(struct ms_batch *batch, size_t slot)
{
    for (;;) {
        const size_t at = atomic_fetch_add(&batch->at, 1);
        if (at >= batch->work.count)
            return true;
        struct item *item = &batch->items[at];
        item->slot = slot;
        if (!ms_pool_change_state(item, MS_ITEM_WAITING, MS_ITEM_RUNNING))
            continue;
        batch->work.run(batch->work.ctx, at, &item->heartbeat);
        if (!ms_pool_change_state(item, MS_ITEM_RUNNING, MS_ITEM_DONE)) {
            atomic_store(&item->state, MS_ITEM_RETURNED);
            return false;
        }
        finish_item(batch);
    }
}

static void wait_for_call(struct ms_pool *pool)
{
    pool->idle++;
    while (!pool->calls && !pool->quit)
        pthread_cond_wait(&pool->work, &pool->lock);
    if (pool->calls)
        pool->calls--;
}

static void *work(void *argument)
{
    struct start *start = argument;
    struct ms_pool *pool = start->pool;
    const size_t slot = start->slot;
    free(start);
    pthread_mutex_lock(&pool->lock);
    while (!pool->quit) {
        struct ms_batch *batch = ms_pool_next_batch(pool);
        if (!batch) {
            wait_for_call(pool);
            continue;
        }
        batch->refs++;
        pthread_mutex_unlock(&pool->lock);
        const bool kept = run_items(batch, slot);
        pthread_mutex_lock(&pool->lock);
        ms_pool_let_go_of_batch(pool, batch);
        if (!kept) { // its slot is another's
            pool->lost--;
            ms_pool_let_go_of_pool(pool);
            return NULL;
        }
    }
    pool->slots[slot].state = ENDED;
    pool->alive--;
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

// Signals are the owner's: they are to interrupt its waiting, and touch its Lua state.
static bool start_thread(struct ms_pool *pool, size_t slot)
{
    struct start *start = malloc(sizeof *start);
    pthread_attr_t attributes;
    sigset_t all, before;
    if (!start || pthread_attr_init(&attributes)) {
        free(start);
        return false;
    }
    *start = (struct start){pool, slot};
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&pool->slots[slot].thread, &attributes, work, start) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!started) {
        free(start);
        return false;
    }
    pool->slots[slot].state = ALIVE;
    pool->alive++;
    return true;
}

static unsigned most_alive(const struct ms_pool *pool)
{
    const unsigned left = pool->lost < pool->limits.most_lost ? pool->limits.most_lost - pool->lost : 1;
    return left < pool->limits.threads ? left : pool->limits.threads;
}

// Sees to it that `items` more are worked on: by threads that wait, and by new ones.
void ms_pool_call_threads(struct ms_pool *pool, size_t items)
{
    for (; items && pool->idle; items--) {
        pool->idle--;
        pool->calls++;
        pthread_cond_signal(&pool->work);
    }
    for (size_t slot = 0; slot < pool->limits.threads && items && pool->alive < most_alive(pool); slot++)
        if (pool->slots[slot].state == FREE) {
            if (!start_thread(pool, slot))
                return;
            items--;
        }
}
