// SPDX-License-Identifier: GPL-3.0-or-later
// The field table: ids, descriptors and look-up by name and by kernel label, all expanded from fields.def.
#pragma once

#include "base/text.h"

enum ms_kind { MS_PROCESS, MS_MAPPING, MS_SYSTEM, MS_KIND_COUNT };

enum ms_unit {
#define UNIT(unit, ...) MS_UNIT_##unit,
#include "table/units.def"
};

enum ms_field {
#define FIELD(file, name, ...) MS_FIELD_##file##_##name,
#include "table/fields.def"
    MS_FIELD_COUNT
};

enum ms_file {
#define FILE(file, ...) MS_FILE_##file,
#include "table/fields.def"
    MS_FILE_COUNT
};

// The files of a process come first.
enum {
    MS_PROCESS_FILES = 0
#define FILE(file, kind, ...) +(MS_##kind == MS_PROCESS)
#include "table/fields.def"
};

// What is known of a file.
enum ms_file_trait {
    // Its reader waits for the lock of the address space, or holds it: where the process hangs with the lock,
    // so does the reader. (maps needs it on kernels before Linux 6.17.)
    MS_LOCKS = 1 << 0,
    MS_WALKS = 1 << 1,   // the kernel walks over all pages meanwhile
    MS_OF_MM = 1 << 2,   // it describes the address space, so any living thread of the process gives it
    MS_OF_TASK = 1 << 3, // some of its lines describe the main thread alone
    MS_EMPTY_WITHOUT_MM = 1 << 4, // without an address space it is empty,
    MS_ESRCH_WITHOUT_MM = 1 << 5, // or refuses to be read
    MS_ENOENT_WITHOUT_MM = 1 << 6,
    MS_ONE_READ = 1 << 7,    // the kernel makes it as a whole (single_open): one read gives all that fits
    MS_LINK = 1 << 8,        // a symbolic link; its text is where it points
    MS_LISTED = 1 << 9,      // a list of mappings; as a file of a process its fields are sums over them
    MS_LABELLED = 1 << 10,   // lines "Label: value"
    MS_HEADED = 1 << 11,     // before them, one line like that of a mapping
    MS_GRAPHICS = 1 << 12,   // a directory: the files of graphics devices in it are one text
    MS_EVERYWHERE = 1 << 13, // every kernel has it that memsh runs on: what was saved without is not whole
};

// As many counters may smaps have: the places before VmFlags. A bit for each must fit where mappings are
// kept.
enum { MS_COUNTERS_MAX = 32 };

// A set of files, one bit each.
typedef uint64_t ms_files;
#define MS_FILES(file) ((ms_files)1 << (file))
_Static_assert(MS_FILE_COUNT < 63, "a bit for each file, of an integer of Lua");

// The files with a trait.
static const ms_files MS_FILES_LOCKING = 0
#define FILE(file, kind, path, permission, parser, traits)                                                   \
    | ((traits)&MS_LOCKS ? MS_FILES(MS_FILE_##file) : 0)
#include "table/fields.def"
    ;
static const ms_files MS_FILES_WALKING = 0
#define FILE(file, kind, path, permission, parser, traits)                                                   \
    | ((traits)&MS_WALKS ? MS_FILES(MS_FILE_##file) : 0)
#include "table/fields.def"
    ;

// A line of the table. All strings are static.
struct ms_field_info {
    const char *name;
    enum ms_kind kind;
    enum ms_file file; // the first that gives it
    enum ms_unit unit;
    const char *label;
    const char *since;
    const char *meaning;
    const char *omits;
};

struct ms_file_info {
    const char *path; // below the process directory or the root
    enum ms_kind kind;
    const char *permission; // who may read it
    unsigned traits;        // enum ms_file_trait
    uint16_t first;         // its places: first to last - 1
    uint16_t last;
};

// Where a file gives a field. A field may have several places, in different files.
struct ms_place {
    enum ms_file file;
    int field; // enum ms_field, or -1: a label that is no field
    const char *label;
    int pos;
    enum ms_unit unit;
    uint8_t label_len;
};

extern const struct ms_field_info ms_fields[MS_FIELD_COUNT];
extern const struct ms_file_info ms_file_table[MS_FILE_COUNT];
extern const struct ms_place ms_places[];
extern const int ms_place_count;

// The field of that kind and name (aliases included), or -1.
int ms_field_find(enum ms_kind kind, struct ms_text name);

// Calls back for each alias of a kind.
void ms_field_aliases(enum ms_kind kind, void (*each)(void *ctx, const char *alias, enum ms_field of),
                      void *ctx);

// The first place of `label` in a file, or -1. `hint` is where the last search ended: files mostly keep the
// order of the table. Further places with the same label follow at once.
int ms_place_find(enum ms_file file, struct ms_text label, int *hint);

// The place that gives a field first, and the one that gives it, too (-1: none).
int ms_place_first(enum ms_field field);
int ms_place_second(enum ms_field field);

// The type of its values for scripts, and whether a block keeps them as text.
const char *ms_unit_type(enum ms_unit unit);
bool ms_unit_is_text(enum ms_unit unit);
