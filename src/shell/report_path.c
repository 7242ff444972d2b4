// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/report_path.h"

#include "shell/report_trust.h"
#include "shell/user_dir.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { PLACES = 4 };

bool ms_is_file_name(const char *script)
{
    size_t len = strlen(script);
    return strcmp(script, "-") == 0 || strchr(script, '/') ||
           (len > 4 && strcmp(script + len - 4, ".lua") == 0);
}

// The path of this program: /proc says it, and where that is not mounted what it was run as.
static bool find_program(char program[PATH_MAX])
{
    const ssize_t len = readlink("/proc/self/exe", program, PATH_MAX - 1);
    const char *run_as = (const char *)getauxval(AT_EXECFN);
    if (len <= 0)
        return run_as && realpath(run_as, program);
    program[len] = '\0';
    return true;
}

// The reports beside the program: in share/memsh/reports of its own directory, where it was built, or of the
// one above, wherever it was installed. NULL: there are none.
static char *dir_beside_program(void)
{
    char program[PATH_MAX], *slash;
    if (getauxval(AT_SECURE) || !find_program(program))
        return NULL;
    for (int level = 0; level < 2 && (slash = strrchr(program, '/')) != NULL; level++) {
        char *path = NULL;
        *slash = '\0';
        if (asprintf(&path, "%s/share/memsh/reports", program) < 0)
            return NULL;
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}

// Whether memory ran out for a path: what was not looked at is not missing.
static bool is_short;

static char *note_short(char *path)
{
    is_short |= !path;
    return path;
}

// The directories, in the order in which they are searched; NULL for one that is not there. free_places frees
// them.
static void find_places(const char *first, char *places[PLACES])
{
    is_short = false;
    places[0] = first ? note_short(strdup(first)) : NULL;
    errno = 0; // of the two that may be missing for other reasons
    places[1] = ms_user_dir("XDG_DATA_HOME", ".local/share", "memsh/reports");
    is_short |= errno == ENOMEM;
    places[2] = dir_beside_program();
    is_short |= errno == ENOMEM;
    places[3] = note_short(strdup(MEMSH_REPORTS_DIR));
}

static void free_places(char *places[PLACES])
{
    for (int i = 0; i < PLACES; i++)
        free(places[i]);
}

// Whether there is a file to be read, or one of which that is not known: who reads it will see.
static bool may_be_read(const char *path)
{
    return access(path, R_OK) == 0 || (errno != ENOENT && errno != ENOTDIR && errno != EACCES &&
                                       errno != EPERM && errno != ELOOP && errno != ENAMETOOLONG);
}

// The path of the report in the first directory that has it, whose index goes to *place; or NULL.
static char *find_first(char *const places[PLACES], const char *name, int *place)
{
    for (*place = 0; *place < PLACES; ++*place) {
        char *path = NULL;
        if (!places[*place])
            continue;
        if (asprintf(&path, "%s/%s.lua", places[*place], name) < 0)
            return note_short(NULL);
        if (may_be_read(path))
            return path;
        free(path);
    }
    return NULL;
}

char *ms_report_path(const char *first, const char *name, char problem[MS_REPORT_PROBLEM_MAX])
{
    char *places[PLACES];
    int place;
    problem[0] = '\0';
    find_places(first, places);
    char *path = find_first(places, name, &place);
    if (is_short) { // another report of that name may come first
        snprintf(problem, MS_REPORT_PROBLEM_MAX, "not enough memory");
        free(path);
        path = NULL;
    } else if (path) {
        path = ms_report_trusted(path, NULL, problem);
    }
    free_places(places);
    return path;
}

void ms_report_each_place(const char *first, void (*take)(void *to, const char *directory), void *to)
{
    char *places[PLACES];
    find_places(first, places);
    for (int i = 0; i < PLACES; i++) {
        if (places[i])
            take(to, places[i]);
    }
    free_places(places);
}

static int is_report(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".lua") == 0;
}

struct each {
    char *places[PLACES];
    struct ms_trusted_directory last;
    void (*take)(void *to, const struct ms_report *report);
    void (*lacks)(void *to, const char *directory, int error);
    void *to;
};

// Takes a report that was found in places[place], unless one before it hides it.
static void take_one(struct each *each, int place, const char *name)
{
    int at;
    char problem[MS_REPORT_PROBLEM_MAX];
    char *path = find_first(each->places, name, &at);
    if (path && at == place) {
        errno = 0;
        path = ms_report_trusted(path, &each->last, problem);
        is_short |= errno == ENOMEM;
        each->take(each->to, &(struct ms_report){name, path, problem});
    }
    free(path);
}

// One that is not there is not asked for each report of the others.
static void take_place(struct each *each, int place)
{
    struct dirent **list = NULL;
    errno = 0;
    const int count = each->places[place] ? scandir(each->places[place], &list, is_report, alphasort) : 0;
    is_short |= errno == ENOMEM;
    if (count < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        free(each->places[place]);
        each->places[place] = NULL;
    } else if (count < 0 && each->lacks) {
        each->lacks(each->to, each->places[place], errno);
    }
    for (int i = 0; i < count; i++) {
        list[i]->d_name[strlen(list[i]->d_name) - 4] = '\0';
        take_one(each, place, list[i]->d_name);
        free(list[i]);
    }
    free(list);
}

bool ms_report_each(const char *first, void (*take)(void *to, const struct ms_report *report),
                    void (*lacks)(void *to, const char *directory, int error), void *to)
{
    struct each each = {.take = take, .lacks = lacks, .to = to};
    find_places(first, each.places);
    for (int place = 0; place < PLACES; place++)
        take_place(&each, place);
    ms_trusted_directory_deinit(&each.last);
    free_places(each.places);
    return !is_short;
}

// The first line of comment that is neither #! nor the licence.
bool ms_report_about(const char *path, char about[MS_REPORT_ABOUT_MAX])
{
    errno = 0;
    FILE *file = fopen(path, "re");
    const bool has_memory = errno != ENOMEM;
    about[0] = '\0';
    while (file && fgets(about, MS_REPORT_ABOUT_MAX, file) &&
           (strncmp(about, "#!", 2) == 0 || strstr(about, "SPDX-License-Identifier")))
        about[0] = '\0';
    if (file)
        fclose(file);
    about[strcspn(about, "\r\n")] = '\0';
    const size_t skip = strncmp(about, "--", 2) == 0 ? 2 + strspn(about + 2, " ") : strlen(about);
    memmove(about, about + skip, strlen(about + skip) + 1);
    return has_memory;
}
