// SPDX-License-Identifier: GPL-3.0-or-later
// In a build without libFuzzer this is the main of a fuzz target: it feeds it the files that it is given, and
// those of the directories that it is given, so that what a fuzzer once found stays found.
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(int argc, char **argv)
{
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
