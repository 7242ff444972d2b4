// SPDX-License-Identifier: GPL-3.0-or-later
// For the benchmarks: moments of a machine with many processes, as a recorder takes them. Most processes
// sleep, some run now and then, some at each moment; a few come and go; one of ten is a thread of the kernel.
#pragma once

#include "recording/codec.h"
#include "recording/writer.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TEXT = 2048 };

struct busy_process {
    int pid, kind, kernel;
    unsigned run; // how often it ran so far
    unsigned long start;
    const char *name;
};

static struct busy_process busy_process_at(unsigned number, unsigned moment)
{
    static const char *const names[] = {"bash",  "sshd",         "nginx",   "postgres", "python3",
                                        "node",  "redis-server", "systemd", "cron",     "php-fpm",
                                        "sleep", "make",         "clang",   "vim"};
    const unsigned mixed = number * 2654435761U >> 8;
    // How many moments pass until it runs again; those of 0 never do.
    static const unsigned every[] = {0, 0, 0, 0, 0, 0, 12, 12, 6, 1};
    const unsigned period = every[mixed % 10];
    const unsigned life = number % 50 == 49 ? (moment + number * 37) / 97 : 0; // which one has the place
    const bool kernel = number % 10 == 3;
    return (struct busy_process){
        .pid = (int)(300 + 64 * number + life % 64),
        .kernel = kernel,
        .run = period ? (moment + mixed) / period : 0,
        .start = 1000 + 7UL * number + 97000UL * life,
        .name = kernel              ? "kworker/u8:3-events"
                : number % 250 == 7 ? "java"
                                    : names[mixed / 10 % (sizeof names / sizeof *names)],
    };
}

static void busy_text(const struct busy_process *p, const char *file, char text[BUSY_TEXT])
{
    const unsigned long pages = p->kernel ? 0 : 800UL + (unsigned)p->pid % 5000 + p->run % 100;
    if (strcmp(file, "statm") == 0)
        snprintf(text, BUSY_TEXT, "%lu %lu %lu 200 0 %lu 0\n", 10 * pages, pages, pages / 2, 3 * pages);
    else if (strcmp(file, "stat") == 0)
        snprintf(text, BUSY_TEXT,
                 "%d (%s) %c %d %d %d 0 -1 %u %u 0 %u 0 %u %u 0 0 20 0 %d 0 %lu %lu %lu 18446744073709551615 "
                 "94%d000 94%d512 140%d000 0 0 0 0 4096 1088 0 0 0 17 %u 0 0 0 0 0 94%d768 94%d800 95%d000 "
                 "140%d100 140%d200 140%d200 140%d300 0\n",
                 p->pid, p->name, p->kernel ? 'I' : 'S', p->kernel ? 2 : 1, p->pid, p->pid,
                 p->kernel ? 0x208040 : 0x400100, 1000 + 31 * p->run, p->run / 5, 50 + 3 * p->run,
                 20 + p->run, 1 + p->pid % 8, p->start, 40960 * pages, pages, p->pid, p->pid, p->pid,
                 p->run % 2, p->pid, p->pid, p->pid, p->pid, p->pid, p->pid, p->pid);
    else if (strcmp(file, "status") == 0)
        snprintf(
            text, BUSY_TEXT,
            "Name:\t%s\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t1\n"
            "TracerPid:\t0\nUid:\t%d\t%d\t%d\t%d\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t0 \nNStgid:\t%d\n"
            "NSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t%d\nVmPeak:\t%8lu kB\nVmSize:\t%8lu kB\n"
            "VmLck:\t       0 kB\nVmPin:\t       0 kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\n"
            "RssFile:\t%8lu kB\nRssShmem:\t       0 kB\nVmData:\t%8lu kB\nVmStk:\t     132 kB\n"
            "VmExe:\t     800 kB\nVmLib:\t    2500 kB\nVmPTE:\t      80 kB\nVmSwap:\t       0 kB\n"
            "HugetlbPages:\t       0 kB\nCoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t%d\nSigQ:\t0/95000\n"
            "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nSigBlk:\t0000000000010000\n"
            "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n"
            "voluntary_ctxt_switches:\t%u\nnonvoluntary_ctxt_switches:\t%u\n",
            p->name, p->pid, p->pid, p->pid % 5, p->pid % 5, p->pid % 5, p->pid % 5, p->pid, p->pid, p->pid,
            p->pid, p->kernel, 41 * pages, 40 * pages, 5 * pages, 4 * pages, 2 * pages, 2 * pages, 12 * pages,
            1 + p->pid % 8, 100 + 17 * p->run, p->run);
    else if (strcmp(file, "cmdline") == 0 && p->kernel)
        text[0] = '\0';
    else if (strcmp(file, "cmdline") == 0)
        snprintf(text, BUSY_TEXT, "/usr/bin/%s --config /etc/%s/%d.conf", p->name, p->name, p->pid);
    else if (strcmp(file, "cgroup") == 0)
        snprintf(text, BUSY_TEXT, "0::/system.slice/%s.service\n", p->kernel ? "init" : p->name);
    else
        snprintf(text, BUSY_TEXT, "%d\n", 600 + p->pid % 60);
}

static void add_busy_process(struct ms_record_writer *writer, const struct busy_process *process)
{
    static const char *const files[] = {"statm", "stat", "status", "cmdline", "cgroup", "oom_score"};
    char path[64], text[BUSY_TEXT];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%d/%s", process->pid, files[i]);
        busy_text(process, files[i], text);
        ms_record_writer_add(writer, path, ms_text_of(text), 0);
    }
}

static void add_busy_system(struct ms_record_writer *writer, unsigned moment, double time)
{
    char text[BUSY_TEXT];
    snprintf(text, sizeof text, "page_size 4096\nhz 100\nnow %.2f\nhost busy\n", time);
    ms_record_writer_add(writer, ".machine/info", ms_text_of(text), 0);
    ms_record_writer_add(writer, ".machine/passwd", MS_TEXT("root:x:0:0::/:/bin/sh\nwww:x:3:3::/:/bin/sh\n"),
                         0);
    snprintf(text, sizeof text,
             "MemTotal: %8d kB\nMemFree: %8u kB\nMemAvailable: %8u kB\nBuffers: 4000 kB\n"
             "Cached: %8u kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
             16000000, 4000000 + moment % 5000, 8000000 + moment % 7000, 3000000 + moment % 1000);
    ms_record_writer_add(writer, "meminfo", ms_text_of(text), 0);
    snprintf(text, sizeof text, "%.2f %.2f\n", 100000 + 10.0 * moment, 90000 + 9.0 * moment);
    ms_record_writer_add(writer, "uptime", ms_text_of(text), 0);
}

// A moment each ten seconds. 0 or an errno.
static int write_busy_machine(const char *path, unsigned moments, unsigned processes)
{
    struct ms_record_writer *writer = NULL;
    size_t dropped = 0;
    int error = ms_record_writer_open(path, (struct ms_record_writer_options){0}, &writer);
    for (unsigned moment = 1; moment <= moments && !error; moment++) {
        struct ms_moment_info info = {.why = "every", .time = 1700000000 + 10.0 * moment, .host = "busy"};
        ms_record_writer_begin(writer);
        for (unsigned number = 0; number < processes; number++) {
            const struct busy_process process = busy_process_at(number, moment);
            add_busy_process(writer, &process);
        }
        add_busy_system(writer, moment, info.time);
        error = ms_record_writer_commit(writer, &info, &dropped);
    }
    ms_record_writer_close(writer);
    return error;
}

// ---- how long it takes at least to read such a recording

struct raw_base {
    int64_t id;
    char *content;
    size_t size;
};

// Decompresses all pieces of a kind and looks at nothing. Gives the number of pieces, or -1.
static long decompress_kind(sqlite3 *db, struct ms_decompressor *decompressor, const char *kind)
{
    enum { BASES = 4096 };
    static struct raw_base bases[BASES]; // of the last moments
    size_t next = 0;
    long count = 0;
    sqlite3_stmt *rows = NULL;
    sqlite3_prepare_v2(db,
                       "SELECT id, base, size, bytes FROM piece WHERE (id >> 12) & 65535 = "
                       "(SELECT id FROM kind WHERE name = ?) ORDER BY id",
                       -1, &rows, NULL);
    sqlite3_bind_text(rows, 1, kind, -1, SQLITE_STATIC);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const int64_t base = sqlite3_column_int64(rows, 1);
        const size_t size = (size_t)sqlite3_column_int64(rows, 2);
        struct ms_text frame = {sqlite3_column_blob(rows, 3), (size_t)sqlite3_column_bytes(rows, 3)};
        struct ms_text prefix = MS_TEXT("");
        char *content = NULL;
        for (size_t i = 0; base && i < BASES && !prefix.len; i++)
            if (bases[(next + BASES - 1 - i) % BASES].id == base)
                prefix = (struct ms_text){bases[(next + BASES - 1 - i) % BASES].content,
                                          bases[(next + BASES - 1 - i) % BASES].size};
        if (ms_decompress(decompressor, frame, prefix, size, &content))
            return -1;
        count++;
        if (base) {
            free(content);
            continue;
        }
        free(bases[next].content);
        bases[next] = (struct raw_base){sqlite3_column_int64(rows, 0), content, size};
        next = (next + 1) % BASES;
    }
    sqlite3_finalize(rows);
    return count;
}

// Those of these kinds, NULL after the last; prints how many. 0, or 1 where they can't be read.
static int decompress_kinds(const char *path, char *const *kinds)
{
    sqlite3 *db = NULL;
    long count = 0;
    struct ms_decompressor *decompressor = ms_decompressor_create();
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return 1;
    for (; *kinds && count >= 0; kinds++)
        count += decompress_kind(db, decompressor, *kinds);
    printf("pieces %ld\n", count);
    ms_decompressor_destroy(decompressor);
    sqlite3_close(db);
    return count < 0;
}
