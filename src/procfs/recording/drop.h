// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

// Drops the oldest moment, unless it is the only one. 0, ENODATA or another errno.
int ms_database_drop_oldest(sqlite3 *db);
