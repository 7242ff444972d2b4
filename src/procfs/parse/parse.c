// SPDX-License-Identifier: GPL-3.0-or-later
#include "parse/parse.h"

// Files that no parser reads: listings, /sys, the machine.
#define ms_parse_none NULL

static ms_parser *const parsers[] = {
#define FILE(file, kind, path, permission, parser, traits) ms_parse_##parser,
#include "table/fields.def"
};

void ms_parse_file(struct ms_block *block, struct ms_text text, struct ms_parse_context context)
{
    parsers[block->file](block, text, context);
}

struct ms_parse_context ms_parse_context_of(struct ms_source *source)
{
    return (struct ms_parse_context){source, ms_source_page_size(source)};
}
