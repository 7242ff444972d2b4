// SPDX-License-Identifier: GPL-3.0-or-later
// Each piece is decompressed once for all the threads that want files of it.
#include "recording/private.h"

#include <stdlib.h>

enum {
    CACHE_BYTES = 64 << 20,
    MOMENTS = 8, // that go by until what none of them asked for is let go of
    PLACES = sizeof((struct ms_piece_cache *)0)->loading / sizeof(int64_t),
    NOTHING = -1, // in a place: no piece has that number
};

void ms_piece_cache_init(struct ms_piece_cache *cache)
{
    pthread_mutex_init(&cache->lock, NULL);
    pthread_cond_init(&cache->changed, NULL);
    for (size_t i = 0; i < PLACES; i++)
        cache->loading[i] = NOTHING;
}

static struct ms_piece **place_of_piece(struct ms_piece_cache *cache, int64_t id)
{
    const uint64_t mixed = (uint64_t)id * 0x9e3779b97f4a7c15;
    return &cache->places[mixed >> 32 & (MS_CACHE_PLACES - 1)];
}

static size_t memory_of(const struct ms_piece *piece)
{
    return sizeof *piece + piece->size + piece->count * sizeof *piece->files;
}

// ---- by when they were used

static void unchain(struct ms_piece_cache *cache, struct ms_piece *piece)
{
    *(piece->newer ? &piece->newer->older : &cache->newest) = piece->older;
    *(piece->older ? &piece->older->newer : &cache->oldest) = piece->newer;
}

static void chain(struct ms_piece_cache *cache, struct ms_piece *piece)
{
    piece->newer = NULL;
    piece->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = piece;
    cache->newest = piece;
}

static void drop(struct ms_piece_cache *cache, struct ms_piece *piece)
{
    struct ms_piece **slot = place_of_piece(cache, piece->id);
    while (*slot != piece)
        slot = &(*slot)->next;
    *slot = piece->next;
    unchain(cache, piece);
    cache->bytes -= memory_of(piece);
    ms_piece_release(piece);
}

void ms_piece_cache_clear(struct ms_piece_cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    while (cache->oldest)
        drop(cache, cache->oldest);
    pthread_mutex_unlock(&cache->lock);
}

void ms_piece_cache_clear_moment(struct ms_piece_cache *cache, int64_t moment)
{
    pthread_mutex_lock(&cache->lock);
    cache->turn++;
    for (struct ms_piece *piece = cache->newest, *older; piece; piece = older) {
        older = piece->older;
        if (cache->turn - piece->turn > MOMENTS || (piece->base && ms_piece_moment(piece->id) == moment))
            drop(cache, piece);
    }
    pthread_mutex_unlock(&cache->lock);
}

void ms_piece_cache_deinit(struct ms_piece_cache *cache)
{
    ms_piece_cache_clear(cache);
    pthread_cond_destroy(&cache->changed);
    pthread_mutex_destroy(&cache->lock);
}

// It is the one that was used last then.
static struct ms_piece *find(struct ms_piece_cache *cache, int64_t id)
{
    struct ms_piece *piece = *place_of_piece(cache, id);
    while (piece && piece->id != id)
        piece = piece->next;
    if (piece)
        piece->turn = cache->turn;
    if (piece && piece != cache->newest) {
        unchain(cache, piece);
        chain(cache, piece);
    }
    return piece;
}

// The place of an id among those that are being loaded, or of NOTHING.
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
    else if ((place = place_of(cache, NOTHING))) // without a place others load it, too
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
        *place = NOTHING;
    pthread_cond_broadcast(&cache->changed);
}

void ms_piece_cache_failed(struct ms_piece_cache *cache, int64_t id)
{
    pthread_mutex_lock(&cache->lock);
    end_loading(cache, id);
    pthread_mutex_unlock(&cache->lock);
}

void ms_piece_cache_put(struct ms_piece_cache *cache, struct ms_piece *piece)
{
    pthread_mutex_lock(&cache->lock);
    if (!find(cache, piece->id)) {
        struct ms_piece **slot = place_of_piece(cache, piece->id);
        ms_piece_hold(piece);
        piece->turn = cache->turn;
        piece->next = *slot;
        *slot = piece;
        chain(cache, piece);
        cache->bytes += memory_of(piece);
        while (cache->bytes > CACHE_BYTES)
            drop(cache, cache->oldest);
    }
    end_loading(cache, piece->id);
    pthread_mutex_unlock(&cache->lock);
}
