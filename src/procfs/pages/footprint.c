// SPDX-License-Identifier: GPL-3.0-or-later
#include "pages/footprint_private.h"

#include "reader/reader.h"

#include <stdlib.h>

enum { TRUNCATED = 1024 }; // the kernel cuts PSS off to a kilobyte

// ---- bounds by the shares that smaps_rollup shows

enum share { RSS, PSS, USS, ANONYMOUS, OWN_ANONYMOUS, OWN_HUGETLB, ALL_HUGETLB, SHARES };

static uint64_t number(const struct ms_process *process, enum ms_field field, enum ms_reason *why)
{
    struct ms_value value = {.why = MS_OUT_OF_MEMORY};
    if (*why != MS_KNOWN)
        return 0;
    ms_process_get(process, field, &value);
    *why = value.why;
    return value.why == MS_KNOWN ? value.number : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? MS_NO_BOUND : sum;
}

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static enum ms_reason read_shares(struct ms_process *process, uint64_t out[SHARES])
{
    enum ms_reason why = MS_KNOWN, hugetlb = MS_KNOWN;
    if (!ms_reader_load(&process, 1, MS_FILES(MS_FILE_ROLLUP)))
        return MS_IO;
    out[RSS] = number(process, MS_FIELD_ROLLUP_rss_exact, &why);
    out[PSS] = number(process, MS_FIELD_ROLLUP_pss, &why);
    out[USS] = number(process, MS_FIELD_ROLLUP_private_clean, &why) +
               number(process, MS_FIELD_ROLLUP_private_dirty, &why);
    out[ANONYMOUS] = number(process, MS_FIELD_ROLLUP_anonymous, &why);
    // Of what it alone maps, no more than all its other pages can be of files or of shared memory.
    out[OWN_ANONYMOUS] = less(plus(out[USS], out[ANONYMOUS]), out[RSS]);
    out[OWN_HUGETLB] = number(process, MS_FIELD_ROLLUP_private_hugetlb, &hugetlb);
    out[ALL_HUGETLB] = out[OWN_HUGETLB] + number(process, MS_FIELD_ROLLUP_shared_hugetlb, &hugetlb);
    if (hugetlb != MS_KNOWN) // a kernel that does not say
        out[ALL_HUGETLB] = MS_NO_BOUND;
    return why;
}

// `sum`: of address spaces that are known to differ. `one`: the largest of any. `all`: of every one.
struct totals {
    uint64_t sum[SHARES];
    uint64_t one[SHARES];
    uint64_t all[SHARES];
};

static void take(struct totals *totals, const uint64_t shares[SHARES], bool clear)
{
    for (int i = 0; i < SHARES; i++) {
        totals->all[i] = plus(totals->all[i], shares[i]);
        totals->sum[i] = plus(totals->sum[i], clear ? shares[i] : 0);
        totals->one[i] = larger(totals->one[i], shares[i]);
    }
}

// A page's shares in the set add up to one if all who map it are in it, else to less.
static void bound(const struct totals *totals, struct ms_footprint *out)
{
    const uint64_t rounding = TRUNCATED * out->processes;
    out->resident.least = larger(totals->sum[PSS], totals->one[RSS]);
    out->resident.most = totals->all[RSS];
    out->freed.least = larger(totals->sum[USS], totals->one[USS]);
    out->freed.most = smaller(plus(totals->all[PSS], rounding), totals->all[RSS]);
    out->freed_anonymous.least = larger(totals->sum[OWN_ANONYMOUS], totals->one[OWN_ANONYMOUS]);
    out->freed_anonymous.most = smaller(out->freed.most, totals->all[ANONYMOUS]);
    out->hugetlb.least = larger(totals->sum[OWN_HUGETLB], totals->one[OWN_HUGETLB]);
    out->hugetlb.most = totals->all[ALL_HUGETLB];
}

enum ms_reason ms_footprint_by_shares(const struct ms_members *members, struct ms_footprint *out)
{
    struct totals totals = {0};
    for (size_t i = 0; i < members->count; i++) {
        uint64_t shares[SHARES] = {0};
        enum ms_reason why = read_shares(members->list[i], shares);
        if (why == MS_KNOWN) {
            out->processes += members->weight[i];
            take(&totals, shares, i < members->clear);
        } else if (ms_footprint_miss(out, members->list[i], why, members->weight[i]) != MS_KNOWN) {
            return MS_IO;
        }
    }
    bound(&totals, out);
    return MS_KNOWN;
}

// ---- either

static size_t missing(const struct ms_footprint *footprint, enum ms_reason *why)
{
    size_t count = 0;
    for (int i = 1; i < MS_REASON_COUNT; i++) {
        if (footprint->missing[i] && !count)
            *why = (enum ms_reason)i;
        count += footprint->missing[i];
    }
    return count;
}

// What lacks a process has no upper bound: that process may have any memory, and may be who else maps a page.
static void settle(struct ms_footprint *footprint, enum ms_reason inexact)
{
    footprint->inexact = inexact;
    if (missing(footprint, &footprint->inexact))
        footprint->resident.most = footprint->freed.most = footprint->freed_anonymous.most =
            footprint->hugetlb.most = MS_NO_BOUND;
}

static enum ms_reason measure(const struct ms_members *members, size_t without, struct ms_footprint *out)
{
    struct ms_footprint frames = {.without = without}, shares = {.without = without};
    enum ms_reason why = MS_KNOWN;
    const enum ms_reason inexact = ms_footprint_by_frames(members, &frames);
    if (inexact == MS_OUT_OF_MEMORY || inexact == MS_IO)
        return inexact;
    if (inexact == MS_KNOWN && !missing(&frames, &why)) {
        settle(&frames, frames.freed.least == frames.freed.most ? MS_KNOWN : MS_TOO_LARGE);
        *out = frames;
        return MS_KNOWN;
    }
    const enum ms_reason failed = ms_footprint_by_shares(members, &shares);
    if (failed != MS_KNOWN)
        return failed;
    const bool sees_more = inexact != MS_KNOWN || missing(&shares, &why) < missing(&frames, &why);
    settle(&frames, MS_KNOWN);
    settle(&shares, inexact != MS_KNOWN ? inexact : frames.inexact);
    *out = sees_more ? shares : frames;
    return MS_KNOWN;
}

enum ms_reason ms_footprint_of(struct ms_process *const *processes, size_t count, struct ms_footprint *out)
{
    struct ms_members members = {0};
    size_t without = 0;
    enum ms_reason why = ms_members_of(processes, count, &members, &without);
    if (why == MS_KNOWN)
        why = measure(&members, without, out);
    free(members.list);
    free(members.weight);
    return why;
}
