// SPDX-License-Identifier: GPL-3.0-or-later
// Shared memory that no process maps: who owns the files of a tmpfs, and what processes hold open.
#include "bind/bind.h"
#include "bind/handles.h"
#include "parse/parse.h"
#include "reader/shmem_files.h"

#include <errno.h>
#include <sys/sysmacros.h>

static bool device_of(const char *text, dev_t *out)
{
    struct ms_text rest = ms_text_of(text);
    uint64_t major, minor;
    if (!ms_text_take_hex(&rest, ':', &major) || !ms_text_hex(rest, &minor))
        return false;
    *out = makedev((unsigned)major, (unsigned)minor);
    return true;
}

static void put_owners(struct ms_source *source, const struct ms_tmpfs_walk *walk, struct ms_buf *out)
{
    for (size_t i = 0; i < walk->owner_count; i++) {
        const struct ms_tmpfs_owner *owner = &walk->owners[i];
        const struct ms_text user = ms_source_user(source, owner->uid);
        ms_buf_addf(out, "%llu %llu %llu %.*s/%s", (unsigned long long)owner->bytes,
                    (unsigned long long)owner->files, (unsigned long long)owner->largest, (int)user.len,
                    user.data, owner->path ? owner->path : "");
        ms_buf_add(out, "", 1);
    }
}

// core.tmpfs_owners(source, dev, path, files, milliseconds): what each user has on the tmpfs of that device,
// mounted at that path, as far as so many files and so much time allow: an array of texts "BYTES FILES
// LARGEST USER/PATH"; `closed`: how many directories could not be read; `cut`: whether it stopped before it
// was done. Or nil and the name of a reason.
static int tmpfs_owners(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    dev_t dev = 0;
    luaL_argcheck(L, device_of(luaL_checkstring(L, 2), &dev), 2, "not a device");
    const char *path = luaL_checkstring(L, 3);
    struct ms_tmpfs_walk walk = {.most_files = (uint64_t)luaL_checkinteger(L, 4),
                                 .most_ms = (unsigned)luaL_checkinteger(L, 5)};
    struct ms_buf *owners = ms_push_buf(L);
    enum ms_reason why = MS_NOT_RECORDED;
    if (ms_source_is_live(source))
        why = ms_source_has_tmpfs(source, path, dev)
                  ? ms_reader_tmpfs_walk(source, path, dev, &walk)
                  : ms_source_reason(source, (struct ms_target){.dir = -1}, ESTALE);
    put_owners(source, &walk, owners);
    const uint64_t closed = walk.closed;
    const bool is_cut = walk.is_cut;
    ms_tmpfs_walk_deinit(&walk);
    ms_bind_check_stop(L);
    if (why == MS_KNOWN && owners->failed)
        why = MS_OUT_OF_MEMORY;
    if (why != MS_KNOWN)
        return ms_push_reason(L, (int)why);
    ms_push_texts(L, owners);
    ms_set_integer(L, "closed", closed);
    lua_pushboolean(L, is_cut);
    lua_setfield(L, -2, "cut");
    return 1;
}

struct segments {
    lua_State *L;
    struct ms_source *source;
};

static void add_segment(void *ctx, const struct ms_segment *segment)
{
    const struct segments *segments = ctx;
    lua_State *L = segments->L;
    const struct ms_text user = ms_source_user(segments->source, segment->uid);
    lua_createtable(L, 0, 7);
    ms_set_integer(L, "id", segment->id);
    ms_set_integer(L, "size", segment->size);
    ms_set_integer(L, "attached", segment->attached);
    ms_set_integer(L, "creator", segment->creator);
    lua_pushlstring(L, user.data, user.len);
    lua_setfield(L, -2, "user");
    ms_set_number(L, "rss", segment->rss);
    ms_set_number(L, "swap", segment->swap);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// core.segments(source): the System V segments of shared memory that the reader's IPC namespace has: an array
// of tables { id, size, attached, creator = pid, user, rss, swap }. Or nil and the name of a reason.
static int segments(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_buf *text = ms_push_buf(L);
    const int error = ms_source_segments(source, text);
    if (error)
        return ms_push_reason(L, (int)ms_source_shmem_reason(source, error));
    lua_newtable(L);
    ms_segments_each(ms_buf_text(text), add_segment, &(struct segments){L, source});
    return 1;
}

// core.open_shmem(process): the memfds and deleted files of shared memory that it has open: an array of texts
// "DEV INODE BYTES NAME". Or nil and the name of a reason.
static int open_shmem(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    struct ms_buf *files = ms_push_buf(L);
    if (process->frozen || !ms_source_is_live(process->source))
        return ms_push_reason(L, MS_NOT_RECORDED);
    const int dir = ms_open_own(L, process);
    if (dir < 0)
        return ms_push_reason(L, (int)ms_source_reason(process->source, (struct ms_target){.dir = -1}, -dir));
    const struct ms_target target = {.pid = process->pid, .dir = dir};
    const enum ms_reason why = ms_reader_open_shmem(process->source, target, files);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN)
        return ms_push_reason(L, (int)why);
    return ms_push_texts(L, files);
}

const luaL_Reg ms_shmem_functions[] = {
    {"tmpfs_owners", tmpfs_owners}, {"open_shmem", open_shmem}, {"segments", segments}, {NULL, NULL}};
