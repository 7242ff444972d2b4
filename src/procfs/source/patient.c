// SPDX-License-Identifier: GPL-3.0-or-later
// A saved root may lie on a filesystem that hangs (FUSE, NFS), and who asks for a file of it may have a
// deadline and gets Ctrl-C: the file is read by a thread of its own, which is left alone where it takes too
// long.
#include "source/private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USUAL_PATIENCE = 2000, LOOK_UP = 20 }; // milliseconds

// Whoever comes last frees it: the thread where it was given up, else who waited.
struct errand {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done, given_up;
    int error;
    struct ms_source *source; // held
    size_t max;
    struct ms_buf text;
    char path[];
};

static void destroy(struct errand *errand)
{
    ms_source_release(errand->source);
    pthread_cond_destroy(&errand->ended);
    pthread_mutex_destroy(&errand->lock);
    ms_buf_deinit(&errand->text);
    free(errand);
}

static struct errand *create(struct ms_source *source, const char *path, size_t max)
{
    const size_t size = strlen(path) + 1;
    struct errand *errand = calloc(1, sizeof *errand + size);
    if (!errand)
        return NULL;
    pthread_mutex_init(&errand->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&errand->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    ms_buf_init(&errand->text);
    errand->source = source;
    errand->max = max;
    memcpy(errand->path, path, size);
    ms_source_hold(source);
    return errand;
}

static void *run(void *ctx)
{
    struct errand *errand = ctx;
    const int error = ms_source_slurp_here(errand->source, errand->path, errand->max, &errand->text);
    pthread_mutex_lock(&errand->lock);
    const bool given_up = errand->given_up;
    errand->error = error;
    errand->done = true;
    pthread_cond_signal(&errand->ended);
    pthread_mutex_unlock(&errand->lock);
    if (given_up)
        destroy(errand);
    return NULL;
}

// Signals stay those of who asks. 0 or an errno.
static int start(struct errand *errand, pthread_t *thread)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    const int error = pthread_create(thread, NULL, run, errand);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

static struct timespec from_now(unsigned milliseconds)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    const long nanoseconds = at.tv_nsec + (long)milliseconds * 1000000;
    return (struct timespec){at.tv_sec + nanoseconds / 1000000000, nanoseconds % 1000000000};
}

// Whether the thread is done; else the errand is the thread's from here on.
static bool wait_for(struct errand *errand)
{
    const struct ms_source *source = errand->source;
    const unsigned patience = source->patience_ms ? source->patience_ms : USUAL_PATIENCE;
    pthread_mutex_lock(&errand->lock);
    for (unsigned waited = 0; !errand->done && waited < patience && !ms_source_stopped(source);
         waited += LOOK_UP) {
        const struct timespec until = from_now(LOOK_UP);
        int woken = 0;
        while (!errand->done && woken != ETIMEDOUT)
            woken = pthread_cond_timedwait(&errand->ended, &errand->lock, &until);
    }
    const bool done = errand->done;
    errand->given_up = !done;
    pthread_mutex_unlock(&errand->lock);
    return done;
}

int ms_source_slurp_patiently(struct ms_source *source, const char *path, size_t max, struct ms_buf *out)
{
    struct errand *errand = create(source, path, max);
    if (!errand)
        return ENOMEM;
    pthread_t thread;
    int error = start(errand, &thread);
    if (!error && !wait_for(errand)) {
        pthread_detach(thread);
        return ms_source_stopped(source) ? EINTR : ETIMEDOUT;
    }
    if (!error)
        pthread_join(thread, NULL); // it is past the lock
    error = error == EAGAIN ? ENOMEM : error ? error : errand->error;
    if (!error && !ms_buf_add(out, errand->text.data, errand->text.len))
        error = ENOMEM;
    destroy(errand);
    return error;
}
