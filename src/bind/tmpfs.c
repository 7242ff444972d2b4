// SPDX-License-Identifier: GPL-3.0-or-later
#include "bind/bind.h"
#include "bind/handles.h"

// core.tmpfs(source): an array of texts "DEV REASON SIZE USED PATH", a mount each; or nil and the name of a
// reason.
static int tmpfs(lua_State *L)
{
    struct ms_source *source = *ms_check_source(L, 1);
    struct ms_buf *mounts = ms_push_buf(L);
    const int error = ms_source_tmpfs(source, mounts);
    if (error)
        return ms_push_reason(L, (int)ms_source_shmem_reason(source, error));
    return ms_push_texts(L, mounts);
}

const luaL_Reg ms_tmpfs_functions[] = {{"tmpfs", tmpfs}, {NULL, NULL}};
