// SPDX-License-Identifier: GPL-3.0-or-later
// One thing on a screen: its names and values beside each other in as many columns as the screen has room
// for, to be read downwards; values too long for that in lines of their own below. Nothing is cut.
#include "output/width.h"
#include "output/writer_private.h"

#include <stdlib.h>

enum {
    LONGEST = 20, // a longer value has its own line
    SHORTER = 13, // if that leaves no room for a second column, one that is longer than this
    FEWEST = 16,  // up to this many lines, one column is enough
    FEWEST_DENSE = 2,
    MOST = 8,
    GAP = 3,
    INDENT = 2, // between name and value
};

struct entry {
    struct ms_text name;
    size_t offset, len, width; // its value, in the cells' text
    enum ms_paint paint;
};

struct state {
    struct entry *entries; // the short ones from the front, the long ones from the back
    size_t shorts;
};

static bool begin(struct ms_writer *writer)
{
    struct state *state = writer->state;
    state->entries = calloc(writer->count + 1, sizeof *state->entries);
    if (!state->entries)
        writer->line.failed = true;
    return state->entries;
}

static void collect(struct ms_writer *writer, const struct ms_cell *cells, size_t longest)
{
    struct state *state = writer->state;
    size_t longs = 0;
    ms_buf_clear(&writer->cell);
    state->shorts = 0;
    for (size_t i = 0; i < writer->count; i++) {
        struct entry entry = {.name = writer->columns[i].name, .offset = writer->cell.len};
        ms_writer_describe(writer, &cells[i], i);
        entry.len = writer->cell.len - entry.offset;
        if (entry.len > 0)
            entry.width = ms_width((struct ms_text){writer->cell.data + entry.offset, entry.len});
        entry.paint = ms_writer_paint(writer, &cells[i], writer->columns[i].type);
        if (entry.width > longest)
            state->entries[writer->count - ++longs] = entry;
        else
            state->entries[state->shorts++] = entry;
    }
}

struct widths {
    size_t name, value;
};

static struct widths widest(const struct entry *entries, size_t count)
{
    struct widths widths = {0, 0};
    for (size_t i = 0; i < count; i++) {
        size_t name = ms_width(entries[i].name);
        widths.name = name > widths.name ? name : widths.name;
        widths.value = entries[i].width > widths.value ? entries[i].width : widths.value;
    }
    return widths;
}

// Sets the widths of the columns that hold `count` entries, `rows` in each. Returns their total width.
static size_t lay_out(const struct entry *entries, size_t count, size_t rows, struct widths *widths)
{
    size_t total = 0;
    for (size_t i = 0; i * rows < count; i++) {
        size_t left = count - i * rows;
        widths[i] = widest(entries + i * rows, left < rows ? left : rows);
        total += (i > 0 ? GAP : 0) + widths[i].name + INDENT + widths[i].value;
    }
    return total;
}

// How many rows the columns have.
static size_t depth(const struct ms_writer *writer, struct widths *widths)
{
    const struct state *state = writer->state;
    size_t count = state->shorts;
    size_t fewest = writer->options.dense ? FEWEST_DENSE : FEWEST;
    for (size_t columns = count > fewest ? MOST : 1; columns > 1; columns--) {
        size_t rows = (count + columns - 1) / columns;
        if (lay_out(state->entries, count, rows, widths) <= ms_writer_width(writer))
            return rows;
    }
    lay_out(state->entries, count, count ? count : 1, widths);
    return count;
}

// Returns how many blanks are still due after it.
static size_t add_entry(struct ms_writer *writer, const struct entry *entry, struct widths widths)
{
    ms_writer_add(writer, entry->name, MS_PAINT_HEAD);
    size_t blanks = widths.name - ms_width(entry->name) + INDENT;
    if (entry->len == 0)
        return blanks + widths.value;
    ms_writer_add_blanks(writer, blanks);
    ms_writer_add(writer, (struct ms_text){writer->cell.data + entry->offset, entry->len}, entry->paint);
    return widths.value > entry->width ? widths.value - entry->width : 0;
}

static bool row(struct ms_writer *writer, const struct ms_cell *cells)
{
    struct state *state = writer->state;
    if (!state->entries)
        return ms_writer_send(writer);
    struct widths widths[MOST];
    collect(writer, cells, LONGEST);
    size_t rows = depth(writer, widths);
    if (rows == state->shorts && rows > FEWEST) {
        collect(writer, cells, SHORTER);
        rows = depth(writer, widths);
    }
    for (size_t at = 0; at < rows; at++) {
        size_t pending = 0;
        for (size_t i = 0; at + i * rows < state->shorts; i++) {
            ms_writer_add_blanks(writer, pending);
            pending = add_entry(writer, &state->entries[at + i * rows], widths[i]) + GAP;
        }
        ms_buf_addc(&writer->line, '\n');
    }
    size_t longs = writer->count - state->shorts;
    struct widths own = {widest(state->entries + state->shorts, longs).name, 0};
    for (size_t i = writer->count; i > state->shorts; i--) {
        add_entry(writer, &state->entries[i - 1], own);
        ms_buf_addc(&writer->line, '\n');
    }
    return ms_writer_send(writer);
}

static void deinit(struct ms_writer *writer)
{
    struct state *state = writer->state;
    free(state->entries);
}

const struct ms_format_ops ms_format_record = {.kind = MS_FORMAT_PICTURE,
                                               .state_size = sizeof(struct state),
                                               .begin = begin,
                                               .row = row,
                                               .deinit = deinit};
