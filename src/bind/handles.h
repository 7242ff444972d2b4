// SPDX-License-Identifier: GPL-3.0-or-later
// What the binding files share: the userdata of sources, processes, listings, mappings.
#pragma once

#include "mappings/group_sums.h"
#include "mappings/listing.h"
#include "mappings/packed.h"
#include "output/cell.h"
#include "process/process.h"
#include "reader/reader.h"
#include "source/source.h"
#include "system/system.h"
#include "table/file_values.h"

#include <lauxlib.h>
#include <lua.h>

#define MS_SOURCE_META "memsh.source"
#define MS_PROCESS_META "memsh.process"
#define MS_MAPPING_META "memsh.mapping"
#define MS_LISTING_META "memsh.listing"
#define MS_AHEAD_META "memsh.ahead"
#define MS_SYSTEM_META "memsh.system"
#define MS_UNKNOWN_META "memsh.unknown"

// A process keeps its source alive (user value 1).
struct ms_lua_process {
    struct ms_process process;
    struct ms_packed_strings *strings; // of its packed mappings; NULL: none
};

// A finalizer of somebody else's may come upon what keeps a process that was collected.
static inline bool ms_lua_process_is_over(const struct ms_lua_process *process)
{
    return !process->process.source;
}

// A listing keeps its process alive (user value 1).
struct ms_lua_listing {
    struct ms_listing listing;
    struct ms_request *request; // until it is taken
};

// One mapping: a view that moves over a listing, or one that is kept by itself, as long as it takes. User
// value 1 is the process, which has the strings of its packed ones; 2 the listing of a view.
struct ms_lua_mapping {
    const struct ms_listing *listing; // NULL: it is kept
    union {
        size_t index;
        struct {
            const struct ms_lua_process *owner;
            struct ms_packed kept;
        };
    };
};

// Pushes a source that is not open yet; and what is left to do once it is.
struct ms_source **ms_push_source(lua_State *L);
void ms_configure_source(lua_State *L, struct ms_source *source);

// Pushes what is known of a moment of a recording as a table.
struct ms_moment_info;
void ms_push_moment(lua_State *L, const struct ms_moment_info *info);

// Pushes nil, "WHAT: what is wrong", and the name of the errno; of a recording, or another file, that is
// written. Returns 3.
int ms_push_write_error(lua_State *L, const char *what, int error);

struct ms_source **ms_check_source(lua_State *L, int index);
struct ms_process *ms_check_process(lua_State *L, int index);
struct ms_group_sums *ms_check_tally(lua_State *L, int index);

// The mapping at `index` as one of a listing, at `*at`: that of a view, or `lone`, which then has no
// counters. Raises for a view whose listing is closed.
const struct ms_listing *ms_check_mapping(lua_State *L, int index, struct ms_lone_mapping *lone, size_t *at);

// The process of the mapping or listing at `index`, which keeps it alive.
struct ms_lua_process *ms_owner_of(lua_State *L, int index);

// Opens the directory of this very process, for the caller to close. Gives the descriptor or -errno: -ESRCH
// if its number belongs to another process now.
int ms_open_own(lua_State *L, struct ms_process *process);

// The field id at `place` of the table at `list`; raises if there is none.
enum ms_field ms_check_field_id(lua_State *L, int list, size_t place);

enum { MS_SCRATCH = 64 };

// A field of a row (a mapping of a process, or with NULL the process itself) if it is at hand and known; else
// false. Text may lie in `scratch`, which has MS_SCRATCH bytes.
bool ms_row_value(const struct ms_lua_mapping *mapping, const struct ms_lua_process *process, int field,
                  char *scratch, struct ms_value *value);

// Pushes a process of the source at `source_index`.
void ms_push_process(lua_State *L, int source_index, pid_t pid);
int ms_processes(lua_State *L);

// Pushes a value, or an unknown that names the field and the process.
void ms_push_value(lua_State *L, struct ms_value value, enum ms_field field, pid_t pid);

// Pushes a known value.
void ms_push_known(lua_State *L, struct ms_value value);

// Sets a field of the table on top of the stack to a whole number, or to an unknown value of that name.
void ms_set_number(lua_State *L, const char *key, struct ms_value value);

// Sets the kind and the content of a cell to a known value. Text stays where it is. False, and *cell
// untouched, for a list.
bool ms_value_cell(struct ms_value value, struct ms_cell *cell);

// The same of a list of texts, whose items are left on the stack and must stay there as long as the cell is
// used; their text stays where it is. False, and nothing pushed, for anything else.
bool ms_push_list_cell(lua_State *L, struct ms_value value, struct ms_cell *cell);

// The value of a process field, loading its file if need be. Raises "interrupted!" when stopped.
struct ms_value ms_process_value(lua_State *L, struct ms_process *process, enum ms_field field);

// Methods of rows that have their own files.
int ms_mapping_ranges(lua_State *L);
int ms_mapping_raw(lua_State *L);
int ms_process_raw(lua_State *L);

// Pushes nil, a message, the name of the reason. Returns 3.
int ms_push_failure(lua_State *L, enum ms_reason why, const char *what);

// Makes a metatable with these functions, whose __index looks up a field by the table of ids (name -> id)
// with `get`, then a method, then asks the function that Lua gave for this kind. Leaves nothing on the stack.
void ms_make_row_type(lua_State *L, const char *meta, enum ms_kind kind, const luaL_Reg *metamethods,
                      const luaL_Reg *methods, lua_CFunction index);

// What an __index of a row does with a key that is no field: a method, or what Lua's derived fields say. The
// upvalues are those that ms_make_row_type gave it.
int ms_index_other(lua_State *L);

// The field whose name is at `key`, by the first upvalue, or -1.
int ms_field_at(lua_State *L, int key);
