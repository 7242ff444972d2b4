// SPDX-License-Identifier: GPL-3.0-or-later
// A SQLite database in memory, to which the answers of a run are added; a sink gets it as one file.
//
//   memsh_answer   a row for each answer: its table, and what JSON has as meta
//   memsh_unknown  why a cell is NULL, or how many values a sum lacks
//
// and a table for each kind of rows, whose memsh_answer says which answer a row is of.
#pragma once

#include "base/reason.h"
#include "output/sink.h"

#include <stdbool.h>
#include <stdint.h>

struct ms_database;
struct sqlite3_stmt;

// A database with the content of the file at `path`; NULL, or where there is no such file: an empty one. NULL
// if there is no memory. What is wrong with the file shows as a problem.
struct ms_database *ms_database_create(const char *path);
void ms_database_destroy(struct ms_database *database);

// Begins an answer: makes `table` with the statement `create` if it is not there, and gives the prepared
// `insert`, whose first parameter is set to the number of the answer. The statement is the database's, until
// the answer ends; NULL if there is a problem.
struct sqlite3_stmt *ms_database_begin(struct ms_database *database, const char *table, const char *create,
                                       const char *insert);

// Sets a parameter of the statement to a text, which is copied. False if there is a problem.
bool ms_database_text(struct ms_database *database, int place, struct ms_text text);

// Runs the statement, with its parameters set, and resets it. False if there is a problem.
bool ms_database_insert(struct ms_database *database);

// Notes of the row that was inserted last that `field` is unknown for a reason, or (MS_KNOWN) lacks `missing`
// values.
bool ms_database_lack(struct ms_database *database, struct ms_text field, enum ms_reason reason,
                      uint64_t missing);

// Ends the answer. `meta` is a JSON object.
bool ms_database_end(struct ms_database *database, struct ms_text meta);

// Writes the file. False if the sink has failed or there is a problem.
bool ms_database_write(struct ms_database *database, struct ms_sink *sink);

// What was wrong, for the person at the keyboard; NULL where nothing was but the sink.
const char *ms_database_problem(const struct ms_database *database);
