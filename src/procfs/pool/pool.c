// SPDX-License-Identifier: GPL-3.0-or-later
#include "pool/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CACHE_LINE = 64 };

// Each in a cache line of its own: neighbours are written to by different threads.
struct item {
    _Alignas(CACHE_LINE) atomic_int state; // enum ms_item_state
    struct ms_heartbeat heartbeat;
    struct slot *slot; // of the thread that runs it
    unsigned seen;     // its step when the owner looked last
    unsigned quiet_ms; // for how long that has been its step
};

struct ms_batch {
    struct ms_pool *pool;
    struct ms_batch *next;      // of the queue
    struct ms_batch *neighbour; // of all that are looked at
    unsigned holds;             // of the owner
    unsigned refs;              // the pool's list of them, and each thread that is in it
    struct ms_work work;
    atomic_size_t at;   // the next item to begin with
    atomic_size_t left; // those that are neither done nor given up on
    struct item items[];
};

enum slot_state { FREE, ALIVE, ENDED };

struct slot {
    struct ms_pool *pool;
    enum slot_state state;
    pthread_t thread;
};

struct ms_pool {
    struct ms_pool_limits limits;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    _Atomic(struct ms_batch *) awaited; // what the owner waits for
    unsigned refs;                      // the owner, each batch, each thread that was given up on
    unsigned alive, lost;
    unsigned idle;  // threads that wait, and that no call is on its way to
    unsigned calls; // to threads that wait
    bool quit;
    struct ms_batch *first, **last; // the queue
    struct ms_batch *held;          // all that are not over, or not released
    struct slot slots[];
};

// ---- who holds what; all under the lock

// Unlocks. The pool is gone if this was the last hold on it.
static void let_go_of_pool(struct ms_pool *pool)
{
    const bool last = --pool->refs == 0;
    pthread_mutex_unlock(&pool->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->done);
    free(pool);
}

// Unlocks and locks again where there is something to free.
static void let_go_of_batch(struct ms_pool *pool, struct ms_batch *batch)
{
    if (--batch->refs)
        return;
    pool->refs--; // the caller has a hold of its own
    pthread_mutex_unlock(&pool->lock);
    batch->work.destroy(batch->work.ctx);
    free(batch);
    pthread_mutex_lock(&pool->lock);
}

static void unqueue(struct ms_pool *pool, const struct ms_batch *batch)
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
static struct ms_batch *next_batch(struct ms_pool *pool)
{
    while (pool->first && atomic_load(&pool->first->at) >= pool->first->work.count)
        unqueue(pool, pool->first);
    return pool->first;
}

// ---- the threads

static bool change_state(struct item *item, enum ms_item_state from, enum ms_item_state to)
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

static _Thread_local struct ms_heartbeat *current;

struct ms_heartbeat *ms_pool_heartbeat(void)
{
    return current;
}

// False where the thread was given up on meanwhile.
static bool run_items(struct ms_batch *batch, struct slot *slot)
{
    for (;;) {
        const size_t at = atomic_fetch_add(&batch->at, 1);
        if (at >= batch->work.count)
            return true;
        struct item *item = &batch->items[at];
        item->slot = slot;
        if (!change_state(item, MS_ITEM_WAITING, MS_ITEM_RUNNING))
            continue;
        current = &item->heartbeat;
        batch->work.run(batch->work.ctx, at, &item->heartbeat);
        current = NULL;
        if (!change_state(item, MS_ITEM_RUNNING, MS_ITEM_DONE)) {
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
    struct slot *slot = argument;
    struct ms_pool *pool = slot->pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->quit) {
        struct ms_batch *batch = next_batch(pool);
        if (!batch) {
            wait_for_call(pool);
            continue;
        }
        batch->refs++;
        pthread_mutex_unlock(&pool->lock);
        const bool kept = run_items(batch, slot);
        pthread_mutex_lock(&pool->lock);
        let_go_of_batch(pool, batch);
        if (!kept) { // its slot is another's
            pool->lost--;
            let_go_of_pool(pool);
            return NULL;
        }
    }
    slot->state = ENDED;
    pool->alive--;
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

// Signals are the owner's: they are to interrupt its waiting, and touch its Lua state.
static bool start_thread(struct slot *slot)
{
    enum { STACK_SIZE = 1 << 20 }; // readers keep what is large on the heap
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes))
        return false;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(&slot->thread, &attributes, work, slot) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (started) {
        slot->state = ALIVE;
        slot->pool->alive++;
    }
    return started;
}

static unsigned most_alive(const struct ms_pool *pool)
{
    const unsigned left = pool->lost < pool->limits.most_lost ? pool->limits.most_lost - pool->lost : 1;
    return left < pool->limits.threads ? left : pool->limits.threads;
}

// Sees to it that `items` more are worked on: by threads that wait, and by new ones.
static void call_threads(struct ms_pool *pool, size_t items)
{
    for (; items && pool->idle; items--) {
        pool->idle--;
        pool->calls++;
        pthread_cond_signal(&pool->work);
    }
    for (size_t i = 0; i < pool->limits.threads && items && pool->alive < most_alive(pool); i++)
        if (pool->slots[i].state == FREE) {
            if (!start_thread(&pool->slots[i]))
                return;
            items--;
        }
}

// ---- their owner

enum {
    TICK_MS = 20,     // how often the owner looks whether all move, and whether it is to stop
    GRACE_MS = 60,    // how long one that is told to stop is waited for
    HURRIED_MS = 100, // how long one may stand still when the run is to end
};

static long long now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

struct ms_pool *ms_pool_create(const struct ms_pool_limits *limits)
{
    struct ms_pool *pool = calloc(1, sizeof *pool + limits->threads * sizeof pool->slots[0]);
    pthread_condattr_t monotonic;
    if (!pool)
        return NULL;
    pool->limits = *limits;
    pool->refs = 1;
    pool->last = &pool->first;
    for (unsigned i = 0; i < limits->threads; i++)
        pool->slots[i].pool = pool;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return pool;
}

static struct ms_batch *create_batch(struct ms_pool *pool, const struct ms_work *what)
{
    const size_t size = sizeof(struct ms_batch) + what->count * sizeof(struct item);
    struct ms_batch *batch = aligned_alloc(CACHE_LINE, size);
    if (!batch)
        return NULL;
    memset(batch, 0, size);
    batch->pool = pool;
    batch->refs = batch->holds = 1;
    batch->work = *what;
    atomic_init(&batch->left, what->count);
    return batch;
}

bool ms_batch_is_over(const struct ms_batch *batch)
{
    return atomic_load(&batch->left) == 0;
}

// Lets go of what was released and is over by now.
static void sweep(struct ms_pool *pool)
{
    for (struct ms_batch **at = &pool->held; *at;) {
        struct ms_batch *batch = *at;
        if (batch->holds == 0 && ms_batch_is_over(batch)) {
            *at = batch->neighbour;
            unqueue(pool, batch);
            let_go_of_batch(pool, batch);
        } else {
            at = &batch->neighbour;
        }
    }
}

static void enqueue(struct ms_pool *pool, struct ms_batch *batch)
{
    if (batch->work.urgent) {
        batch->next = pool->first;
        pool->first = batch;
        if (!batch->next)
            pool->last = &batch->next;
        return;
    }
    *pool->last = batch;
    pool->last = &batch->next;
}

struct ms_batch *ms_pool_submit(struct ms_pool *pool, const struct ms_work *what)
{
    struct ms_batch *batch = create_batch(pool, what);
    if (!batch)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    sweep(pool);
    call_threads(pool, what->count);
    const bool taken = pool->alive > 0;
    if (taken) {
        pool->refs++;
        enqueue(pool, batch);
        batch->neighbour = pool->held;
        pool->held = batch;
    }
    pthread_mutex_unlock(&pool->lock);
    if (taken)
        return batch;
    free(batch);
    return NULL;
}

static void warn_all(struct ms_pool *pool)
{
    for (struct ms_batch *batch = pool->held; batch; batch = batch->neighbour)
        for (size_t i = 0; i < batch->work.count; i++)
            atomic_store(&batch->items[i].heartbeat.careful, true);
}

// Under the lock.
static void give_up(struct ms_batch *batch, struct item *item, enum ms_item_state as)
{
    struct ms_pool *pool = batch->pool;
    if (!change_state(item, MS_ITEM_RUNNING, as))
        return;
    atomic_store(&item->heartbeat.stop, true);
    pthread_detach(item->slot->thread);
    item->slot->state = FREE;
    pool->alive--;
    pool->lost++;
    pool->refs++;
    atomic_fetch_sub(&batch->left, 1);
    if (pool->lost >= pool->limits.most_lost)
        warn_all(pool);
    if (!pool->quit && next_batch(pool))
        call_threads(pool, 1);
}

// How long it stands still is counted in looks, so that time in which memsh itself stood still (Ctrl-Z, a
// suspended machine) is nobody's fault.
static void look_at(struct ms_batch *batch)
{
    const struct ms_pool_limits *limits = &batch->pool->limits;
    const bool hurry = limits->hurry && *limits->hurry && limits->patience_ms > HURRIED_MS;
    const unsigned patience = hurry ? HURRIED_MS : limits->patience_ms;
    for (size_t i = 0; i < batch->work.count; i++) {
        struct item *item = &batch->items[i];
        if (atomic_load(&item->state) != MS_ITEM_RUNNING)
            continue;
        const unsigned step = atomic_load_explicit(&item->heartbeat.step, memory_order_relaxed);
        item->quiet_ms = step == item->seen ? item->quiet_ms + TICK_MS : 0;
        item->seen = step;
        if (item->quiet_ms + TICK_MS >= patience) // it stood still for up to a tick before that was seen
            give_up(batch, item, MS_ITEM_LOST);
    }
}

static void drop(struct ms_batch *batch)
{
    atomic_store(&batch->at, batch->work.count);
    for (size_t i = 0; i < batch->work.count; i++)
        if (change_state(&batch->items[i], MS_ITEM_WAITING, MS_ITEM_DROPPED))
            atomic_fetch_sub(&batch->left, 1);
}

// No thread is left, and none can be made.
static void drop_all(struct ms_pool *pool)
{
    call_threads(pool, 1);
    for (struct ms_batch *batch = pool->held; batch && pool->alive == 0; batch = batch->neighbour)
        drop(batch);
}

static void stop_items(struct ms_batch *batch)
{
    drop(batch);
    for (size_t i = 0; i < batch->work.count; i++)
        atomic_store(&batch->items[i].heartbeat.stop, true);
}

static void stop_all(struct ms_pool *pool)
{
    for (struct ms_batch *batch = pool->held; batch; batch = batch->neighbour)
        stop_items(batch);
}

static void leave_all(struct ms_pool *pool)
{
    for (struct ms_batch *batch = pool->held; batch; batch = batch->neighbour)
        for (size_t i = 0; i < batch->work.count; i++)
            give_up(batch, &batch->items[i], MS_ITEM_ABANDONED);
}

// Waits for `done`, at most until the tick is over. Whether it is.
static bool wait_a_tick(struct ms_pool *pool, long long begun_ms)
{
    const long long until = begun_ms + TICK_MS;
    const struct timespec end = {.tv_sec = until / 1000, .tv_nsec = (long)(until % 1000 * 1000000)};
    return pthread_cond_timedwait(&pool->done, &pool->lock, &end) == ETIMEDOUT;
}

void ms_batch_wait(struct ms_batch *batch, const volatile sig_atomic_t *stop)
{
    struct ms_pool *pool = batch->pool;
    if (ms_batch_is_over(batch))
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->awaited, batch);
    unsigned stopping_ms = 0;
    bool stopping = false;
    for (long long begun = now_ms(); !ms_batch_is_over(batch);) {
        if (stop && *stop && !stopping) {
            stop_all(pool);
            stopping = true;
            continue;
        }
        if (!wait_a_tick(pool, begun))
            continue;
        begun = now_ms();
        for (struct ms_batch *held = pool->held; held; held = held->neighbour)
            look_at(held);
        if (pool->alive == 0)
            drop_all(pool);
        stopping_ms += stopping ? TICK_MS : 0;
        if (stopping_ms >= GRACE_MS)
            leave_all(pool);
    }
    atomic_store(&pool->awaited, NULL);
    pthread_mutex_unlock(&pool->lock);
}

enum ms_item_state ms_batch_state(const struct ms_batch *batch, size_t item)
{
    return (enum ms_item_state)atomic_load(&batch->items[item].state);
}

int ms_batch_at(const struct ms_batch *batch, size_t item)
{
    return atomic_load_explicit(&batch->items[item].heartbeat.at, memory_order_relaxed);
}

void ms_batch_hold(struct ms_batch *batch)
{
    batch->holds++;
}

void ms_batch_release(struct ms_batch *batch)
{
    if (!batch || --batch->holds)
        return;
    struct ms_pool *pool = batch->pool;
    pthread_mutex_lock(&pool->lock);
    stop_items(batch);
    pool->refs++;
    sweep(pool);
    let_go_of_pool(pool);
}

unsigned ms_pool_lost(struct ms_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    const unsigned lost = pool->lost;
    pthread_mutex_unlock(&pool->lock);
    return lost;
}

// Waits for the threads, at most `most_ms` (0: as long as it takes).
static void wait_for_threads(struct ms_pool *pool, unsigned most_ms)
{
    long long begun = now_ms();
    for (unsigned waited = 0; pool->alive && (!most_ms || waited < most_ms);)
        if (wait_a_tick(pool, begun)) {
            begun = now_ms();
            waited += TICK_MS;
        }
}

void ms_pool_destroy(struct ms_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->quit = true;
    stop_all(pool);
    pthread_cond_broadcast(&pool->work);
    wait_for_threads(pool, GRACE_MS);
    leave_all(pool);
    wait_for_threads(pool, 0);
    sweep(pool);
    for (size_t slot = 0; slot < pool->limits.threads; slot++)
        if (pool->slots[slot].state == ENDED)
            pthread_join(pool->slots[slot].thread, NULL); // past the lock for good
    let_go_of_pool(pool);
}
