// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

// The moment whose pieces of a kind are those that one which is not in the file yet is stored against; 0: it
// is stored against none.
typedef int64_t ms_base_in_use(const void *ctx, unsigned kind);

// Drops the oldest moment, unless it is the only one, but for what is in use. 0, ENODATA or another errno.
int ms_database_drop_oldest(sqlite3 *db, ms_base_in_use *in_use, const void *ctx);
