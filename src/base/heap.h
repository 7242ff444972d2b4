// SPDX-License-Identifier: GPL-3.0-or-later
// What the C library's allocator is asked for. That of musl cannot be asked: nothing happens.
#pragma once

#include <stddef.h>

// Blocks of `size` bytes and more are mapped, and heaps grow by that much.
void ms_heap_grow_by(size_t size);

// One heap for all threads, which gives nothing back and has all blocks below `size` bytes.
void ms_heap_keep(size_t size);
