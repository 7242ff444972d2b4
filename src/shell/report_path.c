// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_path.h"

#include "user_dir.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ms_is_file_name(const char *script)
{
    size_t len = strlen(script);
    return strcmp(script, "-") == 0 || strchr(script, '/') ||
           (len > 4 && strcmp(script + len - 4, ".lua") == 0);
}

// Frees `dir`, which may be NULL.
static char *find_below(char *dir, const char *name)
{
    char *path = NULL;
    if (dir && asprintf(&path, "%s/%s.lua", dir, name) < 0)
        path = NULL;
    free(dir);
    if (path && access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *ms_report_path(const char *name)
{
    char *path = find_below(ms_user_dir("XDG_DATA_HOME", ".local/share", "memsh/reports"), name);
    return path ? path : find_below(strdup(MEMSH_REPORTS_DIR), name);
}

static int is_report(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".lua") == 0;
}

// The first line of comment that is neither #! nor the licence.
static void read_about(const char *path, char *about, size_t size)
{
    FILE *file = fopen(path, "re");
    about[0] = '\0';
    while (file && fgets(about, (int)size, file) &&
           (strncmp(about, "#!", 2) == 0 || strstr(about, "SPDX-License-Identifier")))
        about[0] = '\0';
    if (file)
        fclose(file);
    about[strcspn(about, "\r\n")] = '\0';
    size_t skip = strncmp(about, "--", 2) == 0 ? 2 + strspn(about + 2, " ") : strlen(about);
    memmove(about, about + skip, strlen(about + skip) + 1);
}

// Frees `dir`, which may be NULL.
static void each_below(char *dir, void (*take)(void *, const char *, const char *, const char *), void *to)
{
    struct dirent **list = NULL;
    int count = dir ? scandir(dir, &list, is_report, alphasort) : 0;
    for (int i = 0; i < count; i++) {
        char about[256];
        char *name = list[i]->d_name;
        name[strlen(name) - 4] = '\0';
        char *path = ms_report_path(name);
        if (path && strncmp(path, dir, strlen(dir)) == 0) {
            read_about(path, about, sizeof about);
            take(to, name, path, about);
        }
        free(path);
        free(list[i]);
    }
    free(list);
    free(dir);
}

void ms_report_each(void (*take)(void *to, const char *name, const char *path, const char *about), void *to)
{
    each_below(ms_user_dir("XDG_DATA_HOME", ".local/share", "memsh/reports"), take, to);
    each_below(strdup(MEMSH_REPORTS_DIR), take, to);
}
