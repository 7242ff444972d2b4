// SPDX-License-Identifier: GPL-3.0-or-later
// What a mapping is, and in which of the four quadrants (private or shared, anonymous or file) it was made.
#pragma once

#include "base/text.h"
#include "source/source.h"

// X(constant, name, what it is)
#define MS_VMA_KINDS(X)                                                                                      \
    X(MS_VMA_HEAP, "heap", "the area of brk")                                                                \
    X(MS_VMA_STACK, "stack", "the main thread's stack")                                                      \
    X(MS_VMA_VDSO, "vdso", "the kernel's code for fast calls")                                               \
    X(MS_VMA_VVAR, "vvar", "data of the vdso")                                                               \
    X(MS_VMA_VSYSCALL, "vsyscall", "the old page for fast calls")                                            \
    X(MS_VMA_ANON, "anon", "private anonymous memory, also of /dev/zero")                                    \
    X(MS_VMA_SHMEM, "shmem", "shared anonymous memory, or a file on a tmpfs")                                \
    X(MS_VMA_MEMFD, "memfd", "a file of memfd_create")                                                       \
    X(MS_VMA_SYSV, "sysv", "a System V shared memory segment")                                               \
    X(MS_VMA_HUGETLB, "hugetlb", "pool huge pages")                                                          \
    X(MS_VMA_FILE, "file", "a file")                                                                         \
    X(MS_VMA_DEVICE, "device", "memory of a device")                                                         \
    X(MS_VMA_SPECIAL, "special", "an object of the kernel without a path: io_uring, perf, secretmem, dma_buf")

enum ms_vma_kind {
#define X(constant, name, what) constant,
    MS_VMA_KINDS(X)
#undef X
        MS_VMA_KIND_COUNT
};

enum ms_quadrant { MS_PRIVATE_ANON, MS_SHARED_ANON, MS_PRIVATE_FILE, MS_SHARED_FILE, MS_QUADRANT_COUNT };

// What is known of a mapping when its kind is asked for.
struct ms_vma_traits {
    struct ms_text name; // as the kernel printed it
    bool has_file;
    bool shared;   // MAP_SHARED
    bool hugetlb;  // VmFlags ht
    bool device;   // VmFlags pf or io
    enum ms_fs fs; // of its file
};

enum ms_vma_kind ms_vma_kind(const struct ms_vma_traits *traits);
enum ms_quadrant ms_vma_quadrant(const struct ms_vma_traits *traits);

// Whether pages of it that are not anonymous are counted as shmem.
bool ms_vma_on_shmem(const struct ms_vma_traits *traits);

// Whether that can't be told: its file is that of a layer of an overlay.
bool ms_vma_may_be_on_shmem(const struct ms_vma_traits *traits);

// Whether its name is a path that a mount may have, as that of a file, a device or a file on a tmpfs is.
bool ms_vma_has_path(const struct ms_vma_traits *traits);

// "heap", "private-anon". Static storage.
const char *ms_vma_kind_name(enum ms_vma_kind kind);
const char *ms_quadrant_name(enum ms_quadrant quadrant);
