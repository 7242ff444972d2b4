// SPDX-License-Identifier: GPL-3.0-or-later
// In a build without libFuzzer this is the main of a fuzz target: it feeds it the files that it is given, and
// those of the directories that it is given, so that what a fuzzer once found stays found.
//
//   fuzz_NAME FILE|DIRECTORY...
//   fuzz_NAME --random COUNT [FIRST]      so many inputs of random bytes; the number of one that fails is
//   said
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RANDOM = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Feeds one file. The target gets an allocation of exactly its size, so that a sanitizer sees a step beyond
// it.
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(size ? size : 1);
    int failed = !data || fread(data, 1, size, file) != size;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "%s: could not be read\n", path);
    free(data);
    return failed;
}

static int replay_directory(const char *path, DIR *directory, int *count)
{
    int failed = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        failed |= replay_file(name);
        ++*count;
    }
    return failed;
}

static volatile uint64_t current;

static void say_current(int number)
{
    fprintf(stderr, "failed: --random 1 %llu\n", (unsigned long long)current);
    signal(number, SIG_DFL);
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    uint64_t x = *state;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

// Each input is made from its number alone.
static int run_random(uint64_t count, uint64_t first)
{
    signal(SIGABRT, say_current);
    for (current = first; current - first < count; current++) {
        uint64_t bytes[MOST_RANDOM / sizeof(uint64_t)], state = current * 0x2545f4914f6cdd1d;
        const size_t size = next_random(&state) % sizeof bytes;
        for (size_t i = 0; i <= size / sizeof *bytes; i++)
            bytes[i] = next_random(&state);
        LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
    }
    printf("%llu random inputs\n", (unsigned long long)count);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "--random") == 0)
        return run_random(strtoull(argv[2], NULL, 10), argc > 3 ? strtoull(argv[3], NULL, 10) : 0);
    int failed = 0;
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *directory = opendir(argv[i]);
        if (directory) {
            failed |= replay_directory(argv[i], directory, &count);
            closedir(directory);
        } else {
            failed |= replay_file(argv[i]);
            count++;
        }
    }
    printf("%d inputs replayed\n", count);
    return failed || count == 0;
}
