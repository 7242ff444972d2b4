// SPDX-License-Identifier: GPL-3.0-or-later
// A recorder goes on where memory is short.
#include "recorder/recorder.h"
#include "source/private.h"

#include "base/cleanup.h"
#include "base/heap.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HEAP = 256 << 20 };

// Who has a limit would get no memory beyond it, which is worse than memory that is swapped out: so does root
// of a container that lacks the capability.
static bool lock_memory(void)
{
    struct rlimit limit;
    const bool unlimited = getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
    return (unlimited || ms_has_capability(CAP_IPC_LOCK)) &&
           mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

// The last to be killed, where that is allowed; else at least not the first one, as memsh otherwise is.
static bool lower_oom_score(struct ms_source *source)
{
    MS_AUTO_CLOSE int fd = openat(source->root, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    const bool last = fd >= 0 && write(fd, "-900", 4) == 4;
    if (!last && fd >= 0 && write(fd, "1", 1) < 0) // one that was chosen stays
        return false;
    return last;
}

struct ms_protection ms_recorder_protect(struct ms_source *source)
{
    ms_heap_keep(HEAP); // so that the next moment needs nothing new
    const bool last_victim = lower_oom_score(source);
    return (struct ms_protection){.locked = lock_memory(), .last_victim = last_victim};
}
