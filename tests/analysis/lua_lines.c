// SPDX-License-Identifier: GPL-3.0-or-later
// To be preloaded into memsh: notes which lines of its Lua run. LUA_LINES names a file of lines "NAME COUNT",
// the Lua files and how many lines each has; LUA_LINES.reached has a byte for each line of them all, in that
// order. It is mapped before anything runs, so that a memsh that is confined, or killed, notes its lines,
// too.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 1024, NAME = 128 };

static struct file {
    char name[NAME];
    size_t start;
    int lines;
} files[MOST];
static size_t count;
static unsigned char *reached;
static void (*real_sethook)(lua_State *, lua_Hook, int, int);

static size_t read_names(FILE *in)
{
    size_t sum = 0;
    struct file *file = files;
    while (count < MOST && fscanf(in, "%127s %d", file->name, &file->lines) == 2) {
        file->start = sum;
        sum += (size_t)file->lines;
        file++;
        count++;
    }
    return sum;
}

static void map_lines(const char *path, size_t size)
{
    char name[4096];
    snprintf(name, sizeof name, "%s.reached", path);
    const int fd = open(name, O_RDWR | O_CLOEXEC);
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    reached = mapped == MAP_FAILED ? NULL : mapped;
    if (fd >= 0)
        close(fd);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("LUA_LINES");
    real_sethook = (void (*)(lua_State *, lua_Hook, int, int))dlsym(RTLD_NEXT, "lua_sethook");
    FILE *in = path && real_sethook ? fopen(path, "re") : NULL;
    if (!in)
        return;
    map_lines(path, read_names(in));
    fclose(in);
}

static int compare(const void *key, const void *element)
{
    return strcmp(key, ((const struct file *)element)->name);
}

// "@lua/memsh/init.lua" and "@/x/lua/memsh/init.lua" are lua/memsh/init.lua; a report is scripts/NAME,
// wherever the reports are.
static const struct file *look_up(const char *source)
{
    char name[NAME];
    const char *module = strstr(source, "lua/memsh/"), *slash = strrchr(source, '/');
    if (module)
        snprintf(name, sizeof name, "%s", module);
    else if (slash && (strstr(source, "scripts/") || strstr(source, "/reports/")))
        snprintf(name, sizeof name, "scripts%s", slash);
    else
        return NULL;
    return bsearch(name, files, count, sizeof *files, compare);
}

// Most lines are of the same file as the one before.
static const struct file *find(const char *source)
{
    static char last[4 * NAME];
    static const struct file *file;
    if (strcmp(source, last) != 0) {
        file = look_up(source);
        snprintf(last, sizeof last, "%s", source);
    }
    return file;
}

static void note(lua_State *L, lua_Debug *at)
{
    if (at->event != LUA_HOOKLINE || !lua_getinfo(L, "S", at))
        return;
    const struct file *file = find(at->source);
    if (file && at->currentline > 0 && at->currentline <= file->lines)
        reached[file->start + (size_t)at->currentline - 1] = 1;
}

// memsh has a hook of its own where it is interrupted; without that, this one is there.
void lua_sethook(lua_State *L, lua_Hook hook, int mask, int number)
{
    if (hook || !reached)
        real_sethook(L, hook, mask, number);
    else
        real_sethook(L, note, LUA_MASKLINE, 0);
}

lua_State *luaL_newstate(void)
{
    lua_State *(*real)(void) = (lua_State * (*)(void)) dlsym(RTLD_NEXT, "luaL_newstate");
    lua_State *L = real();
    if (L && reached)
        real_sethook(L, note, LUA_MASKLINE, 0);
    return L;
}
