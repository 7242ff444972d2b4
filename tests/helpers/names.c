// SPDX-License-Identifier: GPL-3.0-or-later
// A process whose every name is hostile: names DIRECTORY. comm, the command line, and the files it maps,
// which it makes there, have the bytes that a terminal obeys, and others that no text has. It says them in
// hexadecimal.
#include "helper.h"

#include <fcntl.h>
#include <sys/prctl.h>

static const char comm[] = "\x1b[31m\n\t\\\xff) R";

static const char *const arguments[] = {
    "\x1b]0;title\x07", "a b", "", "new\nline", "\xe2\x80\xaelatot", "\xc2\x9b;1m", "\xff\xfe", "back\\slash",
};

static const char *const files[] = {
    "esc\x1b[2J",
    "new\nline",
    "tab\t",
    "back\\012slash",
    "really (deleted)",
    "bidi\xe2\x80\xaetxt.exe",
    "c1\xc2\x9b;31m",
    "invalid\xff\xc3(",
    "del\x7f",
    " blank ",
    "wide\xe4\xb8\xad\xe6\x96\x87",
    "cr\rlf",
};

enum { ARGUMENTS = sizeof(arguments) / sizeof(*arguments), FILES = sizeof(files) / sizeof(*files) };

static void say_hex(const char *key, const char *bytes)
{
    printf("%s ", key);
    for (; *bytes; bytes++)
        printf("%02x", (unsigned char)*bytes);
    putchar('\n');
}

static void map_file(const char *directory, const char *name, int gone)
{
    char path[4096];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)page))
        fail(path);
    char *area = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    area[0] = 1;
    close(fd);
    if (gone)
        unlink(path);
    say_hex(gone ? "deleted" : "file", path);
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        char *next[ARGUMENTS + 3] = {argv[0], argv[1]};
        for (int i = 0; i < ARGUMENTS; i++)
            next[i + 2] = (char *)(size_t)arguments[i];
        execv("/proc/self/exe", next);
        fail("exec");
    }
    if (argc != ARGUMENTS + 2) {
        fprintf(stderr, "%s DIRECTORY\n", argv[0]);
        return 2;
    }
    prctl(PR_SET_NAME, comm);
    say("pid", "%d", getpid());
    say_hex("comm", comm);
    for (int i = 0; i < ARGUMENTS; i++)
        say_hex("argument", arguments[i]);
    for (int i = 0; i < FILES; i++)
        map_file(argv[1], files[i], 0);
    map_file(argv[1], "gone\x1b[0m", 1);
    ready();
}
