// SPDX-License-Identifier: GPL-3.0-or-later
// From the bytes of one file to the values of one block. A parser gets a block whose slots are all unknown
// and fills what it finds; what it can't make sense of becomes malformed. None of them fails as a whole.
#pragma once

#include "source/source.h"
#include "table/file_values.h"

struct ms_parse_context {
    struct ms_source *source; // notes labels that the table lacks; may be NULL
    uint64_t page_size;       // 0: not recorded
};

struct ms_parse_context ms_parse_context_of(struct ms_source *source);

typedef void ms_parser(struct ms_block *block, struct ms_text text, struct ms_parse_context context);

// Parses a file by the parser that its row in fields.def names (not `none`).
ms_parser ms_parse_file;

ms_parser ms_parse_stat;    // from its last ')'
ms_parser ms_parse_statm;   // all zeros: no address space
ms_parser ms_parse_keyval;  // "Label: value" lines, in any order
ms_parser ms_parse_meminfo; // the same; a MemTotal of 0 is malformed
ms_parser ms_parse_line;    // the values are in the first line
ms_parser ms_parse_path;    // all of the text
ms_parser ms_parse_whole;   // all of the text, which is never empty
ms_parser ms_parse_cmdline;
ms_parser ms_parse_cgroup;
ms_parser ms_parse_pressure;
ms_parser ms_parse_limits; // soft limits; INT64_MAX where there is none
ms_parser ms_parse_ksm_stat;
ms_parser ms_parse_numa_maps;
ms_parser ms_parse_graphics;

// A line of swaps. The path is as the kernel escapes it (ms_text_unescape); sizes are in bytes, a priority
// may be negative: its number is an int64_t.
struct ms_swap {
    struct ms_text path, kind;
    struct ms_value size, used, priority;
};
void ms_swaps_each(struct ms_text text, void (*take)(void *ctx, const struct ms_swap *swap), void *ctx);

// A line of sysvipc/shm. Linux before 2.6.36 has neither rss nor swap.
struct ms_segment {
    uint64_t id, size, creator, attached, uid; // creator: a pid; attached: how often it is mapped
    struct ms_value rss, swap;                 // bytes
};
void ms_segments_each(struct ms_text text, void (*take)(void *ctx, const struct ms_segment *segment),
                      void *ctx);

// The counters of vmstat, as "nr_free_pages 123".
void ms_vmstat_each(struct ms_text text, void (*take)(void *ctx, struct ms_text name, uint64_t number),
                    void *ctx);

// A process that the kernel killed for lack of memory, as its log has it; texts are in that, other characters
// than printable ones of ASCII as \xNN. What the log does not say is empty or MS_UNSUPPORTED.
struct ms_oom_kill {
    double seconds; // by the clock of the log, which begins at boot
    uint64_t pid;   // in the first namespace
    struct ms_text comm;
    struct ms_text group;                         // the control group that it was in
    struct ms_text limited;                       // the one whose limit it was for
    bool by_limit;                                // of a control group, not of the machine
    struct ms_value uid, virt, anon, file, shmem; // sizes in bytes
};

// Whether a record of the log may be of a kill; gives the kills of such records, a line each, in their order.
bool ms_kmsg_is_of_kill(struct ms_text record);
void ms_oom_kills_each(struct ms_text log, void (*take)(void *ctx, const struct ms_oom_kill *kill),
                       void *ctx);

// The bytes that a line of numa_maps shows on one node of a mapping; MS_NO_NODE once for each line, before
// them.
enum { MS_NO_NODE = -1 };
typedef void ms_take_node(void *ctx, uint64_t address, int node, uint64_t bytes);

// Gives what numa_maps shows. False for a text that makes no sense, or ends within a line.
bool ms_numa_maps_each(struct ms_text text, uint64_t page_size, ms_take_node *take, void *ctx);

// Takes the value of a labelled line into the slot of a place.
void ms_parse_value(struct ms_block *block, int place, struct ms_text text);

// What stat says of the identity of a process: when it started (ticks after boot), and a number over its name
// and the addresses that exec lays out anew, which distinguishes one program image from another. Fields that
// the reader may not see are the same for all.
struct ms_stat_id {
    bool has_start;
    uint64_t start;
    uint64_t image;
};
struct ms_stat_id ms_parse_stat_id(struct ms_text text);
