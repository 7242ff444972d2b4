// SPDX-License-Identifier: GPL-3.0-or-later
// What the helper programs share. Each makes something known, says what as lines of "key value", then
// "ready", and stays as it is until it is killed, or for ten minutes: a test that dies leaves nothing behind
// for long.
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LIFE_SECONDS = 600, SKIPPED = 77 };

__attribute__((format(printf, 2, 3))) static inline void say(const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s ", key);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

__attribute__((noreturn)) static inline void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

// Says why this can't be done here and ends with the status that means "skipped".
__attribute__((noreturn)) static inline void skip(const char *why)
{
    say("skip", "%s", why);
    exit(SKIPPED);
}

static inline void say_ready(void)
{
    puts("ready");
    fflush(stdout);
}

// Ends with its parent, also with one that ended before it could ask for that.
static inline void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

__attribute__((noreturn)) static inline void stay(void)
{
    alarm(LIFE_SECONDS);
    for (;;)
        pause();
}

__attribute__((noreturn)) static inline void ready(void)
{
    say_ready();
    stay();
}

// Private anonymous memory that no other mapping merges with and no huge page gets into.
static inline char *map_anonymous(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area = mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || mprotect(area + page, bytes, PROT_READ | PROT_WRITE))
        fail("mmap");
    madvise(area + page, bytes, MADV_NOHUGEPAGE);
    return area + page;
}

// Writes to each page; no two pages are alike, so that neither KSM nor swap can make them fewer.
static inline void dirty(char *area, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += sizeof(size_t))
        memcpy(area + i, &(size_t){(size_t)area + i * 2654435761U}, sizeof(size_t));
}

static inline size_t number(const char *text)
{
    char *end;
    const unsigned long n = text ? strtoul(text, &end, 10) : 0;
    if (!text || *text == '\0' || *end) {
        fprintf(stderr, "not a number: %s\n", text ? text : "(missing)");
        exit(2);
    }
    return n;
}

// One thing that a program can make; it gets the arguments behind its name.
struct kind {
    const char *name;
    const char *arguments;
    void (*make)(char **arguments);
};

static inline int make_kind(const struct kind *kinds, size_t count, char **argv)
{
    for (size_t i = 0; argv[1] && i < count; i++)
        if (strcmp(argv[1], kinds[i].name) == 0) {
            kinds[i].make(argv + 2);
            return 0;
        }
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s %s %s\n", argv[0], kinds[i].name, kinds[i].arguments);
    return 2;
}
