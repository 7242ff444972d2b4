// SPDX-License-Identifier: GPL-3.0-or-later
#include "mappings/kind.h"

static bool starts(struct ms_text text, const char *prefix)
{
    return ms_text_starts(text, ms_text_of(prefix));
}

static bool is(struct ms_text text, const char *name)
{
    return ms_text_eq(text, ms_text_of(name));
}

// The kernel's names in brackets, of mappings without a file.
static enum ms_vma_kind kind_without_file(struct ms_text name)
{
    if (is(name, "[heap]"))
        return MS_VMA_HEAP;
    if (starts(name, "[stack")) // [stack:TID] from 3.4 to 4.4
        return MS_VMA_STACK;
    if (is(name, "[vdso]"))
        return MS_VMA_VDSO;
    if (starts(name, "[vvar")) // and [vvar_vclock] since 6.13
        return MS_VMA_VVAR;
    if (is(name, "[vsyscall]"))
        return MS_VMA_VSYSCALL;
    return name.len == 0 || starts(name, "[anon:") ? MS_VMA_ANON : MS_VMA_SPECIAL;
}

// Objects that have a file of their own filesystem inside the kernel, which no mount shows.
static bool is_kernel_object(struct ms_text name)
{
    return starts(name, "anon_inode:") || starts(name, "socket:") || starts(name, "/dmabuf:") ||
           starts(name, "/drm") || starts(name, "/i915") || starts(name, "/[aio]") ||
           starts(name, "/secretmem") || starts(name, "[uprobes]");
}

// Android's shared memory: a file of the kernel's own shmem mount where it is mapped shared; a private
// mapping has pages of no file. The device of the name is the one that was opened.
static bool is_ashmem(const struct ms_vma_traits *traits)
{
    return starts(traits->name, "/dev/ashmem") && traits->fs != MS_FS_OTHER;
}

// A device of the kernel that no mount has holds what the kernel named itself.
static bool has_shmem_name(struct ms_text name)
{
    return is(name, "/dev/zero (deleted)") || starts(name, "/memfd:") || starts(name, "/SYSV") ||
           starts(name, "[anon_shmem:") || starts(name, "/drm mm object") || starts(name, "/dev/ashmem");
}

static bool is_hugetlb(const struct ms_vma_traits *traits)
{
    return traits->hugetlb || (traits->has_file && traits->fs == MS_FS_HUGETLB) ||
           (traits->fs == MS_FS_UNKNOWN && is(traits->name, "/anon_hugepage (deleted)"));
}

// Private mappings that have a file, none of whose pages they show. The kernel says [anon:NAME] of mappings
// that a program gave a name.
static bool has_no_page_of_its_file(const struct ms_vma_traits *traits)
{
    return !traits->shared &&
           (is(traits->name, "/dev/zero") || is_ashmem(traits) || starts(traits->name, "[anon:"));
}

// The nodes of /dev lie on a tmpfs of the kernel's, but what they map does not.
static bool is_device(const struct ms_vma_traits *traits)
{
    return traits->device ||
           (starts(traits->name, "/dev/") && traits->fs == MS_FS_SHMEM &&
            !starts(traits->name, "/dev/zero") && !starts(traits->name, "/dev/shm/") && !is_ashmem(traits));
}

bool ms_vma_on_shmem(const struct ms_vma_traits *traits)
{
    if (!traits->has_file || is_hugetlb(traits) || has_no_page_of_its_file(traits) || is_device(traits))
        return false;
    return traits->fs == MS_FS_SHMEM || traits->fs == MS_FS_SHMEM_FILE ||
           (traits->fs == MS_FS_UNKNOWN && has_shmem_name(traits->name));
}

bool ms_vma_may_be_on_shmem(const struct ms_vma_traits *traits)
{
    return traits->fs == MS_FS_OVERLAY && traits->has_file && !traits->hugetlb && !traits->device;
}

static enum ms_vma_kind kind_on_shmem(const struct ms_vma_traits *traits)
{
    if (starts(traits->name, "/memfd:"))
        return MS_VMA_MEMFD;
    if (starts(traits->name, "/SYSV"))
        return MS_VMA_SYSV;
    return MS_VMA_SHMEM;
}

enum ms_vma_kind ms_vma_kind(const struct ms_vma_traits *traits)
{
    if (is_hugetlb(traits))
        return MS_VMA_HUGETLB;
    if (!traits->has_file)
        return kind_without_file(traits->name);
    if (has_no_page_of_its_file(traits))
        return MS_VMA_ANON;
    if (is_kernel_object(traits->name) && traits->fs != MS_FS_OTHER && traits->fs != MS_FS_BTRFS &&
        traits->fs != MS_FS_OVERLAY)
        return MS_VMA_SPECIAL;
    if (is_device(traits))
        return MS_VMA_DEVICE;
    return ms_vma_on_shmem(traits) ? kind_on_shmem(traits) : MS_VMA_FILE;
}

enum ms_quadrant ms_vma_quadrant(const struct ms_vma_traits *traits)
{
    const enum ms_vma_kind kind = ms_vma_kind(traits);
    if (kind == MS_VMA_HUGETLB)
        return traits->shared ? MS_SHARED_ANON : MS_PRIVATE_ANON;
    if (!traits->shared)
        return traits->has_file && kind != MS_VMA_ANON ? MS_PRIVATE_FILE : MS_PRIVATE_ANON;
    return ms_vma_on_shmem(traits) ? MS_SHARED_ANON : MS_SHARED_FILE;
}

bool ms_vma_has_path(const struct ms_vma_traits *traits)
{
    switch (ms_vma_kind(traits)) {
    case MS_VMA_FILE:
    case MS_VMA_DEVICE:
        return true;
    case MS_VMA_SHMEM:
        return !is(traits->name, "/dev/zero (deleted)");
    default:
        return false;
    }
}

const char *ms_vma_kind_name(enum ms_vma_kind kind)
{
    static const char *const names[] = {
#define X(constant, name, what) [constant] = name,
        MS_VMA_KINDS(X)
#undef X
    };
    return names[kind];
}

const char *ms_quadrant_name(enum ms_quadrant quadrant)
{
    static const char *const names[] = {"private-anon", "shared-anon", "private-file", "shared-file"};
    return names[quadrant];
}
