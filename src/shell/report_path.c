// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_path.h"

#include "user_dir.h"

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
