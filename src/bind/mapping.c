// SPDX-License-Identifier: GPL-3.0-or-later
// Listings and mappings as userdata, and core.fetch, the quick way to the fields of any row.
#include "bind/bind.h"
#include "bind/handles.h"
#include "reader/reader.h"

#include <string.h>

static const char mapping_type; // its address is the key of the metatable in the registry

// The mapping at `index`, or NULL. To look the metatable up by name would take three times as long.
static struct ms_lua_mapping *test_any(lua_State *L, int index)
{
    struct ms_lua_mapping *mapping = lua_touserdata(L, index);
    if (!mapping || !lua_getmetatable(L, index))
        return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &mapping_type);
    const bool is_one = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_one ? mapping : NULL;
}

static struct ms_lua_mapping *check_any(lua_State *L, int index)
{
    struct ms_lua_mapping *mapping = test_any(L, index);
    return mapping ? mapping : luaL_checkudata(L, index, MS_MAPPING_META); // which raises
}

// Raises for a view that shows nothing any more.
static struct ms_lua_mapping *check_there(lua_State *L, int index)
{
    struct ms_lua_mapping *mapping = check_any(L, index);
    if (mapping->listing && mapping->index >= mapping->listing->count)
        luaL_error(L, "this mapping was lent to a function and is over; rows() and loops give rows to keep");
    return mapping;
}

struct ms_lua_process *ms_owner_of(lua_State *L, int index)
{
    lua_getiuservalue(L, index, 1);
    struct ms_lua_process *process = lua_touserdata(L, -1);
    lua_pop(L, 1); // the mapping keeps it alive
    if (!process || ms_lua_process_is_over(process))
        luaL_error(L, "the process of this mapping was collected");
    return process;
}

// Whether its path has to be asked of the file: see computed.lua.
static bool is_doubtful(const struct ms_lua_mapping *mapping, const struct ms_lua_process *owner,
                        enum ms_field field)
{
    struct ms_lone_mapping lone;
    if (field != MS_FIELD_VMA_path || !ms_source_is_live(owner->process.source))
        return false;
    if (mapping->listing)
        return ms_listing_path_is_doubtful(mapping->listing, mapping->index);
    ms_packed_show(owner->strings, &mapping->kept, &lone);
    return ms_listing_path_is_doubtful(&lone.listing, 0);
}

// core.request(process, counters, files [, alone [, tally]]): a listing of its mappings that is read from now
// on, with these of its files loaded at the same time, or `alone`: nothing else is asked of the process.
// `tally`: they are only to be summed, as it does. core.await waits for it.
static int request(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    const bool counters = lua_toboolean(L, 2);
    const ms_files files = (ms_files)luaL_optinteger(L, 3, 0);
    const bool alone = lua_toboolean(L, 4);
    const struct ms_group_sums *tally = lua_isnoneornil(L, 5) ? NULL : ms_check_tally(L, 5);
    struct ms_lua_listing *listing = lua_newuserdatauv(L, sizeof *listing, 1);
    *listing = (struct ms_lua_listing){0};
    ms_listing_init(&listing->listing);
    luaL_setmetatable(L, MS_LISTING_META);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    listing->request = ms_reader_request_sums(process, counters, files, alone, tally);
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
    struct ms_source *source = ms_check_process(L, -1)->source;
    enum ms_reason why = ms_request_take(listing->request, &listing->listing);
    if (ms_source_stopped(source))
        return luaL_error(L, "interrupted!");
    ms_request_destroy(listing->request);
    listing->request = NULL;
    lua_settop(L, 1);
    if (why == MS_KNOWN)
        return 1;
    return ms_push_reason(L, (int)why);
}

const struct ms_listing *ms_check_mapping(lua_State *L, int index, struct ms_lone_mapping *lone, size_t *at)
{
    const struct ms_lua_mapping *mapping = check_there(L, index);
    *at = mapping->listing ? mapping->index : 0;
    if (mapping->listing)
        return mapping->listing;
    ms_packed_show(ms_owner_of(L, index)->strings, &mapping->kept, lone);
    return &lone->listing;
}

static struct ms_value value_of(const struct ms_lua_mapping *mapping, const struct ms_lua_process *owner,
                                enum ms_field field, char *scratch)
{
    return mapping->listing ? ms_listing_get(mapping->listing, mapping->index, field, scratch)
                            : ms_packed_get(owner->strings, &mapping->kept, field, scratch);
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
    struct ms_lua_listing *listing = ms_bind_collected(L, MS_LISTING_META);
    ms_request_destroy(listing->request);
    ms_listing_deinit(&listing->listing);
    listing->request = NULL;
    return 0;
}

// #listing
static int count(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_pushinteger(L, (lua_Integer)ms_listing_number(&listing->listing));
    return 1;
}

// listing:is_folded(): whether its mappings are only summed, and can't be shown one by one.
static int is_folded(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    lua_pushboolean(L, ms_listing_is_summed(&listing->listing));
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

// listing:view(): its first mapping; core.seek moves on.
static int view(lua_State *L)
{
    struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    struct ms_lua_mapping *mapping = lua_newuserdatauv(L, sizeof *mapping, 2);
    *mapping = (struct ms_lua_mapping){.listing = &listing->listing};
    luaL_setmetatable(L, MS_MAPPING_META);
    lua_getiuservalue(L, 1, 1);
    lua_setiuservalue(L, -2, 1);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 2);
    return 1;
}

// core.seek(view, n): the view becomes the n-th mapping of its listing, counted from 1.
static int seek(lua_State *L)
{
    struct ms_lua_mapping *mapping = check_any(L, 1);
    lua_Integer at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, mapping->listing && at >= 1 && (size_t)at <= mapping->listing->count, 2,
                  "no such mapping");
    mapping->index = (size_t)at - 1;
    return 0;
}

// A mapping of a listing by itself. `owner`, `meta`: the places of its process and its metatable.
static void push_kept(lua_State *L, const struct ms_listing *listing, size_t index, int owner, int meta)
{
    _Alignas(struct ms_packed) char bytes[MS_PACKED_MAX];
    struct ms_lua_process *process = lua_touserdata(L, owner);
    if (!process->strings)
        process->strings = ms_packed_strings_create();
    const size_t size =
        process->strings ? ms_packed_make(process->strings, listing, index, (struct ms_packed *)bytes) : 0;
    if (!size)
        luaL_error(L, "not enough memory");
    struct ms_lua_mapping *mapping = lua_newuserdatauv(L, offsetof(struct ms_lua_mapping, kept) + size, 1);
    mapping->listing = NULL;
    mapping->owner = process;
    memcpy(&mapping->kept, bytes, size);
    lua_pushvalue(L, meta);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 1);
}

// core.keep(row): a mapping by itself, without its listing; it keeps its process. Any other row is itself.
static int keep(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (!test_any(L, 1))
        return 1;
    const struct ms_lua_mapping *from = check_there(L, 1);
    if (!from->listing)
        return 1;
    lua_getiuservalue(L, 1, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &mapping_type);
    push_kept(L, from->listing, from->index, 2, 3);
    return 1;
}

// core.keep_all(listing, places, n, rows): puts its mappings at these places, each by itself, after the
// rows.
static int keep_all(lua_State *L)
{
    const struct ms_lua_listing *from = luaL_checkudata(L, 1, MS_LISTING_META);
    const lua_Integer n = luaL_checkinteger(L, 3);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 4, LUA_TTABLE);
    lua_settop(L, 4);
    lua_getiuservalue(L, 1, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &mapping_type);
    lua_Integer len = (lua_Integer)lua_rawlen(L, 4);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, 2, i);
        const lua_Integer place = lua_tointeger(L, -1);
        lua_pop(L, 1);
        luaL_argcheck(L, place >= 1 && (size_t)place <= from->listing.count, 2, "no such mapping");
        push_kept(L, &from->listing, (size_t)place - 1, 5, 6);
        lua_rawseti(L, 4, ++len);
    }
    return 0;
}

static int index_mapping(lua_State *L)
{
    const struct ms_lua_mapping *mapping = check_there(L, 1);
    char scratch[MS_SCRATCH];
    const int field = ms_field_at(L, 2);
    if (field < 0)
        return ms_index_other(L);
    const struct ms_lua_process *owner = ms_owner_of(L, 1);
    if (is_doubtful(mapping, owner, (enum ms_field)field))
        return ms_index_other(L);
    ms_push_value(L, value_of(mapping, owner, (enum ms_field)field, scratch), (enum ms_field)field,
                  owner->process.pid);
    return 1;
}

// m:process(): the process that it is of.
static int owner(lua_State *L)
{
    check_any(L, 1);
    lua_getiuservalue(L, 1, 1);
    return 1;
}

// Where it is; false for a view that shows nothing any more.
static bool place_of(lua_State *L, int index, uint64_t *start, uint64_t *end)
{
    const struct ms_lua_mapping *mapping = check_any(L, index);
    if (!mapping->listing) {
        *start = mapping->kept.start;
        *end = mapping->kept.end;
        return true;
    }
    if (mapping->index >= mapping->listing->count)
        return false;
    *start = mapping->listing->vmas[mapping->index].start;
    *end = mapping->listing->vmas[mapping->index].end;
    return true;
}

static int to_string(lua_State *L)
{
    uint64_t start = 0, end = 0;
    const bool present = place_of(L, 1, &start, &end);
    char text[64] = "mapping";
    if (present)
        snprintf(text, sizeof text, "mapping %llx-%llx of process ", (unsigned long long)start,
                 (unsigned long long)end);
    lua_pushstring(L, text);
    lua_pushinteger(L, present ? ms_owner_of(L, 1)->process.pid : 0);
    lua_concat(L, 2);
    return 1;
}

static int equal(lua_State *L)
{
    uint64_t start[2] = {0}, end[2] = {0};
    const bool both = test_any(L, 1) && test_any(L, 2);
    for (int i = 0; both && i < 2; i++) {
        check_there(L, i + 1);
        place_of(L, i + 1, &start[i], &end[i]);
    }
    if (!both || start[0] != start[1] || end[0] != end[1]) {
        lua_pushboolean(L, 0);
        return 1;
    }
    lua_getiuservalue(L, 1, 1);
    lua_getiuservalue(L, 2, 1);
    lua_pushboolean(L, lua_compare(L, -2, -1, LUA_OPEQ));
    return 1;
}

bool ms_row_value(const struct ms_lua_mapping *mapping, const struct ms_lua_process *process, int field,
                  char *scratch, struct ms_value *value)
{
    if (ms_fields[field].kind == MS_PROCESS)
        return ms_process_get(&process->process, (enum ms_field)field, value) && value->why == MS_KNOWN;
    if (!mapping || ms_fields[field].kind != MS_MAPPING ||
        (mapping->listing && mapping->index >= mapping->listing->count) ||
        is_doubtful(mapping, process, (enum ms_field)field))
        return false;
    *value = value_of(mapping, process, (enum ms_field)field, scratch);
    return value->why == MS_KNOWN;
}

// core.fetch(row, id, ...): the values of these fields of a process or a mapping (or of its process) if each
// is loaded and known, and no path is doubtful, else nil.
static int fetch(lua_State *L)
{
    const int count = lua_gettop(L) - 1;
    const struct ms_lua_mapping *mapping = test_any(L, 1);
    const struct ms_lua_process *process =
        mapping ? ms_owner_of(L, 1) : luaL_checkudata(L, 1, MS_PROCESS_META);
    luaL_checkstack(L, count, "too many fields");
    for (int i = 0; i < count; i++) {
        char scratch[MS_SCRATCH];
        struct ms_value value;
        const lua_Integer field = lua_tointeger(L, i + 2);
        luaL_argcheck(L, field >= 0 && field < MS_FIELD_COUNT, i + 2, "not a field id");
        if (!ms_row_value(mapping, process, (int)field, scratch, &value))
            return 0;
        ms_push_known(L, value);
    }
    return count;
}

static const luaL_Reg of_listing[] = {{"__gc", forget_listing}, {"__len", count}, {NULL, NULL}};

static const luaL_Reg listing_methods[] = {{"malformed", malformed}, {"inconsistent", inconsistent},
                                           {"is_folded", is_folded}, {"view", view},
                                           {"close", close_listing}, {NULL, NULL}};

static const luaL_Reg methods[] = {
    {"process", owner}, {"ranges", ms_mapping_ranges}, {"raw", ms_mapping_raw}, {NULL, NULL}};

static const luaL_Reg metamethods[] = {{"__eq", equal}, {"__tostring", to_string}, {NULL, NULL}};

const luaL_Reg ms_mapping_functions[] = {{"request", request}, {"await", await}, {"listing", open_listing},
                                         {"seek", seek},       {"keep", keep},   {"keep_all", keep_all},
                                         {"fetch", fetch},     {NULL, NULL}};

void ms_open_mapping(lua_State *L)
{
    ms_make_class(L, MS_LISTING_META, of_listing, listing_methods);
    ms_make_row_type(L, MS_MAPPING_META, MS_MAPPING, metamethods, methods, index_mapping);
    luaL_getmetatable(L, MS_MAPPING_META);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &mapping_type);
}
