// SPDX-License-Identifier: GPL-3.0-or-later
// table: columns under a header, two blanks apart. Rows are kept until there is a block of them, which
// decides how wide the columns are; later blocks may widen them. In a pipe nothing is cut, and a text that is
// longer than most pushes what comes after it to the right: one command line of 2,000 bytes would widen
// every row otherwise. On a terminal bars get what is left, or give way first; then paths, then other text,
// both in their middle; then columns at the right end are left out and named below. Numbers are never cut: a
// wrong number is worse than a long line.
#include "output/bar.h"
#include "output/width.h"
#include "output/writer_private.h"

#include <stdlib.h>

enum {
    BLOCK_ROWS = 1000,
    BLOCK_BYTES = 1024 * 1024,
    GAP = 2,
    LEAST_TEXT = 16, // comm has 15
    LEAST_PATH = 12, // so that maps has its path on a terminal of 80 columns
    LEAST_BAR = 8,
    MOST_BAR = 60,
    MOST_PIPED = 96, // of a text that other columns follow: the control group of a container has 91
};

struct slot {
    size_t offset, len, width; // the text; of a bar, what is before it
    double share;              // of a bar
    bool bar;
    enum ms_paint paint;
    char mark;
};

struct column {
    size_t natural; // the widest cell so far
    size_t before;  // of bars, the widest of what is before them
    size_t least;   // what it may be cut to
    size_t width;   // in the block that is being written
    bool right;
    bool words; // something in it is no number
};

struct state {
    struct column *columns;
    struct slot *slots; // BLOCK_ROWS rows of them
    struct ms_buf text; // what the slots point into
    size_t rows;
    size_t shown; // columns that are not left out
    size_t limit; // columns of the screen, 0: none
    bool headed;
    bool marked; // some cell has a mark, which comes after it
};

static bool gives_way(enum ms_column_type type)
{
    return type == MS_COLUMN_ANY || type >= MS_COLUMN_TEXT;
}

static bool begin(struct ms_writer *writer)
{
    struct state *state = writer->state;
    state->columns = calloc(writer->count + 1, sizeof *state->columns);
    state->slots = calloc(BLOCK_ROWS * writer->count + 1, sizeof *state->slots);
    if (!state->columns || !state->slots) {
        writer->line.failed = true;
        return ms_writer_send(writer);
    }
    state->shown = writer->count;
    for (size_t i = 0; i < writer->count; i++)
        state->columns[i].natural = ms_width(writer->columns[i].name);
    return true;
}

// How wide a line may be. A mark needs a place after the last column.
static size_t room(const struct ms_writer *writer)
{
    const struct state *state = writer->state;
    size_t width = ms_writer_width(writer);
    return state->marked && width > 1 ? width - 1 : width;
}

static size_t line_width(const struct state *state)
{
    size_t total = state->shown > 0 ? GAP * (state->shown - 1) : 0;
    for (size_t i = 0; i < state->shown; i++)
        total += state->columns[i].width;
    return total;
}

enum giving { BARS, PATHS, TEXTS };

static bool is_giving(enum ms_column_type type, enum giving kind)
{
    if (type == MS_COLUMN_BAR || type == MS_COLUMN_PATH)
        return kind == (type == MS_COLUMN_BAR ? BARS : PATHS);
    return kind == TEXTS && gives_way(type);
}

// Takes from the widest of the columns that give way now.
static void shrink(struct ms_writer *writer, size_t limit, enum giving kind)
{
    struct state *state = writer->state;
    for (size_t total = line_width(state); total > limit; total--) {
        struct column *widest = NULL;
        for (size_t i = 0; i < state->shown; i++) {
            struct column *column = &state->columns[i];
            enum ms_column_type type = writer->columns[i].type;
            if (is_giving(type, kind) && column->width > column->least &&
                (!widest || column->width > widest->width))
                widest = column;
        }
        if (!widest)
            return;
        widest->width--;
    }
}

static size_t least_of(const struct column *column, enum ms_column_type type)
{
    size_t least = type == MS_COLUMN_PATH ? LEAST_PATH : LEAST_TEXT;
    if (type == MS_COLUMN_BAR)
        least = column->before + LEAST_BAR;
    return least < column->natural ? least : column->natural;
}

// What is left of the screen goes to the bars.
static void widen_bars(struct ms_writer *writer, size_t limit)
{
    struct state *state = writer->state;
    bool grown = true;
    for (size_t total = line_width(state); total < limit && grown;) {
        grown = false;
        for (size_t i = 0; i < state->shown && total < limit; i++) {
            struct column *column = &state->columns[i];
            if (writer->columns[i].type != MS_COLUMN_BAR || column->width >= column->before + MOST_BAR)
                continue;
            column->width++;
            total++;
            grown = true;
        }
    }
}

static void try_to_fit(struct ms_writer *writer, size_t limit)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        enum ms_column_type type = writer->columns[i].type;
        column->width = column->natural;
        if (limit == 0 && gives_way(type) && column->width > MOST_PIPED)
            column->width = MOST_PIPED;
        if (limit == 0 || (!gives_way(type) && type != MS_COLUMN_BAR))
            continue;
        size_t name = ms_width(writer->columns[i].name);
        size_t least = least_of(column, type);
        column->least = least > name ? least : name; // the name stays whole
        size_t most = limit > column->least ? limit : column->least;
        column->width = column->natural < most ? column->natural : most;
    }
    if (limit == 0)
        return;
    for (int kind = BARS; kind <= TEXTS; kind++)
        shrink(writer, limit, (enum giving)kind);
    widen_bars(writer, limit);
}

// What the first block left out stays out: the header is written.
static void fit(struct ms_writer *writer)
{
    struct state *state = writer->state;
    size_t most = room(writer);
    state->limit = most;
    try_to_fit(writer, most);
    while (most > 0 && !state->headed && state->shown > 1 && line_width(state) > most) {
        state->shown--;
        try_to_fit(writer, most);
    }
}

// A bar, after what is before it, in writer->cell.
static struct ms_text draw(struct ms_writer *writer, const struct column *column, const struct slot *slot,
                           struct ms_text before)
{
    struct ms_buf *cell = &writer->cell;
    ms_buf_clear(cell);
    ms_buf_add(cell, before.data, before.len);
    for (size_t width = slot->width; width < column->before; width++)
        ms_buf_addc(cell, ' ');
    ms_bar(cell, slot->share, column->width - column->before, writer->style.blocks);
    writer->line.failed |= cell->failed;
    return (struct ms_text){cell->len ? cell->data : "", cell->len};
}

// Adds one cell after *pending blanks, which the cells before it still need.
static void add_cell(struct ms_writer *writer, size_t index, struct ms_text text, size_t width,
                     const struct slot *slot, size_t *pending)
{
    const struct state *state = writer->state;
    const struct column *column = &state->columns[index];
    size_t shown = width;
    if (width > column->width && state->limit > 0 && gives_way(writer->columns[index].type)) {
        ms_buf_clear(&writer->cell);
        if (!ms_width_fit(&writer->cell, text, column->width, writer->style.ascii))
            writer->line.failed = true;
        text = (struct ms_text){writer->cell.data, writer->cell.len};
        shown = ms_width(text);
    }
    size_t blanks = column->width > shown ? column->width - shown : 0;
    if (text.len > 0) {
        ms_writer_add_blanks(writer, *pending + (column->right ? blanks : 0));
        ms_writer_add(writer, text, slot->paint);
        *pending = GAP + (column->right ? 0 : blanks);
    } else {
        *pending += GAP + blanks;
    }
    if (slot->mark) { // instead of the first blank after the text
        ms_buf_addc(&writer->line, slot->mark);
        *pending -= 1;
    }
}

static bool write_header(struct ms_writer *writer)
{
    struct state *state = writer->state;
    const struct slot head = {.paint = MS_PAINT_HEAD};
    size_t pending = 0;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        enum ms_column_type type = writer->columns[i].type;
        column->right =
            ms_column_type_right(type) || (type == MS_COLUMN_ANY && state->rows > 0 && !column->words);
    }
    for (size_t i = 0; i < state->shown; i++)
        add_cell(writer, i, writer->columns[i].name, ms_width(writer->columns[i].name), &head, &pending);
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
}

static bool write_block(struct ms_writer *writer)
{
    struct state *state = writer->state;
    fit(writer);
    if (!state->headed && writer->count > 0 && !write_header(writer))
        return false;
    state->headed = true;
    for (size_t row = 0; row < state->rows; row++) {
        size_t pending = 0;
        for (size_t i = 0; i < state->shown; i++) {
            struct slot *slot = &state->slots[row * writer->count + i];
            struct ms_text text = {slot->len ? state->text.data + slot->offset : "", slot->len};
            size_t width = slot->width;
            if (slot->bar) {
                text = draw(writer, &state->columns[i], slot, text);
                width = ms_width(text);
            }
            add_cell(writer, i, text, width, slot, &pending);
        }
        ms_buf_addc(&writer->line, '\n');
        if (!ms_writer_send(writer))
            return false;
    }
    state->rows = 0;
    ms_buf_clear(&state->text);
    return true;
}

// Adds a cell's text to state->text; of a bar, what is before it.
static bool add_text(struct ms_writer *writer, const struct ms_cell *cell, enum ms_column_type type,
                     struct slot *slot)
{
    struct ms_buf *text = &((struct state *)writer->state)->text;
    slot->bar = type == MS_COLUMN_BAR && cell->kind == MS_CELL_NUMBER;
    if (!slot->bar)
        return ms_cell_text(text, cell, type, writer->style);
    slot->share = cell->number;
    const char *bound = cell->flags & MS_CELL_ABOUT ? "~" : ">=";
    return (cell->missing == 0 || ms_buf_adds(text, bound)) && (cell->number >= 0 || ms_buf_addc(text, '-'));
}

static void measure(struct state *state, struct column *column, struct slot *slot)
{
    slot->len = state->text.len - slot->offset;
    slot->width = slot->len ? ms_width((struct ms_text){state->text.data + slot->offset, slot->len}) : 0;
    size_t width = slot->width;
    if (slot->bar) {
        if (width > column->before)
            column->before = width;
        width = column->before + MS_BAR_COLUMNS;
    }
    if (width > column->natural)
        column->natural = width;
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        struct slot *slot = &state->slots[state->rows * writer->count + i];
        slot->offset = state->text.len;
        if (!add_text(writer, &cells[i], writer->columns[i].type, slot)) {
            writer->line.failed = true;
            return ms_writer_send(writer);
        }
        slot->paint = ms_writer_paint(writer, &cells[i], writer->columns[i].type);
        measure(state, column, slot);
        slot->mark = slot->width || slot->bar ? cells[i].mark : '\0';
        state->marked |= slot->mark != '\0';
        column->words |= cells[i].kind == MS_CELL_TEXT || cells[i].kind == MS_CELL_LIST ||
                         cells[i].kind == MS_CELL_BOOLEAN;
    }
    state->rows++;
    if (state->rows == BLOCK_ROWS || state->text.len >= BLOCK_BYTES)
        return write_block(writer);
    return true;
}

// The columns that there was no place for, in lines that fit.
static bool name_left_out(struct ms_writer *writer)
{
    const struct state *state = writer->state;
    struct ms_buf *names = &writer->cell;
    size_t left_out = writer->count - state->shown, start = 0;
    ms_buf_clear(names);
    ms_buf_addf(names, "+%zu column%s:", left_out, left_out == 1 ? "" : "s");
    for (size_t i = state->shown; i < writer->count; i++) {
        struct ms_text name = writer->columns[i].name;
        size_t used =
            names->len > start ? ms_width((struct ms_text){names->data + start, names->len - start}) : 0;
        if (used + 1 + ms_width(name) + 1 > state->limit) {
            ms_buf_adds(names, "\n ");
            start = names->len - 1;
        }
        ms_buf_addc(names, ' ');
        ms_buf_add(names, name.data, name.len);
        ms_buf_adds(names, i + 1 < writer->count ? "," : "");
    }
    ms_writer_add(writer, (struct ms_text){names->len ? names->data : "", names->len}, MS_PAINT_FAINT);
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
}

static bool end(struct ms_writer *writer, struct ms_text meta)
{
    (void)meta;
    struct state *state = writer->state;
    if (!write_block(writer))
        return false;
    return state->shown == writer->count || name_left_out(writer);
}

static bool fits(struct ms_writer *writer)
{
    const struct state *state = writer->state;
    fit(writer);
    return state->shown == writer->count;
}

static void deinit(struct ms_writer *writer)
{
    struct state *state = writer->state;
    free(state->columns);
    free(state->slots);
    ms_buf_deinit(&state->text);
}

const struct ms_format_ops ms_format_table = {.kind = MS_FORMAT_PICTURE,
                                              .state_size = sizeof(struct state),
                                              .begin = begin,
                                              .row = row,
                                              .end = end,
                                              .fits = fits,
                                              .deinit = deinit};
