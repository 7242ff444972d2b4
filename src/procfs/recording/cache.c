// SPDX-License-Identifier: GPL-3.0-or-later
// Each piece is decompressed once for all the threads that want files of it.
#include "recording/private.h"

#include <stdlib.h>

enum {
    CACHE_BYTES = 64 << 20,
    PLACES = sizeof((struct ms_piece_cache *)0)->loading / sizeof(int64_t),
};

void ms_piece_cache_init(struct ms_piece_cache *cache)
{
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->changed, NULL);
}

void ms_piece_cache_clear(struct ms_piece_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    while (cache->pieces) {
        struct ms_piece *piece = cache->pieces;
        cache->pieces = piece->next;
        ms_piece_release(piece);
    }
    cache->bytes = 0;
    pthread_mutex_unlock(&cache->lock);
}

void ms_piece_cache_deinit(struct ms_piece_cache *cache)
{
    ms_piece_cache_clear(cache);
    pthread_cond_destroy(&cache->changed);
    pthread_mutex_destroy(&cache->lock);
}

static size_t memory_of(const struct ms_piece *piece)
{
    return sizeof *piece + piece->size + piece->count * sizeof *piece->files;
}

// Moves it to the front.
static struct ms_piece *find(struct ms_piece_cache *cache, int64_t id)
{
    for (struct ms_piece **slot = &cache->pieces; *slot; slot = &(*slot)->next) {
        struct ms_piece *piece = *slot;
        if (piece->id != id)
            continue;
        *slot = piece->next;
        piece->next = cache->pieces;
        return cache->pieces = piece;
    }
    return NULL;
}

// The place of an id among those that are being loaded, or of none: 0.
static int64_t *place_of(struct ms_piece_cache *cache, int64_t id)
{
    for (size_t i = 0; i < PLACES; i++)
        if (cache->loading[i] == id)
            return &cache->loading[i];
    return NULL;
}

struct ms_piece *ms_piece_cache_take(struct ms_piece_cache *cache, int64_t id)
{
    struct ms_piece *piece;
    int64_t *place;
    pthread_mutex_lock(&cache->lock);
    while (!(piece = find(cache, id)) && place_of(cache, id))
        pthread_cond_wait(&cache->changed, &cache->lock);
    if (piece)
        ms_piece_hold(piece);
    else if ((place = place_of(cache, 0))) // without a place others load it, too
        *place = id;
    pthread_mutex_unlock(&cache->lock);
    return piece;
}

bool ms_piece_cache_has(struct ms_piece_cache *cache, int64_t id)
{
    pthread_mutex_lock(&cache->lock);
    const bool has = find(cache, id);
    pthread_mutex_unlock(&cache->lock);
    return has;
}

static void end_loading(struct ms_piece_cache *cache, int64_t id)
{
    int64_t *place = place_of(cache, id);
    if (place)
        *place = 0;
    pthread_cond_broadcast(&cache->changed);
}

void ms_piece_cache_failed(struct ms_piece_cache *cache, int64_t id)
{
    pthread_mutex_lock(&cache->lock);
    end_loading(cache, id);
    pthread_mutex_unlock(&cache->lock);
}

// Lets go of what was used longest ago.
static void shrink(struct ms_piece_cache *cache)
{
    size_t bytes = 0;
    struct ms_piece **slot = &cache->pieces;
    for (; *slot && bytes + memory_of(*slot) <= CACHE_BYTES; slot = &(*slot)->next)
        bytes += memory_of(*slot);
    cache->bytes = bytes;
    while (*slot) {
        struct ms_piece *piece = *slot;
        *slot = piece->next;
        ms_piece_release(piece);
    }
}

void ms_piece_cache_put(struct ms_piece_cache *cache, struct ms_piece *piece)
{
    pthread_mutex_lock(&cache->lock);
    if (!find(cache, piece->id)) {
        ms_piece_hold(piece);
        piece->next = cache->pieces;
        cache->pieces = piece;
        cache->bytes += memory_of(piece);
        if (cache->bytes > CACHE_BYTES)
            shrink(cache);
    }
    end_loading(cache, piece->id);
    pthread_mutex_unlock(&cache->lock);
}
