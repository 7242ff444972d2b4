// SPDX-License-Identifier: GPL-3.0-or-later
#include "source/private.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

bool ms_has_capability(unsigned number)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    return syscall(SYS_capget, &header, data) == 0 && data[number / 32].effective >> number % 32 & 1;
}
