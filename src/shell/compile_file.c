// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/compile_file.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "confine/confine.h"
#include "confine/files.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

// Appends the file. 0 or an errno.
static int read_all(const char *path, struct ms_buf *text)
{
    enum { STEP = 16 * 1024 };
    MS_AUTO_CLOSE int fd = ms_files_open(path, 0);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && ms_buf_reserve(text, STEP)) {
        do
            got = read(fd, text->data + text->len, STEP);
        while (got < 0 && errno == EINTR);
        text->len += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        return errno;
    return got > 0 ? ENOMEM : 0;
}

// Without a byte order mark and the line that names the program to run it with; the lines keep their numbers.
static struct ms_text program_of(struct ms_text text)
{
    if (ms_text_starts(text, MS_TEXT("\xEF\xBB\xBF")))
        text = ms_text_skip(text, 3);
    if (ms_text_starts(text, MS_TEXT("#"))) {
        const char *end = memchr(text.data, '\n', text.len);
        text = ms_text_skip(text, end ? (size_t)(end - text.data) : text.len);
    }
    return text;
}

int ms_compile_file(lua_State *L, const char *path, const char *mode)
{
    struct ms_buf text;
    if (!path || !ms_confine_is_on())
        return luaL_loadfilex(L, path, mode);
    const char *name = lua_pushfstring(L, "@%s", path);
    ms_buf_init(&text);
    const int error = read_all(path, &text);
    int status = LUA_ERRFILE;
    if (!error) {
        const struct ms_text program = program_of(ms_buf_text(&text));
        status = luaL_loadbufferx(L, program.len ? program.data : "", program.len, name, mode);
    }
    ms_buf_deinit(&text);
    if (error)
        lua_pushfstring(L, "cannot open %s: %s", path, ms_files_problem(error));
    lua_remove(L, -2);
    errno = error;
    return status;
}
