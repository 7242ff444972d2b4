// SPDX-License-Identifier: GPL-3.0-or-later
// Mappings that are summed in groups while they are read. A listing that has a sums keeps some of them at a
// time; where their sums can't be made without a look at each it is whole, or it is to be read again.
#pragma once

#include "mappings/group_sums.h"

struct ms_streaming_sums {
    size_t room;                // how many mappings are kept at a time
    struct ms_group_sums tally; // of this listing alone, as its first one
    size_t mappings;            // that are in it and no longer in the listing
    uint64_t end;               // of the last of them
    uint64_t columns;           // of the counters that are summed, a bit for each
    bool has_codes;             // whether the group follows from VmFlags
    bool tried;                 // the listing has no more than that
    bool refused;               // not all can be summed
    bool unknown;               // because a number is not known
    bool complete;              // all of the listing is in the tally
};

// An empty one, of the groups and sums of another tally; NULL where there is no memory.
struct ms_streaming_sums *ms_streaming_sums_create(const struct ms_group_sums *like);
void ms_streaming_sums_destroy(struct ms_streaming_sums *sums);

// A listing begins. `wanted`: it is to be summed, not kept.
void ms_streaming_sums_begin(struct ms_streaming_sums *sums, bool wanted);

// Adds what the listing has; if that was possible it is dropped.
bool ms_streaming_sums_add(struct ms_streaming_sums *sums, const struct ms_listing *listing);

// The listing was read to its end. What it still has then stays in it, to be shown by.
void ms_streaming_sums_end(struct ms_streaming_sums *sums, const struct ms_listing *listing);

// Whether its listing is neither summed nor whole.
bool ms_streaming_sums_is_lost(const struct ms_streaming_sums *sums);
