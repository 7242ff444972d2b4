// SPDX-License-Identifier: GPL-3.0-or-later
// The field table as Lua sees it, and what all row types share.
#include "bind/bind.h"
#include "bind/handles.h"

#include <math.h>
#include <string.h>

static const char *const kind_names[] = {
    [MS_PROCESS] = "process", [MS_MAPPING] = "mapping", [MS_SYSTEM] = "system", NULL};

static const char *const metas[] = {
    [MS_PROCESS] = MS_PROCESS_META, [MS_MAPPING] = MS_MAPPING_META, [MS_SYSTEM] = MS_SYSTEM_META};

static void push_field(lua_State *L, int id)
{
    const struct ms_field_info *field = &ms_fields[id];
    const int second = ms_place_second((enum ms_field)id);
    lua_createtable(L, 0, 13);
    ms_set_string(L, "name", field->name);
    ms_set_integer(L, "id", (uint64_t)id);
    ms_set_string(L, "type", ms_unit_type(field->unit));
    ms_set_string(L, "file", ms_file_table[field->file].path);
    ms_set_string(L, "label", field->label);
    lua_pushinteger(L, ms_places[ms_place_first((enum ms_field)id)].pos);
    lua_setfield(L, -2, "pos");
    ms_set_string(L, "since", field->since);
    ms_set_string(L, "meaning", field->meaning);
    ms_set_string(L, "omits", field->omits);
    ms_set_string(L, "permission", ms_file_table[field->file].permission);
    lua_pushboolean(L, ms_file_table[field->file].traits & MS_OF_MM);
    lua_setfield(L, -2, "of_memory");
    if (second >= 0)
        ms_set_string(L, "also", ms_file_table[ms_places[second].file].path);
}

// Makes the descriptor on top that of an alias.
static void name_alias(lua_State *L, const char *alias, enum ms_field of)
{
    ms_set_string(L, "name", alias);
    ms_set_string(L, "alias_of", ms_fields[of].name);
}

static void add_alias(void *ctx, const char *alias, enum ms_field of)
{
    lua_State *L = ctx;
    push_field(L, (int)of);
    name_alias(L, alias, of);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// core.fields(kind): an array of descriptors, in the order of the table, aliases last.
static int fields(lua_State *L)
{
    const enum ms_kind kind = (enum ms_kind)luaL_checkoption(L, 1, NULL, kind_names);
    lua_newtable(L);
    for (int id = 0; id < MS_FIELD_COUNT; id++) {
        if (ms_fields[id].kind != kind)
            continue;
        push_field(L, id);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    ms_field_aliases(kind, add_alias, L);
    return 1;
}

// core.field(kind, name): the descriptor of one field; nil if there is none.
static int field_of(lua_State *L)
{
    const enum ms_kind kind = (enum ms_kind)luaL_checkoption(L, 1, NULL, kind_names);
    const char *name = luaL_checkstring(L, 2);
    const int id = ms_field_find(kind, ms_text_of(name));
    if (id < 0)
        return 0;
    push_field(L, id);
    if (strcmp(name, ms_fields[id].name) != 0)
        name_alias(L, name, (enum ms_field)id);
    return 1;
}

static enum ms_kind kind_at(lua_State *L, int index)
{
    enum ms_kind kind = MS_PROCESS;
    while (kind_names[kind] && !luaL_testudata(L, index, metas[kind]))
        kind++;
    return kind;
}

// Whether a kernel may not have it. What is summed over the mappings of a process is there where their own
// fields are.
static bool may_lack(enum ms_kind kind, int id)
{
    const bool is_sum = kind == MS_PROCESS && ms_file_table[ms_fields[id].file].traits & MS_LISTED;
    return ms_fields[id].kind == kind && !is_sum && strcmp(ms_fields[id].since, "1.0") != 0;
}

// core.may_lack(kind): the ids of such fields.
static int doubtful(lua_State *L)
{
    const enum ms_kind kind = (enum ms_kind)luaL_checkoption(L, 1, NULL, kind_names);
    lua_newtable(L);
    for (int id = 0; id < MS_FIELD_COUNT; id++) {
        if (!may_lack(kind, id))
            continue;
        lua_pushinteger(L, id);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

// core.lacking(row): the names of those that this kernel does not have, as far as this row shows, and why it
// does not show one, or nil.
static int lacking(lua_State *L)
{
    const enum ms_kind kind = kind_at(L, 1);
    luaL_argcheck(L, kind_names[kind], 1, "not a row");
    int unread = MS_KNOWN;
    lua_settop(L, 1);
    lua_newtable(L);
    for (int id = 0; id < MS_FIELD_COUNT; id++) {
        if (!may_lack(kind, id))
            continue;
        lua_getfield(L, 1, ms_fields[id].name);
        const int why = ms_unknown_reason(L, -1);
        lua_pop(L, 1);
        if (why != MS_UNSUPPORTED) {
            unread = why ? why : unread;
            continue;
        }
        lua_pushstring(L, ms_fields[id].name);
        lua_rawseti(L, 2, (lua_Integer)lua_rawlen(L, 2) + 1);
    }
    if (unread == MS_KNOWN)
        return 1;
    lua_pushstring(L, ms_reason_name((enum ms_reason)unread));
    return 2;
}

enum ms_field ms_check_field_id(lua_State *L, int list, size_t place)
{
    lua_rawgeti(L, list, (lua_Integer)place);
    const lua_Integer id = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    luaL_argcheck(L, id >= 0 && id < MS_FIELD_COUNT, list, "not a field id");
    return (enum ms_field)id;
}

// core.plan({id, ...} [, have]): the cheapest set of files (a bit mask) that gives these process fields.
static int plan(lua_State *L)
{
    enum ms_field ids[MS_FIELD_COUNT];
    size_t count = 0;
    luaL_checktype(L, 1, LUA_TTABLE);
    const size_t len = ms_raw_len(L, 1);
    for (size_t i = 1; i <= len && count < MS_FIELD_COUNT; i++) {
        ids[count] = ms_check_field_id(L, 1, i);
        count += ms_fields[ids[count]].kind == MS_PROCESS;
    }
    lua_pushinteger(L, (lua_Integer)ms_process_plan(ids, count, (ms_files)luaL_optinteger(L, 2, 0)));
    return 1;
}

// core.file_names(mask): the files of a set, cheapest first.
static int file_names(lua_State *L)
{
    const lua_Integer mask = luaL_checkinteger(L, 1);
    lua_newtable(L);
    for (int file = 0; file < MS_PROCESS_FILES; file++) {
        if (!(mask >> file & 1))
            continue;
        lua_pushstring(L, ms_file_table[file].path);
        lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    }
    return 1;
}

static void add_id(void *ctx, const char *alias, enum ms_field of)
{
    lua_State *L = ctx;
    lua_pushinteger(L, (lua_Integer)of);
    lua_setfield(L, -2, alias);
}

static void push_ids(lua_State *L, enum ms_kind kind)
{
    lua_newtable(L);
    for (int id = 0; id < MS_FIELD_COUNT; id++)
        if (ms_fields[id].kind == kind)
            add_id(L, ms_fields[id].name, (enum ms_field)id);
    ms_field_aliases(kind, add_id, L);
}

void ms_make_row_type(lua_State *L, const char *meta, enum ms_kind kind, const luaL_Reg *metamethods,
                      const luaL_Reg *methods, lua_CFunction index)
{
    luaL_newmetatable(L, meta);
    luaL_setfuncs(L, metamethods, 0);
    lua_pushinteger(L, (lua_Integer)kind);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -4, "methods");
    lua_pushcclosure(L, index, 2);
    lua_setfield(L, -2, "__index");
    ms_set_string(L, "__metatable", "protected");
    lua_pop(L, 1);
}

// The ids of a kind are made when a field of it is first looked for: making all of them would take a tenth
// of the time of a short program. Until then the upvalue is the kind.
int ms_field_at(lua_State *L, int key)
{
    if (lua_isinteger(L, lua_upvalueindex(1))) {
        push_ids(L, (enum ms_kind)lua_tointeger(L, lua_upvalueindex(1)));
        lua_replace(L, lua_upvalueindex(1));
    }
    lua_pushvalue(L, key);
    const int type = lua_rawget(L, lua_upvalueindex(1));
    const int id = type == LUA_TNUMBER ? (int)lua_tointeger(L, -1) : -1;
    lua_pop(L, 1);
    return id;
}

// Methods are looked up raw; what is in none of the tables goes to the function that core.methods(...)'s
// table holds as "?": derived fields, and the error that suggests a name.
int ms_index_other(lua_State *L)
{
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL)
        return 1;
    lua_pop(L, 1);
    lua_pushliteral(L, "?");
    if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TFUNCTION)
        return luaL_error(L, "no field '%s'", lua_tostring(L, 2));
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    return 1;
}

// core.methods("process" | "mapping" | "system"): the table of methods, for Lua to add to.
static int methods(lua_State *L)
{
    luaL_getmetatable(L, metas[luaL_checkoption(L, 1, NULL, kind_names)]);
    lua_getfield(L, -1, "methods");
    return 1;
}

// core.kind(v): "process", "mapping", "system", "unknown" for memsh's userdata, else nil. Runs no metamethod.
static int kind_of(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, ms_unknown_reason(L, 1) ? "unknown" : kind_names[kind_at(L, 1)]);
    return 1;
}

static void push_split(lua_State *L, struct ms_text text, char separator)
{
    lua_newtable(L);
    for (lua_Integer i = 1; text.len; i++) {
        struct ms_text word = ms_text_until(&text, separator);
        lua_pushlstring(L, word.data, word.len);
        lua_rawseti(L, -2, i);
    }
}

// "NODE BYTES" lines as a list from node 0 on, 0 for those that are not there.
static void push_nodes(lua_State *L, struct ms_text text)
{
    lua_Integer next = 0;
    lua_newtable(L);
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        uint64_t node, bytes;
        if (!ms_text_u64(ms_text_word(&line), &node) || !ms_text_u64(ms_text_word(&line), &bytes))
            continue;
        for (; next <= (lua_Integer)node; next++) {
            lua_pushinteger(L, next == (lua_Integer)node ? (lua_Integer)bytes : 0);
            lua_rawseti(L, -2, next + 1);
        }
    }
}

// ---- values that are one thing: as cells, so that what a script sees and what is written are the same

static void make_integer(struct ms_value value, struct ms_cell *cell)
{
    cell->kind = MS_CELL_INTEGER;
    cell->integer = (int64_t)value.number;
}

static void make_real(struct ms_value value, struct ms_cell *cell)
{
    cell->kind = MS_CELL_NUMBER;
    cell->number = value.real;
}

// No limit is larger than any number.
static void make_limit(struct ms_value value, struct ms_cell *cell)
{
    if (value.number == INT64_MAX)
        make_real((struct ms_value){.real = HUGE_VAL}, cell);
    else
        make_integer(value, cell);
}

// The inodes of an overlay may be larger than an integer of Lua.
static void make_count(struct ms_value value, struct ms_cell *cell)
{
    if (value.number > INT64_MAX)
        make_real((struct ms_value){.real = (double)value.number}, cell);
    else
        make_integer(value, cell);
}

static void make_boolean(struct ms_value value, struct ms_cell *cell)
{
    cell->kind = MS_CELL_BOOLEAN;
    cell->boolean = value.number != 0;
}

static void make_text(struct ms_value value, struct ms_cell *cell)
{
    cell->kind = MS_CELL_TEXT;
    cell->text = value.text.len ? value.text : MS_TEXT("");
}

enum shown {
    SHOWN_integer,
    SHOWN_real,
    SHOWN_limit,
    SHOWN_count,
    SHOWN_boolean,
    SHOWN_text,
    SHOWN_arguments,
    SHOWN_words,
    SHOWN_nodes
};

static const uint8_t shown_as[] = {
#define UNIT(unit, type, kept, shown, read) SHOWN_##shown,
#include "table/units.def"
};

bool ms_value_cell(struct ms_value value, struct ms_cell *cell)
{
    static void (*const makers[])(struct ms_value value, struct ms_cell * cell) = {
        [SHOWN_integer] = make_integer, [SHOWN_real] = make_real,       [SHOWN_limit] = make_limit,
        [SHOWN_count] = make_count,     [SHOWN_boolean] = make_boolean, [SHOWN_text] = make_text,
        [SHOWN_nodes] = NULL,
    };
    if (!makers[shown_as[value.unit]])
        return false;
    makers[shown_as[value.unit]](value, cell);
    return true;
}

bool ms_push_list_cell(lua_State *L, struct ms_value value, struct ms_cell *cell)
{
    const enum shown shown = shown_as[value.unit];
    if (shown != SHOWN_words && shown != SHOWN_arguments)
        return false;
    struct ms_cell *items = lua_newuserdatauv(L, (value.text.len + 1) * sizeof *items, 0);
    cell->kind = MS_CELL_LIST;
    cell->list.items = items;
    cell->list.count = 0;
    while (value.text.len) {
        const struct ms_text word = ms_text_until(&value.text, shown == SHOWN_words ? ' ' : '\0');
        items[cell->list.count++] = (struct ms_cell){.kind = MS_CELL_TEXT, .text = word};
    }
    return true;
}

static void push_cell(lua_State *L, const struct ms_cell *cell)
{
    if (cell->kind == MS_CELL_INTEGER)
        lua_pushinteger(L, cell->integer);
    else if (cell->kind == MS_CELL_NUMBER)
        lua_pushnumber(L, cell->number);
    else if (cell->kind == MS_CELL_BOOLEAN)
        lua_pushboolean(L, cell->boolean);
    else
        lua_pushlstring(L, cell->text.data, cell->text.len);
}

void ms_push_known(lua_State *L, struct ms_value value)
{
    struct ms_cell cell;
    if (ms_value_cell(value, &cell))
        push_cell(L, &cell);
    else if (shown_as[value.unit] == SHOWN_nodes)
        push_nodes(L, value.text);
    else
        push_split(L, value.text, shown_as[value.unit] == SHOWN_words ? ' ' : '\0');
}

void ms_push_value(lua_State *L, struct ms_value value, enum ms_field field, pid_t pid)
{
    if (value.why != MS_KNOWN)
        ms_push_unknown(L, (int)value.why, ms_fields[field].name, (int)pid);
    else
        ms_push_known(L, value);
}

int ms_push_failure(lua_State *L, enum ms_reason why, const char *what)
{
    ms_bind_note_reason(L, (int)why);
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", what, ms_reason_text(why));
    lua_pushstring(L, ms_reason_name(why));
    return 3;
}

const luaL_Reg ms_fields_functions[] = {
    {"fields", fields},         {"field", field_of},    {"plan", plan},
    {"file_names", file_names}, {"methods", methods},   {"kind", kind_of},
    {"lacking", lacking},       {"may_lack", doubtful}, {NULL, NULL},
};
