// SPDX-License-Identifier: GPL-3.0-or-later
// Rows as lines of a fixed form: what other programs print, byte for byte.
#include "bind/bind.h"
#include "bind/handles.h"
#include "bind/rows.h"

#include <string.h>

enum { MOST_WIDTH = 1 << 20, MOST_DIGITS = 20 };

enum form { TEXT, HEX, KILOBYTES, DECIMAL };

static const char *const form_names[] = {
    [TEXT] = "text", [HEX] = "hex", [KILOBYTES] = "kilobytes", [DECIMAL] = "decimal", NULL};

// What is written of each row: a text that all have, or a field (or the sum of two) in some form.
struct part {
    struct ms_text literal; // of what has no field
    int field;              // -1: none
    int other;              // is added to the field; -1: none
    enum form form;
    int width;  // at least, with blanks to the left
    int digits; // of a number, at least, with zeros to the left
    int texts;  // the place of a table that has the text to write for each text of the field; 0: it is that
    struct ms_text last; // the text of the field for which `shown` is written: neighbours have one name
    struct ms_text shown;
};

static int field_at(lua_State *L, const char *key)
{
    const bool given = lua_getfield(L, -1, key) != LUA_TNIL;
    const lua_Integer id = given ? luaL_checkinteger(L, -1) : -1;
    lua_pop(L, 1);
    if (id >= MS_FIELD_COUNT)
        luaL_error(L, "%s is no field id", key);
    return (int)id;
}

static bool is_text(int field)
{
    const char *type = ms_unit_type(ms_fields[field].unit);
    return strcmp(type, "text") == 0 || strcmp(type, "path") == 0 || ms_fields[field].unit == MS_UNIT_FLAGS;
}

static bool is_integer(int field)
{
    const char *type = ms_unit_type(ms_fields[field].unit);
    return strcmp(type, "bytes") == 0 || strcmp(type, "count") == 0 || strcmp(type, "addr") == 0 ||
           strcmp(type, "boolean") == 0;
}

static bool fits(const struct part *part)
{
    if (part->form == TEXT)
        return is_text(part->field) && part->other < 0;
    return is_integer(part->field) && (part->other < 0 || is_integer(part->other));
}

// Sets a part from what is on top of the stack, and leaves the table of its texts there, or nil.
static void read_part(lua_State *L, struct part *part)
{
    *part = (struct part){.field = -1, .other = -1};
    if (lua_type(L, -1) == LUA_TSTRING) {
        part->literal = ms_check_text(L, -1); // the list keeps it
        lua_pop(L, 1);
        lua_pushnil(L);
        return;
    }
    luaL_checktype(L, -1, LUA_TTABLE);
    part->field = field_at(L, "id");
    part->other = field_at(L, "plus");
    lua_getfield(L, -1, "form");
    part->form = (enum form)luaL_checkoption(L, -1, "text", form_names);
    lua_getfield(L, -2, "width");
    part->width = (int)luaL_optinteger(L, -1, 0);
    lua_getfield(L, -3, "digits");
    part->digits = (int)luaL_optinteger(L, -1, 0);
    lua_pop(L, 3);
    part->texts = lua_getfield(L, -1, "texts") == LUA_TTABLE ? lua_gettop(L) - 1 : 0;
    lua_remove(L, -2);
    if (part->field < 0 || part->width < 0 || part->width > MOST_WIDTH || part->digits < 0 ||
        part->digits > MOST_DIGITS || !fits(part))
        luaL_error(L, "a part is a text, or a field with a form that fits it, a width and digits");
}

// Pushes the tables of texts, below the parts, which are in a userdata.
static struct part *push_parts(lua_State *L, int index, size_t count)
{
    luaL_checkstack(L, (int)count + LUA_MINSTACK, "too many parts");
    struct part *parts = lua_newuserdatauv(L, count * sizeof *parts + 1, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        read_part(L, &parts[i]);
    }
    return parts;
}

static void add_padded(struct ms_buf *out, const char *text, size_t len, int width)
{
    for (size_t i = len; i < (size_t)width; i++)
        ms_buf_addc(out, ' ');
    ms_buf_add(out, text, len);
}

static void add_number(struct ms_buf *out, uint64_t number, const struct part *part)
{
    const unsigned base = part->form == HEX ? 16 : 10;
    char digits[32], *first = digits + sizeof digits;
    if (part->form == KILOBYTES)
        number /= 1024;
    do {
        *--first = "0123456789abcdef"[number % base];
        number /= base;
    } while (number || digits + sizeof digits - first < part->digits);
    add_padded(out, first, (size_t)(digits + sizeof digits - first), part->width);
}

// What is written for a text of the field. False where the table has none. Strings of Lua stay where they are
// as long as the table has them.
static bool look_up(lua_State *L, struct part *part, struct ms_text text, const char *scratch)
{
    if (part->last.data == text.data && part->last.len == text.len)
        return true;
    lua_pushlstring(L, text.data, text.len);
    const bool found = lua_gettable(L, part->texts) == LUA_TSTRING;
    if (found)
        part->shown = ms_check_text(L, -1);
    lua_pop(L, 1);
    part->last = found && text.data != scratch ? text : (struct ms_text){0};
    return found;
}

static bool add_value(lua_State *L, struct ms_buf *out, const struct ms_row *row, struct part *part)
{
    char scratch[MS_SCRATCH];
    struct ms_value value, other = {0};
    if (!ms_rows_value(row, (enum ms_field)part->field, scratch, &value) ||
        (part->other >= 0 && !ms_rows_value(row, (enum ms_field)part->other, scratch, &other)))
        return false;
    if (part->form != TEXT) {
        add_number(out, value.number + other.number, part);
        return true;
    }
    struct ms_text text = value.text.len ? value.text : MS_TEXT("");
    if (part->texts && !look_up(L, part, text, scratch))
        return false;
    if (part->texts)
        text = part->shown;
    add_padded(out, text.data, text.len, part->width);
    return true;
}

static bool add_line(lua_State *L, struct ms_buf *out, const struct ms_row *row, struct part *parts,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parts[i].field < 0)
            ms_buf_add(out, parts[i].literal.data, parts[i].literal.len);
        else if (!add_value(L, out, row, &parts[i]))
            return false;
    }
    return ms_buf_addc(out, '\n') || true;
}

// core.lines(rows, places, from, till, parts): the lines of rows of an array or a listing (see core.columns),
// those whose places are places[from..till], until it comes to one of which something is not known, not at
// hand or without a text; and which of the places that is. `parts`: texts, and tables with the `id` of a
// field, that of another one to add (`plus`), a `form` ("text", "hex", "kilobytes", "decimal"), a `width`, of
// numbers how many `digits` at least, and of texts what to write for each (`texts`, whose __index is asked).
static int lines(lua_State *L)
{
    lua_Integer at = luaL_checkinteger(L, 3);
    const lua_Integer till = luaL_checkinteger(L, 4);
    luaL_checktype(L, 2, LUA_TTABLE);
    luaL_checktype(L, 5, LUA_TTABLE);
    lua_settop(L, 5);
    const struct ms_rows rows = ms_rows_at(L, 1);
    const size_t count = ms_raw_len(L, 5);
    struct ms_buf *out = ms_push_buf(L);
    struct part *parts = push_parts(L, 5, count);
    const int top = lua_gettop(L);
    for (; at <= till; at++) {
        struct ms_row row;
        const size_t before = out->len;
        lua_rawgeti(L, 2, at);
        luaL_argcheck(L, ms_rows_take(L, &rows, lua_tointeger(L, -1), &row), 1,
                      "not rows of processes, or mappings that are kept");
        const bool done = add_line(L, out, &row, parts, count);
        lua_settop(L, top);
        if (!done) {
            out->len = before;
            break;
        }
    }
    ms_push_content(L, out);
    lua_pushinteger(L, at);
    return 2;
}

const luaL_Reg ms_lines_functions[] = {{"lines", lines}, {NULL, NULL}};
