// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics for Prometheus: families of samples, in the order in which they came, as OpenMetrics 1.0 or as the
// text format before it (0.0.4). What several answers of a run have is one document, in which no family may
// be twice, so all of it is held until the end; the number of series is limited.
#pragma once

#include "base/reason.h"
#include "output/sink.h"

#include <stdbool.h>
#include <stddef.h>

enum ms_exposition_kind { MS_EXPOSITION_PROM, MS_EXPOSITION_OPENMETRICS };

// Series that a document may have if nobody says another number.
enum { MS_EXPOSITION_SERIES = 2000 };

enum ms_metric_type { MS_METRIC_GAUGE, MS_METRIC_COUNTER, MS_METRIC_INFO };

struct ms_exposition;

// NULL if there is no memory.
struct ms_exposition *ms_exposition_create(enum ms_exposition_kind kind, size_t max_series);
void ms_exposition_destroy(struct ms_exposition *doc);

// The family of that name, without "_total" or "_info"; `name` ends with "_" and the unit if there is one,
// and both follow the rules for names. Created if there is none. Everything is copied. Gives its index, or -1
// if there is no memory or the name belongs to a family of another type or unit (see ms_exposition_problem).
int ms_exposition_family(struct ms_exposition *doc, struct ms_text name, enum ms_metric_type type,
                         const char *unit, struct ms_text help);

// Adds a sample. `labels` is empty or "{a=\"b\"}", `value` a number in the text of the format. False if there
// are too many series or there is no memory.
bool ms_exposition_sample(struct ms_exposition *doc, int family, struct ms_text labels, struct ms_text value);

// Counts values of `field` that are unknown for a reason: they have no sample.
bool ms_exposition_unknown(struct ms_exposition *doc, struct ms_text field, enum ms_reason reason);

// Appends `{name="value"` or `,name="value"`: the brace is for the caller to close. `value` is the text as it
// is to be read.
bool ms_exposition_label(struct ms_buf *labels, struct ms_text name, struct ms_text value);

// Appends `text` with all that a name may not hold replaced by "_".
bool ms_exposition_name(struct ms_buf *out, struct ms_text text);

// Whether no two samples of a family have the same labels: a scrape of it would fail. Otherwise, see
// ms_exposition_problem().
bool ms_exposition_check(struct ms_exposition *doc);

// Writes the document, and "# EOF" if it is OpenMetrics. False if the sink has failed, or it fails the
// check.
bool ms_exposition_write(struct ms_exposition *doc, struct ms_sink *sink);

// What was wrong, for the person at the keyboard; NULL where nothing was but the sink.
const char *ms_exposition_problem(const struct ms_exposition *doc);
