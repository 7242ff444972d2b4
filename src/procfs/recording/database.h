// SPDX-License-Identifier: GPL-3.0-or-later
// The SQLite file of a recording, opened for reading as what somebody else made: nothing in it is trusted,
// and nothing of it is run.
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

// Whether the file begins as an SQLite database does.
bool ms_is_database(int fd);

// 0 or an errno: EBADMSG where it is damaged or no recording, EPROTONOSUPPORT where its version is newer,
// ENOLINK where what a recorder has not moved into the file yet (NAME-wal) can't be read without writing
// beside it.
// *at_rest: nobody wrote it, so that it is opened as immutable: what is written from then on is seen not at
// all or in part.
int ms_database_open(const char *path, sqlite3 **out, bool *at_rest);

// Whether something is in the log that is beside the file.
bool ms_database_has_log(const char *path);

// What a result of SQLite means: 0 or an errno.
int ms_database_error(int result);

// For the program that writes it: the tables are not looked at yet.
int ms_database_open_to_write(const char *path, sqlite3 **out);
int ms_database_check(sqlite3 *db);
