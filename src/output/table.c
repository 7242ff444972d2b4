// SPDX-License-Identifier: GPL-3.0-or-later
// table: columns under a header, two blanks apart. Rows are kept until there is a block of them, which
// decides how wide the columns are; later blocks may widen them. In a pipe nothing is cut. On a terminal
// paths give way first, then other text, both in their middle; then columns at the right end are left out and
// named below. Numbers are never cut: a wrong number is worse than a long line.
#include "width.h"
#include "writer_private.h"

#include <stdlib.h>

enum {
    BLOCK_ROWS = 1000,
    BLOCK_BYTES = 1024 * 1024,
    GAP = 2,
    LEAST_TEXT = 16, // comm has 15
    LEAST_PATH = 12, // so that maps has its path on a terminal of 80 columns
};

struct slot {
    size_t offset, len, width;
    char mark;
};

struct column {
    size_t natural; // the widest cell so far
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
    bool marked; // some cell has a mark, which stands behind it
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

static unsigned screen(const struct ms_writer *writer)
{
    if (writer->options.width > 0)
        return writer->options.width;
    return writer->sink->tty ? ms_sink_width(writer->sink) : 0;
}

// How wide a line may be. A mark needs a place behind the last column.
static size_t room(const struct ms_writer *writer)
{
    const struct state *state = writer->state;
    size_t width = screen(writer);
    return state->marked && width > 1 ? width - 1 : width;
}

static size_t line_width(const struct state *state)
{
    size_t total = state->shown > 0 ? GAP * (state->shown - 1) : 0;
    for (size_t i = 0; i < state->shown; i++)
        total += state->columns[i].width;
    return total;
}

// Takes from the widest of the columns, of those that are paths or of all others that may give way.
static void shrink(struct ms_writer *writer, size_t limit, bool paths)
{
    struct state *state = writer->state;
    for (size_t total = line_width(state); total > limit; total--) {
        struct column *widest = NULL;
        for (size_t i = 0; i < state->shown; i++) {
            struct column *column = &state->columns[i];
            enum ms_column_type type = writer->columns[i].type;
            if (gives_way(type) && (type == MS_COLUMN_PATH) == paths && column->width > column->least &&
                (!widest || column->width > widest->width))
                widest = column;
        }
        if (!widest)
            return;
        widest->width--;
    }
}

static void try_to_fit(struct ms_writer *writer, size_t limit)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        column->width = column->natural;
        if (limit == 0 || !gives_way(writer->columns[i].type))
            continue;
        size_t name = ms_width(writer->columns[i].name);
        size_t least = writer->columns[i].type == MS_COLUMN_PATH ? LEAST_PATH : LEAST_TEXT;
        if (least > column->natural)
            least = column->natural;
        column->least = least > name ? least : name; // the name stays whole
        size_t most = limit > column->least ? limit : column->least;
        column->width = column->natural < most ? column->natural : most;
    }
    if (limit > 0) {
        shrink(writer, limit, true);
        shrink(writer, limit, false);
    }
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

static void add_blanks(struct ms_writer *writer, size_t count)
{
    while (count-- > 0)
        ms_buf_addc(&writer->line, ' ');
}

// Adds one cell behind *pending blanks, which are what is missing of the cells before it.
static void add_cell(struct ms_writer *writer, size_t index, struct ms_text text, size_t width, char mark,
                     size_t *pending)
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
        add_blanks(writer, *pending + (column->right ? blanks : 0));
        ms_buf_add(&writer->line, text.data, text.len);
        *pending = GAP + (column->right ? 0 : blanks);
    } else {
        *pending += GAP + blanks;
    }
    if (mark) { // it takes the first of the blanks behind the cell, of a left column those of the cell itself
        ms_buf_addc(&writer->line, mark);
        *pending -= 1;
    }
}

static bool write_header(struct ms_writer *writer)
{
    struct state *state = writer->state;
    size_t pending = 0;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        enum ms_column_type type = writer->columns[i].type;
        column->right =
            ms_column_type_right(type) || (type == MS_COLUMN_ANY && state->rows > 0 && !column->words);
    }
    for (size_t i = 0; i < state->shown; i++)
        add_cell(writer, i, writer->columns[i].name, ms_width(writer->columns[i].name), '\0', &pending);
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
            add_cell(writer, i, text, slot->width, slot->mark, &pending);
        }
        ms_buf_addc(&writer->line, '\n');
        if (!ms_writer_send(writer))
            return false;
    }
    state->rows = 0;
    ms_buf_clear(&state->text);
    return true;
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct state *state = writer->state;
    for (size_t i = 0; i < writer->count; i++) {
        struct column *column = &state->columns[i];
        struct slot *slot = &state->slots[state->rows * writer->count + i];
        slot->offset = state->text.len;
        if (!ms_cell_text(&state->text, &cells[i], writer->columns[i].type, writer->style)) {
            writer->line.failed = true;
            return ms_writer_send(writer);
        }
        slot->len = state->text.len - slot->offset;
        slot->mark = slot->len ? cells[i].mark : '\0';
        state->marked |= slot->mark != '\0';
        slot->width = slot->len ? ms_width((struct ms_text){state->text.data + slot->offset, slot->len}) : 0;
        if (slot->width > column->natural)
            column->natural = slot->width;
        column->words |= cells[i].kind == MS_CELL_TEXT || cells[i].kind == MS_CELL_LIST ||
                         cells[i].kind == MS_CELL_BOOLEAN;
    }
    state->rows++;
    if (state->rows == BLOCK_ROWS || state->text.len >= BLOCK_BYTES)
        return write_block(writer);
    return true;
}

static bool end(struct ms_writer *writer, struct ms_text meta)
{
    (void)meta;
    struct state *state = writer->state;
    if (!write_block(writer))
        return false;
    size_t left_out = writer->count - state->shown;
    if (left_out == 0)
        return true;
    ms_buf_addf(&writer->line, "+%zu column%s: ", left_out, left_out == 1 ? "" : "s");
    for (size_t i = state->shown; i < writer->count; i++) {
        ms_buf_adds(&writer->line, i > state->shown ? ", " : "");
        ms_buf_add(&writer->line, writer->columns[i].name.data, writer->columns[i].name.len);
    }
    ms_buf_addc(&writer->line, '\n');
    return ms_writer_send(writer);
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

const struct ms_format_ops ms_format_table = {.people = true,
                                              .state_size = sizeof(struct state),
                                              .begin = begin,
                                              .row = row,
                                              .end = end,
                                              .fits = fits,
                                              .deinit = deinit};
