// SPDX-License-Identifier: GPL-3.0-or-later
// What is below a mapping: m:ranges(), and the parts of p:at() and of the field build_id.
#include "pages/pages.h"
#include "bind/bind.h"
#include "bind/handles.h"
#include "pages/buildid.h"
#include "pages/procmap_query.h"

#include <stdlib.h>
#include <string.h>

#define WALK_META "memsh.pagewalk"

// The last walk, with room for the runs of a mapping.
struct lua_walk {
    struct ms_page_walk *walk;
    struct ms_page_runs runs;
};

static const char last_walk; // its address is the key of that walk in the registry

// Its user values: the process, and as texts what runs are made of, as to make these texts for each mapping
// would take a third of the time.
enum { PROCESS = 1, ADDR, ADDR_END, PAGES, SIZE, KIND, HUGE_PAGE, KINDS };
static const char *const run_keys[] = {[ADDR] = "addr", [ADDR_END] = "addr_end", [PAGES] = "pages",
                                       [SIZE] = "size", [KIND] = "kind",         [HUGE_PAGE] = "huge"};

static int free_walk(lua_State *L)
{
    struct lua_walk *one = ms_bind_collected(L, WALK_META);
    ms_page_walk_destroy(one->walk);
    free(one->runs.runs);
    *one = (struct lua_walk){0};
    return 0;
}

static void keep_text(lua_State *L, int place, const char *text)
{
    lua_pushstring(L, text);
    lua_setiuservalue(L, -2, place);
}

// Pushes a walk, which becomes the last one.
static void make_walk(lua_State *L)
{
    struct lua_walk *one = lua_newuserdatauv(L, sizeof *one, KINDS + MS_PAGE_KIND_COUNT - 1);
    *one = (struct lua_walk){0};
    luaL_setmetatable(L, WALK_META);
    one->walk = ms_page_walk_create();
    if (!one->walk)
        luaL_error(L, "not enough memory");
    for (int key = ADDR; key < KINDS; key++)
        keep_text(L, key, run_keys[key]);
    for (int kind = 0; kind < MS_PAGE_KIND_COUNT; kind++)
        keep_text(L, KINDS + kind, ms_page_kind_name((enum ms_page_kind)kind));
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &last_walk);
}

// Pushes the walk for the process that the object at `of` has as its user value 1.
static struct lua_walk *push_walk(lua_State *L, int of)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &last_walk);
    const bool is_there = lua_touserdata(L, -1) && lua_getmetatable(L, -1); // one that was collected has none
    lua_pop(L, 1);
    if (!is_there)
        make_walk(L);
    lua_getiuservalue(L, of, 1);
    lua_setiuservalue(L, -2, PROCESS);
    return lua_touserdata(L, -1);
}

static enum ms_page_way way_of(lua_State *L, int index)
{
    static const char *const names[] = {"any", "scan", "pagemap", NULL};
    if (lua_isnoneornil(L, index))
        return MS_PAGES_ANY;
    luaL_checktype(L, index, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
        if (lua_type(L, -2) != LUA_TSTRING || strcmp(lua_tostring(L, -2), "by") != 0)
            luaL_argerror(L, index, "ranges takes by=\"scan\" or by=\"pagemap\" alone");
    lua_getfield(L, index, "by");
    const enum ms_page_way way = (enum ms_page_way)luaL_checkoption(L, -1, "any", names);
    lua_pop(L, 1);
    return way;
}

static void set_integer(lua_State *L, int walk, int key, uint64_t value)
{
    lua_getiuservalue(L, walk, key);
    lua_pushinteger(L, (lua_Integer)value);
    lua_rawset(L, -3);
}

static void push_run(lua_State *L, int walk, const struct ms_page_run *run, const struct ms_process *process)
{
    const uint64_t page_size = ms_source_page_size(process->source);
    lua_createtable(L, 0, KINDS - ADDR);
    set_integer(L, walk, ADDR, run->start);
    set_integer(L, walk, ADDR_END, run->end);
    set_integer(L, walk, PAGES, (run->end - run->start) / page_size);
    set_integer(L, walk, SIZE, run->end - run->start);
    lua_getiuservalue(L, walk, KIND);
    lua_getiuservalue(L, walk, KINDS + (int)run->kind);
    lua_rawset(L, -3);
    lua_getiuservalue(L, walk, HUGE_PAGE);
    if (run->huge == MS_HUGE_MAYBE)
        ms_push_unknown(L, MS_UNSUPPORTED, "huge", (int)process->pid);
    else
        lua_pushboolean(L, run->huge == MS_HUGE_YES);
    lua_rawset(L, -3);
}

// m:ranges([{by = "scan" | "pagemap"}]): an array of runs of pages, or nil, message, name.
int ms_mapping_ranges(lua_State *L)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    const enum ms_page_way way = way_of(L, 2);
    struct ms_process *process = &ms_owner_of(L, 1)->process;
    struct lua_walk *one = push_walk(L, 1);
    const int walk = lua_gettop(L);
    const enum ms_reason why = ms_pages_ranges(one->walk, process, listing, at, way, &one->runs);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN)
        return ms_push_failure(L, why, "pages of the mapping");
    lua_createtable(L, (int)one->runs.count, 0);
    for (size_t i = 0; i < one->runs.count; i++) {
        push_run(L, walk, &one->runs.runs[i], process);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

// core.sum_pages(listing): the bytes of pages below its mappings, pools of huge pages left out, by kind; or
// nil and the name of the reason.
static int sum_pages(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    struct ms_process *process = &ms_owner_of(L, 1)->process;
    uint64_t bytes[MS_PAGE_KIND_COUNT];
    const enum ms_reason why = ms_pages_sum(push_walk(L, 1)->walk, process, &listing->listing, bytes);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN)
        return ms_push_reason(L, (int)why);
    lua_createtable(L, 0, MS_PAGE_KIND_COUNT);
    for (int kind = 0; kind < MS_PAGE_KIND_COUNT; kind++)
        ms_set_integer(L, ms_page_kind_name((enum ms_page_kind)kind), bytes[kind]);
    return 1;
}

// core.covered(process, addr): whether a mapping covers the address, as the kernel answers without listing
// them; nil and the name of the reason where it does not.
static int covered(lua_State *L)
{
    struct ms_process *process = ms_check_process(L, 1);
    const uint64_t addr = (uint64_t)luaL_checkinteger(L, 2);
    struct ms_procmap_answer answer;
    struct ms_rawfile maps;
    bool found = false;
    enum ms_reason why = ms_rawfile_open(process, MS_RAW_MAPS, &maps);
    if (why == MS_KNOWN) {
        why = ms_procmap_find(&maps, addr, &found, &answer);
        ms_rawfile_close(&maps);
    }
    ms_bind_check_stop(L);
    if (why != MS_KNOWN)
        return ms_push_reason(L, (int)why);
    lua_pushboolean(L, found);
    return 1;
}

// core.find(listing, addr): the number of the mapping that covers the address, from 1, or nil.
static int find(lua_State *L)
{
    const struct ms_lua_listing *listing = luaL_checkudata(L, 1, MS_LISTING_META);
    const uint64_t addr = (uint64_t)luaL_checkinteger(L, 2);
    for (size_t i = 0; i < listing->listing.count; i++) {
        const struct ms_vma *vma = &listing->listing.vmas[i];
        if (addr >= vma->start && addr < vma->end) {
            lua_pushinteger(L, (lua_Integer)i + 1);
            return 1;
        }
    }
    return 0;
}

// core.build_id(mapping): in hexadecimal, "" where the file has none or there is no file; or an unknown.
static int build_id(lua_State *L)
{
    struct ms_lone_mapping lone;
    size_t at;
    const struct ms_listing *listing = ms_check_mapping(L, 1, &lone, &at);
    struct ms_process *process = &ms_owner_of(L, 1)->process;
    struct ms_build_id id;
    char text[2 * MS_BUILD_ID_MOST + 1] = "";
    const enum ms_reason why = ms_build_id_of_mapping(process, listing, at, &id);
    ms_bind_check_stop(L);
    if (why != MS_KNOWN) {
        ms_push_unknown(L, (int)why, "build_id", (int)process->pid);
        return 1;
    }
    for (size_t i = 0; i < id.len; i++)
        snprintf(text + 2 * i, 3, "%02x", id.bytes[i]);
    lua_pushstring(L, text);
    return 1;
}

// core.page_kinds(): an array of { name, meaning }.
static int page_kinds(lua_State *L)
{
    lua_createtable(L, MS_PAGE_KIND_COUNT, 0);
    for (int kind = 0; kind < MS_PAGE_KIND_COUNT; kind++) {
        lua_createtable(L, 0, 2);
        ms_set_string(L, "name", ms_page_kind_name((enum ms_page_kind)kind));
        ms_set_string(L, "meaning", ms_page_kind_meaning((enum ms_page_kind)kind));
        lua_rawseti(L, -2, kind + 1);
    }
    return 1;
}

const luaL_Reg ms_pages_functions[] = {{"covered", covered},     {"find", find},
                                       {"build_id", build_id},   {"page_kinds", page_kinds},
                                       {"sum_pages", sum_pages}, {NULL, NULL}};

void ms_open_pages(lua_State *L)
{
    static const luaL_Reg of_walk[] = {{"__gc", free_walk}, {NULL, NULL}};
    ms_make_class(L, WALK_META, of_walk, NULL);
}
