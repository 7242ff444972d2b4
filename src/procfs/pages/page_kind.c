// SPDX-License-Identifier: GPL-3.0-or-later
// What one page is.
#include "pages/pages.h"

// The kernel counts swap areas from 0, and uses the highest types for what is no swap: 5 to 9 of 32, by its
// configuration.
enum { FIRST_SPECIAL_TYPE = 23 };

static const struct {
    const char *name;
    const char *meaning;
} kinds[] = {
#define X(constant, name, what) [constant] = {name, what},
    MS_PAGE_KINDS(X)
#undef X
};

const char *ms_page_kind_name(enum ms_page_kind kind)
{
    return kinds[kind].name;
}

const char *ms_page_kind_meaning(enum ms_page_kind kind)
{
    return kinds[kind].meaning;
}

struct ms_page_place ms_page_place(const struct ms_listing *listing, size_t index)
{
    const struct ms_vma *vma = &listing->vmas[index];
    const struct ms_vma_traits traits = ms_listing_traits(listing, index);
    const enum ms_vma_kind kind = ms_vma_kind(&traits);
    return (struct ms_page_place){
        .start = vma->start,
        .end = vma->end,
        .anonymous = kind == MS_VMA_ANON || kind == MS_VMA_HEAP || kind == MS_VMA_STACK,
        .shared = traits.shared || kind == MS_VMA_VVAR,
        .device = traits.device || kind == MS_VMA_DEVICE || kind == MS_VMA_VVAR,
        .unreadable = kind == MS_VMA_VSYSCALL, // after the end of what a process's page table covers
        .hugetlb = kind == MS_VMA_HUGETLB,
    };
}

static enum ms_page_kind kind_of_swap(uint64_t entry, const struct ms_page_place *place)
{
    if (entry & MS_ENTRY_GUARD && place->guards == MS_GUARDS_SHOWN)
        return MS_PAGE_GUARD;
    // Offset 0 of a swap area is its header: all bits 0 means that they are not shown.
    if (entry & MS_ENTRY_PFN)
        return (entry & MS_ENTRY_SWAP_TYPE) < FIRST_SPECIAL_TYPE ? MS_PAGE_SWAPPED : MS_PAGE_SPECIAL;
    return entry & MS_ENTRY_UFFD_WP || place->guards == MS_GUARDS_HIDDEN ? MS_PAGE_SWAPPED_OR_SPECIAL
                                                                         : MS_PAGE_SWAPPED;
}

static enum ms_page_kind kind_of_present(uint64_t entry, const struct ms_page_place *place, bool has_flags,
                                         uint64_t flags)
{
    if (has_flags && entry & MS_ENTRY_PFN && flags & MS_FRAME_ZERO)
        return MS_PAGE_ZERO;
    // From 6.1 to 6.18 the huge zero page shows as a page of a file.
    if (entry & MS_ENTRY_FILE)
        return place->anonymous ? MS_PAGE_ZERO : MS_PAGE_FILE;
    if (place->shared)
        return MS_PAGE_SPECIAL;
    if (entry & MS_ENTRY_EXCLUSIVE)
        return MS_PAGE_ANONYMOUS;
    if (has_flags && entry & MS_ENTRY_PFN)
        return flags & MS_FRAME_ANON ? MS_PAGE_ANONYMOUS : MS_PAGE_SPECIAL;
    return MS_PAGE_ANONYMOUS_OR_ZERO;
}

enum ms_page_kind ms_page_kind_of(uint64_t entry, const struct ms_page_place *place, bool has_flags,
                                  uint64_t flags)
{
    if (entry & MS_ENTRY_PRESENT)
        return kind_of_present(entry, place, has_flags, flags);
    if (entry & (MS_ENTRY_SWAP | MS_ENTRY_GUARD))
        return kind_of_swap(entry, place);
    return place->device ? MS_PAGE_SPECIAL : MS_PAGE_ABSENT;
}
