// SPDX-License-Identifier: GPL-3.0-or-later
#include "system/sysfs.h"

#include "base/cleanup.h"
#include "parse/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 128, LABEL_SIZE = 64 };

bool ms_is_sysfs(enum ms_file file)
{
    return ms_file_table[file].kind == MS_SYSTEM && ms_file_table[file].path[0] == '/';
}

static void put(struct ms_buf *out, const char *key, enum ms_reason why, uint64_t number)
{
    if (why == MS_KNOWN)
        ms_buf_addf(out, "%s %llu\n", key, (unsigned long long)number);
    else
        ms_buf_addf(out, "%s ?%d\n", key, (int)why);
}

static enum ms_reason read_text(struct ms_source *source, const char *path, struct ms_buf *text)
{
    return ms_source_sys_reason(source, ms_source_sys_read(source, path, text));
}

// A file of one number.
static void put_file(struct ms_source *source, struct ms_buf *out, const char *key, const char *path)
{
    MS_AUTO_BUF text = {0};
    uint64_t number = 0;
    enum ms_reason why = read_text(source, path, &text);
    struct ms_text rest = ms_buf_text(&text);
    if (why == MS_KNOWN && !ms_text_u64(ms_text_trim(ms_text_until(&rest, '\n')), &number))
        why = MS_MALFORMED;
    put(out, key, why, number);
}

// zram's mm_stat is a line of numbers; the first kernel that had it gave the first seven.
static void put_mm_stat(struct ms_source *source, struct ms_buf *out, const char *path)
{
    static const char *const keys[] = {"orig",       "compr",     "used",       "limit",           "used_max",
                                       "same_pages", "compacted", "huge_pages", "huge_pages_since"};
    MS_AUTO_BUF text = {0};
    const enum ms_reason why = read_text(source, path, &text);
    struct ms_text all = ms_buf_text(&text);
    struct ms_text line = ms_text_until(&all, '\n');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct ms_text word = ms_text_word(&line);
        uint64_t number = 0;
        enum ms_reason bad = i < 7 ? MS_MALFORMED : MS_UNSUPPORTED;
        if (word.len)
            bad = ms_text_u64(word, &number) ? MS_KNOWN : MS_MALFORMED;
        put(out, keys[i], why == MS_KNOWN ? bad : why, number);
    }
}

static void put_zram(struct ms_source *source, struct ms_buf *out, uint64_t device)
{
    char path[PATH_SIZE];
    ms_buf_addf(out, "name \"zram%llu\n", (unsigned long long)device);
    snprintf(path, sizeof path, "block/zram%llu/disksize", (unsigned long long)device);
    put_file(source, out, "disksize", path);
    snprintf(path, sizeof path, "block/zram%llu/mm_stat", (unsigned long long)device);
    put_mm_stat(source, out, path);
}

static void put_pool(struct ms_source *source, struct ms_buf *out, uint64_t kb)
{
    static const char *const files[][2] = {{"total", "nr_hugepages"},
                                           {"free", "free_hugepages"},
                                           {"reserved", "resv_hugepages"},
                                           {"surplus", "surplus_hugepages"}};
    char path[PATH_SIZE];
    put(out, "size", kb > UINT64_MAX / 1024 ? MS_MALFORMED : MS_KNOWN, kb * 1024);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "kernel/mm/hugepages/hugepages-%llukB/%s", (unsigned long long)kb,
                 files[i][1]);
        put_file(source, out, files[i][0], path);
    }
}

// "Active(anon)" is active_anon, "SReclaimable" s_reclaimable, "NFS_Unstable" nfs_unstable.
static bool snake(struct ms_text label, char out[LABEL_SIZE])
{
    size_t len = 0;
    for (size_t i = 0; i < label.len && len + 2 < LABEL_SIZE; i++) {
        const unsigned char c = (unsigned char)label.data[i];
        const unsigned char before = i ? (unsigned char)label.data[i - 1] : '_';
        const bool ends = i + 1 < label.len && islower((unsigned char)label.data[i + 1]);
        if (c == ')')
            continue;
        if (isupper(c) && isalnum(before) && (!isupper(before) || ends))
            out[len++] = '_';
        if (!isalnum(c) && c != '_' && c != '(')
            return false;
        out[len++] = c == '(' ? '_' : (char)tolower(c);
    }
    out[len] = '\0';
    return len > 0 && islower((unsigned char)out[0]);
}

// The names of what is asked for most.
static const char *short_name(const char *key)
{
    static const char *const names[][2] = {{"mem_total", "total"},
                                           {"mem_free", "free"},
                                           {"mem_used", "used"},
                                           {"anon_pages", "anon"},
                                           {"file_pages", "file"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], key) == 0)
            return names[i][1];
    return key;
}

// "Node 0 MemTotal:   5202500 kB"
static void put_node_line(struct ms_buf *out, struct ms_text line)
{
    char key[LABEL_SIZE];
    uint64_t number = 0;
    ms_text_word(&line);
    ms_text_word(&line);
    struct ms_text label = ms_text_trim(ms_text_until(&line, ':'));
    if (!snake(label, key))
        return;
    struct ms_text value = line, count = ms_text_word(&value);
    const bool plain = ms_text_trim(value).len == 0;
    const bool good = plain ? ms_text_u64(count, &number) : ms_text_kb(line, &number);
    put(out, short_name(key), good ? MS_KNOWN : MS_MALFORMED, number);
}

static void put_node(struct ms_source *source, struct ms_buf *out, uint64_t node)
{
    static const char *const expected[] = {"total", "free", "used"};
    MS_AUTO_BUF text = {0};
    char path[PATH_SIZE];
    put(out, "node", MS_KNOWN, node);
    snprintf(path, sizeof path, "devices/system/node/node%llu/meminfo", (unsigned long long)node);
    const enum ms_reason why = read_text(source, path, &text);
    for (size_t i = 0; why != MS_KNOWN && i < sizeof expected / sizeof *expected; i++)
        put(out, expected[i], why, 0);
    for (struct ms_text rest = ms_buf_text(&text); why == MS_KNOWN && rest.len;)
        put_node_line(out, ms_text_until(&rest, '\n'));
}

// A list of devices, pools or nodes, by the directory that holds a folder for each.
static const struct list {
    enum ms_file file;
    const char *dir;
    const char *prefix;
    const char *suffix;
    void (*put)(struct ms_source *source, struct ms_buf *out, uint64_t number);
} lists[] = {
    {MS_FILE_ZRAM, "block", "zram", "", put_zram},
    {MS_FILE_HUGEPAGES, "kernel/mm/hugepages", "hugepages-", "kB", put_pool},
    {MS_FILE_NODES, "devices/system/node", "node", "", put_node},
};

static void load_list(struct ms_source *source, const struct list *list, struct ms_block *block, int place)
{
    MS_AUTO_FREE uint64_t *numbers = NULL;
    size_t count = 0;
    const int error = ms_source_sys_numbers(source, list->dir, list->prefix, list->suffix, &numbers, &count);
    const enum ms_reason why = ms_source_sys_reason(source, error);
    if (why != MS_KNOWN) {
        ms_block_set_why(block, place, why);
        return;
    }
    MS_AUTO_BUF out = {0};
    for (size_t i = 0; i < count; i++) {
        ms_buf_adds(&out, "=\n");
        list->put(source, &out, numbers[i]);
    }
    if (out.failed)
        ms_block_set_why(block, place, MS_OUT_OF_MEMORY);
    else
        ms_block_set_text(block, place, ms_buf_text(&out));
}

// "Y" or "N"
static void load_switch(struct ms_source *source, const char *path, struct ms_block *block, int place)
{
    MS_AUTO_BUF text = {0};
    enum ms_reason why = read_text(source, path, &text);
    const char letter = text.len ? text.data[0] : '\0';
    if (why == MS_KNOWN && letter != 'Y' && letter != 'N')
        why = MS_MALFORMED;
    ms_block_set(block, place, why, letter == 'Y');
}

void ms_sysfs_load(struct ms_source *source, struct ms_block *block)
{
    const int place = ms_file_table[block->file].first;
    ms_source_count(source, block->file);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].file == block->file) {
            load_list(source, &lists[i], block, place);
            return;
        }
    load_switch(source, "module/zswap/parameters/enabled", block, place);
}
