// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/exposition.h"

#include "base/array.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A line of a family without its name: labels, a blank, the value.
struct sample {
    size_t at, len, labels;
};

struct family {
    struct ms_buf name, help, lines;
    enum ms_metric_type type;
    const char *unit; // static; "" for none
    struct sample *samples;
    size_t count;
};

struct lack {
    struct ms_buf field;
    enum ms_reason reason;
    unsigned long long count;
};

enum { PROBLEM_LENGTH = 512 };

struct ms_exposition {
    enum ms_exposition_kind kind;
    size_t max_series, series;
    struct family *families;
    size_t count;
    struct lack *lacks;
    size_t lack_count;
    char problem[PROBLEM_LENGTH];
};

__attribute__((format(printf, 2, 3))) static void say(struct ms_exposition *doc, const char *format, ...)
{
    va_list args;
    if (doc->problem[0])
        return;
    va_start(args, format);
    vsnprintf(doc->problem, sizeof doc->problem, format, args);
    va_end(args);
}

static bool no_memory(struct ms_exposition *doc)
{
    say(doc, "not enough memory");
    return false;
}

const char *ms_exposition_problem(const struct ms_exposition *doc)
{
    return doc->problem[0] ? doc->problem : NULL;
}

struct ms_exposition *ms_exposition_create(enum ms_exposition_kind kind, size_t max_series)
{
    struct ms_exposition *doc = calloc(1, sizeof *doc);
    if (doc) {
        doc->kind = kind;
        doc->max_series = max_series;
    }
    return doc;
}

static void family_deinit(struct family *family)
{
    ms_buf_deinit(&family->name);
    ms_buf_deinit(&family->help);
    ms_buf_deinit(&family->lines);
    free(family->samples);
}

void ms_exposition_destroy(struct ms_exposition *doc)
{
    if (!doc)
        return;
    for (size_t i = 0; i < doc->count; i++)
        family_deinit(&doc->families[i]);
    for (size_t i = 0; i < doc->lack_count; i++)
        ms_buf_deinit(&doc->lacks[i].field);
    free(doc->families);
    free(doc->lacks);
    free(doc);
}

// ---- names and escapes

bool ms_exposition_name(struct ms_buf *out, struct ms_text text)
{
    char last = out->len > 0 ? out->data[out->len - 1] : 0;
    if (!last && (text.len == 0 || isdigit((unsigned char)text.data[0])))
        ms_buf_addc(out, last = '_');
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        const char next = c < 0x80 && isalnum(c) ? (char)c : '_';
        if (next != '_' || last != '_')
            ms_buf_addc(out, next);
        last = next;
    }
    return !out->failed;
}

// A backslash, a line break and, where `quote` says so, a quotation mark get a backslash.
static void add_escaped(struct ms_buf *out, struct ms_text text, bool quote)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.data[i];
        if (c == '\\' || c == '\n' || (c == '"' && quote))
            ms_buf_addc(out, '\\');
        ms_buf_addc(out, c == '\n' ? 'n' : c);
    }
}

bool ms_exposition_label(struct ms_buf *labels, struct ms_text name, struct ms_text value)
{
    ms_buf_addc(labels, labels->len > 0 ? ',' : '{');
    ms_buf_add(labels, name.data, name.len);
    ms_buf_adds(labels, "=\"");
    add_escaped(labels, value, true);
    ms_buf_addc(labels, '"');
    return !labels->failed;
}

// ---- what there is

static struct family *find(const struct ms_exposition *doc, struct ms_text name)
{
    for (size_t i = 0; i < doc->count; i++)
        if (ms_text_eq(ms_buf_text(&doc->families[i].name), name))
            return &doc->families[i];
    return NULL;
}

static struct family *add_family(struct ms_exposition *doc)
{
    if (!ms_array_grow(&doc->families, doc->count, sizeof *doc->families))
        return NULL;
    doc->families[doc->count] = (struct family){0};
    return &doc->families[doc->count++];
}

int ms_exposition_family(struct ms_exposition *doc, struct ms_text name, enum ms_metric_type type,
                         const char *unit, struct ms_text help)
{
    struct family *family = find(doc, name);
    if (family && (family->type != type || strcmp(family->unit, unit) != 0)) {
        say(doc, "two columns of different kinds would be the metric %.*s; give one another name",
            (int)(name.len < 200 ? name.len : 200), name.data);
        return -1;
    }
    if (!family) {
        family = add_family(doc);
        if (!family) {
            no_memory(doc);
            return -1;
        }
        family->type = type;
        family->unit = unit;
        ms_buf_add(&family->name, name.data, name.len);
        ms_buf_add(&family->help, help.data, help.len);
    }
    if (family->name.failed || family->help.failed) {
        no_memory(doc);
        return -1;
    }
    return (int)(family - doc->families);
}

bool ms_exposition_sample(struct ms_exposition *doc, int index, struct ms_text labels, struct ms_text value)
{
    struct family *family = &doc->families[index];
    if (doc->series >= doc->max_series) {
        say(doc,
            "more than %zu series; fewer rows with top(N), sums with by(KEYS), fewer columns with show, or "
            "--max-series N",
            doc->max_series);
        return false;
    }
    if (!ms_array_grow(&family->samples, family->count, sizeof *family->samples))
        return no_memory(doc);
    const struct sample sample = {.at = family->lines.len, .labels = labels.len};
    ms_buf_add(&family->lines, labels.data, labels.len);
    ms_buf_addc(&family->lines, ' ');
    if (!ms_buf_add(&family->lines, value.data, value.len))
        return no_memory(doc);
    family->samples[family->count] = sample;
    family->samples[family->count++].len = family->lines.len - sample.at;
    doc->series++;
    return true;
}

bool ms_exposition_unknown(struct ms_exposition *doc, struct ms_text field, enum ms_reason reason)
{
    for (size_t i = 0; i < doc->lack_count; i++) {
        struct lack *lack = &doc->lacks[i];
        if (lack->reason == reason && ms_text_eq(ms_buf_text(&lack->field), field)) {
            lack->count++;
            return true;
        }
    }
    if (!ms_array_grow(&doc->lacks, doc->lack_count, sizeof *doc->lacks))
        return no_memory(doc);
    struct lack *lack = &doc->lacks[doc->lack_count++];
    *lack = (struct lack){.reason = reason, .count = 1};
    return ms_buf_add(&lack->field, field.data, field.len) || no_memory(doc);
}

// ---- the document

static int compare_labels(const void *left, const void *right, void *lines)
{
    const struct sample *a = left, *b = right;
    const char *text = ((const struct ms_buf *)lines)->data;
    if (a->labels != b->labels)
        return a->labels < b->labels ? -1 : 1;
    return memcmp(text + a->at, text + b->at, a->labels);
}

// Two samples with the same labels are one series with two values: a scrape fails, and the textfile collector
// drops the file.
static bool is_unambiguous(struct ms_exposition *doc, const struct family *family)
{
    if (family->count < 2)
        return true;
    struct sample *sorted = malloc((family->count + 1) * sizeof *sorted);
    if (!sorted)
        return no_memory(doc);
    memcpy(sorted, family->samples, family->count * sizeof *sorted);
    struct ms_buf lines = family->lines;
    qsort_r(sorted, family->count, sizeof *sorted, compare_labels, &lines);
    bool good = true;
    for (size_t i = 1; i < family->count && good; i++) {
        good = compare_labels(&sorted[i - 1], &sorted[i], &lines) != 0;
        if (!good)
            say(doc,
                "two rows have the labels %s%.*s in %.*s; show a column that differs (pid), or sum them up "
                "with "
                "by(KEYS)",
                sorted[i].labels ? "" : "{}", (int)(sorted[i].labels < 150 ? sorted[i].labels : 150),
                lines.data + sorted[i].at, (int)family->name.len, family->name.data);
    }
    free(sorted);
    return good;
}

static const char *suffix_of(const struct family *family)
{
    static const char *const suffixes[] = {
        [MS_METRIC_GAUGE] = "", [MS_METRIC_COUNTER] = "_total", [MS_METRIC_INFO] = "_info"};
    return suffixes[family->type];
}

static void add_head(const struct ms_exposition *doc, const struct family *family, struct ms_buf *out)
{
    const bool open = doc->kind == MS_EXPOSITION_OPENMETRICS;
    static const char *const types[] = {
        [MS_METRIC_GAUGE] = "gauge", [MS_METRIC_COUNTER] = "counter", [MS_METRIC_INFO] = "info"};
    // The older format has no info, and knows a counter by the name of its samples.
    const char *suffix = open ? "" : suffix_of(family);
    const char *type = !open && family->type == MS_METRIC_INFO ? "gauge" : types[family->type];
    const char *name = family->name.data;
    const int len = (int)family->name.len;
    ms_buf_addf(out, "# HELP %.*s%s ", len, name, suffix);
    add_escaped(out, ms_buf_text(&family->help), open);
    ms_buf_addf(out, "\n# TYPE %.*s%s %s\n", len, name, suffix, type);
    if (open && family->unit[0])
        ms_buf_addf(out, "# UNIT %.*s %s\n", len, name, family->unit);
}

static void add_samples(const struct family *family, struct ms_buf *out)
{
    for (size_t i = 0; i < family->count; i++) {
        ms_buf_add(out, family->name.data, family->name.len);
        ms_buf_adds(out, suffix_of(family));
        ms_buf_add(out, family->lines.data + family->samples[i].at, family->samples[i].len);
        ms_buf_addc(out, '\n');
    }
}

static bool add_lacks(struct ms_exposition *doc)
{
    if (doc->lack_count == 0)
        return true;
    const int family = ms_exposition_family(doc, MS_TEXT("memsh_unknown"), MS_METRIC_GAUGE, "",
                                            MS_TEXT("values that could not be read, by field and reason"));
    bool done = family >= 0;
    doc->max_series = SIZE_MAX; // what is said of the answer does not count
    for (size_t i = 0; i < doc->lack_count && done; i++) {
        const struct lack *lack = &doc->lacks[i];
        struct ms_buf labels, value;
        ms_buf_init(&labels);
        ms_buf_init(&value);
        ms_exposition_label(&labels, MS_TEXT("field"), ms_buf_text(&lack->field));
        ms_exposition_label(&labels, MS_TEXT("reason"), ms_text_of(ms_reason_name(lack->reason)));
        ms_buf_addc(&labels, '}');
        ms_buf_addf(&value, "%llu", lack->count);
        done = (!labels.failed && !value.failed) || no_memory(doc);
        done = done && ms_exposition_sample(doc, family, ms_buf_text(&labels), ms_buf_text(&value));
        ms_buf_deinit(&labels);
        ms_buf_deinit(&value);
    }
    return done;
}

bool ms_exposition_check(struct ms_exposition *doc)
{
    bool good = !doc->problem[0];
    for (size_t i = 0; i < doc->count && good; i++)
        good = is_unambiguous(doc, &doc->families[i]);
    return good;
}

bool ms_exposition_write(struct ms_exposition *doc, struct ms_sink *sink)
{
    if (!ms_exposition_check(doc) || !add_lacks(doc))
        return false;
    struct ms_buf out;
    ms_buf_init(&out);
    for (size_t i = 0; i < doc->count; i++) {
        if (doc->families[i].count == 0)
            continue;
        add_head(doc, &doc->families[i], &out);
        add_samples(&doc->families[i], &out);
    }
    if (doc->kind == MS_EXPOSITION_OPENMETRICS)
        ms_buf_adds(&out, "# EOF\n");
    if (out.failed && !sink->error)
        sink->error = ENOMEM;
    const bool done = !out.failed && ms_sink_write(sink, ms_buf_text(&out));
    ms_buf_deinit(&out);
    return done;
}
