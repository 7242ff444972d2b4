// SPDX-License-Identifier: GPL-3.0-or-later
// core.writer() and core.scalar(): rows and single values to a sink. What the world refuses returns nil,
// message, "ENAME"; what the caller got wrong raises.
#include "output/writer.h"

#include "bind/bind.h"
#include "bind/exposition.h"
#include "bind/output_p.h"
#include "bind/rows.h"

#include <lauxlib.h>
#include <string.h>

static const char writer_name[] = "memsh.writer";

struct writer {
    struct ms_writer *writer; // NULL once it is closed
    struct ms_sink *sink;
    enum ms_format format;
    size_t count;
    const struct ms_source *noted_of; // of the process of the last row of a block that went by itself
    pid_t noted_pid;
    unsigned noted;              // for which reasons something of its rows is unknown: a bit each
    unsigned *flags;             // of each column's cells
    char (*scratch)[MS_SCRATCH]; // for texts of fields that are made when they are asked for
    struct ms_cell cells[];      // of a row; then the flags, then the scratches
};

// What a writer needs from Lua while it lives: its user values.
enum { WRITER_SINK = 1, WRITER_NAMES, WRITER_METRICS, WRITER_VALUES = WRITER_METRICS };

static enum ms_format check_format(lua_State *L, int index)
{
    enum ms_format format;
    if (ms_format_find(ms_check_text(L, index), &format))
        return format;
    luaL_error(L, "unknown format '%s' (there are:" MS_FORMAT_NAMES ")", lua_tostring(L, index));
    return MS_FORMAT_TABLE;
}

// Field `key` of the options at `index` if there are any; pushes its value or nil.
static int option(lua_State *L, int index, const char *key)
{
    if (lua_isnoneornil(L, index)) {
        lua_pushnil(L);
        return LUA_TNIL;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    return lua_getfield(L, index, key);
}

#define SEPARATED_NULL "memsh.separated.null"
#define SEPARATED_HEADLESS "memsh.separated.headless"

// core.separated(null, headless): what csv and tsv have for an unknown value, and whether they have no line
// of names, from the next writer on. nil: as it is. Set once, before anything is written.
static int core_separated(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) {
        luaL_checkstring(L, 1);
        lua_pushvalue(L, 1);
        lua_setfield(L, LUA_REGISTRYINDEX, SEPARATED_NULL);
    }
    if (!lua_isnoneornil(L, 2)) {
        lua_pushboolean(L, lua_toboolean(L, 2));
        lua_setfield(L, LUA_REGISTRYINDEX, SEPARATED_HEADLESS);
    }
    return 0;
}

static bool is_set(lua_State *L, int index, const char *key)
{
    option(L, index, key);
    bool set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

static struct ms_writer_options check_options(lua_State *L, int index)
{
    struct ms_writer_options options = {
        .human = MS_HUMAN_AUTO,
        .record = is_set(L, index, "record"),
        .dense = is_set(L, index, "dense"),
        .headless = is_set(L, index, "headless"),
        .partial = is_set(L, index, "partial"),
    };
    const int top = lua_gettop(L);
    if (option(L, index, "human") != LUA_TNIL)
        options.human = lua_toboolean(L, -1) ? MS_HUMAN_YES : MS_HUMAN_NO;
    if (option(L, index, "width") != LUA_TNIL) {
        lua_Integer width = luaL_checkinteger(L, -1);
        luaL_argcheck(L, width > 0 && width <= 1000000, index, "a width is a number of columns");
        options.width = (unsigned)width;
    }
    if (lua_getfield(L, LUA_REGISTRYINDEX, SEPARATED_NULL) == LUA_TSTRING)
        options.null = lua_tostring(L, -1); // the registry keeps it
    lua_getfield(L, LUA_REGISTRYINDEX, SEPARATED_HEADLESS);
    options.headless = options.headless || lua_toboolean(L, -1);
    if (option(L, index, "first") != LUA_TNIL)
        options.first = (size_t)luaL_checkinteger(L, -1);
    lua_settop(L, top);
    return options;
}

// Sets *column from the description on top of the stack, and appends its name to the table at `names`, which
// keeps its bytes alive.
static void read_column(lua_State *L, int names, lua_Integer i, struct ms_column *column)
{
    if (!lua_istable(L, -1))
        luaL_error(L, "column %d: {name=, type=} expected, got %s", (int)i, luaL_typename(L, -1));
    if (lua_getfield(L, -1, "name") != LUA_TSTRING)
        luaL_error(L, "column %d has no name", (int)i);
    column->name.data = lua_tolstring(L, -1, &column->name.len);
    lua_rawseti(L, names, i);
    column->type = MS_COLUMN_ANY;
    if (lua_getfield(L, -1, "type") != LUA_TNIL && !ms_column_type_find(ms_check_text(L, -1), &column->type))
        luaL_error(L, "column '%s' has the type '%s', which there is not", column->name.data,
                   lua_tostring(L, -1));
    lua_pop(L, 1);
}

// What all cells of the column on top of the stack have: `sign` and `about`.
static unsigned read_flags(lua_State *L)
{
    lua_getfield(L, -1, "sign");
    lua_getfield(L, -2, "about");
    unsigned flags =
        (lua_toboolean(L, -2) ? MS_CELL_SIGNED : 0U) | (lua_toboolean(L, -1) ? MS_CELL_ABOUT : 0U);
    lua_pop(L, 2);
    return flags;
}

// Pushes one of so many columns, which keeps the sink at 1 alive.
static struct writer *push_writer(lua_State *L, enum ms_format format, size_t count)
{
    const size_t size =
        sizeof(struct writer) + count * (sizeof(struct ms_cell) + sizeof(unsigned) + MS_SCRATCH);
    struct writer *self = lua_newuserdatauv(L, size, WRITER_VALUES);
    *self = (struct writer){.sink = ms_check_sink(L, 1), .format = format, .count = count};
    self->flags = (unsigned *)(self->cells + count);
    self->scratch = (char(*)[MS_SCRATCH])(self->flags + count);
    luaL_setmetatable(L, writer_name);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, WRITER_SINK);
    return self;
}

// Reads the columns at 3, for the writer on top of the stack. What is given is pushed, and above it the
// names, which the writer keeps.
static const struct ms_column *read_columns(lua_State *L, struct writer *self)
{
    const int writer = lua_gettop(L), names = writer + 2;
    struct ms_column *columns = lua_newuserdatauv(L, self->count * sizeof *columns + 1, 0);
    lua_newtable(L);
    for (size_t i = 0; i < self->count; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        read_column(L, names, (lua_Integer)i + 1, &columns[i]);
        self->flags[i] = read_flags(L);
        lua_pop(L, 1);
    }
    lua_pushvalue(L, names);
    lua_setiuservalue(L, writer, WRITER_NAMES);
    return columns;
}

static int core_writer(lua_State *L)
{
    enum { SELF = 5 };
    struct ms_sink *sink = ms_check_sink(L, 1);
    const enum ms_format format = check_format(L, 2);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct ms_writer_options options = check_options(L, 4);
    lua_settop(L, SELF - 1);
    struct writer *self = push_writer(L, format, ms_raw_len(L, 3));
    const struct ms_column *columns = read_columns(L, self);
    if (ms_format_is_metrics(format) || format == MS_FORMAT_SQLITE) {
        ms_push_metric_options(L, 3, 4, &options);
        lua_setiuservalue(L, SELF, WRITER_METRICS);
    }
    char message[MS_WRITER_MESSAGE];
    self->writer = ms_writer_create(sink, format, columns, self->count, options, message);
    if (!self->writer) {
        lua_settop(L, 0);
        lua_pushstring(L, message);
        return ms_raise(L);
    }
    lua_settop(L, SELF);
    return 1;
}

static struct writer *check_writer(lua_State *L)
{
    struct writer *self = luaL_checkudata(L, 1, writer_name);
    if (!self->writer)
        luaL_error(L, "the writer is closed");
    return self;
}

// Marks the cells that the table at `partial` names; a name that is no column would be lost silently.
static void read_partial(lua_State *L, int partial, const struct writer *self, struct ms_cell *cells)
{
    lua_getiuservalue(L, 1, WRITER_NAMES);
    int names = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, partial); lua_pop(L, 1)) {
        bool found = false;
        lua_Integer missing = luaL_checkinteger(L, -1);
        for (size_t i = 0; i < self->count; i++) {
            lua_rawgeti(L, names, (lua_Integer)i + 1);
            if (lua_rawequal(L, -1, -3)) {
                cells[i].missing = missing > 0 ? (uint64_t)missing : 0;
                found = true;
            }
            lua_pop(L, 1);
        }
        if (!found)
            luaL_error(L, "no column '%s' to be partial", luaL_tolstring(L, -2, NULL));
    }
    lua_settop(L, names - 1);
}

// The cells' own types and marks, if the table at `index` has them: `types` and `marks`, by column.
static void read_extras(lua_State *L, int index, const struct writer *self, struct ms_cell *cells)
{
    bool types = lua_getfield(L, index, "types") == LUA_TTABLE;
    bool marks = lua_getfield(L, index, "marks") == LUA_TTABLE;
    for (size_t i = 0; (types || marks) && i < self->count; i++) {
        if (types && lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TNIL &&
            !ms_column_type_find(ms_check_text(L, -1), &cells[i].type))
            luaL_error(L, "there is no type '%s'", lua_tostring(L, -1));
        if (types)
            lua_pop(L, 1);
        if (marks && lua_rawgeti(L, -1, (lua_Integer)i + 1) == LUA_TSTRING)
            cells[i].mark = *lua_tostring(L, -1);
        if (marks)
            lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

static int writer_row(lua_State *L)
{
    struct writer *self = check_writer(L);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 3);
    ms_bind_check_stop(L);
    struct ms_cell *cells = self->cells;
    for (size_t i = 0; i < self->count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        cells[i] = ms_to_cell(L);
        cells[i].flags = self->flags[i];
    }
    read_extras(L, 2, self, cells);
    if (!lua_isnil(L, 3)) {
        luaL_checktype(L, 3, LUA_TTABLE);
        read_partial(L, 3, self, cells);
    }
    return ms_push_outcome(L, self->sink, ms_writer_row(self->writer, cells));
}

// ---- rows many at once

// What a column's cells are made of: a field of the row, or a table of ready values at `values`.
struct part {
    enum ms_field field;
    int values; // 0: there is none
};

// Pushes the tables among the parts at `index`, and gives the parts, in a userdata that it pushes, too.
static const struct part *push_parts(lua_State *L, int index, const struct writer *self)
{
    luaL_checktype(L, index, LUA_TTABLE);
    luaL_argcheck(L, lua_rawlen(L, index) == self->count, index, "not a part for each column");
    luaL_checkstack(L, 2 * (int)self->count + LUA_MINSTACK, "too many columns"); // tables, and lists of a row
    struct part *parts = lua_newuserdatauv(L, self->count * sizeof *parts + 1, 0);
    for (size_t i = 0; i < self->count; i++) {
        const int type = lua_rawgeti(L, index, (lua_Integer)i + 1);
        parts[i] = (struct part){.values = type == LUA_TTABLE ? lua_gettop(L) : 0};
        if (parts[i].values)
            continue;
        lua_pop(L, 1);
        parts[i].field = ms_check_field_id(L, index, i + 1);
    }
    return parts;
}

// A value that is unknown as others of that process are, so that nobody has to be told. What a saved row
// lacks is told by field.
static bool is_noted(struct writer *self, const struct ms_process *process, enum ms_reason why)
{
    const unsigned bit = why == MS_NOT_RECORDED ? 0U : 1U << why;
    const bool same = self->noted_pid == process->pid && self->noted_of == process->source;
    if (same && self->noted & bit)
        return true;
    self->noted = bit | (same ? self->noted : 0U);
    self->noted_of = process->source;
    self->noted_pid = process->pid;
    return false;
}

static bool make_field_cell(lua_State *L, struct writer *self, size_t column, enum ms_field field,
                            const struct ms_row *row)
{
    struct ms_cell *cell = &self->cells[column];
    struct ms_value value = {.why = MS_KNOWN};
    if (ms_rows_value(row, field, self->scratch[column], &value))
        return ms_value_cell(value, cell) || ms_push_list_cell(L, value, cell);
    if (value.why == MS_KNOWN || !is_noted(self, &row->process->process, value.why))
        return false;
    cell->kind = MS_CELL_UNKNOWN;
    cell->reason = value.why;
    return true;
}

// A cell of a row, the `at`-th of its block. False where it is not at hand, or unknown for a new reason.
static bool make_cell(lua_State *L, struct writer *self, size_t column, const struct part *part,
                      const struct ms_row *row, lua_Integer at)
{
    struct ms_cell *cell = &self->cells[column];
    if (!part->values)
        return make_field_cell(L, self, column, part->field, row);
    if (lua_rawgeti(L, part->values, at) == LUA_TNIL)
        return false;
    *cell = ms_to_cell(L);
    cell->flags = self->flags[column];
    return cell->kind != MS_CELL_UNKNOWN;
}

// `last`: the row whose cells are there, of which those of the process stay; NULL: none.
static bool make_cells(lua_State *L, struct writer *self, const struct part *parts, const struct ms_row *row,
                       const struct ms_row *last, lua_Integer at)
{
    for (size_t i = 0; i < self->count; i++) {
        const bool stays = last && last->process == row->process && !parts[i].values &&
                           ms_fields[parts[i].field].kind == MS_PROCESS &&
                           self->cells[i].kind != MS_CELL_LIST; // its items were popped
        if (!stays && !make_cell(L, self, i, &parts[i], row, at))
            return false;
    }
    return true;
}

// writer:rows(rows, places, from, till, parts): writes rows of an array or a listing (see core.columns),
// those whose places are places[from..till], until it comes to one of which something is not at hand, or
// unknown for another reason than those of the same process that went by themselves, after a return. `parts`,
// for each column: the id of a field, or a table with the value of each place. Gives which of the places is
// the first that was not written.
static int writer_rows(lua_State *L)
{
    struct writer *self = check_writer(L);
    lua_Integer at = luaL_checkinteger(L, 4);
    const lua_Integer till = luaL_checkinteger(L, 5);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 6);
    const struct ms_rows rows = ms_rows_at(L, 2);
    const struct part *parts = push_parts(L, 6, self);
    const int top = lua_gettop(L);
    if (at == 1) // the machine of the last block may be no more, and another one be where it was in memory
        self->noted = 0;
    for (size_t i = 0; i < self->count; i++)
        self->cells[i] = (struct ms_cell){.flags = self->flags[i]};
    struct ms_row row[2];
    const struct ms_row *last = NULL;
    for (; at <= till; at++) {
        struct ms_row *next = last == row ? row + 1 : row;
        ms_bind_check_stop(L);
        lua_rawgeti(L, 3, at);
        luaL_argcheck(L, ms_rows_take(L, &rows, lua_tointeger(L, -1), next), 2,
                      "not rows of processes, or mappings that are kept");
        if (!make_cells(L, self, parts, next, last, at))
            break;
        if (!ms_writer_row(self->writer, self->cells))
            return ms_push_outcome(L, self->sink, false);
        lua_settop(L, top);
        last = next;
    }
    lua_pushinteger(L, at);
    return 1;
}

// The JSON of the table at `index`, empty where the format has no place for it. The text lives as long as
// what is pushed.
static struct ms_text push_meta(lua_State *L, int index, enum ms_format format, const struct ms_sink *sink)
{
    struct ms_buf *buf = ms_push_buf(L);
    if (ms_format_kind(format) == MS_FORMAT_DOCUMENT && !lua_isnoneornil(L, index)) {
        luaL_checktype(L, index, LUA_TTABLE);
        ms_json_value(L, index, !sink->utf8, buf);
    }
    return (struct ms_text){buf->data, buf->len};
}

static int writer_close(lua_State *L)
{
    struct writer *self = check_writer(L);
    lua_settop(L, 2);
    struct ms_text meta = push_meta(L, 2, self->format, self->sink);
    bool done = ms_writer_close(self->writer, meta);
    if (!done && ms_writer_problem(self->writer)) {
        lua_pushstring(L, ms_writer_problem(self->writer));
        lua_replace(L, 1);
        ms_writer_destroy(self->writer);
        self->writer = NULL;
        lua_settop(L, 1);
        return ms_raise(L);
    }
    ms_writer_destroy(self->writer);
    self->writer = NULL;
    return ms_push_outcome(L, self->sink, done);
}

static int writer_fits(lua_State *L)
{
    lua_pushboolean(L, ms_writer_fits(check_writer(L)->writer));
    return 1;
}

static int writer_gc(lua_State *L)
{
    struct writer *self = ms_bind_collected(L, writer_name);
    ms_writer_destroy(self->writer);
    return 0;
}

static int core_scalar(lua_State *L)
{
    struct ms_sink *sink = ms_check_sink(L, 1);
    enum ms_format format = check_format(L, 2);
    struct ms_writer_options options = check_options(L, 4);
    enum ms_column_type type = MS_COLUMN_ANY;
    lua_Integer missing = luaL_optinteger(L, 6, 0);
    lua_settop(L, 5);
    if (option(L, 4, "type") != LUA_TNIL && !ms_column_type_find(ms_check_text(L, -1), &type))
        return luaL_error(L, "there is no type '%s'", lua_tostring(L, -1));
    struct ms_text meta = push_meta(L, 5, format, sink);
    lua_pushvalue(L, 3);
    struct ms_cell cell = ms_to_cell(L);
    cell.missing = missing > 0 ? (uint64_t)missing : 0;
    if (lua_istable(L, 4)) {
        lua_pushvalue(L, 4);
        cell.flags = read_flags(L);
    }
    return ms_push_outcome(L, sink, ms_writer_scalar(sink, format, &cell, type, options, meta));
}

// core.formats(): the names of all formats.
static int core_formats(lua_State *L)
{
    lua_createtable(L, MS_FORMAT_COUNT, 0);
    for (int format = 0; format < MS_FORMAT_COUNT; format++) {
        lua_pushstring(L, ms_format_name((enum ms_format)format));
        lua_rawseti(L, -2, format + 1);
    }
    return 1;
}

// core.format_kind(name): "picture", "page", "lines" or "document", whether a row is a JSON object, and
// whether rows are metrics.
static int core_format_kind(lua_State *L)
{
    static const char *const kinds[] = {"picture", "page", "lines", "document"};
    const enum ms_format format = check_format(L, 1);
    lua_pushstring(L, kinds[ms_format_kind(format)]);
    lua_pushboolean(L, ms_format_is_json(format));
    lua_pushboolean(L, ms_format_is_metrics(format));
    return 3;
}

const luaL_Reg ms_writer_functions[] = {{"writer", core_writer},           {"scalar", core_scalar},
                                        {"separated", core_separated},     {"formats", core_formats},
                                        {"format_kind", core_format_kind}, {NULL, NULL}};

void ms_open_writer(lua_State *L)
{
    static const luaL_Reg meta[] = {{"__gc", writer_gc}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"row", writer_row},
                                       {"rows", writer_rows},
                                       {"fits", writer_fits},
                                       {"close", writer_close},
                                       {NULL, NULL}};
    ms_make_class(L, writer_name, meta, methods);
}
