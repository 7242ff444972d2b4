// SPDX-License-Identifier: GPL-3.0-or-later
// What lies below a mapping: runs of pages that are alike.
//
// By PAGEMAP_SCAN and by reading pagemap the same comes out as far as what is read shows it. Entries of swap
// are looked at one by one either way, as the scan does not tell swap from marks; pages in huge runs, as
// kernels before 6.18 do not report the huge zero page. By pagemap, zero pages are told by kpageflags, and
// pages mapped as huge ones by the counters of smaps: without CAP_SYS_ADMIN "anonymous_or_zero" says that it
// can't be told.
#pragma once

#include "mappings/listing.h"
#include "pages/pagemap.h"

// X(constant, name, what it is)
#define MS_PAGE_KINDS(X)                                                                                     \
    X(MS_PAGE_ABSENT, "absent",                                                                              \
      "no page here; of a file or of shmem one may be in memory or swap all the same")                       \
    X(MS_PAGE_ANONYMOUS, "anonymous", "memory of this process, or shared since fork")                        \
    X(MS_PAGE_FILE, "file", "a page of a file or of shmem")                                                  \
    X(MS_PAGE_ZERO, "zero", "read and never written: the kernel's one page of zeros, which takes no memory") \
    X(MS_PAGE_ANONYMOUS_OR_ZERO, "anonymous_or_zero", "either; telling takes PAGEMAP_SCAN or CAP_SYS_ADMIN") \
    X(MS_PAGE_SWAPPED, "swapped",                                                                            \
      "anonymous and in swap; without CAP_SYS_ADMIN also a page that is being moved")                        \
    X(MS_PAGE_SWAPPED_OR_SPECIAL, "swapped_or_special", "either; telling takes CAP_SYS_ADMIN")               \
    X(MS_PAGE_GUARD, "guard", "a guard region of MADV_GUARD_INSTALL")                                        \
    X(MS_PAGE_SPECIAL, "special",                                                                            \
      "a mark of userfaultfd, a page being moved, a broken one, memory of a device")

enum ms_page_kind {
#define X(constant, name, what) constant,
    MS_PAGE_KINDS(X)
#undef X
        MS_PAGE_KIND_COUNT
};

// "anonymous", and what it means in a line. Static storage.
const char *ms_page_kind_name(enum ms_page_kind kind);
const char *ms_page_kind_meaning(enum ms_page_kind kind);

enum ms_huge { MS_HUGE_NO, MS_HUGE_YES, MS_HUGE_MAYBE };

struct ms_page_run {
    uint64_t start;
    uint64_t end;
    enum ms_page_kind kind;
    enum ms_huge huge; // mapped as a whole huge page
};

struct ms_page_runs {
    struct ms_page_run *runs;
    size_t count;
    size_t cap;
};

// What is known of a mapping before its pages are looked at.
struct ms_page_place {
    uint64_t start;
    uint64_t end;
    bool anonymous;  // no page of it is one of a file
    bool shared;     // no page of it is anonymous
    bool device;     // its memory may be a device's, which has no pages
    bool unreadable; // the kernel shows no pages of it
    bool hugetlb;
    enum ms_guards guards; // see ms_pagemap_guards
};

struct ms_page_place ms_page_place(const struct ms_listing *listing, size_t index);

// The kind of a page from its entry. `flags` of its frame, if `has_flags`.
enum ms_page_kind ms_page_kind_of(uint64_t entry, const struct ms_page_place *place, bool has_flags,
                                  uint64_t flags);

enum ms_page_way { MS_PAGES_ANY, MS_PAGES_BY_SCAN, MS_PAGES_BY_PAGEMAP };

// The pages of mappings of one process, in the order of their addresses: its pagemap is opened once, and one
// scan goes over many mappings. Of mappings that are asked for one after the other, each is answered with
// what was seen less than MS_PAGES_FRESH_NS before.
enum { MS_PAGES_FRESH_NS = 2000000 };
struct ms_page_walk;
struct ms_page_walk *ms_page_walk_create(void); // NULL where there is no memory
void ms_page_walk_destroy(struct ms_page_walk *walk);

// The runs of a mapping of a listing of `process`, without gaps, neighbours different, instead of those that
// `out` had; the caller frees out->runs. MS_KNOWN, or why there are none: MS_TOO_LARGE for more runs than fit
// in reason, MS_UNSUPPORTED where the way that was asked for is not there. A page's state is that of the
// moment it was looked at. The process outlives the walk, or the last use of it.
enum ms_reason ms_pages_ranges(struct ms_page_walk *walk, struct ms_process *process,
                               const struct ms_listing *listing, size_t index, enum ms_page_way way,
                               struct ms_page_runs *out);

// The bytes of pages of each kind below all mappings of a listing of `process`, pools of huge pages left out.
enum ms_reason ms_pages_sum(struct ms_page_walk *walk, struct ms_process *process,
                            const struct ms_listing *listing, uint64_t bytes[MS_PAGE_KIND_COUNT]);
