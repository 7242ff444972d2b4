// SPDX-License-Identifier: GPL-3.0-or-later
#include "recorder/redact.h"

#include "base/siphash.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

bool ms_redactor_init(struct ms_redactor *redactor)
{
    *redactor = (struct ms_redactor){0};
    return getrandom(redactor->key, sizeof redactor->key, 0) == (ssize_t)sizeof redactor->key;
}

void ms_redactor_deinit(struct ms_redactor *redactor)
{
    ms_buf_deinit(&redactor->path);
    ms_buf_deinit(&redactor->text);
    explicit_bzero(redactor->key, sizeof redactor->key);
}

// ---- names and paths

static void put_hash(const struct ms_redactor *redactor, struct ms_text name, struct ms_buf *out)
{
    if (name.len) // short enough for comm
        ms_buf_addf(out, "#%012" PRIx64, ms_siphash(redactor->key, name) >> 16);
}

static void add(struct ms_buf *out, struct ms_text text)
{
    ms_buf_add(out, text.data, text.len);
}

// Each part of a path by itself.
static void put_parts(const struct ms_redactor *redactor, struct ms_text path, struct ms_buf *out)
{
    while (path.len) {
        const bool more = memchr(path.data, '/', path.len);
        put_hash(redactor, ms_text_until(&path, '/'), out);
        if (more)
            ms_buf_addc(out, '/');
    }
}

// The kernel's names of what has no file.
static bool is_object(struct ms_text path)
{
    static const char *const objects[] = {"/dev/zero", "/anon_hugepage", "/secretmem", "/[aio]"};
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (ms_text_eq(path, ms_text_of(objects[i])))
            return true;
    return ms_text_starts(path, MS_TEXT("/SYSV"));
}

// What maps and exe show: "/usr/lib/x.so (deleted)", "/memfd:name", "[anon:name]", "[heap]".
static void put_path(const struct ms_redactor *redactor, struct ms_text path, struct ms_buf *out)
{
    const struct ms_text deleted = MS_TEXT(" (deleted)"), memfd = MS_TEXT("/memfd:");
    const bool is_deleted = ms_text_ends(path, deleted);
    path.len -= is_deleted ? deleted.len : 0;
    const char *colon = path.len && path.data[0] == '[' ? memchr(path.data, ':', path.len) : NULL;
    if (ms_text_starts(path, memfd)) {
        add(out, memfd);
        put_hash(redactor, ms_text_skip(path, memfd.len), out);
    } else if (colon) {
        const size_t start = (size_t)(colon + 1 - path.data);
        add(out, (struct ms_text){path.data, start});
        put_hash(redactor, (struct ms_text){colon + 1, path.len - start - (path.len > start)}, out);
        ms_buf_addc(out, ']');
    } else if (!path.len || path.data[0] != '/' || is_object(path)) {
        add(out, path);
    } else {
        put_parts(redactor, path, out);
    }
    if (is_deleted)
        add(out, deleted);
}

// ---- files

typedef void rule(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out);

static void keep(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    (void)redactor;
    add(out, text);
}

// "42 (name) S ..."
static void put_stat(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    const char *start = text.len ? memchr(text.data, '(', text.len) : NULL;
    const char *end = text.len ? memrchr(text.data, ')', text.len) : NULL;
    if (!start || !end || end < start)
        return;
    add(out, (struct ms_text){text.data, (size_t)(start + 1 - text.data)});
    put_hash(redactor, (struct ms_text){start + 1, (size_t)(end - start - 1)}, out);
    add(out, ms_text_skip(text, (size_t)(end - text.data)));
}

static void put_status(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    const struct ms_text label = MS_TEXT("Name:\t");
    if (!ms_text_starts(text, label))
        return;
    add(out, label);
    text = ms_text_skip(text, label.len);
    put_hash(redactor, ms_text_until(&text, '\n'), out);
    ms_buf_addc(out, '\n');
    add(out, text);
}

static void put_words(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        put_hash(redactor, ms_text_until(&text, '\0'), out);
        ms_buf_addc(out, '\0');
    }
}

// "0::/a/b", "4:memory:/a".
static void put_cgroup(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        for (int i = 0; i < 2; i++) {
            add(out, ms_text_until(&line, ':'));
            ms_buf_addc(out, ':');
        }
        put_parts(redactor, line, out);
        ms_buf_addc(out, '\n');
    }
}

// The path is what follows five words and blanks. False for a line of another kind.
static bool put_header(const struct ms_redactor *redactor, struct ms_text line, struct ms_buf *out)
{
    struct ms_text rest = line;
    uint64_t bound;
    if (!ms_text_take_hex(&rest, '-', &bound) || !ms_text_take_hex(&rest, ' ', &bound))
        return false;
    for (int i = 0; i < 4; i++)
        ms_text_word(&rest);
    while (rest.len && rest.data[0] == ' ')
        rest = ms_text_skip(rest, 1);
    add(out, (struct ms_text){line.data, line.len - rest.len});
    put_path(redactor, rest, out);
    return true;
}

static void put_listing(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        const struct ms_text line = ms_text_until(&text, '\n');
        // Labels begin with a capital, addresses with a digit or a small letter.
        if ((line.len && line.data[0] >= 'A' && line.data[0] <= 'Z') || !put_header(redactor, line, out))
            add(out, line.len && line.data[0] >= 'A' && line.data[0] <= 'Z' ? line : MS_TEXT(""));
        ms_buf_addc(out, '\n');
    }
}

static void put_numa(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        while (line.len) {
            const struct ms_text word = ms_text_word(&line), file = MS_TEXT("file=");
            if (ms_text_starts(word, file)) {
                add(out, file);
                put_path(redactor, ms_text_skip(word, file.len), out);
            } else {
                add(out, word);
            }
            if (line.len)
                ms_buf_addc(out, ' ');
        }
        ms_buf_addc(out, '\n');
    }
}

// Which filesystem has which device number. Overlays are left out: what they are made of is not shown.
static void put_mounts(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    (void)redactor;
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        const char *dash = memmem(line.data, line.len, " - ", 3);
        struct ms_text rest = dash ? ms_text_skip(line, (size_t)(dash + 3 - line.data)) : MS_TEXT("");
        ms_text_word(&line);
        ms_text_word(&line);
        const struct ms_text device = ms_text_word(&line), type = ms_text_word(&rest);
        if (!dash || ms_text_eq(type, MS_TEXT("overlay")))
            continue;
        const bool sized = rest.len && memmem(rest.data, rest.len, "size=", 5);
        ms_buf_addf(out, "0 0 %.*s / / rw - %.*s none rw%s\n", (int)device.len, device.data, (int)type.len,
                    type.data, sized ? ",size=1k" : "");
    }
}

static void put_info(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        const struct ms_text key = ms_text_word(&line);
        add(out, key);
        ms_buf_addc(out, ' ');
        if (ms_text_eq(key, MS_TEXT("host")))
            put_hash(redactor, ms_text_trim(line), out);
        else
            add(out, ms_text_trim(line));
        ms_buf_addc(out, '\n');
    }
}

static void put_users(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        put_hash(redactor, ms_text_until(&line, ':'), out);
        ms_text_until(&line, ':');
        const struct ms_text number = ms_text_until(&line, ':');
        ms_buf_addf(out, ":x:%.*s:\n", (int)number.len, number.data);
    }
}

// A header, then paths and numbers.
static void put_swaps(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    add(out, ms_text_until(&text, '\n'));
    ms_buf_addc(out, '\n');
    while (text.len) {
        struct ms_text line = ms_text_until(&text, '\n');
        put_parts(redactor, ms_text_word(&line), out);
        add(out, line);
        ms_buf_addc(out, '\n');
    }
}

// "Linux version 6.1.0-9-amd64", and not by whom it was built.
static void put_version(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    (void)redactor;
    for (int i = 0; i < 3; i++) {
        add(out, ms_text_word(&text));
        ms_buf_addc(out, i < 2 ? ' ' : '\n');
    }
}

static void put_name(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    put_hash(redactor, ms_text_until(&text, '\n'), out);
    ms_buf_addc(out, '\n');
}

static void put_lines_of_numbers(const struct ms_redactor *redactor, struct ms_text text, struct ms_buf *out)
{
    (void)redactor;
    while (text.len) {
        const struct ms_text line = ms_text_until(&text, '\n');
        if (ms_text_starts(line, MS_TEXT("drm-client-name")))
            continue;
        add(out, line);
        ms_buf_addc(out, '\n');
    }
}

// Of a process by the name of the file, from its slash on; else by the whole path.
static const struct {
    const char *name;
    rule *put;
} rules[] = {
    {"/stat", put_stat},
    {"/status", put_status},
    {"/cmdline", put_words},
    {"/cgroup", put_cgroup},
    {"/exe", put_path},
    {"/maps", put_listing},
    {"/smaps", put_listing},
    {"/smaps_rollup", put_listing},
    {"/numa_maps", put_numa},
    {"/mountinfo", put_mounts},
    {"/fdinfo", put_lines_of_numbers},
    {"/statm", keep},
    {"/oom_score", keep},
    {"/oom_score_adj", keep},
    {"/limits", keep},
    {"/ksm_merging_pages", keep},
    {"/ksm_stat", keep},
    {"/task", keep},
    {".machine/info", put_info},
    {".machine/passwd", put_users},
    {".machine/mountinfo", put_mounts},
    {"stat", keep},
    {"swaps", put_swaps},
    {"sys/kernel/random/boot_id", put_name},
    {"meminfo", keep},
    {"vmstat", keep},
    {"pressure/memory", keep},
    {"version", put_version},
    {"uptime", keep},
    {"sys/vm/max_map_count", keep},
    {"sys/vm/overcommit_memory", keep},
};

static const char *name_of(const char *path)
{
    const bool of_process = path[0] >= '1' && path[0] <= '9';
    const char *slash = of_process ? strrchr(path, '/') : NULL;
    return slash ? slash : path;
}

static rule *rule_of(const char *path)
{
    const char *name = name_of(path);
    if (ms_text_starts(ms_text_of(path), MS_TEXT(".machine/sys/")) ||
        ms_text_starts(ms_text_of(path), MS_TEXT(".machine/cgroup/")))
        return keep;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].name, name) == 0)
            return rules[i].put;
    return NULL;
}

// Groups have names; their files have not.
static void put_own_path(struct ms_redactor *redactor, const char *path)
{
    const struct ms_text groups = MS_TEXT(".machine/cgroup/");
    struct ms_text rest = ms_text_of(path);
    if (ms_text_starts(rest, groups)) {
        const char *file = strrchr(path, '/') + 1;
        add(&redactor->path, groups);
        put_parts(redactor, (struct ms_text){path + groups.len, (size_t)(file - path) - groups.len},
                  &redactor->path);
        rest = ms_text_of(file);
    }
    add(&redactor->path, rest);
    ms_buf_addc(&redactor->path, '\0');
}

bool ms_redact_file(struct ms_redactor *redactor, const char *path, struct ms_text text)
{
    rule *put = rule_of(path);
    ms_buf_clear(&redactor->path);
    ms_buf_clear(&redactor->text);
    put_own_path(redactor, path);
    if (put)
        put(redactor, text, &redactor->text);
    return !redactor->path.failed && !redactor->text.failed;
}

static bool filter(void *ctx, const char **path, struct ms_text *text)
{
    struct ms_redactor *redactor = ctx;
    const bool done = ms_redact_file(redactor, *path, *text);
    *path = done ? redactor->path.data : *path;
    *text = ms_buf_text(&redactor->text);
    return done;
}

void ms_redactor_attach(struct ms_redactor *redactor, struct ms_record_writer *writer)
{
    ms_record_writer_set_filter(writer, filter, redactor);
}

static void redact_text(const struct ms_redactor *redactor, char *text, size_t size)
{
    MS_AUTO_BUF out = {0};
    put_hash(redactor, ms_text_of(text), &out);
    snprintf(text, size, "%.*s", (int)out.len, out.len ? out.data : "");
}

void ms_redact_moment(const struct ms_redactor *redactor, struct ms_moment_info *info)
{
    redact_text(redactor, info->host, sizeof info->host);
    redact_text(redactor, info->boot, sizeof info->boot);
}
