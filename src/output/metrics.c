// SPDX-License-Identifier: GPL-3.0-or-later
// openmetrics and prom: the numbers of a row are samples, its texts, ids and addresses are their labels.
// memsh_SUBJECT_COLUMN_UNIT is the name, with _total for a counter. An unknown number has no sample and is
// counted in memsh_unknown; a sum that lacks a part has a twin, NAME_missing, with the number of parts.
#include "output/exposition.h"
#include "output/number.h"
#include "output/writer_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum role { ROLE_LABEL, ROLE_SAMPLE, ROLE_EITHER, ROLE_NONE };

struct column {
    enum role role;
    enum ms_column_type type;
    int family, missing; // -1: not made yet
    struct ms_buf name;  // of the label, or of the family
};

struct state {
    struct ms_exposition *doc;
    bool owned;
    int info; // the family of rows without numbers, -1: they have some
    struct column *columns;
    struct ms_buf labels, value;
};

static enum role role_of(enum ms_column_type type, const struct ms_metric *metric)
{
    if (metric && metric->id)
        return ROLE_LABEL;
    switch (type) {
    case MS_COLUMN_TEXT:
    case MS_COLUMN_PATH:
    case MS_COLUMN_LIST:
    case MS_COLUMN_ADDR:
        return ROLE_LABEL;
    case MS_COLUMN_ANY:
        return ROLE_EITHER;
    case MS_COLUMN_BAR:
        return ROLE_NONE;
    default:
        return ROLE_SAMPLE;
    }
}

static const char *unit_of(enum ms_column_type type)
{
    switch (type) {
    case MS_COLUMN_BYTES:
        return "bytes";
    case MS_COLUMN_SECONDS:
    case MS_COLUMN_TIME:
        return "seconds";
    case MS_COLUMN_PERCENT:
        return "ratio";
    default:
        return "";
    }
}

static bool ends(const struct ms_buf *name, const char *suffix)
{
    return ms_text_ends(ms_buf_text(name), ms_text_of(suffix));
}

// A gauge must not look like a counter or a part of a histogram.
static bool is_reserved(const struct ms_buf *name)
{
    static const char *const suffixes[] = {"_total", "_count", "_sum", "_bucket", "_info", "_created"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (ends(name, suffixes[i]))
            return true;
    return false;
}

static void add_unit(struct ms_buf *name, enum ms_column_type type, bool counter)
{
    const char *unit = unit_of(type);
    if (type == MS_COLUMN_PERCENT && ends(name, "_percent"))
        name->len -= sizeof "_percent" - 1;
    if (type == MS_COLUMN_TIME && !ends(name, "time"))
        ms_buf_adds(name, "_timestamp");
    if (counter && ends(name, "_total"))
        name->len -= sizeof "_total" - 1;
    if (unit[0] && !(ends(name, unit) && name->data[name->len - strlen(unit) - 1] == '_'))
        ms_buf_addf(name, "_%s", unit);
    if (!unit[0] && !counter && is_reserved(name))
        ms_buf_adds(name, "_value");
}

// What a name has after "memsh", up to that of the column.
static void add_stem(const struct ms_writer *writer, struct ms_buf *name)
{
    ms_buf_adds(name, "memsh_");
    if (writer->options.subject && writer->options.subject[0]) {
        ms_exposition_name(name, ms_text_of(writer->options.subject));
        ms_buf_addc(name, '_');
    }
}

static void trim(struct ms_buf *name)
{
    while (name->len > 1 && name->data[name->len - 1] == '_')
        name->len--;
}

static const struct ms_metric *metric_of(const struct ms_writer *writer, size_t column)
{
    return writer->options.metrics ? &writer->options.metrics[column] : NULL;
}

static struct column *column_of(const struct ms_writer *writer, size_t i)
{
    return &((struct state *)writer->state)->columns[i];
}

static void name_column(struct ms_writer *writer, size_t i)
{
    const struct ms_metric *metric = metric_of(writer, i);
    struct column *column = column_of(writer, i);
    *column =
        (struct column){.type = writer->columns[i].type, .family = -1, .missing = -1, .name = column->name};
    column->role = role_of(column->type, metric);
    if (column->role != ROLE_LABEL)
        add_stem(writer, &column->name);
    ms_exposition_name(&column->name, writer->columns[i].name);
    trim(&column->name);
    if (column->role == ROLE_SAMPLE)
        add_unit(&column->name, column->type, metric && metric->counter);
}

static bool is_refused(struct ms_writer *writer, const char *problem)
{
    if (problem && !writer->problem[0])
        snprintf(writer->problem, sizeof writer->problem, "%s", problem);
    return writer->problem[0] != 0;
}

static bool refuse(struct ms_writer *writer)
{
    const struct state *state = writer->state;
    const char *problem = state->doc ? ms_exposition_problem(state->doc) : "not enough memory";
    is_refused(writer, problem ? problem : "not enough memory");
    return false;
}

static void refuse_twice(struct ms_writer *writer, const struct ms_buf *name)
{
    char text[MS_WRITER_MESSAGE];
    snprintf(text, sizeof text, "two columns would be the %s %.*s; give one another name",
             ms_text_starts(ms_buf_text(name), MS_TEXT("memsh_")) ? "metric" : "label",
             (int)(name->len < 100 ? name->len : 100), name->data);
    is_refused(writer, text);
}

static void check_names(struct ms_writer *writer)
{
    for (size_t i = 0; i < writer->count; i++)
        for (size_t j = 0; j < i; j++)
            if (ms_text_eq(ms_buf_text(&column_of(writer, i)->name),
                           ms_buf_text(&column_of(writer, j)->name)))
                refuse_twice(writer, &column_of(writer, i)->name);
}

static int make_family(struct ms_writer *writer, const struct ms_buf *name, enum ms_metric_type type,
                       const char *unit, const struct ms_buf *help)
{
    const struct state *state = writer->state;
    const int family = name->failed || help->failed ? -1
                                                    : ms_exposition_family(state->doc, ms_buf_text(name),
                                                                           type, unit, ms_buf_text(help));
    if (family < 0)
        refuse(writer);
    return family;
}

static void make_info(struct ms_writer *writer)
{
    struct state *state = writer->state;
    MS_AUTO_BUF name = {0}, help = {0};
    ms_buf_adds(&help, "rows that have no number");
    add_stem(writer, &name);
    if (name.len == sizeof "memsh_" - 1)
        ms_buf_adds(&name, "row_");
    trim(&name);
    state->info = make_family(writer, &name, MS_METRIC_INFO, "", &help);
}

static int family_of(struct ms_writer *writer, size_t i)
{
    struct column *column = column_of(writer, i);
    const struct ms_metric *metric = metric_of(writer, i);
    if (column->family >= 0)
        return column->family;
    MS_AUTO_BUF help = {0};
    if (metric && metric->meaning.len > 0)
        ms_buf_add(&help, metric->meaning.data, metric->meaning.len);
    else
        ms_buf_addf(&help, "column %.*s of the answer", (int)writer->columns[i].name.len,
                    writer->columns[i].name.data);
    return column->family = make_family(writer, &column->name,
                                        metric && metric->counter ? MS_METRIC_COUNTER : MS_METRIC_GAUGE,
                                        unit_of(column->type), &help);
}

static int missing_of(struct ms_writer *writer, size_t i)
{
    struct column *column = column_of(writer, i);
    if (column->missing >= 0)
        return column->missing;
    MS_AUTO_BUF name = {0}, help = {0};
    ms_buf_add(&name, column->name.data, column->name.len);
    ms_buf_adds(&name, "_missing");
    ms_buf_addf(&help, "values that are unknown and not in %.*s, which is a lower bound",
                (int)column->name.len, column->name.data);
    return column->missing = make_family(writer, &name, MS_METRIC_GAUGE, "", &help);
}

static bool begin(struct ms_writer *writer)
{
    struct state *state = writer->state;
    const bool open = writer->ops == &ms_format_openmetrics;
    const size_t most = writer->options.max_series ? writer->options.max_series : MS_EXPOSITION_SERIES;
    bool any = false;
    state->info = -1;
    state->doc = writer->options.exposition;
    state->owned = !state->doc;
    if (state->owned)
        state->doc = ms_exposition_create(open ? MS_EXPOSITION_OPENMETRICS : MS_EXPOSITION_PROM, most);
    state->columns = calloc(writer->count + 1, sizeof *state->columns);
    if (!state->doc || !state->columns)
        return refuse(writer);
    for (size_t i = 0; i < writer->count; i++) {
        name_column(writer, i);
        if (column_of(writer, i)->name.failed)
            return refuse(writer);
        any = any || column_of(writer, i)->role != ROLE_LABEL;
    }
    check_names(writer);
    if (!any && writer->count > 0)
        make_info(writer);
    return !writer->problem[0];
}

static bool is_label(const struct column *column, const struct ms_cell *cell)
{
    if (column->role != ROLE_EITHER)
        return column->role == ROLE_LABEL;
    return cell->kind == MS_CELL_TEXT || cell->kind == MS_CELL_LIST || cell->type == MS_COLUMN_ADDR;
}

// An unknown label says why, because groups whose key is unknown differ in nothing else.
static void add_label(struct ms_writer *writer, const struct ms_cell *cell, size_t i)
{
    struct state *state = writer->state;
    if (cell->kind == MS_CELL_UNKNOWN) {
        ms_buf_clear(&writer->cell);
        ms_buf_addf(&writer->cell, "? (%s)", ms_reason_name(cell->reason));
    } else {
        ms_writer_cell_text(writer, cell, i);
    }
    struct ms_text text = ms_buf_text(&writer->cell);
    state->labels.failed |= writer->cell.failed;
    if (text.len == 0)
        return;
    MS_AUTO_BUF masked = {0};
    if (cell->kind != MS_CELL_UNKNOWN && ms_text_starts(text, MS_TEXT("? ("))) {
        ms_buf_adds(&masked, "\\x3f");
        ms_buf_add(&masked, text.data + 1, text.len - 1);
        text = ms_buf_text(&masked);
        state->labels.failed |= masked.failed;
    }
    ms_exposition_label(&state->labels, ms_buf_text(&column_of(writer, i)->name), text);
}

static void add_labels(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct state *state = writer->state;
    ms_buf_clear(&state->labels);
    for (size_t i = 0; i < writer->count; i++)
        if (is_label(column_of(writer, i), &cells[i]))
            add_label(writer, &cells[i], i);
    if (state->labels.len > 0)
        ms_buf_addc(&state->labels, '}');
}

static void add_fraction(struct ms_buf *out, double value)
{
    if (isnan(value))
        ms_buf_adds(out, "NaN");
    else if (isinf(value))
        ms_buf_adds(out, value > 0 ? "+Inf" : "-Inf");
    else
        ms_number_exact(out, value);
}

static void put_number(struct ms_buf *out, const struct ms_cell *cell, enum ms_column_type type)
{
    ms_buf_clear(out);
    if (cell->kind == MS_CELL_BOOLEAN)
        ms_buf_addc(out, cell->boolean ? '1' : '0');
    else if (cell->kind == MS_CELL_NUMBER)
        add_fraction(out, type == MS_COLUMN_PERCENT ? cell->number / 100 : cell->number);
    else if (type == MS_COLUMN_PERCENT)
        add_fraction(out, (double)cell->integer / 100);
    else
        ms_number_integer(out, cell->integer);
}

static bool add_sample(struct ms_writer *writer, int family)
{
    struct state *state = writer->state;
    if (state->labels.failed || state->value.failed)
        return is_refused(writer, "not enough memory"), false;
    if (family < 0 ||
        !ms_exposition_sample(state->doc, family, ms_buf_text(&state->labels), ms_buf_text(&state->value)))
        return refuse(writer);
    return true;
}

static bool add_missing(struct ms_writer *writer, const struct ms_cell *cell, size_t i)
{
    struct state *state = writer->state;
    ms_buf_clear(&state->value);
    ms_buf_addf(&state->value, "%llu", (unsigned long long)cell->missing);
    return add_sample(writer, missing_of(writer, i));
}

// A text among numbers is no sample; a label it would be only in a column of texts.
static bool is_number(const struct ms_cell *cell)
{
    return cell->kind == MS_CELL_BOOLEAN || cell->kind == MS_CELL_INTEGER || cell->kind == MS_CELL_NUMBER;
}

static bool add_cell(struct ms_writer *writer, const struct ms_cell *cell, size_t i)
{
    struct state *state = writer->state;
    const struct column *column = column_of(writer, i);
    if (cell->kind == MS_CELL_UNKNOWN &&
        !ms_exposition_unknown(state->doc, writer->columns[i].name, cell->reason))
        return refuse(writer);
    if (column->role == ROLE_NONE || is_label(column, cell))
        return true;
    if (is_number(cell)) {
        put_number(&state->value, cell, column->type);
        if (!add_sample(writer, family_of(writer, i)))
            return false;
    }
    return cell->missing == 0 || add_missing(writer, cell, i);
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct state *state = writer->state;
    if (writer->problem[0])
        return false;
    add_labels(writer, cells);
    for (size_t i = 0; i < writer->count; i++)
        if (!add_cell(writer, &cells[i], i))
            return false;
    if (state->info < 0)
        return true;
    ms_buf_clear(&state->value);
    ms_buf_addc(&state->value, '1');
    return add_sample(writer, state->info);
}

static bool end(struct ms_writer *writer, struct ms_text meta)
{
    struct state *state = writer->state;
    (void)meta;
    if (writer->problem[0])
        return false;
    if (!ms_exposition_check(state->doc))
        return refuse(writer);
    return !state->owned || ms_exposition_write(state->doc, writer->sink);
}

static void deinit(struct ms_writer *writer)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count && state->columns; i++)
        ms_buf_deinit(&state->columns[i].name);
    if (state->owned)
        ms_exposition_destroy(state->doc);
    ms_buf_deinit(&state->labels);
    ms_buf_deinit(&state->value);
    free(state->columns);
}

#define OPS                                                                                                  \
    {                                                                                                        \
        .kind = MS_FORMAT_DOCUMENT, .is_metrics = true, .state_size = sizeof(struct state), .begin = begin,  \
        .row = row, .end = end, .deinit = deinit                                                             \
    }
const struct ms_format_ops ms_format_openmetrics = OPS;
const struct ms_format_ops ms_format_prom = OPS;
