// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/cell.h"

#include "output/bar.h"
#include "output/escape.h"
#include "output/json_text.h"
#include "output/number.h"

#include <math.h>

bool ms_column_type_find(struct ms_text name, enum ms_column_type *out)
{
    static const char *const names[] = {
#define X(constant, name) name,
        MS_COLUMN_TYPES(X)
#undef X
    };
    for (int type = 0; type < MS_COLUMN_TYPE_COUNT; type++) {
        if (ms_text_eq(name, ms_text_of(names[type]))) {
            *out = (enum ms_column_type)type;
            return true;
        }
    }
    return false;
}

bool ms_column_type_right(enum ms_column_type type)
{
    return type >= MS_COLUMN_BYTES && type <= MS_COLUMN_SECONDS;
}

// No limit is an infinity, which is no size.
static bool is_no_limit(double value, enum ms_column_type type)
{
    return isinf(value) && value > 0 && (type == MS_COLUMN_BYTES || type == MS_COLUMN_ANY);
}

static bool add_number(struct ms_buf *out, double value, enum ms_column_type type, struct ms_style style)
{
    if (is_no_limit(value, type))
        return ms_buf_adds(out, "none");
    if (type == MS_COLUMN_TIME)
        return ms_number_time(out, value,
                              !style.table  ? MS_CLOCK_UTC
                              : style.human ? MS_CLOCK_LOCAL
                                            : MS_CLOCK_OFFSET);
    if (type == MS_COLUMN_BYTES && style.human)
        return ms_number_size(out, value);
    if (type == MS_COLUMN_SECONDS && style.human)
        return ms_number_age(out, value);
    if (type == MS_COLUMN_PERCENT && style.table && isfinite(value) && fabs(value) < 1e15) {
        long long tenths = llrint(fabs(value) * 10);
        return ms_buf_addf(out, "%s%lld.%lld", value < 0 && tenths ? "-" : "", tenths / 10, tenths % 10);
    }
    return style.human ? ms_number_short(out, value) : ms_number_exact(out, value);
}

static bool add_bar(struct ms_buf *out, double share, struct ms_style style)
{
    return (share >= 0 || ms_buf_addc(out, '-')) && ms_bar(out, share, MS_BAR_COLUMNS, style.blocks);
}

static bool add_integer(struct ms_buf *out, int64_t value, enum ms_column_type type, struct ms_style style)
{
    if (type == MS_COLUMN_ADDR)
        return ms_number_address(out, (uint64_t)value);
    bool scaled = type == MS_COLUMN_TIME || (type == MS_COLUMN_PERCENT && style.table) ||
                  (style.human && (type == MS_COLUMN_BYTES || type == MS_COLUMN_SECONDS));
    if (scaled)
        return add_number(out, (double)value, type, style);
    return ms_number_integer(out, value);
}

// A name that is a lone question mark must not look like an unknown value.
static bool add_text(struct ms_buf *out, struct ms_text text, struct ms_style style, unsigned flags)
{
    if (ms_text_eq(text, MS_TEXT("?")))
        return ms_buf_adds(out, "\\x3f");
    return ms_escape(out, text, flags | (style.ascii ? MS_ESCAPE_ASCII : 0));
}

static bool add_list(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type,
                     struct ms_style style)
{
    for (size_t i = 0; i < cell->list.count; i++) {
        const struct ms_cell *item = &cell->list.items[i];
        if (i > 0 && !ms_buf_addc(out, ' '))
            return false;
        bool done = item->kind == MS_CELL_TEXT ? add_text(out, item->text, style, MS_ESCAPE_BLANK)
                                               : ms_cell_text(out, item, type, style);
        if (!done)
            return false;
    }
    return true;
}

// What comes before a value: how sure it is, and in which direction a difference goes.
static bool add_prefix(struct ms_buf *out, const struct ms_cell *cell, struct ms_style style)
{
    bool known = cell->kind != MS_CELL_UNKNOWN && cell->kind != MS_CELL_EMPTY;
    bool more = (cell->kind == MS_CELL_INTEGER && cell->integer > 0) ||
                (cell->kind == MS_CELL_NUMBER && cell->number > 0);
    if (cell->missing > 0 && known && !ms_buf_adds(out, cell->flags & MS_CELL_ABOUT ? "~" : ">="))
        return false;
    return !(cell->flags & MS_CELL_SIGNED) || !style.table || !more || ms_buf_addc(out, '+');
}

bool ms_cell_text(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type,
                  struct ms_style style)
{
    if (type == MS_COLUMN_ANY)
        type = cell->type;
    if (!add_prefix(out, cell, style))
        return false;
    switch (cell->kind) {
    case MS_CELL_EMPTY:
        return cell->missing == 0 || ms_buf_addc(out, '?');
    case MS_CELL_BOOLEAN:
        if (style.table)
            return ms_buf_adds(out, cell->boolean ? "yes" : "no");
        return ms_buf_adds(out, cell->boolean ? "true" : "false");
    case MS_CELL_INTEGER:
        return add_integer(out, cell->integer, type, style);
    case MS_CELL_NUMBER:
        if (type == MS_COLUMN_BAR && style.table)
            return add_bar(out, cell->number, style);
        return add_number(out, cell->number, type, style);
    case MS_CELL_TEXT:
        return add_text(out, cell->text, style, 0);
    case MS_CELL_LIST:
        return add_list(out, cell, type, style);
    case MS_CELL_UNKNOWN:
        break;
    }
    return ms_buf_addc(out, '?');
}

bool ms_cell_json(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type, bool ascii,
                  bool *lossy)
{
    if (type == MS_COLUMN_ANY)
        type = cell->type;
    switch (cell->kind) {
    case MS_CELL_BOOLEAN:
        return ms_buf_adds(out, cell->boolean ? "true" : "false");
    case MS_CELL_INTEGER:
        if (type == MS_COLUMN_ADDR)
            return ms_buf_addc(out, '"') && ms_number_address(out, (uint64_t)cell->integer) &&
                   ms_buf_addc(out, '"');
        return ms_number_integer(out, cell->integer);
    case MS_CELL_NUMBER:
        if (is_no_limit(cell->number, type))
            return ms_buf_adds(out, "\"none\"");
        return ms_json_number(out, cell->number);
    case MS_CELL_TEXT:
        return ms_json_string(out, cell->text, ascii, lossy);
    case MS_CELL_LIST:
        ms_buf_addc(out, '[');
        for (size_t i = 0; i < cell->list.count; i++) {
            ms_buf_adds(out, i > 0 ? ", " : "");
            ms_cell_json(out, &cell->list.items[i], type, ascii, lossy);
        }
        return ms_buf_addc(out, ']');
    case MS_CELL_EMPTY:
    case MS_CELL_UNKNOWN:
        break;
    }
    return ms_buf_adds(out, "null");
}

bool ms_cell_base64(struct ms_buf *out, const struct ms_cell *cell)
{
    if (cell->kind == MS_CELL_TEXT)
        return ms_json_base64(out, cell->text);
    if (cell->kind != MS_CELL_LIST)
        return ms_buf_adds(out, "null");
    ms_buf_addc(out, '[');
    for (size_t i = 0; i < cell->list.count; i++) {
        ms_buf_adds(out, i > 0 ? ", " : "");
        ms_cell_base64(out, &cell->list.items[i]);
    }
    return ms_buf_addc(out, ']');
}
