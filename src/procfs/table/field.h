// SPDX-License-Identifier: GPL-3.0-or-later
// The field table: ids, descriptors and look-up by name and by kernel label, all expanded from fields.def.
#pragma once

#include "base/text.h"

#include <stdint.h>

enum ms_kind { MS_PROCESS, MS_MAPPING, MS_SYSTEM, MS_KIND_COUNT };

// How the text in a /proc file is read.
enum ms_unit {
    MS_UNIT_KB,     // kilobytes of 1024; stored in bytes
    MS_UNIT_PAGES,  // pages of the machine; stored in bytes
    MS_UNIT_BYTES,  // bytes
    MS_UNIT_COUNT,  // a number without sign
    MS_UNIT_INT,    // a number with sign
    MS_UNIT_REAL,   // a decimal fraction
    MS_UNIT_MICROS, // microseconds; stored in seconds
    MS_UNIT_HEX,    // hexadecimal, 0x or not
    MS_UNIT_ADDR,   // an address
    MS_UNIT_BOOL,   // 0 or 1
    MS_UNIT_FLAG,   // a two-letter code among VmFlags, there or not
    MS_UNIT_FLAGS,  // all of VmFlags
    MS_UNIT_TEXT,   // the rest of the line
    MS_UNIT_WORD,   // the pos-th word of the line
    MS_UNIT_NAME,   // comm: escaped in status, raw in stat
    MS_UNIT_PATH,
    MS_UNIT_USER, // a user id, shown as a name
    MS_UNIT_ARGS, // cmdline joined by blanks
    MS_UNIT_ARGV, // cmdline as a list
    MS_UNIT_CGROUP,
    MS_UNIT_TIME,   // clock ticks since boot, shown as seconds since 1970
    MS_UNIT_AGE,    // the same, shown as seconds until now
    MS_UNIT_UPTIME, // seconds with a fraction
    MS_UNIT_EPOCH,  // seconds since 1970
    MS_UNIT_TABLE,  // more than one value
    MS_UNIT_NODES,  // bytes by NUMA node: lines "NODE BYTES"
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

enum { MS_PROCESS_FILES = MS_FILE_QUADRANTS + 1 };

// A set of files, one bit each.
typedef uint32_t ms_files;
#define MS_FILES(file) ((ms_files)1 << (file))

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
    const char *permission;
    uint16_t first; // its places: first to last - 1
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

// What kind of value scripts see: "bytes" "count" "integer" "number" "addr" "text" "path" "boolean" "time"
// "seconds" "percent" "list" "table".
const char *ms_unit_type(enum ms_unit unit);
