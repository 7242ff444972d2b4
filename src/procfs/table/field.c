// SPDX-License-Identifier: GPL-3.0-or-later
#include "table/field.h"

// The kind of each file, so that a field's row need not repeat it.
enum {
#define FILE(file, kind, ...) KIND_##file = MS_##kind,
#include "table/fields.def"
};

// Where each file's places begin and end: a marker takes a number and gives it back.
#define SKIP_NAME_(line) PLACE_SKIP_##line
#define SKIP_NAME(line) SKIP_NAME_(line)
enum {
#define FILE(file, ...) FIRST_##file, GIVEN_BACK_FIRST_##file = FIRST_##file - 1,
#define END(file) LAST_##file, GIVEN_BACK_LAST_##file = LAST_##file - 1,
#define FIELD(file, name, ...) PLACE_##file##_##name,
#define ALSO(file, name, ...) PLACE_ALSO_##file##_##name,
#define SKIP(...) SKIP_NAME(__LINE__),
#include "table/fields.def"
    PLACE_COUNT
};

_Static_assert(PLACE_SMAPS_vm_flags - FIRST_SMAPS <= MS_COUNTERS_MAX, "more counters than there are bits");
_Static_assert(PLACE_COUNT <= INT16_MAX, "places are numbered in 16 bits");

const struct ms_field_info ms_fields[MS_FIELD_COUNT] = {
#define FIELD(file_, name_, label_, pos_, unit_, since_, meaning_, omits_)                                   \
    {#name_, (enum ms_kind)KIND_##file_, MS_FILE_##file_, MS_UNIT_##unit_, label_, since_, meaning_, omits_},
#include "table/fields.def"
};

const struct ms_file_info ms_file_table[MS_FILE_COUNT] = {
#define FILE(file_, kind_, path_, permission_, parser_, traits_)                                             \
    {path_, MS_##kind_, permission_, traits_, FIRST_##file_, LAST_##file_},
#include "table/fields.def"
};

const struct ms_place ms_places[] = {
#define FIELD(file_, name_, label_, pos_, unit_, ...)                                                        \
    {MS_FILE_##file_, MS_FIELD_##file_##_##name_, label_, pos_, MS_UNIT_##unit_, sizeof(label_) - 1},
#define ALSO(file_, name_, first_, label_, pos_, unit_)                                                      \
    {MS_FILE_##file_, MS_FIELD_##first_##_##name_, label_, pos_, MS_UNIT_##unit_, sizeof(label_) - 1},
#define SKIP(file_, label_) {MS_FILE_##file_, -1, label_, 0, MS_UNIT_TEXT, sizeof(label_) - 1},
#include "table/fields.def"
};
const int ms_place_count = PLACE_COUNT;

static const struct {
    const char *name;
    enum ms_kind kind;
    const char *of;
} aliases[] = {
#define ALIAS(kind_, name_, of_) {#name_, MS_##kind_, #of_},
#include "table/fields.def"
};

static int find_own(enum ms_kind kind, struct ms_text name)
{
    for (int i = 0; i < MS_FIELD_COUNT; i++)
        if (ms_fields[i].kind == kind && ms_text_eq(ms_text_of(ms_fields[i].name), name))
            return i;
    return -1;
}

int ms_field_find(enum ms_kind kind, struct ms_text name)
{
    int found = find_own(kind, name);
    for (size_t i = 0; found < 0 && i < sizeof aliases / sizeof *aliases; i++)
        if (aliases[i].kind == kind && ms_text_eq(ms_text_of(aliases[i].name), name))
            found = find_own(kind, ms_text_of(aliases[i].of));
    return found;
}

void ms_field_aliases(enum ms_kind kind, void (*each)(void *ctx, const char *alias, enum ms_field of),
                      void *ctx)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (aliases[i].kind == kind)
            each(ctx, aliases[i].name, (enum ms_field)find_own(kind, ms_text_of(aliases[i].of)));
}

static bool has_label(int place, struct ms_text label)
{
    return ms_text_eq((struct ms_text){ms_places[place].label, ms_places[place].label_len}, label);
}

int ms_place_find(enum ms_file file, struct ms_text label, int *hint)
{
    const int first = ms_file_table[file].first, last = ms_file_table[file].last;
    int at = *hint >= first && *hint < last ? *hint : first;
    for (int tried = 0; tried < last - first; tried++) {
        if (has_label(at, label)) {
            while (at > first && has_label(at - 1, label))
                at--;
            *hint = at + 1;
            return at;
        }
        at = at + 1 < last ? at + 1 : first;
    }
    return -1;
}

const char *ms_unit_type(enum ms_unit unit)
{
    static const char *const types[] = {
#define UNIT(unit, type, ...) type,
#include "table/units.def"
    };
    return types[unit];
}

bool ms_unit_is_text(enum ms_unit unit)
{
    enum { NUMBER, TEXT };
    static const uint8_t kept[] = {
#define UNIT(unit, type, kept, ...) kept,
#include "table/units.def"
    };
    return kept[unit] == TEXT;
}

// Place 0 is the first of its field, so that 0 stands for "no second one".
static const struct {
    int16_t first;
    int16_t second;
} homes[MS_FIELD_COUNT] = {
#define FIELD(file, name, ...) [MS_FIELD_##file##_##name].first = PLACE_##file##_##name,
#define ALSO(file, name, first_, ...) [MS_FIELD_##first_##_##name].second = PLACE_ALSO_##file##_##name,
#include "table/fields.def"
};

int ms_place_first(enum ms_field field)
{
    return homes[field].first;
}

int ms_place_second(enum ms_field field)
{
    return homes[field].second ? homes[field].second : -1;
}
