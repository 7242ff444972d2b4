// SPDX-License-Identifier: GPL-3.0-or-later
// Listings and mappings as userdata, and core.fetch, the quick way to the fields of any row.
#include "bind.h"
#include "handles.h"
#include "reader.h"

#include <string.h>

enum { SCRATCH = 64 };

static struct ms_lua_mapping *check_any(lua_State *L, int index)
{
    return luaL_checkudata(L, index, MS_MAPPING_META);
}

struct ms_lua_mapping *ms_check_mapping(lua_State *L, int index)
{
    struct ms_lua_mapping *mapping = check_any(L, index);
    if (!mapping->listing || mapping->index >= mapping->listing->count)
        luaL_error(L, "this mapping was lent to a function and is over; rows() and loops give rows to keep");
    return mapping;
}

static struct ms_process *owner_of(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
    struct ms_process *process = lua_touserdata(L, -1);
    lua_pop(L, 1); // the mapping keeps it alive
    return process;
}

// core.request(process, counters, files): a listing of its mappings that is read from now on, with these of
// its files loaded at the same time. core.await waits for it.
static int request(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    const bool counters = lua_toboolean(L, 2);
    const ms_files files = (ms_files)luaL_optinteger(L, 3, 0);
    struct ms_lua_listing *listing = lua_newuserdatauv(L, sizeof *listing, 1);
    *listing = (struct ms_lua_listing){0};
    ms_listing_init(&listing->listing);
    luaL_setmetatable(L, MS_LISTING_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    listing->request = ms_reader_request(process, counters, files);
    if (ms_source_stopped(process->source))
        return luaL_error(L, "interrupted!");
    return listing->request ? 1 : luaL_error(L, "not enough memory");
}

// core.await(listing): the listing that was requested; or nil and the name of the reason.
static int await(lua_State *L)
{
    struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    luaL_argcheck(L, listing->request, 1, "a listing that was not requested");
    lua_getiuservalue(L, 1, 1);
    const struct ms_source *source = ms_check_process(L, -1)->source;
    enum ms_reason why = ms_request_take(listing->request, &listing->listing);
    if (ms_source_stopped(source))
        return luaL_error(L, "interrupted!");
    ms_request_destroy(listing->request);
    listing->request = NULL;
    lua_settop(L, 1);
    if (why == MS_KNOWN)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, ms_reason_name(why));
    return 2;
}

// core.listing(process, counters, files): both at once.
static int open_listing(lua_State *L)
{
    request(L);
    lua_replace(L, 1);
    lua_settop(L, 1);
    return await(L);
}

// listing:close(): frees it at once: Lua does not know how large it is. Views of it are over.
static int close_listing(lua_State *L)
{
    struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_getiuservalue(L, 1, 1);
    ms_request_destroy(listing->request);
    listing->request = NULL;
    ms_reader_recycle(ms_check_process(L, -1)->source, &listing->listing);
    return 0;
}

static int forget_listing(lua_State *L)
{
    struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    ms_request_destroy(listing->request);
    ms_listing_deinit(&listing->listing);
    listing->request = NULL;
    return 0;
}

// #listing
static int count(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_pushinteger(L, (lua_Integer)listing->listing.count);
    return 1;
}

// listing:malformed(): whether a line of it made no sense, so that a mapping may be missing.
static int malformed(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_pushboolean(L, listing->listing.malformed);
    return 1;
}

// listing:inconsistent(): whether its mappings changed each time they were read.
static int inconsistent(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_pushboolean(L, listing->listing.inconsistent);
    return 1;
}

static struct ms_lua_mapping *push_mapping(lua_State *L)
{
    struct ms_lua_mapping *mapping = lua_newuserdatauv(L, sizeof *mapping, 2);
    *mapping = (struct ms_lua_mapping){0};
    luaL_setmetatable(L, MS_MAPPING_META);
    return mapping;
}

// listing:view(): a mapping that stands at the first; core.seek moves it.
static int view(lua_State *L)
{
    struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    struct ms_lua_mapping *mapping = push_mapping(L);
    lua_getiuservalue(L, 1, 1);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 2);
    mapping->listing = &listing->listing;
    return 1;
}

// core.seek(view, n): the view becomes the n-th mapping of its listing, counted from 1.
static int seek(lua_State *L)
{
    struct ms_lua_mapping *mapping = check_any(L, 1);
    lua_Integer at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, at >= 1 && (size_t)at <= mapping->listing->count, 2, "no such mapping");
    mapping->index = (size_t)at - 1;
    return 0;
}

// core.keep(view): the mapping by itself; it keeps its process, not the listing.
static int keep(lua_State *L)
{
    struct ms_lua_mapping *from = ms_check_mapping(L, 1);
    struct ms_lua_mapping *mapping = push_mapping(L);
    lua_getiuservalue(L, 1, 1);
    lua_setiuservalue(L, -2, 1);
    if (!ms_listing_copy(from->listing, from->index, &mapping->own))
        return luaL_error(L, "not enough memory");
    mapping->listing = &mapping->own;
    return 1;
}

static int forget(lua_State *L)
{
    ms_listing_deinit(&check_any(L, 1)->own);
    return 0;
}

static int index_mapping(lua_State *L)
{
    struct ms_lua_mapping *mapping = ms_check_mapping(L, 1);
    char scratch[SCRATCH];
    const int field = ms_field_at(L, 2);
    if (field < 0)
        return ms_index_other(L);
    struct ms_value value = ms_listing_get(mapping->listing, mapping->index, (enum ms_field)field, scratch);
    if (value.why == MS_KNOWN)
        ms_push_known(L, value);
    else
        ms_push_value(L, value, (enum ms_field)field, owner_of(L, 1)->pid);
    return 1;
}

// m:process(): the process that it is of.
static int owner(lua_State *L)
{
    check_any(L, 1);
    lua_getiuservalue(L, 1, 1);
    return 1;
}

static int to_string(lua_State *L)
{
    struct ms_lua_mapping *mapping = check_any(L, 1);
    const bool present = mapping->listing && mapping->index < mapping->listing->count;
    const struct ms_vma *vma = present ? &mapping->listing->vmas[mapping->index] : NULL;
    char text[64] = "mapping";
    if (vma)
        snprintf(text, sizeof text, "mapping %llx-%llx of process ", (unsigned long long)vma->start,
                 (unsigned long long)vma->end);
    lua_pushstring(L, text);
    lua_pushinteger(L, vma ? owner_of(L, 1)->pid : 0);
    lua_concat(L, 2);
    return 1;
}

static int equal(lua_State *L)
{
    struct ms_lua_mapping *a = luaL_testudata(L, 1, MS_MAPPING_META),
                          *b = luaL_testudata(L, 2, MS_MAPPING_META);
    const bool same = a && b && ms_check_mapping(L, 1) && ms_check_mapping(L, 2) &&
                      a->listing->vmas[a->index].start == b->listing->vmas[b->index].start &&
                      a->listing->vmas[a->index].end == b->listing->vmas[b->index].end;
    if (!same) {
        lua_pushboolean(L, 0);
        return 1;
    }
    lua_getiuservalue(L, 1, 1);
    lua_getiuservalue(L, 2, 1);
    lua_pushboolean(L, lua_compare(L, -2, -1, LUA_OPEQ));
    return 1;
}

// A field of a row if it is at hand and known.
static bool at_hand(const struct ms_lua_mapping *mapping, const struct ms_process *process, int field,
                    char *scratch, struct ms_value *value)
{
    if (ms_fields[field].kind == MS_PROCESS)
        return ms_process_get(process, (enum ms_field)field, value) && value->why == MS_KNOWN;
    if (!mapping || ms_fields[field].kind != MS_MAPPING || mapping->index >= mapping->listing->count)
        return false;
    *value = ms_listing_get(mapping->listing, mapping->index, (enum ms_field)field, scratch);
    return value->why == MS_KNOWN;
}

// core.fetch(row, id, ...): the values of these fields of a process or a mapping (or of its process) if each
// is loaded and known, else nil.
static int fetch(lua_State *L)
{
    const int count = lua_gettop(L) - 1;
    struct ms_lua_mapping *mapping = luaL_testudata(L, 1, MS_MAPPING_META);
    const struct ms_process *process = mapping ? owner_of(L, 1) : ms_check_process(L, 1);
    luaL_checkstack(L, count, "too many fields");
    for (int i = 0; i < count; i++) {
        char scratch[SCRATCH];
        struct ms_value value;
        const lua_Integer field = lua_tointeger(L, i + 2);
        luaL_argcheck(L, field >= 0 && field < MS_FIELD_COUNT, i + 2, "not a field id");
        if (!at_hand(mapping, process, (int)field, scratch, &value))
            return 0;
        ms_push_known(L, value);
    }
    return count;
}

static const luaL_Reg listing_methods[] = {{"malformed", malformed},
                                           {"inconsistent", inconsistent},
                                           {"view", view},
                                           {"close", close_listing},
                                           {NULL, NULL}};

static const luaL_Reg methods[] = {{"process", owner}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {
    {"__gc", forget}, {"__eq", equal}, {"__tostring", to_string}, {NULL, NULL}};

static const luaL_Reg functions[] = {{"request", request}, {"await", await}, {"listing", open_listing},
                                     {"seek", seek},       {"keep", keep},   {"fetch", fetch},
                                     {NULL, NULL}};

void ms_bind_mapping(lua_State *L)
{
    luaL_newmetatable(L, MS_LISTING_META);
    lua_pushcfunction(L, forget_listing);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, count);
    lua_setfield(L, -2, "__len");
    luaL_newlib(L, listing_methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
    ms_make_row_type(L, MS_MAPPING_META, MS_MAPPING, metamethods, methods, index_mapping);
    luaL_setfuncs(L, functions, 0);
}
