// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/errno_name.h"

#include <errno.h>

#define NAMED(error)                                                                                         \
    {                                                                                                        \
#error, error                                                                                        \
    }

static const struct {
    const char *name;
    int error;
} names[] = {
    NAMED(EIO),          NAMED(EACCES),     NAMED(EPERM),     NAMED(ENOENT),     NAMED(ESRCH),
    NAMED(ENOMEM),       NAMED(EINVAL),     NAMED(EMFILE),    NAMED(ENFILE),     NAMED(EFBIG),
    NAMED(ENAMETOOLONG), NAMED(ENXIO),      NAMED(EXDEV),     NAMED(ELOOP),      NAMED(ENODEV),
    NAMED(EAGAIN),       NAMED(ETIMEDOUT),  NAMED(ENOTDIR),   NAMED(EOPNOTSUPP), NAMED(EISDIR),
    NAMED(EINTR),        NAMED(EEXIST),     NAMED(ENOSPC),    NAMED(EDQUOT),     NAMED(EROFS),
    NAMED(EPIPE),        NAMED(ECONNRESET), NAMED(EBADF),     NAMED(EBUSY),      NAMED(ETXTBSY),
    NAMED(ENOTTY),       NAMED(ESPIPE),     NAMED(EOVERFLOW), NAMED(ENOSYS),     NAMED(ESTALE),
    NAMED(EBADMSG),      NAMED(EREMOTEIO),  NAMED(ENODATA),   NAMED(ENOTCONN),   NAMED(ENOTEMPTY),
    NAMED(EMLINK),       NAMED(ENOLCK),     NAMED(ENOBUFS),   NAMED(ECHILD),     NAMED(EHWPOISON),
    NAMED(EUCLEAN),      NAMED(EILSEQ),     NAMED(ECANCELED), NAMED(ERANGE),     NAMED(EFAULT),
};

int ms_errno_named(struct ms_text name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ms_text_eq(ms_text_of(names[i].name), name))
            return names[i].error;
    return 0;
}

const char *ms_errno_name(int error)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].error == error)
            return names[i].name;
    return names[0].name;
}
